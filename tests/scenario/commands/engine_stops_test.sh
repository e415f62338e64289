# The engine is stopped in order, while nothing happens and while a push runs: it ends with status 0, and the push goes on
# with the next engine by itself.
. "$(dirname "$0")/stage.bash" "$@"
start_engine
start_hub
create_dataset
stop_engine TERM
[ "$engine_status" = 0 ] || fail "the engine ended with $engine_status"
ends_with 1 sabun status
start_engine
generate --records 200000 --seed 6 --out "$folder/large.csv"
rows=$(($(wc -l <"$folder/large.csv") - 1))
push "$folder/large.csv" >"$folder/push.out" 2>&1 &
push=$!
await_intake "$push"
stop_engine TERM
[ "$engine_status" = 0 ] || fail "the engine ended with $engine_status"
start_engine
status=0
wait "$push" || status=$?
[ "$status" = 0 ] || fail "the push ended with $status: $(cat "$folder/push.out")"
status_has city/child records="$rows" pending="$rows"
ends_with 0 sabun --json verify city/child --against "$folder/large.csv"
has same=true
