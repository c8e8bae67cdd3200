// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/cpu_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

#include "backend/cpu/gram_u8.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/lapack.hpp"
#include "host/parallel.hpp"
#include "host/processor.hpp"

namespace eigenlens {
namespace {

using lapack::Int;

Int to_int(std::int64_t n) { return static_cast<Int>(n); }

/// As a leading dimension.
Int leading(const Matrix& a) { return std::max(1, to_int(a.rows())); }

const char* blas(Op op) { return op == Op::none ? "N" : "T"; }

/// A single matrix serves every lane.
const Matrix& of_lane(std::span<const Matrix> matrices, std::size_t lane) {
  return matrices[matrices.size() == 1 ? 0 : lane];
}

}  // namespace

CpuBackend::CpuBackend(int threads, std::int64_t memory, CpuEigensolver solver)
    : threads_(std::min(threads, lapack::largest_thread_count())), memory_(memory), solver_(solver) {}

std::vector<std::pair<std::string, std::string>> CpuBackend::describe() const {
  return {{"device", "cpu"},
          {"processor", processor_name()},
          {"threads", fmt::format("{}", threads_)},
          {"blas", lapack::description()},
          {"integer_gram", std::string(isa_name(choose_isa()))},
          {"math_mode", "float64, integers exact"}};
}

int CpuBackend::lanes(std::int64_t, std::int64_t problems) const {
  // Measured at n = 784 and 3,072 (bench/README.md): one thread a problem wastes nothing on the serial parts.
  return static_cast<int>(std::clamp<std::int64_t>(problems, 1, threads_));
}

std::int64_t CpuBackend::largest_order(SolveMode mode) const {
  return mode == SolveMode::accurate ? right_singular_vectors_largest : symmetric_eigen_largest;
}

std::int64_t CpuBackend::solver_bytes(std::int64_t n, SolveMode mode) const {
  const std::int64_t square = n * n * static_cast<std::int64_t>(sizeof(double));
  if (mode == SolveMode::accurate) return 5 * square;  // dgesdd
  return solver_ == CpuEigensolver::relatively_robust ? 0 : square;
}

Accuracy CpuBackend::eigh_accuracy() const {
  return solver_ == CpuEigensolver::relatively_robust ? Accuracy::graded : Accuracy::absolute;
}

Matrix CpuBackend::allocate(std::int64_t rows, std::int64_t cols) {
  constexpr std::size_t alignment = 64;
  const std::size_t bytes = (at(rows * cols) * sizeof(double) + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, std::max(bytes, alignment));
  if (!memory)
    throw Error(ErrorCode::memory, fmt::format("no memory for a {} x {} matrix ({} bytes)", rows, cols, bytes));
  return {std::shared_ptr<void>(memory, std::free), rows, cols};
}

void CpuBackend::upload(const double* host, Matrix& matrix) {
  std::memcpy(matrix.data(), host, at(matrix.size()) * sizeof(double));
}

void CpuBackend::download(const Matrix& matrix, double* host) {
  std::memcpy(host, matrix.data(), at(matrix.size()) * sizeof(double));
}

void CpuBackend::for_lanes(std::size_t lanes, const std::function<void(std::size_t)>& body) const {
  const lapack::ThreadScope scope(lanes > 1 ? 1 : threads_);
  parallel_for(threads_, static_cast<std::int64_t>(lanes), [&](std::int64_t l) { body(at(l)); });
}

void CpuBackend::multiply(Op op_a, Op op_b, std::span<const Matrix> a, std::span<const Matrix> b, double beta,
                          std::span<Matrix> c) {
  for_lanes(c.size(), [&](std::size_t l) {
    const Matrix &x = of_lane(a, l), &y = of_lane(b, l);
    const Int m = to_int(c[l].rows()), n = to_int(c[l].cols()), k = to_int(op_a == Op::none ? x.cols() : x.rows());
    const Int ldx = leading(x), ldy = leading(y), ldc = leading(c[l]);
    const double one = 1;
    lapack::table().dgemm(blas(op_a), blas(op_b), &m, &n, &k, &one, x.data(), &ldx, y.data(), &ldy, &beta, c[l].data(),
                          &ldc);
  });
}

void CpuBackend::scale_rows(std::span<const Matrix> a, const Weights& weights, std::span<Matrix> x) {
  for_lanes(x.size(), [&](std::size_t l) {
    const Matrix& from = of_lane(a, l);
    const std::vector<double>& w = weights[l];
    const std::int64_t rows = from.rows();
    if (w.empty()) {
      std::memmove(x[l].data(), from.data(), at(from.size()) * sizeof(double));
      return;
    }
    for (std::int64_t j = 0; j < from.cols(); ++j)
      for (std::int64_t i = 0; i < rows; ++i) x[l].data()[i + j * rows] = w[at(i)] * from.data()[i + j * rows];
  });
}

void CpuBackend::congruence(const Matrix& e, const Weights& weights, std::span<Matrix> h) {
  const std::int64_t n = e.rows();
  for_lanes(h.size(), [&](std::size_t l) {
    const std::vector<double>& w = weights[l];
    for (std::int64_t j = 0; j < n; ++j) {
      const double* from = e.data() + j * n;
      double* to = h[l].data() + j * n;
      if (w.empty()) {
        std::copy(from + j, from + n, to + j);
        continue;
      }
      const double wj = w[at(j)];
      for (std::int64_t i = j; i < n; ++i) to[i] = from[i] * (w[at(i)] * wj);
    }
  });
}

std::vector<SolveStatus> CpuBackend::eigh(std::span<Matrix> a, std::span<Matrix> z,
                                          std::span<std::vector<double>> values) {
  std::vector<SolveStatus> status(a.size());
  for_lanes(a.size(), [&](std::size_t l) {
    status[l] = symmetric_eigen(a[l].rows(), a[l].data(), z[l].data(), values[l], solver_);
  });
  return status;
}

std::vector<SolveStatus> CpuBackend::svd(const Matrix& f, const Weights& weights, std::span<Matrix> a,
                                         std::span<Matrix> z, std::span<std::vector<double>> values) {
  std::vector<SolveStatus> status(a.size());
  for_lanes(a.size(), [&](std::size_t l) {
    for (std::int64_t j = 0; j < f.cols(); ++j)
      for (std::int64_t i = 0; i < f.rows(); ++i)
        a[l].data()[i + j * f.rows()] = f.data()[i + j * f.rows()] * (weights[l].empty() ? 1 : weights[l][at(j)]);
    const std::int64_t info = right_singular_vectors(f.rows(), f.cols(), a[l].data(), z[l].data(), values[l]);
    status[l].routine = "dgesdd";
    if (info != 0)
      status[l] = {.ok = false, .routine = "dgesdd", .detail = fmt::format("dgesdd returned info {}", info)};
  });
  return status;
}

void CpuBackend::normalize_columns(std::span<Matrix> z, const Weights& weights, std::span<std::vector<double>> norms) {
  for_lanes(z.size(), [&](std::size_t l) {
    const std::int64_t rows = z[l].rows(), cols = z[l].cols();
    const double* w = weights[l].empty() ? nullptr : weights[l].data();
    norms[l].assign(at(cols), 0);
    for (std::int64_t j = 0; j < cols; ++j) {
      double* column = z[l].data() + j * rows;
      double sum = 0;
      for (std::int64_t i = 0; i < rows; ++i) {
        if (w) column[i] *= w[i];
        sum += column[i] * column[i];
      }
      const double norm = norms[l][at(j)] = std::sqrt(sum);
      if (norm == 0) continue;
      for (std::int64_t i = 0; i < rows; ++i) column[i] /= norm;
    }
  });
}

void CpuBackend::gram(std::span<const Matrix> z, std::span<Matrix> c) {
  for_lanes(z.size(), [&](std::size_t l) {
    const Int n = to_int(z[l].cols()), k = to_int(z[l].rows());
    const double one = 1, zero = 0;
    lapack::table().dsyrk("L", "T", &n, &k, &one, z[l].data(), &k, &zero, c[l].data(), &n);
  });
}

void CpuBackend::add_gram(const Matrix& z, Matrix& c) {
  const lapack::ThreadScope scope(threads_);
  const Int n = to_int(z.cols()), k = to_int(z.rows()), ld = leading(z);
  const double one = 1;
  lapack::table().dsyrk("L", "T", &n, &k, &one, z.data(), &ld, &one, c.data(), &n);
}

std::vector<SolveStatus> CpuBackend::cholesky(std::span<Matrix> c) {
  std::vector<SolveStatus> status(c.size());
  for_lanes(c.size(), [&](std::size_t l) {
    const Int n = to_int(c[l].rows());
    Int info = 0;
    lapack::table().dpotrf("L", &n, c[l].data(), &n, &info);
    status[l].routine = "dpotrf";
    if (info != 0)
      status[l] = {
          .ok = false, .routine = "dpotrf", .detail = fmt::format("not positive definite at pivot {} of {}", info, n)};
  });
  return status;
}

void CpuBackend::triangular_solve(std::span<const Matrix> l, std::span<Matrix> b) {
  for_lanes(l.size(), [&](std::size_t i) {
    const Int n = to_int(l[i].rows()), m = to_int(b[i].cols());
    const double one = 1;
    lapack::table().dtrsm("L", "L", "N", "N", &n, &m, &one, l[i].data(), &n, b[i].data(), &n);
  });
}

std::vector<SolveStatus> CpuBackend::triangular_inverse(std::span<Matrix> l) {
  std::vector<SolveStatus> status(l.size());
  for_lanes(l.size(), [&](std::size_t lane) {
    const Int n = to_int(l[lane].rows()), ld = leading(l[lane]);
    Int info = 0;
    lapack::table().dtrtri("L", "N", &n, l[lane].data(), &ld, &info);
    status[lane].routine = "dtrtri";
    if (info != 0)
      status[lane] = {.ok = false, .routine = "dtrtri", .detail = fmt::format("singular at pivot {} of {}", info, n)};
  });
  return status;
}

}  // namespace eigenlens
