# The papers for the PIA: the report says what is configured, without anybody's data, and names only tests and commands that exist.
. "$(dirname "$0")/../scenario/commands/stage.bash" "$@"
start_engine
create_dataset
generate --records 1200 --seed 4 --out "$folder/day.csv"
ends_with 0 push "$folder/day.csv"
records=$(jq .received "$folder/out")
ends_with 0 sabun pia-report city/child
cp "$folder/out" "$folder/report.md"
says() { grep -qF -- "$1" "$folder/report.md" || fail "the report does not say: $1"; }
says "| 履歴の件数 | $(sed ':a;s/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/;ta' <<<"$records") |"
says "1,000 件以上 1 万件未満"
says "| myNumber | 個人番号 | はい | はい |"
says "| historyKey | 履歴キー | いいえ | はい | キー"
says "暗号化なし。本番では https にすること"
says "500 件を超え、かつ 5 % を超える"
says "## データフロー"
says "市区町村に残る義務"
# Nobody's name, address or number.
sed -n '2,201p' "$folder/day.csv" | grep -oE '[0-9]{12}' | sort -u >"$folder/numbers"
[ -s "$folder/numbers" ] || fail "there is nothing to look for"
"$bin/canary-search" --canaries "$folder/numbers" "$folder/report.md" >"$folder/found" || fail "the report holds a number: $(cat "$folder/found")"

ends_with 0 sabun pia-report --format html
[ "$(grep -o '<tr>' "$folder/out" | wc -l)" = "$(grep -o '</tr>' "$folder/out" | wc -l)" ] || fail "rows of a table are open"
[ "$(grep -o '<table>' "$folder/out" | wc -l)" = "$(grep -o '</table>' "$folder/out" | wc -l)" ] || fail "a table is open"
grep -q '<h2>データフロー</h2>' "$folder/out" || fail "the page has no headings"
! grep -qE '<script|src=|href=' "$folder/out" || fail "the page loads something"
ends_with 0 sabun --json pia-report
jq -e '.report | length > 1000' "$folder/out" >/dev/null || fail "no report as JSON"
ends_with 1 sabun pia-report no/such

# What the table names exists: tests (of this build) and commands.
ctest --test-dir "$bin/.." -N >"$folder/tests"
if grep -q NOT_BUILT "$folder/tests"; then
  echo "not everything is built: the names of tests are not looked up"
else
  grep '^| ' "$source/deploy/pia/measures.ja.md" | awk -F '|' 'NR > 1 { print $4 }' | grep -oE '`[^`]+`' | tr -d '`' | sort -u | while read -r name; do
    grep -qF "$name" "$folder/tests" || fail "there is no test $name"
  done
fi
"$bin/sabun" --help >"$folder/help"
grep -ohE '`sabun [a-z-]+' "$source"/deploy/pia/*.md | sed 's/`sabun //' | sort -u | while read -r command; do
  grep -qE "^ +$command " "$folder/help" || fail "there is no command sabun $command"
done
