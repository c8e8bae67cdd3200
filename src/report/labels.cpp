// SPDX-License-Identifier: Apache-2.0
#include "report/labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <set>

namespace eigenlens {
namespace {

double rounded(double value) { return std::strtod(fmt::format("{:.4g}", value).c_str(), nullptr); }

}  // namespace

std::string with_thousands(std::int64_t n) {
  std::string digits = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::vector<std::string> labels_of(const std::vector<Pretext>& pretexts) {
  std::vector<std::string> labels;
  for (Pretext pretext : pretexts) {
    pretext.ratio = rounded(pretext.ratio);
    pretext.sigma = rounded(pretext.sigma);
    pretext.scale = rounded(pretext.scale);
    pretext.lambda = rounded(pretext.lambda);
    labels.push_back(pretext.to_string());
  }
  if (std::set<std::string>(labels.begin(), labels.end()).size() == labels.size()) return labels;
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = pretexts[i].to_string();
  return labels;
}

std::string checked_line(double largest_residual, double largest_orthogonality) {
  return fmt::format("Checked: largest residual {:.1e}, largest departure from orthogonality {:.1e}: within bounds.\n",
                     largest_residual, largest_orthogonality);
}

std::string computed_on(const ResultFacts& facts) {
  const auto value_of = [&facts](std::string_view key) {
    const auto found =
        std::find_if(facts.device.begin(), facts.device.end(), [key](const auto& pair) { return pair.first == key; });
    return found == facts.device.end() ? std::string() : found->second;
  };
  const std::string device = value_of("device"), processor = value_of("processor");
  if (device.empty()) return {};
  return fmt::format("Computed on {}{}.\n", device == "cpu" ? "the CPU" : device,
                     processor.empty() ? "" : fmt::format(" ({})", processor));
}

}  // namespace eigenlens
