# Nothing leaks: people with unique names and numbers go through a whole life of the real programs - taken in, invalid, refused by
# the hub, held, spilled, cut off, killed - and after each step every file, message, command line and open file is searched for
# them in every form that canary-search knows. They may be in the source file, and in what a reader asked for; nowhere else.
. "$(dirname "$0")/../scenario/commands/stage.bash" "$@"

people=40
sources=$folder/sources   # the only place where the values may be
said=$folder/said         # everything that the programs print
mkdir "$sources" "$said"
digits() { printf '%0*d' "$1" "$2" | sed 'y/0123456789/零壱弐参肆伍陸漆捌玖/'; }
kana() { printf '%0*d' "$1" "$2" | sed 'y/0123456789/ヲアイウエオカキクケ/'; }

# The source's columns are the generator's; a person's values are unique by day and number, as long as the hub's rules allow.
generate --records 40000 --seed 11 --out "$folder/others.csv"
head -n 1 "$folder/others.csv" >"$folder/columns"
person_row() { # DAY NUMBER: a line NAME<tab>VALUE for each of the person's columns
  local id
  id=$(printf '%d%03d' "$1" "$2")
  printf 'historyKey\tCANARYKEY%03d\nmyNumber\t7700%s3141\nname\t金糸雀院%s\nnameKana\tキンシジヤクイン%s\n' "$2" "$id" "$(digits 4 "$id")" "$(kana 4 "$id")"
  printf 'address\t秘密県内密市隠町%s番地\ndateOfBirth\t1901-02-%02d\n' "$(digits 4 "$id")" $(($2 % 28 + 1))
  printf 'certificationName\t隠匿受給者証%s\nmedicalSubsidyRecipientNumber\tRCPT%s2718\n' "$(digits 4 "$id")" "$id"
  printf 'certificationSubKey\tSUBKEY%s1618\nsegment\t秘区分%s\nadditionalConditions\t秘条件第%s\n' "$id" "$(digits 4 "$id")" "$(digits 4 "$id")"
  printf 'designatedMedicalInstitutions\t内緒病院%s\nmaxCopaymentAmount\t{"amount":"9%s55555"}\n' "$(digits 4 "$id")" "$id"
  printf 'certificationDetail\t[{"memo":"券面秘密%s"}]\n' "$(digits 4 "$id")"
}
# The day's people, as rows that look like the others' (values that a person does not set are those of the first other row).
make_day() { # DAY
  local number
  for number in $(seq "$people"); do
    person_row "$1" "$number" | sed "s/^/$number\t/"
  done >"$folder/values$1"
  awk -F '\t' -v columns="$(cat "$folder/columns")" -v template="$(sed -n 2p "$folder/others.csv")" '
    function cells(line, out,    n, i, c, quoted, value) {
      n = 1; value = ""
      for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "\"") { quoted = !quoted; value = value c }
        else if (c == "," && !quoted) { out[n++] = value; value = "" }
        else value = value c
      }
      out[n] = value
      return n
    }
    function finish(    i, row) {
      if (person == "") return
      for (i = 1; i <= count; i++) row = row (i > 1 ? "," : "") (name[i] in mine ? mine[name[i]] : usual[i])
      print row
      delete mine
    }
    BEGIN { count = cells(columns, name); cells(template, usual) }
    $1 != person { finish(); person = $1 }
    { value = $3; gsub(/"/, "\"\"", value); mine[$2] = value ~ /"/ ? "\"" value "\"" : value }
    END { finish() }' "$folder/values$1" >"$folder/people$1"
  # What is looked for: every value but keys and days of birth, without the JSON around it.
  awk -F '\t' '$2 != "historyKey" && $2 != "dateOfBirth" { gsub(/[^"]*":"|"}]?$/, "", $3); print $3 }' "$folder/values$1" >>"$folder/canaries"
  { head -n 1 "$folder/others.csv"; cat "$folder/people$1"; tail -n +2 "$folder/others.csv"; } >"$sources/day$1.csv"
}
for day in 1 2 3 4; do make_day "$day"; done
[ "$(sort -u "$folder/canaries" | wc -l)" = $((4 * people * 12)) ] || fail "the values are not unique: $(sort -u "$folder/canaries" | wc -l)"

steps=0
# Runs a command, whatever its status, and keeps everything it says.
tell() { # COMMAND...
  steps=$((steps + 1))
  "$@" >"$said/$steps.out" 2>"$said/$steps.err" || true
}
# Everything but the sources; the engine's and a client's open files; nothing may be found.
search() { # WHERE [OPTIONS]
  local where=$1 status=0
  shift
  "$bin/canary-search" --canaries "$folder/canaries" "$@" "$folder/data" "$folder/data.key" "$said" "$folder/engine.log" "$folder/engine.out" \
    "$folder/hub.out" >"$folder/found" 2>&1 || status=$?
  [ "$status" = 0 ] || fail "$where: $(head -n 20 "$folder/found")"
  ! grep -rqaE 'CANARYKEY[0-9]{3}' "$folder/data" "$folder/engine.log" || fail "$where: a record key is in the clear"
}
# The search is not blind: it finds the values where they are.
sees() { # FILE
  ! "$bin/canary-search" --canaries "$folder/canaries" "$1" >"$folder/found" || fail "nothing is found where the values are: $1"
}
sees "$sources/day1.csv"

# Another user could not look into the engine's open files, so the test can do so only as root.
inspect=()
[ "$(id -u)" = 0 ] || inspect=(--allow-debugger)
small=(--row-memory-mib 1 --delta-memory-mib 1 --cache-mib 8)
mkdir "$folder/cores"
# In a folder of its own and free to leave a core there, if only the kernel would write one.
start_small_engine() {
  : >"$folder/engine.out"
  (
    cd "$folder/cores"
    ulimit -c unlimited 2>/dev/null || true
    exec "$bin/sabund" --data "$folder/data" --listen "unix:$folder/engine.sock" "${small[@]}" "${inspect[@]}"
  ) >"$folder/engine.out" 2>>"$folder/engine.log" &
  engine=$!
  started+=("$engine")
  await_line "$folder/engine.out" "$engine"
}
# A push that has got all but the last row, in one pass, so that contents are spooled: what it and the engine hold open is searched.
push_searched() { # FILE
  local rows
  rows=$(wc -l <"$1")
  mkfifo "$folder/feed"
  push - --one-pass <"$folder/feed" >"$said/push.out" 2>"$said/push.err" &
  local push=$!
  started+=("$push")
  exec 8>"$folder/feed"
  head -n $((rows - 1)) "$1" >&8
  await_intake "$push"
  until ls -l "/proc/$engine/fd" | grep -q 'spool.*(deleted)'; do kill -0 "$push" || fail "nothing was spooled: $(cat "$said/push.out")"; done
  search "in the middle of $1" --process="$engine" --process="$push"
  tail -n 1 "$1" >&8
  exec 8>&-
  wait "$push" || true
}

start_small_engine
start_hub "reject:field=incomeSegment,equals=X9,code=E1003"
tell sabun dataset create city/child --profile "$profile" --max-update-percent 100
# Every personal text field of the profile carries values.
sabun --json dataset show city/child | jq -r '.fields[] | select(.personal) | .name' | sort >"$folder/personal"
cut -f2 "$folder/values1" | sort -u >"$folder/carried"
exempt='isAlwaysReimbursement|isNotDisclosed|sex|validFrom|validTo|medicalSubsidyInsurerNumber|incomeSegment' # codes and days: nothing unique
[ "$(grep -vxE "$exempt" "$folder/personal" | comm -23 - "$folder/carried")" = "" ] || fail "a personal field carries no value: $(comm -23 "$folder/personal" "$folder/carried")"

tell push "$sources/day1.csv"
search "the first load"
tell submit
[ "$(sabun --json status city/child | jq '.datasets[0].accepted_records')" -gt "$people" ] || fail "the hub accepted nobody: $(cat "$said/$steps.err")"
hub_records >"$sources/hub.json"
sees "$sources/hub.json"
search "the first submission"

# The next day in one pass (contents are spooled), with the hub out of order and echoing what it was sent.
hub_faults "html:count=1;http:status=500,count=1;lose_answer:count=1;reject:field=basicFiveInfo.name,prefix=金糸雀院弐零壱参,code=E1003,message=金糸雀院弐零壱参は登録できません;poison:field=basicFiveInfo.name,prefix=金糸雀院弐零参零,code=E9,message=秘密県内密市隠町弐零参零番地;reject:field=basicFiveInfo.name,prefix=金糸雀院弐零零,code=E1003,message=番号 770020093141"
push_searched "$sources/day2.csv"
tell submit
tell sabun --lang ja submit --dataset city/child --hub "$hub"
hub_faults ""
tell sabun status
tell sabun --json status city/child
tell sabun rejects list city/child
tell sabun --json rejects list city/child
search "rejects"
tell sabun rejects retry city/child --code E1003
tell submit

# Bad rows and bad files: errors in full, on the screen, as JSON and as a file.
sed -e '2s/1901-02-../千九百一年/' -e '3s/7700[0-9]*/&9/' -e '4s/CANARYKEY[0-9]*/CANARY KEY,/' -e '5s/$/,余分/' -e '6s/^/"/' "$sources/day3.csv" >"$sources/bad.csv"
sed -n 9p "$sources/day3.csv" >>"$sources/bad.csv"
tell push "$sources/bad.csv" --errors "$said/errors.csv"
tell sabun --lang ja push csv "$sources/bad.csv" --dataset city/child --complete --errors "$said/errors-ja.csv"
[ -s "$said/errors.csv" ] || fail "bad rows gave no errors"
tell push "$sources/day3.csv" --encoding cp932
iconv -c -f utf-8 -t cp932 "$sources/day3.csv" >"$sources/cp932.csv" || true # leaves out what CP932 cannot write
tell push "$sources/cp932.csv"
head -c 9000 "$sources/day3.csv" >"$sources/cut.csv"
tell push "$sources/cut.csv"
tail -n +2 "$sources/day3.csv" >"$sources/headless.csv"
tell push "$sources/headless.csv"
tell push "$sources/headless.csv" --no-header
tell push "$sources/day3.csv" --delimiter ';'
tell push "$sources/day3.csv" --map "$sources/day3.csv"
tell sabun dataset create city/other --profile "$sources/day3.csv"
search "bad rows and files"

# Held, looked at, discarded.
head -n 30 "$sources/day3.csv" >"$sources/short.csv"
tell push "$sources/short.csv"
tell sabun change-set show city/child
tell sabun --json change-set show city/child
tell sabun --json change-set list city/child
held=$(sabun --json status city/child | jq '.datasets[0].held_change_set.change_set')
[ "$held" != null ] || fail "nothing was held"
tell sabun change-set discard city/child "$held" --yes --by officer
search "held"

# In CP932; killed in the middle of a push and of a submission.
push "$sources/cp932.csv" --encoding cp932 >"$said/killed.out" 2>&1 &
pushing=$!
await_intake "$pushing"
stop_engine KILL
search "after kill -9 in a push"
start_small_engine
wait "$pushing" || true
posts=$(hub_posts)
submit >"$said/killed-submit.out" 2>&1 &
submitting=$!
until [ "$(hub_posts)" -gt "$posts" ] || ! kill -0 "$submitting" 2>/dev/null; do :; done
stop_engine KILL
tell sabun status
search "after kill -9 in a submission"
start_small_engine
wait "$submitting" || true
tell submit

# A partial snapshot with deletes, the checks, what else an operator may ask for, and a normal end.
{ sed -n '1s/^/operation,/p' "$sources/day4.csv"; sed -n '2,20s/^/upsert,/p; 21,30s/^/delete,/p' "$sources/day4.csv"; } >"$sources/partial.csv"
tell sabun --json push csv "$sources/partial.csv" --dataset city/child --partial
tell submit
tell sabun --json verify city/child
[ "$(jq .sound "$said/$steps.out")" = true ] || fail "the store is not sound"
tell sabun verify city/child --against "$sources/day4.csv"
if "$bin/sabun" backup --help >/dev/null 2>&1; then tell sabun backup create "$said/backup"; fi
if "$bin/sabun" audit --help >/dev/null 2>&1; then tell sabun audit export; fi
if "$bin/sabun" pia-report --help >/dev/null 2>&1; then tell sabun pia-report; fi
search "the end, the engine running" --process="$engine"

# Its memory: every key that this can know lies in locked memory, and nowhere else. What people's values are still there is said, and no
# failure: deploy/SECURITY.md has the reason.
if [ "$(awk '/^VmSize:/ { print int($2 / 1e9) }' "/proc/$engine/status")" -gt 0 ]; then
  echo "an engine with a sanitizer reserves terabytes: its memory is left out"
elif [ "$(id -u)" = 0 ]; then
  "$bin/canary-search" --canaries "$folder/canaries" --memory "$engine" --key "$folder/data.key" --ring "$folder/data/keyring" >"$folder/memory" ||
    fail "keys in memory that is not locked: $(cat "$folder/memory")"
  grep -qE '^the lasting key: locked=[1-9]' "$folder/memory" || fail "the search of the memory is blind: $(cat "$folder/memory")"
  cat "$folder/memory"
else
  echo "not root: the engine's memory is left out"
fi

# A crash leaves no core where another program leaves one.
(cd "$folder/cores" && ulimit -c unlimited 2>/dev/null && sh -c 'kill -ABRT $$') >/dev/null 2>&1 || true
[ -n "$(ls "$folder/cores")" ] || echo "this machine keeps no cores in the folder of a crash: only the engine's is looked for"
rm -f "$folder"/cores/*
stop_engine ABRT
[ "$engine_status" = 134 ] || fail "the engine did not end by SIGABRT: $engine_status"
[ -z "$(ls "$folder/cores")" ] || fail "a crash left $(ls "$folder/cores")"
search "after a crash"
start_small_engine
stop_engine TERM
search "the end"

# What a reader asks for does hold the values: the search was not blind to what the programs write.
start_small_engine
newest=$(sabun --json change-set list city/child | jq '[.[] | .change_set] | max')
sabun changes city/child "$newest" >"$sources/changes.ndjson"
sees "$sources/changes.ndjson"
tail -n 1 "$folder/found"
