// SPDX-License-Identifier: Apache-2.0
// All K of a classifier in one walk over the features: eight samples side by side, one in each lane of a vector.
#include <algorithm>

#include "backend/cpu/cpu_backend.hpp"
#include "host/index.hpp"
#include "host/parallel.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t width = 8;          // samples side by side
constexpr std::int64_t task_samples = 64;  // summed up before they meet others: the same at every number of threads
constexpr std::int64_t depth = 64;         // features of eight samples, transposed at a time

/// One classifier and the samples it is read on.
struct Probe {
  std::int64_t features, classes, samples;
  const double* f;              ///< features × samples
  std::vector<double> targets;  ///< classes × features: the rows of T side by side
  const double* prior;
  const std::int32_t* labels;
};

ProbeSums zeros(std::int64_t features) {
  const std::vector<std::int64_t> counts(at(features));
  const std::vector<double> sums(at(features));
  return {counts, counts, sums, sums};
}

void add(const ProbeSums& from, ProbeSums& to) {
  for (std::size_t k = 0; k < from.top1.size(); ++k) {
    to.top1[k] += from.top1[k];
    to.top5[k] += from.top5[k];
    to.squared_error[k] += from.squared_error[k];
    to.squared_error_squared[k] += from.squared_error_squared[k];
  }
}

/// One number of each of two samples, which every processor that this is built for takes at once; a comparison gives −1
/// or 0 in each place.
using Pair = double __attribute__((vector_size(16)));
using Mask = std::int64_t __attribute__((vector_size(16)));
constexpr std::int64_t pairs = width / 2;

struct Eight {
  Pair of[pairs];
  double& operator[](std::int64_t s) { return reinterpret_cast<double*>(of)[s]; }
};

/// What one more feature says of eight samples.
struct Step {
  Eight feature, label;
  Eight error;                 ///< squared
  std::int64_t better[width];  ///< classes with a larger logit than the sample's own
};

/// l (C) += feature · t; then the rank of every sample's own class, and the squared error.
void advance(Step& step, const double* t, std::int64_t classes, const std::int64_t* own_index, Eight* l) {
  const Eight feature = step.feature, label = step.label;
  for (std::int64_t c = 0; c < classes; ++c)
    for (std::int64_t i = 0; i < pairs; ++i) l[c].of[i] += t[c] * feature.of[i];
  Eight own;
  for (std::int64_t s = 0; s < width; ++s) own[s] = l[own_index[s]][s];
  for (std::int64_t i = 0; i < pairs; ++i) {
    Pair error = {}, index = {};
    Mask better = {};
    for (std::int64_t c = 0; c < classes; ++c, index += 1.0) {
      const Pair value = l[c].of[i];
      const Pair hit = reinterpret_cast<Pair>((index == label.of[i]) & reinterpret_cast<Mask>(Pair{1.0, 1.0}));
      error += (value - hit) * (value - hit);
      better -= (value > own.of[i]) | ((value == own.of[i]) & (index < label.of[i]));
    }
    step.error.of[i] = error;
    step.better[2 * i] = better[0];
    step.better[2 * i + 1] = better[1];
  }
}

/// Samples first … first + count − 1, count ≤ width; lanes beyond hold a sample of zeros that is not counted.
void add_block(const Probe& p, std::int64_t first, std::int64_t count, std::vector<Eight>& logits, ProbeSums& sums) {
  Step now = {};
  std::int64_t own[width] = {};
  Eight tile[depth] = {};
  for (std::int64_t s = 0; s < count; ++s) {
    own[s] = p.labels[first + s];
    now.label[s] = static_cast<double>(own[s]);
  }
  for (std::int64_t c = 0; c < p.classes; ++c)
    for (Pair& pair : logits[at(c)].of) pair = Pair{p.prior[c], p.prior[c]};
  for (std::int64_t k0 = 0; k0 < p.features; k0 += depth) {
    const std::int64_t last = std::min(p.features, k0 + depth);
    for (std::int64_t s = 0; s < count; ++s)
      for (std::int64_t k = k0; k < last; ++k) tile[k - k0][s] = p.f[k + (first + s) * p.features];
    for (std::int64_t k = k0; k < last; ++k) {
      now.feature = tile[k - k0];
      advance(now, p.targets.data() + k * p.classes, p.classes, own, logits.data());
      for (std::int64_t s = 0; s < count; ++s) {
        const double error = now.error[s];
        sums.top1[at(k)] += now.better[s] < 1 ? 1 : 0;
        sums.top5[at(k)] += now.better[s] < 5 ? 1 : 0;
        sums.squared_error[at(k)] += error;
        sums.squared_error_squared[at(k)] += error * error;
      }
    }
  }
}

Probe probe_of(const Matrix& f, const Matrix& t, std::span<const double> prior, std::span<const std::int32_t> labels) {
  Probe p = {t.rows(), t.cols(), static_cast<std::int64_t>(labels.size()), f.data(), {}, prior.data(), labels.data()};
  p.targets.resize(at(t.size()));
  for (std::int64_t c = 0; c < p.classes; ++c)
    for (std::int64_t k = 0; k < p.features; ++k) p.targets[at(c + k * p.classes)] = t.data()[k + c * p.features];
  return p;
}

}  // namespace

void CpuBackend::probe_counts(std::span<const Matrix> f, std::span<const Matrix> t, std::span<const double> prior,
                              std::span<const std::int32_t> labels, std::span<ProbeSums> sums) {
  const auto samples = static_cast<std::int64_t>(labels.size()), tasks = (samples + task_samples - 1) / task_samples;
  for (std::size_t l = 0; l < f.size(); ++l) {
    const Probe p = probe_of(f[l], t[l], prior, labels);
    std::vector<ProbeSums> parts(at(tasks));
    parallel_for(threads_, tasks, [&](std::int64_t task) {
      parts[at(task)] = zeros(p.features);
      std::vector<Eight> logits(at(p.classes));
      const std::int64_t last = std::min(samples, (task + 1) * task_samples);
      for (std::int64_t first = task * task_samples; first < last; first += width)
        add_block(p, first, std::min(width, last - first), logits, parts[at(task)]);
    });
    for (const ProbeSums& part : parts) add(part, sums[l]);
  }
}

}  // namespace eigenlens
