#!/bin/sh
# Installs what is missing, builds everything and runs all tests: the one command for a fresh Debian 12.
#
#   tests/run.sh [ARGUMENT OF CTEST]...        for example: tests/run.sh -R Differ
#
# $SABUN_PRESET chooses another preset than dev (release, asan, tsan). All output is kept in build/PRESET/*.log.
set -eu
cd "$(dirname "$0")/.."

preset=${SABUN_PRESET:-dev}
build=build/$preset
deploy/install-packages.sh

mkdir -p "$build"
# quietly NAME COMMAND: the output goes to a file, and is shown only when the command fails.
quietly() {
  log=$build/$1.log
  shift
  if ! "$@" >"$log" 2>&1; then
    grep -B 2 -A 20 -E 'FAILED:|error: |CMake Error|ninja: error' "$log" | head -100 >&2
    echo "failed: $*; everything it said is in $log" >&2
    exit 1
  fi
}

echo "Configuring and building ($preset) ..."
quietly configure cmake --preset "$preset"
quietly build cmake --build --preset "$preset"

echo "Testing ..."
log=$build/test.log
if ctest --preset "$preset" --no-tests=error "$@" >"$log" 2>&1; then
  grep -E 'tests passed|^Total Test time' "$log"
else
  # Everything but the tests that passed: what the others said, and the closing lines.
  grep -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test +#[0-9]+:.* Passed )' "$log" | tail -n 300
  echo "failed: tests; everything they said is in $log" >&2
  exit 1
fi
