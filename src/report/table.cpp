// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "eigenlens/few_samples.hpp"
#include "eigenlens/report.hpp"
#include "report/labels.hpp"
#include "report/probe_values.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t line_width = 100;
constexpr double thresholds[] = {0.5, 0.9, 0.99};

std::string count_of(std::int64_t n, const char* one, const char* several) {
  return fmt::format("{} {}", with_thousands(n), n == 1 ? one : several);
}

/// As many as fit a line beside labels of this width, evenly chosen, first and last included; cells of `cell` columns.
std::vector<std::int64_t> thinned(const std::vector<std::int64_t>& k, std::size_t label_width, std::size_t cell) {
  const std::size_t taken = label_width + 3 + 7 * std::size(thresholds);
  const std::size_t room = std::max<std::size_t>(3, taken < line_width ? (line_width - taken) / cell : 0);
  if (k.size() <= room) return k;
  std::vector<std::int64_t> few;
  for (std::size_t i = 0; i < room; ++i) few.push_back(k[i * (k.size() - 1) / (room - 1)]);
  return few;
}

/// 1, 4, 16, ... below the largest rank, and that rank.
std::vector<std::int64_t> powers_of_four(const std::vector<Curve>& curves) {
  std::int64_t rank = 0;
  for (const Curve& curve : curves) rank = std::max(rank, static_cast<std::int64_t>(curve.alignment.size()));
  std::vector<std::int64_t> k;
  for (std::int64_t power = 1; power < rank; power *= 4) k.push_back(power);
  if (rank > 0) k.push_back(rank);
  return k;
}

std::string smallest_k(const Curve& curve, double threshold) {
  const auto reached =
      std::find_if(curve.alignment.begin(), curve.alignment.end(), [&](double value) { return value >= threshold; });
  if (reached == curve.alignment.end()) return "-";
  return std::to_string(reached - curve.alignment.begin() + 1);
}

/// "92.14", with a jackknife "92.14 ± 0.08"; "-" beyond the rank.
std::string alignment_cell(const Curve& curve, std::int64_t k) {
  const auto at = static_cast<std::size_t>(k - 1);
  if (at >= curve.alignment.size()) return "-";
  const std::vector<double>& errors = curve.sampling.alignment_se;
  const std::string share = fmt::format("{:.2f}", 100 * curve.alignment[at]);
  return at < errors.size() ? fmt::format("{} ± {:.2f}", share, 100 * errors[at]) : share;
}

std::string header_of(const SweepResult& r) {
  std::string text =
      fmt::format("{}: {} (N), {} (D) of shape {}x{}x{}, {}\n", r.dataset.empty() ? "data" : r.dataset,
                  count_of(r.count, "sample", "samples"), count_of(r.shape.size(), "input", "inputs"), r.shape.channels,
                  r.shape.height, r.shape.width, count_of(r.classes, "class", "classes"));
  if (r.form == MomentsForm::dual) text += "Dual form: from products of samples, N x N, not of inputs, D x D.\n";
  text += fmt::format("Rank R = {}, {} constant; {:.1f} % of what tells the classes apart is linear in the inputs.\n",
                      r.rank, count_of(r.constant_pixels, "input is", "inputs are"), 100 * r.target_energy);
  text +=
      "Alignment: of that linear part, the share that a linear classifier still finds in the K features\n"
      "that the pretext task learns first. 0 %: useless for telling the classes apart; 100 %: nothing lost.\n";
  const std::string few = few_samples(r);
  return few.empty() ? text : text + few + "\n";
}

/// Where masks never show some pixels, a curve may end below.
bool reaches_90(const Curve& curve) { return curve.alignment.back() >= 0.9; }

/// The first K that reaches 90 %.
std::int64_t features_for_90(const Curve& curve) {
  const auto& a = curve.alignment;
  return std::find_if(a.begin(), a.end(), [](double share) { return share >= 0.9; }) - a.begin() + 1;
}

bool without_noise(const Pretext& pretext) {
  const bool hides = pretext.kind == PretextKind::mask || pretext.kind == PretextKind::dropout;
  return pretext.kind == PretextKind::reconstruct || (hides && pretext.ratio == 0);
}

/// What a reader would look for in the table first: which pretext needs the fewest features, which the most.
std::string finding_of(const SweepResult& result, const std::vector<std::string>& labels) {
  if (result.curves.size() < 2 || !std::all_of(result.curves.begin(), result.curves.end(), reaches_90)) return {};
  std::size_t fewest = 0, most = 0;
  for (std::size_t i = 1; i < result.curves.size(); ++i) {
    if (features_for_90(result.curves[i]) < features_for_90(result.curves[fewest])) fewest = i;
    if (features_for_90(result.curves[i]) > features_for_90(result.curves[most])) most = i;
  }
  if (features_for_90(result.curves[fewest]) == features_for_90(result.curves[most]))
    return fmt::format("90 % takes {} features whatever the pretext task.\n", features_for_90(result.curves[most]));
  std::string text = fmt::format("90 % takes the fewest features, {}, with {}\nand the most, {}, with {}",
                                 features_for_90(result.curves[fewest]), labels[fewest],
                                 features_for_90(result.curves[most]), labels[most]);
  for (const Curve& curve : result.curves)
    if (without_noise(curve.pretext)) return text + fmt::format("; without noise {}.\n", features_for_90(curve));
  return text + ".\n";
}

/// What a reader may take for a fault.
std::string notes_of(const SweepResult& result) {
  std::string text;
  const auto gaussian = [](const Curve& curve) { return curve.pretext.kind == PretextKind::gaussian; };
  if (std::any_of(result.curves.begin(), result.curves.end(), gaussian))
    text += "Gaussian noise learns the features of plain reconstruction, in the same order, at every sigma.\n";
  const auto ends_early = [&](const Curve& curve) { return curve.checks.rank < result.rank; };
  if (std::any_of(result.curves.begin(), result.curves.end(), ends_early))
    text += "A curve that ends before K = R is of masks that never show some pixels: what those tell is lost.\n";
  if (result.shards > 0)
    text += fmt::format(
        "±: one standard error, by leaving out one of {} shards of the samples at a time; 95 % is {:.3g} of them.\n"
        "Gains over reconstruct have errors of their own (--out, --csv): the same samples are left out of both.\n",
        result.shards, result.student);
  return text;
}

}  // namespace

std::string format_table(const SweepResult& result, const ReportOptions& options) {
  std::string text = header_of(result);
  if (result.curves.empty()) return text;
  for (const Curve& curve : result.curves) selected_k(curve, options);  // refuses what cannot be shown
  std::vector<Pretext> pretexts;
  for (const Curve& curve : result.curves) pretexts.push_back(curve.pretext);
  const std::vector<std::string> labels = labels_of(pretexts);
  std::size_t width = std::string_view("pretext task").size();
  for (const std::string& label : labels) width = std::max(width, label.size());

  const std::size_t cell = result.shards > 0 ? 14 : 7;
  const std::set<std::int64_t> asked(options.k.begin(), options.k.end());
  const std::vector<std::int64_t> k =
      thinned(asked.empty() ? powers_of_four(result.curves) : std::vector<std::int64_t>(asked.begin(), asked.end()),
              width, cell);
  if (asked.size() > k.size())
    text += fmt::format("({} of the {} K asked for fit here; --out and --csv have all.)\n", k.size(), asked.size());
  text += fmt::format("\n{:{}}  {:^{}}       {}\n{:{}} ", "", width, "alignment (%) at K =", cell * k.size() - 1,
                      "smallest K for", "pretext task", width);
  for (const std::int64_t wanted : k) text += fmt::format(" {:>{}}", wanted, cell - 1);
  text += "  ";
  for (const double threshold : thresholds) text += fmt::format(" {:>6}", fmt::format("{:g} %", 100 * threshold));
  text += "\n" + std::string(width + 1 + cell * k.size() + 2 + 7 * std::size(thresholds), '-') + "\n";
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Curve& curve = result.curves[i];
    text += fmt::format("{:{}} ", labels[i], width);
    for (const std::int64_t wanted : k) text += fmt::format(" {:>{}}", alignment_cell(curve, wanted), cell - 1);
    text += "  ";
    for (const double threshold : thresholds) text += fmt::format(" {:>6}", smallest_k(curve, threshold));
    text += "\n";
  }
  text += probe_table(result, labels, k, width);
  return text + "\n" + finding_of(result, labels) + notes_of(result) + checked_line(result.curves) +
         computed_on(result);
}

}  // namespace eigenlens
