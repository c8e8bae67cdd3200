#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# On a machine with an NVIDIA GPU: builds, tests, runs the sanitizers, the device benchmarks and their peers, and writes one table.
# device.sh --help says how to call it, which steps there are and what the exit status means.
set -uo pipefail
source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# shellcheck source-path=SCRIPTDIR source=device_steps.sh
. "$source_folder/bench/device_steps.sh"
# shellcheck source-path=SCRIPTDIR source=device_build.sh
. "$source_folder/bench/device_build.sh"
# shellcheck source-path=SCRIPTDIR source=device_peers.sh
. "$source_folder/bench/device_peers.sh"

say() { printf 'device.sh: %s\n' "$*" >&2; }
wrong() { say "$*"; exit 2; }

# A number of minutes, at least so many. minutes OPTION TEXT LEAST
minutes() {
  if ! [[ $2 =~ ^[0-9]{1,4}$ ]] || [ $((10#$2)) -lt "$3" ]; then wrong "$1 $2: expected a whole number of minutes, at least $3"; fi
  number=$((10#$2))
}

# The folder or file of --deps as build/deps; a file that is there already is not unpacked again.
unpack() {
  local stamp
  if [ -d "$deps" ]; then
    [ -L "$build/deps" ] || rm -rf "$build/deps"
    ln -sfn "$(cd "$deps" && pwd)" "$build/deps"
    return
  fi
  stamp=$(sha256sum "$deps" | cut -c1-16)
  [ "$(cat "$build/deps/of" 2>/dev/null)" != "$stamp" ] || return 0
  rm -rf "$build/deps"
  mkdir -p "$build/deps" && tar -xzf "$deps" -C "$build/deps" --strip-components=1 && echo "$stamp" >"$build/deps/of"
}

# Whether there is a step of which that field is so. known FIELD TEXT
known() { printf '%s\n' "${steps[@]}" | cut -d'|' -f"$1" | grep -qxF -- "$2"; }

deps='' data='' only=() named=() longest='' total=28 out=$source_folder/bench/results from='' build=$source_folder/build/device git=''
again=no allow_no_device=no number=0
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) help; exit 0 ;;
    --again) again=yes; shift; continue ;;
    --allow-no-device) allow_no_device=yes; shift; continue ;;
    --deps | --data | --only | --step | --minutes | --total | --out | --from | --build | --git)
      case ${2:-} in '' | --*) wrong "$1 wants a value (--help says which)" ;; esac ;;
    *) wrong "'$1' is no option (--help lists them)" ;;
  esac
  case $1 in
    --deps) [ -d "$2/root" ] || [ -f "$2" ] || wrong "--deps $2: no folder or file by bench/device-deps.sh"; deps=$2 ;;
    --data) [ -d "$2" ] || wrong "--data $2: no such folder"; data=$(cd "$2" && pwd) ;;
    --only) known 2 "$2" || wrong "--only $2: expected one of build, test, sanitize, bench, peers"; only+=("$2") ;;
    --step) known 1 "$2" || wrong "--step $2: expected one of $(printf '"%s", ' "${steps[@]%%|*}" | sed 's/, $//')"; named+=("$2") ;;
    --minutes) minutes "$1" "$2" 1; longest=$number ;;
    --total) minutes "$1" "$2" 0; total=$number ;;
    --from) [ -f "$2" ] || wrong "--from $2: no such file"; from=$2 ;;
    --out) out=$2 ;; --build) build=$2 ;; --git) git=$2 ;;
  esac
  shift 2
done

# Steps asked for.
wanted=()
for line in "${steps[@]}"; do
  if [ ${#only[@]} -gt 0 ] && [[ " ${only[*]} " != *" $(field "$line" 2) "* ]]; then continue; fi
  if [ ${#named[@]} -gt 0 ] && ! printf '%s\n' "${named[@]}" | grep -qxF -- "${line%%|*}"; then continue; fi
  wanted+=("${line%%|*}")
done
[ ${#wanted[@]} -gt 0 ] || wrong 'no step is both of the kinds and of the names given'
command -v python3 >/dev/null || wrong 'python3 is not there'

mkdir -p "$out" "$build/logs" || exit 2
out=$(cd "$out" && pwd) build=$(cd "$build" && pwd)
# Sources that git does not know, or that were changed, are told apart by what is in them.
if [ -z "$git" ]; then
  git=$(git -C "$source_folder" describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)
  case $git in *-dirty | unknown)
    git+=-$(cd "$source_folder" && find CMakeLists.txt cmake include src kernels tests bench -type f ! -path 'bench/results/*' ! -name '*.pyc' \
      ! -name '*.md' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-8) ;;
  esac
fi
table=$source_folder/bench/device_table.py
name=$(python3 "$table" name) || exit 2
state=$out/$name.json
[ -z "$from" ] || [ -e "$state" ] || cp "$from" "$state" || exit 2
[ -z "$data" ] || export EIGENLENS_SHARED=$data

# The folder with the libraries, root/usr, and with programs, if some came along: always below the build folder, where those look.
root=''
if [ -n "$deps" ]; then
  unpack || { say "--deps $deps cannot be taken"; exit 2; }
  root=$build/deps/root libraries=$build/deps/root/usr/lib/x86_64-linux-gnu
fi

limit=0       # of the step that runs, in seconds
own_limit=0   # what it would have, were there time
reserve=30    # seconds at the end, for ending what runs and for the table

# Seconds until this call has to end.
left() { if [ "$total" = 0 ]; then echo 1000000; else echo $((total * 60 - reserve - SECONDS)); fi; }

# Sets limit and own_limit of a step; fails if there is no time left for it. begins NAME
begins() {
  local line about time
  for line in "${steps[@]}"; do [ "${line%%|*}" = "$1" ] && break; done
  own_limit=$((${longest:-$(field "$line" 4)} * 60)) about=$(field "$line" 3) time=$(left)
  [ "$about" -le $own_limit ] || about=$own_limit
  [ "$1" != build ] || about=10  # what it leaves half done, the next call goes on with
  if [ "$time" -lt "$about" ]; then
    say "$1: left for the next call (takes about $about s, and $((time > 0 ? time : 0)) s are left)"
    return 1
  fi
  limit=$((time < own_limit ? time : own_limit))
  say "$1 (at most $limit s)"
}

# Notes what became of a step. ended NAME STATUS SECONDS RESULT TEXT
ended() {
  python3 "$table" add "$state" "$1" --status "$2" --seconds "$3" --git "$git" --result "$4" --text "$5"
  python3 "$table" render "$state" "$out/$name.md"
  if [ -n "$5" ]; then say "$1: $5"; elif [ "$2" = 0 ]; then say "$1: done in $3 s"; else say "$1: failed (status $2) after $3 s"; fi
}

# Runs a command as a step; its output goes to the log and the end of it to the terminal. step NAME RESULT COMMAND…
step() {
  local title=$1 result=$2 start=$SECONDS log text='' time
  log=$build/logs/${1//[^a-zA-Z0-9]/-}.log
  shift 2
  [ -z "$result" ] || rm -f "$result"
  time=$(left)  # less than in begins, where images had to be made
  [ "$time" -ge "$limit" ] || limit=$((time > 1 ? time : 1))
  timeout --kill-after=10 "$limit" "$@" >"$log" 2>&1
  local status=$?
  tail -n 25 "$log" >&2
  if [ $status != 0 ] && [ "$limit" -lt "$own_limit" ] && [ $((SECONDS - start)) -ge $((limit - 10)) ]; then
    text='stopped: the time of this call was over'
  fi
  ended "$title" $status $((SECONDS - start)) "$result" "$text"
  return $status
}

skipped() { ended "$1" 0 0 '' "skipped: $2"; }
no_images() {
  if [ "$(left)" -lt 5 ]; then ended "$1" 1 0 '' 'stopped: the time of this call was over'; else ended "$1" 1 0 '' 'failed: no images'; fi
}

# A set of generated images of SHAPE, N of them, made once. images N SHAPE
images() {
  local folder=$build/images-$1-$2
  [ -e "$folder/done" ] || { timeout "$limit" "$build/bin/eigenlens" generate "$folder" --count "$1" --test-count 100 --shape "$2" --quiet >&2 &&
                             touch "$folder/done"; } || return 1
  echo "$folder"
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
    --seconds $((limit - 5)) --jobs 8 --own "$own" -- "${command[@]}"
}

# Test cases that are named after a backend.
device_cases='*/cuda?*'
# Those of the choice of a device, which the environment must leave alone.
choice_cases='CliWithCuda*'

# run_tests NAME FILTER
run_tests() {
  local result=$build/${1//[^a-zA-Z0-9]/-}.json
  step "$1" "$result" python3 "$source_folder/bench/device_tests.py" "$build/bin/eigenlens_tests" --filter "$2" --json "$result" \
    --log "$build/logs/${1//[^a-zA-Z0-9]/-}-tests.log" --seconds $((limit - 5)) --jobs 8
}

# The programs, as device_build.sh has them; device-built has the state of the sources that they are of.
build() {
  local start=$SECONDS why
  rm -f "$build/device-built" "$build/moved"
  if [ -n "$deps" ] && why=$(adopt "$build/deps"); then
    echo "$git" >"$build/device-built"
    ended build 0 $((SECONDS - start)) '' "built elsewhere of the same sources ($(cat "$build/deps/built/made"))"
    return
  fi
  [ -z "$deps" ] || say "build: $why, so they are built here"
  options=()
  configure
  # shellcheck disable=SC2016
  step build '' bash -c 'cmake "${@:4}" && cmake --build "$1" --parallel "$2" --target $3' bash "$build" "$(nproc)" "${targets[*]}" "${options[@]}" &&
    echo "$git" >"$build/device-built"
}

# stages: of both figures, and of a probe on random images.
stages() {
  local small large
  if ! { small=$(figure_data 784) && large=$(figure_data 3072); }; then no_images stages; return; fi
  step stages "$build/stages.json" "$build/bin/bench_device_stages" --data "$small" --data "$large" \
    --probe 50000x10000x100x3x32x32 --json "$build/stages.json"
}

# Runs a step other than the build by its name.
run() {
  case $1 in
    'tests of the verbs and kernels') run_tests "$1" "$device_cases:*Kernels*:Device*:$choice_cases" ;;
    'all tests, forced to the device') EIGENLENS_DEVICE=cuda run_tests "$1" "*-*simulated*:*/cpu?:$choice_cases" ;;
    figure* | family*) figure "$1" "${1##* }" ;;
    probe) probe "$1" ;;
    peer*' probe') probe_peer "$1" "$(cut -d' ' -f2 <<<"$1")" ;;
    peer*) peer "$1" "$(cut -d' ' -f2 <<<"$1")" "${1##* }" ;;
    sanitizer*) sanitize "${1##* }" ;;
    stages) stages ;;
    limits) step "$1" "$build/limits.json" "$build/bin/bench_device_limits" --seconds 110 --json "$build/limits.json" ;;
    ceilings) step "$1" "$build/ceilings.json" "$build/bin/bench_device_ceilings" --json "$build/ceilings.json" ;;
    eigenproblems) step "$1" "$build/eigen.json" "$build/bin/bench_device_eigen" --limit 6 --json "$build/eigen.json" ;;
    gram) step "$1" "$build/gram.json" "$build/bin/bench_device_gram" --json "$build/gram.json" ;;
    'eigenproblem n = 12288')
      step "$1" "$build/eigen-large.json" "$build/bin/bench_device_eigen" --order 12288 --runs 1 --json "$build/eigen-large.json" ;;
  esac
}

# What is known of a step, for these sources on this device: done, failed, skipped or missing. outcome NAME
outcome() { python3 "$table" outcome "$state" "$1" --git "$git"; }

# Says what there is, and ends with the exit status of the help, or with 1. finish 0|1
finish() {
  local step what result=$1 unfinished=()
  for step in "${wanted[@]}"; do
    what=$(outcome "$step")
    if [ "$again" = yes ] && [ -z "${tried[$step]:-}" ]; then what=missing; fi
    case $what in
      failed) result=1 ;;
      missing) unfinished+=("$step"); [ "$result" = 1 ] || result=4 ;;
      skipped) [ "$result" != 0 ] || result=3 ;;
    esac
  done
  [ ${#unfinished[@]} = 0 ] || say "not done yet:$(printf ' "%s"' "${unfinished[@]}")"
  say "table: $out/$name.md"
  exit "$result"
}

# Tests that were built elsewhere are told where they and the sources are.
come_along() { [ ! -e "$build/moved" ] || export EIGENLENS_MOVED_BUILD=$build EIGENLENS_MOVED_SOURCE=$source_folder; }
come_along

no_device=''
no_device=$(python3 "$table" device 2>&1) && no_device=''
if [ -n "$no_device" ] && [ $allow_no_device = no ]; then
  say "no usable GPU ($no_device): the build is all that can be done here; --allow-no-device goes on"
fi
python3 "$table" machine "$state" --git "$git" && python3 "$table" render "$state" "$out/$name.md" || exit 2

# What is not done yet comes first, what failed in an earlier call last.
todo=() failures=()
declare -A tried=()
for name_of in "${wanted[@]}"; do
  what=$(outcome "$name_of")
  [ $again = no ] || what=missing
  # What another folder, or other sources, came to is not in this folder.
  if [ "$name_of" = build ] && { [ ! -x "$build/bin/eigenlens_tests" ] || [ "$(cat "$build/device-built" 2>/dev/null)" != "$git" ]; }; then
    what=missing
  fi
  case $what in
    done) say "$name_of: done already" ;;
    failed) if [ "$name_of" = build ]; then todo+=(build); else failures+=("$name_of"); fi ;;
    *) todo+=("$name_of") ;;
  esac
done

for name_of in "${todo[@]}" "${failures[@]}"; do
  if [ "$name_of" != build ] && [ -n "$no_device" ] && [ $allow_no_device = no ]; then
    skipped "$name_of" "no usable GPU ($no_device)"
    continue
  fi
  if [ "$name_of" = build ]; then
    # Whatever else is in that folder is of other sources.
    if ! begins build || ! { tried[build]=yes; build; }; then
      say 'there is no build of these sources: nothing else can run'
      finish 0
    fi
    come_along
  elif [ ! -x "$build/bin/eigenlens_tests" ]; then
    say "there is no build in $build, and none was asked for: nothing can run"
    finish 1
  elif begins "$name_of"; then
    tried[$name_of]=yes
    run "$name_of"
  fi
done
finish 0
