// SPDX-License-Identifier: Apache-2.0
// The engine's curves against those of an independent float64 program, for every pretext it has.
#include <gtest/gtest.h>

#include <cmath>

#include "backend/cpu/cpu_backend.hpp"
#include "eigenlens/sweep.hpp"
#include "host/processor.hpp"
#include "support/backend_cases.hpp"
#include "support/golden_data.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

// Promised to users: shares within 1e-9, percents within 1e-7.
constexpr double share_bound = 1e-9;
constexpr double percent_bound = 1e-7;
constexpr double eigenvalue_bound = 1e-10;  // relative, of the ten largest

/// Largest difference of two curves, and where; another length is an infinite difference.
void expect_equal_curves(const std::vector<double>& ours, const std::vector<double>& theirs, double bound,
                         const char* quantity) {
  ASSERT_EQ(ours.size(), theirs.size()) << quantity;
  double largest = 0;
  std::size_t where = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double difference = std::fabs(ours[i] - theirs[i]);
    if (!(difference <= largest)) {
      largest = difference;
      where = i;
    }
  }
  EXPECT_TRUE(within(largest, bound)) << quantity << " at K = " << where + 1;
}

void compare_curve(const Curve& curve, const Npz& golden, const std::string& name) {
  SCOPED_TRACE(name);
  EXPECT_EQ(curve.checks.rank, golden.integers(name + "/rank").front());
  expect_equal_curves(curve.alignment, golden.doubles(name + "/alignment"), share_bound, "alignment");
  expect_equal_curves(curve.alignment_figure, golden.doubles(name + "/alignment_figure"), percent_bound, "figure");
  expect_equal_curves(curve.reconstruction_denoise, golden.doubles(name + "/reconstruction_denoise"), share_bound,
                      "denoise");
  expect_equal_curves(curve.reconstruction_clean, golden.doubles(name + "/reconstruction_clean"), share_bound, "clean");
  expect_equal_curves(curve.reconstruction_refit, golden.doubles(name + "/reconstruction_refit"), share_bound, "refit");
  const std::vector<double>& top = golden.doubles(name + "/mu_top10");
  ASSERT_GE(curve.eigenvalues.size(), top.size());
  for (std::size_t k = 0; k < top.size(); ++k) {
    EXPECT_TRUE(within(std::fabs(curve.eigenvalues[k] / top[k] - 1), eigenvalue_bound)) << "eigenvalue " << k + 1;
  }
}

void compare_sweep(const Moments& moments, const Npz& golden, const Device& device = Device({.name = "cpu"})) {
  std::vector<std::string> names;
  std::vector<Pretext> pretexts;
  for (const auto& [name, pretext] : golden_pretexts(golden)) {
    names.push_back(name);
    pretexts.push_back(pretext);
  }
  ASSERT_GE(pretexts.size(), 20U);
  const SweepResult result = sweep(moments, pretexts, device);
  EXPECT_EQ(result.count, golden.integers("n").front());
  EXPECT_EQ(result.shape.size(), golden.integers("d").front());
  EXPECT_EQ(result.rank, golden.integers("reconstruct/rank").front());
  EXPECT_TRUE(within(std::fabs(result.global_std / golden.doubles("global_std").front() - 1), eigenvalue_bound));
  ASSERT_EQ(result.curves.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(result.curves[i].pretext, pretexts[i]);
    compare_curve(result.curves[i], golden, names[i]);
    if (names[i] != "reconstruct") continue;
    // Without noise G²v = μGv: the eigenvalues are those of the Gram matrix.
    const std::vector<double>& gram = golden.doubles("gram_eigenvalues");
    expect_equal_curves(result.curves[i].eigenvalues, gram,
                        rounding_bound(static_cast<std::int64_t>(gram.size()), gram.front()), "Gram eigenvalues");
  }
}

TEST(Golden, SmallColourImages) {
  const auto path = golden_data("small.npz");
  if (!path) GTEST_SKIP() << "no small.npz on this machine: set EIGENLENS_SHARED";
  const Npz golden(*path);
  compare_sweep(engine_moments(golden_samples(golden), ScalarType::uint8, 128), golden);
}

TEST(Golden, SmallColourImagesAsFloat64) {
  const auto path = golden_data("small.npz");
  if (!path) GTEST_SKIP() << "no small.npz on this machine: set EIGENLENS_SHARED";
  const Npz golden(*path);
  compare_sweep(engine_moments(golden_samples(golden), ScalarType::float64, 128), golden);
}

/// A few pretexts in accurate mode.
void compare_accurate(const Npz& golden, const Device& device) {
  const auto pretexts = golden_pretexts(golden);
  const Moments moments = engine_moments(golden_samples(golden), ScalarType::uint8, 128);
  SweepOptions options;
  options.mode = SolveMode::accurate;
  for (const std::string name : {"reconstruct", "mask_p1_r0.9", "dropout_r0.5", "mae_p4_m1of4", "gauss_1"}) {
    const SweepResult result = sweep(moments, {pretexts.at(name)}, device, options);
    ASSERT_EQ(result.curves.size(), 1U);
    compare_curve(result.curves.front(), golden, name);
  }
}

TEST(Golden, SmallColourImagesAccurate) {
  const auto path = golden_data("small.npz");
  if (!path) GTEST_SKIP() << "no small.npz on this machine: set EIGENLENS_SHARED";
  compare_accurate(Npz(*path), Device({.name = "cpu"}));
}

/// The CPU with the eigensolver that GPU libraries have: tails of spectra are refined.
Device divide_and_conquer() {
  return {std::make_shared<CpuBackend>(available_threads(), available_memory(), CpuEigensolver::divide_and_conquer),
          DeviceChoice::forced, "a test made it"};
}

TEST(Golden, SmallColourImagesByDivideAndConquer) {
  const auto path = golden_data("small.npz");
  if (!path) GTEST_SKIP() << "no small.npz on this machine: set EIGENLENS_SHARED";
  const Npz golden(*path);
  compare_sweep(engine_moments(golden_samples(golden), ScalarType::uint8, 128), golden, divide_and_conquer());
}

/// Moments and sweep on a GPU, or on the simulated one.
class GoldenOnCuda : public BackendTest {};
INSTANTIATE_TEST_SUITE_P(Cuda, GoldenOnCuda, ::testing::ValuesIn(cuda_cases()), case_name);

TEST_P(GoldenOnCuda, SmallColourImages) {
  const auto path = golden_data("small.npz");
  if (!path) GTEST_SKIP() << "no small.npz on this machine: set EIGENLENS_SHARED";
  const Npz golden(*path);
  for (const ScalarType scalar : {ScalarType::uint8, ScalarType::float32, ScalarType::float64})
    compare_sweep(engine_moments(golden_samples(golden), scalar, 128, device()), golden, device());
}

TEST_P(GoldenOnCuda, SmallColourImagesAccurate) {
  const auto path = golden_data("small.npz");
  if (!path) GTEST_SKIP() << "no small.npz on this machine: set EIGENLENS_SHARED";
  compare_accurate(Npz(*path), device());
}

TEST_P(GoldenOnCuda, FashionMnist) {
  const std::filesystem::path images = "/usr/share/datasets/fashion-mnist";
  const auto path = golden_data("fashion_mnist.npz");
  if (!path) GTEST_SKIP() << "no fashion_mnist.npz on this machine: set EIGENLENS_SHARED";
  if (!std::filesystem::exists(images)) GTEST_SKIP() << "no Fashion-MNIST here: apt install dataset-fashion-mnist";
  const auto dataset = open_dataset(images.string()), again = open_dataset(images.string());
  const Moments moments = accumulate(*dataset, device());
  EXPECT_TRUE(moments == accumulate(*again, Device({.name = "cpu"}))) << "exact moments have the same bits everywhere";
  compare_sweep(moments, Npz(*path), device());
}

TEST(Golden, FashionMnist) {
  const std::filesystem::path images = "/usr/share/datasets/fashion-mnist";
  const auto path = golden_data("fashion_mnist.npz");
  if (!path) GTEST_SKIP() << "no fashion_mnist.npz on this machine: set EIGENLENS_SHARED";
  if (!std::filesystem::exists(images)) GTEST_SKIP() << "no Fashion-MNIST here: apt install dataset-fashion-mnist";
  const auto dataset = open_dataset(images.string());
  const Moments moments = accumulate(*dataset, Device({.name = "cpu"}));
  const Npz golden(*path);
  compare_sweep(moments, golden);
  SCOPED_TRACE("divide and conquer");
  compare_sweep(moments, golden, divide_and_conquer());
}

}  // namespace
}  // namespace eigenlens::test
