// SPDX-License-Identifier: Apache-2.0
// Curves in the dual form, from products of samples: against another program's, against the primal form, and its own
// ways to go wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "moments/double_centring.hpp"
#include "support/backend_cases.hpp"
#include "support/dataset_files.hpp"
#include "support/golden_data.hpp"
#include "support/memory_dataset.hpp"
#include "support/nasty_sets.hpp"
#include "support/tolerance.hpp"
#include "sweep/bases.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr double golden_bound = 1e-9;  // promised to users
constexpr double dual_bound = 1e-8;    // likewise, of the dual against the primal form

Samples first_samples(const Samples& all, std::int64_t count) {
  Samples few = all;
  few.values = DenseF64(all.dimension(), count);
  std::copy_n(all.values.data(), few.values.size(), few.values.data());
  few.labels.resize(static_cast<std::size_t>(count));
  return few;
}

/// Where μ_K is as large as μ_{K+1}, the K-th subspace is anyone's choice.
void expect_same(const std::vector<double>& dual, const std::vector<double>& primal, const std::vector<double>& gaps,
                 double size, const char* quantity) {
  ASSERT_EQ(dual.size(), primal.size()) << quantity;
  for (std::size_t k = 0; k < dual.size(); ++k)
    if (gaps[k] > 1e-5) {
      EXPECT_TRUE(within(std::fabs(dual[k] - primal[k]), dual_bound * std::max(size, std::fabs(primal[k]))))
          << quantity << " at K = " << k + 1 << " of " << dual.size();
    }
}

void expect_same(const Curve& dual, const Curve& primal) {
  const std::vector<double>& gaps = primal.relative_gap;
  expect_same(dual.alignment, primal.alignment, gaps, 1, "alignment");
  expect_same(dual.alignment_noisy, primal.alignment_noisy, gaps, 1, "noisy");
  expect_same(dual.reconstruction_denoise, primal.reconstruction_denoise, gaps, 1, "denoise");
  expect_same(dual.reconstruction_clean, primal.reconstruction_clean, gaps, 1, "clean");
  expect_same(dual.reconstruction_refit, primal.reconstruction_refit, gaps, 1, "refit");
  expect_same(dual.eigenvalues, primal.eigenvalues, gaps, primal.eigenvalues.front(), "eigenvalues");
  EXPECT_LT(dual.checks.residual, 1e-10);
  EXPECT_LE(dual.checks.orthogonality, dual.checks.orthogonality_limit);
}

class Dual : public BackendTest {
 protected:
  void compare_forms(const Samples& samples, const std::vector<Pretext>& pretexts, ScalarType scalar,
                     SolveMode mode = SolveMode::standard) {
    SweepOptions options;
    options.mode = mode;
    const SweepResult primal = sweep(engine_moments(samples, scalar), pretexts, device(), options);
    const SweepResult dual =
        sweep(engine_dual_moments(samples, pretexts, scalar, 7, device()), pretexts, device(), options);
    EXPECT_EQ(dual.form, MomentsForm::dual);
    EXPECT_EQ(primal.form, MomentsForm::primal);
    EXPECT_EQ(dual.count, primal.count);
    EXPECT_EQ(dual.rank, primal.rank);
    EXPECT_EQ(dual.constant_pixels, primal.constant_pixels);
    EXPECT_TRUE(within(std::fabs(dual.global_std / primal.global_std - 1), rounding_bound(1, 1)));
    EXPECT_TRUE(within(std::fabs(dual.target_energy - primal.target_energy), dual_bound));
    for (std::size_t i = 0; i < pretexts.size(); ++i) {
      SCOPED_TRACE(pretexts[i].to_string());
      expect_same(dual.curves[i], primal.curves[i]);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Every, Dual, ::testing::ValuesIn(backend_cases()), case_name);

TEST_P(Dual, EqualsTheGoldenCurves) {
  const auto theory = golden_data("theory.npz"), small = golden_data("small.npz");
  if (!theory || !small) GTEST_SKIP() << "no theory.npz on this machine: set EIGENLENS_SHARED";
  const Npz golden(*theory);
  const Samples few = first_samples(golden_samples(Npz(*small)), 120);
  const std::vector<Pretext> pretexts = parse_all({"reconstruct", "mask:patch=4,ratio=0.5", "mask:patch=4,ratio=0.75"});
  const std::vector<std::string> names = {"few_reconstruct", "few_mask_p4_r0.5", "few_mask_p4_r0.75"};
  for (const ScalarType scalar : {ScalarType::uint8, ScalarType::float32, ScalarType::float64}) {
    const SweepResult result = sweep(engine_dual_moments(few, pretexts, scalar, 50, device()), pretexts, device());
    for (std::size_t i = 0; i < names.size(); ++i) {
      SCOPED_TRACE(names[i]);
      const Curve& curve = result.curves[i];
      EXPECT_TRUE(within(largest_difference(curve.alignment, golden.doubles(names[i] + "/alignment")), golden_bound));
      if (i == 0) continue;
      EXPECT_TRUE(
          within(largest_difference(curve.reconstruction_denoise, golden.doubles(names[i] + "/reconstruction_denoise")),
                 golden_bound));
      EXPECT_TRUE(
          within(largest_difference(curve.reconstruction_refit, golden.doubles(names[i] + "/reconstruction_refit")),
                 golden_bound));
    }
  }
}

TEST_P(Dual, EqualsThePrimalFormOnNastySets) {
  for (const NastySet& set : nasty_sets()) {
    SCOPED_TRACE(set.name);
    compare_forms(set.samples, parse_all(specifications_for(set.samples.shape)), set.scalar);
  }
}

TEST_P(Dual, EqualsThePrimalFormAccurately) {
  const Samples samples = random_pixels({3, 6, 5}, 40, 3, backend_seed);
  const auto pretexts = parse_all({"reconstruct", "mask:patch=2,ratio=0.25:0.75:3", "keep:patch=3,count=1"});
  compare_forms(samples, pretexts, ScalarType::uint8, SolveMode::accurate);
}

/// Blocks of as many pixels as there are samples and more, with a border that leaves smaller ones; equal images; pixels
/// that never change.
TEST_P(Dual, BlocksLargerThanTheSamples) {
  Samples samples = random_pixels({3, 7, 9}, 30, 3, backend_seed + 1);
  const auto pretexts =
      parse_all({"mask:patch=4,ratio=0.5", "mask:patch=7x9,ratio=0.3", "mask:patch=7x9,ratio=0.6,channels=separate",
                 "keep:patch=5x4,count=2", "dropout:ratio=0.5"});
  compare_forms(samples, pretexts, ScalarType::uint8);
  compare_forms(samples, pretexts, ScalarType::float64);
  for (std::int64_t i = 0; i < samples.dimension(); ++i) samples.values(i, 11) = samples.values(i, 4);
  for (std::int64_t n = 0; n < samples.count(); ++n) samples.values(20, n) = 7;
  for (std::int64_t y = 0; y < 7; ++y)  // a left half that two images share
    for (std::int64_t x = 0; x < 4; ++x)
      for (std::int64_t c = 0; c < 3; ++c)
        samples.values(c * 63 + y * 9 + x, 17) = samples.values(c * 63 + y * 9 + x, 3);
  compare_forms(samples, pretexts, ScalarType::uint8);
  compare_forms(samples, pretexts, ScalarType::float32);
}

TEST_P(Dual, MorePixelsThanAPanel) {
  const Samples samples = random_pixels({3, 24, 20}, 50, 4, backend_seed + 2);
  const auto pretexts = parse_all({"reconstruct", "mask:patch=7,ratio=0.75", "dropout:ratio=0.9", "gaussian:sigma=2"});
  const DualMoments moments = engine_dual_moments(samples, pretexts, ScalarType::uint8, 7, device());
  EXPECT_EQ(moments, engine_dual_moments(samples, pretexts, ScalarType::uint8, 50, device()))
      << "batches do not matter";
  EXPECT_EQ(moments.gram, engine_dual_moments(samples, pretexts).gram) << "nor do devices, for products of bytes";
  for (std::int64_t i = 0; i < 50; ++i)
    for (std::int64_t j = 0; j < 50; ++j) {
      double product = 0;
      for (std::int64_t k = 0; k < samples.dimension(); ++k) product += samples.values(k, i) * samples.values(k, j);
      ASSERT_EQ(static_cast<double>(moments.gram(i, j)), product);
    }
  compare_forms(samples, pretexts, ScalarType::uint8);
}

TEST_P(Dual, RepresentationsAreOrthonormalAndCarryTheTargets) {
  const Samples samples = random_pixels({2, 6, 7}, 45, 3, backend_seed + 3);
  const auto pretexts = parse_all({"reconstruct", "mask:patch=2,ratio=0.75", "gaussian:sigma=0.5"});
  const DualMoments moments = engine_dual_moments(samples, pretexts, ScalarType::uint8, 7, device());
  std::size_t seen = 0;
  sweep_bases(moments, pretexts, device(), {}, Outcome::encoders, [&](const BasisView& view) {
    SCOPED_TRACE(view.pretext.to_string());
    ++seen;
    const DenseF64 q = downloaded(view.problem.backend, view.basis.representation);
    const DenseF64 t = downloaded(view.problem.backend, view.basis.targets);
    ASSERT_EQ(q.rows(), view.problem.rank);
    ASSERT_EQ(q.cols(), 45);
    DenseF64 identity(q.rows(), q.rows()), y(45, 3);
    for (std::int64_t k = 0; k < q.rows(); ++k) identity(k, k) = 1;
    for (std::int64_t n = 0; n < 45; ++n) y(n, samples.labels[static_cast<std::size_t>(n)]) = 1;
    EXPECT_TRUE(within(difference(naive_product('N', 'T', q, q), identity), orthogonality_bound(45, 1e3)));
    EXPECT_TRUE(within(difference(naive_product('N', 'N', q, y), t), rounding_bound(45, 1e2)));
  });
  EXPECT_EQ(seen, pretexts.size());
}

TEST(DoubleCentring, OfIntegersIsRoundedOnce) {
  const Samples samples = random_pixels({1, 5, 5}, 9, 3, backend_seed);
  const DualMoments moments = engine_dual_moments(samples, {});
  const DenseF64 centred = doubly_centred(moments.gram, 1, 2);
  for (std::int64_t i = 0; i < 9; ++i)
    for (std::int64_t j = 0; j < 9; ++j) {
      long double entry = 0;
      for (std::int64_t k = 0; k < 25; ++k) {
        long double mean = 0;
        for (std::int64_t n = 0; n < 9; ++n) mean += samples.values(k, n) / 9.0L;
        entry += (samples.values(k, i) - mean) * (samples.values(k, j) - mean);
      }
      EXPECT_TRUE(
          within(std::fabs(centred(i, j) - static_cast<double>(entry)), rounding_bound(1, std::fabs(centred(i, i)))));
    }
}

TEST(DualErrors, AStructureThatIsNotHeldIsNamedWithThoseThatAre) {
  const Samples samples = random_pixels({1, 6, 6}, 20, 2, backend_seed);
  const DualMoments moments = engine_dual_moments(samples, parse_all({"mask:patch=2,ratio=0.5", "dropout:ratio=0.5"}));
  const Device cpu({.name = "cpu"});
  EXPECT_EQ(sweep(moments, parse_all({"keep:patch=2,count=4", "mask:patch=1,ratio=0.1"}), cpu).curves.size(), 2U)
      << "strengths do not matter, nor spelling";
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { sweep(moments, parse_all({"mask:patch=3,ratio=0.5"}), cpu); }),
              AllOf(HasSubstr("mask:patch=3"), HasSubstr("mask:patch=2, dropout")));
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { sweep(moments, {}, cpu); }), HasSubstr("no pretext"));
}

TEST(DualErrors, DataThatCannotBeUsed) {
  Samples samples = random_pixels({1, 6, 6}, 20, 2, backend_seed);
  const auto pretexts = parse_all({"mask:patch=2,ratio=0.5"});
  const Device cpu({.name = "cpu", .threads = 2});
  const auto refused = [&](ErrorCode code, const Samples& bad, ScalarType scalar) {
    return error_of(code, [&] { sweep(engine_dual_moments(bad, pretexts, scalar), pretexts, cpu); });
  };
  Samples same = samples;
  for (std::int64_t n = 0; n < same.count(); ++n)
    for (std::int64_t i = 0; i < 36; ++i) same.values(i, n) = 0.1 * static_cast<double>(i);
  EXPECT_THAT(refused(ErrorCode::numerical, same, ScalarType::uint8), HasSubstr("rank 0"));
  EXPECT_THAT(refused(ErrorCode::numerical, same, ScalarType::float64), HasSubstr("rank 0"));
  Samples bad = samples;
  bad.values(7, 13) = std::nan("");
  EXPECT_THAT(refused(ErrorCode::data, bad, ScalarType::float32),
              AllOf(HasSubstr("sample 13"), HasSubstr("feature 7")));
  bad.values(7, 13) = 1e200;
  EXPECT_THAT(refused(ErrorCode::data, bad, ScalarType::float64), AllOf(HasSubstr("feature 7"), HasSubstr("overflow")));
  Samples label = samples;
  label.labels[5] = 2;
  EXPECT_THAT(refused(ErrorCode::data, label, ScalarType::uint8), AllOf(HasSubstr("sample 5"), HasSubstr("label 2")));
  Samples classes = samples;
  classes.classes = 3;
  EXPECT_THAT(refused(ErrorCode::data, classes, ScalarType::uint8), HasSubstr("class 2 of 3 has no sample"));
  MemoryDataset longer(samples, ScalarType::uint8, 7);
  longer.change_info().count = 19;
  EXPECT_THAT(error_of(ErrorCode::data, [&] { accumulate_dual(longer, pretexts, cpu); }), HasSubstr("sample 19"));
  MemoryDataset shorter(samples, ScalarType::uint8, 7);
  shorter.change_info().count = 23;
  EXPECT_EQ(accumulate_dual(shorter, pretexts, cpu), engine_dual_moments(samples, pretexts)) << "files were left out";
  MemoryDataset any(samples, ScalarType::uint8, 7);
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { accumulate_dual(any, parse_all({"mask:patch=7,ratio=0.5"}), cpu); }),
              HasSubstr("7x7"));
  MemoryDataset stopped(samples, ScalarType::uint8, 7);
  error_of(ErrorCode::cancelled, [&] {
    accumulate_dual(stopped, pretexts, cpu, [](const ProgressEvent& event) { return event.unit == "images"; });
  });
}

TEST(DualForm, IsChosenWhereThereAreFewerSamples) {
  DatasetInfo info;
  info.shape = {3, 4, 4};
  const auto pretexts = parse_all({"reconstruct", "gaussian:sigma=1", "keep:patch=2,count=1", "dropout:ratio=0.5"});
  for (const auto& [count, form] : {std::pair{47, MomentsForm::dual}, std::pair{48, MomentsForm::primal}}) {
    info.count = count;
    EXPECT_EQ(chosen_form(MomentsForm::automatic, info, pretexts), form);
    EXPECT_EQ(chosen_form(MomentsForm::primal, info, pretexts), MomentsForm::primal);
    EXPECT_EQ(chosen_form(MomentsForm::dual, info, pretexts), MomentsForm::dual);
  }
}

}  // namespace
}  // namespace eigenlens::test
