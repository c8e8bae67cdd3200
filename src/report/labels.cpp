// SPDX-License-Identifier: Apache-2.0
#include "report/labels.hpp"

#include <fmt/format.h>

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

}  // namespace eigenlens
