// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>
#include <string>

#include "data/atomic_file.hpp"
#include "eigenlens/frontier.hpp"
#include "report/format_names.hpp"
#include "report/frontier_selection.hpp"
#include "report/result_document.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

using Json = ResultDocument::Json;
using Indices = std::vector<std::int64_t>;

Json at_k(const std::vector<double>& values, const Indices& k, double scale, const char* name) {
  Json list = Json::array();
  for (const std::int64_t wanted : k)
    list.push_back(finite(values[static_cast<std::size_t>(wanted - 1)] * scale, name));
  return list;
}

Json point_json(const FrontierPoint& point, const FrontierResult& result, const Indices& k) {
  return {{"lambda", weight_json(point.lambda)},
          {"supervised_loss", at_k(point.supervised_loss, k, 1, "supervised loss")},
          {"reconstruction_loss", at_k(point.reconstruction_loss, k, 1, "reconstruction loss")},
          {"supervised_share", at_k(point.supervised_loss, k, 1 / result.target_norm(), "supervised loss")},
          {"reconstruction_share", at_k(point.reconstruction_loss, k, 1 / result.input_norm(), "reconstruction loss")},
          {"alignment", at_k(point.alignment, k, 1, "alignment")},
          {"checks", checks_json(point.checks)}};
}

Json perfect_json(const PerfectAlignment& perfect, const Indices& k) {
  return {{"target_rank", perfect.target_rank},
          {"tolerance", perfect.tolerance},
          {"smallest_k", perfect.smallest_k},
          {"residual", at_k(perfect.residual, k, 1, "residual")},
          {"angle_k", perfect.angle_k},
          {"largest_angle", perfect.largest_angle},
          {"angles_at_rank", perfect.angles_at_rank}};
}

void fill(ResultDocument& document, const FrontierResult& result, const ReportOptions& options) {
  const Indices k = selected_k(result, options);
  document.add("k", k);
  document.add("energy", {{"targets", result.target_norm()}, {"inputs", result.input_norm()}});
  document.add("perfect_alignment", perfect_json(result.perfect, k));
  document.begin_list("points");
  for (const FrontierPoint& point : result.points) document.add_entry(point_json(point, result, k));
  document.end_list();
  document.commit();
}

}  // namespace

void write_json(const FrontierResult& result, const std::string& path, const ReportOptions& options) {
  ResultDocument document(path, formats::frontier, result, options);
  fill(document, result, options);
}

std::string to_json(const FrontierResult& result, const ReportOptions& options) {
  std::string text;
  ResultDocument document(&text, formats::frontier, result, options);
  fill(document, result, options);
  return text;
}

void write_csv(const FrontierResult& result, const std::string& path, const ReportOptions& options) {
  const Indices k = selected_k(result, options);
  AtomicFile file(path);
  file.write("lambda,k,supervised_loss,reconstruction_loss,supervised_share,reconstruction_share,alignment\n");
  for (const FrontierPoint& point : result.points) {
    std::string lines;
    for (const std::int64_t wanted : k) {
      const auto i = static_cast<std::size_t>(wanted - 1);
      fmt::format_to(std::back_inserter(lines), "{},{},{},{},{},{},{}\n", point.lambda, wanted,
                     finite(point.supervised_loss[i], "supervised loss"),
                     finite(point.reconstruction_loss[i], "reconstruction loss"),
                     point.supervised_loss[i] / result.target_norm(),
                     point.reconstruction_loss[i] / result.input_norm(), finite(point.alignment[i], "alignment"));
    }
    file.write(lines);
  }
  file.commit();
}

}  // namespace eigenlens
