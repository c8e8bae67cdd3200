// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "backend/backend.hpp"
#include "eigenlens/error.hpp"
#include "sweep/bases.hpp"
#include "sweep/curve.hpp"
#include "sweep/families.hpp"

namespace eigenlens {
namespace {

/// Beyond it a basis is wrong, whatever the library's status says: no curve is made from it.
constexpr double worst_residual = 1e-9;

class Sweep {
 public:
  Sweep(const Moments& moments, const Device& device, const SweepOptions& options, Outcome outcome,
        const BasisVisitor& visitor, Labels labels, SweepResult& result, int lanes)
      : options_(options),
        visitor_(visitor),
        labels_(labels),
        result_(result),
        lanes_(static_cast<std::size_t>(lanes)),
        centring_(moments, labels),
        problem_(device.backend(), centring_, options.mode, outcome, lanes) {}

  void run(const std::vector<FamilyTasks>& families) {
    for (const FamilyTasks& f : families) total_ += static_cast<std::int64_t>(f.tasks.size());
    result_.global_std = centring_.global_std();
    result_.constant_pixels = centring_.constant_pixels();
    for (const FamilyTasks& f : families) run_family(f);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void run_family(const FamilyTasks& f) {
    report(f.name);
    const auto start = Clock::now();
    const Family family = f.groups.empty() ? principal_family(problem_) : masked_family(problem_, f.groups);
    if (f.groups.empty()) describe_targets(family);
    lap(f.name + ": decomposition", start);
    if (problem_.outcome == Outcome::structures) return show(family, f.tasks);
    // As few turns as the lanes allow, all of about the same width: one that is left over would fill no GPU.
    const std::size_t turns = (f.tasks.size() + lanes_ - 1) / lanes_;
    for (std::size_t turn = 0; turn < turns; ++turn) {
      const std::size_t first = f.tasks.size() * turn / turns, last = f.tasks.size() * (turn + 1) / turns;
      const auto begin = Clock::now();
      solve(family, std::span(f.tasks).subspan(first, last - first));
      lap(f.name + ": strengths", begin);
      report(f.name);
    }
  }

  /// The rank, and ‖YQ_R‖² over ‖Y‖² = N − Σ n_c²/N.
  void describe_targets(const Family& principal) {
    const double n = static_cast<double>(centring_.count());
    double energy = n;
    for (const std::int64_t c : centring_.class_counts()) energy -= static_cast<double>(c) * static_cast<double>(c) / n;
    result_.rank = problem_.rank;
    result_.target_energy = energy > 0 ? explained_energy(problem_, principal) / energy : 0;
    if (labels_ == Labels::needed && !(result_.target_energy > std::numeric_limits<double>::epsilon()))
      throw Error(ErrorCode::numerical,
                  "no linear map of the input tells the classes apart (every class has the same mean): alignment is "
                  "not defined");
    if (options_.largest_k > problem_.rank)
      throw Error(ErrorCode::usage, fmt::format("K = {} is not on the curves, which go from K = 1 to the rank, {}",
                                                options_.largest_k, problem_.rank));
  }

  /// Pretexts without their bases.
  void show(const Family& family, std::span<const Task> tasks) {
    for (const Task& task : tasks) {
      visitor_({task.position, task.pretext, task.strength, {}, problem_, family});
      ++done_;
    }
  }

  void solve(const Family& family, std::span<const Task> tasks) {
    std::vector<Strength> strengths;
    for (const Task& task : tasks) strengths.push_back(task.strength);
    const std::vector<SolvedBasis> solved = solve_strengths(problem_, family, strengths);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const SolvedBasis& basis = solved[i];
      if (!(basis.residual <= worst_residual && basis.orthogonality <= basis.orthogonality_limit))
        throw Error(
            ErrorCode::numerical,
            fmt::format("{}: the basis from {} is wrong: residual {:.1e} (at most {:.0e}), orthogonality {:.1e} (at "
                        "most {:.1e})",
                        tasks[i].pretext.to_string(), basis.routine, basis.residual, worst_residual,
                        basis.orthogonality, basis.orthogonality_limit));
      result_.curves[tasks[i].position] = assemble_curve(tasks[i].pretext, tasks[i].strength, basis, centring_);
      if (visitor_) visitor_({tasks[i].position, tasks[i].pretext, tasks[i].strength, basis, problem_, family});
      ++done_;
    }
  }

  void report(const std::string& stage) const {
    if (options_.progress && !options_.progress({stage, done_, total_, "curves"}))
      throw Error(ErrorCode::cancelled, fmt::format("cancelled after {} of {} curves", done_, total_));
  }

  /// Adds the time since `start` to a stage.
  void lap(const std::string& stage, Clock::time_point start) {
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    for (SweepTiming& timing : result_.timings)
      if (timing.stage == stage) {
        timing.seconds += seconds;
        return;
      }
    result_.timings.push_back({stage, seconds});
  }

  const SweepOptions& options_;
  const BasisVisitor& visitor_;
  Labels labels_;
  SweepResult& result_;
  std::size_t lanes_;
  Centring centring_;
  Problem problem_;
  std::int64_t done_ = 0;
  std::int64_t total_ = 0;
};

}  // namespace

SweepResult sweep_bases(const Moments& moments, const std::vector<Pretext>& pretexts, const Device& wanted,
                        const SweepOptions& options, Outcome outcome, const BasisVisitor& visitor, Labels labels) {
  if (pretexts.empty()) throw Error(ErrorCode::usage, "no pretext: give at least one, for example reconstruct");
  const std::vector<FamilyTasks> families = by_family(pretexts, moments.shape, moments.count);
  const Device device = suited(wanted, moments.shape, moments.classes(), pretexts, options.mode, outcome);
  const MemoryPlan plan = plan_sweep(moments.shape, moments.classes(), pretexts, options.mode, device, outcome);
  if (!plan.fits()) throw Error(ErrorCode::memory, plan.text);
  SweepResult result;
  result.dataset = moments.dataset;
  result.count = moments.count;
  result.shape = moments.shape;
  result.classes = moments.classes();
  result.curves.resize(pretexts.size());
  result.device = device.describe();
  Sweep(moments, device, options, outcome, visitor, labels, result, plan.lanes).run(families);
  return result;
}

SweepResult sweep(const Moments& moments, const std::vector<Pretext>& pretexts, const Device& device,
                  const SweepOptions& options) {
  return sweep_bases(moments, pretexts, device, options, Outcome::curves, {});
}

}  // namespace eigenlens
