// SPDX-License-Identifier: Apache-2.0
#include "device/ceilings.hpp"

#include <cublasLt.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>

#include "backend/cuda/check.hpp"
#include "backend/cuda/context.hpp"
#include "backend/cuda/integer_gemm.hpp"
#include "eigenlens/dense.hpp"
#include "eigenlens/error.hpp"
#include "host/processor.hpp"

namespace eigenlens::bench {
namespace {

using cuda::check;
using cuda::Lane;

constexpr int runs = 7;
constexpr double limit = 2;

/// Largest error of 64 entries of C (m × n), each against a plain loop.
template <class Number>
double spot_check(std::int64_t m, std::int64_t n, const std::vector<Number>& c, bool lower,
                  const std::function<double(std::int64_t, std::int64_t)>& entry) {
  std::mt19937_64 random(7);
  double worst = 0;
  for (int trial = 0; trial < 64; ++trial) {
    auto i = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(m));
    auto j = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
    if (lower && i < j) std::swap(i, j);
    const double found = static_cast<double>(c[static_cast<std::size_t>(i + j * m)]);
    const double error = std::abs(found - entry(i, j));
    worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
  }
  return worst;
}

void require(double error, double bound, const char* what) {
  if (!(error <= bound))
    throw Error(ErrorCode::numerical, fmt::format("{} is off by {:.1e}, at most {:.1e} expected", what, error, bound));
}

double copy_to_device(Report& report, const Lane& lane, const std::string& what, const void* host,
                      DeviceArray<char>& device) {
  const Timing time = measure(runs, limit, [&] {
    check(cudaMemcpyAsync(device.data(), host, device.bytes(), cudaMemcpyHostToDevice, lane.raw()), "cudaMemcpyAsync");
    lane.stream().synchronize();
  });
  std::vector<char> back = device.download();
  if (!std::equal(back.begin(), back.end(), static_cast<const char*>(host)))
    throw Error(ErrorCode::device, fmt::format("{}: the copy differs", what));
  const auto bytes = static_cast<double>(device.bytes());
  report.add({what, time, 0, bytes, 0, "equal", ""});
  return bytes / time.median;
}

/// As the engine copies matrices: ordinary memory, and on the way back memory that nothing has touched before.
void measure_engine_copies(Report& report, const std::vector<char>& host, DeviceArray<char>& device,
                           const std::string& size) {
  const auto context = std::make_shared<cuda::Context>(0, available_threads());
  const Timing pin =
      measure(runs, limit, [&] { const cuda::StagedCopies stages(0, available_threads(), context->main().stream()); });
  report.add({"stages of the engine's copies pinned, once a device", pin, 0, 0, 0, "", ""});
  const auto here = context->activate();
  check(cudaMemsetAsync(device.data(), 0, device.bytes(), context->main().raw()), "cudaMemsetAsync");
  context->main().stream().synchronize();
  const auto bytes = static_cast<double>(device.bytes());
  const Timing up = measure(runs, limit, [&] {
    context->copy_to_device(device.data(), host.data(), host.size());
    context->main().stream().synchronize();
  });
  Dense<std::int8_t> back;
  const Timing down = measure(runs, limit, [&] {
    back = {};
    back = Dense<std::int8_t>(device.size(), 1);
    context->copy_to_host(back.data(), device.data(), device.bytes());
  });
  if (std::memcmp(back.data(), host.data(), host.size()) != 0)
    throw Error(ErrorCode::device, "the engine's copies there and back: the bytes differ");
  report.add({"host to device, pageable, by the engine, " + size, up, 0, bytes, 0, "equal", ""});
  report.add({"device to host, fresh memory, by the engine, " + size, down, 0, bytes, 0, "equal", ""});
}

std::string size_text(std::size_t bytes) {
  return bytes % (std::size_t{1} << 20) == 0 ? fmt::format("{} MiB", bytes >> 20) : fmt::format("{} bytes", bytes);
}

void measure_copies(Report& report, const Lane& lane, std::int64_t bytes_to_device, Ceilings& ceilings) {
  DeviceArray<char> device(bytes_to_device);
  const std::string size = size_text(device.bytes());
  const cuda::Pinned pinned(device.bytes());
  std::vector<char> pageable(device.bytes());
  for (std::size_t i = 0; i < pageable.size(); ++i) pageable[i] = static_cast<char>(i * 2654435761u >> 13);
  std::copy(pageable.begin(), pageable.end(), static_cast<char*>(pinned.data()));
  ceilings.to_device = copy_to_device(report, lane, "host to device, pinned, " + size, pinned.data(), device);
  copy_to_device(report, lane, "host to device, pageable, " + size, pageable.data(), device);
  const Timing back = measure(runs, limit, [&] {
    check(cudaMemcpyAsync(pinned.data(), device.data(), device.bytes(), cudaMemcpyDeviceToHost, lane.raw()),
          "cudaMemcpyAsync");
    lane.stream().synchronize();
  });
  report.add({"device to host, pinned, " + size, back, 0, static_cast<double>(device.bytes()), 0, "", ""});
  measure_engine_copies(report, pageable, device, size);
  const DeviceArray<char> from(8 * bytes_to_device), to(8 * bytes_to_device);
  const Timing copy = measure(runs, limit, [&] {
    check(cudaMemcpyAsync(to.data(), from.data(), from.bytes(), cudaMemcpyDeviceToDevice, lane.raw()),
          "cudaMemcpyAsync");
    lane.stream().synchronize();
  });
  const double bytes = 2 * static_cast<double>(from.bytes());
  report.add({"device to device, " + size_text(from.bytes()) + ", read and written", copy, 0, bytes, 0, "", ""});
  ceilings.device_copy = bytes / copy.median;
}

/// By the engine's math mode (default) or without tensor cores (pedantic).
double measure_gemm(Report& report, const Lane& lane, std::int64_t n, cublasMath_t mode, const char* mode_name) {
  const auto a = random_doubles(n * n, 1), b = random_doubles(n * n, 2);
  DeviceArray<double> da(n * n), db(n * n), dc(n * n);
  da.upload(a);
  db.upload(b);
  const double one = 1, zero = 0;
  check(cublasSetMathMode(lane.blas(), mode), "cublasSetMathMode");
  const Timing time = measure(runs, limit, [&] {
    check(cublasDgemm_64(lane.blas(), CUBLAS_OP_T, CUBLAS_OP_N, n, n, n, &one, da.data(), n, db.data(), n, &zero,
                         dc.data(), n),
          "cublasDgemm_64");
    lane.stream().synchronize();
  });
  check(cublasSetMathMode(lane.blas(), CUBLAS_DEFAULT_MATH), "cublasSetMathMode");
  const double error = spot_check<double>(n, n, dc.download(), false, [&](std::int64_t i, std::int64_t j) {
    long double sum = 0;
    for (std::int64_t k = 0; k < n; ++k)
      sum += static_cast<long double>(a[static_cast<std::size_t>(k + i * n)]) * b[static_cast<std::size_t>(k + j * n)];
    return static_cast<double>(sum);
  });
  require(error, 1e-15 * static_cast<double>(n), "dgemm");
  const double flops = 2 * std::pow(static_cast<double>(n), 3);
  report.add(
      {fmt::format("dgemm, n = {}, {} math", n, mode_name), time, flops, 0, 0, fmt::format("{:.1e}", error), ""});
  return flops / time.median;
}

void measure_syrk(Report& report, const Lane& lane, std::int64_t n) {
  const auto a = random_doubles(n * n, 3);
  DeviceArray<double> da(n * n), dc(n * n);
  da.upload(a);
  const double one = 1, zero = 0;
  const Timing time = measure(runs, limit, [&] {
    check(
        cublasDsyrk_64(lane.blas(), CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_T, n, n, &one, da.data(), n, &zero, dc.data(), n),
        "cublasDsyrk_64");
    lane.stream().synchronize();
  });
  const double error = spot_check<double>(n, n, dc.download(), true, [&](std::int64_t i, std::int64_t j) {
    long double sum = 0;
    for (std::int64_t k = 0; k < n; ++k)
      sum += static_cast<long double>(a[static_cast<std::size_t>(k + i * n)]) * a[static_cast<std::size_t>(k + j * n)];
    return static_cast<double>(sum);
  });
  require(error, 1e-15 * static_cast<double>(n), "dsyrk");
  const auto size = static_cast<double>(n);
  report.add({fmt::format("dsyrk, n = k = {}, the triangle only", n), time, size * size * (size + 1), 0, 0,
              fmt::format("{:.1e}", error), ""});
}

/// By the engine's own call.
double measure_int8(Report& report, std::int64_t n) {
  const std::int64_t k = 2 * n;
  const auto a = random_bytes(k * n, 4), b = random_bytes(k * n, 5);
  DeviceArray<std::int8_t> da(k * n), db(k * n);
  DeviceArray<std::int32_t> dc(n * n);
  da.upload(a);
  db.upload(b);
  const auto context = std::make_shared<cuda::Context>(0, available_threads());
  cuda::IntegerGemm gemm(*context);
  const Timing time = measure(runs, limit, [&] {
    gemm.multiply(n, n, k, da.data(), db.data(), k, 0, dc.data(), n);
    context->main().stream().synchronize();
  });
  const double error = spot_check<std::int32_t>(n, n, dc.download(), false, [&](std::int64_t i, std::int64_t j) {
    std::int64_t sum = 0;
    for (std::int64_t s = 0; s < k; ++s)
      sum += std::int64_t{a[static_cast<std::size_t>(s + i * k)]} * b[static_cast<std::size_t>(s + j * k)];
    return static_cast<double>(sum);
  });
  require(error, 0, "the int8 product");
  const double operations = 2 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(k);
  report.add({fmt::format("int8 × int8 → int32, {0} × {0} × {1}", n, k), time, operations, 0, 0, "exact", ""});
  return operations / time.median;
}

}  // namespace

void copy_now(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  const cuda::Stream stream;
  check(cudaMemcpyAsync(to, from, bytes, kind, stream.get()), "cudaMemcpyAsync");
  stream.synchronize();
}

cudaDeviceProp open_device(Report& report) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess || count == 0)
    throw Error(
        ErrorCode::unavailable,
        fmt::format("no CUDA device: {}", status == cudaSuccess ? "none is there" : cudaGetErrorString(status)));
  check(cudaSetDevice(0), "cudaSetDevice");
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  int runtime = 0, driver = 0;
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  report.note("device", fmt::format("{}, sm_{}{}, {} multiprocessors, {:.1f} GB", properties.name, properties.major,
                                    properties.minor, properties.multiProcessorCount,
                                    static_cast<double>(properties.totalGlobalMem) / 1e9));
  report.note("cuda", fmt::format("runtime {}, driver {}, cuBLASLt {}", runtime, driver, cublasLtGetVersion()));
  return properties;
}

std::vector<std::int8_t> random_bytes(std::int64_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::int8_t> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); i += 8) {
    std::uint64_t bits = random();
    for (std::size_t j = i; j < std::min(i + 8, values.size()); ++j, bits >>= 8)
      values[j] = static_cast<std::int8_t>(bits & 0xff);
  }
  return values;
}

std::vector<double> random_doubles(std::int64_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = static_cast<double>(random() >> 11) * 0x1p-52 - 1;
  return values;
}

Ceilings measure_ceilings(Report& report, std::int64_t order) {
  cuda::Pool pool(0);
  const Lane lane(pool);
  Ceilings ceilings;
  report.begin("Ceilings");
  measure_copies(report, lane, 4 * order * order, ceilings);
  const double small = measure_gemm(report, lane, order / 2, CUBLAS_DEFAULT_MATH, "the engine's (default)");
  const double large = measure_gemm(report, lane, order, CUBLAS_DEFAULT_MATH, "the engine's (default)");
  const double plain = measure_gemm(report, lane, order, CUBLAS_PEDANTIC_MATH, "pedantic");
  ceilings.gemm_f64 = std::max({small, large, plain});
  measure_syrk(report, lane, order);
  ceilings.gemm_int8 = measure_int8(report, order);
  return ceilings;
}

}  // namespace eigenlens::bench
