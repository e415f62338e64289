# Sourced by run.sh: the peers. Of each: NAME_first ROUND loads day 0, NAME_daily ROUND finds what day 1 changed; both put
# down their figures, and the second leaves kind,key lines in $data/lists. The reasons for the settings are in README.md.

# ---- cat: nothing can be faster than reading the file. ----

cat_daily() {
  calm "$data/day1.utf-8.csv"
  timed read_only "$data/day1.utf-8.csv"
  record daily cat "$1" "\"seconds\":$seconds,\"user\":$user,\"system\":$system"
}
read_only() { cat "$1" >/dev/null; }

# ---- DuckDB ----

export PEERS_NPM PEERS_THREADS PEERS_MEMORY_MB
duckdb_first() {
  calm "$data/day0.utf-8.csv"
  timed node "$here/duckdb.mjs" load "$data/peers.duckdb" "$data/day0.utf-8.csv"
  record first duckdb "$1" "$(sed 's/[{}]//g' "$logs/last.out"),\"process_seconds\":$seconds"
}

duckdb_daily() {
  calm "$data/day1.utf-8.csv" "$data/peers.duckdb"
  timed node "$here/duckdb.mjs" compare "$data/peers.duckdb" "$data/day1.utf-8.csv" "$data/lists"
  record daily duckdb "$1" "$(sed 's/[{}]//g' "$logs/last.out")"
}

# ---- sort and comm ----

coreutils_first() {
  LC_ALL=C sort --parallel="$threads" -S "$sort_memory" -T "$data" -o "$data/day0.sorted" "$data/day0.utf-8.csv"
}

coreutils_daily() {
  calm "$data/day1.utf-8.csv" "$data/day0.sorted"
  timed sort_and_compare
  record daily coreutils "$1" "\"seconds\":$seconds,\"user\":$user,\"system\":$system"
}

# A line that stands on one side only, and whose key stands on the other side too, is a change. The generator quotes no
# key; the header is the same on both sides.
sort_and_compare() {
  LC_ALL=C sort --parallel="$threads" -S "$sort_memory" -T "$data" "$data/day1.utf-8.csv" |
    LC_ALL=C comm -3 --nocheck-order "$data/day0.sorted" - |
    LC_ALL=C awk -F , '
      /^\t/ { today[substr($1, 2) "," $2]; next }
      { stored[$1 "," $2] }
      END {
        for (key in today) print (key in stored ? "changed," : "added,") key
        for (key in stored) if (!(key in today)) print "withdrawn," key
      }' >"$data/lists"
}

# ---- PostgreSQL: a cluster of its own, reached by a unix socket only. ----

pg_bin=/usr/lib/postgresql/15/bin
unprivileged=()  # PostgreSQL refuses to run as root.
[ "$(id -u)" != 0 ] || unprivileged=(setpriv --reuid=postgres --regid=postgres --clear-groups)
sql() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --host "$data/postgres" --username postgres --dbname postgres "$@"; }

postgres_start() {
  local folder=$data/postgres header
  [ ${#folder} -lt 85 ] || fail "the path $folder is too long for a unix socket: choose a shorter --out"
  mkdir -p "$folder"
  [ "$(id -u)" != 0 ] || chown postgres:postgres "$folder"
  "${unprivileged[@]}" test -r "$data/day1.utf-8.csv" || fail "the user postgres cannot read $data: choose another --out"
  "${unprivileged[@]}" "$pg_bin/initdb" -D "$folder/cluster" -U postgres -A trust -E UTF8 --locale=C >"$logs/initdb.log" 2>&1 ||
    fail "initdb: $(tail -n 5 "$logs/initdb.log")"
  "${unprivileged[@]}" tee -a "$folder/cluster/postgresql.conf" >/dev/null <<END
listen_addresses = ''
unix_socket_directories = '$folder'
shared_buffers = ${postgres_buffers_mb}MB
work_mem = 1GB
maintenance_work_mem = 1GB
max_wal_size = 16GB
checkpoint_timeout = 1h
wal_level = minimal
max_wal_senders = 0
max_parallel_workers = $threads
max_parallel_workers_per_gather = $threads
max_parallel_maintenance_workers = $threads
jit = off
autovacuum = off
END
  start postgres "${unprivileged[@]}" "$pg_bin/postgres" -D "$folder/cluster"
  postgres=$process
  await postgres "$postgres" sql -c 'SELECT 1'
  header=$(head -n 1 "$data/day0.utf-8.csv" | tr -d '\r')
  postgres_columns=$(sed 's/[^,][^,]*/"&" text/g' <<<"$header")
  postgres_key=$(cut -d , -f 1,2 <<<"$header" | sed 's/\([^,]*\),\(.*\)/"\1" AS type_id, "\2" AS history_key/')
}

postgres_first() {
  sql -c 'SET client_min_messages = warning' -c 'DROP TABLE IF EXISTS loaded, stored' -c CHECKPOINT
  calm "$data/day0.utf-8.csv"
  cat >"$data/first.sql" <<END
BEGIN;
CREATE TABLE loaded ($postgres_columns);
COPY loaded FROM '$data/day0.utf-8.csv' WITH (FORMAT csv, HEADER, FREEZE);
CREATE TABLE stored AS SELECT $postgres_key, hash_record_extended(loaded, 0) AS row_hash FROM loaded;
ALTER TABLE stored ADD PRIMARY KEY (type_id, history_key);
COMMIT;
END
  timed_with_server "$postgres" sql -f "$data/first.sql"
  record first postgres "$1" "\"seconds\":$seconds,\"user\":$user,\"system\":$system,\"server\":$server"
}

# Only keys and hashes are needed from here on.
postgres_ready() { sql -c 'DROP TABLE loaded' -c 'VACUUM ANALYZE stored' -c CHECKPOINT; }

postgres_daily() {
  calm "$data/day1.utf-8.csv"
  sql -c 'SELECT count(*), sum(length(history_key)) FROM stored' >/dev/null
  cat >"$data/daily.sql" <<END
BEGIN;
CREATE UNLOGGED TABLE today ($postgres_columns);
COPY today FROM '$data/day1.utf-8.csv' WITH (FORMAT csv, HEADER, FREEZE);
COMMIT;
CREATE TABLE result AS
  SELECT CASE WHEN stored.row_hash IS NULL THEN 'added' WHEN today.row_hash IS NULL THEN 'withdrawn' ELSE 'changed' END AS kind,
    coalesce(today.type_id, stored.type_id) AS type_id, coalesce(today.history_key, stored.history_key) AS history_key
  FROM (SELECT $postgres_key, hash_record_extended(today, 0) AS row_hash FROM today) AS today
  FULL JOIN stored ON today.type_id = stored.type_id AND today.history_key = stored.history_key
  WHERE today.row_hash IS DISTINCT FROM stored.row_hash;
SELECT kind, count(*) FROM result GROUP BY kind;
END
  timed_with_server "$postgres" sql -f "$data/daily.sql"
  record daily postgres "$1" "\"seconds\":$seconds,\"user\":$user,\"system\":$system,\"server\":$server"
  sql --tuples-only --no-align -F , -c 'SELECT kind, type_id, history_key FROM result' >"$data/lists"
  sql -c 'DROP TABLE today, result' -c CHECKPOINT
}
