// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "backend/backend.hpp"
#include "eigenlens/error.hpp"
#include "solve/dual_family.hpp"
#include "solve/tabled_pencil.hpp"
#include "sweep/bases.hpp"
#include "sweep/curve.hpp"
#include "sweep/families.hpp"
#include "sweep/held_family.hpp"
#include "sweep/joint_bases.hpp"

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
  Sweep(const DualMoments& moments, const Device& device, const SweepOptions& options, Outcome outcome,
        const BasisVisitor& visitor, SweepResult& result, int lanes)
      : options_(options),
        visitor_(visitor),
        result_(result),
        lanes_(static_cast<std::size_t>(lanes)),
        dual_(&moments),
        centring_(moments),
        problem_(device.backend(), centring_, moments, options.mode, outcome, lanes) {}

  void run(const std::vector<FamilyTasks>& families) {
    for (const FamilyTasks& f : families) total_ += static_cast<std::int64_t>(f.tasks.size() + f.joint.size());
    result_.global_std = centring_.global_std();
    result_.constant_pixels = centring_.constant_pixels();
    for (const FamilyTasks& f : families) run_family(f);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void run_family(const FamilyTasks& f) {
    report(f.name);
    const auto start = Clock::now();
    if (f.structure == Structure::table) {
      solve_table(f.tasks.front());
      lap(f.name, start);
      report(f.name);
      return;
    }
    const Family family = decomposed(f);
    if (f.structure == Structure::principal) {
      principal_ = family;
      describe_targets(family);
    }
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
    if (!f.joint.empty()) solve_joint(family, f.joint);
  }

  void solve_joint(const Family& principal, std::span<const Task> tasks) {
    const std::string stage = "joint objective";
    const auto start = Clock::now();
    JointBases joint(problem_, principal);
    lap(stage, start);
    for (const Task& task : tasks) {
      const auto begin = Clock::now();
      const SolvedBasis basis = joint.solve(task.pretext.lambda);
      require_right(task.pretext, basis);
      result_.curves[task.position] = assemble_joint_curve(task.pretext, basis, centring_);
      lap(stage, begin);
      show(task, basis, principal);
      report(stage);
    }
  }

  Family decomposed(const FamilyTasks& f) {
    if (!dual_) return f.groups.empty() ? principal_family(problem_) : masked_family(problem_, f.groups);
    if (f.groups.empty()) return dual_principal_family(problem_);
    return dual_masked_family(problem_, held_family(*dual_, f).whitened, f.groups);
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
    for (std::size_t i = 0; i < tasks.size(); ++i) accept(tasks[i], solved[i], family);
  }

  /// One of the tasks that the principal components, which must be the family before, are enough for.
  void solve_table(const Task& task) {
    const NoiseTable noise = noise_table(task.pretext, result_.shape, result_.count);
    SolvedBasis basis = solve_tabled(problem_, principal_, noise);
    const auto rank = static_cast<std::int64_t>(basis.mu.size());
    if (rank < problem_.rank) {  // what hidden pixels would have told is part of the whole
      basis.explainable = explained_energy(problem_, principal_);
      std::vector<double> sizes;
      for (const std::int64_t size : centring_.class_counts()) sizes.push_back(static_cast<double>(size));
      basis.explainable_by_sizes = explained_energy(problem_, principal_, sizes);
    }
    if (options_.largest_k > rank)
      throw Error(ErrorCode::usage, fmt::format("K = {} is not on the curve of {}, whose masks never show some pixels: "
                                                "it goes from K = 1 to {}",
                                                options_.largest_k, task.pretext.to_string(), rank));
    accept(task, basis, principal_);
    BasisChecks& checks = result_.curves[task.position].checks;
    checks.mask_draws = noise.draws;
    checks.first_error = noise.first_error;
    checks.second_error = noise.second_error;
  }

  /// A curve from a basis that passes its checks.
  void accept(const Task& task, const SolvedBasis& basis, const Family& family) {
    require_right(task.pretext, basis);
    result_.curves[task.position] = assemble_curve(task.pretext, task.strength, basis, centring_);
    show(task, basis, family);
  }

  static void require_right(const Pretext& pretext, const SolvedBasis& basis) {
    if (basis.residual <= worst_residual && basis.orthogonality <= basis.orthogonality_limit) return;
    throw Error(
        ErrorCode::numerical,
        fmt::format("{}: the basis from {} is wrong: residual {:.1e} (at most {:.0e}), orthogonality {:.1e} (at "
                    "most {:.1e})",
                    pretext.to_string(), basis.routine, basis.residual, worst_residual, basis.orthogonality,
                    basis.orthogonality_limit));
  }

  /// A curve is done, and its basis still there.
  void show(const Task& task, const SolvedBasis& basis, const Family& family) {
    if (visitor_) visitor_({task.position, task.pretext, task.strength, basis, problem_, family});
    ++done_;
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
  Labels labels_ = Labels::needed;
  SweepResult& result_;
  std::size_t lanes_;
  const DualMoments* dual_ = nullptr;  ///< in the dual form
  Centring centring_;
  Problem problem_;
  Family principal_;
  std::int64_t done_ = 0;
  std::int64_t total_ = 0;
};

template <class AnyMoments>
SweepResult empty_result(const AnyMoments& moments, std::int64_t count, MomentsForm form, std::size_t curves,
                         const Device& device) {
  SweepResult result;
  result.dataset = moments.dataset;
  result.count = count;
  result.shape = moments.shape;
  result.classes = moments.classes();
  result.form = form;
  result.curves.resize(curves);
  result.device = device.describe();
  return result;
}

void require_pretext(const std::vector<Pretext>& pretexts) {
  if (pretexts.empty()) throw Error(ErrorCode::usage, "no pretext: give at least one, for example reconstruct");
}

}  // namespace

SweepResult sweep_bases(const Moments& moments, const std::vector<Pretext>& pretexts, const Device& wanted,
                        const SweepOptions& options, Outcome outcome, const BasisVisitor& visitor, Labels labels) {
  require_pretext(pretexts);
  const std::vector<FamilyTasks> families = by_family(pretexts, moments.shape, moments.count);
  const Device device = suited(wanted, moments.shape, moments.classes(), pretexts, options.mode, outcome);
  const MemoryPlan plan = plan_sweep(moments.shape, moments.classes(), pretexts, options.mode, device, outcome);
  if (!plan.fits()) throw Error(ErrorCode::memory, plan.text);
  SweepResult result = empty_result(moments, moments.count, MomentsForm::primal, pretexts.size(), device);
  Sweep(moments, device, options, outcome, visitor, labels, result, plan.lanes).run(families);
  return result;
}

SweepResult sweep_bases(const DualMoments& moments, const std::vector<Pretext>& pretexts, const Device& wanted,
                        const SweepOptions& options, Outcome outcome, const BasisVisitor& visitor) {
  require_pretext(pretexts);
  for (const Pretext& pretext : pretexts)
    if (needs_inputs(pretext))
      throw Error(
          ErrorCode::usage,
          fmt::format("pretext '{}' needs the Gram matrix of the inputs, D x D: it is not to be had in the dual "
                      "form, of products of samples; take --form primal if D = {} allows it",
                      pretext.to_string(), moments.dimension()));
  const std::vector<FamilyTasks> families = by_family(pretexts, moments.shape, moments.count());
  for (const FamilyTasks& family : families)
    if (!family.groups.empty()) held_family(moments, family);
  const DualSize size{moments.count(), moments.shape, moments.classes(),
                      static_cast<std::int64_t>(moments.families.size())};
  const Device device = suited(wanted, size, pretexts, options.mode, outcome);
  const MemoryPlan plan = plan_sweep(size, pretexts, options.mode, device, outcome);
  if (!plan.fits()) throw Error(ErrorCode::memory, plan.text);
  SweepResult result = empty_result(moments, moments.count(), MomentsForm::dual, pretexts.size(), device);
  Sweep(moments, device, options, outcome, visitor, result, plan.lanes).run(families);
  return result;
}

SweepResult sweep(const DualMoments& moments, const std::vector<Pretext>& pretexts, const Device& device,
                  const SweepOptions& options) {
  return sweep_bases(moments, pretexts, device, options, Outcome::curves, {});
}

SweepResult sweep(const Moments& moments, const std::vector<Pretext>& pretexts, const Device& device,
                  const SweepOptions& options) {
  return sweep_bases(moments, pretexts, device, options, Outcome::curves, {});
}

}  // namespace eigenlens
