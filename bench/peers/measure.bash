# Sourced by run.sh: programs in the background, times, and the file that every figure goes to.

started=()  # process ids of what this run started in the background and has not ended yet

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2; }

fail() {
  printf 'bench/peers: %s\n' "$*" >&2
  exit 1
}

# start NAME PROGRAM...: in the background, with its output in $logs/NAME.out and .err; the process id is left in $process.
# Not for a function: the process id would be that of a shell around it.
start() {
  local name=$1
  shift
  : >"$logs/$name.out"  # Here, not only by the child: nobody shall read what an earlier one said.
  "$@" >>"$logs/$name.out" 2>"$logs/$name.err" </dev/null &
  process=$!
  started+=("$process")
}

# await NAME PROCESS COMMAND...: until the command succeeds; fails when the process ends first or half a minute is over.
await() {
  local name=$1 awaited=$2 tries=0
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$awaited" 2>/dev/null || fail "$name did not start: $(tail -n 5 "$logs/$name.err")"
    [ $((tries += 1)) -lt 600 ] || fail "$name is not ready after half a minute"
    sleep 0.05
  done
}

# stop SIGNAL PROCESS: a child of this shell, so its id cannot have become another's.
stop() {
  local tries=0 kept=() one
  kill "-$1" "$2" 2>/dev/null || true
  while kill -0 "$2" 2>/dev/null; do
    [ $((tries += 1)) -lt 1200 ] || kill -KILL "$2" 2>/dev/null || true
    sleep 0.05
  done
  wait "$2" 2>/dev/null || true
  for one in "${started[@]}"; do [ "$one" = "$2" ] || kept+=("$one"); done
  started=("${kept[@]}")
}

# SIGINT is what makes PostgreSQL leave without waiting for its clients.
stop_all() {
  local one
  for one in "${started[@]}"; do [ "$one" = "$postgres" ] && stop INT "$one" || stop TERM "$one"; done
}

# ticks PROCESS: processor time of it and of its children that have ended, in clock ticks.
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 + $14 + $15 }'; }

# written PROCESS: bytes that it caused to be written to disk.
written() { sed -n 's/^write_bytes: //p' "/proc/$1/io"; }

# settle PROCESS: until it has done nothing for half a second (compactions after a start, for example); at most a minute.
settle() {
  local tries=0 before=-1 now
  now=$(ticks "$1")
  while [ $((now - before)) -gt 1 ] && [ $((tries += 1)) -le 120 ]; do
    before=$now
    sleep 0.5
    now=$(ticks "$1")
  done
}

# calm FILE...: what was written before goes to disk, the files come into the page cache; then a timed run may begin.
calm() {
  sync -f "$out"
  cat "$@" >/dev/null
}

# timed COMMAND...: leaves $seconds, $user and $system; output in $logs/last.out and .err. Fails when the command fails.
timed() {
  local TIMEFORMAT='%3R %3U %3S' status=0
  { time "$@" >"$logs/last.out" 2>"$logs/last.err" </dev/null; } 2>"$logs/last.time" || status=$?
  [ "$status" = 0 ] || fail "exit status $status of: $* $(tail -n 5 "$logs/last.err" "$logs/last.out")"
  read -r seconds user system <"$logs/last.time"
}

# timed_with_server PROCESS COMMAND...: the same; $server is the seconds of processor time of the server meanwhile.
timed_with_server() {
  local of=$1 before
  before=$(ticks "$of")
  shift
  timed "$@"
  sleep 0.2  # A server's child is counted when it has been waited for.
  server=$(awk -v ticks=$(($(ticks "$of") - before)) -v hertz="$(getconf CLK_TCK)" 'BEGIN { print ticks / hertz }')
}

# record LINE WHO ROUND MEMBERS: one figure; MEMBERS is JSON without the braces.
record() { printf '{"line":"%s","who":"%s","round":%s,%s}\n' "$@" >>"$results/rounds.ndjson"; }
