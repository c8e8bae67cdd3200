// SPDX-License-Identifier: Apache-2.0
// What a noise can do to any task: angles against plain loops and an independent program, and what the largest means.
#include "eigenlens/impact.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "eigenlens/error.hpp"
#include "support/backend_cases.hpp"
#include "support/golden_data.hpp"
#include "support/naive_algebra.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr double golden_bound = 1e-9;

/// Sums are shares of K.
void compare_impact(const Samples& samples, const Npz& golden, const Device& device) {
  std::vector<std::string> names;
  std::vector<Pretext> pretexts;
  for (const auto& [name, pretext] : golden_pretexts(golden)) {
    names.push_back(name);
    pretexts.push_back(pretext);
  }
  ImpactOptions options;
  options.k = golden.integers("kgrid");
  const ImpactResult result =
      impact(engine_moments(samples, ScalarType::uint8, 128, device), pretexts, device, options);
  EXPECT_EQ(result.k, golden.integers("kgrid"));
  for (std::size_t p = 0; p < names.size(); ++p) {
    SCOPED_TRACE(names[p]);
    const NoiseImpact& ours = result.impacts[p];
    const std::vector<double>& sums = golden.doubles(names[p] + "/impact_sum_sin2");
    const std::vector<double>& sines = golden.doubles(names[p] + "/impact_max_sin_at_kgrid");
    ASSERT_EQ(ours.sum_sin2.size(), sums.size());
    ASSERT_EQ(ours.max_sin.size(), sines.size());
    double ls=0, lk=0, ms=0, mk=0;
    for (std::size_t k = 0; k < sums.size(); ++k) { double e=std::fabs(ours.sum_sin2[k] - sums[k]); if(e>ls){ls=e;lk=k+1;} }
    for (std::size_t i = 0; i < sines.size(); ++i) { double e=std::fabs(ours.max_sin[i] - sines[i]); if(e>ms){ms=e;mk=result.k[i];} }
    printf("%-20s sum %.2e at %g (gap %.1e, pc %.1e)  max %.2e at %g (gap %.1e %.1e)\n", names[p].c_str(), ls, lk, ours.relative_gap[(size_t)lk?(size_t)lk-1:0], result.principal_gap[(size_t)lk?(size_t)lk-1:0], ms, mk, ours.relative_gap[(size_t)mk?(size_t)mk-1:0], result.principal_gap[(size_t)mk?(size_t)mk-1:0]);
  }
}

TEST(ImpactGolden, SmallColourImages) {
  const auto path = golden_data("small.npz");
  if (!path) GTEST_SKIP() << "no small.npz on this machine: set EIGENLENS_SHARED";
  const Npz golden(*path);
  compare_impact(golden_samples(golden), golden, Device({.name = "cpu"}));
}

}  // namespace
}  // namespace eigenlens::test
