// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "eigenlens/dual_moments.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "moments/moments_facts.hpp"
#include "moments/moments_tensors.hpp"
#include "moments/safetensors.hpp"

namespace eigenlens {
namespace {

using safetensors::Element;
using safetensors::Reader;

void check_consistent(const DualMoments& m) {
  const std::int64_t n = m.count();
  const auto square = [n](const auto& matrix) { return matrix.rows() == n && matrix.cols() == n; };
  bool good = n > 0 && m.dimension() > 0 && m.classes() > 0;
  good &= m.arithmetic == Arithmetic::exact ? square(m.gram) : square(m.gram_f64);
  good &= m.class_names.empty() || m.class_names.size() == m.class_counts.size();
  std::vector<std::int64_t> counts(m.class_counts.size());
  for (const std::int64_t label : m.labels) {
    good &= label >= 0 && label < m.classes();
    if (good) ++counts[at(label)];
  }
  good &= counts == m.class_counts;
  for (const DualFamily& family : m.families) good &= square(family.whitened);
  if (!good)
    throw Error(ErrorCode::usage, fmt::format("cannot save these dual moments: their members do not agree (N = {}, D = "
                                              "{}, {} classes, {} class names)",
                                              n, m.dimension(), m.classes(), m.class_names.size()));
}

std::vector<DualFamily> read_structures(const Reader& file, const ImageShape& shape) {
  const auto specifications = nlohmann::json::parse(file.metadata("families"), nullptr, false);
  const auto refuse = [&](const std::string& why) {
    file.refuse(fmt::format("metadata families: {}, expected a JSON array of masks such as mask:patch=8,ratio=0", why));
  };
  if (!specifications.is_array()) refuse("not a list");
  std::vector<DualFamily> families;
  for (const auto& specification : specifications) {
    if (!specification.is_string()) refuse("an entry is not a text");
    try {
      const std::vector<Pretext> parsed = parse_pretext(specification.get<std::string>());
      const bool masks = parsed.size() == 1 &&
                         (parsed.front().kind == PretextKind::mask || parsed.front().kind == PretextKind::dropout);
      if (!masks) refuse(specification.get<std::string>() + " is not one mask");
      mask_groups(parsed.front(), shape);
      families.push_back({parsed.front(), {}});
    } catch (const Error& error) {
      if (error.code() == ErrorCode::data) throw;
      refuse(error.what());
    }
  }
  return families;
}

void read_labels(Reader& file, DualMoments& m, std::int64_t count) {
  expect_shape(file, "labels", Element::i64, {count});
  m.labels.resize(at(count));
  file.read("labels", m.labels.data());
  std::vector<std::int64_t> counts(m.class_counts.size());
  for (const std::int64_t label : m.labels) {
    if (label < 0 || label >= m.classes())
      file.refuse(fmt::format("tensor labels: {}, expected 0 to {}", label, m.classes() - 1));
    ++counts[at(label)];
  }
  if (counts != m.class_counts) file.refuse("tensor labels: they are not those that tensor class_counts counts");
}

/// N × N, symmetric to the last bit, as it was written.
template <class Scalar>
Dense<Scalar> read_square(Reader& file, const std::string& name, std::int64_t n) {
  Dense<Scalar> matrix(n, n);
  file.read(name, matrix.data());
  if constexpr (std::is_same_v<Scalar, double>) expect_finite(file, name, matrix.data(), matrix.size());
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j + 1; i < n; ++i)
      if (matrix(i, j) != matrix(j, i))
        file.refuse(fmt::format("tensor {}: entries ({}, {}) and ({}, {}) differ, expected a symmetric matrix", name, i,
                                j, j, i));
  return matrix;
}

/// Everything but the products, once the format and all shapes have been checked.
DualMoments read_facts(Reader& file) {
  if (form_of(file) == MomentsForm::primal)
    throw Error(ErrorCode::usage, fmt::format("{} holds moments of the primal form, products of inputs; this takes "
                                              "those of the dual form",
                                              file.path()));
  if (file.metadata("form") != "dual")
    file.refuse(fmt::format("metadata form: {}, expected dual", file.metadata("form")));
  DualMoments m;
  m.arithmetic = read_arithmetic(file);
  const std::int64_t n = file.shape("labels", Element::i64, 1)[0], c = file.shape("class_counts", Element::i64, 1)[0];
  if (n < 1 || c < 1) file.refuse(fmt::format("N = {} and {} classes, expected at least one of each", n, c));
  m.dataset = file.metadata("dataset");
  m.class_names = read_class_names(file, c);
  m.shape = read_extents(file);
  std::int64_t count = 0;
  expect_shape(file, "count", Element::i64, {1});
  file.read("count", &count);
  if (count != n) file.refuse(fmt::format("tensor labels: {} of them, but tensor count says {}", n, count));
  m.class_counts = read_class_counts(file, c, count);
  read_labels(file, m, count);
  expect_shape(file, "constant_pixels", Element::i64, {1});
  file.read("constant_pixels", &m.constant_pixels);
  if (m.constant_pixels < 0 || m.constant_pixels > m.dimension())
    file.refuse(fmt::format("tensor constant_pixels: {} of {} inputs", m.constant_pixels, m.dimension()));
  m.families = read_structures(file, m.shape);
  expect_shape(file, "gram", m.arithmetic == Arithmetic::exact ? Element::i64 : Element::f64, {n, n});
  std::vector<std::string> names = {"count", "image_shape", "class_counts", "constant_pixels", "labels", "gram"};
  for (std::size_t f = 0; f < m.families.size(); ++f) {
    names.push_back(whitened_name(f));
    expect_shape(file, names.back(), Element::f64, {n, n});
  }
  file.expect_only(names);
  return m;
}

}  // namespace

void save_moments(const DualMoments& moments, const std::string& path) {
  check_consistent(moments);
  nlohmann::json families = nlohmann::json::array();
  for (const DualFamily& family : moments.families) families.push_back(family.structure.to_string());
  auto metadata = facts_metadata(dual_format, moments.arithmetic, moments.dataset, moments.class_names);
  metadata.emplace_back("form", "dual");
  metadata.emplace_back("families", families.dump());
  safetensors::write(path, metadata, MomentsTensors(moments).views());
}

DualMoments load_dual_moments_header(const std::string& path) {
  Reader file(path);
  return read_facts(file);
}

DualMoments load_dual_moments(const std::string& path) {
  Reader file(path);
  DualMoments m = read_facts(file);
  if (m.arithmetic == Arithmetic::exact)
    m.gram = read_square<std::int64_t>(file, "gram", m.count());
  else
    m.gram_f64 = read_square<double>(file, "gram", m.count());
  for (std::size_t f = 0; f < m.families.size(); ++f)
    m.families[f].whitened = read_square<double>(file, whitened_name(f), m.count());
  return m;
}

}  // namespace eigenlens
