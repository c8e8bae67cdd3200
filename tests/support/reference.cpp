// SPDX-License-Identifier: Apache-2.0
#include "support/reference.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace eigenlens::test {
namespace {

Real squared_norm(const Real* values, std::int64_t count) {
  return std::inner_product(values, values + count, values, Real{0});
}

std::vector<Real> running_sums(const std::vector<Real>& terms, Real unit) {
  std::vector<Real> sums;
  Real sum = 0;
  for (const Real term : terms) sums.push_back((sum += term) / unit);
  return sums;
}

/// Probability that coordinates i and j both survive, and that i does; `groups` of i and j as given.
struct MaskProbabilities {
  Real one = 1;
  Real same_group = 1;
  Real other_group = 1;
};

MaskProbabilities mask_probabilities(const Pretext& pretext, const std::vector<std::int32_t>& groups) {
  if (pretext.kind == PretextKind::mask || pretext.kind == PretextKind::dropout) {
    const Real kept = 1 - static_cast<Real>(pretext.ratio);
    return {kept, kept, kept * kept};
  }
  if (pretext.kind == PretextKind::keep) {
    const auto patches = static_cast<Real>(std::set<std::int32_t>(groups.begin(), groups.end()).size());
    const auto kept = static_cast<Real>(pretext.keep_count);
    const Real both = patches > 1 ? kept * (kept - 1) / (patches * (patches - 1)) : 1;
    return {kept / patches, kept / patches, both};
  }
  return {};
}

/// The probe's three curves from an explicit orthonormal basis of the row space of VᵀX.
void add_alignment(const ReferenceData& data, const RealMatrix& q, ReferenceCurve& curve) {
  const RealMatrix yq = product(data.y, q);
  std::vector<Real> explained;
  std::vector<Real> weighted;
  for (std::int64_t k = 0; k < yq.cols(); ++k) {
    explained.push_back(squared_norm(yq.col(k), yq.rows()));
    Real sum = 0;
    for (std::int64_t c = 0; c < yq.rows(); ++c) {
      sum += data.class_counts[static_cast<std::size_t>(c)] * yq(c, k) * yq(c, k);
    }
    weighted.push_back(sum);
  }
  curve.alignment = running_sums(explained, std::accumulate(explained.begin(), explained.end(), Real{0}));
  curve.alignment_figure = running_sums(weighted, std::accumulate(weighted.begin(), weighted.end(), Real{0}));
  for (Real& value : curve.alignment_figure) value = 100 * std::sqrt(value);
}

/// Σ‖v_kᵀE[X̃]Yᵀ‖² as a share of ‖YQ‖².
void add_noisy_alignment(const ReferenceData& data, const NoiseMoments& noise, const RealMatrix& q,
                         ReferenceCurve& curve) {
  RealMatrix mean_x = data.x;
  for (std::int64_t n = 0; n < mean_x.cols(); ++n) {
    for (std::int64_t i = 0; i < mean_x.rows(); ++i) mean_x(i, n) *= noise.first[static_cast<std::size_t>(i)];
  }
  const RealMatrix seen = product(product(data.y, transpose(mean_x)), curve.vectors);
  std::vector<Real> explained;
  for (std::int64_t k = 0; k < seen.cols(); ++k) explained.push_back(squared_norm(seen.col(k), seen.rows()));
  const RealMatrix yq = product(data.y, q);
  curve.alignment_noisy = running_sums(explained, squared_norm(yq.data(), yq.size()));
}

/// ‖X − approximation‖²/‖X‖² after each K, where step K adds left_k·right_kᵀ to the approximation.
std::vector<Real> explicit_errors(const RealMatrix& x, const RealMatrix& left, const RealMatrix& right) {
  RealMatrix rest = x;
  std::vector<Real> errors;
  for (std::int64_t k = 0; k < left.cols(); ++k) {
    for (std::int64_t n = 0; n < x.cols(); ++n) {
      for (std::int64_t i = 0; i < x.rows(); ++i) rest(i, n) -= left(i, k) * right(n, k);
    }
    errors.push_back(squared_norm(rest.data(), rest.size()) / squared_norm(x.data(), x.size()));
  }
  return errors;
}

/// E‖ZᵀVᵀX̃ − X‖² = ‖X‖² − 2 tr(ZᵀVᵀA₁) + tr(ZᵀVᵀSVZ) with the decoder Z = VᵀA₁, term by term for every K.
std::vector<Real> expected_errors(const ReferenceData& data, const NoiseMoments& noise, const RealMatrix& v,
                                  const RealMatrix& decoder) {
  const RealMatrix vsv = product(transpose(v), product(noise.s, v));
  const RealMatrix zz = product(transpose(decoder), decoder);  // decoder: D × R, columns A₁ᵀv_k
  const Real energy = trace(data.gram);
  Real error = energy;
  std::vector<Real> errors;
  for (std::int64_t k = 0; k < v.cols(); ++k) {
    error += zz(k, k) * vsv(k, k) - 2 * zz(k, k);
    for (std::int64_t j = 0; j < k; ++j) error += 2 * zz(j, k) * vsv(j, k);
    errors.push_back(error / energy);
  }
  return errors;
}

}  // namespace

ReferenceData reference_data(const Samples& samples) {
  ReferenceData data;
  data.shape = samples.shape;
  data.x = RealMatrix(samples.dimension(), samples.count());
  data.y = RealMatrix(samples.classes, samples.count());
  data.class_counts.assign(static_cast<std::size_t>(samples.classes), 0);
  for (std::int64_t n = 0; n < samples.count(); ++n) {
    const auto label = static_cast<std::size_t>(samples.labels[static_cast<std::size_t>(n)]);
    data.y(static_cast<std::int64_t>(label), n) = 1;
    data.class_counts[label] += 1;
  }
  for (std::int64_t i = 0; i < samples.dimension(); ++i) {
    Real mean = 0;
    for (std::int64_t n = 0; n < samples.count(); ++n) mean += samples.values(i, n);
    mean /= static_cast<Real>(samples.count());
    for (std::int64_t n = 0; n < samples.count(); ++n) data.x(i, n) = samples.values(i, n) - mean;
  }
  data.global_std = std::sqrt(squared_norm(data.x.data(), data.x.size()) / static_cast<Real>(data.x.size()));
  for (std::int64_t i = 0; i < data.x.size(); ++i) data.x.data()[i] /= data.global_std;
  data.gram = product(data.x, transpose(data.x));
  data.cross = product(data.x, transpose(data.y));
  data.gram_eigenvalues = jacobi_eigen(data.gram).values;
  data.rank = numerical_rank(data.gram_eigenvalues);
  return data;
}

double data_condition(const ReferenceData& data) {
  const std::size_t last = static_cast<std::size_t>(data.rank) - 1;
  return static_cast<double>(data.gram_eigenvalues.front() / data.gram_eigenvalues[last]);
}

std::vector<std::int32_t> naive_groups(const Pretext& pretext, const ImageShape& shape) {
  std::vector<std::int32_t> groups;
  const std::int64_t down = (shape.height + pretext.patch_height - 1) / pretext.patch_height;
  const std::int64_t across = (shape.width + pretext.patch_width - 1) / pretext.patch_width;
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    for (std::int64_t row = 0; row < shape.height; ++row) {
      for (std::int64_t col = 0; col < shape.width; ++col) {
        std::int64_t group = (row / pretext.patch_height) * across + col / pretext.patch_width;
        if (pretext.channels == ChannelMode::separate) group += c * down * across;
        if (pretext.kind == PretextKind::dropout) group = static_cast<std::int64_t>(groups.size());
        groups.push_back(static_cast<std::int32_t>(group));
      }
    }
  }
  return groups;
}

NoiseMoments noise_moments(const ReferenceData& data, const Pretext& pretext) {
  const std::int64_t d = data.gram.rows();
  const std::vector<std::int32_t> groups = naive_groups(pretext, data.shape);
  const MaskProbabilities p = mask_probabilities(pretext, groups);
  NoiseMoments noise{std::vector<Real>(static_cast<std::size_t>(d), p.one), RealMatrix(d, d), RealMatrix(d, d)};
  for (std::int64_t j = 0; j < d; ++j) {
    for (std::int64_t i = 0; i < d; ++i) {
      const bool same = groups[static_cast<std::size_t>(i)] == groups[static_cast<std::size_t>(j)];
      noise.a1(i, j) = p.one * data.gram(i, j);
      noise.s(i, j) = (same ? p.same_group : p.other_group) * data.gram(i, j);
    }
    if (pretext.kind == PretextKind::gaussian) {
      noise.s(j, j) += static_cast<Real>(data.x.cols()) * static_cast<Real>(pretext.sigma) * pretext.sigma;
    }
  }
  return noise;
}

NoiseMoments noise_of_masks(const ReferenceData& data, const std::vector<std::int32_t>& groups,
                            const std::vector<std::vector<std::uint8_t>>& masks) {
  const std::int64_t d = data.gram.rows();
  NoiseMoments noise{std::vector<Real>(groups.size()), RealMatrix(d, d), RealMatrix(d, d)};
  const auto shown = [&](const std::vector<std::uint8_t>& mask, std::int64_t i) {
    return static_cast<Real>(mask[static_cast<std::size_t>(groups[static_cast<std::size_t>(i)])]) /
           static_cast<Real>(masks.size());
  };
  for (const std::vector<std::uint8_t>& mask : masks) {
    for (std::int64_t j = 0; j < d; ++j) {
      noise.first[static_cast<std::size_t>(j)] += shown(mask, j);
      for (std::int64_t i = 0; i < d; ++i) {
        noise.a1(i, j) += shown(mask, i) * data.gram(i, j);
        if (shown(mask, j) > 0) noise.s(i, j) += shown(mask, i) * data.gram(i, j);
      }
    }
  }
  return noise;
}

ReferenceCurve reference_curve(const ReferenceData& data, const Pretext& pretext) {
  return reference_curve(data, noise_moments(data, pretext), data.rank);
}

ReferenceCurve reference_curve(const ReferenceData& data, const NoiseMoments& noise, std::int64_t rank) {
  const Eigen eigen = generalized_eigen(noise.a1, noise.s, rank);
  ReferenceCurve curve;
  curve.eigenvalues = eigen.values;
  curve.vectors = eigen.vectors;
  const RealMatrix codes = product(transpose(data.x), eigen.vectors);  // N × R: columns are the rows of VᵀX
  const RealMatrix q = orthonormal_columns(codes);
  const RealMatrix decoder = product(transpose(noise.a1), eigen.vectors);
  add_alignment(data, q, curve);
  add_noisy_alignment(data, noise, q, curve);
  curve.denoise = expected_errors(data, noise, eigen.vectors, decoder);
  curve.clean = explicit_errors(data.x, decoder, codes);
  curve.refit = explicit_errors(data.x, product(data.x, q), q);
  return curve;
}

Real reference_target_energy(const ReferenceData& data) {
  const Eigen eigen = jacobi_eigen(data.gram);
  RealMatrix leading(data.x.rows(), data.rank);
  std::copy_n(eigen.vectors.data(), leading.size(), leading.data());
  const RealMatrix yq = product(data.y, orthonormal_columns(product(transpose(data.x), leading)));
  const auto count = static_cast<Real>(data.x.cols());
  Real energy = 0;
  for (const Real members : data.class_counts) energy += members - members * members / count;
  return squared_norm(yq.data(), yq.size()) / energy;
}

}  // namespace eigenlens::test
