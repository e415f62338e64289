# The exit status that other people's scripts rely on: 0 done, 1 failed, 2 wrong use, 3 held, 4 done with rejects.
. "$(dirname "$0")/stage.bash" "$@"
ends_with 1 sabun status
ends_with 2 sabun
ends_with 2 sabun push csv
ends_with 2 sabun no-such-command
start_engine
start_hub "reject:field=incomeSegment,equals=X9,code=E1003"
generate --records 2000 --seed 9 --out "$folder/whole.csv"
head -n 600 "$folder/whole.csv" >"$folder/cut.csv"
ends_with 2 sabun dataset create city/child --profile "$folder/none.toml"
ends_with 1 sabun dataset create "City Child" --profile "$profile"
create_dataset
ends_with 0 push "$folder/whole.csv"
ends_with 0 submit

# Two thirds are gone: held, and nothing is sent.
ends_with 3 push "$folder/cut.csv"
has state=held
[ "$(jq '[.holds[].rule] | sort | join(",")' -r "$folder/out")" = deletes,shrinking_source ] || fail "other guards held"
before=$(hub_count)
ends_with 0 submit
[ "$(hub_count)" = "$before" ] || fail "something was sent while a guard held"
ends_with 0 sabun --json change-set show city/child 2
digest=$(jq -r .digest "$folder/out")
ends_with 1 sabun change-set approve city/child 2 --yes --digest "$(printf '0%.0s' $(seq 64))"
ends_with 0 sabun change-set discard city/child 2 --yes --by officer
ends_with 1 sabun change-set approve city/child 2 --yes --digest "$digest"

# Some records break a rule of the profile: 4; the hub refuses some: 4.
generate --records 2000 --seed 9 --day 1 --change-rate 0.1 --hub-reject-rate 0.5 --error-rate 0.01 --out "$folder/day1.csv"
ends_with 4 push "$folder/day1.csv"
ends_with 4 submit
rejected=$(jq .rejected "$folder/out")
[ "$rejected" -gt 0 ] || fail "nothing was rejected"
ends_with 0 sabun --json rejects list city/child
[ "$(jq length "$folder/out")" = "$rejected" ] || fail "rejects list does not list every reject"
[ "$(jq '[.[] | select(.remedy == "")] | length' "$folder/out")" = 0 ] || fail "a reject has no remedy"
ends_with 0 sabun --json rejects retry city/child --code E1003
has retried="$rejected"
hub_faults ""
ends_with 0 submit
has accepted="$rejected" rejected=0
ends_with 1 sabun status no/such
