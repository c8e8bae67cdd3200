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

/// l (width × C) += f tᵀ; then, of every sample, how many classes have a larger logit than its own, and the squared
/// error.
void step(const double* f, const double* t, std::int64_t classes, const double* label, double* l, double* better,
          double* error) {
  double own[width] = {}, square[width] = {}, larger[width] = {};
  for (std::int64_t c = 0; c < classes; ++c)
    for (std::int64_t s = 0; s < width; ++s) l[c * width + s] += t[c] * f[s];
  for (std::int64_t s = 0; s < width; ++s) own[s] = l[static_cast<std::int64_t>(label[s]) * width + s];
  for (std::int64_t c = 0; c < classes; ++c) {
    const auto index = static_cast<double>(c);
    for (std::int64_t s = 0; s < width; ++s) {
      const double value = l[c * width + s], miss = value - (index == label[s] ? 1.0 : 0.0);
      square[s] += miss * miss;
      larger[s] += ((value > own[s]) | ((value == own[s]) & (index < label[s]))) ? 1.0 : 0.0;
    }
  }
  for (std::int64_t s = 0; s < width; ++s) {
    better[s] = larger[s];
    error[s] = square[s];
  }
}

/// Samples first … first + count − 1, count ≤ width; lanes beyond hold a sample of zeros that is not counted.
void add_block(const Probe& p, std::int64_t first, std::int64_t count, std::vector<double>& logits, ProbeSums& sums) {
  double label[width] = {}, better[width], error[width], tile[depth][width] = {};
  for (std::int64_t s = 0; s < count; ++s) label[s] = p.labels[first + s];
  for (std::int64_t c = 0; c < p.classes; ++c) std::fill_n(logits.data() + c * width, width, p.prior[c]);
  for (std::int64_t k0 = 0; k0 < p.features; k0 += depth) {
    const std::int64_t last = std::min(p.features, k0 + depth);
    for (std::int64_t s = 0; s < count; ++s)
      for (std::int64_t k = k0; k < last; ++k) tile[k - k0][s] = p.f[k + (first + s) * p.features];
    for (std::int64_t k = k0; k < last; ++k) {
      step(tile[k - k0], p.targets.data() + k * p.classes, p.classes, label, logits.data(), better, error);
      for (std::int64_t s = 0; s < count; ++s) {
        sums.top1[at(k)] += better[s] < 1 ? 1 : 0;
        sums.top5[at(k)] += better[s] < 5 ? 1 : 0;
        sums.squared_error[at(k)] += error[s];
        sums.squared_error_squared[at(k)] += error[s] * error[s];
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
      std::vector<double> logits(at(width * p.classes));
      const std::int64_t last = std::min(samples, (task + 1) * task_samples);
      for (std::int64_t first = task * task_samples; first < last; first += width)
        add_block(p, first, std::min(width, last - first), logits, parts[at(task)]);
    });
    for (const ProbeSums& part : parts) add(part, sums[l]);
  }
}

}  // namespace eigenlens
