#!/usr/bin/env bash
# How long a small delivery takes beside many records, and how long the engine takes to come back after kill -9.
# Loads generated records, kills sabund, starts it again and waits for its first answer; then pushes partial snapshots of 1,000
# changes, one after the other, and prints the distribution of their times: while the hub has nothing yet, and, as on every day
# but the first, after it has accepted everything. Everything lives in a temporary directory.
#
#   bench/partial/partial_benchmark.sh [BIN]     BIN has the programs; by default build/release/bin of this checkout
#
# SABUN_BENCH_STATES      "pending accepted" unless given; the second submits everything to pmh-sim: minutes, and much memory
# SABUN_BENCH_RECORDS     how many records, 10000000 unless given
# SABUN_BENCH_PUSHES      how many partial snapshots, 100 unless given
# SABUN_BENCH_TMPDIR      where the temporary directory goes, /tmp unless given
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
bin=${1:-$source/build/release/bin}
records=${SABUN_BENCH_RECORDS:-10000000}
pushes=${SABUN_BENCH_PUSHES:-100}
changes=1000
states=${SABUN_BENCH_STATES:-pending accepted}
export LC_ALL=C.UTF-8

folder=$(mktemp -d "${SABUN_BENCH_TMPDIR:-/tmp}/sabun-partial-XXXXXX")
engine_pid='' hub_pid=''
clean_up() {
  local status=$?
  [ -z "$engine_pid$hub_pid" ] || kill $engine_pid $hub_pid 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
  exit $status
}
trap clean_up EXIT
fail() {
  echo "partial_benchmark: $*" >&2
  exit 1
}
export SABUN_ENGINE=unix:$folder/socket

start() { # prints the seconds until the engine answers
  local began
  began=$(date +%s%N)
  "$bin/sabund" --data "$folder/data" --listen "unix:$folder/socket" >"$folder/out" 2>>"$folder/log" &
  engine_pid=$!
  until [ -S "$folder/socket" ] && "$bin/sabun" --json status >"$folder/status" 2>/dev/null; do
    kill -0 "$engine_pid" 2>/dev/null || fail "sabund ended at its start: $(tail -n 1 "$folder/log")"
    sleep 0.01
  done
  awk -v ns=$(($(date +%s%N) - began)) 'BEGIN { printf "%.2f\n", ns / 1e9 }'
}

start >/dev/null
sed 's/^requests_per_second = .*/requests_per_second = 100000/; s/^max_concurrency = .*/max_concurrency = 6/' \
  "$source/adapters/profiles/pmh-certificate-history.toml" >"$folder/profile.toml"
"$bin/sabun" dataset create bench/partial --profile "$folder/profile.toml" >/dev/null
"$bin/sabun-bench" generate --records "$records" --seed 4 --out "$folder/day0.csv" 2>/dev/null
"$bin/sabun" --json push csv "$folder/day0.csv" --dataset bench/partial --complete >"$folder/load"
[ "$(jq .added "$folder/load")" = "$records" ] || fail "the load did not add every record"
echo "load of $records records: $(jq .elapsed_seconds "$folder/load") s"

kill -KILL "$engine_pid"
wait "$engine_pid" 2>/dev/null || true
rm -f "$folder/socket"
start >"$folder/restart"
echo "kill -9, and serving again after: $(cat "$folder/restart") s"

submit() { # so that the hub accepts everything
  "$bin/pmh-sim" --listen 127.0.0.1:0 >"$folder/hub" 2>>"$folder/log" &
  hub_pid=$!
  until grep -qs ' listening on ' "$folder/hub"; do
    kill -0 "$hub_pid" 2>/dev/null || fail "pmh-sim ended at its start"
    sleep 0.05
  done
  SABUN_HUB_CLIENT_ID=bench SABUN_HUB_CLIENT_SECRET=bench "$bin/sabun" --json submit --dataset bench/partial \
    --hub "http://$(sed -n 's/.* listening on //p' "$folder/hub")" >"$folder/submitted" || fail "the submission ended with $?"
  [ "$(jq .rejected "$folder/submitted")" = 0 ] || fail "the hub rejected records"
  kill "$hub_pid"
  wait "$hub_pid" 2>/dev/null || true
  hub_pid=''
}

# The changes of one day, 1,000 at a time.
rate=$(awk -v n="$records" -v k=$((pushes * changes)) 'BEGIN { printf "%.8f", k / n * 1.02 }')
push_day() { # DAY STATE
  "$bin/sabun-bench" generate --records "$records" --seed 4 --day "$1" --change-rate "$rate" --partial --out "$folder/day.csv" 2>/dev/null
  for ((i = 0; i < pushes; ++i)); do
    awk -v from=$((i * changes + 2)) -v count=$changes 'NR == 1 || (NR >= from && NR < from + count)' "$folder/day.csv" >"$folder/part.csv"
    "$bin/sabun" --json push csv "$folder/part.csv" --dataset bench/partial --partial >"$folder/push" || fail "a push failed"
    [ "$(jq .received "$folder/push")" = $changes ] || fail "a push has another number of rows"
    jq -r '[.elapsed_seconds, .received - .unchanged] | @tsv' "$folder/push"
  done >"$folder/times"
  sort -g "$folder/times" | awk -v n="$pushes" -v changes=$changes -v state="$2" '
    { time[NR] = $1; compared += $2 }
    END { printf "%s: %d partial snapshots of %d rows, %d rows in all that changed something: median %.1f ms, p99 %.1f ms, slowest %.1f ms\n",
            state, n, changes, compared, time[int((n + 1) / 2)] * 1000, time[int(n * 0.99 + 0.999)] * 1000, time[n] * 1000 }'
  echo "the last one's stages:$(grep -o ' fingerprints=.*' "$folder/log" | tail -n 1)"
}
day=0
for state in $states; do
  [ "$state" != accepted ] || submit
  push_day $((day += 1)) "$state"
done
