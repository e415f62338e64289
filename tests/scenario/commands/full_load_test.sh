# sabun-bench full-load and nation for real: the figures agree with what was asked, nothing is left behind, Ctrl-C ends all.
. "$(dirname "$0")/stage.bash" "$@"
mkdir "$folder/place"
full_load() { "$bin/sabun-bench" full-load --data-dir-parent "$folder/place" "$@"; }
holds() { # FILE EXPRESSION...: each is true of the JSON
  local file=$1 expression
  shift
  for expression in "$@"; do
    jq -e "$expression" "$file" >/dev/null || fail "not true: $expression: $(jq -c "${expression%% ==*}" "$file")"
  done
}
nothing_left() {
  local cmdline
  [ -z "$(ls -A "$folder/place")" ] || fail "data was left behind"
  for cmdline in /proc/[0-9]*/cmdline; do
    [[ $(tr '\0' ' ' 2>/dev/null <"$cmdline" || true) != *"$folder/place"* ]] || fail "a program was left behind"
  done 2>/dev/null
}

ends_with 0 full_load --records 20000 --change-rate 0.01 --days 2 --hub-rate 20000 --hub-latency 5 \
  --json "$folder/found.json" --html "$folder/found.html"
nothing_left
grep -q '^The answer$' "$folder/out" || fail "no answer was printed"
# What was asked is what was done, and every row is accounted for.
holds "$folder/found.json" \
  '.full.records == 20000' '.quarter.records == 5000' '.full.days | length == 2' \
  '.full.first_load | .received == 20000 and .added == 20000 and .records_sent == 20000' \
  '.full.unchanged | .unchanged == 20000 and .records_sent == 0 and .bytes_sent < 40 * 20000' \
  '.full.days | all(.received == .unchanged + .added + .updated + .cosmetic and .added + .updated + .deleted > 100)' \
  '.full | 20000 + ([.days[] | .added - .deleted] | add) == .records_at_end' \
  '.full | .records_at_end == .accepted_at_end and .accepted_at_end == .held_at_end' \
  '.full | [.submission_unhindered, .submission_paced, .submission_more] | map(.accepted) | add == 20000' \
  '.full.day_submissions | all(.rejected == 0 and .left == 0)' \
  '.forecast.hub_records_per_second <= 20000' \
  '.full | .engine_peak_bytes > 0 and .client_peak_bytes > 0 and .disk_peak_bytes >= .disk_loaded_bytes'
# The page needs nothing else, and says the same.
! grep -qE 'https?:|src=|href=|<script|url\(' "$folder/found.html" || fail "the page asks for something outside"
grep -q '20,000' "$folder/found.html" || fail "the page does not name the records"

# A real file; its later days are the same rows with a share of them changed.
generate --records 3000 --seed 4 --encoding cp932 --out "$folder/real.csv"
ends_with 0 full_load --file "$folder/real.csv" --encoding cp932 --change-rate 0.1 --days 1 --lang ja \
  --json "$folder/found.json"
holds "$folder/found.json" '.full.records == 3000' '.quarter.records == 750' \
  '.full.days[0] | .received == 3000 and .updated > 200 and .updated < 400 and .added == 0 and .deleted == 0' \
  '.full.held_at_end == 3000'
grep -q '^答え$' "$folder/out" || fail "the report is not in Japanese"
nothing_left

ends_with 0 "$bin/sabun-bench" nation --steps 2k,8k --data-dir-parent "$folder/place" --json "$folder/found.json"
holds "$folder/found.json" '.steps | map(.records) == [2000, 8000]' '.steps[0].ratio_time == 1' \
  '.steps[1] | .loads[0].added == 8000 and .settled.accepted == 8000 and .unchanged.unchanged == 8000'
nothing_left

# Wrong use, and what cannot be.
ends_with 2 full_load
ends_with 2 full_load --records 0
ends_with 2 full_load --records 100 --change-rate 1.5
ends_with 2 full_load --records 100 --json "$folder/no/such/folder/x.json"
ends_with 2 full_load --file "$folder/real.csv" --encoding utf-7
ends_with 1 full_load --records 10000000000
grep -q 'MiB are free' "$folder/err" || fail "a small disk is not told"
mkdir "$folder/lonely"
cp "$bin/sabun-bench" "$folder/lonely"
ends_with 1 "$folder/lonely/sabun-bench" full-load --records 100 --data-dir-parent "$folder/place"
grep -q 'no .*/lonely/sabund' "$folder/err" || fail "a missing program is not named"
nothing_left

# Ctrl-C in the middle of it.
"$bin/sabun-bench" full-load --records 500000 --data-dir-parent "$folder/place" >"$folder/out" 2>"$folder/err" &
load=$!
until ls "$folder"/place/*/data >/dev/null 2>&1; do kill -0 "$load" || fail "it ended too early"; done
kill -INT "$load"
status=0
wait "$load" || status=$?
[ "$status" = 130 ] || fail "Ctrl-C ended it with $status: $(cat "$folder/err")"
nothing_left
