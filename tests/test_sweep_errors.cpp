// SPDX-License-Identifier: Apache-2.0
// What a sweep refuses, and whether the message would help the person who reads it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "eigenlens/error.hpp"
#include "eigenlens/sweep.hpp"
#include "support/samples.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Matcher;

constexpr std::uint64_t seed = 31415926;

template <class Work>
void expect_error(Work work, ErrorCode code, const Matcher<std::string>& message) {
  try {
    work();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(std::string(error.what()), message);
  }
}

void sweep_samples(const Samples& samples, const std::vector<Pretext>& pretexts = {Pretext{}}) {
  (void)sweep(engine_moments(samples), pretexts, Device({.name = "cpu"}));
}

Samples usual() { return random_pixels({1, 4, 6}, 30, 3, seed); }

TEST(SweepErrors, NoPretext) {
  expect_error([] { sweep_samples(usual(), {}); }, ErrorCode::usage, HasSubstr("pretext"));
}

TEST(SweepErrors, OneClass) {
  Samples samples = usual();
  samples.classes = 1;
  for (std::int32_t& label : samples.labels) label = 0;
  expect_error([&] { sweep_samples(samples); }, ErrorCode::data, HasSubstr("class"));
}

TEST(SweepErrors, OneSample) {
  Samples samples = random_pixels({1, 4, 6}, 1, 2, seed);
  expect_error([&] { sweep_samples(samples); }, ErrorCode::data, HasSubstr("sample"));
}

TEST(SweepErrors, ClassWithoutSamples) {
  Samples samples = usual();
  samples.classes = 5;  // labels are 0, 1, 2
  expect_error([&] { sweep_samples(samples); }, ErrorCode::data, AllOf(HasSubstr("class"), HasSubstr("3")));
}

TEST(SweepErrors, ConstantImages) {
  Samples samples = usual();
  for (std::int64_t i = 0; i < samples.values.size(); ++i) samples.values.data()[i] = 77;
  expect_error([&] { sweep_samples(samples); }, ErrorCode::numerical,
               AnyOf(HasSubstr("constant"), HasSubstr("rank"), HasSubstr("identical")));
  // The same image again and again, which is not the same pixel everywhere.
  for (std::int64_t i = 0; i < samples.values.size(); ++i) {
    samples.values.data()[i] = static_cast<double>(i % samples.dimension());
  }
  expect_error([&] { sweep_samples(samples); }, ErrorCode::numerical,
               AnyOf(HasSubstr("constant"), HasSubstr("rank"), HasSubstr("identical")));
}

TEST(SweepErrors, PatchLargerThanTheImage) {
  for (const char* specification : {"mask:patch=5,ratio=0.5", "mask:patch=4x7,ratio=0.5", "keep:patch=5x6,count=1"}) {
    SCOPED_TRACE(specification);
    expect_error([&] { sweep_samples(usual(), parse_pretext(specification)); }, ErrorCode::usage,
                 AllOf(HasSubstr("patch"), HasSubstr("4"), HasSubstr("6")));
  }
}

TEST(SweepErrors, MorePatchesKeptThanThereAre) {
  expect_error([] { sweep_samples(usual(), parse_pretext("keep:patch=2,count=7")); }, ErrorCode::usage,
               AllOf(HasSubstr("count"), HasSubstr("7"), HasSubstr("6")));
}

// Pretexts can also be made without parse_pretext.
TEST(SweepErrors, StrengthsThatCannotBe) {
  for (const double ratio : {1.0, 1.5, -0.1, std::numeric_limits<double>::quiet_NaN()}) {
    Pretext pretext;
    pretext.kind = PretextKind::mask;
    pretext.ratio = ratio;
    expect_error([&] { sweep_samples(usual(), {pretext}); }, ErrorCode::usage, HasSubstr("ratio"));
  }
  for (const double sigma : {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    Pretext pretext;
    pretext.kind = PretextKind::gaussian;
    pretext.sigma = sigma;
    expect_error([&] { sweep_samples(usual(), {pretext}); }, ErrorCode::usage, HasSubstr("sigma"));
  }
  Pretext nothing_kept;
  nothing_kept.kind = PretextKind::keep;
  expect_error([&] { sweep_samples(usual(), {nothing_kept}); }, ErrorCode::usage, HasSubstr("count"));
}

TEST(SweepErrors, PatchOfNoPixels) {
  Pretext no_patch;
  no_patch.kind = PretextKind::mask;
  no_patch.patch_width = 0;
  expect_error([&] { sweep_samples(usual(), {no_patch}); }, ErrorCode::usage, HasSubstr("patch"));
}

TEST(SweepErrors, ProgressStopsTheWork) {
  const Moments moments = engine_moments(usual());
  SweepOptions options;
  options.progress = [](const ProgressEvent&) { return false; };
  expect_error(
      [&] { (void)sweep(moments, parse_pretext("mask:patch=1,ratio=0:0.9:4"), Device({.name = "cpu"}), options); },
      ErrorCode::cancelled, HasSubstr(""));
}

}  // namespace
}  // namespace eigenlens::test
