// SPDX-License-Identifier: Apache-2.0
// The frontier between perception and reconstruction: against golden losses, explicit data, gradient descent and its
// own theory.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "eigenlens/error.hpp"
#include "eigenlens/frontier.hpp"
#include "support/backend_cases.hpp"
#include "support/golden_data.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"
#include "sweep/perfect_alignment.hpp"

namespace eigenlens::test {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
/// Promised: losses within 1e-9, relative.
constexpr double loss_bound = 1e-9;

void expect_losses(const std::vector<double>& ours, const std::vector<double>& theirs, double scale) {
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t k = 0; k < ours.size(); ++k) {
    // At K = R nothing is left to reconstruct: what is there is rounding of the sum.
    const double bound = loss_bound * theirs[k] + rounding_bound(1, scale);
    EXPECT_TRUE(within(std::fabs(ours[k] - theirs[k]), bound)) << "K = " << k + 1;
  }
}

class Frontier : public BackendTest {
 protected:
  Samples samples_ = random_pixels({.channels = 2, .height = 3, .width = 4}, 150, 4, backend_seed);
  Moments moments_ = engine_moments(samples_);
};

TEST_P(Frontier, EqualsGoldenLosses) {
  const auto path = golden_data("theory.npz"), images = golden_data("small.npz");
  if (!path || !images) GTEST_SKIP() << "no golden files here";
  const Npz golden(*path);
  const Moments moments = engine_moments(golden_samples(Npz(*images)), ScalarType::uint8, 100);
  const std::vector<std::string> names = {"0.01", "0.1", "1", "10", "100"};
  std::vector<double> lambdas;
  for (const std::string& name : names) lambdas.push_back(std::stod(name));
  const FrontierResult result = frontier(moments, lambdas, device());
  ASSERT_EQ(result.points.size(), names.size() + 2);
  for (std::size_t i = 0; i < names.size(); ++i) {
    SCOPED_TRACE("lambda " + names[i]);
    const FrontierPoint& point = result.points[i + 1];
    EXPECT_EQ(point.lambda, lambdas[i]);
    expect_losses(point.supervised_loss, golden.doubles("joint_" + names[i] + "/supervised_loss"),
                  result.target_norm());
    expect_losses(point.reconstruction_loss, golden.doubles("joint_" + names[i] + "/reconstruction_loss"),
                  result.input_norm());
  }
}

TEST_P(Frontier, EveryStepTradesOneLossForTheOther) {
  std::vector<double> lambdas;
  for (double power = -12; power <= 12; power += 0.5) lambdas.push_back(std::pow(10, power));
  const FrontierResult result = frontier(moments_, lambdas, device());
  for (std::size_t i = 0; i < result.points.size(); ++i) {
    const FrontierPoint& point = result.points[i];
    EXPECT_LT(point.checks.residual, 1e-12);
    EXPECT_LT(point.checks.orthogonality, 1e-10);
    for (std::size_t k = 0; k < point.alignment.size(); ++k) {
      if (i > 0) {
        EXPECT_GE(point.supervised_loss[k], result.points[i - 1].supervised_loss[k] - 1e-11 * result.target_norm());
        EXPECT_LE(point.reconstruction_loss[k],
                  result.points[i - 1].reconstruction_loss[k] + 1e-11 * result.input_norm());
      }
      if (k > 0) {
        EXPECT_LE(point.supervised_loss[k], point.supervised_loss[k - 1] + 1e-11 * result.target_norm());
        EXPECT_LE(point.reconstruction_loss[k], point.reconstruction_loss[k - 1] + 1e-11 * result.input_norm());
      }
    }
  }
}

TEST_P(Frontier, LimitsAreLeastSquaresAndPrincipalComponents) {
  const FrontierResult result = frontier(moments_, {}, device());
  ASSERT_EQ(result.points.size(), 2U);
  const FrontierPoint &classes = result.points.front(), &inputs = result.points.back();
  EXPECT_EQ(classes.lambda, 0);
  EXPECT_EQ(inputs.lambda, infinite);
  // From K = rank F on the classifier is ordinary least squares: nothing linear is left.
  EXPECT_EQ(result.perfect.target_rank, moments_.classes() - 1);
  for (auto k = static_cast<std::size_t>(result.perfect.target_rank - 1); k < classes.alignment.size(); ++k)
    EXPECT_TRUE(within(std::fabs(classes.alignment[k] - 1), 1e-13)) << k + 1;
  const SweepResult plain = sweep(moments_, {Pretext{}}, device());
  EXPECT_TRUE(within(largest_difference(inputs.alignment, plain.curves[0].alignment), 1e-12));
  for (std::size_t k = 0; k < inputs.alignment.size(); ++k)
    EXPECT_TRUE(
        within(std::fabs(inputs.reconstruction_loss[k] / result.input_norm() - plain.curves[0].reconstruction_refit[k]),
               1e-12));
}

/// ‖WᵀVᵀX − Y‖² and ‖ZᵀVᵀX − X‖² with the maps that are exported, from the samples themselves.
TEST_P(Frontier, MapsReproduceBothLosses) {
  const ReferenceData data = reference_data(samples_);
  const std::int64_t features = 5;
  std::vector<JointMaps> maps;
  FrontierOptions options;
  options.maps = [&](const JointMaps& each) { maps.push_back(each); };
  options.maps_k = features;
  const FrontierResult result = frontier(moments_, {0.01, 1}, device(), options);
  ASSERT_EQ(maps.size(), 4U);
  for (std::size_t i = 0; i < maps.size(); ++i) {
    SCOPED_TRACE(maps[i].lambda);
    EXPECT_EQ(maps[i].lambda, result.points[i].lambda);
    const std::int64_t d = data.x.rows(), n = data.x.cols(), c = data.y.rows();
    Real supervised = 0, reconstruction = 0, defect = 0;
    RealMatrix codes(features, n);
    for (std::int64_t s = 0; s < n; ++s) {
      for (std::int64_t k = 0; k < features; ++k)
        for (std::int64_t j = 0; j < d; ++j) {
          const Real x =
              (static_cast<Real>(samples_.values(j, s)) - maps[i].mean[static_cast<std::size_t>(j)]) / maps[i].std;
          codes(k, s) += maps[i].encoder(j, k) * x;
        }
      for (std::int64_t j = 0; j < d; ++j) {
        Real error = data.x(j, s);
        for (std::int64_t k = 0; k < features; ++k) error -= maps[i].decoder(k, j) * codes(k, s);
        reconstruction += error * error;
      }
      for (std::int64_t j = 0; j < c; ++j) {
        Real error = data.y(j, s);
        for (std::int64_t k = 0; k < features; ++k) error -= maps[i].classifier(k, j) * codes(k, s);
        supervised += error * error;
      }
    }
    for (std::int64_t a = 0; a < features; ++a)
      for (std::int64_t b = 0; b < features; ++b) {
        Real product = a == b ? -1 : 0;
        for (std::int64_t s = 0; s < n; ++s) product += codes(a, s) * codes(b, s);
        defect = std::max(defect, std::fabs(product));
      }
    EXPECT_LT(defect, 1e-10) << "V is orthonormal in G";
    const auto at_k = static_cast<std::size_t>(features - 1);
    EXPECT_TRUE(
        within(std::fabs(static_cast<double>(supervised) / result.points[i].supervised_loss[at_k] - 1), loss_bound));
    EXPECT_TRUE(within(std::fabs(static_cast<double>(reconstruction) / result.points[i].reconstruction_loss[at_k] - 1),
                       loss_bound));
  }
}

/// L(V, W, Z) of small explicit data and plain gradient descent on it.
class Descent {
 public:
  Descent(const ReferenceData& data, double lambda, std::int64_t features)
      : d_(data.x.rows()), c_(data.y.rows()), k_(features), lambda_(lambda) {
    // Everything the loss needs: G, M and ‖Y‖², in units where G has norm one.
    scale_ = static_cast<double>(data.gram_eigenvalues[0]);
    for (std::int64_t i = 0; i < d_ * d_; ++i) g_.push_back(static_cast<double>(data.gram.data()[i]) / scale_);
    for (std::int64_t i = 0; i < d_ * c_; ++i) m_.push_back(static_cast<double>(data.cross.data()[i]) / scale_);
    for (std::int64_t i = 0; i < data.y.size(); ++i) y_ += static_cast<double>(data.y.data()[i] * data.y.data()[i]);
    for (std::int64_t i = 0; i < d_; ++i) x_ += static_cast<double>(data.gram(i, i));
  }

  /// The least loss on the way from random V and B = [W, √λ Z].
  double run(Draws& draws, int steps) const {
    std::vector<double> v(size(d_ * k_)), b(size(k_ * (c_ + d_)));
    for (double& value : v) value = draws.uniform() - 0.5;
    for (double& value : b) value = draws.uniform() - 0.5;
    double least = infinite;
    for (int step = 0; step < steps; ++step) {
      std::vector<double> gv(v.size()), gb(b.size());
      least = std::min(least, gradient(v, b, gv, gb));
      for (std::size_t i = 0; i < v.size(); ++i) v[i] -= 0.2 * gv[i];
      for (std::size_t i = 0; i < b.size(); ++i) b[i] -= 0.2 * gb[i];
    }
    return least;
  }

 private:
  static std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

  /// The target matrix A = [M, √λ G], D × (C + D): loss = ‖Y‖² + λ‖X‖² + tr BᵀVᵀGVB − 2 tr BᵀVᵀA.
  double gradient(const std::vector<double>& v, const std::vector<double>& b, std::vector<double>& gv,
                  std::vector<double>& gb) const {
    const std::int64_t wide = c_ + d_;
    const double root = std::sqrt(lambda_);
    std::vector<double> vb(size(d_ * wide)), rest(size(d_ * wide));
    for (std::int64_t j = 0; j < wide; ++j)
      for (std::int64_t k = 0; k < k_; ++k)
        for (std::int64_t i = 0; i < d_; ++i) vb[size(i + j * d_)] += v[size(i + k * d_)] * b[size(k + j * k_)];
    double loss = (y_ + lambda_ * x_) / scale_;
    for (std::int64_t j = 0; j < wide; ++j)
      for (std::int64_t i = 0; i < d_; ++i) {
        double gvb = 0;
        for (std::int64_t s = 0; s < d_; ++s) gvb += g_[size(i + s * d_)] * vb[size(s + j * d_)];
        const double a = j < c_ ? m_[size(i + j * d_)] : root * g_[size(i + (j - c_) * d_)];
        rest[size(i + j * d_)] = gvb - a;
        loss += vb[size(i + j * d_)] * (gvb - 2 * a);
      }
    for (std::int64_t j = 0; j < wide; ++j)
      for (std::int64_t k = 0; k < k_; ++k)
        for (std::int64_t i = 0; i < d_; ++i) {
          gv[size(i + k * d_)] += 2 * rest[size(i + j * d_)] * b[size(k + j * k_)];
          gb[size(k + j * k_)] += 2 * rest[size(i + j * d_)] * v[size(i + k * d_)];
        }
    return loss * scale_;
  }

  std::int64_t d_, c_, k_;
  double lambda_, scale_ = 1, y_ = 0, x_ = 0;
  std::vector<double> g_, m_;
};

TEST(FrontierTheory, NoRestartOfGradientDescentIsBetter) {
  const Samples samples = random_pixels({.channels = 1, .height = 2, .width = 3}, 40, 3, 7);
  const ReferenceData data = reference_data(samples);
  const std::vector<double> lambdas = {0.05, 1};
  const FrontierResult result = frontier(engine_moments(samples), lambdas, Device({.name = "cpu", .threads = 1}));
  Draws draws(11);
  for (std::size_t i = 0; i < lambdas.size(); ++i)
    for (const std::int64_t features : {1, 2, 4}) {
      SCOPED_TRACE("lambda " + std::to_string(lambdas[i]) + ", K = " + std::to_string(features));
      const FrontierPoint& point = result.points[i + 1];
      const auto k = static_cast<std::size_t>(features - 1);
      const double optimum = point.supervised_loss[k] + lambdas[i] * point.reconstruction_loss[k];
      const Descent descent(data, lambdas[i], features);
      double best = infinite;
      for (int restart = 0; restart < 200; ++restart) {
        const double reached = descent.run(draws, 250);
        EXPECT_GE(reached, optimum * (1 - 1e-12)) << "restart " << restart;
        best = std::min(best, reached);
      }
      EXPECT_LT(best, optimum * 1.05) << "descent does come near";
    }
}

TEST(FrontierTheory, PerfectAlignmentIsFoundWhereItIs) {
  const std::int64_t rank = 12;
  std::vector<double> spectrum;
  for (std::int64_t k = 0; k < rank; ++k) spectrum.push_back(20.0 - static_cast<double>(k));
  DenseF64 targets(rank, 2);  // two directions in the first three components
  targets(0, 0) = 1;
  targets(2, 0) = 1;
  targets(2, 1) = 2;
  PerfectAlignment perfect = perfect_alignment(spectrum, targets);
  EXPECT_EQ(perfect.target_rank, 2);
  EXPECT_EQ(perfect.smallest_k, 3);
  EXPECT_NEAR(perfect.residual[1], std::sqrt(5.0 / 6.0), 1e-14);
  EXPECT_EQ(perfect.residual[2], 0);
  ASSERT_EQ(perfect.angle_k.size(), 12U);
  EXPECT_NEAR(perfect.largest_angle[1], 90, 1e-5) << "component 3 is not among the first two";
  for (std::size_t k = 2; k < 12; ++k) EXPECT_EQ(perfect.largest_angle[k], 0);
  EXPECT_NEAR(perfect.angles_at_rank[1], 0, 1e-5);
  targets(11, 1) = 1e-3;  // a little of the last component: never before K = R
  perfect = perfect_alignment(spectrum, targets);
  EXPECT_EQ(perfect.smallest_k, rank);
  EXPECT_GT(perfect.largest_angle[10], 0.01);
}

/// Proposition 1: where the classes lie in the first components, no weight changes what K* features learn of them.
TEST_P(Frontier, NoWeightMattersFromPerfectAlignmentOn) {
  Samples samples{{.channels = 1, .height = 1, .width = 6}, 2, DenseF64(6, 64), {}};
  for (std::int64_t s = 0; s < 64; ++s) {
    for (std::int64_t j = 0; j < 6; ++j) {
      const std::int64_t sign = (s >> j & 1) == 1 ? 1 : -1;  // orthogonal columns: each input a component
      samples.values(j, s) = static_cast<double>(100 + sign * (60 - 9 * j));
    }
    samples.labels.push_back(static_cast<std::int32_t>(s >> 1 & 1));  // the second component
  }
  const FrontierResult result = frontier(engine_moments(samples), {1e-4, 1, 1e4}, device());
  EXPECT_EQ(result.perfect.smallest_k, 2);
  for (const FrontierPoint& point : result.points) EXPECT_NEAR(point.alignment[1], 1, 1e-12) << point.lambda;
  EXPECT_NEAR(result.points.back().alignment[0], 0, 1e-12);
  EXPECT_NEAR(result.points.front().alignment[0], 1, 1e-12);
}

TEST_P(Frontier, JointPretextIsTheSameCurve) {
  const SweepResult swept = sweep(moments_, parse_pretext("joint:lambda=0.3"), device());
  const FrontierResult result = frontier(moments_, {0.3}, device());
  const Curve& curve = swept.curves[0];
  EXPECT_TRUE(within(largest_difference(curve.alignment, result.points[1].alignment), 1e-13));
  EXPECT_EQ(curve.alignment, curve.alignment_noisy);
  EXPECT_EQ(curve.reconstruction_refit, curve.reconstruction_denoise);
  // L* = ‖Y‖² + λ‖X‖² − Σμ (37), with centred targets' energy or not: what is explained is the same.
  double sum = 0;
  for (std::size_t k = 0; k < curve.eigenvalues.size(); ++k) {
    sum += curve.eigenvalues[k];
    const double loss = result.points[1].supervised_loss[k] + 0.3 * result.points[1].reconstruction_loss[k];
    const double all = result.target_norm() + 0.3 * result.input_norm();
    EXPECT_TRUE(within(std::fabs(loss - (all - sum)) / all, 1e-12));
  }
}

TEST_P(Frontier, RefusesWhatHasNoMeaning) {
  const auto code = [&](const std::vector<double>& lambdas, const FrontierOptions& options) {
    try {
      frontier(moments_, lambdas, device(), options);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::cancelled;
  };
  EXPECT_EQ(code({-1}, {}), ErrorCode::usage);
  EXPECT_EQ(code({std::nan("")}, {}), ErrorCode::usage);
  FrontierOptions options;
  options.largest_k = 1000;
  EXPECT_EQ(code({1}, options), ErrorCode::usage);
  options.largest_k = 0;
  options.maps = [](const JointMaps&) {};
  EXPECT_EQ(code({1}, options), ErrorCode::usage) << "maps of no features";
}

INSTANTIATE_TEST_SUITE_P(Backends, Frontier, ::testing::ValuesIn(backend_cases()), case_name);

}  // namespace
}  // namespace eigenlens::test
