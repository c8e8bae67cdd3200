// SPDX-License-Identifier: Apache-2.0
// The slow truth that the engine is compared with is itself compared with curves that another program computed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/golden_data.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

double largest_difference(const std::vector<Real>& ours, const std::vector<double>& theirs) {
  if (ours.size() != theirs.size()) return INFINITY;
  Real largest = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) largest = std::max(largest, std::fabs(ours[i] - theirs[i]));
  return static_cast<double>(largest);
}

TEST(Reference, EqualsGoldenCurves) {
  const auto path = golden_data("small.npz");
  if (!path) GTEST_SKIP() << "no small.npz on this machine: set EIGENLENS_SHARED";
  const Npz golden(*path);
  const auto pretexts = golden_pretexts(golden);
  EXPECT_GE(pretexts.size(), 24U);
  const ReferenceData data = reference_data(golden_samples(golden));
  EXPECT_EQ(data.rank, golden.integers("reconstruct/rank").front());
  EXPECT_NEAR(static_cast<double>(data.global_std), golden.doubles("global_std").front(), 1e-12);
  EXPECT_LE(largest_difference(data.gram_eigenvalues, golden.doubles("gram_eigenvalues")),
            rounding_bound(data.rank, static_cast<double>(data.gram_eigenvalues.front())));
  for (const std::string name : {"reconstruct", "mask_p2_r0.75", "maskch_p4_r0.5", "mae_p4_m1of4"}) {
    SCOPED_TRACE(name);
    const ReferenceCurve curve = reference_curve(data, pretexts.at(name));
    EXPECT_LE(largest_difference(curve.alignment, golden.doubles(name + "/alignment")), 1e-9);
    EXPECT_LE(largest_difference(curve.alignment_figure, golden.doubles(name + "/alignment_figure")), 1e-7);
    EXPECT_LE(largest_difference(curve.denoise, golden.doubles(name + "/reconstruction_denoise")), 1e-9);
    EXPECT_LE(largest_difference(curve.clean, golden.doubles(name + "/reconstruction_clean")), 1e-9);
    EXPECT_LE(largest_difference(curve.refit, golden.doubles(name + "/reconstruction_refit")), 1e-9);
    const std::vector<double>& top = golden.doubles(name + "/mu_top10");
    for (std::size_t k = 0; k < top.size(); ++k) {
      EXPECT_LE(std::fabs(static_cast<double>(curve.eigenvalues[k]) / top[k] - 1), 1e-12) << "k = " << k + 1;
    }
  }
}

// 2·2 pixels, two samples: everything can be done by hand.
TEST(Reference, HandComputedPair) {
  Samples samples;
  samples.shape = {1, 1, 2};
  samples.classes = 2;
  samples.values = DenseF64(2, 2);
  samples.values(0, 0) = 4;  // samples (4, 1) and (0, 1): one direction, one constant pixel
  samples.values(1, 0) = samples.values(1, 1) = 1;
  samples.labels = {0, 1};
  const ReferenceData data = reference_data(samples);
  EXPECT_EQ(data.rank, 1);
  EXPECT_DOUBLE_EQ(static_cast<double>(data.global_std), std::sqrt(2.0));  // (4 + 4 + 0 + 0)/4 = 2
  Pretext half;
  half.kind = PretextKind::dropout;
  half.ratio = 0.5;
  const ReferenceCurve curve = reference_curve(data, half);
  ASSERT_EQ(curve.alignment.size(), 1U);
  EXPECT_DOUBLE_EQ(static_cast<double>(curve.alignment[0]), 1.0);
  // G = 4, A₁ = 2, S = 2: μ = 2, so half of the energy is lost under noise; the probe on noisy inputs sees half as
  // well.
  EXPECT_DOUBLE_EQ(static_cast<double>(curve.eigenvalues[0]), 2.0);
  EXPECT_DOUBLE_EQ(static_cast<double>(curve.denoise[0]), 0.5);
  EXPECT_DOUBLE_EQ(static_cast<double>(curve.alignment_noisy[0]), 0.5);
  EXPECT_NEAR(static_cast<double>(curve.clean[0]), 0.0, epsilon);
  EXPECT_NEAR(static_cast<double>(curve.refit[0]), 0.0, epsilon);
  EXPECT_DOUBLE_EQ(static_cast<double>(reference_target_energy(data)), 1.0);
}

TEST(Reference, JacobiFindsPlantedEigenvalues) {
  const std::int64_t n = 9;
  Draws draws(7);
  RealMatrix start(n, n);
  for (std::int64_t i = 0; i < start.size(); ++i) start.data()[i] = draws.uniform() - 0.5;
  const RealMatrix q = orthonormal_columns(start);
  RealMatrix scaled = q;
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t i = 0; i < n; ++i) scaled(i, j) *= static_cast<Real>(j / 3);  // 0, 0, 0, 1, 1, 1, 2, 2, 2
  }
  const Eigen eigen = jacobi_eigen(product(scaled, transpose(q)));
  for (std::int64_t k = 0; k < n; ++k) {
    EXPECT_NEAR(static_cast<double>(eigen.values[static_cast<std::size_t>(k)]), static_cast<double>(2 - k / 3), 1e-15);
  }
  EXPECT_EQ(numerical_rank(eigen.values), 6);
}

TEST(Reference, GroupsOfBorderPatches) {
  Pretext patch;
  patch.kind = PretextKind::mask;
  patch.patch_height = 2;
  patch.patch_width = 3;
  const std::vector<std::int32_t> together{0, 0, 0, 1, 0, 0, 0, 1, 2, 2, 2, 3};
  EXPECT_THAT(naive_groups(patch, {1, 3, 4}), ::testing::ElementsAreArray(together));
}

}  // namespace
}  // namespace eigenlens::test
