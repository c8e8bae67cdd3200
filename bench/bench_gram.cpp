// SPDX-License-Identifier: Apache-2.0
// Second moments on the CPU: exact integer Gram of bytes against float64 dsyrk and float32 ssyrk of the same data.
// Verifies first, then times. bench_gram [--threads T] [--runs R] [--isa NAME] [--images FILE --header BYTES
// --dimension D]
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "backend/cpu/gram_u8.hpp"
#include "eigenlens/error.hpp"
#include "host/lapack.hpp"
#include "host/parallel.hpp"

namespace {

using namespace eigenlens;

struct Options {
  int threads = 2;
  int runs = 5;
  std::string isa;
  std::string images;  ///< raw bytes: real data instead of random ones
  std::int64_t header = 16;
  std::int64_t dimension = 784;
};

struct Data {
  std::string name;
  std::int64_t count = 0;
  std::int64_t dimension = 0;
  std::vector<std::uint8_t> x;
  std::vector<std::int32_t> labels;
};

struct Timing {
  double median = 0;
  double least = 0;
};

/// Wall clock, or processor time with --clock cpu: what one thread would take if nobody else used the machine.
bool processor_clock = false;

double now() {
  timespec time{};
  clock_gettime(processor_clock ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double seconds(const std::function<void()>& work) {
  const double start = now();
  work();
  return now() - start;
}

/// One warm-up, then `runs` timed runs.
Timing measure(int runs, const std::function<void()>& work) {
  work();
  std::vector<double> times;
  for (int run = 0; run < runs; ++run) times.push_back(seconds(work));
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.front()};
}

#if defined(__x86_64__)
constexpr std::int64_t ceiling_steps = 20'000'000;
/// 12 independent sums hide the latency of 5 cycles on two ports. Returns byte operations (multiply and add are two).
[[gnu::target("avx512f,avx512vnni")]] double loop_avx512vnni() {
  __m512i sum[12];
#pragma GCC unroll 12
  for (__m512i& s : sum) s = _mm512_setzero_si512();
  __m512i x = _mm512_set1_epi32(0x01020304);
  for (std::int64_t i = 0; i < ceiling_steps; ++i) {
    asm volatile("" : "+v"(x));
#pragma GCC unroll 12
    for (auto& s : sum) s = _mm512_dpbusd_epi32(s, x, x);
  }
#pragma GCC unroll 12
  for (__m512i& s : sum) asm volatile("" : "+v"(s));
  return 12.0 * 128 * ceiling_steps;
}

[[gnu::target("avx2,avxvnni")]] double loop_avxvnni() {
  __m256i sum[12];
#pragma GCC unroll 12
  for (__m256i& s : sum) s = _mm256_setzero_si256();
  __m256i x = _mm256_set1_epi32(0x01020304);
  for (std::int64_t i = 0; i < ceiling_steps; ++i) {
    asm volatile("" : "+x"(x));
#pragma GCC unroll 12
    for (auto& s : sum) s = _mm256_dpbusd_avx_epi32(s, x, x);
  }
#pragma GCC unroll 12
  for (__m256i& s : sum) asm volatile("" : "+x"(s));
  return 12.0 * 64 * ceiling_steps;
}

[[gnu::target("avx2")]] double loop_avx2() {
  __m256i sum[12];
#pragma GCC unroll 12
  for (__m256i& s : sum) s = _mm256_setzero_si256();
  __m256i x = _mm256_set1_epi32(0x01020304);
  for (std::int64_t i = 0; i < ceiling_steps; ++i) {
#pragma GCC unroll 12
    for (auto& s : sum) {
      asm volatile("" : "+x"(x));
      s = _mm256_add_epi32(s, _mm256_madd_epi16(x, x));
    }
  }
#pragma GCC unroll 12
  for (__m256i& s : sum) asm volatile("" : "+x"(s));
  return 12.0 * 32 * ceiling_steps;
}
#endif

/// Operations a second of the dot-product instruction alone, on all threads; 0: not measured for this instruction set.
double integer_ceiling(CpuIsa isa, int threads) {
  double (*loop)() = nullptr;
#if defined(__x86_64__)
  if (isa == CpuIsa::avx512vnni) loop = loop_avx512vnni;
  if (isa == CpuIsa::avxvnni) loop = loop_avxvnni;
  if (isa == CpuIsa::avx2) loop = loop_avx2;
#endif
  if (!loop) return 0;
  double operations = 0;
  const Timing time = measure(5, [&] { parallel_for(threads, threads, [&](std::int64_t) { operations = loop(); }); });
  return operations * threads / time.least;
}

/// Flops a second of dgemm at n = 2,048; single precision is taken to be twice as fast.
double gemm_ceiling() {
  const lapack::Int n = 2048;
  std::vector<double> a(static_cast<std::size_t>(n) * n, 0.5);
  std::vector<double> c(a.size());
  const double one = 1;
  const double zero = 0;
  const Timing time = measure(
      5, [&] { lapack::table().dgemm("N", "T", &n, &n, &n, &one, a.data(), &n, a.data(), &n, &zero, c.data(), &n); });
  return 2.0 * n * n * n / time.least;
}

Data make_data(std::int64_t count, std::int64_t dimension, const Options& options) {
  Data data{fmt::format("{} × {}", count, dimension), count, dimension, {}, {}};
  data.x.resize(static_cast<std::size_t>(count * dimension));
  data.labels.resize(static_cast<std::size_t>(count));
  std::mt19937_64 random(1);
  for (auto& label : data.labels) label = static_cast<std::int32_t>(random() % 10);
  for (std::size_t i = 0; i + 8 <= data.x.size(); i += 8) {
    const std::uint64_t bits = random();
    std::memcpy(data.x.data() + i, &bits, 8);
  }
  if (!options.images.empty() && options.dimension == dimension) {
    std::ifstream file(options.images, std::ios::binary);
    file.seekg(options.header);
    file.read(reinterpret_cast<char*>(data.x.data()), static_cast<std::streamsize>(data.x.size()));
    if (!file) throw Error(ErrorCode::data, fmt::format("{}: shorter than {} bytes", options.images, data.x.size()));
    data.name += " real";
  }
  return data;
}

/// The samples as Real and their Gram matrix.
template <class Real>
struct Syrk {
  std::vector<Real> values;
  std::vector<Real> gram;
  Timing convert, product;
};

void rank_k(lapack::Int n, lapack::Int k, const double* a, const double* beta, double* c) {
  const double one = 1;
  lapack::table().dsyrk("L", "N", &n, &k, &one, a, &n, beta, c, &n);
}

void rank_k(lapack::Int n, lapack::Int k, const float* a, const double* beta, float* c) {
  const float one = 1;
  const auto b = static_cast<float>(*beta);
  lapack::table().ssyrk("L", "N", &n, &k, &one, a, &n, &b, c, &n);
}

/// The whole set is converted once, and the product is one call: the most favourable case for the peer.
template <class Real>
Syrk<Real> time_syrk(const Data& data, const Options& options) {
  Syrk<Real> s;
  s.values.resize(data.x.size());
  s.gram.resize(static_cast<std::size_t>(data.dimension * data.dimension));
  s.convert = measure(options.runs, [&] {
    const auto parts = std::int64_t{64};
    parallel_for(options.threads, parts, [&](std::int64_t p) {
      const auto size = static_cast<std::int64_t>(data.x.size());
      for (std::int64_t i = size * p / parts; i < size * (p + 1) / parts; ++i)
        s.values[static_cast<std::size_t>(i)] = data.x[static_cast<std::size_t>(i)];
    });
  });
  const double beta = 0;
  s.product = measure(options.runs, [&] {
    rank_k(static_cast<lapack::Int>(data.dimension), static_cast<lapack::Int>(data.count), s.values.data(), &beta,
           s.gram.data());
  });
  return s;
}

struct Row {
  std::string what;
  Timing time;
  double ceiling = 0;
  std::string error;
};

void print(const Data& data, const std::vector<Row>& rows) {
  const double operations =
      static_cast<double>(data.count) * static_cast<double>(data.dimension) * static_cast<double>(data.dimension + 1);
  fmt::print("\n### {}\n\n", data.name);
  fmt::print("| what | median s | min s | GB/s read | Gop/s | of ceiling | exact integer is faster by | error |\n");
  fmt::print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n");
  for (const Row& row : rows) {
    fmt::print("| {} | {:.3f} | {:.3f} | {:.2f} | {:.0f} | {} | {:.2f} | {} |\n", row.what, row.time.median,
               row.time.least, static_cast<double>(data.x.size()) / row.time.least / 1e9,
               operations / row.time.least / 1e9,
               row.ceiling > 0 ? fmt::format("{:.0f} %", 100 * operations / row.time.least / row.ceiling) : "",
               row.time.least / rows.front().time.least, row.error);
  }
}

/// Largest relative difference of the lower triangles.
template <class Real>
std::string error_of(const DenseI64& exact, const std::vector<Real>& gram) {
  double worst = 0;
  for (std::int64_t j = 0; j < exact.cols(); ++j)
    for (std::int64_t i = j; i < exact.rows(); ++i) {
      const auto truth = static_cast<double>(exact(i, j));
      const auto value = static_cast<double>(gram[static_cast<std::size_t>(i + j * exact.rows())]);
      worst = std::max(worst, std::abs(value - truth) / std::max(truth, 1.0));
    }
  return worst == 0 ? "none" : fmt::format("{:.1e}", worst);
}

void run(const Data& data, const Options& options, CpuIsa isa, double integer, double gemm) {
  GramU8 gram(data.dimension, 10, options.threads, isa);
  GramU8::Result result;
  const auto whole = [&] {
    gram.add(data.x.data(), data.labels.data(), data.count);
    result = gram.finish();
  };
  whole();
  const auto d = time_syrk<double>(data, options);  // sums of products of bytes below 2⁵³: dsyrk is exact here, too
  const std::string error = error_of(result.gram, d.gram);
  if (error != "none") throw Error(ErrorCode::numerical, "the integer Gram differs from dsyrk by " + error);
  std::vector<Row> rows;
  rows.push_back({fmt::format("exact, {} (pack, class sums, finish included)", isa_name(isa)),
                  measure(options.runs, whole), integer, "none (checked)"});
  const std::int64_t batch = (std::int64_t{8} << 20) / data.dimension;
  rows.push_back({"the same in batches of 8 MiB",
                  measure(options.runs,
                          [&] {
                            for (std::int64_t n = 0; n < data.count; n += batch)
                              gram.add(data.x.data() + n * data.dimension, data.labels.data() + n,
                                       std::min(batch, data.count - n));
                            result = gram.finish();
                          }),
                  integer, ""});
  const auto s = time_syrk<float>(data, options);
  rows.push_back({"ssyrk, float32, data already converted", s.product, 2 * gemm, error_of(result.gram, s.gram)});
  rows.push_back({"dsyrk, float64, data already converted", d.product, gemm, error});
  print(data, rows);
  fmt::print("\nConversion, not counted: {:.3f} s to float32, {:.3f} s to float64.\n", s.convert.median,
             d.convert.median);
  std::fflush(stdout);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--threads") {
      options.threads = std::stoi(value);
    } else if (name == "--runs") {
      options.runs = std::stoi(value);
    } else if (name == "--isa") {
      options.isa = value;
    } else if (name == "--images") {
      options.images = value;
    } else if (name == "--header") {
      options.header = std::stoll(value);
    } else if (name == "--dimension") {
      options.dimension = std::stoll(value);
    } else if (name == "--clock" && (value == "cpu" || value == "wall")) {
      processor_clock = value == "cpu";
    } else {
      throw Error(ErrorCode::usage, "unknown option " + name);
    }
  }
  if (processor_clock && options.threads != 1)
    throw Error(ErrorCode::usage, "--clock cpu adds up the time of all threads: use it with --threads 1");
  return options;
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = parse(argc, argv);
  const CpuIsa isa = choose_isa(options.isa);
  lapack::table().set_num_threads(options.threads);
  const double integer = integer_ceiling(isa, options.threads);
  const double gemm = gemm_ceiling();
  fmt::print(
      "{}, {} threads, {} runs, {} clock. Integer ceiling ({} in registers): {:.0f} Gop/s; dgemm ceiling: {:.0f} "
      "Gflop/s.\n",
      lapack::description(), options.threads, options.runs, processor_clock ? "processor" : "wall", isa_name(isa),
      integer / 1e9, gemm / 1e9);
  run(make_data(60000, 784, options), options, isa, integer, gemm);
  run(make_data(50000, 3072, options), options, isa, integer, gemm);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_gram: {}\n", error.what());
  return 1;
}
