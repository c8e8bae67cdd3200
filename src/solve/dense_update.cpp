// SPDX-License-Identifier: Apache-2.0
#include "solve/dense_update.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "backend/single.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/lapack.hpp"
#include "host/singular_values.hpp"

namespace eigenlens {
namespace {

/// C ← A·B on the host.
DenseF64 product(const DenseF64& a, const DenseF64& b) {
  const auto m = static_cast<lapack::Int>(a.rows()), n = static_cast<lapack::Int>(b.cols()),
             k = static_cast<lapack::Int>(a.cols());
  DenseF64 c(a.rows(), b.cols());
  const double one = 1, zero = 0;
  lapack::table().dgemm("N", "N", &m, &n, &k, &one, a.data(), &m, b.data(), &k, &zero, c.data(), &m);
  return c;
}

/// F of full row rank, C′ × R, in the coordinates of all slots.
DenseF64 targets_by_slot(const Poles& poles) {
  DenseF64 f(poles.directions(), poles.rank());
  for (std::int64_t a = 0; a < poles.active(); ++a) std::copy_n(poles.f.col(a), f.rows(), f.col(poles.slot[at(a)]));
  return f;
}

/// An orthonormal basis of which the first C′ columns are the rows of F.
DenseF64 row_space_first(const DenseF64& f) {
  const SingularValues s = singular_values(f, SingularVectors::all);
  DenseF64 q(f.cols(), f.cols());
  for (std::int64_t j = 0; j < q.cols(); ++j)
    for (std::int64_t i = 0; i < q.rows(); ++i) q(i, j) = s.vt(j, i);
  return q;
}

struct Eigenpairs {
  std::vector<double> values;
  DenseF64 vectors;
  std::string routine;
};

Eigenpairs eigenpairs(Backend& backend, const DenseF64& matrix) {
  const std::int64_t n = matrix.rows();
  Matrix a = backend.allocate(n, n), z = backend.allocate(n, n);
  backend.upload(matrix.data(), a);
  Eigenpairs pairs{{}, DenseF64(n, n), {}};
  const SolveStatus status = backend.eigh(single(a), single(z), std::span(&pairs.values, 1))[0];
  if (!status.ok) throw Error(ErrorCode::numerical, "the joint objective: " + status.detail);
  backend.download(z, pairs.vectors.data());
  pairs.routine = status.routine;
  return pairs;
}

/// QᵀΛQ, or Λ without a Q, plus the rows of F over λ.
DenseF64 updated(const Poles& poles, const DenseF64& f, double lambda) {
  DenseF64 matrix(poles.rank(), poles.rank());
  for (std::int64_t j = 0; j < poles.rank(); ++j) {
    matrix(j, j) = poles.spectrum[at(j)];
    for (std::int64_t i = 0; i < poles.rank(); ++i)
      for (std::int64_t c = 0; c < f.rows(); ++c) matrix(i, j) += f(c, i) * (f(c, j) / lambda);
  }
  return matrix;
}

/// Columns first … of Q, as Λ sees them: QᵀΛQ.
DenseF64 turned_spectrum(const Poles& poles, const DenseF64& q, std::int64_t first) {
  const std::int64_t n = q.cols() - first;
  DenseF64 scaled(q.rows(), n), transposed(n, q.rows());
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < q.rows(); ++i) {
      scaled(i, j) = poles.spectrum[at(i)] * q(i, first + j);
      transposed(j, i) = q(i, first + j);
    }
  return product(transposed, scaled);
}

/// H in the coordinates of the slots, and ν; at λ = 0 behind the rows of F, whose ν are left at zero.
Eigenpairs decompose(Backend& backend, const Poles& poles, const DenseF64& f, double lambda) {
  const std::int64_t ahead = lambda == 0 ? poles.directions() : 0;
  if (lambda * poles.spectrum[0] >= poles.sigma[0] * poles.sigma[0])
    return eigenpairs(backend, updated(poles, f, lambda));
  // The large end first, which keeps what is small beside FᵀF/λ free of its rounding.
  const DenseF64 q = row_space_first(f);
  DenseF64 matrix = turned_spectrum(poles, q, ahead);
  if (lambda > 0)
    for (std::int64_t i = 0; i < poles.directions(); ++i)
      matrix(i, i) += poles.sigma[at(i)] * (poles.sigma[at(i)] / lambda);
  Eigenpairs pairs;
  if (matrix.rows() > 0) pairs = eigenpairs(backend, matrix);
  DenseF64 basis(q.rows(), matrix.rows());
  std::copy_n(q.col(ahead), basis.size(), basis.data());
  const DenseF64 turned = matrix.rows() > 0 ? product(basis, pairs.vectors) : basis;
  pairs.vectors = DenseF64(q.rows(), q.rows());
  std::copy_n(q.data(), q.rows() * ahead, pairs.vectors.data());
  std::copy_n(turned.data(), turned.size(), pairs.vectors.col(ahead));
  pairs.values.insert(pairs.values.begin(), at(ahead), 0.0);
  return pairs;
}

double orthogonality_of(const DenseF64& h) {
  const DenseF64 omega = check_sketch(h.rows());
  DenseF64 transposed(h.cols(), h.rows());
  for (std::int64_t j = 0; j < h.cols(); ++j)
    for (std::int64_t i = 0; i < h.rows(); ++i) transposed(j, i) = h(i, j);
  const DenseF64 back = product(h, product(transposed, omega));
  double squared = 0;
  for (std::int64_t i = 0; i < omega.size(); ++i) squared += std::pow(back.data()[i] - omega.data()[i], 2);
  return std::sqrt(squared / static_cast<double>(omega.cols()));
}

}  // namespace

JointBasis solve_dense_update(Backend& backend, std::span<const double> spectrum, const DenseF64& targets, double asked,
                              Eigenvectors wanted) {
  const Poles poles(spectrum, targets);
  const double lambda = poles.effective(asked);
  if (std::isinf(lambda)) return principal_basis(spectrum, targets, asked, wanted);
  const DenseF64 f = targets_by_slot(poles);
  const std::int64_t rank = poles.rank(), n = poles.directions(), ahead = lambda == 0 ? n : 0;
  Eigenpairs pairs = decompose(backend, poles, f, lambda);
  const DenseF64 t = product(f, pairs.vectors);
  JointBasis basis;
  basis.routine = pairs.routine;
  basis.targets = DenseF64(rank, targets.rows());
  const double update = lambda > 0 ? poles.sigma[0] * (poles.sigma[0] / lambda) : 0;
  std::vector<double> defect(at(rank));
  for (std::int64_t k = 0; k < rank; ++k) {
    const double* h = pairs.vectors.col(k);
    const double nu = pairs.values[at(k)];
    // Behind the rows of F nothing of the targets is left at λ = 0: what the product has is its rounding.
    const bool blind = lambda == 0 && k >= ahead;
    for (std::int64_t c = 0; c < targets.rows() && !blind; ++c)
      for (std::int64_t i = 0; i < n; ++i) basis.targets(k, c) += poles.classes(c, i) * t(i, k);
    double energy = 0;
    for (std::int64_t s = 0; s < rank; ++s) energy += poles.spectrum[at(s)] * h[s] * h[s];
    basis.inputs.push_back(energy);
    basis.mu.push_back(k < ahead ? poles.sigma[at(k)] * poles.sigma[at(k)] : lambda * nu);
    if (k < ahead) continue;
    for (std::int64_t s = 0; s < rank; ++s) defect[at(s)] = (poles.spectrum[at(s)] - nu) * h[s];
    basis.residual = std::max(basis.residual, update_defect(f, poles.sigma, lambda, t.col(k), defect.data()) /
                                                  std::max(poles.spectrum[0], update));
  }
  basis.orthogonality = orthogonality_of(pairs.vectors);
  if (wanted == Eigenvectors::none) return basis;
  for (std::int64_t k = 0; k < rank; ++k) poles.turn_back(pairs.vectors.col(k));
  basis.h = std::move(pairs.vectors);
  return basis;
}

}  // namespace eigenlens
