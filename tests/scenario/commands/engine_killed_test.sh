# kill -9 on the engine during pushes and a submission: after each restart the day ends as it would have (invariant 6).
. "$(dirname "$0")/stage.bash" "$@"
start_engine
start_hub
create_dataset
generate --records 20000 --seed 8 --out "$folder/day0.csv"
generate --records 20000 --seed 8 --day 1 --change-rate 0.2 --out "$folder/day1.csv"
rows=$(($(wc -l <"$folder/day1.csv") - 1))

for day in day0 day1; do
  push "$folder/$day.csv" >"$folder/push.out" 2>&1 &
  push=$!
  await_intake "$push"
  stop_engine KILL
  start_engine
  status=0
  wait "$push" || status=$?
  [ "$status" = 0 ] || fail "the push of $day ended with $status: $(cat "$folder/push.out")"
  ends_with 0 sabun --json verify city/child
  has sound=true

  posts=$(hub_posts)
  submit >"$folder/submit.out" 2>&1 &
  submit=$!
  # In the middle of it: it has posted, so it holds the lease and batches are on their way.
  until [ "$(hub_posts)" -gt "$posts" ] || ! kill -0 "$submit" 2>/dev/null; do :; done
  stop_engine KILL
  start_engine
  # The same submission goes on with its lease.
  status=0
  wait "$submit" || status=$?
  [ "$status" = 0 ] || fail "the submission of $day ended with $status: $(cat "$folder/submit.out")"
  ends_with 0 sabun --json verify city/child
  has sound=true
  ends_with 0 submit
  has pending=0 unknown=0 rejected=0
done
status_has city/child records="$rows" accepted_records="$rows" pending=0 in_flight=0 unknown=0
[ "$(hub_count)" = "$rows" ] || fail "the hub does not hold the second day"
ends_with 0 sabun --json verify city/child --against "$folder/day1.csv"
has same=true
