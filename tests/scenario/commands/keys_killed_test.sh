# The engine, or the command, is killed at every step of exchanging keys and of an erasure: after a restart everything that
# is stored can be read, the order is carried out to its end without being given again, and nobody is sent twice.
. "$(dirname "$0")/stage.bash" "$@"
start_engine
start_hub
create_dataset
generate --records 60 --seed 4 --out "$folder/day.csv"
ends_with 0 push "$folder/day.csv"
ends_with 0 submit
ends_with 0 sabun --json backup create "$folder/backups"
posts=$(hub_posts)

# The engine as it is in the next life of this test.
arm() { # POINT FLAGS...
  stop_engine TERM
  : >"$folder/engine.out"
  local point=$1
  shift
  SABUN_KILL_AT=$point "$bin/sabund" --data "$folder/data" --listen "unix:$folder/engine.sock" "$@" \
    >"$folder/engine.out" 2>>"$folder/engine.log" &
  engine=$!
  started+=("$engine")
}
was_killed() { # POINT
  engine_status=0
  { wait "$engine" || engine_status=$?; } 2>/dev/null
  [ "$engine_status" = 137 ] || fail "the engine was not killed at $1 and ended with $engine_status"
}
sound() { # POINT
  ends_with 0 sabun --json verify city/child
  has sound=true
  ends_with 0 push "$folder/day.csv"
  has state=empty
  [ "$(hub_posts)" = "$posts" ] || fail "after $1 somebody was sent again"
}
certificates() { { find "$folder/data/certificates" -name '*.json' 2>/dev/null || true; } | wc -l; }

# A new epoch at the start: the ring, then its copies.
for point in ring.before ring.after ring_copies.before ring_copies.after; do
  arm "$point" --key-epoch-days 0.0000001
  was_killed "$point"
  start_engine
  sound "$point"
done

# The key is exchanged by the command, which is killed; one of both keys opens the ring, and the command can be repeated.
cp "$folder/data.key" "$folder/old.key"
for point in ring.before ring.after ring_copies.before ring_copies.after; do
  ends_with 0 sabun key make "$folder/new.key"
  rewrap() { sabun key rewrap --data "$folder/data" --key-file "$1" --new-key-file "$folder/new.key"; }
  SABUN_KILL_AT=$point ends_with 137 rewrap "$folder/old.key"
  sabun key show --data "$folder/data" --key-file "$folder/new.key" >"$folder/out" 2>&1 || ends_with 0 rewrap "$folder/old.key"
  mv "$folder/new.key" "$folder/old.key"
  cp "$folder/old.key" "$folder/data.key"
  arm none
  await_line "$folder/engine.out" "$engine"
  sound "$point"
done

# The fingerprints' secret.
for point in dataset_row.before:2 dataset_row.after:2; do
  arm "$point"
  await_line "$folder/engine.out" "$engine"
  sabun dataset rotate-key city/child >"$folder/out" 2>&1 &
  started+=("$!")
  was_killed "$point"
  start_engine
  sound "$point"
done

# Orders. Once its contents are deleted, an order is carried out to its end by the engine that comes after.
points="organization_erased.after ring.before ring.after ring_copies.before ring_copies.after files_rewritten.before
  files_rewritten.after ring.before:2 ring.after:2 ring_copies.before:2 ring_copies.after:2 erasure_ended.before
  erasure_ended.after"
number=0
for point in $points; do
  number=$((number + 1))
  ends_with 0 sabun dataset create "gone$number/child" --profile "$profile"
  ends_with 0 sabun push csv "$folder/day.csv" --dataset "gone$number/child" --complete
  before=$(certificates)
  arm "$point"
  await_line "$folder/engine.out" "$engine"
  sabun erase organization "gone$number" --ordered-by officer --reason "order $number" --yes >"$folder/out" 2>&1 &
  started+=("$!")
  was_killed "$point"
  start_engine
  [ "$(certificates)" -gt "$before" ] || fail "after $point there is no certificate"
  ends_with 1 sabun --json verify "gone$number/child"
  sound "$point"
done

# The name may be given again, and begins with nothing.
ends_with 0 sabun dataset create gone1/child --profile "$profile"
status_has gone1/child records=0 accepted_records=0

# Before that, nothing of it has happened.
ends_with 0 sabun dataset create stays/child --profile "$profile"
ends_with 0 sabun push csv "$folder/day.csv" --dataset stays/child --complete
arm organization_erased.before
await_line "$folder/engine.out" "$engine"
sabun erase organization stays --ordered-by officer --reason "order 99" --yes >"$folder/out" 2>&1 &
started+=("$!")
was_killed organization_erased.before
start_engine
status_has stays/child records=60

# A person's: her record is gone from source and hub.
ends_with 0 sabun changes city/child 1
key=$(head -n 1 "$folder/out" | jq -c .key)
name=$(head -n 1 "$folder/out" | jq -r .key[1])
echo "$key" >"$folder/keys"
grep -v -- "$name" "$folder/day.csv" >"$folder/without.csv"
mv "$folder/without.csv" "$folder/day.csv"
ends_with 0 push "$folder/day.csv"
ends_with 0 submit
posts=$(hub_posts)
for point in erasure_noted.before erasure_noted.after; do
  before=$(certificates)
  arm "$point"
  await_line "$folder/engine.out" "$engine"
  sabun erase person city/child --keys "$folder/keys" --ordered-by officer --reason "order $point" --yes \
    >"$folder/out" 2>&1 &
  started+=("$!")
  was_killed "$point"
  start_engine
  sound "$point"
done
[ "$(certificates)" -gt "$before" ] || fail "the noted order was not carried out"
ends_with 1 sabun --json backup verify "$folder/backups"
grep -q 'KEY-EPOCH-DESTROYED' "$folder/out" || fail "the old backup: $(cat "$folder/out" "$folder/err")"
