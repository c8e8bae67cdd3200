// SPDX-License-Identifier: Apache-2.0
// What curves say, in plain words.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "report/html_noise.hpp"
#include "report/html_page.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

constexpr double chance = 5e-5;  // gains that are written as 0.00 points, or nearly

std::string smallest_k(const FileCurve& curve, double share) {
  for (std::size_t i = 0; i < curve.k.size(); ++i)
    if (curve.alignment[i] >= share) return with_thousands(curve.k[i]);
  return {};
}

/// Of all curves with a gain at K, the one with the largest or the smallest.
const ReportCurve* extreme(const ReportCurves& curves, std::int64_t k, int sign) {
  const ReportCurve* found = nullptr;
  for (const ReportCurve& one : curves.all) {
    if (one.curve.pretext.kind == PretextKind::joint) continue;  // sees the classes, and is no noise
    const auto gain = curves.gain(one, k);
    if (gain && (found == nullptr || sign * *gain > sign * *curves.gain(*found, k))) found = &one;
  }
  return found;
}

/// A few K: powers of four that are there.
std::vector<std::int64_t> told_k(const ReportCurves& curves) {
  std::vector<std::int64_t> few;
  for (std::int64_t k = 4; k < curves.k.back(); k *= 4)
    if (std::binary_search(curves.k.begin(), curves.k.end(), k)) few.push_back(k);
  if (few.empty()) few.push_back(curves.shown_k);
  return few;
}

std::string plain_words(const ReportCurves& curves) {
  const auto base = curves.baseline(curves.all.front());
  if (!base)
    return "None of these curves is without noise, so the page cannot say what a noise gains: <code>--pretext "
           "reconstruct</code> adds it.";
  const ReportCurve& plain = curves.all[*base];
  std::vector<std::string> parts;
  for (const std::int64_t k : told_k(curves))
    if (const auto share = curves.alignment(plain, k))
      parts.push_back(fmt::format("{:.1f} % at K = {}", 100 * *share, with_thousands(k)));
  const std::string ninety = smallest_k(plain.curve, 0.9);
  return fmt::format("K features keep of what a linear classifier reads from the whole input: {}{}.",
                     fmt::join(parts, ", "), ninety.empty() ? "" : fmt::format("; 90 % takes {} features", ninety));
}

std::string best_at(const AdvisedNoise& best) {
  if (best.gain <= chance) return fmt::format("at K = {} none, no noise is best", with_thousands(best.k));
  return fmt::format("at K = {} <code>{}</code> ({} points{})", with_thousands(best.k), escaped(best.label),
                     points(best.gain, best.margin), best.margin > best.gain ? ", which may be chance" : "");
}

std::string best_words(const ReportCurves& curves, const std::vector<AdvisedNoise>& advised) {
  std::vector<std::string> parts, advice;
  for (const std::int64_t k : told_k(curves)) {
    const ReportCurve* best = extreme(curves, k, 1);
    if (best == nullptr) return {};
    parts.push_back(best_at({k, best->label, *curves.gain(*best, k), curves.margin(*best, k)}));
  }
  for (const AdvisedNoise& best : advised) advice.push_back(best_at(best));
  return fmt::format(
      "It depends on K. Of the curves on this page: {}.{}", fmt::join(parts, "; "),
      advice.empty() ? ""
                     : fmt::format(" The advice, which tried noises of its own, found {}.", fmt::join(advice, "; ")));
}

std::string cost_words(const ReportCurves& curves) {
  const std::int64_t k = curves.shown_k;
  const ReportCurve* worst = extreme(curves, k, -1);
  if (worst == nullptr || *curves.gain(*worst, k) > -chance) return {};
  const std::string own = smallest_k(worst->curve, 0.9);
  const std::string plain = smallest_k(curves.all[*curves.baseline(*worst)].curve, 0.9);
  const std::string features =
      plain.empty() ? std::string()
      : own.empty() ? fmt::format(", and never reaches 90 %, for which no noise takes {} features", plain)
                    : fmt::format(", and takes {} features for 90 % instead of {}", own, plain);
  return fmt::format("<code>{}</code> makes {} points at K = {}{}.", escaped(worst->label),
                     points(*curves.gain(*worst, k), curves.margin(*worst, k)), with_thousands(k), features);
}

std::string certainty_words(const ReportCurves& curves, const std::vector<AdvisedNoise>& advised) {
  constexpr const char* meaning = "± is half of a 95 % interval, from leaving out a part of the samples at a time.";
  const bool some = std::any_of(curves.all.begin(), curves.all.end(),
                                [](const ReportCurve& one) { return !one.curve.gain_se.empty(); });
  if (some) return meaning;
  if (std::any_of(advised.begin(), advised.end(), [](const AdvisedNoise& best) { return best.margin > 0; }))
    return fmt::format(
        "The gains of the advice have intervals: {} The curves come without, so a gain of a few tenths of a point may "
        "be chance there.",
        meaning);
  return "These curves come without intervals, so a gain of a few tenths of a point may be chance; "
         "<code>sweep --jackknife</code> and <code>advise</code> give intervals.";
}

std::string accuracy_words(const ReportCurves& curves) {
  const FileCurve* best = nullptr;
  const ReportCurve* whose = nullptr;
  std::size_t at = 0;
  for (const ReportCurve& one : curves.all) {
    const std::vector<double>& accuracy = one.curve.accuracy;
    if (accuracy.empty()) continue;
    const auto place = static_cast<std::size_t>(std::max_element(accuracy.begin(), accuracy.end()) - accuracy.begin());
    if (best != nullptr && accuracy[place] <= best->accuracy[at]) continue;
    best = &one.curve;
    whose = &one;
    at = place;
  }
  if (best == nullptr) return {};
  const std::string interval = best->accuracy_low.empty()
                                   ? ""
                                   : fmt::format(" (95 % interval {} to {} %)", percent(best->accuracy_low[at]),
                                                 percent(best->accuracy_high[at]));
  return fmt::format("On the {} test samples the best accuracy is {} %{}, with {} features of <code>{}</code>{}.",
                     with_thousands(whose->test_count), percent(best->accuracy[at]), interval,
                     with_thousands(best->k[at]), escaped(whose->label),
                     best->sufficient_k > 0 ? fmt::format("; from {} on, its accuracy cannot be told from that",
                                                          with_thousands(best->sufficient_k))
                                            : "");
}

}  // namespace

void say_dataset(const ReportResult& result, HtmlPage& page) {
  const ReportDataset& data = page.dataset();
  const Place facts = result.top()["dataset"];
  const double energy = facts["target_energy"].number();
  page.say(
      "The data",
      fmt::format(
          "{} samples of {} values ({} × {} × {}){}, rank {}.{}", with_thousands(data.count),
          with_thousands(data.shape.size()), data.shape.channels, data.shape.height, data.shape.width,
          data.classes > 1 ? fmt::format(" in {} classes", data.classes) : ", without labels",
          with_thousands(data.rank),
          energy > 0 && data.classes > 1
              ? fmt::format(" {:.1f} % of what tells the classes apart is linear in the input, and all that is said of "
                            "alignment is about that part.",
                            100 * energy)
              : ""));
}

void say_curves(const ReportCurves& curves, const std::vector<AdvisedNoise>& advised, HtmlPage& page) {
  if (curves.all.empty()) return;
  const std::pair<const char*, std::string> all[] = {{"Without noise", plain_words(curves)},
                                                     {"Which noise helps", best_words(curves, advised)},
                                                     {"What it can cost", cost_words(curves)},
                                                     {"On new images", accuracy_words(curves)},
                                                     {"How sure", certainty_words(curves, advised)}};
  for (const auto& [topic, sentence] : all)
    if (!sentence.empty()) page.say(topic, sentence);
}

}  // namespace eigenlens
