# A second engine on the directory of one that runs is refused and changes nothing; the first one goes on.
. "$(dirname "$0")/stage.bash" "$@"
start_engine
start_hub
create_dataset
generate --records 500 --seed 3 --out "$folder/day0.csv"
rows=$(($(wc -l <"$folder/day0.csv") - 1))
ends_with 0 push "$folder/day0.csv"
status=0
timeout 20 "$bin/sabund" --data "$folder/data" --listen "unix:$folder/second.sock" >"$folder/second" 2>&1 || status=$?
[ "$status" = 1 ] || fail "the second engine ended with $status: $(cat "$folder/second")"
grep -q 'STORE-IN-USE: .*別の sabund' "$folder/second" || fail "it does not say why: $(cat "$folder/second")"
ends_with 0 submit
has accepted="$rows" pending=0 unknown=0
ends_with 0 sabun --json verify city/child
has sound=true
stop_engine KILL
start_engine
status_has city/child accepted_records="$rows"
