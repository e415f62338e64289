#!/bin/bash
# Plants one bug after the other in a copy of the tree and sees that a test finds it.
#
#   tests/mutation/run.sh [NN...]     all of tests/mutation/NN-name.patch, or these
#   tests/mutation/run.sh --check     only whether every patch can be applied still (seconds; tests/style runs it)
#
# The first line of a patch names the test programs that are run, those that most likely find it first. Each is run on
# the sound tree before: a bug counts as found only by a test that passes without it. Prints a table and ends with
# status 1 when a bug survives, or when a patch cannot be applied.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tree=${SABUN_MUTATION_TREE:-$root/build/mutation}
export SABUN_SIM_DAYS=${SABUN_SIM_DAYS:-6000} SABUN_MODEL_HISTORIES=${SABUN_MODEL_HISTORIES:-1000}
export GTEST_FAIL_FAST=1 GTEST_BRIEF=1

chosen() {
  if [ $# = 0 ]; then ls "$here"/*.patch; else for number in "$@"; do ls "$here/$number"-*.patch || exit 2; done; fi
}

if [ "${1:-}" = --check ]; then
  status=0
  for patch in "$here"/*.patch; do
    patch -d "$root" -p1 -s -f --dry-run -F3 <"$patch" >/dev/null 2>&1 ||
      { echo "tests/mutation/${patch##*/} cannot be applied: write it anew"; status=1; }
  done
  exit $status
fi

# The copy keeps the times of files that are the same, so that only what differs is built.
mkdir -p "$tree/source"
for folder in adapters bench deploy engine keys proto tests CMakeLists.txt CMakePresets.json; do
  cp -a "$root/$folder" "$tree/source/"
done
cd "$tree/source" || exit 2
cmake --preset dev >"$tree/configure.log" 2>&1 || { tail "$tree/configure.log"; exit 2; }

build() { ninja -C build/dev -j2 "$1" >"$tree/build.log" 2>&1; }
run() { (cd "$tree" && timeout 900 "$tree/source/build/dev/bin/$1" >"$tree/run.log" 2>&1); }

patches=$(chosen "$@") || exit 2
for program in $(for patch in $patches; do sed -n 's/^tests: //p;1q' "$patch"; done | tr ' ' '\n' | sort -u); do
  build "$program" || { echo "the sound tree's $program cannot be built"; tail "$tree/build.log"; exit 2; }
  run "$program" || { echo "the sound tree's $program fails"; tail "$tree/run.log"; exit 2; }
done

survivors=0
for patch in $patches; do
  name=${patch##*/}
  name=${name%.patch}
  file=$(sed -n 's|^+++ b/||p' "$patch")
  if ! patch -p1 -s -f -F3 <"$patch" >/dev/null; then
    printf '%-48s %s\n' "$name" "CANNOT BE APPLIED"
    survivors=$((survivors + 1))
    continue
  fi
  found=SURVIVES
  for program in $(sed -n 's/^tests: //p;1q' "$patch"); do
    if ! build "$program"; then
      found="DOES NOT COMPILE: $(grep -m1 'error:' "$tree/build.log")"
      break
    fi
    run "$program" && continue
    found="$program: $(sed -n 's/^\[  FAILED  \] \([^ ,]*\).*/\1/p' "$tree/run.log" | head -1)"
    [ "$found" != "$program: " ] || found="$program: $(tail -1 "$tree/run.log")"
    break
  done
  case $found in SURVIVES | DOES*) survivors=$((survivors + 1)) ;; esac
  printf '%-48s %s\n' "$name" "$found"
  patch -p1 -s -f -F3 -R <"$patch" >/dev/null || cp "$root/$file" "$file"
  rm -f "$file.orig" "$file.rej"
done
echo "$(echo "$patches" | wc -l) bugs planted, $survivors not found"
[ $survivors = 0 ]
