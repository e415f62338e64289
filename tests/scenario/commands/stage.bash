# Sourced by the tests of this folder: a folder, an engine and a hub of their own, and a few words to speak about them.
# Usage of a test: bash NAME_test.sh BIN SOURCE, where BIN has the programs and SOURCE is the checkout.
set -euo pipefail

bin=$1
source=$2
folder=$(mktemp -d)
profile=$source/adapters/profiles/pmh-certificate-history.toml
export SABUN_ENGINE=unix:$folder/engine.sock
export LC_ALL=C.UTF-8
started=()

# Ends what this test started, by its id, and nothing else.
clean_up() {
  local status=$? process
  for process in "${started[@]}"; do kill -KILL "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  [ $status = 0 ] || { echo "--- the programs said:"; tail -n 20 "$folder/engine.log"; } >&2 2>/dev/null
  rm -rf "$folder"
  exit $status
}
trap clean_up EXIT

fail() {
  echo "FAILED (line ${BASH_LINENO[1]}): $*" >&2
  exit 1
}

# Waits until a program has said where it listens; at most half a minute.
await_line() { # FILE PROCESS
  local tries=0
  until grep -q ' listening on ' "$1"; do
    kill -0 "$2" 2>/dev/null || fail "a program ended at its start: $(cat "$1" "$folder/engine.log")"
    [ $((tries += 1)) -lt 600 ] || fail "a program does not listen"
    read -rt 0.05 <> <(:) || true
  done
}

start_engine() {
  : >"$folder/engine.out"
  "$bin/sabund" --data "$folder/data" --listen "unix:$folder/engine.sock" >"$folder/engine.out" 2>>"$folder/engine.log" &
  engine=$!
  started+=("$engine")
  await_line "$folder/engine.out" "$engine"
}

stop_engine() { # SIGNAL
  kill "-$1" "$engine"
  engine_status=0
  { wait "$engine" || engine_status=$?; } 2>/dev/null
}

start_hub() { # [FAULTS]
  "$bin/pmh-sim" --listen 127.0.0.1:0 --faults "${1:-}" >"$folder/hub.out" 2>>"$folder/engine.log" &
  started+=("$!")
  await_line "$folder/hub.out" "$!"
  hub=http://$(sed -n 's/.* listening on //p' "$folder/hub.out")
}

hub_records() { curl -sf "$hub/sim/records"; }
hub_count() { hub_records | wc -l; }
hub_posts() { curl -sf "$hub/sim/stats" | jq .posts; }
hub_faults() { curl -sf -X POST --data "$1" "$hub/sim/faults" >/dev/null; }

sabun() { "$bin/sabun" --lang en "$@"; }
generate() { "$bin/sabun-bench" generate "$@" 2>/dev/null; }

# Runs a command that must end with this status; its output is in $folder/out and $folder/err.
ends_with() { # STATUS COMMAND...
  local want=$1 got=0
  shift
  "$@" >"$folder/out" 2>"$folder/err" || got=$?
  [ "$got" = "$want" ] || fail "\"$*\" ended with $got and not $want: $(head -c 2000 "$folder/out" "$folder/err")"
}

# The JSON of the last command has these members: NAME=VALUE...
has() {
  local pair value
  for pair in "$@"; do
    value=$(jq -r ".${pair%%=*}" "$folder/out")
    [ "$value" = "${pair#*=}" ] || fail "${pair%%=*} is $value and not ${pair#*=}: $(head -c 1000 "$folder/out")"
  done
}

status_has() { # DATASET NAME=VALUE...
  sabun --json status "$1" | jq '.datasets[0]' >"$folder/out"
  shift
  has "$@"
}

# A first dataset with room for any change.
create_dataset() { # [FLAGS]
  ends_with 0 sabun dataset create city/child --profile "$profile" --max-update-percent 100 "$@"
}
push() { sabun --json push csv "$@" --dataset city/child --complete; }
submit() { sabun --json submit --dataset city/child --hub "$hub"; }

# Waits until a snapshot is being taken in, or the given process is over.
await_intake() { # PROCESS
  until [ "$(sabun --json status city/child | jq '.datasets[0].intake_in_progress')" = true ]; do
    kill -0 "$1" 2>/dev/null || return 0
  done
}
