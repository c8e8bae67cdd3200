// SPDX-License-Identifier: Apache-2.0
// The simulator: kernels, barriers, and the stand-ins for CUB.
#include <gmock/gmock.h>

#include <numeric>
#include <thread>

#include "simulator/tests/kernels.hpp"
#include "simulator/tests/simulated_device.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

std::vector<double> counting(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

TEST_F(SimulatedDevice, KernelsRunWhenTheHostWaits) {
  const OnDevice<double> x(counting(1000), stream);
  const OnDevice<double> y(1000);
  ASSERT_EQ(scale(3, x.get(), y.get(), 1000, stream), cudaSuccess) << message();
  const auto result = y.values(stream);
  for (std::size_t i = 0; i < 1000; ++i) ASSERT_EQ(result[i], 3 * (static_cast<double>(i) + 1)) << i;
}

TEST_F(SimulatedDevice, BarriersHold) {
  constexpr unsigned blocks = 5;
  const OnDevice<double> x(counting(256 * blocks), stream);
  const OnDevice<double> sums(blocks);
  for (const auto& reduce : {tree_sums, cub_sums, tree_sums}) {
    ASSERT_EQ(cudaMemsetAsync(sums.get(), 0xFF, sums.bytes(), stream), cudaSuccess);
    ASSERT_EQ(reduce(x.get(), sums.get(), blocks, stream), cudaSuccess);
    const auto result = sums.values(stream);
    for (unsigned b = 0; b < blocks; ++b) EXPECT_EQ(result[b], 256 * (256.0 * b + 128.5)) << b;
  }
}

TEST_F(SimulatedDevice, BlockScans) {
  std::vector<std::int32_t> values(128);
  std::iota(values.begin(), values.end(), -7);
  const OnDevice<std::int32_t> x(values, stream);
  const OnDevice<std::int32_t> y(128 + 1 + 128);
  ASSERT_EQ(cub_scan(x.get(), y.get(), stream), cudaSuccess);
  const auto result = y.values(stream);
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < 128; ++i) {
    EXPECT_EQ(result[129 + i], sum);
    EXPECT_EQ(result[i], sum += values[i]);
  }
  EXPECT_EQ(result[128], sum);
}

TEST_F(SimulatedDevice, DivergentBarrierIsFound) {
  const OnDevice<double> x(counting(64), stream);
  ASSERT_EQ(divergent(x.get(), stream), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorLaunchFailure);
  EXPECT_THAT(message(), HasSubstr("32 of the 64 threads"));
  eigenlens_simulator_reset();
  const OnDevice<double> sums(1);  // and blocks work again
  const OnDevice<double> y(counting(256), stream);
  ASSERT_EQ(tree_sums(y.get(), sums.get(), 1, stream), cudaSuccess);
  EXPECT_EQ(sums.values(stream)[0], 256 * 128.5);
}

TEST_F(SimulatedDevice, WritesBehindTheEndAreFound) {
  double* x = nullptr;
  ASSERT_EQ(cudaMalloc(reinterpret_cast<void**>(&x), 10 * sizeof(double)), cudaSuccess);
  ASSERT_EQ(overrun(x, 10, stream), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorIllegalAddress);
  EXPECT_THAT(message(), HasSubstr("outside of an allocation of 80 bytes"));
  eigenlens_simulator_reset();
  EXPECT_EQ(cudaFree(x), cudaErrorIllegalAddress);
}

TEST_F(SimulatedDevice, KernelsAreNotGivenHostMemory) {
  std::vector<double> host(10);
  const OnDevice<double> y(10);
  ASSERT_EQ(scale(1, host.data(), y.get(), 10, stream), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorIllegalAddress);
}

TEST_F(SimulatedDevice, LaunchLimits) {
  const OnDevice<unsigned long long> count({0}, stream);
  const OnDevice<int> largest({0}, stream);
  EXPECT_EQ(count_threads(dim3(2, 3, 4), dim3(4, 5, 6), count.get(), largest.get(), stream), cudaSuccess);
  EXPECT_EQ(count.values(stream)[0], 24U * 120U);
  EXPECT_EQ(largest.values(stream)[0], 119 * 3);
  EXPECT_EQ(count_threads(dim3(1), dim3(1025), count.get(), largest.get(), stream), cudaErrorInvalidConfiguration);
  EXPECT_EQ(count_threads(dim3(1), dim3(64, 32), count.get(), largest.get(), stream), cudaErrorInvalidConfiguration);
  EXPECT_EQ(count_threads(dim3(1, 65536), dim3(32), count.get(), largest.get(), stream), cudaErrorInvalidConfiguration);
  EXPECT_EQ(count_threads(dim3(0), dim3(32), count.get(), largest.get(), stream), cudaErrorInvalidConfiguration);
  EXPECT_EQ(count_threads(dim3(1), dim3(32), count.get(), largest.get(), nullptr), cudaErrorInvalidResourceHandle);
}

TEST_F(SimulatedDevice, HostThreadsSideBySide) {
  const auto work = [](double start) {
    cudaStream_t own = nullptr;
    ASSERT_EQ(cudaStreamCreateWithFlags(&own, cudaStreamNonBlocking), cudaSuccess);
    for (int round = 0; round < 50; ++round) {
      const OnDevice<double> x(std::vector<double>(512, start + round), own);
      const OnDevice<double> y(512), sums(2);
      ASSERT_EQ(scale(2, x.get(), y.get(), 512, own), cudaSuccess);
      ASSERT_EQ(tree_sums(y.get(), sums.get(), 2, own), cudaSuccess);
      ASSERT_EQ(sums.values(own), (std::vector<double>(2, 512 * (start + round))));
    }
    ASSERT_EQ(cudaStreamDestroy(own), cudaSuccess);
  };
  std::vector<std::thread> threads;
  for (const double start : {1.0, 1000.0, 1e6}) threads.emplace_back(work, start);
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace eigenlens::test
