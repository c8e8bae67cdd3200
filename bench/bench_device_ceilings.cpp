// SPDX-License-Identifier: Apache-2.0
// What the first CUDA device can do at most: copies, float64 and int8 products. bench_device_ceilings [--json FILE]
#include "device/ceilings.hpp"

namespace {

int run(int argc, char** argv) {
  using namespace eigenlens::bench;
  const Arguments arguments(argc, argv, {"json"});
  Report report("bench_device_ceilings", arguments.text("json", ""));
  open_device(report);
  measure_ceilings(report);
  return report.status();
}

}  // namespace

int main(int argc, char** argv) { return eigenlens::bench::main_of("bench_device_ceilings", run, argc, argv); }
