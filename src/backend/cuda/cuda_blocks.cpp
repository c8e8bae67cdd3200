// SPDX-License-Identifier: Apache-2.0
// The block-diagonal verbs: small blocks by one launch for all of them, large ones by a library call each on gathered
// rows.
#include "backend/cuda/cuda_blocks.hpp"

#include <algorithm>

#include "backend/cuda/cuda_backend.hpp"
#include "host/index.hpp"
#include "kernels/block_rows.hpp"

namespace eigenlens::cuda {
namespace {

/// Bytes of rows of a large block that are gathered at once.
constexpr std::int64_t panel_bytes = std::int64_t{64} << 20;

/// The blocks that this backend made.
const CudaBlocks& own(const Blocks& blocks) { return static_cast<const CudaBlocks&>(blocks); }

/// One call on one set of blocks.
class Application {
 public:
  Application(Context& context, const CudaBlocks& blocks) : context_(context), blocks_(blocks) {}

  /// X (n_B × m) ← L_B⁻¹ W[independent rows].
  void solve(const Matrix& w, Matrix& x) {
    small(kernels::BlockWork::solve, blocks_.index.data(), w, x);
    for (const BlockShape& s : blocks_.large) {
      gather(w.data(), w.rows(), coordinates(s), s.rank, w.cols(), x.data() + s.direction, x.rows());
      triangular(s, CUBLAS_OP_N, x.data() + s.direction, x.rows(), w.cols());
    }
  }

  /// X (n_B × m) ← L_B⁻¹ X.
  void solve_in_place(Matrix& x) {
    small(kernels::BlockWork::solve, nullptr, x, x);
    for (const BlockShape& s : blocks_.large) triangular(s, CUBLAS_OP_N, x.data() + s.direction, x.rows(), x.cols());
  }

  /// X (D × m) ← L_B W.
  void multiply(const Matrix& w, Matrix& x) {
    zero(x);
    small(kernels::BlockWork::multiply, blocks_.index.data(), w, x);
    const double one = 1, none = 0;
    for (const BlockShape& s : blocks_.large)
      for_panels(s.size, w.cols(), [&](double* panel, std::int64_t first, std::int64_t count) {
        check(cublasDgemm_64(context_.main().blas(), CUBLAS_OP_N, CUBLAS_OP_N, s.size, count, s.rank, &one, factor(s),
                             s.size, w.data() + s.direction + first * w.rows(), w.rows(), &none, panel, s.size),
              "cublasDgemm");
        scatter(panel, s.size, coordinates(s), s.size, count, x.data() + first * x.rows(), x.rows());
      });
  }

  /// X (D × m) ← L_B^{-T} W on the independent rows.
  void solve_transposed(const Matrix& w, Matrix& x) {
    zero(x);
    small(kernels::BlockWork::solve_transposed, blocks_.index.data(), w, x);
    for (const BlockShape& s : blocks_.large)
      for_panels(s.rank, w.cols(), [&](double* panel, std::int64_t first, std::int64_t count) {
        const std::size_t bytes = sizeof(double);
        check(cudaMemcpy2DAsync(panel, at(s.rank) * bytes, w.data() + s.direction + first * w.rows(),
                                at(w.rows()) * bytes, at(s.rank) * bytes, at(count), cudaMemcpyDeviceToDevice,
                                context_.main().raw()),
              "cudaMemcpy2DAsync of a block's rows");
        triangular(s, CUBLAS_OP_T, panel, s.rank, count);
        scatter(panel, s.rank, coordinates(s), s.rank, count, x.data() + first * x.rows(), x.rows());
      });
  }

 private:
  [[nodiscard]] const std::int64_t* coordinates(const BlockShape& s) const { return blocks_.index.data() + s.row; }
  [[nodiscard]] const double* factor(const BlockShape& s) const { return blocks_.l.data() + s.value; }

  void zero(Matrix& x) {
    check(cudaMemsetAsync(x.data(), 0, at(x.size()) * sizeof(double), context_.main().raw()), "cudaMemsetAsync");
  }

  void small(kernels::BlockWork work, const std::int64_t* index, const Matrix& w, Matrix& x) {
    if (blocks_.bundles.size() == 0) return;
    const kernels::BlockOperands operands{.index = index,
                                          .l = blocks_.l.data(),
                                          .w = w.data(),
                                          .ldw = w.rows(),
                                          .x = x.data(),
                                          .ldx = x.rows(),
                                          .columns = w.cols()};
    check_launch(kernels::work_on_small_blocks(work, blocks_.small.data(), blocks_.bundles.data(),
                                               blocks_.bundles.size(), operands, context_.main().raw()),
                 "work_on_small_blocks");
  }

  /// x (rank × m) ← L⁻¹ x or L^{-T} x.
  void triangular(const BlockShape& s, cublasOperation_t op, double* x, std::int64_t ldx, std::int64_t m) {
    const double one = 1;
    check(cublasDtrsm_64(context_.main().blas(), CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER, op, CUBLAS_DIAG_NON_UNIT,
                         s.rank, m, &one, factor(s), s.size, x, ldx),
          "cublasDtrsm");
  }

  void gather(const double* from, std::int64_t ld_from, const std::int64_t* list, std::int64_t rows,
              std::int64_t columns, double* to, std::int64_t ld_to) {
    check_launch(kernels::gather_rows(from, ld_from, list, rows, columns, to, ld_to, context_.main().raw()),
                 "gather_rows");
  }
  void scatter(const double* from, std::int64_t ld_from, const std::int64_t* list, std::int64_t rows,
               std::int64_t columns, double* to, std::int64_t ld_to) {
    check_launch(kernels::scatter_rows(from, ld_from, list, rows, columns, to, ld_to, context_.main().raw()),
                 "scatter_rows");
  }

  /// Calls body(panel, first, count) for runs of columns, with a panel of rows × count.
  template <class Body>
  void for_panels(std::int64_t rows, std::int64_t columns, const Body& body) {
    const std::int64_t most = std::clamp<std::int64_t>(panel_bytes / (8 * rows), 1, columns);
    const Array<double> panel = context_.allocate<double>(rows * most);
    for (std::int64_t first = 0; first < columns; first += most)
      body(panel.data(), first, std::min(most, columns - first));
  }

  Context& context_;
  const CudaBlocks& blocks_;
};

}  // namespace

std::shared_ptr<const Blocks> CudaBackend::factor_blocks(const Matrix& g, std::span<const std::int32_t> groups,
                                                         double tolerance) {
  return cuda::factor_blocks(*context_, g, groups, tolerance);
}

void CudaBackend::block_congruence(const Blocks& opaque, const Matrix& g, Matrix& k) {
  const auto here = context_->activate();
  const CudaBlocks& blocks = own(opaque);
  const std::int64_t n = blocks.directions;
  if (n == 0) return;
  const cudaStream_t stream = context_->main().raw();
  Application application(*context_, blocks);
  check_launch(kernels::gather_square(g.data(), g.rows(), blocks.independent.data(), n, k.data(), stream),
               "gather_square");
  application.solve_in_place(k);
  check_launch(kernels::transpose_in_place(n, k.data(), stream), "transpose_in_place");
  application.solve_in_place(k);
}

void CudaBackend::block_apply(BlockOp op, const Blocks& blocks, const Matrix& w, Matrix& x) {
  const auto here = context_->activate();
  if (w.cols() == 0) return;
  Application application(*context_, own(blocks));
  switch (op) {
    case BlockOp::solve:
      return application.solve(w, x);
    case BlockOp::multiply:
      return application.multiply(w, x);
    case BlockOp::solve_transposed:
      return application.solve_transposed(w, x);
  }
}

}  // namespace eigenlens::cuda
