// SPDX-License-Identifier: Apache-2.0
#include "moments/moments_facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "eigenlens/version.hpp"

namespace eigenlens {
namespace {

using safetensors::Element;
using safetensors::Reader;

constexpr std::string_view format_family = "eigenlens.moments/";

}  // namespace

MomentsForm form_of(const Reader& file) {
  const std::string& format = file.metadata("format");
  if (format == primal_format) return MomentsForm::primal;
  if (format == dual_format) return MomentsForm::dual;
  file.refuse(
      format.starts_with(format_family)
          ? fmt::format("format {} is from another version of eigenlens, this one reads {} and {}", format,
                        primal_format, dual_format)
          : fmt::format("not a moments file: format {}, expected {} or {}", format, primal_format, dual_format));
}

safetensors::Metadata facts_metadata(const char* format, Arithmetic arithmetic, const std::string& dataset,
                                     const std::vector<std::string>& class_names) {
  using Json = nlohmann::json;
  return {{"format", format},
          {"arithmetic", arithmetic == Arithmetic::exact ? "exact" : "float64"},
          {"dataset", dataset},
          {"class_names", Json(class_names).dump(-1, ' ', false, Json::error_handler_t::replace)},
          {"version", EIGENLENS_VERSION},
          {"git", EIGENLENS_GIT}};
}

void expect_shape(const Reader& file, const std::string& name, Element element,
                  const std::vector<std::int64_t>& expected) {
  const std::vector<std::int64_t>& found = file.shape(name, element, expected.size());
  if (found != expected)
    file.refuse(
        fmt::format("tensor {}: shape [{}], expected [{}]", name, fmt::join(found, ", "), fmt::join(expected, ", ")));
}

void expect_finite(const Reader& file, const std::string& name, const double* values, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    if (!std::isfinite(values[i]))
      file.refuse(fmt::format("tensor {}: element {} is {}, expected a finite number", name, i, values[i]));
}

Arithmetic read_arithmetic(const Reader& file) {
  const std::string& arithmetic = file.metadata("arithmetic");
  if (arithmetic != "exact" && arithmetic != "float64")
    file.refuse(fmt::format("metadata arithmetic: {}, expected exact or float64", arithmetic));
  return arithmetic == "exact" ? Arithmetic::exact : Arithmetic::float64;
}

std::vector<std::string> read_class_names(const Reader& file, std::int64_t classes) {
  const auto names = nlohmann::json::parse(file.metadata("class_names"), nullptr, false);
  const bool texts = names.is_array() && std::all_of(names.begin(), names.end(), [](auto& n) { return n.is_string(); });
  if (!texts || (!names.empty() && names.size() != static_cast<std::size_t>(classes)))
    file.refuse(fmt::format("metadata class_names: expected a JSON array of no or {} names", classes));
  return names.get<std::vector<std::string>>();
}

ImageShape read_extents(Reader& file) {
  expect_shape(file, "image_shape", Element::i64, {3});
  std::int64_t extents[3];
  file.read("image_shape", extents);
  std::int64_t size = 1;
  for (const std::int64_t extent : extents)
    if (extent < 1 || __builtin_mul_overflow(size, extent, &size))
      file.refuse(fmt::format("tensor image_shape: {} x {} x {} is not the shape of an image", extents[0], extents[1],
                              extents[2]));
  return {extents[0], extents[1], extents[2]};
}

std::vector<std::int64_t> read_class_counts(Reader& file, std::int64_t classes, std::int64_t count) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(classes));
  file.read("class_counts", counts.data());
  std::int64_t total = 0;
  for (const std::int64_t n : counts)
    if (n < 0 || __builtin_add_overflow(total, n, &total))
      file.refuse(fmt::format("tensor class_counts: {} is not a number of samples", n));
  if (total != count)
    file.refuse(fmt::format("tensor class_counts: {} samples in all, but tensor count says {}", total, count));
  return counts;
}

bool is_moments_file(const std::string& path) {
  struct stat status {};  // opening a pipe would wait for its writer
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  std::ifstream file(path, std::ios::binary);
  std::string start(4096, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  return start.size() > 9 && start[8] == '{' && start.find(format_family) != std::string::npos;
}

MomentsForm moments_file_form(const std::string& path) { return form_of(Reader(path)); }

}  // namespace eigenlens
