# The disk refuses a write in the middle of a day: the engine says so, ends with status 1, and is started again; the push goes
# on by itself and nothing is lost or sent twice. A limit on the size of files stands in for the disk.
. "$(dirname "$0")/stage.bash" "$@"
start_engine
start_hub
create_dataset
generate --records 1000 --seed 9 --out "$folder/day0.csv"
generate --records 30000 --seed 9 --out "$folder/day1.csv"
rows=$(($(wc -l <"$folder/day1.csv") - 1))
ends_with 0 push "$folder/day0.csv"
ends_with 0 submit
stop_engine TERM

# No file may grow beyond four mebibytes: too little for the log of the second day.
trap '' XFSZ
ulimit -S -f 4096
start_engine
ulimit -S -f unlimited
push "$folder/day1.csv" >"$folder/push.out" 2>&1 &
push=$!
engine_status=0
wait "$engine" || engine_status=$?
[ "$engine_status" = 1 ] || fail "the engine ended with $engine_status"
[ "$(grep -c 'STORE-FAILED: .*ストアへの書き込み' "$folder/engine.log")" = 1 ] || fail "the engine does not say why it ended"

start_engine
status=0
wait "$push" || status=$?
[ "$status" = 0 ] || fail "the push ended with $status: $(cat "$folder/push.out")"
ends_with 0 submit
has pending=0 unknown=0 rejected=0
ends_with 0 sabun --json verify city/child --against "$folder/day1.csv"
has same=true
[ "$(hub_count)" = "$rows" ] || fail "the hub does not hold the second day"
