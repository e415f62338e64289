# Mutual TLS, roles and the audit log with the real programs: a day in which everybody does his own part and nobody more.
. "$(dirname "$0")/stage.bash" "$@"
export TZ=Asia/Tokyo
pki=$folder/pki
SABUN_PKI_ORGANIZATION=city "$source/deploy/pki/make-development-pki.sh" "$pki" >/dev/null
export SABUN_TLS_CA=$pki/ca.crt

start_tls_engine() { # [FLAGS]
  : >"$folder/engine.out"
  "$bin/sabund" --data "$folder/data" --listen 127.0.0.1:0 --tls-cert "$pki/server.crt" --tls-key "$pki/server.key" \
    --tls-client-ca "$pki/ca.crt" --tls-crl "$pki/crl.pem" --access "$pki/access.toml" \
    --audit-anchor "$folder/anchor" "$@" >"$folder/engine.out" 2>>"$folder/engine.log" &
  engine=$!
  started+=("$engine")
  await_line "$folder/engine.out" "$engine"
  SABUN_ENGINE=$(sed -n 's/.* listening on //p' "$folder/engine.out")
}
as() { # ROLE COMMAND...
  SABUN_TLS_CERT=$pki/$1.crt SABUN_TLS_KEY=$pki/$1.key "${@:2}"
}
error_is() { # CODE
  [ "$(jq -r .error.code "$folder/out")" = "$1" ] || fail "the error is not $1: $(cat "$folder/out")"
}

# What is refused before anything begins.
ends_with 2 "$bin/sabund" --data "$folder/data" --listen 127.0.0.1:0
grep -q -e --insecure-loopback "$folder/err" || fail "the refusal does not say what to do: $(cat "$folder/err")"
ends_with 2 "$bin/sabund" --data "$folder/data" --listen 127.0.0.1:0 --tls-cert "$pki/server.crt" \
  --tls-key "$pki/server.key" --tls-client-ca "$pki/ca.crt"
grep -q -e --access "$folder/err" || fail "TLS without access rules is not refused"

start_tls_engine
start_hub
generate --records 1000 --seed 3 --out "$folder/day.csv"

ends_with 1 as source sabun --json dataset create city/child --profile "$profile"
error_is PERMISSION_DENIED
ends_with 1 as administrator sabun --json dataset create other/child --profile "$profile"
error_is PERMISSION_DENIED
ends_with 0 as administrator sabun dataset create city/child --profile "$profile" --max-updates 0 --max-update-percent 0
ends_with 1 as operator push "$folder/day.csv"
ends_with 0 as source push "$folder/day.csv"
ends_with 0 as submitter submit
ends_with 0 as operator sabun changes city/child 1
grep -q '\*\*\*' "$folder/out" || fail "an operator sees what records say"
[ "$(hub_count)" -gt 900 ] || fail "the hub got too little"

# A client of another authority, and none at all.
ends_with 1 sabun --json status
error_is TLS-INCOMPLETE
"$source/deploy/pki/make-development-pki.sh" "$folder/other" >/dev/null
ends_with 1 env SABUN_TLS_CERT="$folder/other/operator.crt" SABUN_TLS_KEY="$folder/other/operator.key" \
  "$bin/sabun" --lang ja --json status
error_is TLS-REFUSED

# Held, and approved by somebody else than who pushed.
generate --records 1000 --seed 3 --day 1 --change-rate 0.1 --out "$folder/day1.csv"
ends_with 3 as source push "$folder/day1.csv"
ends_with 1 as source sabun change-set approve city/child --yes
printf '\n[[grant]]\nidentity = "spiffe://sabun/city/source/development"\nroles = ["approver"]\norganizations = ["city"]\n' \
  >>"$pki/access.toml"
ends_with 1 as source sabun change-set approve city/child --yes
grep -q 'four eyes' "$folder/err" || fail "whoever pushed may approve: $(cat "$folder/err")"
ends_with 0 as approver sabun change-set approve city/child --yes --by somebody
ends_with 0 as operator sabun --json change-set show city/child 2
has decided_by=spiffe://sabun/city/approver/development

# Revoked now means refused at the next connection.
"$source/deploy/pki/make-development-pki.sh" "$pki" revoke operator
ends_with 1 as operator sabun --json status
error_is TLS-REFUSED
ends_with 0 as approver sabun --json status

# The log says all that; and nothing of what records say.
ends_with 0 as auditor sabun --json audit verify
has sound=true
has pruned=0
ends_with 2 as auditor sabun audit verify --anchors "$folder/day.csv" # holds no anchor, so it would prove nothing
ends_with 2 as auditor sabun audit analyze --from 2026-11-02 --to 2026-11-01
ends_with 0 as auditor sabun audit export --out "$folder/audit.log"
grep -q '"role":"source","method":"IntakeService/Sync"' "$folder/audit.log" || fail "the push is not in the audit log"
grep -q '"phase":"refused"' "$folder/audit.log" || fail "refusals are not in the audit log"
cut -d, -f3 "$folder/day.csv" | tail -n +2 | tr -d '"' | sort -u >"$folder/numbers"
grep -qFf "$folder/numbers" "$folder/audit.log" && fail "a My Number is in the audit log"
ends_with 0 as auditor sabun --json audit analyze --sheet "$folder/sheet.html"
jq -e '[.findings[].kind] | contains(["refused"])' "$folder/out" >/dev/null || fail "refusals are not found"
grep -q 点検票 "$folder/sheet.html" || fail "no check sheet"
ends_with 0 as auditor sabun --json audit incident --from "$(date -d '1 hour ago' +%FT%H:%M)" --to "$(date -d '1 hour' +%FT%H:%M)"
[ "$(jq -c '.datasets[0].change_sets' "$folder/out")" = '[1,2]' ] || fail "the incident's scope: $(cat "$folder/out")"
ends_with 1 as approver sabun --json audit verify
error_is PERMISSION_DENIED

# A log that was cut is noticed at the next start, which says what to do.
stop_engine TERM
[ "$engine_status" = 0 ] || fail "the engine ended with $engine_status"
grep -q sabun-audit-anchor "$folder/anchor" || fail "the log was not anchored"
sed -i '$d' "$folder"/data/audit/audit-*.log
ends_with 1 "$bin/sabund" --data "$folder/data" --listen "unix:$folder/engine.sock"
grep -q -e --audit-accept-loss "$folder/err" || fail "the refusal does not say what to do: $(cat "$folder/err")"
start_tls_engine --audit-accept-loss
ends_with 1 as auditor sabun --json audit verify --anchors "$folder/anchor"
has sound=false
