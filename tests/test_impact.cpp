// SPDX-License-Identifier: Apache-2.0
// What a noise can do to any task: angles against plain loops, and what the largest of them means.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/impact.hpp"
#include "support/backend_cases.hpp"
#include "support/naive_algebra.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"
#include "sweep/corner_energies.hpp"

namespace eigenlens::test {
namespace {

constexpr ImageShape image{.channels = 2, .height = 4, .width = 4};

std::vector<Pretext> pretexts_of(const std::vector<std::string>& specifications) {
  std::vector<Pretext> all;
  for (const std::string& each : specifications)
    for (const Pretext& pretext : parse_pretext(each)) all.push_back(pretext);
  return all;
}

ImpactOptions every_k() {
  ImpactOptions options;
  options.k = std::vector<std::int64_t>{};
  return options;
}

/// The first k columns.
RealMatrix leading(const RealMatrix& a, std::int64_t k) {
  RealMatrix part(a.rows(), k);
  std::copy_n(a.data(), part.size(), part.data());
  return part;
}

/// Orthonormal columns (N × R), the first K of which span what the pretext learns with K features.
RealMatrix features_of(const ReferenceData& data, const std::string& pretext) {
  const ReferenceCurve curve = reference_curve(data, parse_pretext(pretext).front());
  return orthonormal_columns(product(transpose(data.x), curve.vectors));
}

/// Q̂_KQ̂_Kᵀ − Q_KQ_Kᵀ.
RealMatrix change_of_projector(const RealMatrix& noisy, const RealMatrix& plain, std::int64_t k) {
  const RealMatrix a = leading(noisy, k), b = leading(plain, k);
  RealMatrix change = product(a, transpose(a));
  const RealMatrix minus = product(b, transpose(b));
  for (std::int64_t i = 0; i < change.size(); ++i) change.data()[i] -= minus.data()[i];
  return change;
}

double spectral_norm(const RealMatrix& symmetric) {
  const std::vector<Real> values = jacobi_eigen(symmetric).values;
  return static_cast<double>(std::max(std::fabs(values.front()), std::fabs(values.back())));
}

class Impact : public BackendTest {
 protected:
  Samples samples_ = random_pixels(image, 90, 3, backend_seed);
  Moments moments_ = engine_moments(samples_);
};

TEST_P(Impact, CornersAreThoseOfPlainLoops) {
  Draws draws(backend_seed);
  const DenseF64 a = random_matrix(67, 130, draws);
  const CornerEnergies energies = corner_energies(backend(), uploaded(backend(), a));
  double total = 0;
  for (std::int64_t j = 0; j < a.cols(); ++j)
    for (std::int64_t i = 0; i < a.rows(); ++i) total += a(i, j) * a(i, j);
  EXPECT_TRUE(within(std::fabs(energies.total - total), rounding_bound(a.size(), total)));
  ASSERT_EQ(energies.corner.size(), 67U);
  for (std::int64_t k = 1; k <= a.rows(); ++k) {
    double corner = 0;
    for (std::int64_t j = k; j < a.cols(); ++j)
      for (std::int64_t i = 0; i < k; ++i) corner += a(i, j) * a(i, j);
    EXPECT_TRUE(
        within(std::fabs(energies.corner[static_cast<std::size_t>(k - 1)] - corner), rounding_bound(a.size(), total)));
    EXPECT_EQ(energies.diagonal[static_cast<std::size_t>(k - 1)], a(k - 1, k - 1));
  }
}

TEST_P(Impact, AnglesAreThoseOfExplicitProjectors) {
  const ReferenceData data = reference_data(samples_);
  const RealMatrix plain = features_of(data, "reconstruct");
  const std::vector<std::string> names = {"mask:patch=2,ratio=0.75", "dropout:ratio=0.3", "keep:patch=2,count=1"};
  const ImpactResult result = impact(moments_, pretexts_of(names), device(), every_k());
  ASSERT_EQ(result.k.size(), static_cast<std::size_t>(result.rank));
  for (std::size_t p = 0; p < names.size(); ++p) {
    SCOPED_TRACE(names[p]);
    const RealMatrix noisy = features_of(data, names[p]);
    for (std::int64_t k = 1; k <= result.rank; k += 3) {
      const RealMatrix change = change_of_projector(noisy, plain, k);
      Real energy = 0;
      for (std::int64_t i = 0; i < change.size(); ++i) energy += change.data()[i] * change.data()[i];
      const auto entry = static_cast<std::size_t>(k - 1);
      EXPECT_TRUE(within(std::fabs(result.impacts[p].sum_sin2[entry] - static_cast<double>(energy / 2)), 1e-9)) << k;
      EXPECT_TRUE(within(std::fabs(result.impacts[p].max_sin[entry] - spectral_norm(change)), 1e-9)) << k;
      EXPECT_DOUBLE_EQ(result.impacts[p].mean_sin2[entry] * static_cast<double>(k), result.impacts[p].sum_sin2[entry]);
    }
    EXPECT_EQ(result.impacts[p].max_sin.back(), 0) << "at K = R nothing is left out";
    EXPECT_EQ(result.impacts[p].sum_sin2.back(), 0);
  }
}

// "sin θ_max(K) is exactly the largest change of align(K) that this noise can make for any targets whatever."
TEST_P(Impact, NoTargetsChangeByMoreAndSomeByExactlyThat) {
  const ReferenceData data = reference_data(samples_);
  const std::string name = "mask:patch=2,ratio=0.5";
  const RealMatrix plain = features_of(data, "reconstruct"), noisy = features_of(data, name);
  const ImpactResult result = impact(moments_, pretexts_of({name}), device(), every_k());
  Draws draws(backend_seed);
  const auto change_for = [&](const RealMatrix& change, const RealMatrix& y) {  // of a share of what is linear in X
    const RealMatrix linear = product(y, plain);
    Real total = 0;
    for (std::int64_t i = 0; i < linear.size(); ++i) total += linear.data()[i] * linear.data()[i];
    return static_cast<double>(trace(product(product(y, change), transpose(y))) / total);
  };
  for (const std::int64_t k : {1, 4, 11, 20}) {
    const double largest = result.impacts[0].max_sin[static_cast<std::size_t>(k - 1)];
    const RealMatrix change = change_of_projector(noisy, plain, k);
    for (int trial = 0; trial < 50; ++trial) {
      RealMatrix y(1 + trial % 3, plain.rows());
      for (std::int64_t i = 0; i < y.size(); ++i) y.data()[i] = draws.uniform() - 0.5;
      EXPECT_LE(std::fabs(change_for(change, y)), largest) << "K = " << k;
    }
    const Eigen directions = jacobi_eigen(change);
    EXPECT_TRUE(within(std::fabs(change_for(change, transpose(leading(directions.vectors, 1))) - largest), 1e-9));
  }
}

TEST_P(Impact, IsotropicNoiseTurnsNothingAtAnySigma) {
  const auto isotropic = pretexts_of({"reconstruct", "gaussian:sigma=0.01", "gaussian:sigma=1", "gaussian:sigma=100",
                                      "mask:patch=2,ratio=0", "keep:patch=2,count=4"});
  const ImpactResult result = impact(moments_, isotropic, device(), every_k());
  ASSERT_EQ(result.structures.size(), 1U);
  for (const NoiseImpact& impact : result.impacts) {
    SCOPED_TRACE(impact.pretext.to_string());
    for (const double sine : impact.max_sin) EXPECT_LT(sine, 1e-12);
    for (const double sum : impact.sum_sin2) EXPECT_LT(sum, 1e-24);
    for (const double coupling : impact.coupling) EXPECT_EQ(coupling, 0);
  }
}

/// ‖(I − Π_K)APΠ_K‖ / ‖A‖ for every K.
std::vector<double> naive_coupling(const RealMatrix& a, const RealMatrix& relative_to) {
  Real total = 0;
  for (std::int64_t i = 0; i < relative_to.size(); ++i) total += relative_to.data()[i] * relative_to.data()[i];
  std::vector<double> coupling;
  for (std::int64_t k = 1; k <= a.rows(); ++k) {
    Real corner = 0;
    for (std::int64_t j = 0; j < k; ++j)
      for (std::int64_t i = k; i < a.rows(); ++i) corner += a(i, j) * a(i, j);
    coupling.push_back(static_cast<double>(std::sqrt(corner / total)));
  }
  return coupling;
}

TEST_P(Impact, CouplingIsThatOfItsDefinition) {
  const ReferenceData data = reference_data(samples_);
  const RealMatrix p = leading(jacobi_eigen(data.gram).vectors, data.rank);
  const std::vector<std::string> names = {"mask:patch=2,ratio=0.75", "mask:patch=2,ratio=0.1", "dropout:ratio=0.5",
                                          "keep:patch=2,count=1"};
  ImpactOptions quick;
  quick.depth = ImpactDepth::couplings;
  for (const ImpactOptions& options : {ImpactOptions{}, quick}) {
    const ImpactResult result = impact(moments_, pretexts_of(names), device(), options);
    EXPECT_EQ(result.structures.size(), 2U);
    for (std::size_t i = 0; i < names.size(); ++i) {
      SCOPED_TRACE(names[i]);
      const RealMatrix s = noise_moments(data, parse_pretext(names[i]).front()).s;
      const RealMatrix turned = product(product(transpose(p), s), p);
      EXPECT_TRUE(within(largest_difference(result.impacts[i].coupling, naive_coupling(turned, turned)),
                         rounding_bound(image.size(), 1)));
      EXPECT_EQ(result.impacts[i].max_sin.empty(), options.depth == ImpactDepth::couplings);
    }
  }
}

// Where B has directions that G has not, what counts is B's Schur complement on G's range; for B = diag G it is
// (PᵀB⁻¹P)⁻¹.
TEST_P(Impact, CouplingWithFewSamplesIsThatOfTheSchurComplement) {
  const Samples few = random_pixels(image, 20, 2, backend_seed);
  const ReferenceData data = reference_data(few);
  ASSERT_EQ(data.rank, 19);
  RealMatrix p = leading(jacobi_eigen(data.gram).vectors, data.rank), weighted = p;
  for (std::int64_t j = 0; j < p.cols(); ++j)
    for (std::int64_t i = 0; i < p.rows(); ++i) weighted(i, j) /= data.gram(i, i);
  const Eigen inverse = jacobi_eigen(product(transpose(p), weighted));
  RealMatrix scaled = inverse.vectors;
  for (std::int64_t j = 0; j < scaled.cols(); ++j)
    for (std::int64_t i = 0; i < scaled.rows(); ++i) scaled(i, j) /= inverse.values[static_cast<std::size_t>(j)];
  const RealMatrix schur = product(scaled, transpose(inverse.vectors));
  const ImpactResult result = impact(engine_moments(few), pretexts_of({"dropout:ratio=0.5"}), device());
  EXPECT_TRUE(within(largest_difference(result.structures[0].coupling, naive_coupling(schur, schur)), 1e-10));
}

/// Pixels in pairs that have nothing to do with each other: the groups of every second pixel, by construction.
Moments planted(const std::vector<std::vector<std::vector<double>>>& blocks) {
  std::int64_t d = 0;
  for (const auto& block : blocks) d += static_cast<std::int64_t>(block.size());
  Moments moments;
  moments.arithmetic = Arithmetic::float64;
  moments.shape = {.channels = 1, .height = d / 2, .width = 2};
  moments.count = 1000;
  moments.class_counts = {1000};
  moments.shift.resize(static_cast<std::size_t>(d));
  moments.sum_f64.resize(static_cast<std::size_t>(d));
  moments.cross_f64 = DenseF64(d, 1);
  moments.gram_f64 = DenseF64(d, d);
  std::int64_t first = 0;
  for (const auto& block : blocks) {
    for (std::size_t i = 0; i < block.size(); ++i)
      for (std::size_t j = 0; j < block.size(); ++j)
        moments.gram_f64(first + static_cast<std::int64_t>(i), first + static_cast<std::int64_t>(j)) = block[i][j];
    first += static_cast<std::int64_t>(block.size());
  }
  moments.dataset = "planted";
  return moments;
}

TEST_P(Impact, WhatIsNotCoupledIsTurnedByNoStrength) {
  // Two principal components in the first two rows of pixels, two in the last: masks of rows couple none of them.
  const Moments moments = planted({{{9, 3}, {3, 7}}, {{2, 0.5}, {0.5, 1}}});
  const ImpactResult result =
      impact(moments, pretexts_of({"mask:patch=1x2,ratio=0.1:0.95:4", "mask:patch=1,ratio=0.5"}), device(), every_k());
  ASSERT_EQ(result.structures.size(), 2U);
  for (std::size_t p = 0; p < 4; ++p) {
    for (const double coupling : result.impacts[p].coupling) EXPECT_LT(coupling, 1e-15);
    for (const double sine : result.impacts[p].max_sin) EXPECT_LT(sine, 1e-14);
  }
  // Masks of pixels couple the two of a row, and leave the rows apart.
  const NoiseImpact& pixels = result.impacts[4];
  EXPECT_GT(pixels.coupling[0], 1e-3);
  EXPECT_GT(pixels.max_sin[0], 1e-3);
  EXPECT_LT(pixels.coupling[1], 1e-15);
  EXPECT_LT(pixels.max_sin[1], 1e-14);
}

// No coupling means that a subspace stays as it is, not that it stays in front.
TEST_P(Impact, WithoutCouplingAStrongNoiseMayStillChangeTheOrder) {
  const Moments moments = planted({{{1, 0.9}, {0.9, 1}}, {{2.5, 0}, {0, 0.1}}});
  const ImpactResult result =
      impact(moments, pretexts_of({"mask:patch=1,ratio=0.1", "mask:patch=1,ratio=0.99"}), device(), every_k());
  EXPECT_LT(result.impacts[1].coupling[0], 1e-15);
  EXPECT_LT(result.impacts[0].max_sin[0], 1e-14);
  EXPECT_NEAR(result.impacts[1].max_sin[0], 1, 1e-14);
}

TEST_P(Impact, TiesAreMarked) {
  const Moments moments = planted({{{3, 0}, {0, 3}}, {{2, 0.5}, {0.5, 1}}});
  const ImpactResult result = impact(moments, pretexts_of({"mask:patch=1x2,ratio=0.5"}), device(), every_k());
  EXPECT_FALSE(result.determined(result.impacts[0], 1)) << "λ₁ = λ₂";
  EXPECT_TRUE(result.determined(result.impacts[0], 2));
  EXPECT_TRUE(result.determined(result.impacts[0], 4));
  EXPECT_FALSE(result.determined(result.impacts[0], 0));
  EXPECT_FALSE(result.determined(result.impacts[0], 5));
}

TEST_P(Impact, LabelsDoNotMatter) {
  const auto pretexts = pretexts_of({"mask:patch=2,ratio=0.75", "gaussian:sigma=1"});
  Samples shuffled = samples_, unlabelled = samples_, gaps = samples_;
  std::rotate(shuffled.labels.begin(), shuffled.labels.begin() + 17, shuffled.labels.end());
  std::fill(unlabelled.labels.begin(), unlabelled.labels.end(), 0);
  unlabelled.classes = 1;
  gaps.classes = 5;  // two classes without a sample
  const ImpactResult expected = impact(moments_, pretexts, device());
  for (const Samples& other : {shuffled, unlabelled, gaps}) {
    const ImpactResult result = impact(engine_moments(other), pretexts, device());
    for (std::size_t p = 0; p < pretexts.size(); ++p) {
      EXPECT_TRUE(within(largest_difference(result.impacts[p].max_sin, expected.impacts[p].max_sin), 1e-12));
      EXPECT_TRUE(within(largest_difference(result.impacts[p].sum_sin2, expected.impacts[p].sum_sin2), 1e-12));
      EXPECT_EQ(result.impacts[p].coupling, expected.impacts[p].coupling);
      EXPECT_EQ(result.impacts[p].relative_gap, expected.impacts[p].relative_gap);
    }
  }
  EXPECT_THROW(sweep(engine_moments(unlabelled), pretexts, device()), Error) << "alignment needs classes";
}

TEST_P(Impact, RefusesKThatAreNone) {
  ImpactOptions options;
  options.k = {{0, 3}};
  EXPECT_THROW(impact(moments_, pretexts_of({"reconstruct"}), device(), options), Error);
  options.k = {{3, 33}};
  try {
    impact(moments_, pretexts_of({"reconstruct"}), device(), options);
    ADD_FAILURE() << "33 is beyond the rank";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("33"));
  }
  EXPECT_THROW(impact(moments_, {}, device()), Error);
}

TEST_P(Impact, ItsPlanCountsThePrincipalComponents) {
  const auto bytes = [&](Outcome outcome) {
    const MemoryPlan plan = plan_sweep({.channels = 1, .height = 20, .width = 20}, 10,
                                       pretexts_of({"mask:patch=2,ratio=0.5"}), SolveMode::standard, device(), outcome);
    return plan.bytes + plan.device_bytes;
  };
  EXPECT_EQ(bytes(Outcome::rotations) - bytes(Outcome::encoders), 8 * 400 * 400);
  EXPECT_EQ(bytes(Outcome::structures) - bytes(Outcome::curves), 8 * 400 * 400);
}

INSTANTIATE_TEST_SUITE_P(Backends, Impact, ::testing::ValuesIn(backend_cases()), case_name);

TEST(ImpactK, AreSpreadFromOneToTheRankLessOne) {
  EXPECT_EQ(impact_k(1), std::vector<std::int64_t>{1});
  EXPECT_EQ(impact_k(2), std::vector<std::int64_t>{1});
  EXPECT_EQ(impact_k(4), (std::vector<std::int64_t>{1, 2, 3}));
  const std::vector<std::int64_t> k = impact_k(784);
  EXPECT_EQ(k.front(), 1);
  EXPECT_EQ(k.back(), 783);
  EXPECT_GE(k.size(), 17U);
  EXPECT_TRUE(std::is_sorted(k.begin(), k.end()));
}

}  // namespace
}  // namespace eigenlens::test
