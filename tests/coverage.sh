#!/bin/bash
# Measures which lines and branches of the engine's stages the tests reach, and fails below 95 % of lines or 85 % of branches.
#
#   tests/coverage.sh [--html DIR] [TARGET]...     TARGET: test programs; by default those of the stages, the model and the scenarios
#
# Branches are those that the text has (clang counts both ways of each condition). gcov also counts those that the compiler
# makes, such as the clean-up of temporaries: there half of what is missed is in no line of the source.
set -euo pipefail
cd "$(dirname "$0")/.."

html=
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --html) html=$2; shift 2 ;;
    --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) targets+=("$1"); shift ;;
  esac
done
[ ${#targets[@]} -gt 0 ] || targets=(base_test record_test store_test intake_test diff_test guard_test ledger_test service_test model_test fault_test
    scenario_test keys_test surgery_test failing_calls_test sim_test)
# Enough histories to pass wherever they lead; more only take longer.
export SABUN_MODEL_HISTORIES=${SABUN_MODEL_HISTORIES:-400} SABUN_FAULT_HISTORIES=${SABUN_FAULT_HISTORIES:-20}
{ command -v llvm-cov-14 && command -v jq; } >/dev/null || deploy/install-packages.sh

build=build/coverage
mkdir -p "$build"
cmake --preset coverage >"$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2; exit 1; }
cmake --build --preset coverage --target "${targets[@]}" >"$build/build.log" 2>&1 ||
  { grep -A 10 -E 'FAILED:|error:' "$build/build.log" | head -60 >&2; exit 1; }
rm -rf "$build/profiles"
objects=()
for target in "${targets[@]}"; do
  objects+=(-object "$build/bin/$target")
  # Programs that a test starts and that end by themselves add to the same file.
  (cd "$build" && LLVM_PROFILE_FILE="$PWD/profiles/$target-%1m.profraw" "bin/$target" >"$target.log" 2>&1) ||
    { tail -n 30 "$build/$target.log" >&2; echo "failed: $target" >&2; exit 1; }
done
llvm-profdata-14 merge -sparse "$build"/profiles/*.profraw -o "$build/profile"

common=("${objects[@]:1}" -instr-profile "$build/profile")
[ -z "$html" ] || llvm-cov-14 show "${common[@]}" -format html -show-branches count -output-dir "$html" -ignore-filename-regex "/(tests|proto)/" \
  -path-equivalence "$build,$PWD" >/dev/null
llvm-cov-14 export "${common[@]}" -summary-only >"$build/summary.json"
jq -r --arg root "$PWD/" '
  def percent: if .count == 0 then 100 else 1000 * .covered / .count | floor / 10 end;
  def add_up(what): {count: (map(.summary[what].count) | add), covered: (map(.summary[what].covered) | add)};
  def row: "\(add_up("lines") | "\(percent) % of \(.count)")\t\(add_up("branches") | "\(percent) % of \(.count)")\t";
  [.data[0].files[] | .filename |= (ltrimstr($root) | ltrimstr("build/coverage/"))
    | select(.filename | test("^engine/(intake|diff|guard|ledger|store)/"))] as $files
  | "lines\tbranches\t", ($files[] | [.] | row + .[0].filename),
    ($files | group_by(.filename | split("/")[1])[] | row + "engine/" + (.[0].filename | split("/")[1])), ($files | row + "all"),
    if ($files | add_up("lines") | percent) < 95 or ($files | add_up("branches") | percent) < 85
    then "FAILED: 95 % of lines and 85 % of branches are wanted" else empty end' "$build/summary.json" | tee "$build/table"
! grep -q '^FAILED' "$build/table"
