// SPDX-License-Identifier: Apache-2.0
// What a CUDA device is to the program around it: on the simulated one, of which there may be two. That no verb changes
// the caller's device is looked at after every test of a backend (support/backend_cases.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "eigenlens/dataset.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/sweep.hpp"
#include "support/backend_cases.hpp"
#include "support/simulator_hooks.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

class CudaDevices : public BackendTest {
 protected:
  /// From the samples to the curves.
  [[nodiscard]] static SweepResult run(const Device& device) {
    const Moments moments = accumulate(*open_dataset("generate:count=200,shape=1x8x8,classes=3,seed=5"), device);
    return sweep(moments, parse_pretext("mask:patch=2,ratio=0.25:0.75:3"), device);
  }
};
INSTANTIATE_TEST_SUITE_P(Simulated, CudaDevices, ::testing::Values(BackendCase{"cuda", 2, Hardware::simulated}),
                         case_name);

constexpr int no_device = -1;

TEST_P(CudaDevices, TheCallersDeviceStaysTheCallers) {
  const SimulatorHooks hooks;
  const SweepResult expected = run(device());
  hooks.devices(2);
  for (const int callers : {no_device, 0, 1}) {
    SCOPED_TRACE(::testing::Message() << "the caller's device: " << callers);
    hooks.make_current(callers);
    {
      const Device second = simulated_device("cuda:1");
      EXPECT_EQ(hooks.current(), callers) << "after it was opened";
      const SweepResult found = run(second);
      EXPECT_EQ(hooks.current(), callers) << "after a sweep";
      for (std::size_t i = 0; i < expected.curves.size(); ++i)
        EXPECT_EQ(found.curves[i].alignment, expected.curves[i].alignment);
      EXPECT_EQ(second.describe()[0].second, "cuda:1");
    }
    EXPECT_EQ(hooks.current(), callers) << "after it was closed";
  }
  hooks.make_current(1);
}

TEST_P(CudaDevices, TwoTakeTurns) {
  const SimulatorHooks hooks;
  hooks.devices(2);
  const Device second = simulated_device("cuda:1");
  const SweepResult expected = run(device()), found = run(second), again = run(device());
  for (std::size_t i = 0; i < expected.curves.size(); ++i) {
    EXPECT_EQ(found.curves[i].alignment, expected.curves[i].alignment);
    EXPECT_EQ(again.curves[i].alignment, expected.curves[i].alignment);
  }
}

TEST_P(CudaDevices, WithoutMemoryPoolsItIsNotAvailable) {
  const SimulatorHooks hooks;
  hooks.take_memory_pools();
  try {
    (void)simulated_device("cuda:0");
    FAIL() << "it opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_THAT(error.what(), HasSubstr("cuda:0 (simulated device) has no memory pools"));
  }
}

/// Lanes are made when there is work for them: in the middle of a sweep.
TEST_P(CudaDevices, AHandleThatCannotBeMadeIsAnErrorAndNoMore) {
  const SimulatorHooks hooks;
  const Device fresh = simulated_device("cuda:0");
  const SweepResult expected = run(device());
  struct Failure {
    const char* api;
    int status;
    ErrorCode code;
  };
  for (const Failure& failure : {Failure{"cublasCreate", 3, ErrorCode::memory},
                                 {"cusolverDnCreate", 7, ErrorCode::device},
                                 {"cudaStreamCreateWithFlags", 2, ErrorCode::memory},
                                 {"cudaEventCreateWithFlags", 2, ErrorCode::memory}}) {
    SCOPED_TRACE(failure.api);
    hooks.fail(failure.api, 0, failure.status);
    try {
      (void)run(fresh);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), failure.code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(failure.api));
    }
    hooks.reset();
  }
  const SweepResult found = run(fresh);
  for (std::size_t i = 0; i < expected.curves.size(); ++i)
    EXPECT_EQ(found.curves[i].alignment, expected.curves[i].alignment);
}

/// As in a program that ends, or a process that was forked: what CUDA lent is gone, and to give it back may crash.
TEST_P(CudaDevices, NothingIsGivenBackToADeviceThatIsGone) {
  const SimulatorHooks hooks;
  constexpr int unloading = 4;  // cudaErrorCudartUnloading
  const std::int64_t before = hooks.calls("cublasDestroy");
  std::optional<Device> gone = simulated_device("cuda:0");
  hooks.fail("cudaSetDevice", 0, unloading);
  gone.reset();
  EXPECT_EQ(hooks.calls("cublasDestroy"), before);
  EXPECT_EQ(run(device()).curves.size(), 3U) << "others go on";
}

}  // namespace
}  // namespace eigenlens::test
