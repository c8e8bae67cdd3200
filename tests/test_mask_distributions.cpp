// SPDX-License-Identifier: Apache-2.0
// The built-in distributions of masks: exact moments against enumeration by hand, drawn ones against the published
// procedures written down a second time, and what they do to images.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <set>

#include "eigenlens/error.hpp"
#include "eigenlens/mask_moments.hpp"
#include "support/dataset_files.hpp"
#include "support/moment_arrays.hpp"
#include "support/samples.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t seed = 27182818;

Pretext one(const std::string& spec) { return parse_pretext(spec).at(0); }

TEST(MaskDistributions, SpecificationsComeBack) {
  for (const std::string spec :
       {"gaussian:covariance=a/b c.npy", "gaussian:covariance=c.npy,scale=0.5", "masks:file=m.npy,patch=4",
        "masks:file=m.npy,patch=4x2,channels=separate", "masks:first=p.npy,second=e.npy,patch=2",
        "blocks:patch=2,ratio=0.4", "blocks:patch=2x3,ratio=0.4,smallest=4,draws=500,seed=7", "multiblock:patch=4",
        "multiblock:patch=4,context=0.5-0.75,target=0.001-0.2,aspect=1-1,targets=2,draws=10,seed=0",
        "grid:patch=2,every=3", "grid:patch=2,every=3,offset=fixed", "centre:patch=1,size=3",
        "centre:patch=1,size=3x4,hide=outside", "crop:patch=4,size=3"}) {
    EXPECT_EQ(one(spec).to_string(), spec);
    EXPECT_EQ(one(one(spec).to_string()), one(spec));
  }
  EXPECT_EQ(one("masks:m.npy,patch=4"), one("masks:file=m.npy,patch=4"));
  EXPECT_EQ(one("masks:file=a=b.npy,patch=4").file, "a=b.npy");
  EXPECT_EQ(parse_pretext("gaussian:covariance=c.npy,scale=0:1:3").size(), 3U);
  EXPECT_EQ(parse_pretext("blocks:patch=2,ratio=0:0.8:5")[2].ratio, 0.4);
  EXPECT_TRUE(needs_inputs(one("grid:patch=1,every=2")));
  EXPECT_TRUE(needs_inputs(one("gaussian:covariance=c.npy")));
  EXPECT_FALSE(needs_inputs(one("mask:patch=1,ratio=0.5")));
  EXPECT_FALSE(needs_inputs(one("gaussian:sigma=1")));
}

TEST(MaskDistributions, MalformedSpecificationsAreQuoted) {
  for (const std::string spec : {"gaussian:covariance=c.npy,sigma=1",
                                 "gaussian:scale=1",
                                 "gaussian:covariance=c.npy,scale=-1",
                                 "gaussian:covariance=c.npy,scale=1e60",
                                 "masks:patch=2",
                                 "masks:m.npy",
                                 "masks:m.npy,n.npy,patch=2",
                                 "masks:first=p.npy,patch=2",
                                 "masks:second=p.npy,patch=2",
                                 "masks:m.npy,first=p.npy,second=e.npy,patch=2",
                                 "blocks:patch=2",
                                 "blocks:ratio=0.5",
                                 "blocks:patch=2,ratio=1",
                                 "blocks:patch=2,ratio=0.4,smallest=0",
                                 "blocks:patch=2,ratio=0.4,draws=1",
                                 "blocks:patch=2,ratio=0.4,draws=1e3",
                                 "blocks:patch=2,ratio=0.4,seed=-1",
                                 "blocks:patch=2,ratio=0.4,channels=separate",
                                 "multiblock:patch=4,context=0.5",
                                 "multiblock:patch=4,context=0-1",
                                 "multiblock:patch=4,context=0.9-0.8",
                                 "multiblock:patch=4,target=0.5-1.1",
                                 "multiblock:patch=4,aspect=1-x",
                                 "multiblock:patch=4,targets=0",
                                 "multiblock:size=4",
                                 "grid:patch=2",
                                 "grid:patch=2,every=0",
                                 "grid:patch=2,every=1.5",
                                 "grid:patch=2,every=2,offset=3",
                                 "grid:patch=2,every=2,draws=10",
                                 "centre:patch=1",
                                 "centre:patch=1,size=0",
                                 "centre:patch=1,size=2,hide=both",
                                 "crop:patch=1,size=2,hide=inside",
                                 "crop:size=2"}) {
    SCOPED_TRACE(spec);
    EXPECT_THAT(error_of(ErrorCode::usage, [&] { (void)parse_pretext(spec); }), HasSubstr(spec));
  }
}

TEST(MaskDistributions, WhatDoesNotFitTheImageIsRefused) {
  const ImageShape shape{3, 8, 12};
  for (const auto& [spec, expected] :
       std::vector<std::pair<std::string, std::string>>{{"grid:patch=4,every=3", "2 x 3"},
                                                        {"centre:patch=4,size=3", "2 x 3"},
                                                        {"centre:patch=4,size=2x3", "whole"},
                                                        {"crop:patch=4,size=1x4", "2 x 3"},
                                                        {"crop:patch=9,size=1", "8x12"},
                                                        {"blocks:patch=4,ratio=0.5,smallest=7", "2 x 3"}})
    EXPECT_THAT(error_of(ErrorCode::usage, [&, spec = spec] { require_fits(one(spec), shape); }),
                AllOf(HasSubstr(spec), HasSubstr(expected)));
  EXPECT_NO_THROW(require_fits(one("blocks:patch=5,ratio=0.5"), shape));
}

TEST(MaskDistributions, ExactMomentsByHand) {
  const ImageShape shape{2, 3, 3};
  const MaskMoments centre = mask_moments(one("centre:patch=1,size=1"), shape);
  EXPECT_THAT(centre.first, ElementsAre(1, 1, 1, 1, 0, 1, 1, 1, 1));
  EXPECT_EQ(centre.second(4, 0), 0);
  EXPECT_EQ(centre.second(8, 0), 1);
  EXPECT_EQ(centre.draws, 0);
  EXPECT_EQ(centre.second_error.largest, 0);
  EXPECT_THAT(mask_moments(one("centre:patch=1,size=1x3,hide=outside"), shape).first,
              ElementsAre(0, 0, 0, 1, 1, 1, 0, 0, 0));
  EXPECT_THAT(mask_moments(one("grid:patch=1,every=2,offset=fixed"), shape).first,
              ElementsAre(1, 0, 1, 0, 0, 0, 1, 0, 1));
  const MaskMoments grid = mask_moments(one("grid:patch=1,every=2"), shape);
  EXPECT_EQ(grid.first, std::vector<double>(9, 0.25));
  EXPECT_EQ(grid.second(2, 0), 0.25) << "two apart: together";
  EXPECT_EQ(grid.second(1, 0), 0) << "side by side: never";
  const MaskMoments crop = mask_moments(one("crop:patch=1,size=2"), shape);
  EXPECT_THAT(crop.first, ElementsAre(0.25, 0.5, 0.25, 0.5, 1, 0.5, 0.25, 0.5, 0.25));
  EXPECT_EQ(crop.second(2, 0), 0);
  EXPECT_EQ(crop.second(1, 0), 0.25);
  EXPECT_EQ(crop.second(4, 1), 0.5);
}

/// Counts masks that a function draws, in plain loops.
MaskMoments counted(std::int64_t patches, std::int64_t draws, const std::function<std::vector<std::uint8_t>()>& draw) {
  MaskMoments moments;
  moments.first.resize(static_cast<std::size_t>(patches));
  moments.second = DenseF64(patches, patches);
  for (std::int64_t n = 0; n < draws; ++n) {
    const std::vector<std::uint8_t> mask = draw();
    for (std::int64_t j = 0; j < patches; ++j)
      for (std::int64_t i = 0; i < patches; ++i)
        moments.second(i, j) +=
            mask[static_cast<std::size_t>(i)] * mask[static_cast<std::size_t>(j)] / static_cast<double>(draws);
  }
  for (std::int64_t i = 0; i < patches; ++i) moments.first[static_cast<std::size_t>(i)] = moments.second(i, i);
  return moments;
}

/// Six standard errors of the difference of two means; a thousand entries give a wrong alarm once in a million runs.
void expect_same_distribution(const MaskMoments& ours, const MaskMoments& theirs, std::int64_t draws) {
  ASSERT_EQ(ours.second.size(), theirs.second.size());
  for (std::int64_t i = 0; i < ours.second.size(); ++i) {
    const double p = (ours.second.data()[i] + theirs.second.data()[i]) / 2, n = static_cast<double>(draws);
    EXPECT_TRUE(
        within(std::fabs(ours.second.data()[i] - theirs.second.data()[i]), 6 * std::sqrt(2 * p * (1 - p) / n) + 1e-12))
        << "entry " << i;
  }
}

std::int64_t whole(Draws& draws, std::int64_t last) { return draws.below(last + 1); }

/// BEiT's MaskingGenerator, as published, but that a block may be as large as the grid.
std::vector<std::uint8_t> published_blocks(std::int64_t rows, std::int64_t cols, std::int64_t hidden, double smallest,
                                           Draws& draws) {
  std::vector<std::uint8_t> shown(static_cast<std::size_t>(rows * cols), 1);
  for (std::int64_t count = 0; count < hidden;) {
    const auto most = static_cast<double>(hidden - count);
    std::int64_t delta = 0;
    for (int attempt = 0; attempt < 10 && delta == 0; ++attempt) {
      const double area = smallest + draws.uniform() * (most - smallest);
      const double aspect = std::exp(std::log(0.3) + draws.uniform() * (std::log(1 / 0.3) - std::log(0.3)));
      const std::int64_t h = std::clamp<std::int64_t>(std::lround(std::sqrt(area * aspect)), 1, rows);
      const std::int64_t w = std::clamp<std::int64_t>(std::lround(std::sqrt(area / aspect)), 1, cols);
      const std::int64_t top = whole(draws, rows - h), left = whole(draws, cols - w);
      std::int64_t fresh = 0;
      for (std::int64_t k = 0; k < h * w; ++k)
        fresh += shown[static_cast<std::size_t>((top + k / w) * cols + left + k % w)];
      if (fresh == 0 || static_cast<double>(fresh) > most) continue;
      for (std::int64_t k = 0; k < h * w; ++k) shown[static_cast<std::size_t>((top + k / w) * cols + left + k % w)] = 0;
      delta = fresh;
    }
    if (delta == 0) break;
    count += delta;
  }
  return shown;
}

TEST(MaskDistributions, BlocksArePublishedBlocks) {
  constexpr std::int64_t draws = 20000;
  const MaskMoments ours = mask_moments(one("blocks:patch=2,ratio=0.4,smallest=3,draws=20000"), {1, 10, 14});
  Draws theirs(seed);
  expect_same_distribution(ours, counted(35, draws, [&] { return published_blocks(5, 7, 14, 3, theirs); }), draws);
  EXPECT_EQ(ours.draws, draws);
  EXPECT_TRUE(within(ours.first_error.largest, 0.5 / std::sqrt(draws)));
  EXPECT_GT(ours.second_error.root_mean_square, 0);
  const double shown = std::accumulate(ours.first.begin(), ours.first.end(), 0.0) / 35;
  EXPECT_NEAR(shown, 0.6, 0.02) << "a block that does not fit may leave a patch";
}

TEST(MaskDistributions, MultiblockIsOneBlockButForFour) {
  constexpr std::int64_t draws = 20000;
  const MaskMoments ours = mask_moments(one("multiblock:patch=1,draws=20000"), {1, 6, 8});
  Draws theirs(seed);
  const auto draw = [&] {
    std::vector<std::uint8_t> shown(48);
    const auto block = [&](double area, double aspect, std::uint8_t value) {
      const std::int64_t h = std::clamp<std::int64_t>(std::lround(std::sqrt(area * aspect)), 1, 6);
      const std::int64_t w = std::clamp<std::int64_t>(std::lround(std::sqrt(area / aspect)), 1, 8);
      const std::int64_t top = whole(theirs, 6 - h), left = whole(theirs, 8 - w);
      for (std::int64_t k = 0; k < h * w; ++k)
        shown[static_cast<std::size_t>((top + k / w) * 8 + left + k % w)] = value;
    };
    block(48 * (0.85 + 0.15 * theirs.uniform()), 1, 1);
    const double area = 48 * (0.15 + 0.05 * theirs.uniform()), aspect = 0.75 + 0.75 * theirs.uniform();
    for (int i = 0; i < 4; ++i) block(area, aspect, 0);
    return shown;
  };
  expect_same_distribution(ours, counted(48, draws, draw), draws);
}

// The same on every machine: the numbers are of the first run.
TEST(MaskDistributions, DrawsAreTheSameEverywhere) {
  const auto text = [](const std::string& spec) {
    std::string shown;
    const Dense<std::uint8_t> masks = draw_masks(one(spec), {1, 4, 4}, 3);
    for (std::int64_t i = 0; i < masks.size(); ++i) shown += masks.data()[i] != 0 ? '1' : '0';
    return shown;
  };
  EXPECT_EQ(text("blocks:patch=1,ratio=0.5"), text("blocks:patch=1,ratio=0.5,draws=3"));
  EXPECT_NE(text("blocks:patch=1,ratio=0.5"), text("blocks:patch=1,ratio=0.5,seed=2"));
  EXPECT_EQ(text("blocks:patch=1,ratio=0.5"), "000100010011111110011001100110011111000000001111");
  EXPECT_EQ(text("multiblock:patch=1"), "100100000000100101010001101111111111010001001111");
  EXPECT_EQ(text("crop:patch=1,size=2"), "011001100000000001100110000000000000011001100000");
}

// Masks on real images: means of X̃Xᵀ and X̃X̃ᵀ over masks against the table.
TEST(MaskDistributions, MaskedImagesHaveTheMomentsOfTheTable) {
  const Samples samples = random_pixels({2, 4, 4}, 12, 3, seed);
  for (const std::string spec : {"blocks:patch=1,ratio=0.5", "multiblock:patch=1", "grid:patch=1,every=2",
                                 "centre:patch=1,size=2", "crop:patch=1,size=3x2"}) {
    SCOPED_TRACE(spec);
    const Pretext pretext = one(spec);
    const MaskMoments moments = mask_moments(pretext, samples.shape);
    const std::vector<std::int32_t> groups = mask_groups(pretext, samples.shape);
    constexpr std::int64_t draws = 4000;
    Pretext other = pretext;
    other.sampler.seed = 99;
    const Dense<std::uint8_t> masks = draw_masks(other, samples.shape, draws);
    const std::int64_t pairs[][2] = {{0, 0}, {5, 6}, {0, 15}, {3, 28}, {21, 26}, {10, 26}};
    for (const auto& [i, j] : pairs) {
      double mean = 0, square = 0, a1 = 0, energy = 0;
      for (std::int64_t n = 0; n < samples.count(); ++n) energy += samples.values(i, n) * samples.values(j, n);
      for (std::int64_t k = 0; k < draws; ++k) {
        const double mi = masks(groups[static_cast<std::size_t>(i)], k),
                     mj = masks(groups[static_cast<std::size_t>(j)], k);
        double s = 0;
        for (std::int64_t n = 0; n < samples.count(); ++n) s += mi * samples.values(i, n) * mj * samples.values(j, n);
        mean += s / draws;
        square += s * s / draws;
        a1 += mi * energy / draws;
      }
      const double error = 6 * std::sqrt(std::max(square - mean * mean, 0.0) / draws) + 0.02 * energy;
      const std::int32_t gi = groups[static_cast<std::size_t>(i)], gj = groups[static_cast<std::size_t>(j)];
      EXPECT_TRUE(within(std::fabs(mean - moments.second(gi, gj) * energy), error)) << i << ", " << j;
      EXPECT_TRUE(within(std::fabs(a1 - moments.first[static_cast<std::size_t>(gi)] * energy),
                         (6 * 0.5 / std::sqrt(draws) + 0.01) * energy));
    }
  }
}

TEST(MaskDistributions, FilesOfMasksAreCounted) {
  const TemporaryDirectory directory;
  const std::string path =
      write_masks(directory, "masks.npy", {{1, 1, 0, 0}, {1, 0, 1, 0}, {1, 0, 0, 0}, {1, 0, 0, 0}});
  const MaskMoments moments = mask_moments(one("masks:" + path + ",patch=2"), {1, 4, 4});
  EXPECT_THAT(moments.first, ElementsAre(1, 0.25, 0.25, 0));
  EXPECT_EQ(moments.second(1, 0), 0.25);
  EXPECT_EQ(moments.second(2, 1), 0);
  EXPECT_EQ(moments.draws, 4);
  EXPECT_NEAR(moments.first_error.largest, std::sqrt(0.25 * 0.75 / 4), 1e-15);
  EXPECT_EQ(draw_masks(one("masks:" + path + ",patch=2"), {1, 4, 4}, 2)(2, 1), 1);
  EXPECT_THAT(error_of(ErrorCode::usage,
                       [&] {
                         (void)draw_masks(one("masks:" + path + ",patch=2"), {1, 4, 4}, 5);
                       }),
              HasSubstr("4"));
}

}  // namespace
}  // namespace eigenlens::test
