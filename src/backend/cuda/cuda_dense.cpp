// SPDX-License-Identifier: Apache-2.0
// The dense verbs but the eigenproblems: a lane's work is queued on the lane's stream.
#include <fmt/format.h>

#include "backend/cuda/batch.hpp"
#include "backend/cuda/cholesky.hpp"
#include "backend/cuda/cuda_backend.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "kernels/congruence.hpp"
#include "kernels/cumulative_energy.hpp"
#include "kernels/normalize_columns.hpp"
#include "kernels/residual_ratios.hpp"
#include "kernels/scale_rows.hpp"

namespace eigenlens::cuda {
namespace {

cublasOperation_t blas(Op op) { return op == Op::none ? CUBLAS_OP_N : CUBLAS_OP_T; }

/// The statuses of a factorisation, from the info of every lane.
std::vector<SolveStatus> statuses(const LaneResults<int>& results, const char* routine, const char* trouble,
                                  std::int64_t n) {
  std::vector<SolveStatus> all;
  for (const int info : results.downloaded()) {
    if (info < 0)
      throw Error(ErrorCode::device, fmt::format("{} of order {} refused its argument {}", routine, n, -info));
    const std::string detail = info > 0 ? fmt::format("{} at pivot {} of {}", trouble, info, n) : "";
    all.push_back({.ok = info == 0, .routine = routine, .detail = detail});
  }
  return all;
}

void invert(Lane& lane, Matrix& l, int* info) {
  const std::int64_t n = l.rows();
  std::size_t device = 0, host = 0;
  check(cusolverDnXtrtri_bufferSize(lane.solver(), CUBLAS_FILL_MODE_LOWER, CUBLAS_DIAG_NON_UNIT, n, CUDA_R_64F,
                                    l.data(), n, &device, &host),
        "cusolverDnXtrtri_bufferSize");
  void* room = lane.room().get(device);
  check(cusolverDnXtrtri(lane.solver(), CUBLAS_FILL_MODE_LOWER, CUBLAS_DIAG_NON_UNIT, n, CUDA_R_64F, l.data(), n, room,
                         device, lane.host_room(host), host, info),
        "cusolverDnXtrtri");
}

}  // namespace

void CudaBackend::multiply(Op op_a, Op op_b, std::span<const Matrix> a, std::span<const Matrix> b, double beta,
                           std::span<Matrix> c) {
  context_->for_lanes(c.size(), [&](Lane& lane, std::size_t l) {
    const Matrix &x = of_lane(a, l), &y = of_lane(b, l);
    if (c[l].size() == 0) return;
    const double one = 1;
    check(cublasDgemm_64(lane.blas(), blas(op_a), blas(op_b), c[l].rows(), c[l].cols(),
                         op_a == Op::none ? x.cols() : x.rows(), &one, x.data(), leading(x), y.data(), leading(y),
                         &beta, c[l].data(), leading(c[l])),
          "cublasDgemm");
  });
}

void CudaBackend::scale_rows(std::span<const Matrix> a, const Weights& weights, std::span<Matrix> x) {
  const LaneWeights w(*context_, weights);
  context_->for_lanes(x.size(), [&](Lane& lane, std::size_t l) {
    const Matrix& from = of_lane(a, l);
    if (from.size() == 0) return;
    if (w.of(l))
      check_launch(kernels::scale_rows(from.rows(), from.cols(), from.data(), w.of(l), x[l].data(), lane.raw()),
                   "scale_rows");
    else if (x[l].data() != from.data())
      check(cudaMemcpyAsync(x[l].data(), from.data(), at(from.size()) * sizeof(double), cudaMemcpyDeviceToDevice,
                            lane.raw()),
            "cudaMemcpyAsync on the device");
  });
}

void CudaBackend::congruence(const Matrix& e, const Weights& weights, std::span<Matrix> h) {
  if (e.size() == 0) return;
  const LaneWeights w(*context_, weights);
  context_->for_lanes(h.size(), [&](Lane& lane, std::size_t l) {
    check_launch(kernels::congruence(e.rows(), e.data(), w.of(l), h[l].data(), lane.raw()), "congruence");
  });
}

void CudaBackend::normalize_columns(std::span<Matrix> z, const Weights& weights, std::span<std::vector<double>> norms) {
  if (z.empty()) return;
  const LaneWeights w(*context_, weights);
  const LaneResults<double> results(*context_, z.size(), z[0].cols());
  context_->for_lanes(z.size(), [&](Lane& lane, std::size_t l) {
    if (z[l].cols() == 0) return;
    check_launch(kernels::normalize_columns(z[l].rows(), z[l].cols(), w.of(l), z[l].data(), results.of(l), lane.raw()),
                 "normalize_columns");
  });
  results.download(norms);
}

void CudaBackend::gram(std::span<const Matrix> z, std::span<Matrix> c) {
  context_->for_lanes(z.size(), [&](Lane& lane, std::size_t l) {
    if (c[l].size() == 0) return;
    const double one = 1, zero = 0;
    check(cublasDsyrk_64(lane.blas(), CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_T, z[l].cols(), z[l].rows(), &one, z[l].data(),
                         leading(z[l]), &zero, c[l].data(), leading(c[l])),
          "cublasDsyrk");
  });
}

void CudaBackend::add_gram(const Matrix& z, Matrix& c) {
  if (z.size() == 0) return;
  context_->for_lanes(1, [&](Lane& lane, std::size_t) {
    const double one = 1;
    check(cublasDsyrk_64(lane.blas(), CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_T, z.cols(), z.rows(), &one, z.data(),
                         leading(z), &one, c.data(), leading(c)),
          "cublasDsyrk");
  });
}

std::vector<SolveStatus> CudaBackend::cholesky(std::span<Matrix> c) {
  if (c.empty() || c[0].size() == 0) return std::vector<SolveStatus>(c.size(), {.routine = "none", .detail = {}});
  const LaneResults<int> info(*context_, c.size(), 1);
  context_->for_lanes(c.size(), [&](Lane& lane, std::size_t l) { potrf(lane, c[l].rows(), c[l].data(), info.of(l)); });
  return statuses(info, "cusolverDnXpotrf", "not positive definite", c[0].rows());
}

void CudaBackend::triangular_solve(std::span<const Matrix> l, std::span<Matrix> b) {
  context_->for_lanes(b.size(), [&](Lane& lane, std::size_t i) {
    if (b[i].size() == 0) return;
    const double one = 1;
    check(cublasDtrsm_64(lane.blas(), CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, CUBLAS_DIAG_NON_UNIT,
                         b[i].rows(), b[i].cols(), &one, l[i].data(), leading(l[i]), b[i].data(), leading(b[i])),
          "cublasDtrsm");
  });
}

std::vector<SolveStatus> CudaBackend::triangular_inverse(std::span<Matrix> l) {
  if (l.empty() || l[0].size() == 0) return std::vector<SolveStatus>(l.size(), {.routine = "none", .detail = {}});
  const LaneResults<int> info(*context_, l.size(), 1);
  context_->for_lanes(l.size(), [&](Lane& lane, std::size_t i) { invert(lane, l[i], info.of(i)); });
  return statuses(info, "cusolverDnXtrtri", "singular", l[0].rows());
}

void CudaBackend::cumulative_energy(std::span<const Matrix> t, Part part, const Weights& weights,
                                    std::span<std::vector<double>> sums) {
  if (t.empty()) return;
  const std::int64_t rows = t[0].rows(), cols = t[0].cols();
  const LaneWeights w(*context_, weights);
  const LaneResults<double> slabs(*context_, t.size(), rows * kernels::slab_count(cols));
  const LaneResults<double> results(*context_, t.size(), rows);
  const auto columns = part == Part::lower ? kernels::Columns::to_diagonal : kernels::Columns::all;
  context_->for_lanes(t.size(), [&](Lane& lane, std::size_t l) {
    if (rows == 0) return;
    check_launch(
        kernels::cumulative_energy(rows, cols, t[l].data(), columns, w.of(l), slabs.of(l), results.of(l), lane.raw()),
        "cumulative_energy");
  });
  results.download(sums);
}

std::vector<double> CudaBackend::residual_ratios(std::span<const Matrix> p, const Weights& mu,
                                                 std::span<const double> a, std::span<const double> b) {
  const LaneWeights values(*context_, mu);
  const LaneResults<double> results(*context_, p.size(), 1);
  context_->for_lanes(p.size(), [&](Lane& lane, std::size_t l) {
    check_launch(kernels::residual_ratios(p[l].rows(), p[l].cols() / 4, p[l].data(), values.of(l), a[l], b[l],
                                          results.of(l), lane.raw()),
                 "residual_ratios");
  });
  return results.downloaded();
}

}  // namespace eigenlens::cuda
