#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds what bench/device.sh runs, without a GPU, and packs it for a machine that has one: device-pack.sh --help.
set -euo pipefail
source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source-path=SCRIPTDIR source=device_build.sh
. "$source_folder/bench/device_build.sh"

help() {
  cat <<'TEXT'
bench/device-pack.sh FOLDER [ARCHITECTURE]

Builds the programs of bench/device.sh for a device that is elsewhere (ARCHITECTURE 90 unless given: H100 and H200), so that none
of its time goes into compiling. FOLDER is one by bench/device-deps.sh, from which they take their libraries there; it gets

  FOLDER/built       the programs and what they open, stripped, with the checksum of the sources that they are of
  FOLDER.tar.gz      libraries and programs; bench/device.sh --deps takes the folder or this file

bench/device.sh uses them where the sources are the same, the device is of that architecture, and the toolkit's cuBLAS and cuSOLVER
(or those of Python's nvidia wheels) have the same major version; else it builds there. It needs Debian 12 with nvcc 13.0 and what
`make setup` installs. EIGENLENS_PACK_BUILD names the build folder (default build/device-pack), which is kept for the next time.

Example:
  bench/device-deps.sh deps && bench/device-pack.sh deps      gives deps.tar.gz

Exit status: 0 if the file is there; 2 if it was called wrongly; anything else if something could not be built.
TEXT
}
wrong() { printf 'device-pack.sh: %s\n' "$*" >&2; exit 2; }

case ${1:-} in
  --help | -h) help; exit 0 ;;
  '') wrong 'which folder? (--help says more)' ;;
  -*) wrong "'$1' is no option (--help lists them; a folder of that name is ./$1)" ;;
esac
[ $# -le 2 ] || wrong "a folder and an architecture, not $# words (--help says more)"
[ -d "$1/root/usr" ] || wrong "$1: no folder by bench/device-deps.sh"
folder=${1%/} architecture=${2:-90}
[[ $architecture =~ ^[0-9]{2,3}$ ]] || wrong "$architecture: expected an architecture as a number, 90 for H100 and H200"
build=${EIGENLENS_PACK_BUILD:-$source_folder/build/device-pack}

# 1. The programs. Beside their folder will lie deps, with the libraries, and cuda, which leads to those of that machine. DT_RPATH,
# unlike DT_RUNPATH, also serves what these libraries load in turn.
root=''
configure
# shellcheck disable=SC2016
origin='$ORIGIN/..' own=deps/root/usr/lib/x86_64-linux-gnu
options+=("-DCMAKE_CUDA_ARCHITECTURES=$architecture-real" -DEIGENLENS_WERROR=ON -DCMAKE_BUILD_RPATH_USE_ORIGIN=ON
          "-DCMAKE_BUILD_RPATH=$origin/$own;$origin/$own/openblas-pthread;$origin/cuda")
for kind in EXE SHARED MODULE; do options+=("-DCMAKE_${kind}_LINKER_FLAGS=-Wl,--disable-new-dtags"); done
cmake "${options[@]}" >&2
cmake --build "$build" --parallel "${EIGENLENS_PACK_JOBS:-$(nproc)}" --target "${targets[@]}" >&2

# 2. What of it is needed elsewhere.
built=$folder/built
rm -rf "$built"
mkdir -p "$built/bin" "$built/lib"
for target in "${targets[@]}"; do cp -a "$build/bin/${target/eigenlens_cli/eigenlens}" "$built/bin"; done
cp -a "$build"/lib/*.so* "$built/lib"
find "$built" -type f -exec strip --strip-unneeded {} +
readelf -d "$built"/bin/* "$built"/lib/*.so | sed -n 's/.*NEEDED.*\[\(libcu[^]]*\)\]/\1/p' | sort -u >"$built/cuda-libraries"
echo "$architecture" >"$built/architecture"
echo "git $(git -C "$source_folder" describe --always --dirty --abbrev=12 2>/dev/null || echo unknown), $(date --utc +%FT%RZ)" >"$built/made"
compiled_sources >"$built/sources"

# 3. Whatever they load comes along, or is the other machine's own.
known=$(find "$folder/root/usr/lib" "$built/lib" -name '*.so*' -printf '%f\n'; cat "$built/cuda-libraries"
        printf '%s\n' libc.so.6 libm.so.6 libstdc++.so.6 libgcc_s.so.1 ld-linux-x86-64.so.2 libdl.so.2 libpthread.so.0 librt.so.1)
missing=$(readelf -d "$built"/bin/* "$built"/lib/*.so | sed -n 's/.*NEEDED.*\[\([^]]*\)\]/\1/p' | sort -u | grep -vxF "$known" || true)
[ -z "$missing" ] || { echo "device-pack: $folder/root has no $missing" >&2; exit 1; }

tar -C "$(dirname "$folder")" -c "$(basename "$folder")"/{root,packages,built} | gzip -9 >"$folder.tar.gz"
echo "$(du -sh "$built" | cut -f1) in $built, $(du -h "$folder.tar.gz" | cut -f1) in $folder.tar.gz"
