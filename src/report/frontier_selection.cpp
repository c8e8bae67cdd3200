// SPDX-License-Identifier: Apache-2.0
#include "report/frontier_selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eigenlens/error.hpp"

namespace eigenlens {

std::vector<std::int64_t> selected_k(const FrontierResult& result, const ReportOptions& options) {
  for (const FrontierPoint& point : result.points)
    for (const auto* column : {&point.supervised_loss, &point.reconstruction_loss, &point.alignment})
      if (static_cast<std::int64_t>(column->size()) != result.rank)
        throw Error(ErrorCode::usage, fmt::format("lambda = {}: {} values, but the rank is {}", point.lambda,
                                                  column->size(), result.rank));
  std::vector<std::int64_t> k = options.k;
  if (k.empty()) {
    k.resize(static_cast<std::size_t>(result.rank));
    std::iota(k.begin(), k.end(), std::int64_t{1});
  }
  std::sort(k.begin(), k.end());
  k.erase(std::unique(k.begin(), k.end()), k.end());
  for (const std::int64_t wanted : k)
    if (wanted < 1 || wanted > result.rank)
      throw Error(ErrorCode::usage, fmt::format("K = {} is not on the frontier, which goes from K = 1 to the rank, {}",
                                                wanted, result.rank));
  return k;
}

Exchange exchange_at(const FrontierResult& result, std::int64_t k) {
  if (result.points.size() < 2 || result.points.front().lambda != 0 || !std::isinf(result.points.back().lambda))
    throw Error(ErrorCode::usage, "a frontier has points from lambda = 0 to lambda = inf");
  Exchange exchange{k, &result.points.back(), &result.points.front(), &result.points.back()};
  const double plain = exchange.alignment(*exchange.plain);
  const double gain = exchange.alignment(*exchange.supervised) - plain;
  constexpr double nothing = 1e-12;
  if (gain <= nothing) return exchange;
  constexpr double share = 0.9;
  for (const FrontierPoint& point : result.points)  // the alignment falls with λ
    if (exchange.alignment(point) >= plain + share * gain) exchange.most = &point;
  return exchange;
}

}  // namespace eigenlens
