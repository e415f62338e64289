#!/bin/bash
# Builds the fuzz targets (clang, libFuzzer, ASan, UBSan) and runs each over its seeds and on from there.
#
#   tests/fuzz/run.sh [--seconds N | --executions N] [--long] [--keep] [TARGET]...    5 seconds a target by default
#   tests/fuzz/run.sh --totals                                                      what all runs in this checkout have executed until now
#
# --keep adds what was found new to tests/fuzz/seeds, as few and small as possible. --long starts from what the runs before it found
# and makes 1.5 to 5 times as many executions: comparisons are not traced (UBSan's own are most of them), inputs are short, and what
# is freed is kept from being used again for 4 MB instead of 256, so that it stays in the cache.
#
# A finding ends the run with status 1 and is left in build/fuzz/findings: make it a seed, a test and a row in tests/README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=build/fuzz programs=build/fuzz
totals=$build/executions.tsv
limit=-max_total_time=5 keep= length=4096
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) limit=-max_total_time=$2; shift 2 ;;
    --executions) limit=-runs=$2; shift 2 ;;
    --long)
      programs=build/fuzz-long length=1024
      export ASAN_OPTIONS=malloc_context_size=1:quarantine_size_mb=4:thread_local_quarantine_size_kb=64
      shift
      ;;
    --keep) keep=1; shift ;;
    --totals)
      awk -F'\t' '{ n[$1] += $2; s[$1] += $3 } END { for (t in n) printf "| %s | %d | %.2f |\n", t, n[t], s[t] / 3600 }' "$totals" | sort
      exit 0 ;;
    --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) targets+=("$1"); shift ;;
  esac
done
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cd tests/fuzz && ls -- *_fuzz.cc | sed 's/_fuzz\.cc//')

mkdir -p "$build/findings"
cmake --preset "${programs#build/}" >"$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2; exit 1; }
if ! ninja -C "$programs" "${targets[@]/%/_fuzz}" >"$programs/build.log" 2>&1; then
  grep -A 10 -E 'FAILED:|error:' "$programs/build.log" | head -60 >&2
  exit 1
fi

export LSAN_OPTIONS=suppressions=tests/leaks.supp:print_suppressions=0
# What targets write for a moment is written to memory.
[ ! -d /dev/shm ] || export TMPDIR=${TMPDIR:-/dev/shm}
status=0
for target in "${targets[@]}"; do
  corpus=$build/corpus/$target seeds=tests/fuzz/seeds/$target log=$build/$target.log
  mkdir -p "$corpus" "$seeds"
  found=
  TIMEFORMAT='%U %S'
  spent=$({ time "$programs/bin/${target}_fuzz" "$limit" -max_len=$length -timeout=20 -rss_limit_mb=4096 -detect_leaks=0 -entropic=0 \
    -artifact_prefix="$build/findings/$target-" -print_final_stats=1 "$corpus" "$seeds" >"$log" 2>&1; } 2>&1) || found=1
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  printf '%s\t%s\t%s\t%s\n' "$target" "${executions:-0}" "$(echo "$spent" | awk '{ print $1 + $2 }')" "$(date -u +%F)" >>"$totals"
  if [ -z "$found" ]; then
    echo "$target: $executions executions, nothing found"
    [ -z "$keep" ] || "$programs/bin/${target}_fuzz" -merge=1 "$seeds" "$corpus" >>"$log" 2>&1
  else
    echo "$target: FOUND something after ${executions:-no} executions; see $log" >&2
    grep -m 3 -E 'ERROR|must hold|SUMMARY' "$log" >&2 || tail -n 5 "$log" >&2
    status=1
  fi
done
exit $status
