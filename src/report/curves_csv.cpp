// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>
#include <string>

#include "data/atomic_file.hpp"
#include "eigenlens/report.hpp"
#include "report/probe_values.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

/// The first nine cells of a line; a cell that means nothing for this kind stays empty.
std::string pretext_cells(const Pretext& pretext) {
  std::string cells = fmt::format("{},{}", csv_quoted(pretext.to_string()), kind_name(pretext.kind));
  cells += has_patch(pretext.kind)
               ? fmt::format(",{},{},{}", pretext.patch_height, pretext.patch_width, channels_name(pretext.channels))
               : ",,,";
  cells += has_ratio(pretext.kind) ? fmt::format(",{}", finite(pretext.ratio, "ratio")) : ",";
  cells += pretext.kind == PretextKind::gaussian ? fmt::format(",{}", finite(pretext.sigma, "sigma")) : ",";
  cells += pretext.kind == PretextKind::keep ? fmt::format(",{}", pretext.keep_count) : ",";
  cells += pretext.kind == PretextKind::joint ? fmt::format(",{}", pretext.lambda) : ",";
  return cells;
}

/// The jackknife's cells, empty beyond the smallest rank of a set without a shard.
std::string sampling_cells(const JackknifeErrors& sampling, std::int64_t k) {
  std::string cells;
  for (const SamplingColumn& column : sampling_columns) {
    const std::vector<double>& values = sampling.*column.values;
    const auto at = static_cast<std::size_t>(k - 1);
    cells += at < values.size() ? fmt::format(",{}", finite(values[at], column.name)) : ",";
  }
  return cells;
}

}  // namespace

void write_csv(const SweepResult& result, const std::string& path, const ReportOptions& options) {
  AtomicFile file(path);
  std::string header = "pretext,kind,patch_height,patch_width,channels,ratio,sigma,count,lambda,k";
  for (const Column& column : curve_columns) header += fmt::format(",{}", column.name);
  for (const ProbeValue& column : probe_values(result, {}, 1)) header += fmt::format(",probe_{}", column.name);
  if (result.shards > 0)
    for (const SamplingColumn& column : sampling_columns) header += fmt::format(",{}", column.name);
  file.write(header + "\n");
  for (const Curve& curve : result.curves) {
    const std::string pretext = pretext_cells(curve.pretext);
    std::string lines;  // of one curve
    for (const std::int64_t k : selected_k(curve, options)) {
      fmt::format_to(std::back_inserter(lines), "{},{}", pretext, k);
      for (const Column& column : curve_columns)
        fmt::format_to(std::back_inserter(lines), ",{}", (curve.*column.values)[static_cast<std::size_t>(k - 1)]);
      for (const auto& [name, value] : probe_values(result, curve, k))
        lines += value ? fmt::format(",{}", *value) : ",";
      if (result.shards > 0) lines += sampling_cells(curve.sampling, k);
      lines += '\n';
    }
    file.write(lines);
  }
  file.commit();
}

}  // namespace eigenlens
