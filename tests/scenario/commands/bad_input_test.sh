# Bad files: each is refused or its rows are reported, with a code, a line and no personal value; nothing at the hub is lost.
. "$(dirname "$0")/stage.bash" "$@"
start_engine
start_hub
generate --records 300 --seed 3 --out "$folder/good.csv"
create_dataset
ends_with 0 push "$folder/good.csv"
ends_with 0 submit
held=$(hub_count)

refused() { # CODE FILE [FLAGS]: the whole file is refused, with this code
  local code=$1
  shift
  ends_with 1 push "$@"
  has error.code="$code"
}
: >"$folder/empty.csv"
refused FILE-EMPTY "$folder/empty.csv"
head -n 1 "$folder/good.csv" >"$folder/header.csv"
refused FILE-NO-ROWS "$folder/header.csv"
head -c "$(($(wc -c <"$folder/good.csv") / 2 + 40))" "$folder/good.csv" >"$folder/cut.csv"
ends_with 1 push "$folder/cut.csv"
[ "$(jq -r .error.code "$folder/out")" != null ] || fail "a cut file has no code"
iconv -f utf-8 -t cp932 "$folder/good.csv" -c >"$folder/cp932.csv"
refused FILE-ENCODING "$folder/cp932.csv"
refused FILE-ROW-COUNT "$folder/good.csv" --expect-rows 301
refused FILE-ENCODING "$folder/good.csv" --encoding cp932
printf 'PK\003\004xlsx' >"$folder/book.xlsx"
refused FILE-NOT-TEXT "$folder/book.xlsx"
ends_with 1 sabun push csv "$folder/good.csv" --dataset no/such --complete
ends_with 1 push "$folder/no-such-file.csv"
sed '1s/historyKey/unknownColumn/' "$folder/good.csv" >"$folder/columns.csv"
ends_with 1 push "$folder/columns.csv"
sed 's/^\([^,]*\),\([^,]*\),/\1,/' "$folder/good.csv" >"$folder/count.csv"
ends_with 1 push "$folder/count.csv"

# Rows that are wrong one by one: the others go on, theirs stay at the hub.
taken() { # NAME: pushes $folder/NAME.csv, whose row errors are counted in invalid or duplicate
  ends_with 4 push "$folder/$1.csv" --errors "$folder/errors.csv"
  has deleted=0 added=0
}
LC_ALL=C sed '5s/CHILD\|HITORI\|,20/&\x00/2' "$folder/good.csv" >"$folder/nul.csv"
[ "$(tr -dc '\000' <"$folder/nul.csv" | wc -c)" -gt 0 ] || fail "the file with NUL has none"
taken nul
has invalid=1
head -n 3 "$folder/good.csv" | tail -n 1 >"$folder/row.csv"
{ cat "$folder/good.csv" "$folder/row.csv"; } >"$folder/twice.csv"
taken twice
has duplicate=2 invalid=0
grep -q KEY-DUPLICATE "$folder/errors.csv" || fail "the duplicate has no code"
awk -F, -v OFS=, 'NR == 4 { for (value = "x"; length(value) < 1000000;) value = value value
  $NF = "\"[{\"\"a\"\":\"\"" value "\"\"}]\"" } { print }' "$folder/good.csv" >"$folder/long.csv"
taken long
has invalid=1
awk 'NR == 6 { $0 = $0 ",one column too many" } { print }' "$folder/good.csv" >"$folder/wide.csv"
taken wide
has invalid=1 unreadable=1
awk 'NR == 7 { $0 = $0 "\"" } { print }' "$folder/good.csv" >"$folder/quote.csv"
# The quote swallows the next line: that is one torn row, and no deletion for the row that is missed.
taken quote
has unreadable=1 suspended_deletes=2

ends_with 0 submit
[ "$(hub_count)" = "$held" ] || fail "bad input changed what the hub holds"
ends_with 0 push "$folder/good.csv"
has added=0 deleted=0 updated=0
ends_with 0 sabun --json verify city/child
has sound=true
