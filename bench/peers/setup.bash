# Sourced by run.sh: what has to be there before anything is measured.

# Debian's packages for the peers alone. Node.js comes from Debian only where there is none.
install_packages() {
  local list=$data/packages.txt
  printf '%s\n' postgresql-15 jq util-linux >"$list"
  command -v node >/dev/null || echo nodejs >>"$list"
  command -v npm >/dev/null || echo npm >>"$list"
  if [ ! -x "$pg_bin/initdb" ]; then
    forbid_main_cluster
    "$root/deploy/install-packages.sh" "$list"
    allow_main_cluster
  else
    "$root/deploy/install-packages.sh" "$list"
  fi
}

# Debian's package would make a cluster of its own and start it: not on somebody's machine for a benchmark.
cluster_setting=/etc/postgresql-common/createcluster.d/sabun-bench.conf
forbid_main_cluster() {
  as_root mkdir -p "${cluster_setting%/*}"
  echo 'create_main_cluster = false' | as_root tee "$cluster_setting" >/dev/null
}
allow_main_cluster() { as_root rm -f "$cluster_setting"; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# DuckDB goes to build/peers, which git and the style check leave alone. Not `npm ci`: it refuses a lock file that lacks
# the packages of other platforms, which not every registry has. `npm install` takes versions and digests from it as well.
install_duckdb() {
  if cmp -s "$here/package-lock.json" "$npm/installed"; then return; fi
  say "installing DuckDB from npm"
  rm -rf "$npm"
  mkdir -p "$npm"
  cp "$here/package.json" "$here/package-lock.json" "$npm/"
  (cd "$npm" && npm install --no-audit --no-fund >"$logs/npm.log" 2>&1) || fail "npm install: $(tail -n 5 "$logs/npm.log")"
  cp "$here/package-lock.json" "$npm/installed"
}

# The programs are built here unless --bin names a folder that has them.
build_programs() {
  [ -z "$bin_given" ] || return 0
  say "building Sabun (release)"
  "$root/deploy/install-packages.sh"
  (cd "$root" && cmake --preset release && cmake --build --preset release --target sabund sabun pmh-sim sabun-bench) \
    >"$logs/build.log" 2>&1 || fail "the build: $(tail -n 15 "$logs/build.log")"
}

# Per record and at once: 4 files of 0.37 kB; two loaded tables of the peers; four states of the engine. Measured, and
# rounded up.
require_room() {
  local disk_kb memory_kb need_disk_kb need_memory_kb
  disk_kb=$(df --output=avail -k "$out" | tail -n 1)
  memory_kb=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)
  need_disk_kb=$((records * disk_bytes_a_record / 1024 + 2 * 1024 * 1024))
  need_memory_kb=$((records * 2 + 2 * 1024 * 1024))
  [ "$disk_kb" -ge "$need_disk_kb" ] ||
    fail "$out has $((disk_kb / 1048576)) GiB free; $records records need $((need_disk_kb / 1048576))"
  [ "$memory_kb" -ge "$need_memory_kb" ] ||
    fail "$((memory_kb / 1048576)) GiB of memory are free; $records records need $((need_memory_kb / 1048576))"
}

# day0 and day1, in UTF-8 and in CP932, and the true list of what changed from one to the other.
generate_files() {
  local encoding
  say "generating $records records"
  for encoding in utf-8 cp932; do
    "$bin/sabun-bench" generate --records "$records" --encoding "$encoding" --out "$data/day0.$encoding.csv"
    "$bin/sabun-bench" generate --records "$records" --encoding "$encoding" --day 1 --change-rate 0.005 \
      --truth "$data/truth.ndjson" --out "$data/day1.$encoding.csv"
  done 2>"$logs/generate.log" || fail "sabun-bench generate: $(tail -n 3 "$logs/generate.log")"
  chmod a+r "$data"/*.csv
}

describe_machine() {
  jq -n --arg date "$(date --iso-8601=seconds)" --arg kernel "$(uname -sr)" --argjson cores "$threads" \
    --arg processor "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
    --arg memory "$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)" \
    --arg load "$(cut -d ' ' -f 1 /proc/loadavg)" \
    --arg debian "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)" \
    --arg commit "$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)" \
    --arg sabun "$("$bin/sabund" --version)" --arg postgres "$("$pg_bin/postgres" --version)" \
    --arg sort "$(sort --version | head -n 1)" --arg duckdb "$(node "$here/duckdb.mjs" version)" \
    --argjson records "$records" --argjson rounds "$rounds" \
    --argjson bytes "$(stat -c %s "$data/day1.utf-8.csv")" --argjson rows "$(($(wc -l <"$data/day1.utf-8.csv") - 1))" \
    '$ARGS.named' >"$results/machine.json"
}
