// SPDX-License-Identifier: Apache-2.0
// The block-diagonal verbs: L_B has thousands of small blocks or a few large ones. Columns are taken in panels, one
// thread a panel: gather the rows of a block, apply L_g, scatter.
#include <algorithm>
#include <functional>
#include <vector>

#include "backend/cpu/block_factor.hpp"
#include "backend/cpu/cpu_backend.hpp"
#include "host/lapack.hpp"
#include "host/parallel.hpp"

namespace eigenlens {
namespace {

using lapack::Int;

constexpr std::int64_t panel_width = 64;
/// From this rank on, BLAS on the gathered panel beats the plain loops.
constexpr std::int64_t blas_rank = 16;

/// One block and where it stands.
struct Block {
  std::int64_t row, size, direction, rank;
  const double* l;  ///< size × rank, leading dimension size
};

Block block_at(const CpuBlocks& blocks, std::size_t g) {
  return {blocks.row_begin[g], blocks.row_begin[g + 1] - blocks.row_begin[g], blocks.rank_begin[g],
          blocks.rank_begin[g + 1] - blocks.rank_begin[g], blocks.values.data() + blocks.value_begin[g]};
}

/// x (rank × cols, leading dimension ld) ← L⁻¹ x or L^{-T} x.
void solve(const Block& b, char transposed, double* x, std::int64_t ld, std::int64_t cols) {
  if (b.rank >= blas_rank) {
    const Int rank = static_cast<Int>(b.rank), m = static_cast<Int>(cols), lda = static_cast<Int>(b.size);
    const Int ldx = static_cast<Int>(ld);
    const double one = 1;
    lapack::table().dtrsm("L", "L", &transposed, "N", &rank, &m, &one, b.l, &lda, x, &ldx);
    return;
  }
  for (std::int64_t j = 0; j < cols; ++j) {
    double* y = x + j * ld;
    if (transposed == 'N') {
      for (std::int64_t k = 0; k < b.rank; ++k) {
        const double* column = b.l + k * b.size;
        y[k] /= column[k];
        for (std::int64_t i = k + 1; i < b.rank; ++i) y[i] -= column[i] * y[k];
      }
    } else {
      for (std::int64_t k = b.rank - 1; k >= 0; --k) {
        const double* column = b.l + k * b.size;
        for (std::int64_t i = k + 1; i < b.rank; ++i) y[k] -= column[i] * y[i];
        y[k] /= column[k];
      }
    }
  }
}

/// y (size × cols) ← L x, x of rank × cols with leading dimension ld.
void product(const Block& b, const double* x, std::int64_t ld, std::int64_t cols, double* y) {
  if (b.rank >= blas_rank) {
    const Int size = static_cast<Int>(b.size), rank = static_cast<Int>(b.rank), m = static_cast<Int>(cols);
    const Int ldx = static_cast<Int>(ld);
    const double one = 1, zero = 0;
    lapack::table().dgemm("N", "N", &size, &m, &rank, &one, b.l, &size, x, &ldx, &zero, y, &size);
    return;
  }
  std::fill_n(y, b.size * cols, 0.0);
  for (std::int64_t j = 0; j < cols; ++j)
    for (std::int64_t k = 0; k < b.rank; ++k)
      for (std::int64_t i = k; i < b.size; ++i) y[i + j * b.size] += b.l[i + k * b.size] * x[k + j * ld];
}

/// Calls body(first, cols) for every panel of columns, on BLAS-single threads.
void for_panels(int threads, std::int64_t cols, const std::function<void(std::int64_t, std::int64_t)>& body) {
  const lapack::ThreadScope scope(1);
  parallel_for(threads, (cols + panel_width - 1) / panel_width,
               [&](std::int64_t p) { body(p * panel_width, std::min(panel_width, cols - p * panel_width)); });
}

/// a ← aᵀ, n × n, in tiles.
void transpose_in_place(int threads, std::int64_t n, double* a) {
  constexpr std::int64_t tile = 32;
  parallel_for(threads, (n + tile - 1) / tile, [&](std::int64_t t) {
    for (std::int64_t j0 = t * tile; j0 < n; j0 += tile)
      for (std::int64_t j = j0; j < std::min(n, j0 + tile); ++j)
        for (std::int64_t i = t * tile; i < std::min({n, (t + 1) * tile, j}); ++i)
          std::swap(a[i + j * n], a[j + i * n]);
  });
}

void solve_blocks(const CpuBlocks& blocks, const Matrix& w, Matrix& x, int threads) {
  for_panels(threads, w.cols(), [&](std::int64_t first, std::int64_t cols) {
    for (std::size_t g = 0; g + 1 < blocks.row_begin.size(); ++g) {
      const Block b = block_at(blocks, g);
      const std::int64_t* index = blocks.index.data() + b.row;
      double* target = x.data() + b.direction + first * x.rows();
      for (std::int64_t j = 0; j < cols; ++j)
        for (std::int64_t i = 0; i < b.rank; ++i)
          target[i + j * x.rows()] = w.data()[index[i] + (first + j) * w.rows()];
      solve(b, 'N', target, x.rows(), cols);
    }
  });
}

void multiply_blocks(const CpuBlocks& blocks, const Matrix& u, Matrix& q, int threads) {
  for_panels(threads, u.cols(), [&](std::int64_t first, std::int64_t cols) {
    std::fill_n(q.data() + first * q.rows(), cols * q.rows(), 0.0);
    std::vector<double> panel;
    for (std::size_t g = 0; g + 1 < blocks.row_begin.size(); ++g) {
      const Block b = block_at(blocks, g);
      panel.resize(static_cast<std::size_t>(b.size * cols));
      product(b, u.data() + b.direction + first * u.rows(), u.rows(), cols, panel.data());
      for (std::int64_t j = 0; j < cols; ++j)
        for (std::int64_t i = 0; i < b.size; ++i)
          q.data()[blocks.index[static_cast<std::size_t>(b.row + i)] + (first + j) * q.rows()] =
              panel[static_cast<std::size_t>(i + j * b.size)];
    }
  });
}

void solve_blocks_transposed(const CpuBlocks& blocks, const Matrix& u, Matrix& v, int threads) {
  for_panels(threads, u.cols(), [&](std::int64_t first, std::int64_t cols) {
    std::fill_n(v.data() + first * v.rows(), cols * v.rows(), 0.0);
    std::vector<double> panel;
    for (std::size_t g = 0; g + 1 < blocks.row_begin.size(); ++g) {
      const Block b = block_at(blocks, g);
      panel.resize(static_cast<std::size_t>(b.rank * cols));
      for (std::int64_t j = 0; j < cols; ++j)
        std::copy_n(u.data() + b.direction + (first + j) * u.rows(), b.rank, panel.data() + j * b.rank);
      solve(b, 'T', panel.data(), b.rank, cols);
      for (std::int64_t j = 0; j < cols; ++j)
        for (std::int64_t i = 0; i < b.rank; ++i)
          v.data()[blocks.index[static_cast<std::size_t>(b.row + i)] + (first + j) * v.rows()] =
              panel[static_cast<std::size_t>(i + j * b.rank)];
    }
  });
}

/// The blocks that this backend made.
const CpuBlocks& own(const Blocks& blocks) { return static_cast<const CpuBlocks&>(blocks); }

}  // namespace

std::shared_ptr<const Blocks> CpuBackend::factor_blocks(const Matrix& g, std::span<const std::int32_t> groups,
                                                        double tolerance) {
  return std::make_shared<const CpuBlocks>(factor_on_host(g, groups, tolerance, threads_));
}

void CpuBackend::block_congruence(const Blocks& opaque, const Matrix& g, Matrix& k) {
  const CpuBlocks& blocks = own(opaque);
  std::vector<std::int64_t> independent;  // the original coordinate of every direction
  for (std::size_t b = 0; b + 1 < blocks.row_begin.size(); ++b)
    for (std::int64_t i = 0; i < block_at(blocks, b).rank; ++i)
      independent.push_back(blocks.index[static_cast<std::size_t>(blocks.row_begin[b] + i)]);
  const std::int64_t n = blocks.directions;
  const auto solve_columns = [&](std::int64_t first, std::int64_t cols) {
    for (std::size_t b = 0; b + 1 < blocks.row_begin.size(); ++b)
      solve(block_at(blocks, b), 'N', k.data() + block_at(blocks, b).direction + first * n, n, cols);
  };
  for_panels(threads_, n, [&](std::int64_t first, std::int64_t cols) {
    for (std::int64_t j = first; j < first + cols; ++j)
      for (std::int64_t i = 0; i < n; ++i)
        k.data()[i + j * n] =
            g.data()[independent[static_cast<std::size_t>(i)] + independent[static_cast<std::size_t>(j)] * g.rows()];
    solve_columns(first, cols);
  });
  transpose_in_place(threads_, n, k.data());
  for_panels(threads_, n, solve_columns);
}

void CpuBackend::block_apply(BlockOp op, const Blocks& blocks, const Matrix& w, Matrix& x) {
  switch (op) {
    case BlockOp::solve:
      return solve_blocks(own(blocks), w, x, threads_);
    case BlockOp::multiply:
      return multiply_blocks(own(blocks), w, x, threads_);
    case BlockOp::solve_transposed:
      return solve_blocks_transposed(own(blocks), w, x, threads_);
  }
}

}  // namespace eigenlens
