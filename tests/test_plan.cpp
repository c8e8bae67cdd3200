// SPDX-License-Identifier: Apache-2.0
// What a run says it will take before it starts: it grows with what grows, and never wraps around.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "eigenlens/error.hpp"
#include "eigenlens/sweep.hpp"
#include "support/forwarding_backend.hpp"
#include "support/samples.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint64_t seed = 27182818;
constexpr std::int64_t gibibyte = std::int64_t{1} << 30;
constexpr std::int64_t huge = 2'000'000'000;

Device with_budget(std::int64_t memory, int threads = 2) {
  return Device({.name = "cpu", .threads = threads, .memory = memory});
}
Device unlimited(int threads = 2) { return with_budget(std::numeric_limits<std::int64_t>::max(), threads); }

DatasetInfo pixels(std::int64_t side, ScalarType scalar = ScalarType::uint8) {
  DatasetInfo info;
  info.scalar = scalar;
  info.shape = {3, side, side};
  info.count = 50'000;
  info.classes = 10;
  return info;
}

std::int64_t sweep_bytes(const ImageShape& shape, const std::string& pretext, SolveMode mode = SolveMode::standard,
                         const Device& device = unlimited()) {
  return plan_sweep(shape, 10, parse_pretext(pretext), mode, device).bytes;
}

template <class Work>
std::string message_of(ErrorCode code, Work work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return {};
}

TEST(PlanMoments, GrowsWithInputsBatchAndWidthOfTheValues) {
  const Device device = unlimited();
  EXPECT_LT(plan_moments(pixels(8), 0, device).bytes, plan_moments(pixels(16), 0, device).bytes);
  EXPECT_LT(plan_moments(pixels(16), 0, device).bytes, plan_moments(pixels(32), 0, device).bytes);
  EXPECT_LT(plan_moments(pixels(32), 1'000, device).bytes, plan_moments(pixels(32), 20'000, device).bytes);
  EXPECT_EQ(plan_moments(pixels(32), 50'000, device).bytes, plan_moments(pixels(32), 5'000'000, device).bytes)
      << "a batch is no larger than the set";
  EXPECT_LT(plan_moments(pixels(32), 1'000, device).bytes,
            plan_moments(pixels(32, ScalarType::float32), 1'000, device).bytes);
  EXPECT_LT(plan_moments(pixels(32, ScalarType::float32), 1'000, device).bytes,
            plan_moments(pixels(32, ScalarType::float64), 1'000, device).bytes);
}

TEST(PlanMoments, HoldsAtLeastTheSumsTwice) {
  EXPECT_GT(plan_moments(pixels(32), 0, unlimited()).bytes, 2 * 8 * 3072 * 3072);
}

TEST(PlanMerge, GrowsWithInputsAndClasses) {
  const Device device = unlimited();
  EXPECT_LT(plan_merge(784, 10, device).bytes, plan_merge(3072, 10, device).bytes);
  EXPECT_LT(plan_merge(784, 10, device).bytes, plan_merge(784, 1000, device).bytes);
  EXPECT_GT(plan_merge(3072, 10, device).bytes, 3 * 8 * 3072 * 3072) << "two sets of sums and their union";
}

TEST(PlanSweep, GrowsWithInputsPatchesPretextsAndMode) {
  EXPECT_LT(sweep_bytes({3, 16, 16}, "reconstruct"), sweep_bytes({3, 32, 32}, "reconstruct"));
  EXPECT_LT(sweep_bytes({3, 32, 32}, "mask:patch=1,ratio=0.5"), sweep_bytes({3, 32, 32}, "mask:patch=16,ratio=0.5"));
  EXPECT_LT(sweep_bytes({3, 32, 32}, "mask:patch=4,ratio=0.5"),
            sweep_bytes({3, 32, 32}, "mask:patch=4,ratio=0.1:0.9:9"));
  EXPECT_LT(sweep_bytes({3, 32, 32}, "mask:patch=4,ratio=0.5"),
            sweep_bytes({3, 32, 32}, "mask:patch=4,ratio=0.5", SolveMode::accurate));
}

TEST(PlanSweep, LanesFollowThreadsStrengthsAndBudget) {
  const ImageShape shape{3, 32, 32};
  const std::vector<Pretext> eight = parse_pretext("mask:patch=4,ratio=0.1:0.8:8");
  const auto plan = [&](const Device& device) { return plan_sweep(shape, 10, eight, SolveMode::standard, device); };
  const MemoryPlan free = plan(unlimited(4));
  EXPECT_EQ(free.lanes, 4);
  EXPECT_EQ(plan_sweep(shape, 10, parse_pretext("mask:patch=4,ratio=0.5"), SolveMode::standard, unlimited(4)).lanes, 1);
  int lanes = free.lanes;
  std::int64_t bytes = free.bytes;
  for (std::int64_t budget = free.bytes; budget > free.bytes / 4; budget -= free.bytes / 50) {
    const MemoryPlan tight = plan(with_budget(budget, 4));
    EXPECT_EQ(tight.budget, budget);
    EXPECT_LE(tight.lanes, lanes);
    EXPECT_LE(tight.bytes, bytes);
    EXPECT_TRUE(tight.bytes <= budget || tight.lanes == 1) << tight.text;
    lanes = tight.lanes;
    bytes = tight.bytes;
  }
  EXPECT_EQ(lanes, 1);
  EXPECT_GT(plan(with_budget(1)).bytes, 1) << "what does not fit is not called small";
}

// Devices with memory of their own.

Device apart(Pretence pretence, DeviceChoice choice = DeviceChoice::forced) {
  return Device(std::make_shared<ForwardingBackend>(std::move(pretence)), choice, "a test made it");
}

TEST(PlanOfTwoMemories, MatricesLieOnTheDevice) {
  const ImageShape shape{3, 32, 32};
  const std::vector<Pretext> pretexts = parse_pretext("mask:patch=4,ratio=0.1:0.8:8");
  const MemoryPlan together = plan_sweep(shape, 10, pretexts, SolveMode::standard, unlimited(1));
  EXPECT_EQ(together.device_bytes, 0);
  EXPECT_EQ(together.device_budget, 0);
  const Device device = apart({.device_memory = 80 * gibibyte, .lanes = 8});
  const MemoryPlan plan = plan_sweep(shape, 10, pretexts, SolveMode::standard, device);
  EXPECT_EQ(plan.lanes, 8);
  EXPECT_EQ(plan.device_budget, 80 * gibibyte);
  EXPECT_TRUE(plan.fits());
  EXPECT_GT(plan.device_bytes, (3 + 2 * 8) * 8 * 3072 * 3072);
  EXPECT_LT(plan.bytes, together.bytes) << "the moments and the curves stay on the host";
  EXPECT_GT(plan.bytes, 8 * 3072 * 3072);
  EXPECT_THAT(plan.text, AllOf(HasSubstr("inputs on cuda:0, 8 at a time"), HasSubstr("of cuda:0's memory"),
                               HasSubstr("of the host's"), HasSubstr("80.00 GiB")));
}

TEST(PlanOfTwoMemories, LanesFollowTheSmallerOne) {
  const ImageShape shape{3, 32, 32};
  const std::vector<Pretext> pretexts = parse_pretext("mask:patch=4,ratio=0.1:0.8:8");
  const auto plan = [&](std::int64_t host, std::int64_t device) {
    return plan_sweep(shape, 10, pretexts, SolveMode::standard,
                      apart({.host_memory = host, .device_memory = device, .lanes = 8}));
  };
  const MemoryPlan most = plan(gibibyte, 80 * gibibyte);
  int lanes = most.lanes;
  for (std::int64_t budget = most.device_bytes; budget > most.device_bytes / 8; budget -= most.device_bytes / 40) {
    const MemoryPlan tight = plan(gibibyte, budget);
    EXPECT_LE(tight.lanes, lanes);
    EXPECT_TRUE(tight.fits() || tight.lanes == 1) << tight.text;
    lanes = tight.lanes;
  }
  EXPECT_EQ(lanes, 1);
  EXPECT_FALSE(plan(gibibyte, gibibyte / 8).fits());
  EXPECT_FALSE(plan(gibibyte / 1024, 80 * gibibyte).fits()) << "a large device does not help a small host";
}

TEST(PlanOfTwoMemories, ASolversRoomOnTheHostCountsForEveryLane) {
  const std::vector<Pretext> pretexts = parse_pretext("mask:patch=4,ratio=0.1:0.8:8");
  const auto plan = [&](std::int64_t host, std::int64_t room) {
    const Device device =
        apart({.host_memory = host, .device_memory = 80 * gibibyte, .lanes = 8, .solver_host_bytes = room});
    return plan_sweep({3, 32, 32}, 10, pretexts, SolveMode::standard, device);
  };
  EXPECT_EQ(plan(64 * gibibyte, gibibyte).bytes, plan(64 * gibibyte, 0).bytes + 8 * gibibyte);
  EXPECT_EQ(plan(4 * gibibyte, gibibyte).lanes, 3) << "fewer side by side where the host has no room for more";
}

TEST(PlanOfTwoMemories, RefinementTakesRoom) {
  const auto bytes = [](SolveMode mode, Accuracy accuracy) {
    const Device device = apart({.device_memory = 80 * gibibyte, .accuracy = accuracy});
    return plan_sweep({3, 32, 32}, 10, parse_pretext("mask:patch=4,ratio=0.5"), mode, device).device_bytes;
  };
  constexpr std::int64_t square = 8 * 3072 * 3072;
  EXPECT_EQ(bytes(SolveMode::standard, Accuracy::absolute), bytes(SolveMode::standard, Accuracy::graded) + 2 * square)
      << "Q, and one a lane";
  EXPECT_EQ(bytes(SolveMode::accurate, Accuracy::absolute), bytes(SolveMode::accurate, Accuracy::graded));
}

TEST(PlanOfTwoMemories, MomentsAreSummedOnTheDevice) {
  const Device device = apart({.device_memory = 80 * gibibyte});
  for (const ScalarType scalar : {ScalarType::uint8, ScalarType::float32, ScalarType::float64}) {
    const MemoryPlan plan = plan_moments(pixels(32, scalar), 0, device);
    EXPECT_GT(plan.device_bytes, 12 * 3072 * 3072) << "32-bit and 64-bit sums";
    EXPECT_GT(plan.bytes, 8 * 3072 * 3072) << "handed over";
    EXPECT_TRUE(plan.fits());
    EXPECT_FALSE(plan_moments(pixels(32, scalar), 0, apart({.device_memory = gibibyte / 16})).fits());
  }
}

TEST(SuitedDevice, AutoTakesTheCpuWhereTheDeviceIsTooSmall) {
  const ImageShape shape{3, 32, 32};
  const auto chosen = [&](const Pretence& pretence, DeviceChoice choice) {
    const Device device = suited(apart(pretence, choice), shape, 10, {Pretext{}}, SolveMode::standard);
    return device.name() + ": " + device.describe()[1].second;
  };
  const Pretence large{.device_memory = 80 * gibibyte}, little{.device_memory = gibibyte / 4};
  const Pretence low_order{.device_memory = 80 * gibibyte, .largest_order = 3071};
  for (const DeviceChoice choice : {DeviceChoice::automatic, DeviceChoice::forced})
    EXPECT_EQ(chosen(large, choice), "cuda: cuda:0, because a test made it");
  EXPECT_THAT(chosen(little, DeviceChoice::automatic),
              ::testing::MatchesRegex("cpu: cpu, because cuda:0, which auto chose, is too small for this sweep: "
                                      "[0-9.]+ .iB needed, 256.0 MiB free"));
  EXPECT_EQ(chosen(low_order, DeviceChoice::automatic),
            "cpu: cpu, because D = 3072 is beyond the largest problem of cuda:0, which auto chose: 3071");
  for (const Pretence& pretence : {little, low_order})
    EXPECT_EQ(chosen(pretence, DeviceChoice::forced), "cuda: cuda:0, because a test made it");
}

TEST(SuitedDevice, AutoAccumulatesOnTheCpuWhereTheDeviceIsTooSmall) {
  const Pretence little{.threads = 2, .host_memory = 4 * gibibyte, .device_memory = gibibyte / 16};
  const Device device = suited(apart(little, DeviceChoice::automatic), pixels(32), 0);
  EXPECT_EQ(device.name(), "cpu");
  EXPECT_EQ(device.threads(), 2);
  EXPECT_EQ(device.memory_budget(), 4 * gibibyte);
  EXPECT_THAT(device.describe()[1].second, HasSubstr("cuda:0, which auto chose, is too small for these moments"));
  EXPECT_THAT(device.notice(), ::testing::MatchesRegex("cuda:0 is too small for these moments \\([0-9.]+ MiB needed, "
                                                       "64.0 MiB free\\)"));
  EXPECT_EQ(suited(apart(little), pixels(32), 0).name(), "cuda") << "a forced device is itself";
}

TEST(SuitedDevice, AForcedOneThatIsTooSmallIsAnError) {
  const Moments moments = engine_moments(random_pixels({1, 4, 6}, 30, 3, seed));
  const auto refused = [&](ErrorCode code, const Pretence& pretence) {
    return message_of(code, [&] { (void)sweep(moments, {Pretext{}}, apart(pretence)); });
  };
  EXPECT_THAT(refused(ErrorCode::memory, {.device_memory = 1024}), HasSubstr("of cuda:0's memory"));
  EXPECT_THAT(refused(ErrorCode::usage, {.device_memory = 80 * gibibyte, .largest_order = 23}), HasSubstr("23"));
}

TEST(PlanSweep, ColourImagesOfThirtyTwoPixelsFitAGibibyte) {
  const MemoryPlan plan =
      plan_sweep({3, 32, 32}, 10, parse_pretext("mask:patch=4,ratio=0.75"), SolveMode::standard, unlimited(2));
  EXPECT_LT(plan.bytes, gibibyte) << plan.text;
  EXPECT_GT(plan.bytes, 5 * 8 * 3072 * 3072) << plan.text;
  EXPECT_THAT(plan.text, HasSubstr("D = 3072 inputs on the CPU"));
}

/// 8·D² is 3.2e19 bytes, more than 64 bits hold.
TEST(Plans, WhatNoMachineHoldsFitsNoBudget) {
  const Device largest = with_budget(std::int64_t{1} << 60);
  DatasetInfo info;
  info.shape = {1, 1, huge};
  info.count = huge;
  info.classes = 2;
  for (const ScalarType scalar : {ScalarType::uint8, ScalarType::float32, ScalarType::float64})
    for (const std::int64_t batch : {std::int64_t{0}, std::int64_t{1}, huge}) {
      info.scalar = scalar;
      const MemoryPlan plan = plan_moments(info, batch, largest);
      EXPECT_GT(plan.bytes, plan.budget) << plan.text;
      EXPECT_FALSE(plan.fits());
    }
  EXPECT_GT(plan_merge(huge, 2, largest).bytes, largest.memory_budget());
  EXPECT_GT(plan_merge(huge, huge, largest).bytes, largest.memory_budget());
  for (const SolveMode mode : {SolveMode::standard, SolveMode::accurate}) {
    const MemoryPlan plan = plan_sweep(info.shape, huge, {Pretext{}}, mode, largest);
    EXPECT_GT(plan.bytes, plan.budget) << plan.text;
    EXPECT_EQ(plan.lanes, 1);
  }
}

TEST(Plans, SweepRefusesWhatDoesNotFit) {
  const Moments moments = engine_moments(random_pixels({1, 4, 6}, 30, 3, seed));
  const MemoryPlan plan = plan_sweep(moments.shape, 3, {Pretext{}}, SolveMode::standard, with_budget(1, 1));
  EXPECT_THAT(message_of(ErrorCode::memory, [&] { (void)sweep(moments, {Pretext{}}, with_budget(plan.bytes - 1, 1)); }),
              HasSubstr("available"));
  EXPECT_EQ(sweep(moments, {Pretext{}}, with_budget(plan.bytes, 1)).curves.size(), 1U);
}

TEST(Plans, LargestKBeyondTheRankIsRefusedByNumber) {
  const Moments moments = engine_moments(random_pixels({1, 4, 6}, 15, 3, seed));  // 15 samples: rank 14
  for (const char* specification : {"reconstruct", "mask:patch=2,ratio=0.5"}) {
    SweepOptions options;
    options.largest_k = 15;
    const std::string message = message_of(ErrorCode::usage, [&] {
      (void)sweep(moments, parse_pretext(specification), Device({.name = "cpu"}), options);
    });
    EXPECT_THAT(message, ::testing::AllOf(HasSubstr("K = 15"), HasSubstr("the rank, 14")));
    options.largest_k = 14;
    EXPECT_EQ(sweep(moments, parse_pretext(specification), Device({.name = "cpu"}), options).rank, 14);
  }
}

}  // namespace
}  // namespace eigenlens::test
