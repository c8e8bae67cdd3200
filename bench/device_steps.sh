# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The steps of bench/device.sh, which reads this file, and its help.

# NAME|KIND|ABOUT, s|LIMIT, minutes|WHAT, the most precious first. How long they take is a guess for an H100 with 16 cores, until
# a table says better; limits are for what hangs.
steps=(
  'build|build|15|9|the targets that the others need: brought along (bench/device-pack.sh), or built for this GPU alone, in minutes'
  'tests of the verbs and kernels|test|40|4|every case on the device: verbs, kernels, choice of a device'
  'figure D = 3072|bench|60|6|30 curves of 50,000 × 3,072 bytes, compared with those of the CPU'
  'figure by tridiagonal D = 3072|bench|30|4|the same with our own eigensolver'
  'peer torch D = 3072|peers|60|5|the same by PyTorch, compared with ours'
  'stages|bench|75|5|what every stage of both figures and of a probe takes, and its floor'
  'eigenproblems|bench|110|4|which eigensolver wins at which order; Cholesky factors beside it'
  'figure D = 784|bench|20|3|30 curves of 60,000 × 784 bytes'
  'figure by tridiagonal D = 784|bench|15|3|the same with our own eigensolver'
  'peer torch D = 784|peers|20|3|the same by PyTorch'
  'sanitizer memcheck|sanitize|120|6|every case on the device under compute-sanitizer'
  'sanitizer initcheck|sanitize|120|6|reads of what nobody wrote'
  'sanitizer racecheck|sanitize|80|6|races in shared memory'
  'sanitizer synccheck|sanitize|60|6|misused barriers'
  'all tests, forced to the device|test|140|6|the whole suite with EIGENLENS_DEVICE=cuda'
  'probe|bench|20|3|accuracy at every K: 10,000 samples, 3,072 features, 100 classes'
  'peer torch probe|peers|20|3|the same by PyTorch, two ways'
  'limits|bench|115|3|sizes at which the libraries fail or are wrong'
  'family D = 12288|bench|100|6|ten curves of 100,000 × 12,288 bytes, one family'
  'peer torch D = 12288|peers|80|5|the same by PyTorch'
  'figure dual|bench|80|5|three curves of 10,000 × 150,528 bytes in the dual form'
  'peer torch dual|peers|60|5|the same by PyTorch'
  'gram|bench|40|4|moments: the bits of the CPU, bound by product or by copy'
  'peer cupy D = 784|peers|20|3|the smaller figure by CuPy'
  'peer cupy D = 3072|peers|60|5|the larger one by CuPy'
  'peer cupy probe|peers|25|3|the probe by CuPy, two ways'
  'peer cupy dual|peers|60|5|the dual form by CuPy'
  'peer cupy D = 12288|peers|80|5|the family by CuPy'
  'ceilings|bench|15|1|copies and products: the most that this device reaches (the others measure them, too)'
  'eigenproblem n = 12288|bench|60|3|a single one, large'
)

# field STEP NUMBER
field() { cut -d'|' -f"$2" <<<"$1"; }

help() {
  cat <<'TEXT'
bench/device.sh [OPTION…]

On a machine with an NVIDIA GPU: builds, tests, runs the sanitizers, the device benchmarks and their peers, and writes one table,
RESULTS/<device>-<date>.md, with a JSON file beside it. The table is written after every step. A step that fails or takes too
long does not stop the others. Called again, it goes on where it stopped: what is done for the same sources on the same device is
not repeated, and what failed is tried again last.

  --step NAME          this step alone (may be given several times); --only KIND: those of a kind (several times, too)
  --again              also what is done already
  --total MINUTES      this call ends within that time, the table written (default 28, of a machine lent for 30; 0: no end);
                       a step that would not fit is left for the next call
  --minutes MINUTES    at most so long a step, instead of its own limit
  --allow-no-device    go on after the build where there is no usable GPU
  --deps FOLDER|FILE   libraries that this machine lacks, by bench/device-deps.sh, and programs, if bench/device-pack.sh added
                       some; without it libraries are the system's (make setup)
  --data FOLDER        golden/ and data/ for the tests, as EIGENLENS_SHARED (bench/README.md); without it those that need them skip
  --out RESULTS        default bench/results
  --from FILE.json     of an earlier call, to go on from it where RESULTS has none
  --build FOLDER       default build/device; its folder logs has what the steps said
  --git TEXT           the state of the sources, where git is not there to tell
  --help

It needs nvcc, CMake 3.25, a C++20 compiler and python3 (ninja if it is there; PyTorch and CuPy for the peers), and no network.

TEXT
  local step limits=0 about=0
  printf 'Steps, in their order. How long is a guess for an H100 with 16 cores; the limit stops what hangs.\n\n'
  printf '  %-31s %-8s %6s %6s\n' NAME KIND about limit
  for step in "${steps[@]}"; do
    printf '  %-31s %-8s %4s s %2s min  %s\n' "$(field "$step" 1)" "$(field "$step" 2)" "$(field "$step" 3)" "$(field "$step" 4)" \
      "$(field "$step" 5)"
    about=$((about + $(field "$step" 3))) limits=$((limits + $(field "$step" 4)))
  done
  printf '  %-40s %4s s %2s min  (%s minutes, if nothing hangs)\n' 'in all' $about $limits $(((about + 59) / 60))
  cat <<'TEXT'

Examples:
  bench/device.sh                                          all, in 28 minutes
  bench/device.sh --deps deps.tar.gz --total 9             three times: the same in calls of less than 10 minutes
  bench/device.sh --deps deps.tar.gz --step limits --again   one of them again
  bench/device.sh --only sanitize --again                  the sanitizers once more
  bench/device.sh --step build --step "figure D = 3072"

Exit status, the first that applies:
  1  something failed
  4  time was over before all was done: call it again
  3  something was skipped because it is missing (GPU, compute-sanitizer, PyTorch, CuPy); why is in the table
  0  all that was asked for is done and right, in this call or an earlier one
  2  it was called wrongly; nothing was done
TEXT
}
