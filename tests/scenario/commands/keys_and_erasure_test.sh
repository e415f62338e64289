# The key of a store is exchanged while the engine runs; wrong, old and missing keys are refused with what to do, in both
# languages; a person is erased with a certificate, and the backup from before does not open any more.
. "$(dirname "$0")/stage.bash" "$@"
start_engine
start_hub
create_dataset --retention-days 30
generate --records 50 --seed 4 --out "$folder/day0.csv"
ends_with 0 push "$folder/day0.csv"
ends_with 0 submit
ends_with 0 sabun --json backup create "$folder/backups"

# Exchanged while the engine serves. Until it is given the new key it goes on, and afterwards the old one is refused.
old_key=$folder/data.key
ends_with 0 sabun --json key show-id --key-file "$old_key"
old_id=$(jq -r .key_id "$folder/out")
ends_with 0 sabun --json key make "$folder/new.key"
ends_with 1 sabun --json key make "$folder/new.key"
has error.code=KEY-FILE-EXISTS
ends_with 1 sabun --json key show --data "$folder/none" --key-file "$old_key"
has error.code=FILE-ACCESS
ends_with 0 sabun --json key rewrap --data "$folder/data" --key-file "$old_key" --new-key-file "$folder/new.key"
ends_with 0 push "$folder/day0.csv"
has state=empty
stop_engine TERM
serve() { "$bin/sabund" --data "$folder/data" --listen "unix:$folder/engine.sock" "$@"; }
ends_with 1 serve
grep -q "KEY-WRONG: .*$old_id.*正しい鍵" "$folder/err" || fail "the refusal says $(cat "$folder/err")"
ends_with 1 serve --key-file "$folder/none"
grep -q 'KEY-MISSING: .*鍵ファイル' "$folder/err" || fail "the refusal says $(cat "$folder/err")"
ends_with 2 serve --key-file "$old_key" --key-command "cat $folder/new.key"

# Two officers' shares, one of them from the configuration file's command as well.
ends_with 0 sabun --json key split --key-file "$folder/new.key" "$folder/share1" "$folder/share2"
ends_with 0 sabun --json key show --data "$folder/data" --key-share "$folder/share1" --key-share "$folder/share2"
has 'epochs[0].epoch=1' "copies[0]=$folder/backups/keyring"
mv "$folder/new.key" "$folder/data.key"

# Without its ring the data is not read; the backup folder has it.
mv "$folder/data/keyring" "$folder/ring" && rm "$folder/data/keyring.copy"
ends_with 1 serve
grep -q 'KEY-RING-MISSING: .*鍵束' "$folder/err" || fail "the refusal says $(cat "$folder/err")"
cp "$folder/backups/keyring" "$folder/data/keyring"
start_engine

# Whoever is still in the source is not erased.
ends_with 0 sabun changes city/child 1
key=$(head -n 1 "$folder/out" | jq -c .key)
name=$(head -n 1 "$folder/out" | jq -r .key[1])
echo "$key" >"$folder/keys"
erase() { sabun --json erase person city/child --keys "$folder/keys" --ordered-by officer --reason "order 7" "$@"; }
ends_with 2 erase
ends_with 1 erase --yes
has error.code=ERASE-STILL-WANTED
grep -v -- "$name" "$folder/day0.csv" >"$folder/day1.csv"
ends_with 0 push "$folder/day1.csv"
ends_with 0 submit
ends_with 0 erase --yes --certificate "$folder/certificate.json"
has certificate.complete=true certificate.records=1 'certificate.epochs_destroyed[0]=1'
jq -e .sha256 "$folder/certificate.json" >/dev/null || fail "there is no certificate"
ends_with 0 sabun verify city/child
ends_with 1 sabun --json backup verify "$folder/backups"
grep -q 'KEY-EPOCH-DESTROYED' "$folder/out" || fail "the old backup: $(cat "$folder/out" "$folder/err")"
ends_with 0 sabun --json backup create "$folder/backups"
ends_with 0 sabun --json backup verify "$folder/backups"

# A new secret for fingerprints sends nobody.
ends_with 0 sabun --json dataset rotate-key city/child
ends_with 0 push "$folder/day1.csv"
has state=empty cosmetic=49
