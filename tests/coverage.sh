#!/bin/bash
# Measures which lines and branches of the engine's stages the tests reach, and fails below 95 % of lines or 85 % of branches.
#
#   tests/coverage.sh [--html DIR] [TARGET]...     TARGET: test programs; by default those of the stages, the model and the scenarios
#
# Branches that only an exception of the standard library would take are not counted: the engine is built on statuses.
set -euo pipefail
cd "$(dirname "$0")/.."

html=
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --html) html=$2; shift 2 ;;
    --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) targets+=("$1"); shift ;;
  esac
done
[ ${#targets[@]} -gt 0 ] || targets=(base_test record_test store_test intake_test diff_test guard_test ledger_test service_test model_test fault_test
    scenario_test)
# Enough histories to pass wherever they lead; more only take longer.
export SABUN_MODEL_HISTORIES=${SABUN_MODEL_HISTORIES:-400} SABUN_FAULT_HISTORIES=${SABUN_FAULT_HISTORIES:-20}
command -v gcovr >/dev/null || deploy/install-packages.sh

build=build/coverage
mkdir -p "$build"
cmake --preset coverage >"$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2; exit 1; }
cmake --build --preset coverage --target "${targets[@]}" >"$build/build.log" 2>&1 ||
  { grep -A 10 -E 'FAILED:|error:' "$build/build.log" | head -60 >&2; exit 1; }
find "$build" -name '*.gcda' -delete
for target in "${targets[@]}"; do
  (cd "$build" && "bin/$target" >"$target.log" 2>&1) || { tail -n 30 "$build/$target.log" >&2; echo "failed: $target" >&2; exit 1; }
done

[ -z "$html" ] || mkdir -p "$html"
filters=()
for stage in intake diff guard ledger store; do filters+=(--filter "engine/$stage/"); done
common=(-r . --object-directory "$build" "${filters[@]}" --exclude-throw-branches --exclude-unreachable-branches)
# Two tables: what is not reached by line, then by branch; the status is that of the limits.
gcovr "${common[@]}" --branches | sed -n '/^File/,$p'
gcovr "${common[@]}" ${html:+--html-details "$html/coverage.html"} --fail-under-line 95 --fail-under-branch 85 | sed -n '/^File/,$p'
exit "${PIPESTATUS[0]}"
