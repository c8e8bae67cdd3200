// SPDX-License-Identifier: Apache-2.0
// What small batches cost: the same samples to a MomentsAccumulator in batches of 1, 32, 256 and of the readers' size,
// the classes announced or not. Verifies that the moments are equal bits, then times with processor time, of which
// other programs take no share. bench_accumulate [--threads T] [--runs R] [--count N] [--dimension D]
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "eigenlens/device.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"

namespace {

using namespace eigenlens;

struct Options {
  int threads = 1;
  int runs = 5;
  std::int64_t count = 60'000;
  std::int64_t dimension = 784;
};

double now() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct Data {
  DatasetInfo info;
  std::vector<std::uint8_t> values;
  std::vector<std::int32_t> labels;
};

Data random_data(const Options& options) {
  Data data;
  data.info.name = "random";
  data.info.shape = {1, 1, options.dimension};
  std::mt19937_64 engine(1);
  data.values.resize(static_cast<std::size_t>(options.count * options.dimension));
  for (auto& value : data.values) value = static_cast<std::uint8_t>(engine());
  for (std::int64_t n = 0; n < options.count; ++n) data.labels.push_back(static_cast<std::int32_t>(engine() % 10));
  return data;
}

struct Run {
  Moments moments;
  double seconds = 0;  ///< of add() alone, and of finish()
};

Run run(const Data& data, const Device& device, std::int64_t batch, std::int64_t classes) {
  DatasetInfo info = data.info;
  info.classes = classes;
  MomentsAccumulator accumulator(device, info);
  const std::int64_t d = info.shape.size(), count = static_cast<std::int64_t>(data.labels.size());
  const double start = now();
  for (std::int64_t n = 0; n < count; n += batch)
    accumulator.add(
        {ScalarType::uint8, std::min(batch, count - n), d, n, data.values.data() + n * d, data.labels.data() + n});
  Run result{accumulator.finish(), 0};
  result.seconds = now() - start;
  return result;
}

int measure(const Options& options) {
  const Data data = random_data(options);
  const Device device({.name = "cpu", .threads = options.threads});
  const std::int64_t whole = std::max<std::int64_t>(1, (std::int64_t{8} << 20) / options.dimension);
  const Moments truth = run(data, device, whole, 10).moments;
  fmt::print("{} samples of {} bytes, {} threads, processor time, median of {}\n", options.count, options.dimension,
             options.threads, options.runs);
  const std::vector<std::int64_t> sizes = {whole, 256, 32, 1};
  std::vector<std::vector<double>> seconds(2 * sizes.size());
  for (int r = 0; r < options.runs; ++r)  // in turn, so that all meet the same machine
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      const Run one = run(data, device, sizes[i / 2], i % 2 == 0 ? 10 : 0);
      if (!(one.moments == truth)) throw Error(ErrorCode::numerical, "batches give other moments");
      seconds[i].push_back(one.seconds);
    }
  double first = 0;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    std::nth_element(seconds[i].begin(), seconds[i].begin() + options.runs / 2, seconds[i].end());
    const double median = seconds[i][static_cast<std::size_t>(options.runs / 2)];
    if (i == 0) first = median;
    fmt::print("batches of {:>6}, classes {}: {:.3f} s, {:+.1f} %\n", sizes[i / 2], i % 2 == 0 ? "known  " : "unknown",
               median, 100 * (median / first - 1));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--threads") options.threads = std::stoi(argv[i + 1]);
    if (name == "--runs") options.runs = std::stoi(argv[i + 1]);
    if (name == "--count") options.count = std::stoll(argv[i + 1]);
    if (name == "--dimension") options.dimension = std::stoll(argv[i + 1]);
  }
  return measure(options);
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_accumulate: {}\n", error.what());
  return 1;
}
