// SPDX-License-Identifier: Apache-2.0
// Divide and conquer in place of MRRR: what it loses of a graded spectrum's tail, the refinement brings back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "backend/cpu/cpu_backend.hpp"
#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "eigenlens/sweep.hpp"
#include "solve/refine_tail.hpp"
#include "solve/strengths.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr ImageShape image{.channels = 1, .height = 12, .width = 12};
constexpr double ratio = 0.99;

std::shared_ptr<Backend> divide_and_conquer() {
  return std::make_shared<CpuBackend>(2, std::numeric_limits<std::int64_t>::max(), CpuEigensolver::divide_and_conquer);
}

/// Cosines whose energies fall over seven decades, seen through pixels of different brightness. The classes depend on
/// all of them alike, so every direction counts in the curve, the last as much as the first.
const Moments& graded_moments() {
  static const Moments moments = [] {
    Draws draws(backend_seed);
    const std::int64_t d = image.size(), count = 600;
    Samples samples{.shape = image, .classes = 3, .values = DenseF64(d, count), .labels = {}};
    for (std::int64_t n = 0; n < count; ++n) {
      double sums[3] = {};
      for (std::int64_t k = 0; k < d; ++k) {
        const double u = draws.uniform() - 0.5;
        sums[k % 3] += u;
        const double amplitude = std::pow(10.0, -3.5 * static_cast<double>(k) / static_cast<double>(d - 1));
        for (std::int64_t i = 0; i < d; ++i)
          samples.values(i, n) += amplitude * u *
                                  std::cos(std::numbers::pi * static_cast<double>(k) * (static_cast<double>(i) + 0.5) /
                                           static_cast<double>(d)) *
                                  (1 + 0.7 * std::sin(static_cast<double>(i * i)));
      }
      samples.labels.push_back(static_cast<std::int32_t>(std::max_element(sums, sums + 3) - sums));
    }
    return engine_moments(samples, ScalarType::float64, 64);
  }();
  return moments;
}

std::vector<Pretext> pretexts() {
  std::vector<Pretext> all;
  for (const char* specification : {"reconstruct", "mask:patch=1,ratio=0.5:0.99:3", "mask:patch=3,ratio=0.9"})
    for (const Pretext& pretext : parse_pretext(specification)) all.push_back(pretext);
  return all;
}

SweepResult sweep_on(const Device& device, SolveMode mode = SolveMode::standard) {
  SweepOptions options;
  options.mode = mode;
  return sweep(graded_moments(), pretexts(), device, options);
}

TEST(RefineTail, CurvesAreThoseOfTheGradedSolverAndOfTheAccurateMode) {
  const SweepResult found = sweep_on(Device(divide_and_conquer(), DeviceChoice::forced, "a test made it"));
  const Device graded({.name = "cpu", .threads = 2});
  const SweepResult expected = sweep_on(graded), accurate = sweep_on(graded, SolveMode::accurate);
  double decades = 0;
  for (std::size_t i = 0; i < found.curves.size(); ++i) {
    const Curve& curve = found.curves[i];
    SCOPED_TRACE(curve.pretext.to_string() + ", " + curve.checks.solver);
    for (const auto member :
         {&Curve::alignment, &Curve::alignment_noisy, &Curve::reconstruction_clean, &Curve::reconstruction_refit}) {
      EXPECT_TRUE(within(largest_difference(curve.*member, expected.curves[i].*member), 1e-9))
          << "from the graded solver";
      EXPECT_TRUE(within(largest_difference(curve.*member, accurate.curves[i].*member), 1e-9))
          << "from the accurate mode";
    }
    EXPECT_TRUE(std::is_sorted(curve.eigenvalues.rbegin(), curve.eigenvalues.rend()));
    decades = std::max(decades, std::log10(curve.eigenvalues.front() / curve.eigenvalues.back()));
    const bool masked = curve.pretext.kind == PretextKind::mask;
    EXPECT_EQ(curve.checks.solver.find("refined") != std::string::npos, masked);
    EXPECT_THAT(curve.checks.solver, ::testing::HasSubstr("dstedc"));
  }
  EXPECT_GT(decades, 12) << "the set is not what it should be";
}

/// The family of pixel masks on a backend, and one lane of it.
struct PixelMasks {
  explicit PixelMasks(Backend& backend)
      : centring(graded_moments()), problem(backend, centring, SolveMode::standard, Outcome::curves, 2) {
    principal_family(problem);
    const Pretext mask = parse_pretext("mask:patch=1,ratio=0.99").front();
    family = masked_family(problem, mask_groups(mask, image));
    strengths = {strength_of(mask, image.size(), centring.count()),
                 strength_of(parse_pretext("mask:patch=1,ratio=0.5").front(), image.size(), centring.count())};
  }

  Centring centring;
  Problem problem;
  Family family;
  std::vector<Strength> strengths;
};

TEST(RefineTail, WithoutItTheTailWouldBeLost) {
  const auto backend = divide_and_conquer();
  const Device graded({.name = "cpu", .threads = 2});
  PixelMasks refined(*backend), expected(graded.backend());
  const auto good = solve_strengths(expected.problem, expected.family, expected.strengths);
  const auto with = solve_strengths(refined.problem, refined.family, refined.strengths);
  refined.family.q = {};  // nothing to refine from
  const auto without = solve_strengths(refined.problem, refined.family, refined.strengths);
  const double total = good[0].explained.back();
  EXPECT_TRUE(within(largest_difference(with[0].explained, good[0].explained) / total, 1e-9));
  EXPECT_GT(largest_difference(without[0].explained, good[0].explained) / total, 1e-7);
  EXPECT_EQ(without[0].routine, "dsytrd+dstedc");
  for (const auto* solved : {&with, &without})
    for (const SolvedBasis& basis : *solved) EXPECT_LE(basis.orthogonality, basis.orthogonality_limit);
}

TEST(RefineTail, VectorsStayOneOrthonormalSet) {
  const auto backend = divide_and_conquer();
  PixelMasks masks(*backend);
  const std::int64_t rank = masks.family.rank();
  Weights w, mu(2);
  std::vector<Matrix> h, z;
  for (std::size_t l = 0; l < 2; ++l) {
    w.emplace_back();
    for (const double t : masks.family.theta)
      w[l].push_back(1 / std::sqrt(masks.strengths[l].a * t + masks.strengths[l].b));
    h.push_back(masks.problem.workspace.scratch[l].reshaped(rank, rank));
    z.push_back(masks.problem.workspace.vectors[l].reshaped(rank, rank));
  }
  backend->congruence(masks.family.e, w, h);
  std::vector<SolveStatus> status = backend->eigh(h, z, mu);
  const Weights before = mu;
  status[1].accuracy = Accuracy::graded;  // a lane that needs nothing is left alone
  const DenseF64 untouched = downloaded(*backend, z[1]);
  refine_tails(masks.problem, masks.family, masks.strengths, z, mu, status);
  const DenseF64 vectors = downloaded(*backend, z[0]);
  DenseF64 identity(rank, rank);
  for (std::int64_t i = 0; i < rank; ++i) identity(i, i) = 1;
  EXPECT_TRUE(within(difference(naive_product('T', 'N', vectors, vectors), identity), orthogonality_bound(rank, 1)));
  EXPECT_TRUE(std::is_sorted(mu[0].rbegin(), mu[0].rend()));
  EXPECT_GE(mu[0].back(), 0);
  EXPECT_TRUE(within(largest_difference(mu[0], before[0]), rounding_bound(rank, mu[0].front())));
  const auto kept =
      std::count_if(mu[0].begin(), mu[0].end(), [&](double value) { return value > refined_below * mu[0].front(); });
  EXPECT_EQ(status[0].routine, "dsytrd+dstedc+tail of " + std::to_string(rank - kept) + " refined");
  EXPECT_EQ(mu[1], before[1]);
  EXPECT_EQ(downloaded(*backend, z[1]), untouched);
  EXPECT_EQ(status[1].routine, "dsytrd+dstedc");
}

}  // namespace
}  // namespace eigenlens::test
