// SPDX-License-Identifier: Apache-2.0
// Noise of any covariance and masks of any distribution: the engine against explicit N × D computations, against the
// families that are special cases, and against another program's curves.
#include <gtest/gtest.h>

#include <cmath>

#include "backend/cpu/cpu_backend.hpp"
#include "backend/transfer.hpp"
#include "eigenlens/sweep.hpp"
#include "host/processor.hpp"
#include "solve/second_moment.hpp"
#include "support/backend_cases.hpp"
#include "support/golden_data.hpp"
#include "support/moment_arrays.hpp"
#include "support/nasty_sets.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"
#include "sweep/bases.hpp"

namespace eigenlens::test {
namespace {

constexpr double share_bound = 1e-9;

std::vector<double> rounded(const std::vector<Real>& values) { return {values.begin(), values.end()}; }

class TabledPencil : public BackendTest {
 protected:
  [[nodiscard]] Curve solve(const Moments& moments, const std::string& spec,
                            SolveMode mode = SolveMode::standard) const {
    SweepOptions options;
    options.mode = mode;
    return sweep(moments, parse_pretext(spec), device(), options).curves.at(0);
  }
  TemporaryDirectory directory_;
};
INSTANTIATE_TEST_SUITE_P(Every, TabledPencil, ::testing::ValuesIn(backend_cases()), case_name);

void expect_reference(const Curve& curve, const ReferenceCurve& truth, double bound = share_bound) {
  SCOPED_TRACE(curve.pretext.to_string());
  EXPECT_TRUE(within(largest_difference(curve.alignment, rounded(truth.alignment)), bound)) << "alignment";
  EXPECT_TRUE(within(largest_difference(curve.alignment_figure, rounded(truth.alignment_figure)), 100 * bound));
  EXPECT_TRUE(within(largest_difference(curve.alignment_noisy, rounded(truth.alignment_noisy)), bound)) << "noisy";
  EXPECT_TRUE(within(largest_difference(curve.reconstruction_denoise, rounded(truth.denoise)), bound)) << "denoise";
  EXPECT_TRUE(within(largest_difference(curve.reconstruction_clean, rounded(truth.clean)), bound)) << "clean";
  EXPECT_TRUE(within(largest_difference(curve.reconstruction_refit, rounded(truth.refit)), bound)) << "refit";
  EXPECT_LT(curve.checks.residual, 1e-11);
  EXPECT_LE(curve.checks.orthogonality, curve.checks.orthogonality_limit);
}

void expect_same(const Curve& a, const Curve& b) {
  SCOPED_TRACE(a.pretext.to_string());
  EXPECT_TRUE(within(largest_difference(a.alignment, b.alignment), share_bound)) << "alignment";
  EXPECT_TRUE(within(largest_difference(a.alignment_noisy, b.alignment_noisy), share_bound)) << "noisy";
  EXPECT_TRUE(within(largest_difference(a.reconstruction_denoise, b.reconstruction_denoise), share_bound));
  EXPECT_TRUE(within(largest_difference(a.reconstruction_clean, b.reconstruction_clean), share_bound)) << "clean";
  EXPECT_TRUE(within(largest_difference(a.reconstruction_refit, b.reconstruction_refit), share_bound)) << "refit";
}

/// A random covariance of this rank.
DenseF64 covariance(std::int64_t d, std::int64_t rank, double size) {
  Draws draws(backend_seed);
  const DenseF64 factor = random_matrix(d, rank, draws);
  DenseF64 sum = naive_product('N', 'T', factor, factor);
  for (std::int64_t i = 0; i < sum.size(); ++i) sum.data()[i] *= size;
  return sum;
}

NoiseMoments coloured_moments(const ReferenceData& data, const DenseF64& sigma, double scale) {
  const std::int64_t d = data.gram.rows();
  NoiseMoments noise{std::vector<Real>(static_cast<std::size_t>(d), 1), data.gram, data.gram};
  for (std::int64_t i = 0; i < noise.s.size(); ++i)
    noise.s.data()[i] += static_cast<Real>(data.x.cols()) * static_cast<Real>(scale * scale) * sigma.data()[i];
  return noise;
}

TEST_P(TabledPencil, UnevenMasksEqualTheReference) {
  const Samples samples = random_pixels({2, 3, 4}, 150, 4, backend_seed);
  const ReferenceData data = reference_data(samples);
  const Moments moments = engine_moments(samples);
  Draws draws(backend_seed + 1);
  std::vector<std::vector<std::uint8_t>> masks;
  for (int j = 0; j < 40; ++j) {
    masks.emplace_back();
    for (int i = 0; i < 12; ++i) masks.back().push_back(draws.uniform() < 0.1 + 0.07 * i ? 1 : 0);
  }
  const std::string spec = "masks:" + write_masks(directory_, "masks.npy", masks) + ",patch=1";
  const auto groups = mask_groups(parse_pretext(spec)[0], samples.shape);
  const ReferenceCurve truth = reference_curve(data, noise_of_masks(data, groups, masks), data.rank);
  for (const SolveMode mode : {SolveMode::standard, SolveMode::accurate})
    expect_reference(solve(moments, spec, mode), truth);
}

TEST_P(TabledPencil, CovariancesEqualTheReference) {
  const Samples samples = random_pixels({1, 4, 5}, 150, 3, backend_seed + 2);
  const ReferenceData data = reference_data(samples);
  const Moments moments = engine_moments(samples);
  for (const std::int64_t rank : {1, 3, 20}) {
    const DenseF64 sigma = covariance(20, rank, 0.7);
    const std::string path = write_matrix(directory_, "sigma" + std::to_string(rank) + ".npy", sigma);
    for (const double scale : {0.3, 1.0, 4.0}) {
      const ReferenceCurve truth = reference_curve(data, coloured_moments(data, sigma, scale), data.rank);
      for (const SolveMode mode : {SolveMode::standard, SolveMode::accurate})
        expect_reference(solve(moments, "gaussian:covariance=" + path + ",scale=" + std::to_string(scale), mode),
                         truth);
    }
  }
}

TEST_P(TabledPencil, NoisyConstantPixelsTellWhatTheNoiseWas) {
  for (const NastySet& set : nasty_sets()) {
    if (set.name == "repeated eigenvalues") continue;  // neither are the subspaces there unique
    if (set.scalar != ScalarType::uint8 || set.samples.dimension() > 40 || set.samples.count() <= set.rank) continue;
    SCOPED_TRACE(set.name);
    const ReferenceData data = reference_data(set.samples);
    const std::int64_t d = set.samples.dimension();
    const DenseF64 sigma = covariance(d, 2, 0.5);
    const std::string path = write_matrix(directory_, "sigma.npy", sigma);
    const double bound = std::max(share_bound, rounding_bound(d, 1e3 * data_condition(data)));
    expect_reference(solve(engine_moments(set.samples), "gaussian:covariance=" + path),
                     reference_curve(data, coloured_moments(data, sigma, 1), data.rank), bound);
  }
}

TEST_P(TabledPencil, HiddenPixelsEndTheCurveEarly) {
  for (const NastySet& set : nasty_sets()) {
    const ImageShape& shape = set.samples.shape;
    if (set.scalar != ScalarType::uint8 || shape.height < 3 || shape.width < 3 || shape.size() > 60) continue;
    SCOPED_TRACE(set.name);
    const ReferenceData data = reference_data(set.samples);
    const auto spec = std::string("centre:patch=1,size=2");
    const auto groups = mask_groups(parse_pretext(spec)[0], shape);
    std::vector<std::uint8_t> mask(static_cast<std::size_t>(shape.height * shape.width), 1);
    for (std::int64_t y = (shape.height - 2) / 2, i = 0; i < 2; ++i)
      for (std::int64_t x = (shape.width - 2) / 2, j = 0; j < 2; ++j)
        mask[static_cast<std::size_t>((y + i) * shape.width + x + j)] = 0;
    const NoiseMoments noise = noise_of_masks(data, groups, {mask});
    const std::int64_t rank = numerical_rank(jacobi_eigen(noise.s).values);
    ASSERT_LE(rank, data.rank);
    const double bound = std::max(share_bound, rounding_bound(shape.size(), 1e3 * data_condition(data)));
    // Alignment is a share of what all pixels tell: those that are shown are a data set of their own.
    Samples shown = set.samples;
    for (std::int64_t n = 0; n < shown.count(); ++n)
      for (std::int64_t i = 0; i < shown.dimension(); ++i)
        if (mask[static_cast<std::size_t>(groups[static_cast<std::size_t>(i)])] == 0) shown.values(i, n) = 7;
    const Real share = reference_target_energy(reference_data(shown)) / reference_target_energy(data);
    ReferenceCurve truth = reference_curve(data, noise, rank);
    for (auto* shares : {&truth.alignment, &truth.alignment_noisy})
      for (Real& value : *shares) value *= share;
    const std::vector<Real> figure = truth.alignment_figure;
    for (const SolveMode mode : {SolveMode::standard, SolveMode::accurate}) {
      const Curve curve = solve(engine_moments(set.samples), spec, mode);
      EXPECT_EQ(curve.checks.rank, rank);
      EXPECT_LE(curve.alignment_figure.back(), 100 * (1 + bound));
      for (std::size_t k = 0; k < figure.size(); ++k)
        truth.alignment_figure[k] = figure[k] / 100 * curve.alignment_figure.back();
      expect_reference(curve, truth, bound);
    }
  }
}

TEST_P(TabledPencil, EveryBernoulliMaskIsMask) {
  const Moments moments = engine_moments(random_pixels({3, 4, 4}, 150, 4, backend_seed + 3));
  const std::string path = write_masks(directory_, "all.npy", all_masks(4));  // all equally likely: ratio 1/2
  expect_same(solve(moments, "masks:" + path + ",patch=2"), solve(moments, "mask:patch=2,ratio=0.5"));
  const std::string apart = write_masks(directory_, "apart.npy", all_masks(12));
  expect_same(solve(moments, "masks:file=" + apart + ",patch=2,channels=separate"),
              solve(moments, "mask:patch=2,ratio=0.5,channels=separate"));
}

TEST_P(TabledPencil, EveryMaskOfSoManyPatchesIsKeep) {
  const Moments moments = engine_moments(random_pixels({2, 4, 6}, 150, 4, backend_seed + 4));
  for (const std::int64_t kept : {1, 2, 5}) {
    const std::string path = write_masks(directory_, "keep.npy", all_masks(6, kept));
    expect_same(solve(moments, "masks:" + path + ",patch=2"),
                solve(moments, "keep:patch=2,count=" + std::to_string(kept)));
  }
}

TEST_P(TabledPencil, MomentsOfMasksAreMask) {
  const Moments moments = engine_moments(random_pixels({1, 5, 6}, 150, 4, backend_seed + 5));
  DenseF64 second(30, 30);
  for (std::int64_t i = 0; i < second.size(); ++i) second.data()[i] = 0.2 * 0.2;
  for (std::int64_t i = 0; i < 30; ++i) second(i, i) = 0.2;
  const std::string p = write_vector(directory_, "p.npy", std::vector<double>(30, 0.2));
  const std::string e = write_matrix(directory_, "e.npy", second);
  expect_same(solve(moments, "masks:first=" + p + ",second=" + e + ",patch=1"),
              solve(moments, "mask:patch=1,ratio=0.8"));
}

TEST_P(TabledPencil, IsotropicCovarianceIsGaussian) {
  const Moments moments = engine_moments(random_pixels({1, 4, 6}, 150, 4, backend_seed + 6));
  DenseF64 sigma(24, 24);
  for (std::int64_t i = 0; i < 24; ++i) sigma(i, i) = 0.25;
  const std::string path = write_matrix(directory_, "sigma.npy", sigma);
  expect_same(solve(moments, "gaussian:covariance=" + path), solve(moments, "gaussian:sigma=0.5"));
  expect_same(solve(moments, "gaussian:covariance=" + path + ",scale=3"), solve(moments, "gaussian:sigma=1.5"));
  expect_same(solve(moments, "gaussian:covariance=" + path + ",scale=0"), solve(moments, "reconstruct"));
}

TEST_P(TabledPencil, ACurveDoesNotDependOnItsCompany) {
  const Moments moments = engine_moments(random_pixels({1, 6, 6}, 200, 4, backend_seed + 7));
  const std::vector<std::string> specs{
      "mask:patch=2,ratio=0.5", "grid:patch=1,every=2", "reconstruct",
      "crop:patch=1,size=4",    "dropout:ratio=0.5",    "blocks:patch=1,ratio=0.4,draws=1000"};
  std::vector<Pretext> pretexts;
  for (const std::string& spec : specs) pretexts.push_back(parse_pretext(spec)[0]);
  const SweepResult together = sweep(moments, pretexts, device());
  for (std::size_t i = 0; i < specs.size(); ++i) expect_same(solve(moments, specs[i]), together.curves[i]);
}

void expect_golden(const Curve& curve, const Npz& golden, const std::string& name) {
  SCOPED_TRACE(name);
  EXPECT_TRUE(within(largest_difference(curve.alignment, golden.doubles(name + "/alignment")), share_bound));
  EXPECT_TRUE(within(largest_difference(curve.reconstruction_denoise, golden.doubles(name + "/reconstruction_denoise")),
                     share_bound));
  EXPECT_TRUE(within(largest_difference(curve.reconstruction_refit, golden.doubles(name + "/reconstruction_refit")),
                     share_bound));
}

/// The two pencils of theory.npz on the images of small.npz.
void compare_golden(const TemporaryDirectory& directory, const Device& device, SolveMode mode) {
  const auto theory = golden_data("theory.npz"), small = golden_data("small.npz");
  if (!theory || !small) GTEST_SKIP() << "no theory.npz on this machine: set EIGENLENS_SHARED";
  const Npz golden(*theory);
  const Moments moments = engine_moments(golden_samples(Npz(*small)), ScalarType::uint8, 128);
  DenseF64 sigma(192, 192);
  std::copy_n(golden.doubles("coloured/covariance").begin(), sigma.size(), sigma.data());
  std::vector<std::vector<std::uint8_t>> masks(400);
  const std::vector<std::uint8_t>& bytes = golden.bytes("blocks/masks");
  for (std::size_t i = 0; i < bytes.size(); ++i) masks[i / 16].push_back(bytes[i]);
  const std::string covariance = write_matrix(directory, "sigma.npy", sigma);
  const std::string file = write_masks(directory, "masks.npy", masks);
  SweepOptions options;
  options.mode = mode;
  const SweepResult result = sweep(
      moments, {parse_pretext("masks:" + file + ",patch=2")[0], parse_pretext("gaussian:covariance=" + covariance)[0]},
      device, options);
  expect_golden(result.curves[0], golden, "blocks");
  expect_golden(result.curves[1], golden, "coloured");
}

TEST_P(TabledPencil, GoldenCurves) { compare_golden(directory_, device(), SolveMode::standard); }
TEST_P(TabledPencil, GoldenCurvesAccurate) { compare_golden(directory_, device(), SolveMode::accurate); }

TEST(TabledPencilOnTheCpu, GoldenCurvesByDivideAndConquer) {
  const TemporaryDirectory directory;
  const Device device(
      std::make_shared<CpuBackend>(available_threads(), available_memory(), CpuEigensolver::divide_and_conquer),
      DeviceChoice::forced, "a test made it");
  compare_golden(directory, device, SolveMode::standard);
}

TEST_P(TabledPencil, FeaturesAreOrthonormalAndCarryTheTargets) {
  const Moments moments = engine_moments(random_pixels({2, 4, 5}, 150, 3, backend_seed + 8));
  const std::string sigma = write_matrix(directory_, "sigma.npy", covariance(40, 4, 0.5));
  const std::vector<Pretext> pretexts{parse_pretext("crop:patch=1,size=3")[0],
                                      parse_pretext("centre:patch=1,size=2")[0],
                                      parse_pretext("gaussian:covariance=" + sigma)[0]};
  std::vector<std::int64_t> ranks;
  sweep_bases(moments, pretexts, device(), {}, Outcome::encoders, [&](const BasisView& view) {
    SCOPED_TRACE(view.pretext.to_string());
    const DenseF64 e = downloaded(view.problem.backend, view.basis.encoder);
    const DenseF64 t = downloaded(view.problem.backend, view.basis.targets);
    const DenseF64 unit =
        naive_product('N', 'T', naive_product('N', 'N', e, downloaded(view.problem.backend, view.problem.g)), e);
    DenseF64 identity(e.rows(), e.rows());
    for (std::int64_t k = 0; k < e.rows(); ++k) identity(k, k) = 1;
    ranks.push_back(e.rows());
    EXPECT_TRUE(within(difference(unit, identity), orthogonality_bound(40, 1e3)));
    EXPECT_TRUE(within(difference(naive_product('N', 'N', e, view.problem.centring.cross()), t),
                       rounding_bound(40, 1e3 * largest_entry(t))));
  });
  EXPECT_EQ(ranks, (std::vector<std::int64_t>{40, 32, 40}));
}

TEST_P(TabledPencil, SecondMomentsOfEveryPretext) {
  const Samples samples = random_pixels({1, 4, 4}, 60, 3, backend_seed + 9);
  const ReferenceData data = reference_data(samples);
  const Moments moments = engine_moments(samples);
  const Centring centring(moments);
  Problem problem(backend(), centring, SolveMode::standard, Outcome::curves, 1);
  const std::string all = write_masks(directory_, "all.npy", all_masks(4, 2));
  for (const auto& [spec, same] :
       std::vector<std::pair<std::string, std::string>>{{"reconstruct", "reconstruct"},
                                                        {"gaussian:sigma=0.3", "gaussian:sigma=0.3"},
                                                        {"mask:patch=2,ratio=0.3", "mask:patch=2,ratio=0.3"},
                                                        {"dropout:ratio=0.6", "dropout:ratio=0.6"},
                                                        {"keep:patch=2,count=1", "keep:patch=2,count=1"},
                                                        {"masks:" + all + ",patch=2", "keep:patch=2,count=2"}}) {
    SCOPED_TRACE(spec);
    Matrix s = poisoned(16, 16);
    second_moment(problem, parse_pretext(spec)[0], s);
    const RealMatrix truth = noise_moments(data, parse_pretext(same)[0]).s;
    DenseF64 expected(16, 16);
    for (std::int64_t i = 0; i < truth.size(); ++i) expected.data()[i] = static_cast<double>(truth.data()[i]);
    EXPECT_TRUE(within(difference(downloaded(backend(), s), expected), rounding_bound(60, largest_entry(expected))));
  }
}

TEST_P(TabledPencil, ThePlanCountsTheTable) {
  const ImageShape shape{1, 40, 40};
  const auto bytes = [&](const std::string& spec) {
    const MemoryPlan plan = plan_sweep(shape, 10, parse_pretext(spec), SolveMode::standard, device());
    return plan.bytes + plan.device_bytes;
  };
  EXPECT_GE(bytes("grid:patch=1,every=2") - bytes("reconstruct"), 3 * 8 * 1600 * 1600);
}

}  // namespace
}  // namespace eigenlens::test
