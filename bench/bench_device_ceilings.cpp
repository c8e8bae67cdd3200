// SPDX-License-Identifier: Apache-2.0
// What the first CUDA device can do at most: copies, float64 and int8 products. --help says how to call it.
#include "device/ceilings.hpp"

namespace {

/// What --help prints.
constexpr char usage[] = R"(bench_device_ceilings [--ceiling-order N] [--json FILE]

What the first CUDA device can do at most: copies, float64 and int8 products, each checked and then timed.

  --ceiling-order N  of the products that measure the ceilings (default 8192)
  --json FILE        writes the numbers there, too

Exit status: 0 if all is verified, 1 if something is not, else the code of the error (2: wrong options, 7: no device).
)";

int run(int argc, char** argv) {
  using namespace eigenlens::bench;
  const Arguments arguments(argc, argv, {"json", "ceiling-order"});
  Report report("bench_device_ceilings", arguments.text("json", ""));
  open_device(report);
  measure_ceilings(report, arguments.number("ceiling-order", ceiling_order));
  return report.status();
}

}  // namespace

int main(int argc, char** argv) { return eigenlens::bench::main_of("bench_device_ceilings", usage, run, argc, argv); }
