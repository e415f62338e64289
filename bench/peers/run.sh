#!/usr/bin/env bash
# Sabun beside what else could do its work: DuckDB, sort and comm, PostgreSQL, and cat as the speed of light. One command, on
# Debian 12, as root or with sudo; README.md beside it says what each of them does, and why it is set as it is.
#
#   bench/peers/run.sh [--records N] [--rounds N] [--out DIR] [--accepted | --pending] [--bin DIR] [--keep]
#
#   --records N   records of day 0 (5000000)          --rounds N   timed rounds of the daily run (5); the median counts
#   --out DIR     where everything goes (a new folder in $TMPDIR or /var/tmp); DIR/results stays, DIR/data is removed
#   --accepted    only the state in which the hub has accepted day 0   --pending   only the one in which it has nothing yet
#   --submit-limit SECONDS   for making the accepted state (1800); above that only the pending one is measured
#   --bin DIR     programs that are built already     --keep   leave DIR/data
#
# Exit status: 0 all found the same, and the table is printed; 1 something failed, or the lists differ; 2 wrong use.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export LC_ALL=C.UTF-8

records=5000000 rounds=5 out='' states='pending accepted' submit_limit_seconds=1800 bin_given='' keep=no
disk_bytes_a_record=5000 sort_memory=4G threads=$(nproc)
engine='' postgres='' sabun_cosmetic=0 finished=no

usage() {
  sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit 2
}
while [ $# -gt 0 ]; do
  case $1 in
    --records | --rounds | --submit-limit) [[ ${2:-} =~ ^[1-9][0-9]{0,8}$ ]] || usage ;;&
    --out | --bin) [ -n "${2:-}" ] || usage ;;&
    --records) records=$2 && shift ;;
    --rounds) rounds=$2 && shift ;;
    --submit-limit) submit_limit_seconds=$2 && shift ;;
    --out) out=$2 && shift ;;
    --bin) bin_given=$(cd "$2" && pwd) && shift ;;
    --accepted) states=accepted ;;
    --pending) states=pending ;;
    --keep) keep=yes ;;
    *) usage ;;
  esac
  shift
done
first_rounds=$((rounds < 3 ? rounds : 3))
bin=${bin_given:-$root/build/release/bin}
npm=$root/build/peers

. "$here/measure.bash"
. "$here/setup.bash"
. "$here/peers.bash"
. "$here/sabun.bash"
. "$here/check.bash"

if [ -z "$out" ]; then
  out=$(mktemp -d "${TMPDIR:-/var/tmp}/sabun-peers.XXXXXX")
elif [ -e "$out" ] && [ ! -e "$out/.sabun-peers" ] && [ -n "$(ls -A "$out")" ]; then
  fail "$out was not made by this script: left alone"
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
data=$out/data results=$out/results logs=$out/logs
exec {lock}>"$out/.sabun-peers"
flock -n "$lock" || fail "another run is at work in $out"
rm -rf "$data" "$results" "$logs"
mkdir -p "$data" "$results" "$logs"
chmod a+rx "$out" "$data"  # The user postgres reads the files; the people in them are invented.

clean_up() {
  local status=$?
  trap - EXIT
  stop_all
  [ "$keep" = yes ] || rm -rf "$data" || true
  [ ! -e "${cluster_setting:-}" ] || allow_main_cluster
  [ "$finished" = yes ] || say "stopped early; logs are in $logs"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A quarter of the memory for PostgreSQL's buffers up to 2 GB, half of it for DuckDB up to 8 GB.
memory_mb=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
postgres_buffers_mb=$((memory_mb / 4 < 2048 ? memory_mb / 4 : 2048))
PEERS_NPM=$npm PEERS_THREADS=$threads PEERS_MEMORY_MB=$((memory_mb / 2 < 8192 ? memory_mb / 2 : 8192))

# ---- What everybody starts from ----

require_room
install_packages
install_duckdb
build_programs
generate_files
describe_machine
check_prepare
one_pass=''
if "$bin/sabun" push csv --help | grep -q -- --one-pass; then one_pass=--one-pass; fi

postgres_start
for ((round = 1; round <= first_rounds; ++round)); do
  say "first load, round $round of $first_rounds"
  sabun_first "$round"
  duckdb_first "$round"
  postgres_first "$round"
done
postgres_ready
coreutils_first
keep_state pending
if [[ $states = *accepted* ]]; then
  say "submitting $records records, so that the hub accepts day 0"
  if sabun_submit; then
    keep_state accepted
  elif [ "$states" = accepted ]; then
    fail "the hub did not accept day 0: $(tail -n 3 "$logs/submit.err")"
  else
    say "the hub did not accept day 0 within $submit_limit_seconds s: only the pending state is measured"
    states=pending
  fi
fi
main_state=${states##* }  # The state that the ratios and the other files are about.
[[ $states = *pending* ]] || rm -rf "$data/states/pending"
say "day 0 once more, in CP932"
sabun_make_cp932 "$main_state"

# ---- The daily run, all in turn ----

way() { [ "$1" = pending ] && echo unsent || echo by-content; }
for ((round = 0; round <= rounds; ++round)); do
  say "daily run, round $round of $rounds$([ "$round" != 0 ] || echo ' (to warm up, and to measure memory)')"
  [ "$round" = 0 ] || cat_daily "$round"
  for state in $states; do
    sabun_daily "$round" "sabun-$state" "$state" utf-8
    [ "$round" = 0 ] || { check "sabun-$state" "$round" "$(way "$state")" && sabun_again "$round" "sabun-$state"; }
  done
  sabun_daily "$round" sabun-cp932 cp932 cp932
  [ "$round" = 0 ] || check sabun-cp932 "$round" "$(way "$main_state")"
  if [ -n "$one_pass" ]; then
    sabun_daily "$round" sabun-one-pass "$main_state" utf-8 --one-pass
    [ "$round" = 0 ] || check sabun-one-pass "$round" "$(way "$main_state")"
  fi
  engine_stop
  [ "$round" != 0 ] || continue
  for peer in duckdb coreutils postgres; do
    "${peer}_daily" "$round"
    check "$peer" "$round" by-bytes
  done
done

node "$here/report.mjs" "$results" "sabun-$main_state" "${one_pass:-none}"
finished=yes
say "the figures of every round are in $results"
