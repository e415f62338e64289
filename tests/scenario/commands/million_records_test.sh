#!/usr/bin/env bash
# A million records pushed twice: the second time nothing changes, nothing personal travels, nothing is added to the change log; and
# the engine's memory stays within its budget, whatever the size of the file.
# Usage: million_records_test.sh BIN SOURCE [RECORDS], where BIN has the programs and SOURCE is the checkout.
set -euo pipefail
bin=$1 profile=$2/adapters/profiles/pmh-certificate-history.toml records=${3:-1000000}
work=$(mktemp -d)
engine=
cleanup() {
  [ -z "$engine" ] || { kill "$engine" 2>/dev/null && wait "$engine" 2>/dev/null || true; }
  rm -rf "$work"
}
trap cleanup EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
number() { jq -r ".$1" <<<"$2"; }

start_engine() { # NAME: sets engine and SABUN_ENGINE
  "$bin/sabund" --data "$work/$1" --listen 127.0.0.1:0 --insecure-loopback --row-memory-mib 16 --delta-memory-mib 8 --cache-mib 32 \
    >"$work/$1.out" 2>"$work/$1.log" &
  engine=$!
  for _ in $(seq 200); do
    grep -q 'listening on' "$work/$1.out" && break
    sleep 0.05
  done
  SABUN_ENGINE=$(sed -n 's/^sabund listening on //p' "$work/$1.out")
  [ -n "$SABUN_ENGINE" ] || fail "the engine did not start: $(tail -n 3 "$work/$1.log")"
  export SABUN_ENGINE
}
stop_engine() { kill "$engine"; wait "$engine" || fail "sabund did not end well"; engine=; }

# Pushes and watches the engine's anonymous memory: sets answer and peak_kib.
push() { # FILE
  : >"$work/memory"
  (while sleep 0.1; do sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$engine/status" || exit; done >"$work/memory") 2>/dev/null &
  local watch=$!
  answer=$("$bin/sabun" push csv "$1" --dataset city/child --complete --json) || fail "push: $answer"
  kill "$watch" 2>/dev/null || true
  wait "$watch" 2>/dev/null || true
  peak_kib=$(sort -n "$work/memory" | tail -n 1)
}

"$bin/sabun-bench" generate --records "$records" --seed 11 --out "$work/all.csv" 2>/dev/null
"$bin/sabun-bench" generate --records $((records / 4)) --seed 11 --out "$work/quarter.csv" 2>/dev/null

start_engine quarter
"$bin/sabun" dataset create city/child --profile "$profile" >/dev/null
push "$work/quarter.csv"
quarter_peak=$peak_kib
stop_engine

start_engine all
"$bin/sabun" dataset create city/child --profile "$profile" >/dev/null
push "$work/all.csv"
[ "$(number added "$answer")" = "$records" ] || fail "first push: $answer"
first_peak=$peak_kib
[ "$first_peak" -lt 300000 ] || fail "the first push took $first_peak KiB of anonymous memory"
[ "$first_peak" -lt $((quarter_peak * 3 / 2)) ] || fail "four times the rows took $first_peak KiB instead of $quarter_peak KiB"

push "$work/all.csv"
[ "$(number unchanged "$answer")" = "$records" ] || fail "second push: $answer"
[ "$(number state "$answer")" = empty ] || fail "second push: $answer"
[ "$(number records_sent "$answer")" = 0 ] || fail "rows travelled: $answer"
bytes=$(number bytes_sent "$answer")
[ "$bytes" -le $((40 * records)) ] || fail "$bytes bytes on the wire for $records records"
[ "$peak_kib" -lt 300000 ] || fail "the second push took $peak_kib KiB of anonymous memory"
changes=$("$bin/sabun" changes city/child "$(number change_set "$answer")" | wc -l)
[ "$changes" = 0 ] || fail "the second change set has $changes changes"
stop_engine
echo "records $records: peak $first_peak KiB ($quarter_peak KiB for a quarter), second push $bytes bytes, $((bytes / records)) a record"
