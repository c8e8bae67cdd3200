// SPDX-License-Identifier: Apache-2.0
// What the numbers of an advice mean, in sentences.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "eigenlens/advice.hpp"
#include "eigenlens/few_samples.hpp"

namespace eigenlens {
namespace {

/// "hide 4×4 patches with probability 0.62"
std::string in_words(const Pretext& pretext) {
  if (pretext.kind == PretextKind::reconstruct) return "add no noise";
  const bool pixels = pretext.patch_height == 1 && pretext.patch_width == 1;
  const std::string what = pretext.kind == PretextKind::dropout ? "single values"
                           : pixels                             ? "single pixels"
                                    : fmt::format("{}×{} patches", pretext.patch_height, pretext.patch_width);
  return fmt::format("hide {} with probability {:.3g}", what, pretext.ratio);
}

/// Half of the 95 % interval of a row's gain at K, in points; 0 without a jackknife.
double margin_of(const Advice& advice, const AdviceRow& row) {
  return row.gain_se.empty() ? 0 : 100 * advice.student * row.gain_se[advice.k_place];
}

std::string points(double gain, double margin) {
  return margin > 0 ? fmt::format("{:+.2f} ± {:.2f} points", 100 * gain, margin)
                    : fmt::format("{:+.2f} points", 100 * gain);
}

std::string recommended(const Advice& advice, const AdviceRow& best) {
  const AdviceRow& plain = advice.plain();
  const std::size_t at = advice.k_place;
  const double gain = best.gain[at], margin = margin_of(advice, best);
  const std::string kept = best.keep_count > 0 ? fmt::format(", or a masked autoencoder that sees {} patch{}",
                                                             best.keep_count, best.keep_count == 1 ? "" : "es")
                                               : "";
  std::string text = fmt::format(
      "At K = {}, {} ({}{}). A linear probe then reads {:.1f} % of what it can read from the whole input, {:.1f} % "
      "without noise: {}.",
      advice.k, in_words(best.pretext), best.pretext.to_string(), kept, 100 * best.alignment[at],
      100 * plain.alignment[at], points(gain, margin));
  if (advice.at_edge(best.pretext))
    text += fmt::format(
        " It is at the edge of the search, nothing beyond ratio {:.3g} was tried with it: take it as a direction, not "
        "as "
        "a recipe.",
        best.pretext.ratio);
  if (best.k90 != plain.k90) text += fmt::format(" For 90 % it takes {} features instead of {}.", best.k90, plain.k90);
  return text;
}

std::string unhelpful(const Advice& advice, const AdviceRow& best) {
  const std::size_t at = advice.k_place;
  const AdviceRow& plain = advice.plain();
  std::string text = fmt::format("At K = {} no noise helps", advice.k);
  if (best.pretext.kind != PretextKind::reconstruct)
    return text + fmt::format(
                      " as far as these samples can tell: the best, {}, makes {}, which includes none. Without noise a "
                      "linear probe reads {:.1f} % of what it can read from the whole input.",
                      best.pretext.to_string(), points(best.gain[at], margin_of(advice, best)),
                      100 * plain.alignment[at]);
  text += fmt::format(": train without, and a linear probe reads {:.1f} % of what it can read from the whole input.",
                      100 * plain.alignment[at]);
  if (advice.rows.size() > 1)
    text += fmt::format(" The best noise, {}, makes {}.", advice.rows[1].pretext.to_string(),
                        points(advice.rows[1].gain[at], margin_of(advice, advice.rows[1])));
  return text;
}

std::string ties(const Advice& advice) {
  std::vector<std::string> equals;
  for (const AdviceRow& row : advice.rows)
    if (row.as_good_as_best && &row != &advice.rows.front()) equals.push_back(row.pretext.to_string());
  if (equals.empty()) return {};
  return fmt::format(" As good, as far as the intervals can tell: {}.", fmt::join(equals, ", "));
}

/// The trial that costs most.
std::string to_avoid(const Advice& advice) {
  const auto worst = std::min_element(advice.trials.begin(), advice.trials.end(), [](const auto& a, const auto& b) {
    return a.gain.value_or(0) < b.gain.value_or(0);
  });
  if (worst == advice.trials.end() || worst->gain.value_or(0) >= -0.005) return {};
  return fmt::format(" Worst of all that was tried: {}, {:+.2f} points.", worst->pretext.to_string(),
                     100 * *worst->gain);
}

std::string by_impact(const Advice& advice) {
  const AdviceRow& most = advice.rows.front();
  if (!(most.max_sin.value_or(0) > 1e-8))
    return fmt::format("At K = {} none of these noises turns the features: whatever the task, they change nothing.",
                       advice.k);
  return fmt::format(
      "Without labels nothing says which noise helps; this says which can matter. At K = {}, {} ({}) turns the learned "
      "features most: there is a task whose alignment it changes by {:.1f} points, and none that it changes by more, "
      "for better or worse. A noise further down the table can do less to any task; one near 0 need not be tried. To "
      "know the sign for a task of yours, label some samples and run this with them.",
      advice.k, in_words(most.pretext), most.pretext.to_string(), 100 * *most.max_sin);
}

}  // namespace

std::string advice_verdict(const Advice& advice) {
  const std::string few = few_samples(advice);
  const std::string warning = few.empty() ? few : " But " + few;
  if (advice.basis == AdviceBasis::impact) return by_impact(advice) + warning;
  const AdviceRow& best = advice.rows.front();
  const bool helps =
      best.pretext.kind != PretextKind::reconstruct && 100 * best.gain[advice.k_place] > margin_of(advice, best);
  std::string text = (helps ? recommended(advice, best) : unhelpful(advice, best)) + ties(advice) + to_avoid(advice);
  text += best.gain_se.empty()
              ? " How sure a gain is cannot be told from one set of moments: give the data set itself, or moments of "
                "several parts of it."
              : " A difference within the intervals is no difference.";
  return text + warning;
}

std::string advice_caveat(const Advice& advice) {
  std::string text =
      "What this can say: it is exact for linear autoencoders, trained to the end, and a linear probe on their "
      "features, "
      "on the samples that were read. It is not accuracy on new images, and a deep network may rank noises "
      "differently: take it as what to try first, and as what a noise does to the second moments before any network "
      "adds to it.";
  if (advice.basis == AdviceBasis::labels)
    text += fmt::format(
        " The best of {} noises was chosen on the same samples that judge it, so its gain looks a little better than "
        "it "
        "is; the interval is of the samples alone, and leaves that choice out.",
        advice.trials.size());
  return text;
}

}  // namespace eigenlens
