#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fills a folder with the libraries that bench/device.sh needs: device-deps.sh --help.
set -euo pipefail

help() {
  cat <<'TEXT'
bench/device-deps.sh FOLDER

Fills a folder with the libraries that bench/device.sh needs, for a machine that has a GPU but neither network nor packages. (One with
network takes them from its distribution: make setup.) Run it on a Debian 12 machine with network (x86-64; no root needed). It leaves

  FOLDER/root        the packages, unpacked and stripped of documentation (what was there before is removed)
  FOLDER/packages    their names and versions
  FOLDER.tar.gz      both in one file; bench/device.sh --deps takes the folder or this file

The libraries run on any distribution with glibc 2.36 or later (Debian 12, Ubuntu 24.04).

Example:
  bench/device-deps.sh deps      gives deps/ and deps.tar.gz

Exit status: 0 if both are there; 2 if it was called wrongly; anything else if a package could not be fetched.
TEXT
}
wrong() { printf 'device-deps.sh: %s\n' "$*" >&2; exit 2; }

case ${1:-} in
  --help | -h) help; exit 0 ;;
  '') wrong 'which folder? (--help says more)' ;;
  -*) wrong "'$1' is no option (--help lists them; a folder of that name is ./$1)" ;;
esac
[ $# = 1 ] || wrong "one folder, not $# (--help says more)"
if [ -e "$1" ] && [ ! -d "$1" ]; then wrong "$1 is no folder"; fi
for tool in apt-get dpkg-deb; do command -v $tool >/dev/null || wrong "$tool is not there: it needs Debian 12"; done
folder=${1%/}

# What is compiled and linked against.
packages=(libgtest-dev googletest libgmock-dev
          libfmt-dev libfmt9 nlohmann-json3-dev libcli11-dev
          libjpeg62-turbo-dev libjpeg62-turbo libpng-dev libpng16-16 libexif-dev libexif12
          zlib1g-dev zlib1g libzip-dev libzip4
          libopenblas0-pthread)
# What the pages of eigenlens report have inside; the build reads it.
packages+=(libjs-chart.js)
# What these load while running: libgcc_s, libstdc++ and the C library are the other machine's own.
packages+=(libgfortran5 libquadmath0 libbz2-1.0 libssl3)
# CMake asks it for libzip.
packages+=(pkgconf pkgconf-bin libpkgconf3)

debs=$(mktemp -d)
trap 'rm -rf "$debs"' EXIT
mkdir -p "$folder"
rm -rf "$folder/root" "$folder/packages"
(cd "$debs" && apt-get download -o APT::Sandbox::User="$(id -un)" "${packages[@]}" >&2)
for deb in "$debs"/*.deb; do
  dpkg-deb -x "$deb" "$folder/root"
  dpkg-deb --field "$deb" Package Version | sed 's/^[A-Za-z]*: //' | paste -sd' ' >>"$folder/packages"
done

cd "$folder/root"
# One library folder, as on a merged system; no absolute link may lead to the other machine's own libraries.
cp -a lib/. usr/lib/
rm -r lib
libraries=usr/lib/x86_64-linux-gnu
find usr -type l -lname '/*' | while read -r link; do
  ln -sfn "$(basename "$(readlink "$link")")" "$link"
done
# OpenBLAS is opened by path; its two smaller faces (BLAS and LAPACK alone) are not needed.
find usr/share/javascript/chart.js ! -name chart.min.js -type f -delete
rm -rf usr/share/javascript/chart.js/{chunks,Chart.js} usr/share/{doc,man,lintian,locale,aclocal,bug} usr/src usr/include/x86_64-linux-gnu/openblas-pthread \
  "$libraries"/{engines-3,ossl-modules,libz.a,libssl.so.3} "$libraries"/openblas-pthread/lib{blas,lapack}.so.3*
find usr -type d -empty -delete
broken=$(find usr -xtype l)
[ -z "$broken" ] || { echo "device-deps: these links lead nowhere: $broken" >&2; exit 1; }

cd - >/dev/null
tar -C "$(dirname "$folder")" -c "$(basename "$folder")/root" "$(basename "$folder")/packages" | gzip -9 >"$folder.tar.gz"
echo "$(du -sh "$folder" | cut -f1) in $folder, $(du -h "$folder.tar.gz" | cut -f1) in $folder.tar.gz"
