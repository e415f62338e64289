# Two pushes at once: one waits for nobody and wins, the other is refused; a push that is killed leaves nothing behind.
. "$(dirname "$0")/stage.bash" "$@"
start_engine
start_hub
generate --records 200000 --seed 5 --out "$folder/large.csv"
rows=$(($(wc -l <"$folder/large.csv") - 1))
create_dataset

push "$folder/large.csv" >"$folder/first.out" 2>&1 &
first=$!
await_intake $!
second=0
push "$folder/large.csv" >"$folder/second.out" 2>&1 || second=$?
status=0
wait "$first" || status=$?
[ "$status" = 0 ] || fail "the first push ended with $status: $(cat "$folder/first.out")"
# On a fast machine the first may be over before the second comes; then the second finds nothing to do.
if [ "$second" = 1 ]; then
  [ "$(jq -r .error.code "$folder/second.out")" = FAILED_PRECONDITION ] || fail "$(cat "$folder/second.out")"
else
  [ "$(jq -r .state "$folder/second.out")" = empty ] || fail "$(cat "$folder/second.out")"
fi
status_has city/child records="$rows" pending="$rows"

generate --records 200000 --seed 5 --day 1 --change-rate 0.3 --out "$folder/next.csv"
"$bin/sabun" push csv "$folder/next.csv" --dataset city/child --complete >/dev/null 2>&1 &
killed=$!
started+=("$killed")
await_intake "$killed"
kill -KILL "$killed" 2>/dev/null || true
wait "$killed" 2>/dev/null || true
ends_with 0 sabun --json verify city/child
has sound=true
ends_with 0 push "$folder/next.csv"
ends_with 0 sabun --json verify city/child --against "$folder/next.csv"
has same=true
