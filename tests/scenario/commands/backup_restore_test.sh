# Backups while everything goes on, the loss of the data directory, restores of an older state with kills in between: the
# engine finds what happened since, and the hub ends with what the source says.
. "$(dirname "$0")/stage.bash" "$@"
start_engine
start_hub
create_dataset
for day in 0 1 2 3; do
  generate --records 3000 --seed 9 --day "$day" --change-rate 0.1 --out "$folder/day$day.csv"
done

# Where a backup may not go.
ends_with 1 sabun --json backup create "$folder/data/backups"
grep -q 'in the data directory' "$folder/out" || fail "no word on the data directory: $(cat "$folder/out")"
mkdir "$folder/other" && touch "$folder/other/file"
ends_with 1 sabun --json backup create "$folder/other"
ends_with 1 sabun --json backup list "$folder/backups"

ends_with 0 push "$folder/day0.csv"
ends_with 0 submit
ends_with 0 sabun --json backup create "$folder/backups"
has id=000001 datasets[0].accepted_records="$(hub_count)"

# The second one while a snapshot is taken in and submitted.
push "$folder/day1.csv" >"$folder/push.out" 2>&1 &
push=$!
ends_with 0 sabun --json backup create "$folder/backups" --mib-per-second 200
wait "$push" || fail "the push beside a backup: $(cat "$folder/push.out")"
submit >"$folder/submit.out" 2>&1 &
submit=$!
ends_with 0 sabun --json backup create "$folder/backups"
has id=000003
wait "$submit" || fail "the submission beside a backup: $(cat "$folder/submit.out")"
ends_with 0 sabun --json backup list "$folder/backups"
has '[2].id=000003'
for id in 000001 000002 000003; do
  ends_with 0 sabun --json backup verify "$folder/backups" --backup "$id"
  has sound=true
done

# A third day after the last backup; of its answers some are lost, and then the data is.
ends_with 0 push "$folder/day2.csv"
hub_faults 'lose_answer:every=2'
submit >"$folder/submit.out" 2>&1 &
submit=$!
posts=$(hub_posts)
until [ "$(hub_posts)" -gt "$posts" ] || ! kill -0 "$submit" 2>/dev/null; do :; done
stop_engine KILL
kill -KILL "$submit" 2>/dev/null || true
wait "$submit" 2>/dev/null || true
hub_faults ''
mv "$folder/data" "$folder/lost"

# Nothing of a person is in a backup or in the journal.
name=$(sed -n 2p "$folder/day0.csv" | tr -d '"' | tr ',' '\n' | awk 'length > best { best = length; value = $0 } END { print value }')
[ ${#name} -ge 6 ] || fail "the first row has no telling value"
! grep -rqF -- "$name" "$folder/backups" "$folder/data.sent" || fail "a value of a row is in a backup"

for id in 000001 000003; do
  rm -rf "$folder/data"
  # It says what it will do, and does nothing unasked.
  ends_with 1 sabun backup restore "$folder/backups" --backup "$id" --data "$folder/data" </dev/null
  grep -q "backup $id, as of" "$folder/out" || fail "the plan is not told: $(cat "$folder/out")"
  [ ! -e "$folder/data/rocksdb" ] || fail "it was restored unasked"
  ends_with 0 sabun --json backup restore "$folder/backups" --backup "$id" --data "$folder/data" --yes
  ends_with 1 sabun --json backup restore "$folder/backups" --data "$folder/data" --yes
  has error.code=RESTORE-TARGET

  # Killed while it brings itself up, and started again.
  "$bin/sabund" --data "$folder/data" --listen "unix:$folder/engine.sock" >/dev/null 2>>"$folder/engine.log" &
  started+=("$!")
  kill -KILL "$!"
  wait "$!" 2>/dev/null || true
  start_engine
  [ ! -e "$folder/data/restored.json" ] || fail "the note of the restore is still there"
  grep -q "code=RESTORED backup=$id .*sent=[1-9]" "$folder/engine.log" || fail "nothing was replayed from the journal after $id"
  status_has city/child unreconciled=true
  ends_with 0 sabun --json verify city/child
  has sound=true

  # What has no known answer is settled; nothing new goes out before the source has spoken.
  posts=$(hub_posts)
  submit >"$folder/submit.out" 2>&1 || true
  status_has city/child unreconciled=true unknown=0 in_flight=0
  day=day2
  [ "$id" = 000001 ] || day=day3
  ends_with 0 push "$folder/$day.csv"
  status_has city/child unreconciled=false
  ends_with 0 submit
  has rejected=0 unknown=0 pending=0
  rows=$(($(wc -l <"$folder/$day.csv") - 1))
  [ "$(hub_count)" = "$rows" ] || fail "the hub holds $(hub_count) records and not $rows after the restore of $id"
  status_has city/child records="$rows" accepted_records="$rows"
  ends_with 0 sabun --json verify city/child --against "$folder/$day.csv"
  ends_with 0 sabun --json verify
  has sound=true
  [ "$id" = 000001 ] && stop_engine KILL
done

# Into another place: the journal is copied. A backup with one flipped bit is neither verified nor restored.
stop_engine TERM
ends_with 0 sabun --json backup restore "$folder/backups" --data "$folder/elsewhere" --yes
[ "$(ls "$folder/elsewhere.sent" | wc -l)" -gt 0 ] || fail "the journal was not copied"
mv "$folder/elsewhere.sent" "$folder/away"
rm -rf "$folder/elsewhere"
ends_with 1 sabun --json backup restore "$folder/backups" --data "$folder/elsewhere" --yes --sent-journal "$folder/none"
has error.code=RESTORE-JOURNAL
start_engine
ends_with 0 sabun --json backup create "$folder/backups" --keep 1
ends_with 0 sabun --json backup list "$folder/backups"
has '[0].id=000004' '[1]=null'
for file in "$folder"/backups/files/*; do
  printf '\377' | dd of="$file" bs=1 seek=4100 conv=notrunc status=none
done
ends_with 1 sabun --json backup verify "$folder/backups"
has sound=false
ends_with 1 sabun --json backup restore "$folder/backups" --data "$folder/elsewhere" --yes
has error.code=BACKUP-DAMAGED
