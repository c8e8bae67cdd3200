// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "eigenlens/bands.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

/// Of the grid, what a terminal shows.
constexpr double shown[] = {0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99};

bool is_shown(const BandCut& cut) {
  return std::find(std::begin(shown), std::end(shown), cut.band.share) != std::end(shown);
}

double alignment_of(const BandCut& cut, const BandsResult& r) {
  const double leading = r.curves.alignment[static_cast<std::size_t>(cut.leading)];
  return cut.band.end == BandEnd::top ? leading : 1 - leading;
}

/// Directions, alignment and accuracy of a band.
std::string cells_of(const BandCut& cut, const BandsResult& r) {
  const bool top = cut.band.end == BandEnd::top;
  std::string text =
      fmt::format(" {:>10} {:>10.2f}", top ? cut.leading : r.rank - cut.leading, 100 * alignment_of(cut, r));
  const std::vector<double>& accuracy = top ? r.curves.accuracy_top : r.curves.accuracy_bottom;
  if (!accuracy.empty()) text += fmt::format(" {:>10.2f}", 100 * accuracy[static_cast<std::size_t>(cut.leading)]);
  return text;
}

std::string header_of(const BandsResult& r) {
  std::string text =
      fmt::format("{}: {} samples (N), {} inputs (D) of shape {}x{}x{}, {} classes, rank R = {}\n",
                  r.dataset.empty() ? "data" : r.dataset, with_thousands(r.count), with_thousands(r.shape.size()),
                  r.shape.channels, r.shape.height, r.shape.width, r.classes, r.rank);
  text +=
      "Top p %: the fewest leading principal directions that hold p % of the variance. Bottom p %: everything but top "
      "100 - p %.\nAlignment: of what is linear in the whole input, the share that a linear classifier finds in the "
      "band.\n";
  if (!r.curves.test.empty())
    text += fmt::format("Accuracy: of least squares on the band, of the {} samples of {}.\n",
                        with_thousands(r.curves.test_count), r.curves.test);
  return text + "\n";
}

/// A line a share: the top band, and the bottom band of the same share.
std::string grid_of(const BandsResult& r) {
  const bool tested = !r.curves.test.empty();
  const std::string names = fmt::format(" {:>10} {:>10}{}", "directions", "alignment", tested ? "   accuracy" : "");
  std::string text = fmt::format("{:>9}{:^{}}  {:^{}}\n", "", "top band", names.size(), "bottom band", names.size());
  text += "variance " + names + "  " + names + "\n" + std::string(11 + 2 * names.size(), '-') + "\n";
  for (const BandCut& top : r.table) {
    if (top.band.end != BandEnd::top || !is_shown(top)) continue;
    const auto bottom = std::find_if(r.table.begin(), r.table.end(), [&top](const BandCut& cut) {
      return cut.band == Band{BandEnd::bottom, top.band.share};
    });
    text += fmt::format("{:>6g} % {}  {}\n", 100 * top.band.share, cells_of(top, r),
                        bottom == r.table.end() ? "" : cells_of(*bottom, r));
  }
  return text;
}

/// What figure 1 of the paper is about.
std::string finding_of(const BandsResult& r) {
  if (r.curves.test.empty()) return {};
  const auto accuracy = [&r](const Band& band) {
    const auto cut = std::find_if(r.table.begin(), r.table.end(), [&](const BandCut& c) { return c.band == band; });
    const auto& all = band.end == BandEnd::top ? r.curves.accuracy_top : r.curves.accuracy_bottom;
    return cut == r.table.end() ? 0 : 100 * all[static_cast<std::size_t>(cut->leading)];
  };
  return fmt::format(
      "\nHalf of the variance gives {:.2f} % accuracy if it is the top half, {:.2f} % if it is the bottom half.\n"
      "The top 75 % gives {:.2f} %, the bottom 25 % {:.2f} %, all of it {:.2f} %.\n",
      accuracy({BandEnd::top, 0.5}), accuracy({BandEnd::bottom, 0.5}), accuracy({BandEnd::top, 0.75}),
      accuracy({BandEnd::bottom, 0.25}), 100 * r.curves.accuracy_top.back());
}

std::string written_of(const BandsResult& r) {
  std::string text;
  for (const WrittenBand& written : r.written) {
    const BandCut& cut = written.cut;
    const std::int64_t directions = cut.band.end == BandEnd::top ? cut.leading : r.rank - cut.leading;
    text += fmt::format("{}: {} of {} directions, {:.2f} % of the variance", cut.band.name(), directions, r.rank,
                        100 * cut.variance);
    if (!written.folder.empty()) {
      text += fmt::format(", written to {}", written.folder);
      if (written.clipped > 0)
        text +=
            fmt::format("; {} values ({:.2g} %) lay beyond 0 to 255 and were clipped", with_thousands(written.clipped),
                        100 * static_cast<double>(written.clipped) / static_cast<double>(written.values));
    }
    text += "\n";
  }
  return text.empty() ? text : "\n" + text;
}

}  // namespace

std::string format_table(const BandsResult& result) {
  return header_of(result) + grid_of(result) + finding_of(result) + written_of(result) + computed_on(result);
}

}  // namespace eigenlens
