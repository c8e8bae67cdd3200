// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/version.hpp"
#include "moments/safetensors.hpp"

namespace eigenlens {
namespace {

using safetensors::Element;
using safetensors::Reader;
using safetensors::TensorView;

constexpr std::string_view format_family = "eigenlens.moments/";
constexpr const char* format_name = "eigenlens.moments/1";

const char* name_of(Arithmetic arithmetic) { return arithmetic == Arithmetic::exact ? "exact" : "float64"; }

/// Moments that break their own rules would make a file that load_moments refuses: say so while there is someone to
/// ask.
void check_consistent(const Moments& m) {
  const auto d = static_cast<std::size_t>(m.dimension());
  const bool exact = m.arithmetic == Arithmetic::exact;
  const auto same = [&](const auto& sum, const auto& gram, const auto& cross) {
    return sum.size() == d && gram.rows() == m.dimension() && gram.cols() == m.dimension() &&
           cross.rows() == m.dimension() && cross.cols() == m.classes();
  };
  const bool sizes =
      exact ? same(m.sum, m.gram, m.cross) : same(m.sum_f64, m.gram_f64, m.cross_f64) && m.shift.size() == d;
  const std::int64_t total = std::accumulate(m.class_counts.begin(), m.class_counts.end(), std::int64_t{0});
  const bool names = m.class_names.empty() || m.class_names.size() == m.class_counts.size();
  if (!sizes || !names || d == 0 || m.class_counts.empty() || total != m.count)
    throw Error(
        ErrorCode::usage,
        fmt::format("cannot save these moments: their members do not agree (D = {}, {} classes, {} class names, "
                    "{} samples, {} in the classes)",
                    d, m.classes(), m.class_names.size(), m.count, total));
  const auto finite = [](const double* values, std::int64_t count) {
    return std::all_of(values, values + count, [](double value) { return std::isfinite(value); });
  };
  if (!exact && !(finite(m.shift.data(), m.dimension()) && finite(m.sum_f64.data(), m.dimension()) &&
                  finite(m.gram_f64.data(), m.gram_f64.size()) && finite(m.cross_f64.data(), m.cross_f64.size())))
    throw Error(ErrorCode::usage, "cannot save these moments: they hold values that are not finite");
}

/// C × D row-major in the file is D × C column-major in memory: cross[c] is the sum of class c.
std::vector<TensorView> tensors_of(const Moments& m, const std::vector<std::int64_t>& image_shape) {
  const std::int64_t d = m.dimension(), c = m.classes();
  std::vector<TensorView> tensors = {{"count", Element::i64, {1}, &m.count},
                                     {"image_shape", Element::i64, {3}, image_shape.data()},
                                     {"class_counts", Element::i64, {c}, m.class_counts.data()}};
  if (m.arithmetic == Arithmetic::exact) {
    tensors.push_back({"sum", Element::i64, {d}, m.sum.data()});
    tensors.push_back({"cross", Element::i64, {c, d}, m.cross.data()});
    tensors.push_back({"gram", Element::i64, {d, d}, m.gram.data()});
  } else {
    tensors.push_back({"shift", Element::f64, {d}, m.shift.data()});
    tensors.push_back({"sum", Element::f64, {d}, m.sum_f64.data()});
    tensors.push_back({"cross", Element::f64, {c, d}, m.cross_f64.data()});
    tensors.push_back({"gram", Element::f64, {d, d}, m.gram_f64.data()});
  }
  return tensors;
}

void expect_shape(const Reader& file, const std::string& name, Element element,
                  const std::vector<std::int64_t>& expected) {
  const std::vector<std::int64_t>& found = file.shape(name, element, expected.size());
  if (found != expected)
    file.refuse(
        fmt::format("tensor {}: shape [{}], expected [{}]", name, fmt::join(found, ", "), fmt::join(expected, ", ")));
}

ImageShape read_image_shape(Reader& file, std::int64_t dimension) {
  expect_shape(file, "image_shape", Element::i64, {3});
  std::int64_t extents[3];
  file.read("image_shape", extents);
  std::int64_t size = 1;
  for (const std::int64_t extent : extents)
    if (extent < 1 || __builtin_mul_overflow(size, extent, &size)) size = -1;
  if (size != dimension)
    file.refuse(fmt::format("tensor image_shape: {} x {} x {}, which is not the {} values of tensor sum", extents[0],
                            extents[1], extents[2], dimension));
  return {extents[0], extents[1], extents[2]};
}

void read_counts(Reader& file, Moments& m, std::int64_t classes) {
  expect_shape(file, "count", Element::i64, {1});
  file.read("count", &m.count);
  m.class_counts.resize(static_cast<std::size_t>(classes));
  file.read("class_counts", m.class_counts.data());
  std::int64_t total = 0;
  for (const std::int64_t n : m.class_counts)
    if (n < 0 || __builtin_add_overflow(total, n, &total))
      file.refuse(fmt::format("tensor class_counts: {} is not a number of samples", n));
  if (total != m.count)
    file.refuse(fmt::format("tensor class_counts: {} samples in all, but tensor count says {}", total, m.count));
}

void expect_finite(const Reader& file, const std::string& name, const double* values, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    if (!std::isfinite(values[i]))
      file.refuse(fmt::format("tensor {}: element {} is {}, expected a finite number", name, i, values[i]));
}

template <class Scalar>
void read_sums(Reader& file, std::vector<Scalar>& sum, Dense<Scalar>& gram, Dense<Scalar>& cross, std::int64_t d,
               std::int64_t c) {
  const Element element = std::is_same_v<Scalar, double> ? Element::f64 : Element::i64;
  expect_shape(file, "gram", element, {d, d});
  expect_shape(file, "cross", element, {c, d});
  sum.resize(static_cast<std::size_t>(d));
  file.read("sum", sum.data());
  cross = Dense<Scalar>(d, c);
  file.read("cross", cross.data());
  gram = Dense<Scalar>(d, d);
  file.read("gram", gram.data());
  if constexpr (std::is_same_v<Scalar, double>) {
    expect_finite(file, "sum", sum.data(), d);
    expect_finite(file, "cross", cross.data(), cross.size());
    expect_finite(file, "gram", gram.data(), gram.size());
  }
}

std::vector<std::string> read_class_names(const Reader& file, std::int64_t classes) {
  const auto names = nlohmann::json::parse(file.metadata("class_names"), nullptr, false);
  const bool texts = names.is_array() && std::all_of(names.begin(), names.end(), [](auto& n) { return n.is_string(); });
  if (!texts || (!names.empty() && names.size() != static_cast<std::size_t>(classes)))
    file.refuse(fmt::format("metadata class_names: expected a JSON array of no or {} names", classes));
  return names.get<std::vector<std::string>>();
}

/// Everything but the sums, once the format has been checked.
Moments read_facts(Reader& file) {
  const std::string& format = file.metadata("format");
  if (format != format_name)
    file.refuse(
        format.starts_with(format_family)
            ? fmt::format("format {} is from another version of eigenlens, this one reads {}", format, format_name)
            : fmt::format("not a moments file: format {}, expected {}", format, format_name));
  const std::string& arithmetic = file.metadata("arithmetic");
  if (arithmetic != "exact" && arithmetic != "float64")
    file.refuse(fmt::format("metadata arithmetic: {}, expected exact or float64", arithmetic));
  Moments m;
  m.arithmetic = arithmetic == "exact" ? Arithmetic::exact : Arithmetic::float64;
  const bool exact = m.arithmetic == Arithmetic::exact;
  const std::int64_t d = file.shape("sum", exact ? Element::i64 : Element::f64, 1)[0];
  const std::int64_t c = file.shape("class_counts", Element::i64, 1)[0];
  if (d < 1 || c < 1) file.refuse(fmt::format("D = {} and {} classes, expected at least one of each", d, c));
  m.dataset = file.metadata("dataset");
  m.class_names = read_class_names(file, c);
  m.shape = read_image_shape(file, d);
  read_counts(file, m, c);
  if (exact)
    file.expect_only({"count", "image_shape", "class_counts", "sum", "cross", "gram"});
  else
    file.expect_only({"count", "image_shape", "class_counts", "shift", "sum", "cross", "gram"});
  return m;
}

}  // namespace

void save_moments(const Moments& moments, const std::string& path) {
  check_consistent(moments);
  const std::vector<std::int64_t> image_shape = {moments.shape.channels, moments.shape.height, moments.shape.width};
  using Json = nlohmann::json;
  const std::string class_names = Json(moments.class_names).dump(-1, ' ', false, Json::error_handler_t::replace);
  safetensors::write(path,
                     {{"format", format_name},
                      {"arithmetic", name_of(moments.arithmetic)},
                      {"dataset", moments.dataset},
                      {"class_names", class_names},
                      {"version", EIGENLENS_VERSION},
                      {"git", EIGENLENS_GIT}},
                     tensors_of(moments, image_shape));
}

Moments load_moments_header(const std::string& path) {
  Reader file(path);
  return read_facts(file);
}

Moments load_moments(const std::string& path) {
  Reader file(path);
  Moments m = read_facts(file);
  if (m.arithmetic == Arithmetic::exact) {
    read_sums(file, m.sum, m.gram, m.cross, m.dimension(), m.classes());
    return m;
  }
  expect_shape(file, "shift", Element::f64, {m.dimension()});
  m.shift.resize(static_cast<std::size_t>(m.dimension()));
  file.read("shift", m.shift.data());
  expect_finite(file, "shift", m.shift.data(), m.dimension());
  read_sums(file, m.sum_f64, m.gram_f64, m.cross_f64, m.dimension(), m.classes());
  return m;
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

}  // namespace eigenlens
