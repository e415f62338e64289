# What an inspector asks of the running engine: no dump, no swap of keys, nobody else's eyes, and it listens where it was told and
# nowhere else. It needs no network at all.
. "$(dirname "$0")/stage.bash" "$@"
cd "$folder"

# The sockets on which a process listens or receives, as PROTOCOL:PORT, from the kernel's tables.
listening() { # PROCESS
  local sockets
  sockets=$(find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' | sed 's/socket:\[\(.*\)\]/\1/')
  for table in tcp tcp6 udp udp6 raw raw6; do
    awk -v table=$table -v mine="$sockets" '
      BEGIN { count = split(mine, list, "\n"); for (i = 1; i <= count; i++) is_mine[list[i]] = 1 }
      FNR > 1 && ($10 in is_mine) && ($4 == "0A" || table !~ /tcp/) { split($2, at, ":"); print table ":" at[1] ":" at[2] }' "/proc/$1/net/$table"
  done
}

start_engine
status_is() { grep -qE "^$1:[[:space:]]+$2\$" "/proc/$engine/status" || fail "$1 is not $2: $(grep "^$1" "/proc/$engine/status")"; }
status_is NoNewPrivs 1
grep -qE '^Max core file size +0 +0 ' "/proc/$engine/limits" || fail "the engine may write a core file"
[ "$(awk '/^VmLck/ { print $2 }' "/proc/$engine/status")" -gt 0 ] || [ "$(ulimit -l)" != unlimited ] || fail "no memory is locked"
[ "$(stat -c %a "$folder/data/rocksdb")" = 700 ] || fail "others may look into the store: $(stat -c %a "$folder/data/rocksdb")"
[ "$(stat -c %a "$folder/data.key")" = 600 ] || fail "others may read the key"
[ -z "$(find "$folder/data" -perm /077 -print -quit)" ] || fail "others may read $(find "$folder/data" -perm /077 -print -quit)"
if [ "$(id -u)" != 0 ]; then
  ! cat "/proc/$engine/environ" >/dev/null 2>&1 || fail "another process of this user may look into the engine"
fi
[ "$(listening "$engine")" = "" ] || fail "an engine on a unix socket listens on $(listening "$engine")"
stop_engine SEGV
[ -z "$(find "$folder" -name 'core*' -print -quit)" ] || fail "a crash left a core file"

# On a port: that one, on that address.
: >"$folder/engine.out"
"$bin/sabund" --data "$folder/data" --listen 127.0.0.1:0 --insecure-loopback >"$folder/engine.out" 2>>"$folder/engine.log" &
engine=$!
started+=("$engine")
await_line "$folder/engine.out" "$engine"
port=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$folder/engine.out")
if [ -r "/proc/$engine/fd" ]; then
  hexadecimal=$(printf '%04X' "$port")
  listening "$engine" | grep -qE "^tcp6?:.*7F000001.*:$hexadecimal\$|^tcp:0100007F:$hexadecimal\$|^tcp6:.*0100007F:$hexadecimal\$" || fail "it does not listen on $port: $(listening "$engine")"
  [ "$(listening "$engine" | wc -l)" = 1 ] || fail "it listens elsewhere too: $(listening "$engine")"
fi
stop_engine TERM

# No network at all: no interface is up, no name can be asked for.
if unshare -rn true 2>/dev/null; then
  "$(command -v unshare)" -rn bash -eu -c '
    [ "$(grep -c : /proc/net/dev)" = 1 ]
    bin=$1 folder=$2 profile=$3
    "$bin/sabund" --data "$folder/alone" --listen "unix:$folder/alone.sock" >"$folder/alone.out" 2>"$folder/alone.log" &
    trap "kill $! 2>/dev/null" EXIT
    until grep -q " listening on " "$folder/alone.out"; do kill -0 $!; done
    export SABUN_ENGINE=unix:$folder/alone.sock
    "$bin/sabun" dataset create city/child --profile "$profile"
    "$bin/sabun-bench" generate --records 200 --out "$folder/alone.csv" 2>/dev/null
    "$bin/sabun" --json push csv "$folder/alone.csv" --dataset city/child --complete >"$folder/alone.json"
    "$bin/sabun" --json verify city/child >"$folder/alone.verify"
  ' alone "$bin" "$folder" "$profile" >"$folder/alone.said" 2>&1 || fail "without a network: $(cat "$folder/alone.said" "$folder/alone.log")"
  [ "$(jq .added "$folder/alone.json")" = 200 ] && [ "$(jq .sound "$folder/alone.verify")" = true ] || fail "without a network the push was another"
else
  echo "no network namespace here: that part is left out"
fi
