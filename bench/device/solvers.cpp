// SPDX-License-Identifier: Apache-2.0
#include "device/solvers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <thread>

#include "eigenlens/error.hpp"

namespace eigenlens::bench {
namespace {

using cuda::check;
using cuda::Lane;

void syevd_one(Lane& lane, Batch64& batch, std::int64_t index) {
  double* a = batch.a.data() + index * batch.n * batch.n;
  double* values = batch.values.data() + index * batch.n;
  std::size_t device = 0, host = 0;
  check(cusolverDnXsyevd_bufferSize(lane.solver(), lane.parameters(), CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER,
                                    batch.n, CUDA_R_64F, a, batch.n, CUDA_R_64F, values, CUDA_R_64F, &device, &host),
        "cusolverDnXsyevd_bufferSize");
  check(cusolverDnXsyevd(lane.solver(), lane.parameters(), CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, batch.n,
                         CUDA_R_64F, a, batch.n, CUDA_R_64F, values, CUDA_R_64F, lane.room().get(device), device,
                         lane.host_room(host), host, batch.info.data() + index),
        "cusolverDnXsyevd");
}

}  // namespace

Solvers::Solvers(int lanes) {
  for (int l = 0; l < lanes; ++l) lanes_.push_back(std::make_unique<Lane>(pool_));
}

void Solvers::syevd(Batch64& batch, int lanes) {
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(lanes));
  const auto work = [&](int l) {
    try {
      check(cudaSetDevice(0), "cudaSetDevice");
      Lane& lane = *lanes_[static_cast<std::size_t>(l)];
      for (std::int64_t index = l; index < batch.count; index += lanes) syevd_one(lane, batch, index);
      lane.stream().synchronize();
    } catch (...) {
      failures[static_cast<std::size_t>(l)] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (int l = 1; l < lanes; ++l) threads.emplace_back(work, l);
  work(0);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

void Solvers::syev_batched(Batch64& batch) {
  Lane& lane = *lanes_.front();
  std::size_t device = 0, host = 0;
  check(cusolverDnXsyevBatched_bufferSize(lane.solver(), lane.parameters(), CUSOLVER_EIG_MODE_VECTOR,
                                          CUBLAS_FILL_MODE_LOWER, batch.n, CUDA_R_64F, batch.a.data(), batch.n,
                                          CUDA_R_64F, batch.values.data(), CUDA_R_64F, &device, &host, batch.count),
        "cusolverDnXsyevBatched_bufferSize");
  check(cusolverDnXsyevBatched(lane.solver(), lane.parameters(), CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER,
                               batch.n, CUDA_R_64F, batch.a.data(), batch.n, CUDA_R_64F, batch.values.data(),
                               CUDA_R_64F, lane.room().get(device), device, lane.host_room(host), host,
                               batch.info.data(), batch.count),
        "cusolverDnXsyevBatched");
  lane.stream().synchronize();
}

void Solvers::syevj(Batch64& batch) {
  Lane& lane = *lanes_.front();
  const int n = static_cast<int>(batch.n);
  syevjInfo_t settings = nullptr;
  check(cusolverDnCreateSyevjInfo(&settings), "cusolverDnCreateSyevjInfo");
  const std::unique_ptr<syevjInfo, decltype(&cusolverDnDestroySyevjInfo)> owner(settings, cusolverDnDestroySyevjInfo);
  int size = 0;
  check(cusolverDnDsyevj_bufferSize(lane.solver(), CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n, batch.a.data(),
                                    n, batch.values.data(), &size, settings),
        "cusolverDnDsyevj_bufferSize");
  auto* work = static_cast<double*>(lane.room().get(static_cast<std::size_t>(size) * sizeof(double)));
  for (std::int64_t index = 0; index < batch.count; ++index)
    check(cusolverDnDsyevj(lane.solver(), CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n,
                           batch.a.data() + index * batch.n * batch.n, n, batch.values.data() + index * batch.n, work,
                           size, batch.info.data() + index, settings),
          "cusolverDnDsyevj");
  lane.stream().synchronize();
}

void Solvers::require_converged(const Batch64& batch) {
  const std::vector<int> info = batch.info.download();
  for (std::size_t i = 0; i < info.size(); ++i)
    if (info[i] != 0) throw Error(ErrorCode::numerical, fmt::format("problem {}: info {}", i, info[i]));
}

double solution_error(const Batch64& batch, std::int64_t index, const std::vector<double>& a) {
  const std::int64_t n = batch.n;
  cuda::Pool pool(0);
  const Lane lane(pool);
  DeviceArray<double> matrix(n * n), product(n * n);
  matrix.upload(a);
  const double* z = batch.a.data() + index * n * n;
  const auto multiply = [&](cublasOperation_t op, const double* left) {
    const double one = 1, zero = 0;
    check(cublasDgemm_64(lane.blas(), op, CUBLAS_OP_N, n, n, n, &one, left, n, z, n, &zero, product.data(), n),
          "cublasDgemm_64");
    lane.stream().synchronize();
    return product.download();
  };
  std::vector<double> vectors(static_cast<std::size_t>(n * n)), values(static_cast<std::size_t>(n));
  check(cudaMemcpy(vectors.data(), z, vectors.size() * sizeof(double), cudaMemcpyDeviceToHost), "cudaMemcpy");
  check(cudaMemcpy(values.data(), batch.values.data() + index * n, values.size() * sizeof(double),
                   cudaMemcpyDeviceToHost),
        "cudaMemcpy");
  const std::vector<double> az = multiply(CUBLAS_OP_N, matrix.data());
  const std::vector<double> zz = multiply(CUBLAS_OP_T, z);
  const double norm = std::max(std::abs(values.front()), std::abs(values.back()));
  double worst = 0;
  for (std::int64_t k = 0; k < n; ++k) {
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const auto at = static_cast<std::size_t>(i + k * n);
      sum += std::pow(az[at] - values[static_cast<std::size_t>(k)] * vectors[at], 2);
      const double off = std::abs(zz[at] - (i == k));
      if (!(off <= worst)) worst = off;  // a NaN is the worst
    }
    const double residual = std::sqrt(sum) / norm;
    if (!(residual <= worst)) worst = residual;
    if (std::isnan(worst)) return std::numeric_limits<double>::infinity();
  }
  return worst;
}

}  // namespace eigenlens::bench
