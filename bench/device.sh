#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# On a machine with an NVIDIA GPU: builds, tests, runs the sanitizers, the device benchmarks and their peers, and writes one
# table, RESULTS/<device>-<date>.md, with a JSON file beside it.
#
#   bench/device.sh [--deps FOLDER|FILE.tar.gz] [--data FOLDER] [--only build|test|sanitize|bench|peers]… [--step NAME]…
#                   [--minutes N] [--total N] [--out RESULTS] [--from FILE.json] [--build FOLDER] [--git TEXT]
#
#   --deps     the libraries that this machine lacks, by bench/device-deps.sh; without it they come from the system
#   --data     golden curves and data sets for the tests (golden/, data/, as for EIGENLENS_SHARED); without it those tests skip
#   --only     kinds of steps, in the order below; --step: single ones, by the name in the table
#   --minutes  at most so long a step, instead of its own limit; --total: no step starts, or goes on, beyond this
#   --out      default bench/results; --from: a JSON file of an earlier call to go on from, where it is not in there already
#   --build    default build/device; logs are in its folder logs
#   --git      the state of the sources, where git cannot tell
#
# It needs nvcc, CMake 3.25, a C++20 compiler and python3 (ninja if it is there; PyTorch and CuPy for the peers) and no network.
# The most precious steps come first, the table is written after every one, and one that fails or takes too long does not stop the
# others; so it may be called again and again for a few minutes. Exit status: 0 if all that was asked for was done and is right.
set -uo pipefail
source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() { sed -n '6,17s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
say() { printf 'device.sh: %s\n' "$*" >&2; }

deps='' data='' only=() steps=() minutes='' total='' out=$source_folder/bench/results from='' build=$source_folder/build/device git=''
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --deps) deps=$2 ;; --data) data=$2 ;; --only) only+=("$2") ;; --step) steps+=("$2") ;; --minutes) minutes=$2 ;; --total) total=$2 ;;
    --out) out=$2 ;; --from) from=$2 ;; --build) build=$2 ;; --git) git=$2 ;;
    *) usage ;;
  esac
  shift 2
done
for kind in "${only[@]}"; do
  case $kind in build | test | sanitize | bench | peers) ;; *) usage ;; esac
done
for number in "$minutes" "$total"; do
  case $number in *[!0-9]*) usage ;; esac
done

mkdir -p "$out" "$build/logs" || exit 2
out=$(cd "$out" && pwd) build=$(cd "$build" && pwd)
[ -z "$data" ] || data=$(cd "$data" && pwd) || exit 2
[ -z "$git" ] && git=$(git -C "$source_folder" describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)
table=$source_folder/bench/device_table.py
name=$(python3 "$table" name) || exit 2
state=$out/$name.json
[ -z "$from" ] || [ -e "$state" ] || cp "$from" "$state" || exit 2
[ -z "$data" ] || export EIGENLENS_SHARED=$data

# The folder with the libraries: root/usr.
root=''
if [ -f "$deps" ]; then
  mkdir -p "$build/deps" && tar -xzf "$deps" -C "$build/deps" --strip-components=1 || exit 2
  deps=$build/deps
fi
if [ -n "$deps" ]; then
  root=$(cd "$deps/root" && pwd) || exit 2
  libraries=$root/usr/lib/x86_64-linux-gnu
fi

begin=$SECONDS
failed=0
limit=0

# Whether a step is wanted and has time left; sets limit, in seconds. begins KIND NAME MINUTES
begins() {
  local own=${minutes:-$3} wanted
  if [ ${#only[@]} -gt 0 ] && [[ " ${only[*]} " != *" $1 "* ]]; then return 1; fi
  if [ ${#steps[@]} -gt 0 ]; then
    for wanted in "${steps[@]}"; do [ "$wanted" = "$2" ] && break; done
    [ "$wanted" = "$2" ] || return 1
  fi
  limit=$((own * 60))
  if [ -n "$total" ]; then
    local left=$((total * 60 - (SECONDS - begin)))
    [ $left -lt $limit ] && limit=$left
    if [ $limit -lt 10 ]; then
      say "no time left for: $2"
      failed=1
      return 1
    fi
  fi
  say "$2 (at most $limit s)"
}

# Notes what became of a step. ended NAME STATUS SECONDS RESULT TEXT
ended() {
  [ "$2" = 0 ] || failed=1
  python3 "$table" add "$state" "$1" --status "$2" --seconds "$3" --git "$git" --result "$4" --text "$5"
  python3 "$table" render "$state" "$out/$name.md"
  say "$1: status $2 after $3 s"
}

# Runs a command as a step; its output goes to the log and the end of it to the terminal. step NAME RESULT COMMAND…
step() {
  local title=$1 result=$2 start=$SECONDS log
  log=$build/logs/${1//[^a-zA-Z0-9]/-}.log
  shift 2
  [ -z "$result" ] || rm -f "$result"
  timeout --kill-after=10 "$limit" "$@" >"$log" 2>&1
  local status=$?
  tail -n 25 "$log" >&2
  ended "$title" $status $((SECONDS - start)) "$result" ''
  return $status
}

skipped() { ended "$1" 0 0 '' "skipped: $2"; }

# What CMake is told, in the array `options`.
configure() {
  options=(-S "$source_folder" -B "$build" -DCMAKE_BUILD_TYPE=Release -DEIGENLENS_CUDA=ON -DEIGENLENS_TESTS=ON -DEIGENLENS_BENCH=ON)
  local architecture
  architecture=$(nvidia-smi --id=0 --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | tr -d .)
  [[ $architecture =~ ^[0-9]+$ ]] && options+=("-DCMAKE_CUDA_ARCHITECTURES=$architecture-real")
  if command -v ninja >/dev/null; then options+=(-G Ninja); fi
  [ -n "$root" ] || return 0
  # DT_RPATH, unlike DT_RUNPATH and LD_LIBRARY_PATH, also serves what these libraries load in turn, and nobody else.
  local linker="-Wl,--disable-new-dtags,-rpath,$libraries,-rpath,$libraries/openblas-pthread" pkg_config
  options+=("-DCMAKE_PREFIX_PATH=$root/usr" "-DCMAKE_EXE_LINKER_FLAGS=$linker" "-DCMAKE_SHARED_LINKER_FLAGS=$linker"
            "-DCMAKE_MODULE_LINKER_FLAGS=$linker")
  export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$libraries/pkgconfig:$root/usr/share/pkgconfig
  pkg_config=$build/pkg-config
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$libraries" "$root/usr/bin/pkgconf" >"$pkg_config"
  chmod +x "$pkg_config"
  options+=("-DPKG_CONFIG_EXECUTABLE=$pkg_config")
}

# A set of generated images of SHAPE, N of them, made once. images N SHAPE
images() {
  local folder=$build/images-$1-$2
  [ -e "$folder/done" ] || { "$build/bin/eigenlens" generate "$folder" --count "$1" --test-count 100 --shape "$2" --quiet >&2 &&
                             touch "$folder/done"; } || return 1
  echo "$folder"
}

# Where the samples of a figure are: real ones if they are at hand. figure_data 784|3072
figure_data() {
  if [ "$1" = 784 ]; then
    local real
    for real in "${data:-/none}/data/fashion-mnist" "${data:-/none}/fashion-mnist" /usr/share/datasets/fashion-mnist; do
      [ -e "$real" ] && echo "$real" && return
    done
    images 60000 28x28
  else
    images 50000 3x32x32
  fi
}

# The two files of a set that a peer reads. pair FOLDER
pair() {
  local images labels
  for images in train-images-idx3-ubyte.gz train-images-idx3-ubyte train_images.npy; do
    labels=${images/images/labels}  # of the name alone: the folder may be called images, too
    [ -e "$1/$images" ] && printf '%s\n' --images "$1/$images" --labels "$1/${labels/idx3/idx1}" && return
  done
  return 1
}

# A figure on the device, verified by the CPU's curves, which are kept. figure D
figure() {
  local folder
  folder=$(figure_data "$1") || { ended "figure D = $1" 1 0 '' 'failed: no images'; return; }
  step "figure D = $1" "$build/figure-$1.json" "$build/bin/bench_device_figure" --data "$folder" --runs 5 --limit 60 \
    --reference "$build/reference-$1.json" --curves "$build/curves-$1.json" --json "$build/figure-$1.json"
}

# peer torch|cupy D
peer() {
  local files folder curves=() title="peer $1 D = $2" module=$1
  python3 -c "import $module" 2>/dev/null || { skipped "$title" "python3 has no $module"; return; }
  folder=$(figure_data "$2") && mapfile -t files < <(pair "$folder")
  [ ${#files[@]} = 4 ] || { ended "$title" 1 0 '' 'failed: no images'; return; }
  [ -e "$build/curves-$2.json" ] && curves=(--against "$build/curves-$2.json")
  step "$title" "$build/$1-$2.json" python3 "$source_folder/bench/peers/$1_figure.py" "${files[@]}" "${curves[@]}" \
    --runs 3 --limit $((limit / 2)) --json "$build/$1-$2.json"
}

# Every case on the device under one tool of compute-sanitizer. racecheck and synccheck leave out the libraries' own kernels, in which
# they would find NVIDIA's habits, and take hours. initcheck has to see what those write, or all that we read of it would be
# uninitialised; what they read is counted apart. sanitize TOOL
sanitize() {
  local title="sanitizer $1" help command own=''
  command -v compute-sanitizer >/dev/null || { skipped "$title" 'compute-sanitizer is not there'; return; }
  help=$(compute-sanitizer --help 2>&1)
  command=(compute-sanitizer --tool "$1" --error-exitcode 86)
  if [ "$1" = memcheck ]; then
    [[ $help == *--track-stream-ordered-races* ]] && command+=(--track-stream-ordered-races all)
  elif [ "$1" = initcheck ]; then
    own=eigenlens
    command+=(--print-limit 10000 --show-backtrace no)
  elif [[ $help == *--kernel-regex* ]]; then
    command+=(--kernel-regex kns=eigenlens)
  elif [[ $help == *--kernel-name* ]]; then
    command+=(--kernel-name kns=eigenlens)
  fi
  step "$title" "$build/sanitizer-$1.json" python3 "$source_folder/bench/device_tests.py" "$build/bin/eigenlens_tests" \
    --filter "$device_cases" --json "$build/sanitizer-$1.json" --log "$build/logs/sanitizer-$1-tests.log" \
    --seconds $((limit - 5)) --jobs 4 --own "$own" -- "${command[@]}"
}

# Test cases that are named after a backend.
device_cases='*/cuda?'
# Those of the choice of a device, which the environment must leave alone.
choice_cases='CliWithCuda*'
python3 "$table" machine "$state" --git "$git" || exit 2

options=()
if begins build build 9; then
  configure
  # shellcheck disable=SC2016
  step build '' bash -c 'cmake "${@:2}" && cmake --build "$1" --parallel' bash "$build" "${options[@]}"
fi
if [ ! -x "$build/bin/eigenlens_tests" ]; then
  say "there is no build in $build: nothing else can run"
  exit 1
fi

run_tests() {  # NAME FILTER
  local result=$build/${1//[^a-zA-Z0-9]/-}.json
  step "$1" "$result" python3 "$source_folder/bench/device_tests.py" "$build/bin/eigenlens_tests" --filter "$2" --json "$result" \
    --log "$build/logs/${1//[^a-zA-Z0-9]/-}-tests.log" --seconds $((limit - 5)) --jobs 4
}

begins test 'tests of the verbs and kernels' 4 && run_tests 'tests of the verbs and kernels' "$device_cases:*Kernels*:Device*:$choice_cases"
begins bench 'figure D = 3072' 6 && figure 3072
begins peers 'peer torch D = 3072' 5 && peer torch 3072
for tool in memcheck racecheck initcheck synccheck; do
  begins sanitize "sanitizer $tool" 6 && sanitize $tool
done
begins test 'all tests, forced to the device' 6 && EIGENLENS_DEVICE=cuda run_tests 'all tests, forced to the device' "*-*simulated*:*/cpu?:$choice_cases"
begins bench ceilings 1 && step ceilings "$build/ceilings.json" "$build/bin/bench_device_ceilings" --json "$build/ceilings.json"
begins bench eigenproblems 4 && step eigenproblems "$build/eigen.json" "$build/bin/bench_device_eigen" --json "$build/eigen.json"
begins bench gram 4 && step gram "$build/gram.json" "$build/bin/bench_device_gram" --json "$build/gram.json"
begins bench 'figure D = 784' 3 && figure 784
begins peers 'peer torch D = 784' 3 && peer torch 784
begins peers 'peer cupy D = 784' 3 && peer cupy 784
begins peers 'peer cupy D = 3072' 5 && peer cupy 3072
begins bench 'family D = 12288' 5 && folder=$(images 20000 3x64x64) &&
  step 'family D = 12288' "$build/family.json" "$build/bin/bench_device_figure" --data "$folder" --runs 1 --limit 60 \
    --pretext mask:patch=4,ratio=0.25:0.75:3 --json "$build/family.json"
begins bench 'eigenproblem n = 12288' 3 && step 'eigenproblem n = 12288' "$build/eigen-large.json" "$build/bin/bench_device_eigen" \
  --order 12288 --runs 1 --json "$build/eigen-large.json"

say "table: $out/$name.md"
exit $failed
