// SPDX-License-Identifier: Apache-2.0
// The eigenproblems of a masking figure, by every routine at hand: which one, and on how many threads each, is fastest.
//
//   bench_eigen MOMENTS.safetensors [PATCH] [RUNS]
//
// H is the matrix of docs/math.md, section 4, of this data set at ratios 0.25 and 0.75. Every result is verified
// (residual and orthogonality) before its time is printed. "a problem" is the time for one when several run at once,
// divided by how many.
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <vector>

#include "backend/cpu/symmetric_eigen.hpp"
#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "host/lapack.hpp"
#include "host/parallel.hpp"
#include "pretext/strength.hpp"
#include "solve/family.hpp"

using namespace eigenlens;
using lapack::Int;

namespace {

using Dsyevr = void (*)(const char*, const char*, const char*, const Int*, double*, const Int*, const double*,
                        const double*, const Int*, const Int*, const double*, Int*, double*, double*, const Int*, Int*,
                        double*, const Int*, Int*, const Int*, Int*);
using Dsyevd = void (*)(const char*, const char*, const Int*, double*, const Int*, double*, double*, const Int*, Int*,
                        const Int*, Int*);

/// A routine of the library that the engine has open, which the engine itself does not call.
template <class Function>
Function routine(const char* name) {
  lapack::table();
  void* library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_NOLOAD);
  return reinterpret_cast<Function>(library ? dlsym(library, name) : nullptr);
}

struct Eigenproblem {
  DenseF64 h, a, z;
  std::vector<double> values;
  explicit Eigenproblem(DenseF64 matrix) : h(std::move(matrix)), a(h.rows(), h.cols()), z(h.rows(), h.cols()) {}
};

void bare_dsyevr(Eigenproblem& p) {
  static const auto dsyevr = routine<Dsyevr>("dsyevr_");
  const Int n = static_cast<Int>(p.h.rows()), none = 0, ask = -1;
  const double zero = 0;
  double size = 0;
  Int isize = 0, found = 0, info = 0;
  p.values.resize(static_cast<std::size_t>(n));
  std::vector<Int> support(static_cast<std::size_t>(2 * n));
  dsyevr("V", "A", "L", &n, p.a.data(), &n, &zero, &zero, &none, &none, &zero, &found, p.values.data(), p.z.data(), &n,
         support.data(), &size, &ask, &isize, &ask, &info);
  std::vector<double> work(static_cast<std::size_t>(size));
  std::vector<Int> iwork(static_cast<std::size_t>(isize));
  const Int lwork = static_cast<Int>(size);
  dsyevr("V", "A", "L", &n, p.a.data(), &n, &zero, &zero, &none, &none, &zero, &found, p.values.data(), p.z.data(), &n,
         support.data(), work.data(), &lwork, iwork.data(), &isize, &info);
}

void bare_dsyevd(Eigenproblem& p) {
  static const auto dsyevd = routine<Dsyevd>("dsyevd_");
  const Int n = static_cast<Int>(p.h.rows()), ask = -1;
  double size = 0;
  Int isize = 0, info = 0;
  p.values.resize(static_cast<std::size_t>(n));
  p.z = p.a;
  dsyevd("V", "L", &n, p.z.data(), &n, p.values.data(), &size, &ask, &isize, &ask, &info);
  std::vector<double> work(static_cast<std::size_t>(size));
  std::vector<Int> iwork(static_cast<std::size_t>(isize));
  const Int lwork = static_cast<Int>(size);
  dsyevd("V", "L", &n, p.z.data(), &n, p.values.data(), work.data(), &lwork, iwork.data(), &isize, &info);
}

void ours(Eigenproblem& p) { symmetric_eigen(p.h.rows(), p.a.data(), p.z.data(), p.values); }

/// max_k ‖Hz_k − μ_k z_k‖ / ‖H‖.
double residual(const Eigenproblem& p) {
  const Int n = static_cast<Int>(p.h.rows());
  DenseF64 full = p.h, product(n, n);
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < j; ++i) full(i, j) = full(j, i);
  const double one = 1, zero = 0;
  lapack::table().dgemm("N", "N", &n, &n, &n, &one, full.data(), &n, p.z.data(), &n, &zero, product.data(), &n);
  double worst = 0, largest = 0;
  for (std::int64_t k = 0; k < n; ++k) {
    double sum = 0;
    const double value = p.values[static_cast<std::size_t>(k)];
    for (std::int64_t i = 0; i < n; ++i) sum += std::pow(product(i, k) - value * p.z(i, k), 2);
    worst = std::max(worst, sum);
    largest = std::max(largest, std::abs(value));
  }
  return std::sqrt(worst) / largest;
}

struct Row {
  const char* name;
  int threads;
  bool together;
  std::function<void(Eigenproblem&)> solve;
};

double time_once(const Row& row, std::vector<Eigenproblem>& problems) {
  for (Eigenproblem& p : problems) p.a = p.h;
  lapack::table().set_num_threads(row.threads);
  const auto start = std::chrono::steady_clock::now();
  parallel_for(row.together ? static_cast<int>(problems.size()) : 1, static_cast<std::int64_t>(problems.size()),
               [&](std::int64_t i) { row.solve(problems[static_cast<std::size_t>(i)]); });
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() /
         static_cast<double>(problems.size());
}

DenseF64 matrix_at(Problem& problem, const Family& family, double ratio) {
  const Strength strength = strength_of({.kind = PretextKind::dropout, .ratio = ratio}, 1, 1);
  Weights w(1);
  for (const double t : family.theta) w[0].push_back(1 / std::sqrt(strength.a * t + strength.b));
  Matrix h = problem.workspace.scratch[0].reshaped(family.e.rows(), family.e.cols());
  problem.backend.congruence(family.e, w, std::span(&h, 1));
  return downloaded(problem.backend, h);
}

int run(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: bench_eigen MOMENTS.safetensors [PATCH=2] [RUNS=3]\n");
    return 2;
  }
  const int runs = argc > 3 ? std::atoi(argv[3]) : 3;
  const Device device;
  const Moments moments = load_moments(argv[1]);
  const Centring centring(moments);
  std::vector<Eigenproblem> problems;
  {
    Problem problem(device.backend(), centring, SolveMode::standard, Outcome::curves, 1);
    principal_family(problem);
    const Pretext mask = parse_pretext(fmt::format("mask:patch={},ratio=0.5", argc > 2 ? argv[2] : "2"))[0];
    const Family family = masked_family(problem, mask_groups(mask, moments.shape));
    for (int l = 0; l < device.threads(); ++l) problems.emplace_back(matrix_at(problem, family, l % 2 ? 0.75 : 0.25));
  }
  const int threads = device.threads();
  const std::vector<Row> rows{{"dsyevr, one after another", threads, false, bare_dsyevr},
                              {"dsyevd, one after another", threads, false, bare_dsyevd},
                              {"ours, one after another", threads, false, ours},
                              {"dsyevr, side by side", 1, true, bare_dsyevr},
                              {"dsyevd, side by side", 1, true, bare_dsyevd},
                              {"ours, side by side", 1, true, ours}};
  fmt::print("{} of order {}, {} problems, {}, median of {} runs in turn\n\n", moments.dataset, problems[0].h.rows(),
             problems.size(), lapack::description(), runs);
  std::vector<std::vector<double>> times(rows.size());
  std::vector<double> errors(rows.size());
  for (int r = 0; r <= runs; ++r)  // the first is a warm-up, and is verified
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double seconds = time_once(rows[i], problems);
      if (r > 0) times[i].push_back(seconds);
      if (r == 0) errors[i] = residual(problems[0]);
    }
  fmt::print(
      "| routine | threads each | s a problem | against dsyevr one after another | residual |\n| --- | --- | --- | --- "
      "| --- |\n");
  for (auto& t : times) std::sort(t.begin(), t.end());
  for (std::size_t i = 0; i < rows.size(); ++i)
    fmt::print("| {} | {} | {:.3f} | {:.2f} | {:.1e} |\n", rows[i].name, rows[i].threads, times[i][times[i].size() / 2],
               times[i][times[i].size() / 2] / times[0][times[0].size() / 2], errors[i]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    fmt::print(stderr, "bench_eigen: {}\n", error.what());
    return static_cast<int>(error.code());
  }
}
