// SPDX-License-Identifier: Apache-2.0
#include "device/solver_limits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "backend/cuda/cholesky.hpp"
#include "backend/cuda/eigen_solvers.hpp"
#include "device/planted.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::bench {
namespace {

using cuda::check;
using cuda::Lane;

void require_zero(const DeviceArray<int>& info, const char* routine, std::int64_t n) {
  for (const int value : info.download())
    if (value != 0) throw Error(ErrorCode::numerical, cuda::info_text(routine, n, value));
}

/// The first matrix of `a`, n × n each, into all others, twice as many every time.
void repeat(const Lane& lane, std::int64_t n, std::int64_t problems, double* a) {
  const std::int64_t size = n * n;
  for (std::int64_t made = 1; made < problems; made *= 2) {
    const std::int64_t more = std::min(made, problems - made);
    check(cudaMemcpyAsync(a + made * size, a, static_cast<std::size_t>(more * size) * sizeof(double),
                          cudaMemcpyDeviceToDevice, lane.raw()),
          "cudaMemcpyAsync");
  }
  lane.stream().synchronize();
}

}  // namespace

Trial solve_syevd(std::int64_t n) {
  check(cudaSetDevice(0), "cudaSetDevice");
  cuda::Pool pool(0);
  Lane lane(pool);
  const Planted planted = planted_symmetric(n, 1);
  DeviceArray<double> a(n * n), values(n);
  DeviceArray<int> info(1);
  write(lane, planted, a.data());
  Trial trial{.bound = rounding_bound(n)};
  trial.seconds = seconds([&] {
    cuda::syevd(lane, n, a.data(), values.data(), info.data());
    lane.stream().synchronize();
  });
  require_zero(info, "cusolverDnXsyevd", n);
  trial.error = eigen_error(lane, planted, a.data(), values.download());
  return trial;
}

Trial solve_syev_batched(std::int64_t n, std::int64_t problems) {
  check(cudaSetDevice(0), "cudaSetDevice");
  cuda::Pool pool(0);
  Lane lane(pool);
  const Planted planted = planted_symmetric(n, 1);
  DeviceArray<double> a(n * n * problems), values(n * problems);
  DeviceArray<int> info(problems);
  write(lane, planted, a.data());
  repeat(lane, n, problems, a.data());
  Trial trial{.bound = rounding_bound(n)};
  trial.seconds = seconds([&] {
    cuda::syev_batched(lane, n, problems, a.data(), values.data(), info.data());
    lane.stream().synchronize();
  });
  require_zero(info, "cusolverDnXsyevBatched", n);
  const std::vector<double> found = values.download(), truth = planted.ascending();
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double off = std::abs(found[i] - truth[i % truth.size()]);
    trial.error = std::max(trial.error, std::isnan(off) ? std::numeric_limits<double>::infinity() : off);
  }
  for (const std::int64_t index : {std::int64_t{0}, problems / 2, problems - 1}) {
    const auto first = found.begin() + index * n;
    trial.error = std::max(trial.error, eigen_error(lane, planted, a.data() + index * n * n, {first, first + n}));
  }
  return trial;
}

Trial solve_gesvd(std::int64_t n) {
  check(cudaSetDevice(0), "cudaSetDevice");
  cuda::Pool pool(0);
  Lane lane(pool);
  const Planted planted = planted_general(n, 1);
  DeviceArray<double> a(n * n), values(n), vt(n * n);
  DeviceArray<int> info(1);
  write(lane, planted, a.data());
  Trial trial{.bound = rounding_bound(n)};
  trial.seconds = seconds([&] {
    cuda::gesvd(lane, n, n, a.data(), values.data(), vt.data(), info.data());
    lane.stream().synchronize();
  });
  require_zero(info, "cusolverDnXgesvd", n);
  trial.error = singular_error(lane, planted, vt.data(), values.download());
  return trial;
}

Trial factor_potrf(std::int64_t n) {
  check(cudaSetDevice(0), "cudaSetDevice");
  cuda::Pool pool(0);
  Lane lane(pool);
  const Planted planted = planted_definite(n, 1);
  DeviceArray<double> a(n * n), b(n);
  DeviceArray<int> info(1);
  write(lane, planted, a.data());
  Trial trial{.bound = rounding_bound(n)};
  trial.seconds = seconds([&] {
    cuda::potrf(lane, n, a.data(), info.data());
    lane.stream().synchronize();
  });
  require_zero(info, "cusolverDnXpotrf", n);
  const std::vector<double> x = random_doubles(n, 3);
  b.upload(planted.times(x));
  const double one = 1;
  for (const cublasOperation_t op : {CUBLAS_OP_N, CUBLAS_OP_T})
    check(cublasDtrsm_64(lane.blas(), CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER, op, CUBLAS_DIAG_NON_UNIT, n, 1, &one,
                         a.data(), n, b.data(), n),
          "cublasDtrsm_64");
  lane.stream().synchronize();
  const std::vector<double> back = b.download();
  double off = 0;
  for (std::size_t i = 0; i < x.size(); ++i) off += (back[i] - x[i]) * (back[i] - x[i]);
  trial.error = std::sqrt(off / static_cast<double>(n));
  return trial;
}

}  // namespace eigenlens::bench
