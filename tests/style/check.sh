#!/bin/sh
# Holds the tree to its style: the include table (include_table.txt), sizes, names, comments of the proto, no unfinished
# work. Prints every violation as FILE:LINE: text and ends with status 1 when there is any.
#
#   tests/style/check.sh [ROOT]      ROOT is the checkout, by default the one that this script is in
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"

status=0
violation() {
  printf '%s\n' "$1"
  status=1
}

files=$(mktemp)
trap 'rm -f "$files"' EXIT
# Only what is written by hand; a build folder or a run of the quick start may lie beside it. The rules themselves name
# what they forbid, so their folder is left out.
for folder in proto keys engine adapters bench tests deploy; do
  [ ! -d "$folder" ] || find "$folder" -type f ! -path '*/build/*' ! -path 'tests/style/*' \
    \( -name '*.h' -o -name '*.cc' -o -name '*.proto' -o -name '*.sh' -o -name '*.awk' -o -name 'CMakeLists.txt' \
    -o -name '*.txt' -o -name '*.toml' -o -name '*.md' \)
done | sort >"$files"
[ -s "$files" ] || { echo "style: no files in $(pwd)" >&2; exit 2; }

# Names of folders and files.
for path in $(sed 's|/[^/]*$||' "$files" | sort -u); do
  case /$path/ in
    */util/* | */utils/* | */common/* | */helper/* | */helpers/* | */manager/* | */managers/* | */misc/*)
      violation "$path:1: a folder's name says what is in it" ;;
  esac
done
for path in $(cat "$files"); do
  case ${path##*/} in
    util.* | utils.* | common.* | helpers.* | misc.* | *_util.* | *_utils.* | *_helper.* | *_helpers.* | *_impl.* | *_manager.*)
      violation "$path:1: a file's name says what is in it" ;;
  esac
done

# shellcheck disable=SC2046  # Paths of the tree hold no spaces.
awk -f "$here/style.awk" "$here/include_table.txt" $(cat "$files") || status=1

[ "$status" = 0 ] && echo "style: $(wc -l <"$files") files hold the rules"
exit $status
