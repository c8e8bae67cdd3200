// SPDX-License-Identifier: Apache-2.0
// Whole sweeps on CUDA: the CPU's curves, the same bits twice; and on the simulated device, which fails when it is told
// to: what fails is an error that names it, never a curve, and leaves the device as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backend/backend.hpp"
#include "eigenlens/dataset.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/sweep.hpp"
#include "support/backend_cases.hpp"
#include "support/simulator_hooks.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

/// Textured images, as real ones: 3 × 12 × 12, D = 432.
Moments moments_on(const Device& device) {
  return accumulate(*open_dataset("generate:count=900,shape=3x12x12,classes=5,seed=3"), device);
}

std::vector<Pretext> parsed(const std::vector<const char*>& specifications) {
  std::vector<Pretext> all;
  for (const char* specification : specifications)
    for (const Pretext& pretext : parse_pretext(specification)) all.push_back(pretext);
  return all;
}

/// Blocks of 3, 12, 48, 192 (more than a kernel takes) and 432 pixels, a coordinate each, and no blocks.
std::vector<Pretext> pretexts() {
  return parsed({"reconstruct", "gaussian:sigma=0.5", "mask:patch=1,ratio=0:0.99:3", "mask:patch=2,ratio=0.5:0.9:2",
                 "mask:patch=8,ratio=0.75", "mask:patch=12,ratio=0.5", "dropout:ratio=0.3:0.8:2",
                 "keep:patch=4,count=1:3:2"});
}

SweepResult sweep_on(const Device& device, SolveMode mode = SolveMode::standard) {
  SweepOptions options;
  options.mode = mode;
  return sweep(moments_on(device), pretexts(), device, options);
}

constexpr std::vector<double> Curve::*shares[] = {&Curve::alignment, &Curve::alignment_noisy,
                                                  &Curve::reconstruction_denoise, &Curve::reconstruction_clean,
                                                  &Curve::reconstruction_refit};

class CudaSweep : public BackendTest {};
INSTANTIATE_TEST_SUITE_P(Cuda, CudaSweep, ::testing::ValuesIn(cuda_cases()), case_name);

TEST_P(CudaSweep, CurvesAreTheCpus) {
  for (const SolveMode mode : {SolveMode::standard, SolveMode::accurate}) {
    const SweepResult found = sweep_on(device(), mode), expected = sweep_on(Device({.name = "cpu"}), mode);
    EXPECT_EQ(found.rank, expected.rank);
    EXPECT_EQ(found.constant_pixels, expected.constant_pixels);
    ASSERT_EQ(found.curves.size(), expected.curves.size());
    for (std::size_t i = 0; i < found.curves.size(); ++i) {
      SCOPED_TRACE(found.curves[i].pretext.to_string() + ", " + found.curves[i].checks.solver);
      for (const auto member : shares)
        EXPECT_TRUE(within(largest_difference(found.curves[i].*member, expected.curves[i].*member), 1e-9));
      EXPECT_THAT(found.curves[i].checks.solver, HasSubstr("cusolverDn"));
    }
    EXPECT_EQ(found.device.front().first, "device");
    EXPECT_THAT(found.device.front().second, HasSubstr("cuda:"));
  }
}

TEST_P(CudaSweep, TwiceTheSameBits) {
  const SweepResult once = sweep_on(device()), again = sweep_on(device());
  for (std::size_t i = 0; i < once.curves.size(); ++i) {
    for (const auto member : shares) EXPECT_EQ(once.curves[i].*member, again.curves[i].*member);
    EXPECT_EQ(once.curves[i].checks.residual, again.curves[i].checks.residual);
  }
}

class CudaFailures : public BackendTest {
 protected:
  /// A small sweep from the samples to the curves.
  [[nodiscard]] SweepResult run() const {
    const Moments moments = accumulate(*open_dataset("generate:count=300,shape=1x10x10,classes=3,seed=5"), device());
    return sweep(moments, parsed({"reconstruct", "mask:patch=2,ratio=0.5:0.9:2", "mask:patch=9,ratio=0.5"}), device());
  }
  /// What it says; "" if it went well.
  [[nodiscard]] std::string failure(ErrorCode code) const {
    try {
      (void)run();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "";
  }
  /// Once all that is queued is done.
  [[nodiscard]] std::int64_t live(const SimulatorHooks& hooks) const {
    (void)backend().device_memory();
    return hooks.live_allocations();
  }
};
INSTANTIATE_TEST_SUITE_P(Simulated, CudaFailures, ::testing::Values(BackendCase{"cuda", 2, Hardware::simulated}),
                         case_name);

TEST_P(CudaFailures, WrongEigenvectorsAreNoCurve) {
  const SimulatorHooks hooks;
  hooks.corrupt("cusolverDnXsyevBatched", 0);  // the strengths of the first family of masks
  const std::string said = failure(ErrorCode::numerical);
  EXPECT_THAT(said, HasSubstr("is wrong"));
  EXPECT_THAT(said, HasSubstr("mask:patch=2"));
}

TEST_P(CudaFailures, OneWrongIntegerIsNoMoments) {
  const SimulatorHooks hooks;
  hooks.corrupt("cublasLtMatmul", 0);
  EXPECT_THAT(failure(ErrorCode::device), HasSubstr("of the exact Gram matrix is wrong"));
}

TEST_P(CudaFailures, WhatDoesNotConvergeIsNoCurve) {
  const SimulatorHooks hooks;
  hooks.info("cusolverDnXsyevd", 1, 7);
  EXPECT_THAT(failure(ErrorCode::numerical), HasSubstr("did not converge"));
}

TEST_P(CudaFailures, AFactorThatBreaksDownNamesThePivot) {
  const SimulatorHooks hooks;
  hooks.info("cusolverDnXpotrf", 0, 40);
  EXPECT_THAT(failure(ErrorCode::numerical), HasSubstr("not positive definite at pivot 40 of"));
}

TEST_P(CudaFailures, TooLittleMemoryIsSaidBeforeTheStart) {
  const SimulatorHooks hooks;
  const Moments moments = moments_on(Device({.name = "cpu"}));
  hooks.capacity(64 << 20);
  try {
    (void)sweep(moments, pretexts(), device());
    FAIL() << "it ran";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::memory);
    EXPECT_THAT(error.what(), HasSubstr("a sweep of D = 432 inputs"));
  }
}

TEST_P(CudaFailures, SamplesStayOnTheHostWhereThereIsNoRoom) {
  const SimulatorHooks hooks;
  const std::vector<std::uint8_t> bytes(1000);
  const std::vector<std::int32_t> labels(10);
  const Batch all{ScalarType::uint8, 10, 100, 0, bytes.data(), labels.data()};
  const Device there = device();
  EXPECT_NE(there.backend().pixel_panels(all), nullptr);
  hooks.capacity(256 << 20);
  EXPECT_EQ(there.backend().pixel_panels(all), nullptr);
}

/// Memory may be there, but in pieces that the process has freed and kept.
TEST_P(CudaFailures, MemoryIsAskedForTwice) {
  const SimulatorHooks hooks;
  const SweepResult expected = run();
  hooks.fail("cudaMallocFromPoolAsync", 3, 2);  // cudaErrorMemoryAllocation
  EXPECT_EQ(run().curves[0].alignment, expected.curves[0].alignment);
}

/// Of cuBLASLt's algorithms for a product the first may be refused, or none be known: then it chooses by itself.
TEST_P(CudaFailures, AnAlgorithmThatIsRefusedMakesWay) {
  const SimulatorHooks hooks;
  const SweepResult expected = run();
  constexpr int not_supported = 15;
  for (const char* api : {"cublasLtMatmul", "cublasLtMatmulAlgoGetHeuristic"}) {
    hooks.fail(api, 0, not_supported);
    EXPECT_EQ(run().curves[0].alignment, expected.curves[0].alignment) << api;
  }
  for (int refusals = 0; refusals < 2; ++refusals) hooks.fail("cublasLtMatmul", 0, not_supported);
  EXPECT_THAT(failure(ErrorCode::device), HasSubstr("cublasLtMatmul of int8"));
}

/// Every call of a kind fails in its turn: an error each time, no crash, nothing lost, and the next sweep is right.
TEST_P(CudaFailures, EveryCallMayFail) {
  const SimulatorHooks hooks;
  const SweepResult expected = run();
  const std::int64_t before = live(hooks);
  constexpr int out_of_memory = 2, launch_failure = 719, not_supported = 15, internal_error = 7, execution_failed = 13;
  struct Api {
    const char* name;
    int status;
  };
  for (const Api api : {Api{"cudaMallocFromPoolAsync", out_of_memory},
                        {"cudaMemcpyAsync", launch_failure},
                        {"cudaMemsetAsync", launch_failure},
                        {"cudaLaunchKernelEx", launch_failure},
                        {"cublasDgemm", not_supported},
                        {"cublasDsyrk", not_supported},
                        {"cublasDtrsm", not_supported},
                        {"cublasLtMatmul", execution_failed},
                        {"cublasLtMatmulAlgoGetHeuristic", execution_failed},
                        {"cusolverDnXsyevd", internal_error},
                        {"cusolverDnXpotrf", internal_error},
                        {"cusolverDnXtrtri", internal_error}}) {
    const std::int64_t first = hooks.calls(api.name);
    (void)run();
    const auto calls = static_cast<int>(hooks.calls(api.name) - first);
    EXPECT_GT(calls, 0) << api.name << " is never called";
    // The first calls, the last, and some between.
    for (int skip = 0; skip < calls; skip = skip < 2 ? skip + 1 : std::min(skip + 1 + calls / 3, calls)) {
      SCOPED_TRACE(::testing::Message() << api.name << ", call " << skip + 1 << " of " << calls);
      hooks.fail(api.name, skip, api.status);
      if (api.status == out_of_memory) hooks.fail(api.name, skip, api.status);  // it is asked for twice
      try {
        (void)run();
        ADD_FAILURE() << "no error";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), api.status == out_of_memory ? ErrorCode::memory : ErrorCode::device) << error.what();
      }
      hooks.reset();
      EXPECT_EQ(live(hooks), before);
    }
  }
  const SweepResult after = run();
  for (std::size_t i = 0; i < expected.curves.size(); ++i)
    EXPECT_EQ(after.curves[i].alignment, expected.curves[i].alignment);
}

}  // namespace
}  // namespace eigenlens::test
