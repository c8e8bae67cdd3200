// SPDX-License-Identifier: Apache-2.0
// What the dual form takes, before it starts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "eigenlens/error.hpp"
#include "support/dataset_files.hpp"
#include "support/memory_dataset.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::int64_t gibibyte = std::int64_t{1} << 30;

Device machine(std::int64_t memory) { return Device({.name = "cpu", .threads = 2, .memory = memory}); }

DatasetInfo photographs(std::int64_t count, std::int64_t side) {
  DatasetInfo info;
  info.name = "photographs";
  info.shape = {3, side, side};
  info.count = count;
  info.classes = 10;
  return info;
}

const std::vector<Pretext>& figure() {
  static const auto pretexts =
      parse_all({"mask:patch=8,ratio=0:0.9:10", "mask:patch=16,ratio=0:0.9:10", "mask:patch=32,ratio=0:0.9:10"});
  return pretexts;
}

TEST(DualPlan, TenThousandPhotographsFitSixteenGibibytes) {
  for (const auto& [count, side] : {std::pair{2000, 160}, std::pair{10000, 160}, std::pair{10000, 224}}) {
    SCOPED_TRACE(::testing::Message() << count << " of " << side);
    const DatasetInfo info = photographs(count, side);
    const Device device = machine(16 * gibibyte);
    const MemoryPlan moments = plan_dual_moments(info, figure(), device);
    EXPECT_TRUE(moments.fits()) << moments.text;
    EXPECT_GT(moments.bytes, info.count * info.shape.size() + 4 * 8 * info.count * info.count);
    const MemoryPlan swept = plan_sweep(dual_size(info, figure()), figure(), SolveMode::standard, device);
    EXPECT_TRUE(swept.fits()) << swept.text;
    EXPECT_THAT(swept.text, AllOf(HasSubstr("dual form"), HasSubstr(std::to_string(count))));
  }
}

TEST(DualPlan, CountsStructuresAndNotStrengths) {
  EXPECT_EQ(dual_size(photographs(100, 64), figure()).families, 3);
  EXPECT_EQ(dual_size(photographs(100, 64), parse_all({"reconstruct", "gaussian:sigma=1"})).families, 0);
  EXPECT_EQ(dual_size(photographs(100, 64), parse_all({"mask:patch=8,ratio=0.5", "keep:patch=8,count=3"})).families, 1);
}

TEST(DualPlan, WhatDoesNotFitIsRefusedBeforeTheReading) {
  MemoryDataset dataset(random_pixels({1, 6, 6}, 20, 2, 1), ScalarType::uint8, 7);
  const auto pretexts = parse_all({"mask:patch=2,ratio=0.5"});
  EXPECT_THAT(error_of(ErrorCode::memory, [&] { accumulate_dual(dataset, pretexts, machine(1 << 20)); }),
              HasSubstr("dual moments of N = 20 samples of D = 36"));
  const DualMoments moments = accumulate_dual(dataset, pretexts, machine(gibibyte));
  EXPECT_THAT(error_of(ErrorCode::memory, [&] { sweep(moments, pretexts, machine(1 << 20)); }), HasSubstr("dual form"));
}

TEST(DualPlan, LargeBlocksNeedRoomForTheirProjectors) {
  const Device device = machine(16 * gibibyte);
  const auto bytes = [&](const char* mask) {
    return plan_dual_moments(photographs(2000, 160), parse_all({mask}), device).bytes;
  };
  EXPECT_GE(bytes("mask:patch=32,ratio=0.5") - bytes("mask:patch=8,ratio=0.5"), std::int64_t{2} * 8 * 2000 * 2000);
}

}  // namespace
}  // namespace eigenlens::test
