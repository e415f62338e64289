# The way of the README with the real programs: create, push, submit, status, verify; then a second day and the same again.
. "$(dirname "$0")/stage.bash" "$@"
start_engine
start_hub
generate --records 2000 --seed 7 --out "$folder/day0.csv"
generate --records 2000 --seed 7 --day 1 --change-rate 0.05 --out "$folder/day1.csv"
rows0=$(($(wc -l <"$folder/day0.csv") - 1))
rows1=$(($(wc -l <"$folder/day1.csv") - 1))

create_dataset
ends_with 0 sabun --json dataset list
ends_with 0 push "$folder/day0.csv"
has state=ready received="$rows0" added="$rows0" unchanged=0 change_set=1
status_has city/child records="$rows0" accepted_records=0 pending="$rows0"
[ "$(hub_count)" = 0 ] || fail "something was sent before submit"
ends_with 0 submit
has accepted="$rows0" rejected=0 unknown=0 pending=0
[ "$(hub_count)" = "$rows0" ] || fail "the hub does not hold every row"

# The same again: nothing, and no personal data on the wire.
ends_with 0 push "$folder/day0.csv"
has state=empty unchanged="$rows0" added=0 updated=0 deleted=0 records_sent=0
[ "$(jq ".bytes_sent / $rows0 | floor" "$folder/out")" -le 40 ] || fail "more than 40 bytes a record on the wire"

ends_with 0 push "$folder/day1.csv"
has state=ready received="$rows1" invalid=0
changes=$(jq '.added + .updated + .deleted' "$folder/out")
[ "$changes" -gt 0 ] || fail "the second day changed nothing"
ends_with 0 sabun changes city/child 3
[ "$(wc -l <"$folder/out")" = "$changes" ] || fail "changes does not list every change"
ends_with 0 submit
ends_with 0 sabun rejects list city/child
ends_with 0 sabun status city/child
ends_with 0 sabun --json verify city/child
has sound=true
ends_with 0 sabun --json verify city/child --against "$folder/day1.csv"
has same=true
ends_with 4 sabun --json verify city/child --against "$folder/day0.csv"
has same=false
[ "$(hub_count)" = "$rows1" ] || fail "the hub does not hold the second day"
status_has city/child records="$rows1" accepted_records="$rows1" pending=0
