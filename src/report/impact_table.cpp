// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "eigenlens/impact.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t line_width = 100;
constexpr std::size_t column_width = 8;
/// What no number of the table would show: nothing but rounding.
constexpr double nothing = 1e-8;

struct Rows {
  std::vector<std::string> labels;
  std::size_t width = std::string_view("pretext task").size();
};

Rows rows_of(const ImpactResult& result) {
  std::vector<Pretext> pretexts;
  for (const NoiseImpact& impact : result.impacts) pretexts.push_back(impact.pretext);
  Rows rows;
  rows.labels = labels_of(pretexts);
  for (const std::string& label : rows.labels) rows.width = std::max(rows.width, label.size());
  return rows;
}

/// Entries of `k` that fit a line beside labels of this width, evenly chosen, first and last included.
std::vector<std::size_t> shown_of(std::size_t count, std::size_t label_width) {
  const std::size_t room =
      std::max<std::size_t>(3, label_width < line_width ? (line_width - label_width) / column_width : 0);
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < std::min(count, room); ++i)
    shown.push_back(count <= room ? i : i * (count - 1) / (room - 1));
  return shown;
}

/// One number of a pretext in percent; nothing where its lists have ended.
struct Quantity {
  const char* title;
  std::vector<double> NoiseImpact::*values;
  enum class Entries { by_k, by_place } entries;  ///< entry K − 1, or at the place of K in ImpactResult::k
};

std::string block(const ImpactResult& result, const Rows& rows, const std::vector<std::int64_t>& k,
                  const Quantity& quantity) {
  const std::vector<std::size_t> shown = shown_of(k.size(), rows.width);
  std::string text = fmt::format("\n{}\n{:{}} ", quantity.title, "pretext task", rows.width);
  for (const std::size_t i : shown) text += fmt::format("{:>7} ", k[i]);
  text += "\n" + std::string(rows.width + 1 + column_width * shown.size(), '-') + "\n";
  for (std::size_t p = 0; p < rows.labels.size(); ++p) {
    const NoiseImpact& impact = result.impacts[p];
    const std::vector<double>& values = impact.*quantity.values;
    text += fmt::format("{:{}} ", rows.labels[p], rows.width);
    for (const std::size_t i : shown) {
      const std::size_t entry =
          quantity.entries == Quantity::Entries::by_place ? i : static_cast<std::size_t>(k[i] - 1);
      text += entry < values.size()
                  ? fmt::format("{:>7.2f}{}", 100 * values[entry], result.determined(impact, k[i]) ? ' ' : '*')
                  : fmt::format("{:>7} ", "-");
    }
    while (text.back() == ' ') text.pop_back();
    text += "\n";
  }
  return text;
}

std::string header_of(const ImpactResult& r) {
  std::string text = fmt::format(
      "{}: {} samples (N), {} inputs (D) of shape {}x{}x{}; no labels are used.\n"
      "Rank R = {}, {} inputs are constant.\n",
      r.dataset.empty() ? "data" : r.dataset, with_thousands(r.count), with_thousands(r.shape.size()), r.shape.channels,
      r.shape.height, r.shape.width, r.rank, r.constant_pixels);
  if (r.depth == ImpactDepth::couplings)
    return text +
           "Coupling: how strongly a noise ties the first K principal components to the rest, as a share of all that\n"
           "it sees. 0: the first K stay together at every strength; the larger, the more it mixes others into them.\n";
  return text +
         "Impact: what K features learned under a noise can be worth more or less than K principal components, to\n"
         "any task whatever: no task's alignment changes by more, and some task's by exactly as much.\n"
         "0: the noise changes nothing; 100 points: some task is lost, or found, altogether.\n";
}

double largest_of(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

double mean_of(const NoiseImpact& impact) {
  double sum = 0;
  for (const double value : impact.mean_sin2) sum += value;
  return sum / static_cast<double>(std::max<std::size_t>(impact.mean_sin2.size(), 1));
}

/// Which noise does most and which least; and which does nothing.
std::string finding_of(const ImpactResult& result, const Rows& rows) {
  std::string text;
  std::vector<std::size_t> changing;
  for (std::size_t p = 0; p < rows.labels.size(); ++p) {
    const NoiseImpact& impact = result.impacts[p];
    const double largest = std::max(largest_of(impact.max_sin), largest_of(impact.mean_sin2));
    if (largest > nothing) {
      changing.push_back(p);
    } else if (impact.pretext.kind != PretextKind::reconstruct) {
      text += fmt::format("{} learns the principal components: it changes no task, at any K.\n", rows.labels[p]);
    }
  }
  if (changing.size() < 2) return text;
  const auto less = [&](std::size_t a, std::size_t b) {
    return mean_of(result.impacts[a]) < mean_of(result.impacts[b]);
  };
  const auto [least, most] = std::minmax_element(changing.begin(), changing.end(), less);
  return text + fmt::format(
                    "Over all K, of those that change something, {} turns away least\n({:.2f} % of a feature on "
                    "average)\nand {} most ({:.2f} %).\n",
                    rows.labels[*least], 100 * mean_of(result.impacts[*least]), rows.labels[*most],
                    100 * mean_of(result.impacts[*most]));
}

/// What a reader may take for a fault.
std::string notes_of(const ImpactResult& result, const std::vector<std::int64_t>& k) {
  const auto unclear = [&](const NoiseImpact& impact) {
    return std::any_of(k.begin(), k.end(), [&](std::int64_t each) { return !result.determined(impact, each); });
  };
  if (std::any_of(result.impacts.begin(), result.impacts.end(), unclear))
    return "* not determined: features K and K + 1 are as strong as each other, with the noise or without it.\n";
  return {};
}

}  // namespace

std::string format_table(const ImpactResult& result, const ReportOptions&) {
  using Entries = Quantity::Entries;
  std::string text = header_of(result);
  if (result.impacts.empty()) return text;
  const Rows rows = rows_of(result);
  if (result.depth == ImpactDepth::couplings) {
    const std::vector<std::int64_t> k = impact_k(result.rank);
    text += block(result, rows, k, {"coupling (%) at K =", &NoiseImpact::coupling, Entries::by_k});
    return text + "\n" + notes_of(result, k) + computed_on(result);
  }
  text += block(result, rows, result.k,
                {"largest change of alignment (points) at K =", &NoiseImpact::max_sin, Entries::by_place});
  text += block(result, rows, result.k,
                {"mean share of a feature that is turned away (%) at K =", &NoiseImpact::mean_sin2, Entries::by_k});
  return text + "\n" + finding_of(result, rows) + notes_of(result, result.k) + computed_on(result);
}

}  // namespace eigenlens
