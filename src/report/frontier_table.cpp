// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "eigenlens/frontier.hpp"
#include "report/frontier_selection.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t most_rows = 14;

/// 1, 2, 4, … below the rank, and that of F, where supervision has all that it can get.
std::vector<std::int64_t> default_k(const FrontierResult& result) {
  std::vector<std::int64_t> k;
  for (std::int64_t power = 1; power < result.rank; power *= 2) k.push_back(power);
  k.push_back(std::min(result.perfect.target_rank, result.rank));
  std::sort(k.begin(), k.end());
  k.erase(std::unique(k.begin(), k.end()), k.end());
  return k;
}

std::vector<std::int64_t> thinned(const std::vector<std::int64_t>& k) {
  if (k.size() <= most_rows) return k;
  std::vector<std::int64_t> few;
  for (std::size_t i = 0; i < most_rows; ++i) few.push_back(k[i * (k.size() - 1) / (most_rows - 1)]);
  return few;
}

std::string header_of(const FrontierResult& r) {
  std::string text = fmt::format("{}: {} samples (N), {} inputs (D), {} classes; rank R = {}, of the classes {}.\n",
                                 r.dataset.empty() ? "data" : r.dataset, with_thousands(r.count),
                                 with_thousands(r.shape.size()), r.classes, r.rank, r.perfect.target_rank);
  return text +
         "K features that minimise (loss of a linear classifier) + lambda x (loss of reconstruction), exactly:\n"
         "alignment is the share of what is linear in the classes that they carry, error the share of the input's\n"
         "energy that they lose. lambda = inf is plain reconstruction; lambda -> 0 learns the classes first.\n";
}

std::string row_of(const FrontierResult& result, std::int64_t k) {
  const Exchange e = exchange_at(result, k);
  const auto percent = [](double share) { return 100 * share; };
  std::string row = fmt::format("{:>6}  {:>9.2f} {:>9.2f}  {:>9.2f} {:>9.2f}", k, percent(e.alignment(*e.plain)),
                                percent(e.reconstruction(*e.plain, result)), percent(e.alignment(*e.supervised)),
                                percent(e.reconstruction(*e.supervised, result)));
  if (e.most == e.plain) return row + "  nothing to gain\n";
  return row + fmt::format("  {:>9.3g} {:>9.2f} {:>9.2f}\n", e.most->lambda, percent(e.alignment(*e.most)),
                           percent(e.reconstruction(*e.most, result)));
}

/// The row of which a reader would want to hear: where supervision gains most.
std::string finding_of(const FrontierResult& result, const std::vector<std::int64_t>& k) {
  Exchange best = exchange_at(result, k.front());
  const auto gain = [](const Exchange& e) { return e.alignment(*e.supervised) - e.alignment(*e.plain); };
  for (const std::int64_t wanted : k) {
    const Exchange e = exchange_at(result, wanted);
    if (gain(e) > gain(best)) best = e;
  }
  if (best.most == best.plain) return "Plain reconstruction already learns all that is linear in the classes.\n";
  const double before = 100 * best.reconstruction(*best.plain, result);
  const double after = 100 * best.reconstruction(*best.most, result);
  return fmt::format(
      "Most is gained at K = {}: plain reconstruction carries {:.1f} % of what is linear in the classes, learning "
      "them\n"
      "beside it {:.1f} %. lambda = {:.3g} has {:.1f} %, for an error of reconstruction of {:.2f} % instead of {:.2f} "
      "%.\n",
      best.k, 100 * best.alignment(*best.plain), 100 * best.alignment(*best.supervised), best.most->lambda,
      100 * best.alignment(*best.most), after, before);
}

std::string perfect_of(const FrontierResult& result) {
  const PerfectAlignment& perfect = result.perfect;
  std::string text =
      perfect.smallest_k >= result.rank
          ? std::string("No K below the rank makes the two tasks one: the weight lambda always matters.\n")
          : fmt::format("From K = {} on the two tasks are one: whatever lambda, the same is learned of the classes.\n",
                        perfect.smallest_k);
  if (perfect.angles_at_rank.empty()) return text;
  return text + fmt::format(
                    "The {0} directions of the classes and the first {0} principal components are {1:.1f} to {2:.1f} "
                    "degrees apart.\n",
                    perfect.target_rank, perfect.angles_at_rank.back(), perfect.angles_at_rank.front());
}

}  // namespace

std::string format_table(const FrontierResult& result, const ReportOptions& options) {
  const std::vector<std::int64_t> asked = selected_k(result, options);
  const std::vector<std::int64_t> k = options.k.empty() ? default_k(result) : thinned(asked);
  std::string text = header_of(result);
  if (k.size() < options.k.size())
    text += fmt::format("({} of the {} K asked for fit here; --out and --csv have all.)\n", k.size(), asked.size());
  text +=
      "\n        plain reconstruction  classes first (-> 0)  largest lambda with 90 % of the gain\n"
      "     K  align (%) error (%)  align (%) error (%)     lambda align (%) error (%)\n" +
      std::string(80, '-') + "\n";
  for (const std::int64_t wanted : k) text += row_of(result, wanted);
  return text + "\n" + finding_of(result, k) + perfect_of(result) + checked_line(result.points) + computed_on(result);
}

}  // namespace eigenlens
