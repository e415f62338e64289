# Sourced by run.sh: did all find the same? Lists of keys are compared, by digest, and not their lengths only.

# truth: what the generator says that it changed, as KIND,KEY lines. Cosmetic: the row has other bytes (padding, kana width)
# and the same meaning. Peers that compare bytes report those rows as changed, and Sabun does not send them.
check_prepare() {
  jq -r '[({add: "added", update: "changed", reissue: "changed", delete: "withdrawn", cosmetic: "cosmetic"}[.op])] + .key
    | join(",")' "$data/truth.ndjson" | LC_ALL=C sort >"$data/truth"
  check_note truth 0 by-content <"$data/truth"
}

# check WHO ROUND WAY: $data/lists against the truth. WAY is
#   by-bytes    cosmetic rows are changes
#   by-content  cosmetic rows are not there; their number is what Sabun says
#   unsent      as by-content, but the hub has nothing yet: a change is still the record's addition
check() {
  local expected=$data/expected
  LC_ALL=C sort "$data/lists" >"$data/found"
  case $3 in
    by-bytes) sed 's/^cosmetic,/changed,/' "$data/truth" ;;
    by-content) grep -v '^cosmetic,' "$data/truth" ;;
    unsent) grep -v '^cosmetic,' "$data/truth" | sed 's/^changed,/added,/' ;;
  esac | LC_ALL=C sort >"$expected"
  check_note "$1" "$2" "$3" <"$data/found"
  cmp -s "$expected" "$data/found" ||
    fail "$1, round $2: the lists differ from the truth (< expected, > found):
$(diff "$expected" "$data/found" | head -n 10)"
  [ "$3" = by-bytes ] || [ "$sabun_cosmetic" = "$(grep -c '^cosmetic,' "$data/truth" || true)" ] ||
    fail "$1, round $2: $sabun_cosmetic cosmetic rows are not what the truth says"
}

# check_note WHO ROUND WAY: count and digest of the sorted keys of each kind of the list on standard input.
check_note() {
  local kind keys
  cat >"$data/noted"
  for kind in added changed withdrawn cosmetic; do
    keys=$(sed -n "s/^$kind,//p" "$data/noted" | sha256sum | cut -c 1-64)
    printf '{"who":"%s","round":%s,"way":"%s","kind":"%s","count":%s,"sha256":"%s"}\n' "$1" "$2" "$3" "$kind" \
      "$(grep -c "^$kind," "$data/noted" || true)" "$keys" >>"$results/checks.ndjson"
  done
}
