# A hub that lost what it had accepted, mended by hand with the real programs: verify sees it, a resend is planned, held,
# approved and sent, and the hub is equal to the source.
. "$(dirname "$0")/stage.bash" "$@"
sed 's|^path = ""|path = "/v1/registrations"|' "$profile" >"$folder/profile.toml"
start_engine
start_hub
generate --records 3000 --seed 9 --out "$folder/day0.csv"
generate --records 3000 --seed 9 --day 1 --change-rate 0.01 --out "$folder/day1.csv"
rows=$(($(wc -l <"$folder/day1.csv") - 1))

# Without a listing call nothing is compared, and the way out is named.
create_dataset
ends_with 1 sabun verify city/child --against-hub --hub "$hub"
grep -q 'no listing call.*sabun resend' "$folder/err" || fail "the way out is not named"
ends_with 0 sabun dataset update city/child --profile "$folder/profile.toml"

ends_with 0 push "$folder/day0.csv"
ends_with 0 submit
ends_with 0 sabun --json verify city/child --against-hub --hub "$hub"
has same=true missing=0 different=0 only_at_hub=0

# Its loss goes unnoticed by a day's push, and is found by the comparison; keys are named, people are not.
ends_with 0 push "$folder/day1.csv"
hub_faults 'forget:records=7,count=1'
ends_with 0 submit
lost=$((rows - $(hub_count)))
[ "$lost" -gt 0 ] && [ "$lost" -le 7 ] || fail "the hub lost $lost records"
ends_with 1 sabun --json verify city/child --against-hub --hub "$hub" --list 2
has same=false missing="$lost" different=0 only_at_hub=0 'differences[0].kind=missing'
[ "$(jq '.differences | length' "$folder/out")" = 2 ] || fail "--list does not count"
ends_with 1 sabun verify city/child --against-hub --hub "$hub"
grep -q 'resend city/child --missing-at-hub' "$folder/out" || fail "the way out is not named"
[ "$(hub_count)" = $((rows - lost)) ] || fail "a comparison changed the hub"
ends_with 0 push "$folder/day1.csv"
has state=empty

ends_with 3 sabun --json resend city/child --missing-at-hub --hub "$hub"
has kind=resend state=held counts.updated="$lost" 'holds[0].rule=resend'
ends_with 0 submit
[ "$(hub_count)" = $((rows - lost)) ] || fail "something was sent without an approval"
ends_with 0 sabun change-set approve city/child --yes --by officer
ends_with 0 submit
has accepted="$lost" rejected=0 pending=0
[ "$(hub_count)" = "$rows" ] || fail "the hub does not hold every row"
ends_with 0 sabun --json verify city/child --against-hub --hub "$hub"
has same=true listed="$rows"
ends_with 0 sabun --json verify city/child
has sound=true
ends_with 0 sabun resend city/child --missing-at-hub --hub "$hub"
ends_with 0 sabun --json status city/child

# Chosen by hand: keys, change sets, all. What was never accepted is left out.
hub_records >"$folder/held"
head -n 2 "$folder/held" | jq -r '[.orgSpecificCertificateTypeId, .historyKey] | join(",")' >"$folder/keys"
echo "X,nobody" >>"$folder/keys"
ends_with 3 sabun --json resend city/child --keys "$folder/keys"
has counts.updated=2
ends_with 0 sabun change-set discard city/child --yes
ends_with 3 sabun --json resend city/child --change-sets 1..99
has counts.updated="$rows"
ends_with 0 sabun change-set discard city/child --yes
ends_with 3 sabun --json resend city/child --all
has counts.updated="$rows"
ends_with 2 sabun resend city/child
ends_with 2 sabun resend city/child --change-sets 2..1
ends_with 1 sabun resend city/child --keys "$folder/nothing"
