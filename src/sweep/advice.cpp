// SPDX-License-Identifier: Apache-2.0
// The search: a grid, refined around the best of each family, then the few that are ranked once more with the
// jackknife.
#include "eigenlens/advice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "eigenlens/byte_size.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/few_samples.hpp"
#include "eigenlens/impact.hpp"
#include "eigenlens/jackknife.hpp"
#include "sweep/advice_impact.hpp"

namespace eigenlens {
namespace {

/// Where the search ends: hiding less is hardly a noise, and hiding more leaves nothing to learn from.
constexpr double least_ratio = 0.05;
constexpr double largest_ratio = 0.99;

struct Tried {
  Pretext pretext;
  std::size_t family = 0;
  std::vector<double> gain;  ///< at the shown K
};

Progress staged(const Progress& progress, const std::string& prefix) {
  if (!progress) return {};
  return [&progress, prefix](const ProgressEvent& event) {
    const std::string stage = prefix + std::string(event.stage);
    return progress({stage, event.done, event.total, event.unit});
  };
}

std::vector<double> at_places(const std::vector<double>& values, const std::vector<std::int64_t>& k) {
  std::vector<double> some;
  for (const std::int64_t place : k) some.push_back(values[static_cast<std::size_t>(place - 1)]);
  return some;
}

/// The first K at which a rising curve reaches a share of `total`.
std::int64_t smallest_k(const std::vector<double>& rising, double wanted) {
  const auto reached = std::find_if(rising.begin(), rising.end(), [&](double value) { return value >= wanted; });
  return std::min<std::int64_t>(reached - rising.begin() + 1, static_cast<std::int64_t>(rising.size()));
}

/// (98): μ of the direction that completes 90 % of what the pretext learns, over μ of the one that completes 90 % of
/// what the classes need.
double learning_ratio(const Curve& curve) {
  std::vector<double> learned;
  double sum = 0;
  for (const double mu : curve.eigenvalues) learned.push_back(sum += mu);
  const auto inputs = static_cast<std::size_t>(smallest_k(learned, 0.9 * sum) - 1);
  const auto targets = static_cast<std::size_t>(smallest_k(curve.alignment, 0.9) - 1);
  return curve.eigenvalues[targets] > 0 ? curve.eigenvalues[inputs] / curve.eigenvalues[targets] : 0;
}

class LabelSearch {
 public:
  LabelSearch(const ShardPointers& shards, const Moments& all, const Device& device, const AdviceOptions& options,
              Advice& advice)
      : shards_(shards),
        all_(all),
        device_(device),
        options_(options),
        advice_(advice),
        search_(plan_search(all.shape)) {}

  void run() {
    look();
    for (int round = 1; round <= search_.rounds; ++round) refine(round);
    rank(judged(shortlist()));
    add_impact();
  }

 private:
  /// The grid; K and the facts come with it.
  void look() {
    const std::vector<Pretext> grid = search_.grid();
    SweepOptions sweep_options;
    sweep_options.largest_k = options_.k;
    sweep_options.progress = staged(options_.progress, "looking: ");
    const SweepResult result = sweep(all_, grid, device_, sweep_options);
    static_cast<ResultFacts&>(advice_) = result;
    advice_.timings.clear();
    lap("search: grid", result);
    advice_.notes = search_.notes;
    choose_k(result.rank);
    baseline_ = at_places(result.curves.front().alignment, advice_.shown_k);
    std::size_t curve = 1;
    for (std::size_t f = 0; f < search_.families.size(); ++f)
      for (std::size_t i = 0; i < search_.families[f].ratios.size(); ++i) record(result.curves[curve++], f, 0);
  }

  void choose_k(std::int64_t rank) {
    advice_.k = options_.k > 0 ? options_.k : advice_k(rank);
    for (const std::int64_t k : {advice_.k / 4, advice_.k, std::min(4 * advice_.k, rank)})
      if (k > 0 && (advice_.shown_k.empty() || k > advice_.shown_k.back())) advice_.shown_k.push_back(k);
    const auto place = std::find(advice_.shown_k.begin(), advice_.shown_k.end(), advice_.k);
    advice_.k_place = static_cast<std::size_t>(place - advice_.shown_k.begin());
  }

  void record(const Curve& curve, std::size_t family, int round) {
    Tried tried{curve.pretext, family, at_places(curve.alignment, advice_.shown_k)};
    for (std::size_t i = 0; i < baseline_.size(); ++i) tried.gain[i] -= baseline_[i];
    advice_.trials.push_back({curve.pretext, round, tried.gain[advice_.k_place], {}});
    tried_.push_back(std::move(tried));
  }

  /// The best of each family at K, best family first.
  [[nodiscard]] std::vector<Tried> family_bests() const {
    const std::size_t at = advice_.k_place;
    std::vector<Tried> bests;
    for (std::size_t f = 0; f < search_.families.size(); ++f) {
      const Tried* best = nullptr;
      for (const Tried& tried : tried_)
        if (tried.family == f && (!best || tried.gain[at] > best->gain[at])) best = &tried;
      bests.push_back(*best);
    }
    std::stable_sort(bests.begin(), bests.end(),
                     [at](const Tried& a, const Tried& b) { return a.gain[at] > b.gain[at]; });
    return bests;
  }

  /// Two strengths on either side of the best, evenly spaced up to its neighbours.
  void refine(int round) {
    std::vector<Pretext> between;
    std::vector<std::size_t> families;
    const std::vector<Tried> bests = family_bests();
    for (std::size_t i = 0; i < search_.refined_families; ++i) {
      const double best = bests[i].pretext.ratio;
      double below = least_ratio, above = largest_ratio;
      for (const Tried& tried : tried_) {
        if (tried.family != bests[i].family) continue;
        if (tried.pretext.ratio < best) below = std::max(below, tried.pretext.ratio);
        if (tried.pretext.ratio > best) above = std::min(above, tried.pretext.ratio);
      }
      for (const double share : {1.0 / 3, 2.0 / 3})
        for (const double end : {below, above}) {
          const double ratio = std::round(1000 * std::lerp(best, end, share)) / 1000;  // what a person would type
          if (ratio <= below || ratio >= above || ratio == best) continue;
          between.push_back(bests[i].pretext);
          between.back().ratio = ratio;
          families.push_back(bests[i].family);
        }
    }
    if (between.empty()) return;
    SweepOptions sweep_options;
    sweep_options.progress = staged(options_.progress, "refining: ");
    const SweepResult result = sweep(all_, between, device_, sweep_options);
    lap("search: refinement", result);
    for (std::size_t i = 0; i < between.size(); ++i) record(result.curves[i], families[i], round);
  }

  /// The best at shown K number `at`; nothing where it is no noise.
  [[nodiscard]] const Tried* best_at(std::size_t at) const {
    const auto best = std::max_element(tried_.begin(), tried_.end(),
                                       [at](const Tried& a, const Tried& b) { return a.gain[at] < b.gain[at]; });
    return best->gain[at] > 0 ? &*best : nullptr;
  }

  /// No noise, the best of the best families, then what is best at the other K.
  [[nodiscard]] std::vector<Pretext> shortlist() {
    std::vector<Pretext> list = {Pretext{}};
    const std::vector<Tried> bests = family_bests();
    for (std::size_t i = 0; i < search_.ranked_families; ++i) list.push_back(bests[i].pretext);
    ranked_ = list.size();
    for (std::size_t at = 0; at < advice_.shown_k.size(); ++at) {
      const Tried* best = best_at(at);
      if (at != advice_.k_place && best && std::find(list.begin(), list.end(), best->pretext) == list.end())
        list.push_back(best->pretext);
    }
    return list;
  }

  [[nodiscard]] SweepResult judged(const std::vector<Pretext>& list) {
    SweepOptions sweep_options;
    sweep_options.progress = staged(options_.progress, "judging: ");
    SweepResult result = shards_.size() > 1 ? jackknife(shards_, list, device_, sweep_options)
                                            : sweep(all_, list, device_, sweep_options);
    lap(shards_.size() > 1 ? "jackknife" : "ranked curves", result);
    return result;
  }

  void rank(const SweepResult& result) {
    advice_.shards = result.shards;
    advice_.student = result.student;
    for (std::size_t i = 0; i < ranked_; ++i) advice_.rows.push_back(row_of(result.curves[i]));
    const std::size_t at = advice_.k_place;
    std::stable_sort(advice_.rows.begin(), advice_.rows.end(),
                     [at](const AdviceRow& a, const AdviceRow& b) { return a.gain[at] > b.gain[at]; });
    mark_ties();
    for (std::size_t place = 0; place < advice_.shown_k.size(); ++place) {
      if (place == at) continue;
      const Tried* best = best_at(place);
      const Pretext pretext = best ? best->pretext : Pretext{};
      const auto curve = std::find_if(result.curves.begin(), result.curves.end(),
                                      [&](const Curve& each) { return each.pretext == pretext; });
      const AdviceRow row = row_of(*curve);
      advice_.elsewhere.push_back({advice_.shown_k[place], pretext, row.alignment[place], row.gain[place], {}});
      if (!row.gain_se.empty()) advice_.elsewhere.back().gain_se = row.gain_se[place];
    }
  }

  [[nodiscard]] AdviceRow row_of(const Curve& curve) const {
    AdviceRow row;
    row.pretext = curve.pretext;
    row.alignment = at_places(curve.alignment, advice_.shown_k);
    row.gain = row.alignment;
    for (std::size_t i = 0; i < row.gain.size(); ++i) row.gain[i] -= baseline_[i];
    // A K beyond the rank of a set without a shard has no interval; nor has then any other.
    const std::vector<double>& errors = curve.sampling.gain_se;
    if (!errors.empty() && advice_.shown_k.back() <= static_cast<std::int64_t>(errors.size()))
      row.gain_se = at_places(errors, advice_.shown_k);
    row.k90 = smallest_k(curve.alignment, 0.9);
    row.k99 = smallest_k(curve.alignment, 0.99);
    row.learning_ratio = learning_ratio(curve);
    row.keep_count = equivalent_count(curve.pretext);
    return row;
  }

  /// (97): m = P − r(P − 1), the nearest whole number.
  [[nodiscard]] std::int64_t equivalent_count(const Pretext& pretext) const {
    if (pretext.kind != PretextKind::mask) return 0;
    for (const AdviceFamily& family : search_.families) {
      Pretext same = family.pretext;
      same.ratio = pretext.ratio;
      if (same != pretext) continue;
      const auto groups = static_cast<double>(family.groups);
      return std::max<std::int64_t>(1, std::llround(groups - pretext.ratio * (groups - 1)));
    }
    return 0;
  }

  /// (96).
  void mark_ties() {
    const std::size_t at = advice_.k_place;
    const AdviceRow& best = advice_.rows.front();
    for (AdviceRow& row : advice_.rows) {
      row.as_good_as_best = &row == &best;
      if (row.gain_se.empty() || row.as_good_as_best) continue;
      const double error = std::hypot(best.gain_se[at], row.gain_se[at]);
      row.as_good_as_best = best.gain[at] - row.gain[at] <= advice_.student * error;
    }
  }

  void add_impact() {
    std::vector<Pretext> pretexts;
    for (const AdviceRow& row : advice_.rows) pretexts.push_back(row.pretext);
    const MaxSines impact = max_sines(all_, pretexts, advice_.k, device_, staged(options_.progress, "impact: "));
    for (std::size_t i = 0; i < impact.max_sin.size(); ++i) advice_.rows[i].max_sin = impact.max_sin[i];
    lap("impact", impact);
  }

  void lap(const std::string& stage, const ResultFacts& facts) {
    double seconds = 0;
    for (const SweepTiming& timing : facts.timings) seconds += timing.seconds;
    const auto known = std::find_if(advice_.timings.begin(), advice_.timings.end(),
                                    [&](const SweepTiming& timing) { return timing.stage == stage; });
    if (known == advice_.timings.end())
      advice_.timings.push_back({stage, seconds});
    else
      known->seconds += seconds;
  }

  const ShardPointers& shards_;
  const Moments& all_;
  const Device& device_;
  const AdviceOptions& options_;
  Advice& advice_;
  AdviceSearch search_;
  std::vector<double> baseline_;  ///< alignment without noise, at the shown K
  std::vector<Tried> tried_;
  std::size_t ranked_ = 0;  ///< leading pretexts of the shortlist that are ranked
};

/// Without labels: the strength of each family that turns the features at K most, the strongest family first.
void rank_by_impact(const Moments& all, const Device& device, const AdviceOptions& options, Advice& advice) {
  const AdviceSearch search = plan_search(all.shape);
  const std::vector<Pretext> grid = search.grid();
  const MaxSines impact = max_sines(all, grid, options.k, device, options.progress);
  static_cast<ResultFacts&>(advice) = impact;
  advice.k = impact.k;
  advice.shown_k = {impact.k};
  advice.notes = search.notes;
  const auto add_row = [&](std::size_t at) {
    AdviceRow row;
    row.pretext = grid[at];
    row.max_sin = impact.max_sin[at];
    advice.rows.push_back(row);
  };
  add_row(0);
  std::size_t first = 1;
  for (const AdviceFamily& family : search.families) {
    std::size_t most = first;
    for (std::size_t i = first; i < first + family.ratios.size(); ++i) {
      advice.trials.push_back({grid[i], 0, {}, impact.max_sin[i]});
      if (impact.max_sin[i] > impact.max_sin[most]) most = i;
    }
    add_row(most);
    first += family.ratios.size();
  }
  std::stable_sort(advice.rows.begin(), advice.rows.end(),
                   [](const AdviceRow& a, const AdviceRow& b) { return a.max_sin > b.max_sin; });
}

/// The ranked noises that might be better still where nothing was tried.
void add_edge_note(Advice& advice) {
  std::vector<std::string> names;
  for (const AdviceRow& row : advice.rows)
    if (advice.at_edge(row.pretext)) names.push_back(row.pretext.to_string());
  if (!names.empty())
    advice.notes.push_back(fmt::format("At the edge of the search, where the best may lie beyond what was tried: {}.",
                                       fmt::join(names, ", ")));
}

}  // namespace

const AdviceRow& Advice::plain() const {
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [](const AdviceRow& each) { return each.pretext.kind == PretextKind::reconstruct; });
  if (row == rows.end()) throw Error(ErrorCode::usage, "advice without a row of plain reconstruction");
  return *row;
}

bool Advice::at_edge(const Pretext& pretext) const {
  if (pretext.kind == PretextKind::reconstruct) return false;
  bool weaker = false, stronger = false;
  for (const AdviceTrial& trial : trials) {
    Pretext same = trial.pretext;
    same.ratio = pretext.ratio;
    if (same != pretext) continue;
    weaker = weaker || trial.pretext.ratio < pretext.ratio;
    stronger = stronger || trial.pretext.ratio > pretext.ratio;
  }
  return weaker != stronger;
}

std::int64_t advice_k(std::int64_t rank) { return std::max<std::int64_t>(1, (rank + 5) / 10); }

Advice advise(const ShardPointers& shards, const Device& device, const AdviceOptions& options) {
  if (shards.empty()) throw Error(ErrorCode::usage, "advice needs the moments of a data set");
  Advice advice;
  advice.basis = shards.front()->classes() < 2 ? AdviceBasis::impact : options.basis;
  const Moments all = sum_of(shards);
  if (advice.basis == AdviceBasis::impact) {
    rank_by_impact(all, device, options, advice);
  } else {
    if (shards.size() > 1) check_shards(shards);
    LabelSearch(shards, all, device, options, advice).run();
    add_edge_note(advice);
  }
  const std::string few = few_samples(advice);
  if (!few.empty()) advice.notes.insert(advice.notes.begin(), few);
  return advice;
}

Advice advise(const std::vector<Moments>& shards, const Device& device, const AdviceOptions& options) {
  return advise(pointers_to(shards), device, options);
}

MemoryPlan plan_advice(const ImageShape& shape, std::int64_t classes, std::int64_t shards, const Device& device) {
  const AdviceSearch search = plan_search(shape);
  const Outcome outcome = impact_outcome(ImpactDepth::angles);
  MemoryPlan plan = plan_jackknife(shape, classes, shards, search.grid(), SolveMode::standard, device, outcome);
  plan.text = fmt::format("advice: up to {} curves, noise structures: {}; {} of memory", search.most_curves(shards),
                          search.families.size(), format_byte_size(plan.bytes + plan.device_bytes));
  return plan;
}

}  // namespace eigenlens
