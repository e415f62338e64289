#!/bin/bash
# Builds the fuzz targets (clang, ASan, UBSan) and runs each over its seeds and on from there.
#
#   tests/fuzz/run.sh [--seconds N] [--keep] [TARGET]...    N seconds a target, 5 by default; --keep adds what was found new
#                                                          to tests/fuzz/seeds, as few and small as possible
#
# A finding ends the run with status 1 and is left in build/fuzz/findings: make it a seed, a test and a row in tests/README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=5 keep=
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift 2 ;;
    --keep) keep=1; shift ;;
    --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) targets+=("$1"); shift ;;
  esac
done
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cd tests/fuzz && ls -- *_fuzz.cc | sed 's/_fuzz\.cc//')

build=build/fuzz
mkdir -p "$build/findings"
cmake --preset fuzz >"$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2; exit 1; }
if ! ninja -C "$build" "${targets[@]/%/_fuzz}" >"$build/build.log" 2>&1; then
  grep -A 10 -E 'FAILED:|error:' "$build/build.log" | head -60 >&2
  exit 1
fi

status=0
for target in "${targets[@]}"; do
  corpus=$build/corpus/$target seeds=tests/fuzz/seeds/$target
  mkdir -p "$corpus" "$seeds"
  log=$build/$target.log
  if LSAN_OPTIONS=suppressions=tests/leaks.supp:print_suppressions=0 "$build/bin/${target}_fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=20 \
    -rss_limit_mb=4096 -artifact_prefix="$build/findings/$target-" -print_final_stats=1 "$corpus" "$seeds" >"$log" 2>&1; then
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, nothing found"
    [ -z "$keep" ] || "$build/bin/${target}_fuzz" -merge=1 "$seeds" "$corpus" >>"$log" 2>&1
  else
    echo "$target: FOUND something after $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions; see $log" >&2
    grep -m 3 -E 'ERROR|must hold|SUMMARY' "$log" >&2 || tail -n 5 "$log" >&2
    status=1
  fi
done
exit $status
