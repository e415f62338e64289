#!/usr/bin/env bash
# What a whole submission costs: sabund, sabun and pmh-sim on this machine, over TLS, from the first lease to the last receipt.
# Pushes generated records, submits them, checks that the hub holds exactly what the change set says (every value, by digest),
# and prints records per second and the processor time of each program. Everything lives in a temporary directory.
#
#   bench/submit/submit_benchmark.sh [BIN]     BIN has the programs; by default build/release/bin of this checkout
#
# SABUN_BENCH_RECORDS     how many records, 300000 unless given
# SABUN_BENCH_TMPDIR      where the temporary directory goes, /tmp unless given
# SABUN_BENCH_PROFILE     hub's part of the profile is changed by this sed script; unless given it lifts the limits that are there
#                         to spare a real hub (calls a second, batches on their way)
# SABUN_BENCH_DURING      a command that runs beside the submission, for instance a profiler; it finds process ids in ENGINE_PID and
#                         HUB_PID, and is waited for
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
bin=${1:-$source/build/release/bin}
records=${SABUN_BENCH_RECORDS:-300000}
limits=${SABUN_BENCH_PROFILE:-'s/^requests_per_second = .*/requests_per_second = 100000/; s/^max_concurrency = .*/max_concurrency = 6/'}
export LC_ALL=C.UTF-8

folder=$(mktemp -d "${SABUN_BENCH_TMPDIR:-/tmp}/sabun-submit-XXXXXX")
started=()
clean_up() {
  local status=$? process
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  [ $status = 0 ] || tail -n 20 "$folder"/*.log >&2 2>/dev/null || true
  rm -rf "$folder"
  exit $status
}
trap clean_up EXIT
fail() {
  echo "submit_benchmark: $*" >&2
  exit 1
}

await_line() { # FILE PROCESS: until the program has said where it listens
  local tries=0
  until grep -qs ' listening on ' "$1"; do
    kill -0 "$2" 2>/dev/null || fail "a program ended at its start"
    [ $((tries += 1)) -lt 600 ] || fail "a program does not listen"
    sleep 0.05
  done
}
ticks=$(getconf CLK_TCK)
cpu_ticks() { # PROCESS: user and system time so far
  sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f12,13
}
seconds() { awk -v ticks="$1" -v rate="$ticks" 'BEGIN { printf "%.2f", ticks / rate }'; }

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$folder/key.pem" -out "$folder/cert.pem" -days 2 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 2>/dev/null
sed -e "$limits" -e "s|^ca_file = .*|ca_file = \"$folder/cert.pem\"|" "$source/adapters/profiles/pmh-certificate-history.toml" \
  >"$folder/profile.toml"
"$bin/sabun-bench" generate --records "$records" --seed 3 --out "$folder/day.csv" 2>/dev/null

"$bin/pmh-sim" --listen 127.0.0.1:0 --tls-cert "$folder/cert.pem" --tls-key "$folder/key.pem" >"$folder/hub.out" 2>"$folder/hub.log" &
HUB_PID=$!
started+=("$HUB_PID")
await_line "$folder/hub.out" "$HUB_PID"
hub=https://$(sed -n 's/.* listening on //p' "$folder/hub.out")
"$bin/sabund" --data "$folder/data" --listen "unix:$folder/engine.sock" >"$folder/engine.out" 2>"$folder/engine.log" &
ENGINE_PID=$!
started+=("$ENGINE_PID")
await_line "$folder/engine.out" "$ENGINE_PID"
export SABUN_ENGINE=unix:$folder/engine.sock SABUN_HUB_CLIENT_ID=bench SABUN_HUB_CLIENT_SECRET=bench

"$bin/sabun" dataset create bench/submit --profile "$folder/profile.toml" >/dev/null
"$bin/sabun" --json push csv "$folder/day.csv" --dataset bench/submit --complete >"$folder/push.json" || [ $? = 4 ] || fail "the push"
change_set=$(jq .change_set "$folder/push.json")
added=$(jq .added "$folder/push.json")

read -r engine_user engine_system < <(cpu_ticks "$ENGINE_PID")
read -r hub_user hub_system < <(cpu_ticks "$HUB_PID")
started_at=$(date +%s.%N)
during=
if [ -n "${SABUN_BENCH_DURING:-}" ]; then
  export ENGINE_PID HUB_PID
  bash -c "$SABUN_BENCH_DURING" &
  during=$!
fi
status=0
TIMEFORMAT='%U %S'
{ time "$bin/sabun" --json submit --dataset bench/submit --hub "$hub" >"$folder/submit.json" 2>"$folder/submit.log" || status=$?; } \
  2>"$folder/submit.time"
elapsed=$(awk -v a="$started_at" -v b="$(date +%s.%N)" 'BEGIN { print b - a }')
[ "$status" = 0 ] || fail "the submission ended with $status: $(cat "$folder/submit.json" "$folder/submit.log")"
[ -z "$during" ] || wait "$during" || true
read -r engine_user_after engine_system_after < <(cpu_ticks "$ENGINE_PID")
read -r hub_user_after hub_system_after < <(cpu_ticks "$HUB_PID")
[ "$(jq .accepted "$folder/submit.json")" = "$added" ] || fail "not all were accepted: $(cat "$folder/submit.json")"

# The same values in the same order from both sides, an array a record.
"$bin/sabun" changes bench/submit "$change_set" | jq -c -S '
  select(.op == "add" and .state == "accepted") | .record
  | [.orgSpecificCertificateTypeId, .historyKey, .myNumber, .name, .nameKana, .address, .dateOfBirth, .sex, .isNotDisclosed,
     .medicalSubsidyInsurerNumber, .certificationName, .medicalSubsidyRecipientNumber, .certificationSubKey, .segment,
     .incomeSegment, .additionalConditions, .designatedMedicalInstitutions, .isAlwaysReimbursement, .maxCopaymentAmount,
     .validFrom, .validTo, .certificationDetail]
  | map(. // "") | .[18] |= (if . == "" then "" else fromjson end) | .[21] |= fromjson' |
  LC_ALL=C sort >"$folder/engine.records"
curl -sf --cacert "$folder/cert.pem" "$hub/sim/records" | jq -c -S '
  [.orgSpecificCertificateTypeId, .historyKey, .myNumber, .basicFiveInfo.name, .basicFiveInfo.nameKana, .basicFiveInfo.address,
   .basicFiveInfo.dateOfBirth, .basicFiveInfo.sex, (.isNotDisclosed | tostring), .medicalSubsidyInsurerNumber,
   .certificationName, .medicalSubsidyRecipientNumber, .certificationSubKey, .segment, .incomeSegment, .additionalConditions,
   .designatedMedicalInstitutions, .isAlwaysReimbursement, .maxCopaymentAmount, .validFrom, .validTo, .certificationDetail]
  | map(. // "")' |
  LC_ALL=C sort >"$folder/hub.records"
[ "$(wc -l <"$folder/hub.records")" = "$added" ] || fail "the hub holds $(wc -l <"$folder/hub.records") records and not $added"
engine_digest=$(sha256sum <"$folder/engine.records")
hub_digest=$(sha256sum <"$folder/hub.records")
[ "$engine_digest" = "$hub_digest" ] || fail "the hub does not hold what the engine says"

report() { # NAME USER SYSTEM, in ticks
  printf '%-8s %6s s user %6s s system %6.1f us a record\n' "$1" "$(seconds "$2")" "$(seconds "$3")" \
    "$(awk -v t="$(($2 + $3))" -v rate="$ticks" -v n="$added" 'BEGIN { print t / rate / n * 1e6 }')"
}
report sabund $((engine_user_after - engine_user)) $((engine_system_after - engine_system))
read -r submit_user submit_system < <(awk -v rate="$ticks" '{ print int($1 * rate), int($2 * rate) }' "$folder/submit.time")
report sabun "$submit_user" "$submit_system"
report pmh-sim $((hub_user_after - hub_user)) $((hub_system_after - hub_system))
awk -v n="$added" -v s="$elapsed" -v posts="$(curl -sf --cacert "$folder/cert.pem" "$hub/sim/stats" | jq -r '"\(.posts) posts, \(.polls) polls"')" \
  'BEGIN { printf "%d records in %.2f s: %.0f records/s (%s); the hub holds what the engine says\n", n, s, n / s, posts }'
