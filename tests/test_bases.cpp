// SPDX-License-Identifier: Apache-2.0
// Bases as impact, probe and bands see them: the encoder E of (85).
#include <gtest/gtest.h>

#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"
#include "sweep/bases.hpp"

namespace eigenlens::test {
namespace {

class Bases : public BackendTest {
 protected:
  Moments moments_ = engine_moments(random_pixels({.channels = 2, .height = 4, .width = 5}, 150, 3, backend_seed));
  std::vector<Pretext> pretexts_ = {parse_pretext("reconstruct")[0], parse_pretext("mask:patch=2,ratio=0.75")[0],
                                    parse_pretext("gaussian:sigma=0.5")[0], parse_pretext("mask:patch=2,ratio=0.3")[0]};
};

TEST_P(Bases, FeaturesAreOrthonormalAndCarryTheTargets) {
  std::vector<std::size_t> seen;
  sweep_bases(moments_, pretexts_, device(), {}, Outcome::encoders, [&](const BasisView& view) {
    seen.push_back(view.position);
    SCOPED_TRACE(view.pretext.to_string());
    const std::int64_t d = moments_.dimension();
    const DenseF64 e = downloaded(view.problem.backend, view.basis.encoder);
    const DenseF64 t = downloaded(view.problem.backend, view.basis.targets);
    const DenseF64 g = downloaded(view.problem.backend, view.problem.g);
    ASSERT_EQ(e.rows(), view.problem.rank);
    ASSERT_EQ(e.cols(), d);
    const DenseF64 eg = naive_product('N', 'N', e, g), unit = naive_product('N', 'T', eg, e);
    DenseF64 identity(e.rows(), e.rows());
    for (std::int64_t k = 0; k < e.rows(); ++k) identity(k, k) = 1;
    EXPECT_TRUE(within(difference(unit, identity), orthogonality_bound(d, 1e3)));
    EXPECT_TRUE(within(difference(naive_product('N', 'N', e, view.problem.centring.cross()), t),
                       rounding_bound(d, 1e3 * largest_entry(t))));
  });
  EXPECT_EQ(seen, (std::vector<std::size_t>{0, 2, 1, 3})) << "family by family";
}

TEST_P(Bases, CurvesAreThoseOfASweep) {
  const SweepResult with = sweep_bases(moments_, pretexts_, device(), {}, Outcome::encoders, [](const BasisView&) {});
  const SweepResult without = sweep(moments_, pretexts_, device());
  for (std::size_t i = 0; i < pretexts_.size(); ++i) {
    EXPECT_TRUE(within(largest_difference(with.curves[i].alignment, without.curves[i].alignment),
                       rounding_bound(moments_.dimension(), 1)));
    EXPECT_LT(with.curves[i].checks.residual, 1e-12);
  }
}

TEST_P(Bases, TheirPlanCountsTheEncoders) {
  const auto bytes = [&](Outcome outcome) {
    return plan_sweep({.channels = 1, .height = 20, .width = 20}, 10, pretexts_, SolveMode::standard, device(),
                      outcome);
  };
  const MemoryPlan curves = bytes(Outcome::curves), encoders = bytes(Outcome::encoders);
  EXPECT_GE(encoders.bytes + encoders.device_bytes - curves.bytes - curves.device_bytes, 5 * 8 * 400 * 400);
}

INSTANTIATE_TEST_SUITE_P(Backends, Bases, ::testing::ValuesIn(backend_cases()), case_name);

}  // namespace
}  // namespace eigenlens::test
