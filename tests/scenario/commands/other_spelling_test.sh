# The same records in CP932, with 和暦, padding and half-width kana: not one change (invariant 8).
. "$(dirname "$0")/stage.bash" "$@"
start_engine
start_hub
# By way of CP932, so that names with characters that CP932 lacks are written alike in both.
generate --records 5000 --seed 11 --encoding cp932 --out "$folder/plain.csv"
iconv -f cp932 -t utf-8 "$folder/plain.csv" >"$folder/iso.csv"
generate --records 5000 --seed 11 --encoding cp932 --wareki --padding --out "$folder/legacy.csv"
cmp -s "$folder/plain.csv" "$folder/legacy.csv" && fail "the generator wrote the same bytes"
rows=$(($(wc -l <"$folder/iso.csv") - 1))
create_dataset
ends_with 0 push "$folder/iso.csv"
ends_with 0 submit
ends_with 0 push "$folder/legacy.csv" --encoding cp932
has state=empty received="$rows" added=0 updated=0 deleted=0 invalid=0
ends_with 0 submit
has accepted=0
ends_with 0 push "$folder/legacy.csv" --encoding cp932
has state=empty unchanged="$rows" records_sent=0
