# Yesterday's copy of the data directory is put back: the engine refuses it by its witness, with the way out, and changes
# nothing; the newest directory serves again; and the copy serves only after somebody has accepted it.
. "$(dirname "$0")/stage.bash" "$@"
start_engine
create_dataset
generate --records 1000 --seed 4 --out "$folder/day0.csv"
ends_with 0 push "$folder/day0.csv"
stop_engine TERM
cp -r "$folder/data" "$folder/yesterday"
start_engine
generate --records 1000 --seed 4 --day 1 --out "$folder/day1.csv"
ends_with 0 push "$folder/day1.csv"
stop_engine TERM

mv "$folder/data" "$folder/newest"
cp -r "$folder/yesterday" "$folder/data"
serve() { "$bin/sabund" --data "$folder/data" --listen "unix:$folder/engine.sock" "$@"; }
ends_with 1 serve
grep -q 'WITNESS-BEHIND: .*lacks the last [0-9]* synced commits.*--accept-store-as-it-is.*証人' "$folder/err" ||
  fail "the refusal says $(cat "$folder/err")"
diff -r "$folder/yesterday" "$folder/data" || fail "the refusal changed the directory"

rm -r "$folder/data"
cp -r "$folder/newest" "$folder/data"
start_engine
ends_with 0 push "$folder/day1.csv"
has state=empty
stop_engine TERM

rm -r "$folder/data"
cp -r "$folder/yesterday" "$folder/data"
ends_with 0 serve --accept-store-as-it-is
grep -q 'STORE-ACCEPTED: .*現状のまま' "$folder/err" || fail "nothing is said about what was accepted"
start_engine
ends_with 0 push "$folder/day1.csv"
has state=ready
stop_engine TERM
