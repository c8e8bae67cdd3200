// SPDX-License-Identifier: Apache-2.0
// cuSOLVER's singular values: A = U·diag(S)·VT, m ≥ n, descending.
#include <algorithm>
#include <cstring>

#include "host/lapack.hpp"
#include "simulator/solver.hpp"

namespace eigenlens::simulator {
namespace {

constexpr const char* api = "cusolverDnXgesvd";

struct SvdShape {
  signed char job_u;
  signed char job_vt;
  std::int64_t m;
  std::int64_t n;
  std::int64_t lda;
  std::int64_t ldu;
  std::int64_t ldvt;

  [[nodiscard]] SolverShape shape() const { return {api, {job_u, job_vt, m, n, lda, ldu, ldvt}}; }
  [[nodiscard]] std::int64_t columns_of_u() const { return job_u == 'A' ? m : n; }
  [[nodiscard]] std::size_t device_bytes() const {
    return static_cast<std::size_t>(m * n + 3 * n * n + 10 * n + 1) * sizeof(double);
  }
  [[nodiscard]] std::size_t host_bytes() const { return static_cast<std::size_t>(n + 8) * sizeof(double); }
};

bool known_job(signed char job) { return job == 'A' || job == 'S' || job == 'O' || job == 'N'; }
bool is_written(signed char job) { return job == 'A' || job == 'S'; }

void require_shape(const SvdShape& shape) {
  require(shape.m >= shape.n, "gesvd needs m ≥ n");
  require(known_job(shape.job_u) && known_job(shape.job_vt), "jobu and jobvt are one of A, S, O, N");
  require(shape.job_u != 'O' || shape.job_vt != 'O', "U and VT cannot both lie over A");
}

/// The factors as the host's routine leaves them, without gaps.
struct Factors {
  std::vector<double> u;
  std::vector<double> vt;
};

int decompose(const SvdShape& shape, double* a, double* s, Factors& factors) {
  const char job = shape.job_u == 'N' && shape.job_vt == 'N' ? 'N' : shape.job_u == 'A' ? 'A' : 'S';
  const int m = checked_int(shape.m);
  const int n = checked_int(shape.n);
  const int lda = checked_int(shape.lda);
  factors.u.resize(static_cast<std::size_t>(shape.m * shape.columns_of_u()));
  factors.vt.resize(static_cast<std::size_t>(shape.n * shape.n));
  std::vector<int> int_work(static_cast<std::size_t>(8 * shape.n));
  double length = 0;
  const int ask = -1;
  int info = 0;
  const auto& table = lapack::table();
  table.dgesdd(&job, &m, &n, a, &lda, s, factors.u.data(), &m, factors.vt.data(), &n, &length, &ask, int_work.data(),
               &info);
  std::vector<double> work(static_cast<std::size_t>(length));
  const int size = static_cast<int>(work.size());
  table.dgesdd(&job, &m, &n, a, &lda, s, factors.u.data(), &m, factors.vt.data(), &n, work.data(), &size,
               int_work.data(), &info);
  return info;
}

void copy_matrix(const std::vector<double>& from, std::int64_t rows, std::int64_t cols, double* to, std::int64_t ld) {
  for (std::int64_t j = 0; j < cols; ++j) std::copy_n(from.data() + j * rows, rows, to + j * ld);
}

struct SvdOutputs {
  double* a;
  double* s;
  double* u;
  double* vt;
  int* info;
};

void solve(const SvdShape& shape, const Spoiling& spoiling, const SvdOutputs& out) {
  Factors factors;
  int info = shape.n == 0 ? 0 : decompose(shape, out.a, out.s, factors);
  info = *out.info = spoiling.info(info);
  poison_matrix(out.a, shape.m, shape.n, shape.lda);
  if (info != 0) {
    poison_matrix(out.s, shape.n, 1, std::max<std::int64_t>(1, shape.n));
    std::memset(factors.u.data(), poison, factors.u.size() * sizeof(double));
    std::memset(factors.vt.data(), poison, factors.vt.size() * sizeof(double));
  } else if (spoiling.corrupt && shape.job_vt != 'N') {
    exchange_halves(factors.vt.data(), shape.n, shape.n, 1, shape.n);
  } else if (spoiling.corrupt) {
    exchange_halves(factors.u.data(), shape.m, shape.n, shape.m, 1);
  }
  if (shape.n == 0) return;
  if (is_written(shape.job_u)) copy_matrix(factors.u, shape.m, shape.columns_of_u(), out.u, shape.ldu);
  if (shape.job_u == 'O') copy_matrix(factors.u, shape.m, shape.n, out.a, shape.lda);
  if (is_written(shape.job_vt)) copy_matrix(factors.vt, shape.n, shape.n, out.vt, shape.ldvt);
  if (shape.job_vt == 'O') copy_matrix(factors.vt, shape.n, shape.n, out.a, shape.lda);
}

void start(const SolverHandle& handle, const SvdShape& shape, const SvdOutputs& out, const SolverWorkspace& given) {
  require_shape(shape);
  std::vector<Extent> extents = {matrix_extent(out.a, shape.m, shape.n, shape.lda, "A"),
                                 {out.s, static_cast<std::size_t>(shape.n) * sizeof(double), "S"},
                                 {out.info, sizeof(int), "info"}};
  if (is_written(shape.job_u)) extents.push_back(matrix_extent(out.u, shape.m, shape.columns_of_u(), shape.ldu, "U"));
  if (is_written(shape.job_vt)) extents.push_back(matrix_extent(out.vt, shape.n, shape.n, shape.ldvt, "VT"));
  const SolverWorkspace workspace = required_workspace(shape.shape(), given, extents);
  const Spoiling spoiling(api);
  enqueue(handle.stream, extents, [=] {
    solve(shape, spoiling, out);
    use_up(workspace);
  });
}

}  // namespace
}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cusolverStatus_t CUSOLVERAPI cusolverDnXgesvd_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t parameters,
                                                         signed char job_u, signed char job_vt, int64_t m, int64_t n,
                                                         cudaDataType type_a, const void* a, int64_t lda,
                                                         cudaDataType type_s, const void*, cudaDataType type_u,
                                                         const void*, int64_t ldu, cudaDataType type_vt, const void*,
                                                         int64_t ldvt, cudaDataType compute, size_t* device,
                                                         size_t* host) {
  return solver_call("cusolverDnXgesvd_bufferSize", [&] {
    solver_handle(handle);
    require_parameters(parameters);
    for (const auto type : {type_a, type_s, type_u, type_vt, compute}) require_float64(type);
    const SvdShape shape{job_u, job_vt, m, n, lda, ldu, ldvt};
    require_shape(shape);
    static_cast<void>(matrix_extent(a, m, n, lda, "A"));
    announce_workspace(shape.shape(), shape.device_bytes(), shape.host_bytes(), device, host);
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnXgesvd(cusolverDnHandle_t handle, cusolverDnParams_t parameters,
                                              signed char job_u, signed char job_vt, int64_t m, int64_t n,
                                              cudaDataType type_a, void* a, int64_t lda, cudaDataType type_s, void* s,
                                              cudaDataType type_u, void* u, int64_t ldu, cudaDataType type_vt, void* vt,
                                              int64_t ldvt, cudaDataType compute, void* device, size_t device_bytes,
                                              void* host, size_t host_bytes, int* info) {
  return solver_call(api, [&] {
    require_parameters(parameters);
    for (const auto type : {type_a, type_s, type_u, type_vt, compute}) require_float64(type);
    start(solver_handle(handle), {job_u, job_vt, m, n, lda, ldu, ldvt},
          {static_cast<double*>(a), static_cast<double*>(s), static_cast<double*>(u), static_cast<double*>(vt), info},
          {device, device_bytes, host, host_bytes});
  });
}
