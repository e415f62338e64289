# An engine whose disk hangs while it stops is ended by its watchdog, says so, and the next one goes on. A pipe that nobody
# reads stands in for the disk.
. "$(dirname "$0")/stage.bash" "$@"
: >"$folder/engine.out"
"$bin/sabund" --data "$folder/data" --listen "unix:$folder/engine.sock" --audit-anchor "$folder/anchor" \
  >"$folder/engine.out" 2>>"$folder/engine.log" &
engine=$!
started+=("$engine")
await_line "$folder/engine.out" "$engine"
create_dataset
rm "$folder/anchor"
mkfifo "$folder/anchor"
stop_engine TERM
[ "$engine_status" = 1 ] || fail "the engine ended with $engine_status"
grep -q SHUTDOWN-HUNG "$folder/engine.log" || fail "the engine does not say why it ended"
rm "$folder/anchor"
start_engine
status_has city/child records=0
