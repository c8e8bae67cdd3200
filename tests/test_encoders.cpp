// SPDX-License-Identifier: Apache-2.0
// The autoencoders as matrices, against explicit N × D computations: (100) to (102) of docs/math.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "eigenlens/encoders.hpp"
#include "eigenlens/error.hpp"
#include "support/backend_cases.hpp"
#include "support/memory_dataset.hpp"
#include "support/moment_arrays.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr ImageShape shape = {.channels = 1, .height = 4, .width = 5};
const std::vector<std::string> noises = {"reconstruct",        "mask:patch=2,ratio=0.75", "dropout:ratio=0.4",
                                         "gaussian:sigma=0.7", "keep:patch=2,count=2",    "keep:patch=2,count=1"};

RealMatrix real(const DenseF64& a) {
  RealMatrix result(a.rows(), a.cols());
  std::copy(a.data(), a.data() + a.size(), result.data());
  return result;
}

double energy(const RealMatrix& a) {
  Real sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum += a.data()[i] * a.data()[i];
  return static_cast<double>(sum);
}

RealMatrix minus(RealMatrix a, const RealMatrix& b) {
  for (std::int64_t i = 0; i < a.size(); ++i) a.data()[i] -= b.data()[i];
  return a;
}

double largest(const RealMatrix& a) {
  Real most = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) most = std::max(most, std::fabs(a.data()[i]));
  return static_cast<double>(most);
}

/// ‖X − decoderᵀWᵀX‖²/‖X‖²
double clean_error(const ReferenceData& data, const RealMatrix& features, const DenseF64& decoder) {
  return energy(minus(data.x, product(transpose(real(decoder)), features))) / energy(data.x);
}

/// E‖X − decoderᵀWᵀX̃‖²/‖X‖² from the noise's second moments.
double noisy_error(const ReferenceData& data, const NoiseMoments& noise, const PretextEncoder& encoder) {
  const RealMatrix map = product(real(encoder.encoder), real(encoder.decoder));  // D × D: x̃ ↦ mapᵀx̃
  const Real cross = trace(product(transpose(map), noise.a1));
  const Real square = trace(product(transpose(map), product(noise.s, map)));
  return static_cast<double>((trace(data.gram) - 2 * cross + square) / trace(data.gram));
}

class Encoders : public BackendTest {
 protected:
  void check(const PretextEncoder& encoder, const Curve& curve, std::int64_t k) const {
    SCOPED_TRACE(encoder.pretext.to_string());
    const double n = static_cast<double>(samples_.count());
    const RealMatrix z = product(transpose(real(encoder.encoder)), data_.x);
    ASSERT_EQ(z.rows(), k);
    RealMatrix unit = product(z, transpose(z));
    for (std::int64_t i = 0; i < k; ++i) unit(i, i) -= n;
    EXPECT_TRUE(within(largest(unit) / n, bound_)) << "features are uncorrelated and of unit variance";
    const std::size_t last = static_cast<std::size_t>(k - 1);
    EXPECT_TRUE(within(std::fabs(clean_error(data_, z, encoder.refit) - curve.reconstruction_refit[last]), bound_));
    EXPECT_TRUE(within(std::fabs(clean_error(data_, z, encoder.decoder) - curve.reconstruction_clean[last]), bound_));
    const RealMatrix fitted = product(transpose(real(encoder.classifier)), z);
    const RealMatrix left = minus(centred_targets(), fitted);
    EXPECT_TRUE(within(largest(product(left, transpose(z))) / n, bound_)) << "no better linear classifier";
    const double whole = static_cast<double>(reference_target_energy(data_)) * energy(centred_targets());
    EXPECT_TRUE(within(std::fabs(energy(fitted) / whole - curve.alignment[last]), bound_));
    EXPECT_EQ(encoder.alignment, curve.alignment[last]);
    EXPECT_EQ(encoder.reconstruction_refit, curve.reconstruction_refit[last]);
    for (std::int64_t j = 0; j < k; ++j) {
      const double* column = encoder.encoder.col(j);
      EXPECT_GT(*std::max_element(column, column + encoder.encoder.rows(),
                                  [](double a, double b) { return std::fabs(a) < std::fabs(b); }),
                0);
    }
  }

  [[nodiscard]] RealMatrix centred_targets() const {
    RealMatrix y = data_.y;
    for (std::int64_t c = 0; c < y.rows(); ++c)
      for (std::int64_t i = 0; i < y.cols(); ++i)
        y(c, i) -= data_.class_counts[static_cast<std::size_t>(c)] / static_cast<Real>(y.cols());
    return y;
  }

  Samples samples_ = random_pixels(shape, 150, 3, backend_seed);
  Moments moments_ = engine_moments(samples_);
  ReferenceData data_ = reference_data(samples_);
  double bound_ = orthogonality_bound(shape.size(), data_condition(data_));
};
INSTANTIATE_TEST_SUITE_P(Every, Encoders, ::testing::ValuesIn(backend_cases()), case_name);

TEST_P(Encoders, DoWhatTheCurvesSay) {
  std::vector<std::string> all = noises;
  for (const char* joint : {"joint:lambda=0.1", "joint:lambda=inf", "joint:lambda=0"}) all.emplace_back(joint);
  const std::vector<Pretext> pretexts = parse_all(all);
  const SweepResult curves = sweep(moments_, pretexts, device());
  for (const std::int64_t k : {std::int64_t{1}, std::int64_t{7}, curves.rank}) {
    EncoderOptions options;
    options.k = k;
    const EncodersResult result = encoders(moments_, pretexts, device(), options);
    EXPECT_EQ(result.k, k);
    ASSERT_EQ(result.encoders.size(), pretexts.size());
    for (std::size_t i = 0; i < pretexts.size(); ++i) {
      ASSERT_EQ(result.encoders[i].pretext, pretexts[i]);
      check(result.encoders[i], curves.curves[i], k);
      if (pretexts[i].kind == PretextKind::joint) continue;
      const NoiseMoments noise = noise_moments(data_, pretexts[i]);
      EXPECT_TRUE(within(std::fabs(noisy_error(data_, noise, result.encoders[i]) -
                                   curves.curves[i].reconstruction_denoise[static_cast<std::size_t>(k - 1)]),
                         bound_))
          << all[i] << ", K = " << k;
    }
  }
}

TEST_P(Encoders, OfAnyMasksDoWhatTheCurvesSay) {
  const TemporaryDirectory folder;
  std::vector<std::vector<std::uint8_t>> masks = all_masks(6, 3);
  masks.resize(7);  // not alike for all patches
  const std::string file = write_masks(folder, "masks.npy", masks);
  const std::vector<Pretext> pretexts = parse_all({"masks:" + file + ",patch=2", "grid:patch=2,every=2"});
  const SweepResult curves = sweep(moments_, pretexts, device());
  EncoderOptions options;
  options.k = 5;
  const EncodersResult result = encoders(moments_, pretexts, device(), options);
  for (std::size_t i = 0; i < 2; ++i) check(result.encoders[i], curves.curves[i], 5);
  const NoiseMoments noise = noise_of_masks(data_, naive_groups(pretexts[0], shape), masks);
  EXPECT_TRUE(within(
      std::fabs(noisy_error(data_, noise, result.encoders[0]) - curves.curves[0].reconstruction_denoise[4]), bound_));
}

TEST_P(Encoders, FewerFeaturesAreTheFirstRows) {
  const std::vector<Pretext> pretexts = parse_all({"mask:patch=2,ratio=0.5"});
  EncoderOptions few;
  few.k = 4;
  const EncodersResult all = encoders(moments_, pretexts, device()), four = encoders(moments_, pretexts, device(), few);
  EXPECT_EQ(all.k, all.rank);
  const PretextEncoder &a = all.encoders[0], &b = four.encoders[0];
  EXPECT_EQ(b.eigenvalues, std::vector<double>(a.eigenvalues.begin(), a.eigenvalues.begin() + 4));
  for (std::int64_t k = 0; k < 4; ++k) {
    for (std::int64_t i = 0; i < shape.size(); ++i) {
      EXPECT_EQ(a.encoder(i, k), b.encoder(i, k));
      EXPECT_NEAR(a.refit(k, i), b.refit(k, i), 1e-12);
    }
    for (std::int64_t c = 0; c < 3; ++c) EXPECT_EQ(a.classifier(k, c), b.classifier(k, c));
  }
}

TEST_P(Encoders, WithoutNoiseAreThePrincipalComponents) {
  const EncodersResult result = encoders(moments_, parse_all({"reconstruct"}), device());
  const PretextEncoder& pca = result.encoders[0];
  EXPECT_EQ(pca.decoder, pca.refit);
  const RealMatrix w = real(pca.encoder), gw = product(data_.gram, w);
  for (std::int64_t k = 0; k < result.k; ++k) {
    const double lambda = pca.eigenvalues[static_cast<std::size_t>(k)];
    for (std::int64_t i = 0; i < shape.size(); ++i)
      EXPECT_TRUE(within(std::fabs(static_cast<double>(gw(i, k)) - lambda * pca.encoder(i, k)),
                         bound_ * pca.eigenvalues[0] * std::fabs(pca.encoder(0, 0)) + bound_ * pca.eigenvalues[0]));
  }
  for (std::int64_t i = 0; i < shape.size(); ++i) {
    double mean = 0;
    for (std::int64_t n = 0; n < samples_.count(); ++n) mean += samples_.values(i, n) / 150;
    EXPECT_NEAR(result.mean[static_cast<std::size_t>(i)], mean, 1e-10);
  }
  EXPECT_NEAR(result.frequency[0], static_cast<double>(data_.class_counts[0]) / 150, 1e-15);
}

TEST_P(Encoders, NeedNoLabelsWhereNoClassifierIsWanted) {
  Samples one = samples_;
  one.classes = 1;
  std::fill(one.labels.begin(), one.labels.end(), 0);
  EncoderOptions options;
  options.classifier = Classifier::none;
  options.k = 3;
  const std::vector<Pretext> pretexts = parse_all({"mask:patch=2,ratio=0.5"});
  const EncodersResult result = encoders(engine_moments(one), pretexts, device(), options);
  EXPECT_TRUE(result.frequency.empty());
  EXPECT_EQ(result.encoders[0].classifier.size(), 0);
  const EncodersResult labelled = encoders(moments_, pretexts, device(), options);
  EXPECT_TRUE(within(difference(result.encoders[0].decoder, labelled.encoders[0].decoder), bound_));
}

TEST_P(Encoders, RefuseWhatCannotBe) {
  const auto code = [&](const std::string& specification, std::int64_t k, Classifier classifier) {
    EncoderOptions options;
    options.k = k;
    options.classifier = classifier;
    try {
      (void)encoders(moments_, parse_all({specification}), device(), options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(code("reconstruct", 21, Classifier::fitted).find("K = 21"), std::string::npos);
  EXPECT_NE(code("reconstruct", -1, Classifier::fitted).find("below 1"), std::string::npos);
  EXPECT_NE(code("joint:lambda=1", 2, Classifier::none).find("labels"), std::string::npos);
  EXPECT_NE(code("mask:patch=9,ratio=0.5", 2, Classifier::none), "");
}

TEST_P(Encoders, TheirPlanCountsTheMatrices) {
  const ImageShape large = {.channels = 1, .height = 20, .width = 20};
  const std::vector<Pretext> pretexts = parse_all({"mask:patch=4,ratio=0:0.9:10"});
  const MemoryPlan curves = plan_sweep(large, 10, pretexts, SolveMode::standard, device());
  const auto bytes = [](const MemoryPlan& plan) { return plan.bytes + plan.device_bytes; };
  const MemoryPlan few = plan_encoders(large, 10, pretexts, SolveMode::standard, 5, device());
  const MemoryPlan all = plan_encoders(large, 10, pretexts, SolveMode::standard, 0, device());
  EXPECT_GE(bytes(few) - bytes(curves), 11 * 8 * 400 * 400);
  EXPECT_GE(bytes(all) - bytes(few), 10 * 3 * 8 * 400 * 390);
}

}  // namespace
}  // namespace eigenlens::test
