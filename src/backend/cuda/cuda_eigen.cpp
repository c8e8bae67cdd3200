// SPDX-License-Identifier: Apache-2.0
// Eigenproblems and singular values: what is asked of the matrices first, the route, and what is asked of the answers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "backend/cuda/batch.hpp"
#include "backend/cuda/cuda_backend.hpp"
#include "backend/cuda/eigen_solvers.hpp"
#include "backend/cuda/tridiagonal_route.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "kernels/congruence.hpp"
#include "kernels/extent.hpp"
#include "kernels/reversed_columns.hpp"
#include "kernels/scale_rows.hpp"

namespace eigenlens::cuda {
namespace {

constexpr const char* single_routine = "cusolverDnXsyevd";
constexpr const char* batched_routine = "cusolverDnXsyevBatched";
constexpr const char* svd_routine = "cusolverDnXgesvd";
constexpr const char* own_routine = "reduction+bisection+twisted";
/// Squares of entries, and of what they are to the largest, stay far from the ends of float64's range.
constexpr double smallest_reducible = 1e-100, largest_reducible = 1e100;

/// The lanes of a batch that a solver has to see, in the order of the caller's.
using Open = std::vector<std::size_t>;

void require_order(std::int64_t n, std::int64_t largest, const char* routine) {
  if (n > largest)
    throw Error(ErrorCode::usage, fmt::format("a problem of order {} is beyond what {} is known to solve: order {}", n,
                                              routine, largest));
}

void become_identity(Context& context, Matrix& z) {
  const std::int64_t n = z.rows();
  const std::vector<double> host(at(n), 1);
  const Array<double> ones = context.uploaded<double>(host);
  check(cudaMemsetAsync(z.data(), 0, at(z.size()) * sizeof(double), context.main().raw()), "cudaMemsetAsync");
  check(cudaMemcpy2DAsync(z.data(), at(n + 1) * sizeof(double), ones.data(), sizeof(double), sizeof(double), at(n),
                          cudaMemcpyDeviceToDevice, context.main().raw()),
        "cudaMemcpy2DAsync");
}

/// Looks at every matrix. Those that are not finite get their status, zeros their answer; the lanes of the others are
/// returned, and their largest entries kept in `sizes`.
Open open_lanes(Context& context, std::span<const Matrix> a, kernels::Entries entries, std::span<Matrix> z,
                std::span<std::vector<double>> values, std::vector<SolveStatus>& status, std::vector<double>& sizes) {
  const LaneResults<double> extents(context, a.size(), 1);
  check(cudaMemsetAsync(extents.of(0), 0, a.size() * sizeof(double), context.main().raw()), "cudaMemsetAsync");
  for (std::size_t l = 0; l < a.size(); ++l)
    check_launch(kernels::extent(a[l].rows(), a[l].cols(), entries, a[l].data(), extents.of(l), context.main().raw()),
                 "extent");
  const std::vector<double> extent = extents.downloaded();
  Open open;
  for (std::size_t l = 0; l < a.size(); ++l) {
    values[l].assign(at(z[l].rows()), 0);
    status[l].routine = "none";
    if (z[l].rows() == 0) continue;
    if (!std::isfinite(extent[l])) {
      status[l].ok = false;
      status[l].detail = fmt::format("the matrix of order {} is not finite", z[l].rows());
    } else if (extent[l] == 0) {
      become_identity(context, z[l]);
    } else {
      open.push_back(l);
      sizes.push_back(extent[l]);
    }
  }
  return open;
}

/// Empty if the values can be what a solver found.
std::string doubt(const std::vector<double>& ascending) {
  if (!std::all_of(ascending.begin(), ascending.end(), [](double value) { return std::isfinite(value); }))
    return "values that are not finite";
  return std::is_sorted(ascending.begin(), ascending.end()) ? "" : "values out of order";
}

/// What a solver says of one lane.
struct Answer {
  std::vector<double> ascending;
  int info = 0;

  [[nodiscard]] bool good() const { return info == 0 && doubt(ascending).empty(); }
  [[nodiscard]] std::string failure(const char* routine, std::int64_t n) const {
    if (info != 0) return info_text(routine, n, info);
    return fmt::format("{} of order {} returned {}", routine, n, doubt(ascending));
  }
  /// "failed (info 3)"
  [[nodiscard]] std::string reason() const {
    if (info != 0) return fmt::format("failed (info {})", info);
    return fmt::format("returned {}", doubt(ascending));
  }
};

std::vector<Answer> downloaded(const LaneResults<double>& w, const LaneResults<int>& info, std::size_t lanes) {
  std::vector<Answer> answers(lanes);
  std::vector<std::vector<double>> values(lanes);
  w.download(values);
  const std::vector<int> infos = info.downloaded();
  for (std::size_t i = 0; i < lanes; ++i) answers[i] = {std::move(values[i]), infos[i]};
  return answers;
}

/// cusolverDnXsyevd for each of the lanes: A_l is destroyed.
std::vector<Answer> solve_singly(Context& context, EigenRoute route, const Open& lanes, std::span<Matrix> a,
                                 std::span<Matrix> z) {
  const std::int64_t n = a[0].rows();
  const LaneResults<double> w(context, lanes.size(), n);
  const LaneResults<int> info(context, lanes.size(), 1);
  const auto solve = [&](Lane& lane, std::size_t i) {
    const std::size_t l = lanes[i];
    syevd(lane, n, a[l].data(), w.of(i), info.of(i));
    check_launch(kernels::reversed_columns(n, n, a[l].data(), z[l].data(), lane.raw()), "reversed_columns");
  };
  if (route == EigenRoute::one_by_one)
    for (std::size_t i = 0; i < lanes.size(); ++i) solve(context.main(), i);
  else
    context.for_lane_threads(lanes.size(), solve);
  return downloaded(w, info, lanes.size());
}

/// One cusolverDnXsyevBatched for the lanes, on copies side by side: A_l is only read.
std::vector<Answer> solve_together(Context& context, const Open& lanes, std::span<const Matrix> a,
                                   std::span<Matrix> z) {
  const std::int64_t n = a[0].rows();
  const LaneResults<double> w(context, lanes.size(), n), copies(context, lanes.size(), n * n);
  const LaneResults<int> info(context, lanes.size(), 1);
  Lane& main = context.main();
  for (std::size_t i = 0; i < lanes.size(); ++i)  // without weights: a copy of the triangle, the other is not there
    check_launch(kernels::congruence(n, a[lanes[i]].data(), nullptr, copies.of(i), main.raw()), "congruence");
  syev_batched(main, n, static_cast<std::int64_t>(lanes.size()), copies.of(0), w.of(0), info.of(0));
  for (std::size_t i = 0; i < lanes.size(); ++i)
    check_launch(kernels::reversed_columns(n, n, copies.of(i), z[lanes[i]].data(), main.raw()), "reversed_columns");
  return downloaded(w, info, lanes.size());
}

void accept(Answer answer, const char* routine, std::int64_t n, SolveStatus& status, std::vector<double>& values) {
  status.routine = routine;
  status.accuracy = Accuracy::absolute;
  if (answer.good()) {
    values.assign(answer.ascending.rbegin(), answer.ascending.rend());
  } else {
    status.ok = false;
    status.detail = answer.failure(routine, n);
  }
}

/// The batched routine for the lanes; what it fails at, cusolverDnXsyevd solves, and says so.
void solve_batch(Context& context, const Open& lanes, std::span<Matrix> a, std::span<Matrix> z,
                 std::span<std::vector<double>> values, std::vector<SolveStatus>& status) {
  const std::int64_t n = a[0].rows();
  std::vector<Answer> answers = solve_together(context, lanes, a, z);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const std::size_t l = lanes[i];
    const bool good = answers[i].good();
    const std::string fallback = fmt::format("{} after {} {}", single_routine, batched_routine, answers[i].reason());
    if (!good) answers[i] = std::move(solve_singly(context, EigenRoute::one_by_one, {l}, a, z).front());
    accept(std::move(answers[i]), good ? batched_routine : single_routine, n, status[l], values[l]);
    if (!good) status[l].routine = fallback;
  }
}

/// Our own solver for the lanes.
void solve_reduced(Context& context, const Open& lanes, std::span<Matrix> a, std::span<Matrix> z,
                   std::span<std::vector<double>> values, std::vector<SolveStatus>& status) {
  std::vector<double*> from, to;
  for (const std::size_t l : lanes) {
    from.push_back(a[l].data());
    to.push_back(z[l].data());
  }
  std::vector<TridiagonalAnswer> answers = tridiagonal_eigen(context, a[0].rows(), from, to);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const std::size_t l = lanes[i];
    TridiagonalAnswer& found = answers[i];
    std::reverse(found.descending.begin(), found.descending.end());
    accept({std::move(found.descending), found.info}, own_routine, a[0].rows(), status[l], values[l]);
    if (found.positive) status[l].accuracy = Accuracy::graded;
    if (found.unresolved > 0)
      status[l].routine =
          fmt::format("reduction+{} ({} vectors not to be had by themselves)", single_routine, found.unresolved);
  }
}

}  // namespace

std::vector<SolveStatus> CudaBackend::eigh(std::span<Matrix> a, std::span<Matrix> z,
                                           std::span<std::vector<double>> values) {
  std::vector<SolveStatus> status(a.size());
  if (a.empty()) return status;
  const std::int64_t n = a[0].rows();
  require_order(n, largest_order(SolveMode::standard), single_routine);
  const auto here = context_->activate();
  std::vector<double> sizes;
  const Open open = open_lanes(*context_, a, kernels::Entries::lower, z, values, status, sizes);
  if (open.empty()) return status;
  EigenRoute route = choose_route(route_, n, static_cast<std::int64_t>(open.size()));
  if (route == EigenRoute::tridiagonal) {
    const auto reducible = [](double size) { return size >= smallest_reducible && size <= largest_reducible; };
    if (std::all_of(sizes.begin(), sizes.end(), reducible)) {
      solve_reduced(*context_, open, a, z, values, status);
      return status;
    }
    route = EigenRoute::streams;
  }
  if (route == EigenRoute::batched) {
    for (std::size_t first = 0; first < open.size(); first += at(largest_batch(n))) {
      const std::size_t end = std::min(open.size(), first + at(largest_batch(n)));
      const Open part(open.begin() + static_cast<std::ptrdiff_t>(first),
                      open.begin() + static_cast<std::ptrdiff_t>(end));
      solve_batch(*context_, part, a, z, values, status);
    }
    return status;
  }
  std::vector<Answer> answers = solve_singly(*context_, route, open, a, z);
  for (std::size_t i = 0; i < open.size(); ++i)
    accept(std::move(answers[i]), single_routine, n, status[open[i]], values[open[i]]);
  return status;
}

std::vector<SolveStatus> CudaBackend::svd(const Matrix& f, const Weights& weights, std::span<Matrix> a,
                                          std::span<Matrix> z, std::span<std::vector<double>> values) {
  std::vector<SolveStatus> status(a.size());
  if (a.empty()) return status;
  const std::int64_t m = f.rows(), n = f.cols();
  require_order(n, largest_order(SolveMode::accurate), svd_routine);
  const auto here = context_->activate();
  const LaneWeights w(*context_, weights);
  context_->for_lanes(a.size(), [&](Lane& lane, std::size_t l) {
    if (f.size() > 0)
      check_launch(kernels::scale_columns(m, n, f.data(), w.of(l), a[l].data(), lane.raw()), "scale_columns");
  });
  std::vector<double> sizes;
  const Open open = open_lanes(*context_, a, kernels::Entries::all, z, values, status, sizes);
  if (open.empty()) return status;
  const LaneResults<double> s(*context_, open.size(), n), vt(*context_, open.size(), n * n);
  const LaneResults<int> info(*context_, open.size(), 1);
  context_->for_lane_threads(open.size(), [&](Lane& lane, std::size_t i) {
    const std::size_t l = open[i];
    gesvd(lane, m, n, a[l].data(), s.of(i), vt.of(i), info.of(i));
    const double one = 1, zero = 0;  // Z ← (Vᵀ)ᵀ
    check(cublasDgeam_64(lane.blas(), CUBLAS_OP_T, CUBLAS_OP_N, n, n, &one, vt.of(i), n, &zero, z[l].data(), n,
                         z[l].data(), n),
          "cublasDgeam");
  });
  std::vector<Answer> answers = downloaded(s, info, open.size());
  for (std::size_t i = 0; i < open.size(); ++i) {
    std::vector<double>& squares = values[open[i]];
    std::reverse(answers[i].ascending.begin(), answers[i].ascending.end());
    accept(std::move(answers[i]), svd_routine, n, status[open[i]], squares);
    status[open[i]].accuracy = Accuracy::graded;
    for (double& value : squares) value *= value;
  }
  return status;
}

}  // namespace eigenlens::cuda
