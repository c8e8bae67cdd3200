// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "eigenlens/advice.hpp"
#include "eigenlens/few_samples.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t line_width = 100;

/// Columns of a text in UTF-8.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

/// A paragraph in lines of a terminal's width.
std::string wrapped(const std::string& text) {
  std::istringstream words(text);
  std::string lines, line;
  for (std::string word; words >> word;) {
    if (!line.empty() && columns_of(line) + 1 + columns_of(word) > line_width) {
      lines += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return lines + line + "\n";
}

std::string gain_cell(const Advice& advice, double gain, const double* error) {
  if (!error) return fmt::format("{:+.2f}", 100 * gain);
  return fmt::format("{:+.2f} ± {:.2f}", 100 * gain, 100 * advice.student * *error);
}

std::string impact_cell(const AdviceRow& row) {
  return row.max_sin ? fmt::format("{:.1f}", 100 * *row.max_sin) : std::string("-");
}

/// The ratio of the times that gradient descent takes, as a person would say it.
std::string times_cell(double ratio) { return fmt::format("{:.{}f}", ratio, ratio < 10 ? 1 : 0); }

std::vector<std::string> labels_of_rows(const Advice& advice) {
  std::vector<Pretext> pretexts;
  for (const AdviceRow& row : advice.rows) pretexts.push_back(row.pretext);
  return labels_of(pretexts);
}

std::string header_of(const Advice& a) {
  std::string text = fmt::format("{}: {} samples (N), {} inputs (D) of shape {}x{}x{}, {} {}; rank R = {}\n",
                                 a.dataset.empty() ? "data" : a.dataset, with_thousands(a.count),
                                 with_thousands(a.shape.size()), a.shape.channels, a.shape.height, a.shape.width,
                                 with_thousands(a.classes), a.classes == 1 ? "class" : "classes", a.rank);
  const std::string few = few_samples(a);
  if (!few.empty()) text += few + "\n";
  if (a.basis == AdviceBasis::labels)
    return text + fmt::format(
                      "Which noise to train an autoencoder of K = {} features with: {} were tried.\n"
                      "Alignment: of what a linear probe can read from the whole input ({:.1f} % of what tells the\n"
                      "classes apart), the share that it reads from the features.\n",
                      a.k, a.trials.size(), 100 * a.target_energy);
  return text +
         fmt::format("Which noise can matter to an autoencoder of K = {} features: {} were tried, without labels.\n",
                     a.k, a.trials.size());
}

std::string label_rows(const Advice& advice) {
  const std::vector<std::string> labels = labels_of_rows(advice);
  std::size_t width = 5;
  for (const std::string& label : labels) width = std::max(width, label.size());
  std::string text = fmt::format("\n{:{}}  {:>9}  {:>15}  {:^15}  {:>7}  {:>8}\n", "", width, "alignment",
                                 "gain, points", "smallest K for", "largest", "learning");
  text +=
      fmt::format("{:{}}  {:>9}  {:>15}  {:>7} {:>7}  {:>7}  {:>8}\n", "noise", width, fmt::format("K = {}", advice.k),
                  advice.shards > 0 ? "± 95 %" : "", "90 %", "99 %", "impact", "ratio");
  text += std::string(width + 64, '-') + "\n";
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const AdviceRow& row = advice.rows[i];
    const std::size_t at = advice.k_place;
    const bool plain = row.pretext.kind == PretextKind::reconstruct;
    const std::string gain =
        plain ? "-" : gain_cell(advice, row.gain[at], row.gain_se.empty() ? nullptr : &row.gain_se[at]);
    text +=
        fmt::format("{:{}}  {:>9.2f}  {:>15}  {:>7} {:>7}  {:>7}  {:>8}\n", labels[i], width, 100 * row.alignment[at],
                    gain, row.k90, row.k99, impact_cell(row), times_cell(row.learning_ratio));
  }
  return text;
}

std::string elsewhere_lines(const Advice& advice) {
  std::string text;
  for (const AdviceElsewhere& best : advice.elsewhere)
    text += fmt::format(
        "At K = {}: {}\n", best.k,
        best.pretext.kind == PretextKind::reconstruct
            ? fmt::format("no noise is best, {:.2f} %", 100 * best.alignment)
            : fmt::format("{} is best, {:.2f} %, {} points", labels_of({best.pretext}).front(), 100 * best.alignment,
                          gain_cell(advice, best.gain, best.gain_se ? &*best.gain_se : nullptr)));
  return text;
}

constexpr auto legend =
    "Impact: the most by which this noise changes the alignment of any task whatever, in points; it is large\n"
    "for any noise where feature K is nearly tied with the next.\n"
    "Learning ratio: how many times longer than 90 % of what the pretext rewards gradient descent needs for\n"
    "90 % of what the classes need.\n";

std::string impact_rows(const Advice& advice) {
  const std::vector<std::string> labels = labels_of_rows(advice);
  std::size_t width = 5;
  for (const std::string& label : labels) width = std::max(width, label.size());
  std::string text =
      fmt::format("\n{:{}}  {:>22}\n{}\n", "noise", width, "largest impact, points", std::string(width + 24, '-'));
  for (std::size_t i = 0; i < labels.size(); ++i)
    text += fmt::format("{:{}}  {:>22}\n", labels[i], width, impact_cell(advice.rows[i]));
  return text;
}

}  // namespace

std::string format_table(const Advice& advice) {
  std::string text = header_of(advice);
  if (advice.basis == AdviceBasis::labels)
    text += label_rows(advice) + "\n" + legend + elsewhere_lines(advice);
  else
    text += impact_rows(advice);
  text += "\n" + wrapped(advice_verdict(advice)) + "\n";
  std::string notes;
  for (const std::string& remark : advice.notes)
    if (remark != few_samples(advice)) notes += remark + " ";  // the table's head has it
  return text + wrapped(notes) + "\n" + wrapped(advice_caveat(advice)) + computed_on(advice);
}

}  // namespace eigenlens
