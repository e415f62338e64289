# The units of deploy/systemd: exposure of at most 2.0 by systemd's own count, and options that the programs know.
# Usage: bash systemd_test.sh BIN SOURCE
set -euo pipefail
bin=$1
units=$2/deploy/systemd
command -v systemd-analyze >/dev/null || { echo "systemd is not installed here"; exit 77; }

for unit in "$units"/*.service; do
  said=$(systemd-analyze security --offline=true --no-pager "$unit" 2>&1 || true)
  exposure=$(sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p' <<<"$said")
  echo "${unit##*/}: exposure $exposure"
  awk -v exposure="$exposure" 'BEGIN { exit !(exposure != "" && exposure <= 2.0) }' ||
    { echo "FAILED: ${unit##*/} is too exposed: $said" >&2; exit 1; }
  # Without the programs' places, which this machine does not have, systemd has nothing to say about the unit.
  complaints=$(systemd-analyze verify --recursive-errors=no "$unit" 2>&1 | grep "${unit##*/}" | grep -v 'is not executable' || true)
  [ -z "$complaints" ] || { echo "FAILED: $complaints" >&2; exit 1; }
  program=$(sed -n 's|^ExecStart=/usr/bin/\([a-z]*\) .*|\1|p' "$unit")
  known=$("$bin/$program" --help; [ "$program" != sabun ] || "$bin/sabun" submit --help)
  for option in $(grep '^ExecStart=' "$unit" | grep -oE -- '--[a-z-]+'); do
    grep -q -- "$option" <<<"$known" || { echo "FAILED: $program does not know $option" >&2; exit 1; }
  done
done

known=$("$bin/sabund" --help)
while IFS== read -r name _; do
  grep -q -- "--$name" <<<"$known" || { echo "FAILED: sabund does not know $name of sabund.conf" >&2; exit 1; }
done < <(grep -vE '^(#|$)' "$units/sabund.conf")
