#!/bin/sh
# Runs a command in a bare Debian 12 on a clean checkout: what a stranger with a fresh machine will see.
#
#   deploy/bare-debian-check.sh [--root DIR] [--fresh] [--worktree] COMMAND [ARGUMENT]...
#   deploy/bare-debian-check.sh deploy/quickstart.sh
#   deploy/bare-debian-check.sh tests/run.sh
#
# --root DIR    where the root is made, and kept for the next time; default /tmp/bare-root
# --fresh       makes the root anew, so that nothing of an earlier run is in it
# --worktree    copies the files as they are (tracked, and new ones that are not ignored) instead of the last commit
#
# Needs root and debootstrap. Packages come from this machine's Debian mirror. The exit status is the command's.
set -eu

root=/tmp/bare-root
fresh=no
worktree=no
while [ $# -gt 0 ]; do
  case $1 in
    --root) root=$2; shift 2 ;;
    --fresh) fresh=yes; shift ;;
    --worktree) worktree=yes; shift ;;
    --) shift; break ;;
    -*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "bare-debian-check: needs root" >&2; exit 2; }
case $root in /?*) ;; *) echo "bare-debian-check: --root must be an absolute path below /" >&2; exit 2 ;; esac

source_dir=$(cd "$(dirname "$0")/.." && pwd)

# The first Debian address of the apt sources, in either of their two formats.
mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    awk '/^[ \t]*#/ { next }
         { for (i = 1; i <= NF; i++) if ($i ~ /^https?:.*\/debian\/?$/) { print $i; exit } }'
}

is_mounted() { grep -q " $root/$1 " /proc/mounts; }

# Takes the mounts away again; otherwise a removal of the root would reach into the machine's own /dev.
unmount() {
  for point in dev/shm dev proc; do
    if is_mounted "$point"; then umount "$root/$point" || umount -l "$root/$point"; fi
  done
}

make_root() {
  command -v debootstrap >/dev/null || { echo "bare-debian-check: needs debootstrap" >&2; exit 2; }
  address=$(mirror)
  address=${address:-http://deb.debian.org/debian}
  echo "Making a bare Debian 12 in $root from $address"
  mkdir -p "$root"
  debootstrap --variant=minbase bookworm "$root" "$address" >"$root.log" 2>&1 || { tail -20 "$root.log" >&2; exit 1; }
  # Only a proxy is carried over: without it apt may not reach anything.
  proxy=$(apt-config dump 2>/dev/null | grep -i '^Acquire::[a-z]*::Proxy ' || true)
  [ -z "$proxy" ] || printf '%s\n' "$proxy" >"$root/etc/apt/apt.conf.d/90proxy"
  touch "$root/.bare-debian"
}

copy_checkout() {
  rm -rf "$root/sabun"
  if [ "$worktree" = yes ]; then
    mkdir "$root/sabun"
    (cd "$source_dir" && git ls-files -z --cached --others --exclude-standard |
      tar --null --ignore-failed-read -T - -cf -) | tar -xf - -C "$root/sabun"
  else
    git clone -q --no-hardlinks "$source_dir" "$root/sabun"
  fi
}

if [ "$fresh" = yes ] && [ -d "$root" ]; then
  [ -e "$root/.bare-debian" ] || { echo "bare-debian-check: $root was not made by this script" >&2; exit 2; }
  unmount
  for point in dev/shm dev proc; do
    if is_mounted "$point"; then echo "bare-debian-check: $root/$point is still mounted" >&2; exit 1; fi
  done
  rm -rf "$root"
fi
[ -e "$root/.bare-debian" ] || make_root
cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
cp -L /etc/hosts "$root/etc/hosts"
copy_checkout

trap unmount EXIT
trap 'exit 130' INT TERM
is_mounted proc || mount -t proc proc "$root/proc"
is_mounted dev || mount --bind /dev "$root/dev"
is_mounted dev/shm || mount -t tmpfs tmpfs "$root/dev/shm"

status=0
chroot "$root" /usr/bin/env -i HOME=/root TERM="${TERM:-dumb}" LANG=C.UTF-8 \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" no_proxy="${no_proxy:-}" \
  sh -c 'cd /sabun && exec "$@"' sh "$@" || status=$?
exit $status
