// SPDX-License-Identifier: Apache-2.0
// Impacts against those of an independent float64 program, for every pretext that it has.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "eigenlens/impact.hpp"
#include "support/backend_cases.hpp"
#include "support/golden_data.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr double bound = 1e-9;
/// Below it that program's sines are rounding: it takes √(1 − cos²).
constexpr double smallest_sine = 1e-6;

/// What rounding of G alone makes of the K-th principal subspace: ε·λ₁/(λ_K − λ_{K+1}), which reaches 3e-9 in the tail
/// of Fashion-MNIST, where standard and accurate mode are 2e-12 apart.
double tail_bound(const std::vector<double>& spectrum, std::size_t k) {
  return k < spectrum.size() ? rounding_bound(1, spectrum[0] / (spectrum[k - 1] - spectrum[k])) : 0;
}

void compare_impacts(const ImpactResult& result, const Npz& golden, const std::vector<std::string>& names) {
  const std::vector<double>& spectrum = golden.doubles("gram_eigenvalues");
  for (std::size_t p = 0; p < names.size(); ++p) {
    SCOPED_TRACE(names[p]);
    const NoiseImpact& impact = result.impacts[p];
    const std::vector<double>& sums = golden.doubles(names[p] + "/impact_sum_sin2");
    const std::vector<double>& sines = golden.doubles(names[p] + "/impact_max_sin_at_kgrid");
    ASSERT_EQ(impact.sum_sin2.size(), sums.size());
    ASSERT_EQ(impact.max_sin.size(), sines.size());
    for (std::size_t k = 1; k <= sums.size(); ++k) {
      const double error = std::fabs(impact.sum_sin2[k - 1] - sums[k - 1]);
      EXPECT_TRUE(within(error / static_cast<double>(k), bound)) << "mean of sin² at K = " << k;
      EXPECT_TRUE(within(error, bound + tail_bound(spectrum, k))) << "sum of sin² at K = " << k;
      EXPECT_TRUE(result.determined(impact, static_cast<std::int64_t>(k))) << "K = " << k;
    }
    for (std::size_t i = 0; i < sines.size(); ++i) {
      if (sines[i] < smallest_sine) {
        EXPECT_LT(impact.max_sin[i], smallest_sine);
      } else {
        EXPECT_TRUE(within(std::fabs(impact.max_sin[i] - sines[i]), bound)) << "K = " << result.k[i];
      }
    }
    const bool isotropic = names[p] == "reconstruct" || names[p].starts_with("gauss");
    EXPECT_LT(isotropic ? *std::max_element(impact.max_sin.begin(), impact.max_sin.end()) : 0, 1e-8);
  }
}

void compare_golden(const Moments& moments, const Npz& golden, const Device& device) {
  std::vector<std::string> names;
  std::vector<Pretext> pretexts;
  for (const auto& [name, pretext] : golden_pretexts(golden)) {
    names.push_back(name);
    pretexts.push_back(pretext);
  }
  ASSERT_GE(names.size(), 20U);
  ImpactOptions options;
  options.k = golden.integers("kgrid");
  compare_impacts(impact(moments, pretexts, device, options), golden, names);
}

class ImpactGolden : public BackendTest {};
INSTANTIATE_TEST_SUITE_P(Backends, ImpactGolden, ::testing::ValuesIn(backend_cases()), case_name);

TEST_P(ImpactGolden, SmallColourImages) {
  const auto path = golden_data("small.npz");
  if (!path) GTEST_SKIP() << "no small.npz on this machine: set EIGENLENS_SHARED";
  const Npz golden(*path);
  compare_golden(engine_moments(golden_samples(golden), ScalarType::uint8, 128), golden, device());
}

TEST_P(ImpactGolden, FashionMnist) {
  const auto path = golden_data("fashion_mnist.npz");
  const std::string images = "/usr/share/datasets/fashion-mnist";
  if (!path || !std::filesystem::exists(images)) GTEST_SKIP() << "no Fashion-MNIST or no golden curves of it here";
  const auto data = open_dataset(images);
  compare_golden(accumulate(*data, device()), Npz(*path), device());
}

}  // namespace
}  // namespace eigenlens::test
