# A data directory that an older engine left in the middle of its work (upgrade/README.md) is opened by this one: what was in
# flight is settled, what was held can be approved, what was rejected is known, and the hub ends with what the source says.
. "$(dirname "$0")/stage.bash" "$@"
tar -xzf "$source/tests/scenario/commands/upgrade/a3501de.tar.gz" -C "$folder"
"$bin/pmh-sim" --listen 127.0.0.1:0 --state "$folder/hub.journal" >"$folder/hub.out" 2>>"$folder/engine.log" &
started+=("$!")
await_line "$folder/hub.out" "$!"
hub=http://$(sed -n 's/.* listening on //p' "$folder/hub.out")

start_engine
status_has city/child records=19 accepted_records=12 pending=2 in_flight=7 rejected=2 open_batches=3 held_change_set.change_set=4
ends_with 0 sabun --json verify
has sound=true

# The adapter of that time never gave its lease back, and the engine of that time did not store how long it lasts: the
# longest one is waited out, 45 seconds.
tries=0 status=0
while submit >"$folder/out" 2>"$folder/err" || status=$?; [ "$status" != 0 ] && [ "$status" != 4 ]; do
  status=0
  [ $((tries += 1)) -lt 300 ] || fail "the work of the older engine cannot be settled: $(cat "$folder/out")"
  read -rt 0.2 <> <(:) || true
done
status_has city/child pending=0 in_flight=0 unknown=0 open_batches=0

# What it held is approved as it is, then the same extract is no change. With the profile of this version only what the hub
# had rejected is sent again.
ends_with 0 sabun --json change-set approve city/child 4 --yes
ends_with 0 submit
ends_with 0 push "$folder/day3.csv"
has state=empty
ends_with 0 sabun dataset update city/child --profile "$profile"
ends_with 0 push "$folder/day3.csv"
has added=0 updated=0 deleted=0
ends_with 0 submit
has rejected=0 pending=0
rows=$(($(wc -l <"$folder/day3.csv") - 1))
[ "$(hub_count)" = "$rows" ] || fail "the hub holds $(hub_count) records and not $rows"
ends_with 0 sabun --json verify city/child --against "$folder/day3.csv"
has same=true
ends_with 0 sabun --json verify
has sound=true

# A change of another day, written over what the older engine wrote.
generate --records 18 --seed 21 --day 4 --change-rate 0.3 --out "$folder/day4.csv"
ends_with 0 sabun dataset update city/child --max-deletes 100 --max-delete-percent 100
ends_with 0 push "$folder/day4.csv"
ends_with 0 submit
rows=$(($(wc -l <"$folder/day4.csv") - 1))
[ "$(hub_count)" = "$rows" ] || fail "the hub does not hold the next day"
ends_with 0 sabun --json verify
has sound=true
