// SPDX-License-Identifier: Apache-2.0
// The language of pretexts, and the groups of pixels that are masked together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "eigenlens/error.hpp"
#include "eigenlens/nearest_word.hpp"
#include "eigenlens/pretext.hpp"
#include "support/dataset_files.hpp"
#include "support/reference.hpp"

namespace eigenlens::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Pretext parse_one(const std::string& specification) {
  const std::vector<Pretext> pretexts = parse_pretext(specification);
  EXPECT_EQ(pretexts.size(), 1U) << specification;
  return pretexts.empty() ? Pretext{} : pretexts.front();
}

Pretext patched(PretextKind kind, std::int64_t height, std::int64_t width,
                ChannelMode channels = ChannelMode::together) {
  Pretext pretext;
  pretext.kind = kind;
  pretext.patch_height = height;
  pretext.patch_width = width;
  pretext.channels = channels;
  return pretext;
}

TEST(ParsePretext, GuessesTheKindThatWasMeant) {
  EXPECT_THAT(error_of(ErrorCode::usage, [] { (void)parse_pretext("msk:patch=4,ratio=0.5"); }),
              HasSubstr("pretext 'msk:patch=4,ratio=0.5': unknown kind; did you mean 'mask'?"));
  EXPECT_THAT(error_of(ErrorCode::usage, [] { (void)parse_pretext("multblock:patch=4"); }),
              HasSubstr("did you mean 'multiblock'?"));
  EXPECT_THAT(error_of(ErrorCode::usage, [] { (void)parse_pretext("whatever:patch=4"); }),
              HasSubstr("unknown kind: expected reconstruct, gaussian"));
}

TEST(NearestWord, IsAtMostTwoEditsAway) {
  const std::vector<std::string> words = {"mask", "masks", "grid"};
  EXPECT_EQ(nearest_word("msk", words), "mask");
  EXPECT_EQ(nearest_word("maskes", words), "masks");
  EXPECT_EQ(nearest_word("gird", words), "grid");
  EXPECT_EQ(nearest_word("girds", words), "");
  EXPECT_EQ(nearest_word("mask", {}), "");
}

TEST(ParsePretext, EveryForm) {
  EXPECT_EQ(parse_one("reconstruct"), Pretext{});

  Pretext gaussian;
  gaussian.kind = PretextKind::gaussian;
  gaussian.sigma = 0.25;
  EXPECT_EQ(parse_one("gaussian:sigma=0.25"), gaussian);

  Pretext dropout;
  dropout.kind = PretextKind::dropout;
  dropout.ratio = 0.5;
  EXPECT_EQ(parse_one("dropout:ratio=0.5"), dropout);

  Pretext mask = patched(PretextKind::mask, 4, 4);
  mask.ratio = 0.75;
  EXPECT_EQ(parse_one("mask:patch=4,ratio=0.75"), mask);
  EXPECT_EQ(parse_one("mask:ratio=0.75,patch=4"), mask) << "the order of keys does not matter";
  EXPECT_EQ(parse_one("mask:patch=4x4,ratio=7.5e-1"), mask);

  Pretext separate = patched(PretextKind::mask, 2, 3, ChannelMode::separate);
  separate.ratio = 0;
  EXPECT_EQ(parse_one("mask:patch=2x3,ratio=0,channels=separate"), separate);

  Pretext keep = patched(PretextKind::keep, 2, 2);
  keep.keep_count = 5;
  EXPECT_EQ(parse_one("keep:patch=2,count=5"), keep);
  keep.channels = ChannelMode::separate;
  EXPECT_EQ(parse_one("keep:channels=separate,patch=2,count=5"), keep);
}

TEST(ParsePretext, RangeIsLinspace) {
  const std::vector<Pretext> pretexts = parse_pretext("mask:patch=2,ratio=0:0.99:10");
  ASSERT_EQ(pretexts.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_NEAR(pretexts[i].ratio, 0.99 / 9 * static_cast<double>(i), 1e-15) << i;
    EXPECT_EQ(pretexts[i].kind, PretextKind::mask);
    EXPECT_EQ(pretexts[i].patch_height, 2);
    EXPECT_EQ(pretexts[i].patch_width, 2);
  }
  EXPECT_EQ(pretexts.front().ratio, 0.0);
  EXPECT_EQ(pretexts.back().ratio, 0.99) << "the end of a range is exact";
}

TEST(ParsePretext, LogRangeIsGeomspace) {
  const std::vector<Pretext> joint = parse_pretext("joint:lambda=log:1e-2:100:5");
  ASSERT_EQ(joint.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_DOUBLE_EQ(joint[i].lambda, std::pow(10, static_cast<double>(i) - 2));
  EXPECT_EQ(joint.back().lambda, 100);
  const std::vector<Pretext> sigmas = parse_pretext("gaussian:sigma=log:4:0.25:3");
  EXPECT_DOUBLE_EQ(sigmas[1].sigma, 1) << "any value can fall, and be of any kind";
}

TEST(ParsePretext, RangesOfOtherKinds) {
  const std::vector<Pretext> sigmas = parse_pretext("gaussian:sigma=2:1:3");
  ASSERT_EQ(sigmas.size(), 3U);
  EXPECT_EQ(sigmas[0].sigma, 2.0);
  EXPECT_NEAR(sigmas[1].sigma, 1.5, 1e-15);
  EXPECT_EQ(sigmas[2].sigma, 1.0);

  const std::vector<Pretext> counts = parse_pretext("keep:patch=1,count=1:16:4");
  ASSERT_EQ(counts.size(), 4U);
  EXPECT_EQ(counts[0].keep_count, 1);
  EXPECT_EQ(counts[1].keep_count, 6);
  EXPECT_EQ(counts[2].keep_count, 11);
  EXPECT_EQ(counts[3].keep_count, 16);
}

class Malformed : public ::testing::TestWithParam<const char*> {};

TEST_P(Malformed, IsQuotedInTheMessage) {
  const std::string specification = GetParam();
  try {
    (void)parse_pretext(specification);
    FAIL() << "accepted: " << specification;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_THAT(error.what(), HasSubstr(specification));
    EXPECT_GT(std::string(error.what()).size(), specification.size() + 10) << "says what was expected";
  }
}

INSTANTIATE_TEST_SUITE_P(
    ParsePretext, Malformed,
    ::testing::Values(
        // kinds
        "", "masks", "Mask:patch=4,ratio=0.5", "reconstruct:", "reconstruct:ratio=0.5", " reconstruct", ":ratio=0.5",
        // keys: unknown, of another kind, missing, twice
        "mask:patch=4,ratio=0.5,colour=1", "mask:patch=4,sigma=1", "gaussian:ratio=0.5", "dropout:patch=4,ratio=0.5",
        "mask:patch=4,ratio=0.5,count=2", "keep:patch=4,count=2,ratio=0.5", "mask:patch=4", "mask:ratio=0.5", "mask",
        "mask:", "keep:patch=2", "keep:count=2", "gaussian", "dropout", "mask:patch=4,patch=4,ratio=0.5",
        "dropout:ratio=0.5,ratio=0.5",
        // ratios
        "mask:patch=4,ratio=1", "mask:patch=4,ratio=1.5", "mask:patch=4,ratio=-0.1", "mask:patch=4,ratio=nan",
        "mask:patch=4,ratio=inf", "dropout:ratio=1", "dropout:ratio=nan", "mask:patch=4,ratio=0:1:3",
        // sigmas
        "gaussian:sigma=-1", "gaussian:sigma=nan", "gaussian:sigma=inf", "gaussian:sigma=1e999",
        // counts
        "keep:patch=2,count=0", "keep:patch=2,count=-1", "keep:patch=2,count=1.5", "keep:patch=2,count=1:16:3",
        "keep:patch=2,count=99999999999999999999",
        // weights
        "joint", "joint:", "joint:lambda=-1", "joint:lambda=nan", "joint:lambda=infinity", "joint:ratio=0.5",
        "joint:lambda=0:inf:3", "joint:lambda=log:0:1:3", "joint:lambda=log:1:2", "joint:lambda=log:3",
        "joint:lambda=log:1:2:3:4", "joint:lambda=log:1:-2:3",
        // patches
        "mask:patch=0,ratio=0.5", "mask:patch=-2,ratio=0.5", "mask:patch=4x,ratio=0.5", "mask:patch=x4,ratio=0.5",
        "mask:patch=4x0,ratio=0.5", "mask:patch=4x4x4,ratio=0.5", "mask:patch=2.5,ratio=0.5",
        "mask:patch=99999999999999999999,ratio=0.5",
        // channels
        "mask:patch=4,ratio=0.5,channels=both",
        "mask:patch=4,ratio=0.5,channels=", "dropout:ratio=0.5,channels=separate",
        // ranges
        "mask:patch=4,ratio=0:0.9:0", "mask:patch=4,ratio=0:0.9:1", "mask:patch=4,ratio=0:0.9:-3",
        "mask:patch=4,ratio=0:0.9:2.5", "mask:patch=4,ratio=0:0.9", "mask:patch=4,ratio=0:0.9:3:4",
        "mask:patch=4,ratio=:0.9:3", "mask:patch=4,ratio=0::3",
        "mask:patch=4,ratio=0:0.9:", "mask:patch=4,ratio=0:nan:3",
        // garbage
        "mask:patch=4,ratio=0.5x", "mask:patch=4,ratio=0.5,", "mask:patch=4,,ratio=0.5",
        "mask:patch=4,ratio=", "mask:patch=4,ratio", "mask:patch=4,=0.5", "mask:patch=4,ratio=0.5 ",
        "mask:patch=4,ratio=0.5;", "mask:patch=4,ratio=0,5", "mask:patch=4,ratio==0.5", "gaussian:sigma=0x10"));

TEST(ParsePretext, TextGivesThePretextBack) {
  for (const std::string specification :
       {"reconstruct", "gaussian:sigma=0.1", "gaussian:sigma=1e-300", "dropout:ratio=0.30000000000000004",
        "mask:patch=4,ratio=0:0.99:10", "mask:patch=2x7,ratio=0.3333333333333333",
        "mask:patch=3,ratio=0.9999999999999999,channels=separate", "keep:patch=2,count=1:16:4",
        "keep:patch=2x5,count=3,channels=separate", "joint:lambda=0", "joint:lambda=inf",
        "joint:lambda=log:1e-300:1e300:7", "joint:lambda=0:1:4"}) {
    for (const Pretext& pretext : parse_pretext(specification)) {
      EXPECT_EQ(parse_one(pretext.to_string()), pretext) << pretext.to_string();
    }
  }
}

TEST(MaskGroups, EqualsTheNaiveDefinition) {
  const std::vector<ImageShape> shapes{{1, 4, 4}, {3, 8, 8}, {2, 5, 7}, {1, 1, 9}, {4, 1, 1}, {1, 1, 1}};
  for (const ImageShape& shape : shapes) {
    for (std::int64_t height = 1; height <= shape.height; ++height) {
      for (std::int64_t width = 1; width <= shape.width; ++width) {
        for (const ChannelMode channels : {ChannelMode::together, ChannelMode::separate}) {
          for (const PretextKind kind : {PretextKind::mask, PretextKind::keep}) {
            const Pretext pretext = patched(kind, height, width, channels);
            EXPECT_EQ(mask_groups(pretext, shape), naive_groups(pretext, shape))
                << shape.channels << "×" << shape.height << "×" << shape.width << ", patch " << height << "×" << width;
          }
        }
      }
    }
  }
}

TEST(MaskGroups, ByHand) {
  // 2 channels of 3×3 pixels, patch 2: the right column and the bottom row form smaller patches.
  EXPECT_THAT(mask_groups(patched(PretextKind::mask, 2, 2), {2, 3, 3}),
              ElementsAre(0, 0, 1, 0, 0, 1, 2, 2, 3, /* channel 1 */ 0, 0, 1, 0, 0, 1, 2, 2, 3));
  EXPECT_THAT(mask_groups(patched(PretextKind::mask, 2, 2, ChannelMode::separate), {2, 3, 3}),
              ElementsAre(0, 0, 1, 0, 0, 1, 2, 2, 3, /* channel 1 */ 4, 4, 5, 4, 4, 5, 6, 6, 7));
  EXPECT_THAT(mask_groups(patched(PretextKind::dropout, 1, 1), {2, 1, 2}), ElementsAre(0, 1, 2, 3));
}

TEST(MaskGroups, PatchLargerThanTheImageIsRefused) {
  for (const Pretext& pretext : {patched(PretextKind::mask, 5, 5), patched(PretextKind::mask, 5, 1),
                                 patched(PretextKind::keep, 1, 9, ChannelMode::separate)}) {
    try {
      (void)mask_groups(pretext, {3, 4, 8});
      FAIL() << "accepted a patch of " << pretext.patch_height << "×" << pretext.patch_width;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      EXPECT_THAT(error.what(), HasSubstr("patch"));
      EXPECT_THAT(error.what(), HasSubstr("4"));
      EXPECT_THAT(error.what(), HasSubstr("8"));
    }
  }
}

}  // namespace
}  // namespace eigenlens::test
