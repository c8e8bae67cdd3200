# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The figures and the probe that other programs are compared with, and those programs: bench/device.sh reads this file.

# Where the samples of a figure are: real ones if they are at hand. figure_data 784|3072|12288|dual
figure_data() {
  case $1 in
    784)
      local real
      for real in "${data:-/none}/data/fashion-mnist" "${data:-/none}/fashion-mnist" /usr/share/datasets/fashion-mnist; do
        [ -e "$real" ] && echo "$real" && return
      done
      images 60000 28x28 ;;
    3072) images 50000 3x32x32 ;;
    12288) images 100000 3x64x64 ;;
    dual) images 10000 3x224x224 ;;
  esac
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

# A figure on the device, its curves kept for the peers. Those of 30 curves are compared with the CPU's, which are kept, too; of the
# large ones the CPU would take hours: their checks, and the peers, are what there is. figure NAME D|dual
figure() {
  local folder options=()
  case $2 in
    12288) options=(--pretext 'mask:patch=4,ratio=0:0.9:10' --runs 0 --bare 1) ;;
    dual) options=(--form dual --pretext 'mask:patch=16,ratio=0.25:0.75:3' --runs 1 --bare 1) ;;
    *) options=(--runs 5 --limit 60 --reference "$build/reference-$2.json") ;;
  esac
  folder=$(figure_data "$2") || { no_images "$1"; return; }
  if [[ $1 == *' by tridiagonal '* ]]; then  # the peers' curves are those of the default
    EIGENLENS_CUDA_EIGENSOLVER=tridiagonal step "$1" "$build/tridiagonal-$2.json" "$build/bin/bench_device_figure" --data "$folder" \
      "${options[@]}" --json "$build/tridiagonal-$2.json"
    return
  fi
  step "$1" "$build/figure-$2.json" "$build/bin/bench_device_figure" --data "$folder" "${options[@]}" \
    --curves "$build/curves-$2.json" --json "$build/figure-$2.json"
}

# What a peer needs to work at all.
declare -A probes=([torch]='import torch; torch.zeros(1, device="cuda")' [cupy]='import cupy; cupy.zeros(1)')

# Says of a step that it is skipped where a peer's library is not there; else fails. lacks STEP torch|cupy
lacks() {
  local why
  why=$(timeout 60 python3 -c "${probes[$2]}" 2>&1) && return 1
  skipped "$1" "python3 has no $2 for this GPU ($(tail -n 1 <<<"$why"))"
}

# peer NAME torch|cupy D|dual
peer() {
  local files=() folder curves=$build/curves-$3.json program=figure options=(--runs 2) ours="figure D = $3"
  case $3 in
    12288) options=(--patches 4 --ratios 0:0.9:10 --ways one --runs 0) ours='family D = 12288' ;;
    dual) options=(--patches 16 --ratios 0.25:0.75:3 --runs 1) program=dual ours='figure dual' ;;
  esac
  ! lacks "$1" "$2" || return 0
  [ -e "$curves" ] || { skipped "$1" "no curves to compare with: first --again --step \"$ours\""; return; }
  folder=$(figure_data "$3") && mapfile -t files < <(pair "$folder")
  [ ${#files[@]} = 4 ] || { no_images "$1"; return; }
  step "$1" "$build/$2-$3.json" python3 "$source_folder/bench/peers/$2_$program.py" "${files[@]}" --against "$curves" \
    --limit $((limit / 4)) "${options[@]}" --json "$build/$2-$3.json"
}

# probe NAME
probe() {
  step "$1" "$build/probe.json" "$build/bin/bench_device_probe" --problem "$build/problem" --json "$build/probe.json"
}

# probe_peer NAME torch|cupy
probe_peer() {
  ! lacks "$1" "$2" || return 0
  [ -e "$build/problem/top1.npy" ] || { skipped "$1" 'no problem to solve: first --again --step probe'; return; }
  step "$1" "$build/$2-probe.json" python3 "$source_folder/bench/peers/$2_probe.py" --problem "$build/problem" \
    --limit $((limit / 4)) --json "$build/$2-probe.json"
}
