# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The programs of bench/device.sh: built where they run, or brought along, built elsewhere of the same sources
# (bench/device-pack.sh). Both scripts read this file; source_folder is set.

: "${source_folder:?}"

# What the steps call, and what those open.
# shellcheck disable=SC2034
targets=(eigenlens_cli eigenlens_tests bench_device_ceilings bench_device_eigen bench_device_figure bench_device_gram
         bench_device_limits bench_device_probe bench_device_stages)

# A checksum of all that these programs are made of.
compiled_sources() {
  (cd "$source_folder" && find CMakeLists.txt cmake include src kernels tests bench -type f \
    \( -name CMakeLists.txt -o -name '*.cmake' -o -name '*.in' -o -name '*.[ch]pp' -o -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' \
    -o -path 'src/report/html/*' \) -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
}

# Of the first device, as CMake wants it: 90. Nothing where there is none.
device_architecture() {
  local capability
  capability=$(nvidia-smi --id=0 --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | tr -d .)
  [[ $capability =~ ^[0-9]+$ ]] && echo "$capability"
}

# What CMake is told, in the array `options`. Reads build, and root and libraries where there are some.
configure() {
  local architecture linker pkg_config
  options=(-S "$source_folder" -B "$build" -DCMAKE_BUILD_TYPE=Release -DEIGENLENS_CUDA=ON -DEIGENLENS_TESTS=ON -DEIGENLENS_BENCH=ON)
  architecture=$(device_architecture) && options+=("-DCMAKE_CUDA_ARCHITECTURES=$architecture-real")
  if command -v ninja >/dev/null; then options+=(-G Ninja); fi
  [ -n "$root" ] || return 0
  # DT_RPATH, unlike DT_RUNPATH and LD_LIBRARY_PATH, also serves what these libraries load in turn, and nobody else.
  linker="-Wl,--disable-new-dtags,-rpath,${libraries:?},-rpath,$libraries/openblas-pthread"
  options+=("-DCMAKE_PREFIX_PATH=$root/usr" "-DCMAKE_EXE_LINKER_FLAGS=$linker" "-DCMAKE_SHARED_LINKER_FLAGS=$linker"
            "-DCMAKE_MODULE_LINKER_FLAGS=$linker" "-DEIGENLENS_CHART_JS=$root/usr/share/javascript/chart.js/chart.min.js")
  export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$libraries/pkgconfig:$root/usr/share/pkgconfig
  pkg_config=$build/pkg-config
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$libraries" "$root/usr/bin/pkgconf" >"$pkg_config"
  chmod +x "$pkg_config"
  options+=("-DPKG_CONFIG_EXECUTABLE=$pkg_config")
}

# The folder of this machine that has all the libraries of CUDA that a file names: the toolkit's, or those of Python's
# wheels. cuda_folder FILE
cuda_folder() {
  local wanted name nvcc place places=()
  mapfile -t wanted <"$1"
  nvcc=$(readlink -f "$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)")
  places=("${nvcc%/bin/nvcc}/lib64" "${nvcc%/bin/nvcc}/lib" "${nvcc%/bin/nvcc}/targets/x86_64-linux/lib" /usr/local/cuda/lib64 /usr/lib/x86_64-linux-gnu)
  mapfile -t -O ${#places[@]} places < <(python3 -c 'import nvidia; print(*(p + "/cu13/lib" for p in nvidia.__path__), sep="\n")' 2>/dev/null)
  for place in "${places[@]}"; do
    for name in "${wanted[@]}"; do [ -e "$place/$name" ] || continue 2; done
    echo "$place"
    return 0
  done
  return 1
}

# Takes the programs that came with the libraries, if they are of these sources and for this device; says why not. adopt FOLDER
adopt() {
  local built=$1/built architecture cuda missing
  [ -d "$built" ] || { echo 'no programs came along'; return 1; }
  [ "$(cat "$built/sources")" = "$(compiled_sources)" ] || { echo 'the programs that came along are of other sources'; return 1; }
  architecture=$(device_architecture) || architecture=$(cat "$built/architecture")
  [ "$architecture" = "$(cat "$built/architecture")" ] || { echo "the programs that came along are for sm_$(cat "$built/architecture")"; return 1; }
  cuda=$(cuda_folder "$built/cuda-libraries") ||
    { echo "no folder has all of $(paste -sd' ' "$built/cuda-libraries"), which the programs that came along want"; return 1; }
  rm -rf "${build:?}"/{bin,lib} "$build/CMakeCache.txt"
  cp -a "$built/bin" "$built/lib" "$build" || return 1
  ln -sfn "$cuda" "$build/cuda"
  missing=$(ldd "$build"/bin/* "$build"/lib/*.so 2>&1 | grep -E 'not found|not a dynamic' | sort -u | head -n 3)
  [ -z "$missing" ] || { rm -rf "${build:?}"/{bin,lib}; echo "the programs that came along do not start here: $missing"; return 1; }
  touch "$build/moved"
}
