#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs a build, moves what was installed, and looks for paths and files that should not be in it.
#
#   tests/consumers/install.sh CMAKE BUILD SOURCE PREFIX
set -euo pipefail
cmake=$1 build=$2 source=$3 prefix=$4
rm -rf "$prefix" "$prefix.first"
"$cmake" --install "$build" --prefix "$prefix.first" >"$prefix.log"
mv "$prefix.first" "$prefix"
for path in "$source" "$build" "$prefix.first"; do
  # Text files alone: the program names places of its build in its messages.
  if grep --recursive --binary-files=without-match --files-with-matches --fixed-strings -- "$path/" "$prefix"; then
    echo "these files name $path" >&2
    exit 1
  fi
done
if [ -e "$prefix/eigenlens" ]; then
  echo "parts of the Python wheel were installed too: $prefix/eigenlens" >&2
  exit 1
fi
"$prefix/bin/eigenlens" --version
