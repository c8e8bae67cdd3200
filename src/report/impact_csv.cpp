// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "data/atomic_file.hpp"
#include "eigenlens/impact.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

/// Entry K − 1; an empty cell where there is none.
std::string cell(const std::vector<double>& values, std::size_t k, const char* name) {
  return k > values.size() ? "" : fmt::format("{}", finite(values[k - 1], name));
}

std::string max_sin_cell(const ImpactResult& result, const NoiseImpact& impact, std::size_t k) {
  const auto place = std::lower_bound(result.k.begin(), result.k.end(), static_cast<std::int64_t>(k));
  if (place == result.k.end() || *place != static_cast<std::int64_t>(k)) return {};
  return cell(impact.max_sin, static_cast<std::size_t>(place - result.k.begin()) + 1, "max_sin");
}

}  // namespace

void write_csv(const ImpactResult& result, const std::string& path, const ReportOptions&) {
  AtomicFile file(path);
  file.write("pretext,structure,k,max_sin,sum_sin2,mean_sin2,coupling,relative_gap,principal_gap,determined\n");
  for (const NoiseImpact& impact : result.impacts) {
    std::string lines;  // of one pretext
    for (std::size_t k = 1; k <= impact.dimensions(); ++k)
      fmt::format_to(std::back_inserter(lines), "{},{},{},{},{},{},{},{},{},{}\n",
                     csv_quoted(impact.pretext.to_string()), csv_quoted(result.structures[impact.structure].name), k,
                     max_sin_cell(result, impact, k), cell(impact.sum_sin2, k, "sum_sin2"),
                     cell(impact.mean_sin2, k, "mean_sin2"), cell(impact.coupling, k, "coupling"),
                     cell(impact.relative_gap, k, "relative_gap"), cell(result.principal_gap, k, "principal_gap"),
                     result.determined(impact, static_cast<std::int64_t>(k)) ? 1 : 0);
    file.write(lines);
  }
  file.commit();
}

}  // namespace eigenlens
