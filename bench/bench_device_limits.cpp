// SPDX-License-Identifier: Apache-2.0
// At which sizes the libraries' routines begin to fail, or to be wrong, on the first CUDA device: what
// src/backend/cuda/eigen_choice.hpp should refuse before the call. Every attempt is a process of its own. --help says
// how to call it.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "backend/cuda/eigen_choice.hpp"
#include "device/attempt.hpp"
#include "device/ceilings.hpp"
#include "device/int8_limits.hpp"
#include "device/limit_search.hpp"
#include "device/solver_limits.hpp"
#include "eigenlens/error.hpp"

namespace {

using namespace eigenlens;
using namespace eigenlens::bench;

/// What --help prints.
constexpr char usage[] = R"(bench_device_limits [--routine NAME]... [--seconds S] [--largest N] [--json FILE]

At which sizes cuSOLVER's and cuBLASLt's routines begin to fail, or to be wrong, on the first CUDA device. Results are
compared with planted ones. Sizes rise; after the first that is not right, the place is narrowed down. Each attempt is
a process of its own, and ended when the time is over; what would take too long is not tried, and said so.

  --routine NAME     may be given several times: int8-panels, int8-whole, int8-long, potrf, batched-32, batched-512,
                     batched-3072, syevd, gesvd (default: all, in this order)
  --seconds S        for all together (default 120); a routine gets its part of what is left
  --largest N        no size beyond it (default: none)
  --json FILE        writes the numbers there, too

Exit status: 0 if every attempt up to the engine's present limits was right, or could not be tried for want of time or
memory; 1 if not; else the code of the error (2: wrong options, 7: no device).
)";

Routine batched(std::int64_t n, std::vector<std::int64_t> sizes, std::string constant) {
  return {fmt::format("batched-{}", n),
          fmt::format("XsyevBatched of order {}: problems", n),
          std::move(sizes),
          1,
          1,
          1,
          [n](std::int64_t problems) { return solve_syev_batched(n, problems); },
          cuda::largest_batch(n),
          std::move(constant)};
}

/// Cheap and likely ones first.
std::vector<Routine> all_routines() {
  const auto int8 = [](std::int64_t d, std::int64_t k, std::int64_t panel) {
    return multiply_int8({.d = d, .k = k, .panel = panel});
  };
  const std::int64_t syevd = std::min(cuda::largest_syevd_order, cuda::largest_order_of(SolveMode::standard, 12'000));
  std::vector<Routine> all;
  all.push_back({"int8-panels",
                 "int8 products by panels of 1,024, 2 × 512 samples: D",
                 {2080, 12'288, 46'368, 50'016},
                 32,
                 2,
                 1,
                 [=](std::int64_t d) { return int8(d, 1024, 1024); },
                 syevd,
                 ""});
  all.push_back({"int8-whole",
                 "one int8 product, 2 × 512 samples: D",
                 {1024, 16'384, 46'368},
                 32,
                 2,
                 1,
                 [=](std::int64_t d) { return int8(d, 1024, 0); },
                 0,
                 ""});
  all.push_back({"int8-long",
                 "one int8 product of 512 columns: samples",
                 {1024, 131'008, 524'288},
                 32,
                 1,
                 1,
                 [=](std::int64_t k) { return int8(512, k, 0); },
                 131'008,
                 ""});
  all.push_back({"potrf", "Xpotrf: n", {512, 16'384, 32'770, 46'342, 65'536}, 1, 3, 1, factor_potrf, syevd, ""});
  all.push_back(batched(32, {1024, 65'536, 2'097'151, 2'097'152}, "largest_batch(32)"));
  all.push_back(batched(512, {4, 512, 8191, 8192}, "largest_batch(512)"));
  all.push_back(batched(3072, {64, 227, 228}, "largest_batch(3072)"));
  all.push_back({"syevd",
                 "Xsyevd: n",
                 {512, 4096, 16'384, 18'920, 23'172, 26'756, 32'770, 46'341},
                 1,
                 3,
                 4,
                 solve_syevd,
                 syevd,
                 "largest_syevd_order"});
  all.push_back({"gesvd",
                 "Xgesvd: n",
                 {256, 2048, 8192, 18'900, 18'920},
                 1,
                 3,
                 2,
                 solve_gesvd,
                 cuda::largest_gesvd_order,
                 "largest_gesvd_order"});
  return all;
}

std::vector<Routine> wanted_routines(const std::vector<std::string>& names) {
  std::vector<Routine> wanted;
  const std::vector<Routine> all = all_routines();
  for (const std::string& name : names)
    if (std::none_of(all.begin(), all.end(), [&](const Routine& routine) { return routine.name == name; }))
      throw Error(ErrorCode::usage, fmt::format("--routine {}: --help lists them", name));
  for (const Routine& routine : all)
    if (names.empty() || std::find(names.begin(), names.end(), routine.name) != names.end()) wanted.push_back(routine);
  return wanted;
}

/// In a process of its own: this one must stay without CUDA until the last attempt.
void require_device() {
  const Attempt made = attempt(60, [] {
    Report nowhere("bench_device_limits", "");
    open_device(nowhere);
    return Trial{};
  });
  if (made.verdict != Verdict::right) throw Error(ErrorCode::unavailable, made.text);
}

int run(int argc, char** argv) {
  const Arguments arguments(argc, argv, {"json", "routine", "seconds", "largest"});
  Report report("bench_device_limits", arguments.text("json", ""));
  const std::vector<Routine> routines = wanted_routines(arguments.all("routine"));
  require_device();
  const std::int64_t largest = arguments.number("largest", std::numeric_limits<std::int64_t>::max());
  auto left = static_cast<double>(arguments.number("seconds", 120));
  double parts = 0;
  for (const Routine& routine : routines) parts += routine.part;
  for (const Routine& routine : routines) {
    left -= bench::seconds([&] { find_limit(report, routine, left * routine.part / parts, largest); });
    parts -= routine.part;
  }
  open_device(report);
  return report.status();
}

}  // namespace

int main(int argc, char** argv) { return main_of("bench_device_limits", usage, run, argc, argv); }
