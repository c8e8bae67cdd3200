// SPDX-License-Identifier: Apache-2.0
// Second moments on the first CUDA device, from host memory, as users call them: bytes (exact) and float32, against the
// CPU backend's bits, the bare library products of the same shape and the ceilings of the same run. --help says how to
// call it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "backend/cuda/context.hpp"
#include "backend/cuda/integer_gemm.hpp"
#include "device/ceilings.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"
#include "host/processor.hpp"

namespace {

using namespace eigenlens;
using namespace eigenlens::bench;
using cuda::check;

constexpr std::int64_t classes = 10;
constexpr std::int64_t batch_bytes = std::int64_t{8} << 20;  ///< as data sets are read

/// What --help prints.
constexpr char usage[] =
    R"(bench_device_gram [--shape NxD]... [--runs R] [--limit SECONDS] [--ceiling-order N] [--json FILE]

Second moments on the first CUDA device, from host memory: bytes (exact) and float32, compared with the CPU's, then
timed.

  --shape NxD        samples and dimension, may be given several times (default 60000x784, 50000x3072 and 20000x12288)
  --runs R           timed calls, after one that warms up (default 5)
  --limit SECONDS    no call starts after so long at one of them (default 10)
  --ceiling-order N  of the products that measure the ceilings (default 8192)
  --json FILE        writes the numbers there, too

Exit status: 0 if all is verified, 1 if something is not, else the code of the error (2: wrong options, 7: no device).
)";

struct Samples {
  std::int64_t count = 0, dimension = 0;
  std::vector<std::int8_t> bytes;  ///< read as uint8: any bits do
  std::vector<std::int32_t> labels;
  std::vector<float> floats;  ///< the same values, if asked for
};

Samples make_samples(std::int64_t count, std::int64_t dimension) {
  Samples s{count, dimension, random_bytes(count * dimension, 11), {}, {}};
  s.labels.resize(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < s.labels.size(); ++i) s.labels[i] = static_cast<std::int32_t>(i * 7919 % classes);
  return s;
}

DatasetInfo info_of(const Samples& s, ScalarType scalar) {
  DatasetInfo info;
  info.name = "random";
  info.scalar = scalar;
  info.shape = {1, 1, s.dimension};
  info.count = s.count;
  info.classes = classes;
  return info;
}

/// The first `count` samples, in batches.
Moments moments_of(const Samples& s, std::int64_t count, ScalarType scalar, const Device& device) {
  MomentsAccumulator accumulator(device, info_of(s, scalar));
  const std::int64_t width = s.dimension * (scalar == ScalarType::uint8 ? 1 : 4);
  const std::int64_t step = std::max<std::int64_t>(1, batch_bytes / width);
  for (std::int64_t first = 0; first < count; first += step) {
    Batch batch;
    batch.scalar = scalar;
    batch.count = std::min(step, count - first);
    batch.dimension = s.dimension;
    batch.first = first;
    batch.values = scalar == ScalarType::uint8 ? static_cast<const void*>(s.bytes.data() + first * s.dimension)
                                               : s.floats.data() + first * s.dimension;
    batch.labels = s.labels.data() + first;
    accumulator.add(batch);
  }
  return accumulator.finish();
}

/// Samples that the CPU can take in about a second.
std::int64_t verified_count(const Samples& s) {
  const double affordable = 1e12 / (static_cast<double>(s.dimension) * static_cast<double>(s.dimension));
  return std::min(s.count, std::max<std::int64_t>(300, static_cast<std::int64_t>(affordable)));
}

/// Largest difference of the Gram matrices over the largest entry.
double difference(const DenseF64& a, const DenseF64& b) {
  double worst = 0, largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(a.data()[i] - b.data()[i]));
    largest = std::max(largest, std::abs(a.data()[i]));
  }
  return worst / largest;
}

struct Cost {
  double operations, bytes, product, copy;
};

/// Of the triangle; the larger of product and copy is the floor.
Cost cost_of(const Samples& s, double width, double rate, const Ceilings& ceilings) {
  const auto n = static_cast<double>(s.count), d = static_cast<double>(s.dimension);
  const double operations = n * d * (d + 1), bytes = n * d * width;
  return {operations, bytes, operations / rate, bytes / ceilings.to_device};
}

void time_engine(Report& report, const Samples& s, ScalarType scalar, const char* what, const Cost& cost,
                 const Device& device, int runs, double limit, const std::string& verified) {
  const Timing time = measure(runs, limit, [&] { moments_of(s, s.count, scalar, device); });
  report.add({what, time, cost.operations, cost.bytes, std::max(cost.product, cost.copy), verified,
              fmt::format("floor: product {:.2f} ms, copy {:.2f} ms", 1e3 * cost.product, 1e3 * cost.copy)});
}

/// What the library does of the same shape with data that lie on the device: one product, all of C.
void time_bare(Report& report, const Samples& s, const Ceilings& ceilings, int runs, double limit) {
  cuda::Pool pool(0);
  const cuda::Lane lane(pool);
  const std::int64_t d = s.dimension, k = (s.count + 15) / 16 * 16;  // int8 wants multiples of 16
  const auto size = static_cast<double>(d);
  const double triangle = static_cast<double>(s.count) * size * (size + 1);
  if (s.count <= 131071 && d % 16 == 0) {  // beyond, int32 would overflow
    DeviceArray<std::int8_t> x(k * d);
    DeviceArray<std::int32_t> c(d * d);
    check(cudaMemsetAsync(x.data(), 0, x.bytes(), lane.raw()), "cudaMemsetAsync");
    lane.stream().synchronize();
    x.upload(s.bytes);
    const auto context = std::make_shared<cuda::Context>(0, available_threads());
    cuda::IntegerGemm gemm(*context);
    const Timing time = measure(runs, limit, [&] {
      gemm.multiply(d, d, k, x.data(), x.data(), k, 0, c.data(), d);
      context->main().stream().synchronize();
    });
    report.add({"bare int8 product, both triangles, data there", time, 2 * triangle, 0,
                2 * triangle / ceilings.gemm_int8, "", ""});
  }
  std::vector<double> values(s.bytes.begin(), s.bytes.end());
  DeviceArray<double> x(s.count * d), c(d * d);
  x.upload(values);
  const double one = 1, zero = 0;
  const Timing syrk = measure(runs, limit, [&] {
    check(cublasDsyrk_64(lane.blas(), CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, d, s.count, &one, x.data(), d, &zero,
                         c.data(), d),
          "cublasDsyrk_64");
    lane.stream().synchronize();
  });
  report.add({"bare dsyrk, data there", syrk, triangle, 0, triangle / ceilings.gemm_f64, "", ""});
  const Timing gemm = measure(runs, limit, [&] {
    check(cublasDgemm_64(lane.blas(), CUBLAS_OP_N, CUBLAS_OP_T, d, d, s.count, &one, x.data(), d, x.data(), d, &zero,
                         c.data(), d),
          "cublasDgemm_64");
    lane.stream().synchronize();
  });
  report.add({"bare dgemm, both triangles, data there", gemm, 2 * triangle, 0, 2 * triangle / ceilings.gemm_f64, "",
              gemm.median < syrk.median ? "gemm is the faster of the two" : "syrk is the faster of the two"});
}

void run_shape(Report& report, Samples s, const Device& device, const Device& cpu, const Ceilings& ceilings, int runs,
               double limit) {
  report.begin(fmt::format("Gram of {} × {} random values, from host memory", s.count, s.dimension));
  const std::int64_t few = verified_count(s);
  if (moments_of(s, few, ScalarType::uint8, device) != moments_of(s, few, ScalarType::uint8, cpu)) {
    report.fail(fmt::format("{} × {}", s.count, s.dimension), "the exact moments differ from the CPU's: not timed");
  } else {
    time_engine(report, s, ScalarType::uint8, "eigenlens, bytes, exact", cost_of(s, 1, ceilings.gemm_int8, ceilings),
                device, runs, limit, fmt::format("bits of {} samples", few));
  }
  if (s.count * s.dimension <= 300'000'000) {
    s.floats.assign(s.bytes.begin(), s.bytes.end());
    const double error = difference(moments_of(s, few, ScalarType::float32, device).gram_f64,
                                    moments_of(s, few, ScalarType::float32, cpu).gram_f64);
    if (!(error < 1e-12)) {
      report.fail(fmt::format("{} × {}", s.count, s.dimension),
                  fmt::format("the float64 moments differ from the CPU's by {:.1e}: not timed", error));
    } else {
      time_engine(report, s, ScalarType::float32, "eigenlens, float32, summed in float64",
                  cost_of(s, 4, ceilings.gemm_f64, ceilings), device, runs, limit, fmt::format("{:.1e}", error));
    }
  }
  time_bare(report, s, ceilings, runs, limit);
}

int run(int argc, char** argv) {
  const Arguments arguments(argc, argv, {"json", "runs", "limit", "shape", "ceiling-order"});
  Report report("bench_device_gram", arguments.text("json", ""));
  open_device(report);
  const auto runs = static_cast<int>(arguments.number("runs", 5));
  const auto limit = static_cast<double>(arguments.number("limit", 10));
  auto shapes = arguments.all("shape");
  if (shapes.empty()) shapes = {"60000x784", "50000x3072", "20000x12288"};
  const Device device({.name = "cuda"}), cpu({.name = "cpu"});
  const Ceilings ceilings = measure_ceilings(report, arguments.number("ceiling-order", ceiling_order));
  for (const std::string& shape : shapes) {
    long long count = 0, dimension = 0;
    if (std::sscanf(shape.c_str(), "%lldx%lld", &count, &dimension) != 2 || count < 2 || dimension < 1)
      throw Error(ErrorCode::usage, fmt::format("--shape {}: expected NxD", shape));
    try {
      run_shape(report, make_samples(count, dimension), device, cpu, ceilings, runs, limit);
    } catch (const Error& error) {
      report.fail(shape, error.what());
    }
  }
  return report.status();
}

}  // namespace

int main(int argc, char** argv) { return main_of("bench_device_gram", usage, run, argc, argv); }
