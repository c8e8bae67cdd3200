// SPDX-License-Identifier: Apache-2.0
// cuSOLVER's eigensolvers on a batch of graded matrices: one after another (the bare peer), batched, on several
// streams; and our own. This decides the constants in src/backend/cuda/eigen_choice.hpp. Also how good small
// eigenvalues of a graded matrix are. --help says how to call it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "backend/cpu/symmetric_eigen.hpp"
#include "backend/cuda/eigen_choice.hpp"
#include "device/solvers.hpp"
#include "eigenlens/error.hpp"

namespace {

using namespace eigenlens;
using namespace eigenlens::bench;

constexpr double decades = 8;
constexpr int streams[] = {2, 4, 8, 10};

/// What --help prints.
constexpr char usage[] =
    R"(bench_device_eigen [--order N]... [--problems P] [--batch B] [--accuracy N] [--runs R] [--limit SECONDS]
                   [--ceiling-order N] [--json FILE]

cuSOLVER's eigensolvers on a batch of graded matrices: one after another, batched, on several streams; with the
Cholesky factorisations that follow, stage by stage and stream by stream; batches of up to B problems.

  --order N          of the matrices, may be given several times (default 256, 784, 1536 and 3072)
  --problems P       matrices a batch (default 10; 1 beyond an order of 6000)
  --batch B          the most problems of one batched call, orders up to 1024 (default 128)
  --accuracy N       order at which small eigenvalues are compared with planted ones (default 256)
  --runs R           timed calls, after one that warms up (default 3)
  --limit SECONDS    no call starts after so long at one of them (default 15)
  --ceiling-order N  of the products that measure the ceilings (default 8192)
  --json FILE        writes the numbers there, too

Exit status: 0 if all is verified, 1 if something is not, else the code of the error (2: wrong options, 7: no device).
)";

/// A way to solve a batch. More of them: a line in ways().
struct Way {
  std::string name;
  std::function<void(Solvers&, Batch64&)> solve;
};

std::vector<Way> ways(std::int64_t problems) {
  std::vector<Way> all{{"Xsyevd, one after another", [](Solvers& s, Batch64& b) { s.syevd(b, 1); }}};
  for (const int lanes : streams)
    if (lanes <= problems)
      all.push_back({fmt::format("Xsyevd, {} streams with a host thread each", lanes),
                     [lanes](Solvers& s, Batch64& b) { s.syevd(b, lanes); }});
  if (problems > 1) all.push_back({"XsyevBatched", [](Solvers& s, Batch64& b) { s.syev_batched(b); }});
  all.push_back({"our own: reduction, bisection, twisted vectors", [](Solvers& s, Batch64& b) { s.tridiagonal(b); }});
  return all;
}

using Matrices = std::vector<std::vector<double>>;

void load(Batch64& batch, const Matrices& matrices) {
  for (std::int64_t i = 0; i < batch.count; ++i) {
    const auto& a = matrices[static_cast<std::size_t>(i) % matrices.size()];
    copy_now(batch.a.data() + i * batch.n * batch.n, a.data(), a.size() * sizeof(double), cudaMemcpyHostToDevice);
  }
  cuda::check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
}

/// Copies of the matrices are made between the timed calls, not in them.
Timing time_way(const Way& way, Solvers& solvers, Batch64& batch, const Matrices& matrices, int runs, double limit) {
  std::vector<double> times;
  double spent = 0;
  for (int run = 0; run <= runs && (run < 2 || spent < limit); ++run) {
    load(batch, matrices);
    const double time = seconds([&] { way.solve(solvers, batch); });
    spent += time;
    if (run > 0 || time > limit) times.push_back(time);  // the first is a warm-up
    if (time > limit) break;
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.front(), static_cast<int>(times.size())};
}

/// One-stage tridiagonalisation reads the trailing matrix once a column: 8n³/3 bytes, half of it if a symmetric product
/// reads one triangle.
double least_bytes(std::int64_t n) { return 8 * std::pow(static_cast<double>(n), 3) / 6; }

/// What each step of our own solver takes, after ways() have warmed it up.
void time_own_steps(Report& report, Solvers& solvers, Batch64& batch, const Matrices& matrices,
                    const Ceilings& ceilings) {
  load(batch, matrices);
  const auto n = static_cast<double>(batch.n), count = static_cast<double>(batch.count);
  const double cube = n * n * n * count, bytes = least_bytes(batch.n) * count;
  for (const auto& [step, time] : solvers.tridiagonal_steps(batch)) {
    Row row{"our own, of which " + step,
            {time, time, 1},
            0,
            0,
            0,
            "",
            fmt::format("{:.2f} ms a problem", 1e3 * time / count)};
    if (step == "reduction") row.operations = 4 * cube / 3, row.bytes = bytes, row.floor = bytes / ceilings.device_copy;
    if (step == "way back") row.operations = 2 * cube, row.floor = 2 * cube / ceilings.gemm_f64;
    report.add(row);
  }
}

void time_order(Report& report, std::int64_t n, std::int64_t problems, const Ceilings& ceilings, int runs,
                double limit) {
  report.begin(fmt::format("{} eigenproblems of order {}, with vectors", problems, n));
  Matrices matrices;
  for (std::int64_t i = 0; i < std::min<std::int64_t>(problems, 2); ++i)
    matrices.push_back(graded_matrix(n, decades, static_cast<std::uint64_t>(100 + i)));
  Batch64 batch(n, problems);
  Solvers solvers(static_cast<int>(std::min<std::int64_t>(problems, 10)));
  const auto count = static_cast<double>(problems);
  std::string fastest;
  double least = 0, serial = 0;
  for (const Way& way : ways(problems)) {
    try {
      const Timing time = time_way(way, solvers, batch, matrices, runs, limit);
      Solvers::require_converged(batch);
      double error = 0;
      for (const std::int64_t index : {std::int64_t{0}, problems - 1})
        error =
            std::max(error, solution_error(batch, index, matrices[static_cast<std::size_t>(index) % matrices.size()]));
      if (!(error < 1e-15 * 50 * static_cast<double>(n)))
        throw Error(ErrorCode::numerical, fmt::format("residual or orthogonality {:.1e}", error));
      if (serial == 0) serial = time.median;
      if (fastest.empty() || time.median < least) fastest = way.name, least = time.median;
      report.add({way.name, time, 9 * std::pow(static_cast<double>(n), 3) * count, least_bytes(n) * count,
                  least_bytes(n) * count / ceilings.device_copy, fmt::format("{:.1e}", error),
                  fmt::format("{:.2f} ms a problem, {:.2f} × the serial speed", 1e3 * time.median / count,
                              serial / time.median)});
    } catch (const Error& error) {
      report.fail(fmt::format("{}, n = {}", way.name, n), error.what());
    }
  }
  time_own_steps(report, solvers, batch, matrices, ceilings);
  if (!fastest.empty()) report.note(fmt::format("fastest at order {} of {}", n, problems), fastest);
}

/// Whether it pays that a lane goes on to its Cholesky factorisation while others still solve.
void time_overlap(Report& report, std::int64_t n, std::int64_t problems, int runs, double limit) {
  const auto lanes = static_cast<int>(std::min<std::int64_t>(problems, cuda::most_lanes));
  report.begin(
      fmt::format("{} eigenproblems of order {} and the Cholesky factor of each ZᵀZ, {} streams", problems, n, lanes));
  const std::vector<std::vector<double>> matrices = {graded_matrix(n, decades, 100), graded_matrix(n, decades, 101)};
  Batch64 batch(n, problems);
  DeviceArray<double> factors(n * n * problems);
  Solvers solvers(lanes);
  const std::vector<Way> all{
      {"Xsyevd alone", [&](Solvers& s, Batch64& b) { s.syevd(b, lanes); }},
      {"all Xsyevd, then all syrk and Xpotrf",
       [&](Solvers& s, Batch64& b) { s.solve_and_factor(b, factors, lanes, Order::stage_by_stage); }},
      {"Xsyevd, syrk and Xpotrf, every stream for itself",
       [&](Solvers& s, Batch64& b) { s.solve_and_factor(b, factors, lanes, Order::lane_by_lane); }}};
  double alone = 0;
  for (const Way& way : all) {
    const Timing time = time_way(way, solvers, batch, matrices, runs, limit);
    Solvers::require_converged(batch);
    const double error = alone > 0 ? factor_error(batch, factors) : 0;
    if (!(error < 1e-15 * 50 * static_cast<double>(n)))
      throw Error(ErrorCode::numerical, fmt::format("{}: L is {:.1e} from I", way.name, error));
    if (alone == 0) alone = time.median;
    report.add({way.name, time, 0, 0, 0, fmt::format("{:.1e}", error),
                fmt::format("{:.2f} ms more than Xsyevd alone", 1e3 * (time.median - alone))});
  }
}

/// Problems at a time beyond which the batched routine gains no more: most_batched_problems of eigen_choice.hpp.
void time_batches(Report& report, std::int64_t n, std::int64_t most, int runs, double limit) {
  report.begin(fmt::format("XsyevBatched of order {}, by problems at a time", n));
  const std::vector<std::vector<double>> matrices = {graded_matrix(n, decades, 100)};
  Solvers solvers(1);
  for (std::int64_t problems = 4; problems <= most; problems *= 2) {
    Batch64 batch(n, problems);
    const Way way{fmt::format("{} problems", problems), [](Solvers& s, Batch64& b) { s.syev_batched(b); }};
    const Timing time = time_way(way, solvers, batch, matrices, runs, limit);
    Solvers::require_converged(batch);
    const double error = solution_error(batch, problems - 1, matrices.front());
    if (!(error < 1e-15 * 50 * static_cast<double>(n)))
      throw Error(ErrorCode::numerical, fmt::format("residual or orthogonality {:.1e}", error));
    report.add({way.name, time, 0, 0, 0, fmt::format("{:.1e}", error),
                fmt::format("{:.3f} ms a problem", 1e3 * time.median / static_cast<double>(problems))});
  }
}

/// Largest relative error of the eigenvalues above `least` times the largest; both ascending.
double relative_error(const std::vector<double>& truth, const std::vector<double>& found, double least) {
  double worst = 0;
  for (std::size_t i = 0; i < truth.size(); ++i)
    if (truth[i] > least * truth.back()) worst = std::max(worst, std::abs(found[i] - truth[i]) / truth[i]);
  return worst;
}

void report_accuracy(Report& report, std::int64_t n) {
  constexpr double wide = 13;
  const Graded problem = graded_problem(n, wide, 5);
  report.begin(fmt::format("Small eigenvalues of a graded matrix of order {}, {} decades", n, wide));
  const auto add = [&](const std::string& name, double time, const std::vector<double>& found) {
    report.add({name,
                {time, time, 1},
                0,
                0,
                0,
                fmt::format("{:.1e}", relative_error(problem.eigenvalues, found, 0)),
                fmt::format("above 1e-6: {:.1e}, above 1e-10: {:.1e}; against singular values of the factor",
                            relative_error(problem.eigenvalues, found, 1e-6),
                            relative_error(problem.eigenvalues, found, 1e-10))});
  };
  {
    std::vector<double> a = problem.matrix, z(a.size()), values;
    const double time = seconds([&] { symmetric_eigen(n, a.data(), z.data(), values); });
    std::reverse(values.begin(), values.end());
    add("CPU backend: dsytrd, dstemr", time, values);
  }
  Solvers solvers(1);
  Batch64 batch(n, 1);
  const std::vector<Way> all{{"Xsyevd", [](Solvers& s, Batch64& b) { s.syevd(b, 1); }},
                             {"XsyevBatched", [](Solvers& s, Batch64& b) { s.syev_batched(b); }},
                             {"our own", [](Solvers& s, Batch64& b) { s.tridiagonal(b); }},
                             {"Dsyevj", [](Solvers& s, Batch64& b) { s.syevj(b); }}};
  for (const Way& way : all) try {
      batch.a.upload(problem.matrix);
      const double time = seconds([&] { way.solve(solvers, batch); });
      Solvers::require_converged(batch);
      add(way.name, time, batch.values.download());
    } catch (const Error& error) {
      report.fail(way.name, error.what());
    }
}

int run(int argc, char** argv) {
  const Arguments arguments(argc, argv,
                            {"json", "runs", "limit", "order", "problems", "batch", "accuracy", "ceiling-order"});
  Report report("bench_device_eigen", arguments.text("json", ""));
  open_device(report);
  const auto runs = static_cast<int>(arguments.number("runs", 3));
  const auto limit = static_cast<double>(arguments.number("limit", 15));
  std::vector<std::int64_t> orders;
  for (const std::string& order : arguments.all("order")) orders.push_back(std::stoll(order));
  if (orders.empty()) orders = {256, 784, 1536, 3072};
  const Ceilings ceilings = measure_ceilings(report, arguments.number("ceiling-order", ceiling_order));
  report_accuracy(report, arguments.number("accuracy", 256));
  for (const std::int64_t n : orders) {
    // Beyond about 6,000 one problem is all that is asked: ten would take minutes.
    const std::int64_t problems = n > 6000 ? 1 : arguments.number("problems", 10);
    try {
      time_order(report, n, problems, ceilings, runs, limit);
      if (problems > 1) time_overlap(report, n, problems, runs, limit);
      if (n <= 1024) time_batches(report, n, arguments.number("batch", 128), runs, limit);
    } catch (const Error& error) {
      report.fail(fmt::format("n = {}", n), error.what());
    }
  }
  return report.status();
}

}  // namespace

int main(int argc, char** argv) { return main_of("bench_device_eigen", usage, run, argc, argv); }
