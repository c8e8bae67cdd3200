// SPDX-License-Identifier: Apache-2.0
#include "sweep/learning_curves.hpp"

#include <cmath>

#include "host/index.hpp"

namespace eigenlens {

LearningCurves::LearningCurves(const std::vector<double>& eigenvalues, double initial)
    : log_odds_(std::log(1 / initial - 1)) {
  rates_.reserve(eigenvalues.size());
  for (const double value : eigenvalues) rates_.push_back(value / eigenvalues.front());
}

double LearningCurves::strength(std::int64_t k, double t) const {
  return 1 / (1 + std::exp(log_odds_ * (1 - t * rates_[at(k)])));
}

double LearningCurves::half_time(std::int64_t k) const { return 1 / rates_[at(k)]; }

double LearningCurves::learned(const std::vector<double>& energy, double t) const {
  double sum = 0, total = 0;
  for (std::size_t k = 0; k < rates_.size(); ++k) {
    const double s = strength(static_cast<std::int64_t>(k), t);
    sum += energy[k] * s * (2 - s);
    total += energy[k];
  }
  return total > 0 ? sum / total : 0;
}

double LearningCurves::time_to_learn(const std::vector<double>& energy, double share) const {
  if (learned(energy, 1) <= 0) return 0;  // there is nothing to learn
  double low = 0, high = 1;
  while (learned(energy, high) < share) high *= 2;  // it tends to 1
  for (int step = 0; step < 100 && low < high; ++step) {
    const double middle = low + (high - low) / 2;
    (learned(energy, middle) < share ? low : high) = middle;
  }
  return high;
}

}  // namespace eigenlens
