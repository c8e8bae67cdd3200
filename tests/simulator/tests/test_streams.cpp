// SPDX-License-Identifier: Apache-2.0
// The simulator: memory, copies, the order of streams, and failures on demand.
#include <cudaTypedefs.h>
#include <gmock/gmock.h>

#include <cmath>

#include "simulator/tests/simulated_device.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

/// Page-locked host memory for numbers.
class Pinned {
 public:
  explicit Pinned(std::size_t count) {
    void* fresh = nullptr;
    EXPECT_EQ(cudaMallocHost(&fresh, count * sizeof(double)), cudaSuccess);
    data_ = static_cast<double*>(fresh);
  }
  ~Pinned() { cudaFreeHost(data_); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  [[nodiscard]] double* get() const { return data_; }
  double& operator[](std::size_t i) { return data_[i]; }

 private:
  double* data_ = nullptr;
};

TEST_F(SimulatedDevice, FreshMemoryIsNan) {
  const OnDevice<double> fresh(3);
  for (const double value : fresh.values(stream)) EXPECT_TRUE(std::isnan(value));
}

TEST_F(SimulatedDevice, PinnedSourceOverwrittenTooEarlyIsSeen) {
  Pinned source(1);
  const OnDevice<double> target(1);
  source[0] = 1;
  ASSERT_EQ(cudaMemcpyAsync(target.get(), source.get(), 8, cudaMemcpyHostToDevice, stream), cudaSuccess);
  source[0] = 2;  // the copy has not run
  EXPECT_EQ(target.values(stream)[0], 2);
}

TEST_F(SimulatedDevice, PageableSourceIsReadAtOnce) {
  std::vector<double> source = {1};
  const OnDevice<double> target(source, stream);
  source[0] = 2;
  EXPECT_EQ(target.values(stream)[0], 1);
}

TEST_F(SimulatedDevice, PinnedTargetIsWrittenWhenTheHostWaits) {
  Pinned target(1);
  const OnDevice<double> source({5}, stream);
  target[0] = -1;
  ASSERT_EQ(cudaMemcpyAsync(target.get(), source.get(), 8, cudaMemcpyDeviceToHost, stream), cudaSuccess);
  EXPECT_EQ(target[0], -1);
  EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(target[0], 5);
  EXPECT_EQ(cudaStreamQuery(stream), cudaSuccess);
}

TEST_F(SimulatedDevice, PinnedMemoryGivenBackTooEarlyBreaksTheDevice) {
  const OnDevice<double> target(1);
  {
    const Pinned source(1);
    ASSERT_EQ(cudaMemcpyAsync(target.get(), source.get(), 8, cudaMemcpyHostToDevice, stream), cudaSuccess);
  }
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorIllegalAddress);
}

TEST_F(SimulatedDevice, EventsOrderStreamsAndDrainOnlyAsFarAsNeeded) {
  cudaStream_t other = nullptr;
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
  Pinned host(3);
  const OnDevice<double> value({1}, stream);
  ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
  ASSERT_EQ(cudaMemsetAsync(value.get(), 0, 8, stream), cudaSuccess);  // after the record
  ASSERT_EQ(cudaEventQuery(event), cudaErrorNotReady);
  ASSERT_EQ(cudaStreamWaitEvent(other, event, 0), cudaSuccess);
  ASSERT_EQ(cudaMemcpyAsync(host.get(), value.get(), 8, cudaMemcpyDeviceToHost, other), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(other), cudaSuccess);
  EXPECT_EQ(host[0], 1);
  EXPECT_EQ(cudaEventQuery(event), cudaSuccess);
  EXPECT_EQ(value.values(stream)[0], 0);
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(other), cudaSuccess);
}

TEST_F(SimulatedDevice, MissingEventShowsAsOldNumbers) {
  cudaStream_t other = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), cudaSuccess);
  const OnDevice<double> value({7}, stream);
  EXPECT_TRUE(std::isnan(value.values(other)[0]));
  EXPECT_EQ(cudaStreamDestroy(other), cudaSuccess);
}

TEST_F(SimulatedDevice, CopiesStayInsideAllocations) {
  const OnDevice<double> memory(4);
  const std::vector<double> host(8);
  EXPECT_EQ(cudaMemcpyAsync(memory.get(), host.data(), 40, cudaMemcpyHostToDevice, stream), cudaErrorInvalidValue);
  EXPECT_THAT(message(), HasSubstr("needs 40 bytes"));
  EXPECT_EQ(cudaMemcpyAsync(memory.get() + 4, host.data(), 8, cudaMemcpyHostToDevice, stream), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemsetAsync(memory.get(), 0, 33, stream), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy2DAsync(memory.get(), 16, host.data(), 8, 8, 2, cudaMemcpyHostToDevice, stream), cudaSuccess);
  EXPECT_EQ(cudaMemcpy2DAsync(memory.get(), 16, host.data(), 8, 8, 3, cudaMemcpyHostToDevice, stream),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_F(SimulatedDevice, CopiesOfRowsLeaveGaps) {
  const OnDevice<double> memory({0, 0, 0, 0, 0, 0}, stream);
  const std::vector<double> host = {1, 2, 3, 4};
  ASSERT_EQ(cudaMemcpy2DAsync(memory.get(), 24, host.data(), 16, 16, 2, cudaMemcpyHostToDevice, stream), cudaSuccess);
  EXPECT_EQ(memory.values(stream), (std::vector<double>{1, 2, 0, 3, 4, 0}));
}

TEST_F(SimulatedDevice, DefaultStreamIsRefused) {
  const OnDevice<double> memory(1);
  double value = 0;
  EXPECT_EQ(cudaMemcpyAsync(memory.get(), &value, 8, cudaMemcpyHostToDevice, nullptr), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaMemcpy(memory.get(), &value, 8, cudaMemcpyHostToDevice), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaMemset(memory.get(), 0, 8), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventRecord(nullptr, stream), cudaErrorInvalidResourceHandle);
  EXPECT_THAT(message(), HasSubstr("cudaEventRecord"));
}

TEST_F(SimulatedDevice, AnotherDevicesStreamIsRefused) {
  const OnDevice<double> memory(1);
  eigenlens_simulator_set_device_count(2);
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaMemsetAsync(memory.get(), 0, 8, stream), cudaErrorInvalidResourceHandle);
  EXPECT_THAT(message(), HasSubstr("the stream is of device 0, but the thread's calls go to device 1"));
  ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
  EXPECT_EQ(cudaMemsetAsync(memory.get(), 0, 8, stream), cudaSuccess);
}

TEST_F(SimulatedDevice, ContextsComeAndGo) {
  PFN_cuCtxGetCurrent_v4000 get = nullptr;
  PFN_cuCtxSetCurrent_v4000 set = nullptr;
  cudaDriverEntryPointQueryResult found{};
  void* function = nullptr;
  ASSERT_EQ(cudaGetDriverEntryPointByVersion("cuCtxGetCurrent", &function, 4000, cudaEnableDefault, &found),
            cudaSuccess);
  get = reinterpret_cast<PFN_cuCtxGetCurrent_v4000>(function);
  ASSERT_EQ(cudaGetDriverEntryPointByVersion("cuCtxSetCurrent", &function, 4000, cudaEnableDefault, &found),
            cudaSuccess);
  set = reinterpret_cast<PFN_cuCtxSetCurrent_v4000>(function);
  CUcontext before = nullptr, after = nullptr;
  ASSERT_EQ(get(&before), CUDA_SUCCESS);
  EXPECT_NE(before, nullptr) << "a stream was made";
  ASSERT_EQ(set(nullptr), CUDA_SUCCESS);
  EXPECT_EQ(eigenlens_simulator_current_device(), -1);
  const OnDevice<double> memory(1);  // takes the device that was chosen last
  ASSERT_EQ(get(&after), CUDA_SUCCESS);
  EXPECT_EQ(after, before);
  EXPECT_EQ(cudaGetDriverEntryPointByVersion("cuNothing", &function, 4000, cudaEnableDefault, &found), cudaSuccess);
  EXPECT_EQ(found, cudaDriverEntryPointSymbolNotFound);
}

TEST_F(SimulatedDevice, MemoryOfAPoolOutlivesIt) {
  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location = {.type = cudaMemLocationTypeDevice, .id = 0};
  cudaMemPool_t pool = nullptr;
  void* data = nullptr;
  ASSERT_EQ(cudaMemPoolCreate(&pool, &properties), cudaSuccess);
  ASSERT_EQ(cudaMallocFromPoolAsync(&data, 64, pool, stream), cudaSuccess);
  EXPECT_EQ(cudaMemPoolDestroy(pool), cudaSuccess);
  EXPECT_EQ(cudaMallocFromPoolAsync(&data, 64, pool, stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaMemPoolTrimTo(pool, 0), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaFreeAsync(data, stream), cudaSuccess);
}

TEST_F(SimulatedDevice, FreesAreChecked) {
  void* data = nullptr;
  ASSERT_EQ(cudaMallocAsync(&data, 64, stream), cudaSuccess);
  EXPECT_EQ(cudaFree(static_cast<char*>(data) + 8), cudaErrorInvalidValue);
  ASSERT_EQ(cudaFreeAsync(data, stream), cudaSuccess);
  EXPECT_EQ(cudaMemsetAsync(data, 0, 64, stream), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFreeAsync(data, stream), cudaErrorInvalidValue);
  EXPECT_EQ(eigenlens_simulator_live_allocations(), 1);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(eigenlens_simulator_live_allocations(), 0);
}

TEST_F(SimulatedDevice, UseBeforeTheStreamHasAllocatedBreaksTheDevice) {
  cudaStream_t other = nullptr;
  void* data = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(cudaMallocAsync(&data, 64, stream), cudaSuccess);
  ASSERT_EQ(cudaMemsetAsync(data, 0, 64, other), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(other), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorIllegalAddress) << "the error is sticky";
  eigenlens_simulator_reset();
  EXPECT_EQ(cudaFree(data), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(other), cudaSuccess);
}

TEST_F(SimulatedDevice, CapacityIsLimited) {
  eigenlens_simulator_set_capacity(1000);
  const OnDevice<double> some(100);
  void* more = nullptr;
  EXPECT_EQ(cudaMalloc(&more, 201), cudaErrorMemoryAllocation);
  EXPECT_EQ(more, nullptr);
  std::size_t free = 0, total = 0;
  ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(free, 200U);
  EXPECT_EQ(total, 1000U);
}

TEST_F(SimulatedDevice, CallsFailOnDemand) {
  eigenlens_simulator_fail("cudaMalloc", 1, cudaErrorMemoryAllocation);
  const OnDevice<double> goes_well(1);
  void* data = nullptr;
  EXPECT_EQ(cudaMalloc(&data, 8), cudaErrorMemoryAllocation);
  const OnDevice<double> goes_well_again(1);
  EXPECT_GT(eigenlens_simulator_calls("cudaMalloc"), 2);
}

TEST_F(SimulatedDevice, AbsentDevicesAndOldDrivers) {
  int count = -1;
  eigenlens_simulator_set_device_count(0);
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorNoDevice);
  eigenlens_simulator_set_device_count(1);
  eigenlens_simulator_set_driver_error(cudaErrorInsufficientDriver);
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
  int version = 0;
  ASSERT_EQ(cudaDriverGetVersion(&version), cudaSuccess);
  EXPECT_LT(version, CUDART_VERSION);
  eigenlens_simulator_set_driver_error(0);
  eigenlens_simulator_set_compute_capability(7, 0);
  cudaDeviceProp properties;
  ASSERT_EQ(cudaGetDeviceProperties(&properties, 0), cudaSuccess);
  EXPECT_STREQ(properties.name, "simulated device");
  EXPECT_EQ(properties.major, 7);
  EXPECT_EQ(cudaSetDevice(1), cudaErrorInvalidDevice);
  EXPECT_STREQ(cudaGetErrorName(cudaErrorInvalidDevice), "cudaErrorInvalidDevice");
}

}  // namespace
}  // namespace eigenlens::test
