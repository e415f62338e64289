#!/bin/sh
# Installs the packages of deploy/packages.txt that are missing. As root or with sudo; silent and quick when all are there.
# A list of packages may be given instead: deploy/install-packages.sh FILE
set -eu

list=${1:-$(dirname "$0")/packages.txt}

missing=
for package in $(sed 's/#.*//' "$list"); do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=
elif command -v sudo >/dev/null; then
  as_root=sudo
else
  echo "install-packages: run this as root, or install sudo; missing:$missing" >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
  if ! $as_root env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "install-packages: failed: $*" >&2
    exit 1
  fi
}

echo "Installing:$missing"
run apt-get -q update
# shellcheck disable=SC2086  # One word a package is what is wanted.
run apt-get -q -y --no-install-recommends install $missing
