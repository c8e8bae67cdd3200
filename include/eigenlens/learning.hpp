// SPDX-License-Identifier: Apache-2.0
/// \file
/// When a linear autoencoder learns what: the inputs' energy and the targets' energy over training time (docs/math.md,
/// (80) to (84)).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/device.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

struct LearningOptions {
  double initial = 1e-4;  ///< a₀: the strength of every direction at the beginning, in (0, 0.05]
  Progress progress;
};

/// When a share is learned. Times are in units of the time at which the first direction is half learned.
struct LearningMilestone {
  double share = 0;
  double input_time = 0;        ///< the inputs' energy, by (81)
  double target_time = 0;       ///< the targets' energy, by (82)
  std::int64_t input_k = 0;     ///< the fewest leading directions that carry this share of the inputs' energy
  std::int64_t target_k = 0;    ///< of the targets' energy
  double eigenvalue_ratio = 0;  ///< λ at input_k over λ at target_k: the ratio of the times for small beginnings (83)
  [[nodiscard]] double time_ratio() const noexcept { return target_time / input_time; }
};

/// The targets' energy of one class.
struct LearningClass {
  std::string name;
  double energy = 0;  ///< share of the targets' linear energy that is this class's
  double time = 0;    ///< when 90 % of it is learned
};

struct LearningResult : ResultFacts {
  double initial = 0;                         ///< a₀
  std::vector<double> eigenvalues;            ///< λ, R, descending, of the scaled data
  std::vector<double> target_energy_of;       ///< ‖t_k‖² as a share of their sum, R
  std::vector<double> time;                   ///< a logarithmic grid
  std::vector<double> input;                  ///< share of the inputs' energy learned at each time
  std::vector<double> target;                 ///< share of the targets' energy
  std::vector<LearningMilestone> milestones;  ///< 50, 90 and 99 %
  std::vector<LearningClass> per_class;       ///< C
};

/// One eigenproblem of order D; everything after it is O(R) a time. Errors: those of sweep; usage for an initial
/// strength outside (0, 0.05].
EIGENLENS_API LearningResult learning(const Moments& moments, const Device& device,
                                      const LearningOptions& options = {});

/// `eigenlens.learning/1`, written atomically.
EIGENLENS_API void write_json(const LearningResult& result, const std::string& path, const ReportOptions& options = {});
/// The same document as a text.
EIGENLENS_API std::string to_json(const LearningResult& result, const ReportOptions& options = {});
/// One line a time: time,input,target.
EIGENLENS_API void write_csv(const LearningResult& result, const std::string& path);
/// In words, for a terminal.
EIGENLENS_API std::string format_table(const LearningResult& result);
/// Draws such a file: both energies over time. Errors as plot_curves.
EIGENLENS_API void plot_learning(const std::string& learning_json, const std::string& out);

}  // namespace eigenlens
