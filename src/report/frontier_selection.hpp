// SPDX-License-Identifier: Apache-2.0
/// \file
/// What every report of a frontier writes (docs/formats.md, eigenlens.frontier/1).
#pragma once

#include <cstdint>
#include <vector>

#include "eigenlens/frontier.hpp"

namespace eigenlens {

/// The K to write: those asked for, ascending and each once, or all. Error(usage) for a K below 1 or beyond the rank,
/// or points whose columns differ in length.
std::vector<std::int64_t> selected_k(const FrontierResult& result, const ReportOptions& options);

/// What learning the classes gains and costs at one K: between plain reconstruction (λ = ∞) and the limit λ → 0.
struct Exchange {
  std::int64_t k = 0;
  const FrontierPoint* plain = nullptr;
  const FrontierPoint* supervised = nullptr;
  /// Of the points, the one with the largest λ that has 90 % of what supervision can gain; `plain` where there is
  /// nothing to gain.
  const FrontierPoint* most = nullptr;

  /// Of a point, as shares.
  [[nodiscard]] double alignment(const FrontierPoint& p) const { return p.alignment[static_cast<std::size_t>(k - 1)]; }
  [[nodiscard]] double reconstruction(const FrontierPoint& p, const FrontierResult& result) const {
    return p.reconstruction_loss[static_cast<std::size_t>(k - 1)] / result.input_norm();
  }
};

/// Errors: usage, for a result without both limits.
Exchange exchange_at(const FrontierResult& result, std::int64_t k);

}  // namespace eigenlens
