// SPDX-License-Identifier: Apache-2.0
// The closed form of a noise's second moments against masks that are really drawn, and the engine against that closed
// form.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "eigenlens/sweep.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr std::uint64_t data_seed = 20240211;
constexpr std::uint64_t mask_seed = 11402337;

/// Which groups survive, for one image: 1 or 0 a group.
std::vector<double> draw_mask(const Pretext& pretext, std::int64_t groups, Draws& draws) {
  std::vector<double> kept(static_cast<std::size_t>(groups), 0.0);
  if (pretext.kind != PretextKind::keep) {
    for (double& value : kept) value = draws.uniform() < pretext.ratio ? 0.0 : 1.0;
    return kept;
  }
  for (std::int64_t left = pretext.keep_count; left > 0;) {  // draw until enough different ones are there
    double& value = kept[static_cast<std::size_t>(draws.below(groups))];
    if (value == 1.0) continue;
    value = 1.0;
    --left;
  }
  return kept;
}

/// Sums over draws of the D × D matrices X̃Xᵀ and X̃X̃ᵀ, and of their squared entries.
struct DrawnMoments {
  DenseF64 a1, a1_squares, s, s_squares;
  double draws = 0;
  explicit DrawnMoments(std::int64_t d) : a1(d, d), a1_squares(d, d), s(d, d), s_squares(d, d) {}
};

void add_draw(const DenseF64& x, const std::vector<std::int32_t>& groups, const Pretext& pretext, Draws& draws,
              DrawnMoments& sums) {
  const std::int64_t d = x.rows();
  const std::int64_t group_count = 1 + *std::max_element(groups.begin(), groups.end());
  DenseF64 a1(d, d);
  DenseF64 s(d, d);
  std::vector<double> noised(static_cast<std::size_t>(d));
  for (std::int64_t n = 0; n < x.cols(); ++n) {
    const std::vector<double> kept = draw_mask(pretext, group_count, draws);
    for (std::size_t i = 0; i < noised.size(); ++i) {
      noised[i] = kept[static_cast<std::size_t>(groups[i])] * x.col(n)[i];
    }
    for (std::int64_t j = 0; j < d; ++j) {
      for (std::int64_t i = 0; i < d; ++i) {
        a1(i, j) += noised[static_cast<std::size_t>(i)] * x(j, n);
        s(i, j) += noised[static_cast<std::size_t>(i)] * noised[static_cast<std::size_t>(j)];
      }
    }
  }
  for (std::int64_t i = 0; i < a1.size(); ++i) {
    sums.a1.data()[i] += a1.data()[i];
    sums.a1_squares.data()[i] += a1.data()[i] * a1.data()[i];
    sums.s.data()[i] += s.data()[i];
    sums.s_squares.data()[i] += s.data()[i] * s.data()[i];
  }
  sums.draws += 1;
}

/// How far the mean of the draws is from the closed form.
struct Distance {
  double standard_errors = 0;  ///< of the worst entry, beyond rounding
  double root_mean_square = 0;
};

Distance distance(const DenseF64& sum, const DenseF64& squares, double draws, const RealMatrix& truth) {
  Distance out;
  for (std::int64_t i = 0; i < sum.size(); ++i) {
    const double mean = sum.data()[i] / draws;
    const double variance = std::max(0.0, squares.data()[i] / draws - mean * mean) * draws / (draws - 1);
    const double rounding = rounding_bound(static_cast<std::int64_t>(draws), std::fabs(mean) + epsilon);
    const double error = std::fabs(mean - static_cast<double>(truth.data()[i]));
    const double beyond = std::max(0.0, error - rounding);
    if (beyond > 0) out.standard_errors = std::max(out.standard_errors, beyond / std::sqrt(variance / draws));
    out.root_mean_square += error * error / static_cast<double>(sum.size());
  }
  out.root_mean_square = std::sqrt(out.root_mean_square);
  return out;
}

class MaskMoments : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    RecordProperty("data_seed", std::to_string(data_seed));
    RecordProperty("mask_seed", std::to_string(mask_seed));
    pretext_ = parse_pretext(GetParam()).front();
    samples_ = random_pixels({2, 2, 3}, 20, 3, data_seed);
    data_ = reference_data(samples_);
  }
  Pretext pretext_;
  Samples samples_;
  ReferenceData data_;
};

// 6 standard errors: with 2·144 entries a wrong alarm has probability 6e-7 if the entries were normal.
TEST_P(MaskMoments, DrawnMasksConvergeToTheClosedForm) {
  SCOPED_TRACE("mask seed " + std::to_string(mask_seed));
  const NoiseMoments truth = noise_moments(data_, pretext_);
  const std::vector<std::int32_t> groups = naive_groups(pretext_, data_.shape);
  DenseF64 x(data_.x.rows(), data_.x.cols());
  for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<double>(data_.x.data()[i]);

  constexpr int few = 250;
  constexpr int repeats = 16;
  Draws draws(mask_seed);
  DrawnMoments all(x.rows());
  double mean_square_few = 0;  // of S, over `repeats` separate runs of `few` draws
  for (int run = 0; run < repeats; ++run) {
    DrawnMoments some(x.rows());
    for (int t = 0; t < few; ++t) add_draw(x, groups, pretext_, draws, some);
    const double rms = distance(some.s, some.s_squares, some.draws, truth.s).root_mean_square;
    mean_square_few += rms * rms / repeats;
  }
  double mean_square_many = 0;  // the same for runs of 16 times as many
  constexpr int many_repeats = 4;
  for (int run = 0; run < many_repeats; ++run) {
    DrawnMoments many(x.rows());
    for (int t = 0; t < 16 * few; ++t) add_draw(x, groups, pretext_, draws, many);
    const Distance a1 = distance(many.a1, many.a1_squares, many.draws, truth.a1);
    const Distance s = distance(many.s, many.s_squares, many.draws, truth.s);
    EXPECT_TRUE(within(a1.standard_errors, 6)) << "A1, in standard errors";
    EXPECT_TRUE(within(s.standard_errors, 6)) << "S, in standard errors";
    mean_square_many += s.root_mean_square * s.root_mean_square / many_repeats;
  }
  // 1/√draws: the ratio of errors is 1/4. The entries of S hang together (Gram matrices are dominated by few
  // directions), so each mean square over r runs has a relative standard deviation of about √(2/(r·f)) with f ≥ 6
  // independent directions (as many groups, or more pairs of groups); 3 of those of both, halved by the root.
  const double deviation = 0.5 * (std::sqrt(2.0 / (repeats * 6)) + std::sqrt(2.0 / (many_repeats * 6)));
  const double ratio = std::sqrt(mean_square_many / mean_square_few);
  EXPECT_TRUE(within(std::fabs(ratio / 0.25 - 1), 3 * deviation)) << "ratio of errors " << ratio;
}

TEST_P(MaskMoments, EngineHasTheEigenvaluesOfTheClosedForm) {
  SCOPED_TRACE("data seed " + std::to_string(data_seed));
  const NoiseMoments truth = noise_moments(data_, pretext_);
  const Eigen eigen = generalized_eigen(truth.a1, truth.s, data_.rank);
  const SweepResult result = sweep(engine_moments(samples_), {pretext_}, Device({.name = "cpu", .threads = 2}));
  ASSERT_EQ(result.curves.size(), 1U);
  const Curve& curve = result.curves.front();
  ASSERT_EQ(curve.eigenvalues.size(), eigen.values.size());
  const std::vector<Real> noised = jacobi_eigen(truth.s).values;
  const double condition = static_cast<double>(noised.front() / noised[static_cast<std::size_t>(data_.rank) - 1]);
  const double bound = orthogonality_bound(data_.rank, condition);
  const Real energy = trace(data_.gram);
  Real explained = 0;
  for (std::size_t k = 0; k < eigen.values.size(); ++k) {
    explained += eigen.values[k];
    const double scaled = static_cast<double>(std::fabs(curve.eigenvalues[k] - eigen.values[k]) / eigen.values[0]);
    EXPECT_TRUE(within(scaled, bound)) << "eigenvalue " << k + 1;
    const double denoise = static_cast<double>(1 - explained / energy);
    EXPECT_TRUE(within(std::fabs(curve.reconstruction_denoise[k] - denoise), std::min(bound, 1e-9))) << "K = " << k + 1;
  }
}

std::string test_name(const ::testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Noises, MaskMoments,
                         ::testing::Values("mask:patch=1,ratio=0.5", "mask:patch=2x2,ratio=0.75",
                                           "mask:patch=1x2,ratio=0.25", "mask:patch=1,ratio=0.6,channels=separate",
                                           "mask:patch=2,ratio=0.4,channels=separate", "dropout:ratio=0.3",
                                           "keep:patch=1,count=2", "keep:patch=1,count=1", "keep:patch=1x2,count=3",
                                           "keep:patch=1,count=5,channels=separate"),
                         test_name);

}  // namespace
}  // namespace eigenlens::test
