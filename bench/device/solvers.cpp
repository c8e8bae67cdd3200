// SPDX-License-Identifier: Apache-2.0
#include "device/solvers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <limits>
#include <thread>

#include "backend/cuda/cholesky.hpp"
#include "backend/cuda/eigen_solvers.hpp"
#include "eigenlens/error.hpp"
#include "host/processor.hpp"
#include "kernels/reversed_columns.hpp"

namespace eigenlens::bench {
namespace {

using cuda::check;
using cuda::Lane;

void syevd_one(Lane& lane, Batch64& batch, std::int64_t index) {
  cuda::syevd(lane, batch.n, batch.a.data() + index * batch.n * batch.n, batch.values.data() + index * batch.n,
              batch.info.data() + index);
}

void factor_one(Lane& lane, const Batch64& batch, double* factors, std::int64_t index) {
  const std::int64_t n = batch.n;
  const double one = 1, zero = 0;
  double* c = factors + index * n * n;
  check(cublasDsyrk_64(lane.blas(), CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_T, n, n, &one, batch.a.data() + index * n * n, n,
                       &zero, c, n),
        "cublasDsyrk_64");
  cuda::potrf(lane, n, c, batch.info.data() + index);
}

}  // namespace

Solvers::Solvers(int lanes) {
  for (int l = 0; l < lanes; ++l) lanes_.push_back(std::make_unique<Lane>(pool_));
}

void Solvers::for_each(std::int64_t problems, int lanes, const std::function<void(Lane&, std::int64_t)>& work) {
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(lanes));
  const auto in_turn = [&](int l) {
    try {
      check(cudaSetDevice(0), "cudaSetDevice");
      Lane& lane = *lanes_[static_cast<std::size_t>(l)];
      for (std::int64_t index = l; index < problems; index += lanes) work(lane, index);
      lane.stream().synchronize();
    } catch (...) {
      failures[static_cast<std::size_t>(l)] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (int l = 1; l < lanes; ++l) threads.emplace_back(in_turn, l);
  in_turn(0);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

void Solvers::syevd(Batch64& batch, int lanes) {
  for_each(batch.count, lanes, [&](Lane& lane, std::int64_t index) { syevd_one(lane, batch, index); });
}

void Solvers::factor(const Batch64& batch, DeviceArray<double>& factors, int lanes) {
  for_each(batch.count, lanes, [&](Lane& lane, std::int64_t index) { factor_one(lane, batch, factors.data(), index); });
}

void Solvers::solve_and_factor(Batch64& batch, DeviceArray<double>& factors, int lanes, Order order) {
  if (order == Order::stage_by_stage) {
    syevd(batch, lanes);
    factor(batch, factors, lanes);
    return;
  }
  for_each(batch.count, lanes, [&](Lane& lane, std::int64_t index) {
    syevd_one(lane, batch, index);
    factor_one(lane, batch, factors.data(), index);
  });
}

void Solvers::syev_batched(Batch64& batch) {
  Lane& lane = *lanes_.front();
  cuda::syev_batched(lane, batch.n, batch.count, batch.a.data(), batch.values.data(), batch.info.data());
  lane.stream().synchronize();
}

std::vector<std::pair<std::string, double>> Solvers::tridiagonal_steps(Batch64& batch) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::pair<std::string, double>> steps;
  auto last = Clock::now();
  tridiagonal(batch, [&](const char* step) {
    check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    const auto now = Clock::now();
    steps.emplace_back(step, std::chrono::duration<double>(now - last).count());
    last = now;
  });
  return steps;
}

void Solvers::tridiagonal(Batch64& batch, const cuda::TridiagonalObserver& done) {
  const std::int64_t n = batch.n, size = n * n;
  if (!own_) own_ = std::make_shared<cuda::Context>(0, available_threads());
  if (!found_ || found_->size() < size * batch.count) found_.emplace(size * batch.count);
  std::vector<double*> a, z;
  for (std::int64_t i = 0; i < batch.count; ++i) {
    a.push_back(batch.a.data() + i * size);
    z.push_back(found_->data() + i * size);
  }
  const auto here = own_->activate();
  std::vector<cuda::TridiagonalAnswer> answers = cuda::tridiagonal_eigen(*own_, n, a, z, done);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    std::reverse(answers[i].descending.begin(), answers[i].descending.end());
    own_->copy_to_device(batch.values.data() + static_cast<std::int64_t>(i) * n, answers[i].descending.data(),
                         static_cast<std::size_t>(n) * sizeof(double));
    own_->copy_to_device(batch.info.data() + i, &answers[i].info, sizeof(int));
    cuda::check_launch(kernels::reversed_columns(n, n, z[i], a[i], own_->main().raw()), "reversed_columns");
  }
  own_->main().stream().synchronize();
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

double factor_error(const Batch64& batch, const DeviceArray<double>& factors) {
  const std::vector<double> l = factors.download();
  double worst = 0;
  for (std::int64_t at = 0; at < factors.size(); ++at) {
    const std::int64_t i = at % batch.n, j = at / batch.n % batch.n;
    const double off = i < j ? 0 : std::abs(l[static_cast<std::size_t>(at)] - (i == j));
    if (!(off <= worst)) worst = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
  }
  return worst;
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
  copy_now(vectors.data(), z, vectors.size() * sizeof(double), cudaMemcpyDeviceToHost);
  copy_now(values.data(), batch.values.data() + index * n, values.size() * sizeof(double), cudaMemcpyDeviceToHost);
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
