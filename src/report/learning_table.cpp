// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "eigenlens/learning.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t most_classes = 10;  // that are shown

/// Three digits, and no more zeros than needed: 0.81, 12.3, 4,580.
std::string time_text(double time) {
  if (time >= 1000) return with_thousands(static_cast<std::int64_t>(time + 0.5));
  return fmt::format("{:.{}f}", time, time < 10 ? 2 : time < 100 ? 1 : 0);
}

std::string header_of(const LearningResult& r) {
  std::string text = fmt::format("{}: {} samples (N), {} inputs (D), {} classes, rank R = {}\n",
                                 r.dataset.empty() ? "data" : r.dataset, with_thousands(r.count),
                                 with_thousands(r.shape.size()), r.classes, r.rank);
  text += fmt::format(
      "A linear autoencoder that is trained from small weights (strength {:g}) learns direction after direction,\n"
      "in the order of their variance. Time 1: the first direction is half learned.\n\n",
      r.initial);
  return text;
}

std::string milestones_of(const LearningResult& r) {
  std::string text = "            of the inputs' energy     of what tells the classes apart\n";
  text += "share          at time  directions       at time  directions       later by   by eigenvalues\n";
  text += std::string(91, '-') + "\n";
  for (const LearningMilestone& m : r.milestones)
    text += fmt::format("{:>4g} %       {:>9} {:>11}     {:>9} {:>11}    {:>9} x      {:>9} x\n", 100 * m.share,
                        time_text(m.input_time), m.input_k, time_text(m.target_time), m.target_k,
                        time_text(m.time_ratio()), time_text(m.eigenvalue_ratio));
  return text + "\n";
}

std::string finding_of(const LearningResult& r) {
  const auto found =
      std::find_if(r.milestones.begin(), r.milestones.end(), [](const LearningMilestone& m) { return m.share == 0.9; });
  if (found == r.milestones.end()) return {};
  const LearningMilestone& m = *found;
  std::string text = fmt::format(
      "90 % of the inputs' energy is learned at time {}, 90 % of what tells the classes apart at {}: {} times {}.\n",
      time_text(m.input_time), time_text(m.target_time), time_text(std::max(m.time_ratio(), 1 / m.time_ratio())),
      m.time_ratio() >= 1 ? "later" : "earlier");
  const auto at = std::lower_bound(r.time.begin(), r.time.end(), m.input_time);
  if (at != r.time.end())
    text += fmt::format("When 90 % of the inputs' energy is learned, {:.1f} % of what tells the classes apart is.\n",
                        100 * r.target[static_cast<std::size_t>(at - r.time.begin())]);
  return text;
}

/// The classes that wait longest, and those that wait least.
std::string classes_of(const LearningResult& r) {
  std::vector<LearningClass> classes = r.per_class;
  std::stable_sort(classes.begin(), classes.end(),
                   [](const LearningClass& a, const LearningClass& b) { return a.time < b.time; });
  std::string text = "\nclass, by the time at which 90 % of what is linear in it is learned\n";
  std::size_t width = 0;
  for (const LearningClass& one : classes) width = std::max(width, one.name.size());
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const bool shown = classes.size() <= most_classes || i < most_classes / 2 || i >= classes.size() - most_classes / 2;
    if (shown) text += fmt::format("  {:{}}  {:>9}\n", classes[i].name, width, time_text(classes[i].time));
    if (!shown && i == most_classes / 2) text += "  …\n";
  }
  return text;
}

}  // namespace

std::string format_table(const LearningResult& result) {
  return header_of(result) + milestones_of(result) + finding_of(result) + classes_of(result) + "\n" +
         computed_on(result);
}

}  // namespace eigenlens
