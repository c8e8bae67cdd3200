// SPDX-License-Identifier: Apache-2.0
#include "sweep/rotation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "backend/single.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"

namespace eigenlens {
namespace {

/// How O lies in memory: a leading corner is made of columns of one of the two.
enum class Layout { features_by_components, components_by_features };

/// O = EΛ-weighted components, r × R, or its transpose, in the first scratch: (65). Where bases are held as
/// representations of samples instead of encoders, this is the product of two of them.
Matrix rotation(Problem& p, const SolvedBasis& basis, Layout layout) {
  const bool features = layout == Layout::features_by_components;
  const Matrix& left = features ? basis.encoder : p.principal;
  const Matrix& right = features ? p.principal : basis.encoder;
  Matrix o = p.workspace.scratch[0].reshaped(left.rows(), right.rows());
  multiply_single(p.backend, Op::none, Op::transpose, left, right, 0, o);
  return o;
}

/// Room behind room in the first lane's vectors.
class Rooms {
 public:
  explicit Rooms(Problem& p) : all_(p.workspace.vectors[0].reshaped(1, p.workspace.vectors[0].size())) {}
  Matrix take(std::int64_t rows, std::int64_t cols) {
    const std::int64_t first = taken_;
    taken_ += rows * cols;
    return all_.columns(first, rows * cols).reshaped(rows, cols);
  }

 private:
  Matrix all_;
  std::int64_t taken_ = 0;
};

/// The largest singular value of the columns first … first + count − 1 of A, its rows from `from` to `to` − 1 alone.
/// count is at most half of A's rows or columns, so that corner, Gram matrix and vectors fit one square.
double corner_norm(Problem& p, const Matrix& a, std::int64_t first, std::int64_t count, std::int64_t from,
                   std::int64_t to) {
  Rooms rooms(p);
  Matrix corner = rooms.take(a.rows(), count), gram = rooms.take(count, count), vectors = rooms.take(count, count);
  Weights rows(1, std::vector<double>(at(a.rows())));
  std::fill(rows[0].begin() + from, rows[0].begin() + to, 1.0);
  p.backend.scale_rows(single(a.columns(first, count)), rows, single(corner));
  p.backend.gram(single(corner), single(gram));
  std::vector<double> values;
  const SolveStatus status = p.backend.eigh(single(gram), single(vectors), std::span(&values, 1))[0];
  if (!status.ok)
    throw Error(ErrorCode::numerical,
                fmt::format("largest angle of {} dimensions: {}: {}", to - from, status.routine, status.detail));
  return std::sqrt(std::max(values[0], 0.0));
}

}  // namespace

Angles angles_of(Problem& p, const SolvedBasis& basis, const std::vector<std::int64_t>& k) {
  const std::int64_t features = basis.encoder.rows(), rank = p.rank;
  Angles angles;
  Matrix o = rotation(p, basis, Layout::features_by_components);
  angles.sum_sin2 = corner_energies(p.backend, o).corner;
  angles.max_sin.resize(at(std::upper_bound(k.begin(), k.end(), features) - k.begin()));
  const auto turned = [&](std::size_t i) { return 2 * k[i] <= rank; };
  const auto any = [&](std::size_t i) { return angles.sum_sin2[at(k[i] - 1)] > 0; };
  // 1. Above half of the rank the corner is narrow: the last columns of O
  for (std::size_t i = 0; i < angles.max_sin.size(); ++i)
    if (!turned(i) && any(i)) angles.max_sin[i] = corner_norm(p, o, k[i], rank - k[i], 0, k[i]);
  // 2. Below it is flat: the first columns of Oᵀ
  o = rotation(p, basis, Layout::components_by_features);
  for (std::size_t i = 0; i < angles.max_sin.size(); ++i)
    if (turned(i) && any(i)) angles.max_sin[i] = corner_norm(p, o, 0, k[i], k[i], rank);
  for (double& sine : angles.max_sin) sine = std::min(sine, 1.0);
  return angles;
}

CornerEnergies structure_energies(Problem& p, const Family& family) {
  const std::int64_t rank = p.rank;
  if (family.isotropic())
    return {.corner = std::vector<double>(at(rank)),
            .diagonal = std::vector<double>(at(rank), 1.0),
            .total = static_cast<double>(rank)};
  // 1. A = PᵀQ with Q = L_B U
  Matrix q = family.q;
  if (q.size() == 0) {
    q = p.workspace.scratch[0].reshaped(p.dimension(), family.rank());
    p.backend.block_apply(BlockOp::multiply, *family.blocks, family.u, q);
  }
  Matrix a = p.workspace.vectors[0].reshaped(rank, family.rank());
  multiply_single(p.backend, Op::none, Op::none, p.principal, q, 0, a);
  Weights inverse(1);
  for (const double lambda : p.spectrum) inverse[0].push_back(1 / std::sqrt(lambda));
  p.backend.scale_rows(single(a), inverse, single(a));
  // 2. AAᵀ
  Matrix b = p.workspace.scratch[0].reshaped(rank, rank);
  multiply_single(p.backend, Op::none, Op::transpose, a, a, 0, b);
  return corner_energies(p.backend, b);
}

}  // namespace eigenlens
