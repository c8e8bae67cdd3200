# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A bare Debian 12 to try things in, for scripts/try-fresh and scripts/try-packages, which source this: FOLDER/base.tar is made
# once and reused; FOLDER/root is the trial, thrown away by the next one. Root and debootstrap (scripts/setup fresh) are
# needed. Packages come from where this machine's apt gets its own.
release=bookworm
certificates=/etc/ssl/certs/ca-certificates.crt

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
fail() { say "$*"; exit 1; }

# What this machine's apt must be told to reach its mirror (a proxy, a mirror with a frozen clock), without its other habits.
apt_settings() { apt-config dump | grep -E '^Acquire::([^:]+::Proxy|Check-(Valid-Until|Date)|https::[A-Za-z]+) ' || true; }

make_base() {
  local mirror work=$folder/base.partial
  mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
           awk -v release=$release '$1 == release && $2 == "main" && !found++ {print $3}')
  [ -n "$mirror" ] || fail "this machine's apt knows no source for Debian $release main: apt-get update?"
  local include=make,git
  [[ $mirror != https://* ]] || include+=,ca-certificates
  say "making a bare Debian 12 in $folder/base.tar"
  rm -rf "$work"
  debootstrap --variant=minbase --include="$include" "$release" "$work" "$mirror" >"$folder/debootstrap.log" ||
    fail "debootstrap failed: see $folder/debootstrap.log"
  apt_settings >"$work/etc/apt/apt.conf.d/90mirror"
  rm -rf "$work"/var/cache/apt/archives/*.deb
  tar -C "$work" --numeric-owner -cf "$folder/base.tar.partial" .
  mv "$folder/base.tar.partial" "$folder/base.tar"
  rm -rf "$work"
}

# unpack_system FOLDER: sets folder and root.
unpack_system() {
  [ "$(id -u)" = 0 ] || fail 'must be root: it makes a system and enters it'
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
  root=$folder/root
  if [ ! -e "$folder/base.tar" ]; then
    command -v debootstrap >/dev/null || fail 'needs debootstrap: scripts/setup fresh'
    make_base
  fi
  rm -rf "$root"
  mkdir -p "$root"
  tar -C "$root" --numeric-owner -xpf "$folder/base.tar"
  local file
  for file in /etc/resolv.conf /etc/hosts; do
    [ ! -e $file ] || cp -L $file "$root$file"
  done
  # Whom this machine trusts (a proxy of its network, say), for pip: the bare system knows the public authorities alone.
  [ ! -e $certificates ] || install -D -m 644 $certificates "$root/etc/machine-certificates.crt"
}

# enter PLACE COMMAND…: mounts live in a namespace of their own and go with it, whatever happens. No locale, no terminal, no cache.
enter() {
  unshare --mount --pid --fork --kill-child bash -c '
    set -euo pipefail
    mount -t proc proc "$1/proc"
    mount -t tmpfs tmpfs "$1/dev/shm" 2>/dev/null || true
    root=$1; place=$2; shift 2
    exec chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin ${http_proxy:+http_proxy="$http_proxy"} \
      ${https_proxy:+https_proxy="$https_proxy"} ${PIP_INDEX_URL:+PIP_INDEX_URL="$PIP_INDEX_URL"} \
      $([ ! -e "$root/etc/machine-certificates.crt" ] || echo PIP_CERT=/etc/machine-certificates.crt) sh -c "cd $place && exec \"\$@\"" sh "$@"' enter "$root" "$@"
}

# try_in PLACE COMMAND…: says what it does and how long it took.
try_in() {
  local begin=$SECONDS
  say "${*:2}"
  enter "$@" </dev/null || fail "FAILED after $((SECONDS - begin)) s: ${*:2}"
  say "done after $((SECONDS - begin)) s: ${*:2}"
}
