// SPDX-License-Identifier: Apache-2.0
#include "report/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eigenlens/error.hpp"
#include "eigenlens/mask_moments.hpp"

namespace eigenlens {

const char* kind_name(PretextKind kind) {
  switch (kind) {
    case PretextKind::reconstruct:
      return "reconstruct";
    case PretextKind::gaussian:
      return "gaussian";
    case PretextKind::mask:
      return "mask";
    case PretextKind::dropout:
      return "dropout";
    case PretextKind::keep:
      return "keep";
    case PretextKind::coloured:
      return "coloured";
    case PretextKind::masks:
      return "masks";
    case PretextKind::blocks:
      return "blocks";
    case PretextKind::multiblock:
      return "multiblock";
    case PretextKind::grid:
      return "grid";
    case PretextKind::centre:
      return "centre";
    case PretextKind::crop:
      return "crop";
    case PretextKind::joint:
      return "joint";
  }
  return "unknown";
}

const char* channels_name(ChannelMode mode) { return mode == ChannelMode::together ? "together" : "separate"; }

bool has_patch(PretextKind kind) {
  return kind == PretextKind::mask || kind == PretextKind::keep || has_mask_moments(kind);
}

bool has_ratio(PretextKind kind) {
  return kind == PretextKind::mask || kind == PretextKind::dropout || kind == PretextKind::blocks;
}

std::string csv_quoted(const std::string& text) {
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + "\"";
}

double finite(double value, const char* name) {
  if (!std::isfinite(value)) throw Error(ErrorCode::numerical, fmt::format("cannot write {}: it is {}", name, value));
  return value;
}

const std::vector<double>& finite_list(const std::vector<double>& values, const char* name) {
  for (const double value : values) finite(value, name);
  return values;
}

std::vector<std::int64_t> selected_k(const Curve& curve, const ReportOptions& options) {
  const std::size_t rank = curve.alignment.size();
  for (const Column& column : curve_columns)
    if ((curve.*column.values).size() != rank)
      throw Error(ErrorCode::usage,
                  fmt::format("curve {}: {} values of {}, but {} of alignment", curve.pretext.to_string(),
                              (curve.*column.values).size(), column.name, rank));
  std::vector<std::int64_t> k = options.k;
  if (k.empty()) {
    k.resize(rank);
    std::iota(k.begin(), k.end(), std::int64_t{1});
  }
  std::sort(k.begin(), k.end());
  k.erase(std::unique(k.begin(), k.end()), k.end());
  for (const std::int64_t wanted : k) {
    if (wanted < 1 || wanted > static_cast<std::int64_t>(rank))
      throw Error(ErrorCode::usage, fmt::format("K = {} is not on the curve {}, which goes from K = 1 to its rank, {}",
                                                wanted, curve.pretext.to_string(), rank));
    for (const Column& column : curve_columns) {
      const double value = (curve.*column.values)[static_cast<std::size_t>(wanted - 1)];
      if (!std::isfinite(value))
        throw Error(ErrorCode::numerical,
                    fmt::format("curve {}: {} is {} at K = {}", curve.pretext.to_string(), column.name, value, wanted));
    }
  }
  return k;
}

}  // namespace eigenlens
