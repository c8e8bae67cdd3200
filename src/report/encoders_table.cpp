// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "eigenlens/encoders.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

/// In percent; rounding around nothing is nothing.
double percent(double share) { return share > -1e-12 && share < 1e-12 ? 0 : 100 * share; }

std::string header_of(const EncodersResult& r) {
  std::string text = fmt::format(
      "{}: {} samples (N), {} inputs (D) of shape {}x{}x{}{}; rank R = {}.\n"
      "Linear autoencoders of K = {} features. alignment: what a linear classifier finds in them, of what it finds in\n"
      "the inputs. Error of reconstruction, of the inputs' energy: of noisy inputs as trained; of clean inputs by the\n"
      "same decoder, which is not made for them (masks hide, so it makes them too bright); by the best decoder for "
      "them.\n\n",
      r.dataset.empty() ? "data" : r.dataset, with_thousands(r.count), with_thousands(r.shape.size()), r.shape.channels,
      r.shape.height, r.shape.width,
      r.frequency.empty() ? "; no labels are used" : fmt::format(", {} classes", r.classes), r.rank, r.k);
  return text;
}

}  // namespace

std::string format_table(const EncodersResult& result) {
  std::vector<Pretext> pretexts;
  for (const PretextEncoder& encoder : result.encoders) pretexts.push_back(encoder.pretext);
  const std::vector<std::string> labels = labels_of(pretexts);
  std::size_t width = std::string_view("pretext task").size();
  for (const std::string& label : labels) width = std::max(width, label.size());
  std::string text = header_of(result);
  const std::string head = fmt::format("{:{}}  features  alignment    noisy    clean    refit", "pretext task", width);
  text += fmt::format("{}\n{}\n", head, std::string(head.size(), '-'));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const PretextEncoder& e = result.encoders[i];
    const std::string alignment = result.frequency.empty() ? "-" : fmt::format("{:.2f}", 100 * e.alignment);
    text += fmt::format("{:{}}  {:>8}  {:>9} {:>8.2f} {:>8.2f} {:>8.2f}\n", labels[i], width, e.eigenvalues.size(),
                        alignment, percent(e.reconstruction_denoise), percent(e.reconstruction_clean),
                        percent(e.reconstruction_refit));
  }
  return text + "\n" + checked_line(result.encoders) + computed_on(result);
}

}  // namespace eigenlens
