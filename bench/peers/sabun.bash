# Sourced by run.sh: Sabun. A state is a folder with the engine's data as it was when day 0 had been taken in; every round
# begins with a copy of one, so that every round does the same work.
#
#   pending   day 0 is taken in, and nothing has been sent to the hub yet
#   accepted  the hub (pmh-sim) has accepted all of day 0: the state of every day but the first
#   cp932     the same, and after that day 0 was taken in once more as a file in CP932

dataset=mihon-city/peers

engine_start() {
  mkdir -p "$data/work"
  start sabund "$bin/sabund" --data "$data/work/engine" --listen 127.0.0.1:0 --insecure-loopback
  engine=$process
  await sabund "$engine" grep -q ' listening on ' "$logs/sabund.out"
  SABUN_ENGINE=$(sed -n 's/.* listening on //p' "$logs/sabund.out")
  export SABUN_ENGINE
}

engine_stop() {
  [ -z "$engine" ] || stop TERM "$engine"
  engine=''
}

# keep_state NAME: what the engine has now. restore_state NAME: starts an engine with it, and waits until it rests.
keep_state() {
  settle "$engine"
  engine_stop
  rm -rf "${data:?}/states/$1"
  mkdir -p "$data/states/$1"
  cp -a --reflink=auto "$data/work/." "$data/states/$1"
}

restore_state() {
  engine_stop
  rm -rf "${data:?}/work"
  cp -a --reflink=auto "$data/states/$1" "$data/work"
  engine_start
  settle "$engine"
}

# The profile's limits are those of a real hub; to make the accepted state, pmh-sim may be asked as fast as it answers.
sabun_create() {
  sed 's/^requests_per_second = [0-9]*/requests_per_second = 10000/' \
    "$root/adapters/profiles/pmh-certificate-history.toml" >"$data/profile.toml"
  "$bin/sabun" dataset create "$dataset" --profile "$data/profile.toml" >"$logs/create.log" 2>&1 ||
    fail "sabun dataset create: $(tail -n 5 "$logs/create.log")"
}

push_command() { # DAY ENCODING [FLAG]: into the array $push
  push=("$bin/sabun" --json push csv "$data/$1.$2.csv" --dataset "$dataset" --complete --encoding "$2" ${3:+"$3"})
}

push_figures() {
  printf '"seconds":%s,"user":%s,"system":%s,"server":%s,%s' "$seconds" "$user" "$system" "$server" \
    "$(jq -c '{received, unchanged, added, updated, deleted, cosmetic, cancelled, elapsed_seconds, bytes_sent, records_sent}' \
      "$logs/last.out" | sed 's/[{}]//g')"
}

sabun_first() {
  engine_stop
  rm -rf "${data:?}/work"
  engine_start
  sabun_create
  calm "$data/day0.utf-8.csv"
  push_command day0 utf-8
  timed_with_server "$engine" node "$here/sample_memory.mjs" "$engine" "${push[@]}"
  record first sabun "$1" "$(push_figures),\"memory\":$(tail -n 1 "$logs/last.err")"
  settle "$engine"  # What it still does in the background is not to slow the peers down.
}

# Makes the accepted state out of the pending one; false when the hub did not accept everything within the limit.
sabun_submit() {
  local hub status=0 began=$SECONDS summary
  restore_state pending
  start pmh-sim "$bin/pmh-sim" --listen 127.0.0.1:0
  hub=$process
  await pmh-sim "$hub" grep -q ' listening on ' "$logs/pmh-sim.out"
  timeout -s INT "$submit_limit_seconds" "$bin/sabun" --json submit --dataset "$dataset" \
    --hub "http://$(sed -n 's/.* listening on //p' "$logs/pmh-sim.out")" >"$logs/submit.out" 2>"$logs/submit.err" || status=$?
  stop TERM "$hub"
  summary=$(jq -r '"accepted \(.accepted), pending \(.pending)"' "$logs/submit.out" 2>/dev/null || true)
  say "submit: $((SECONDS - began)) s, exit status $status; $summary"
  [ "$status" = 0 ] && [ "$(jq .accepted "$logs/submit.out")" = "$records" ]
}

# From here on day 0 in CP932 is what the stored fingerprints were made of. Some names have characters that CP932 lacks; the
# generator writes them with others there, so these few records (0.2 %) are changed.
sabun_make_cp932() { # STATE
  restore_state "$1"
  push_command day0 cp932
  timed "${push[@]}"
  [ "$(jq '.state == "ready" and .received == $records and .cosmetic > .received * 0.99 and .deleted == 0' \
    --argjson records "$records" "$logs/last.out")" = true ] ||
    fail "day 0 in CP932 is not day 0: $(cat "$logs/last.out")"
  keep_state cp932
}

# sabun_daily ROUND WHO STATE ENCODING [FLAG]: day 1 against the stored day 0. Round 0 is not timed: it measures memory.
sabun_daily() {
  local round=$1 who=$2 state=$3
  restore_state "$state"
  push_command day1 "$4" "${5:-}"
  calm "$data/day1.$4.csv"
  find "$data/work" -type f -exec cat {} + >/dev/null
  if [ "$round" = 0 ]; then
    timed node "$here/sample_memory.mjs" "$engine" "${push[@]}"
    record memory "$who" 0 "$(tail -n 1 "$logs/last.err" | sed 's/[{}]//g')"
    return
  fi
  timed_with_server "$engine" "${push[@]}"
  record daily "$who" "$round" "$(push_figures)"
  "$bin/sabun" changes "$dataset" "$(jq .change_set "$logs/last.out")" --format ndjson |
    jq -r '[({add: "added", update: "changed", delete: "withdrawn"}[.op])] + .key | join(",")' >"$data/lists"
  sabun_cosmetic=$(jq .cosmetic "$logs/last.out")
}

# The same file once more: nothing has changed, and next to nothing may be written.
sabun_again() { # ROUND WHO
  local before
  settle "$engine"
  calm "$data/day1.utf-8.csv"
  push_command day1 utf-8
  before=$(written "$engine")
  timed_with_server "$engine" "${push[@]}"
  settle "$engine"
  record again "$2" "$1" "$(push_figures),\"written_bytes\":$(($(written "$engine") - before))"
  [ "$(jq -c '[.state, .received - .unchanged]' "$logs/last.out")" = '["empty",0]' ] ||
    fail "the same file again is not empty: $(cat "$logs/last.out")"
}
