// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"
#include "moments/moments_facts.hpp"
#include "moments/moments_tensors.hpp"
#include "moments/safetensors.hpp"

namespace eigenlens {
namespace {

using safetensors::Element;
using safetensors::Reader;

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

ImageShape read_image_shape(Reader& file, std::int64_t dimension) {
  const ImageShape shape = read_extents(file);
  if (shape.size() != dimension)
    file.refuse(fmt::format("tensor image_shape: {} x {} x {}, which is not the {} values of tensor sum",
                            shape.channels, shape.height, shape.width, dimension));
  return shape;
}

void read_counts(Reader& file, Moments& m, std::int64_t classes) {
  expect_shape(file, "count", Element::i64, {1});
  file.read("count", &m.count);
  m.class_counts = read_class_counts(file, classes, m.count);
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

/// Everything but the sums, once the format has been checked.
Moments read_facts(Reader& file) {
  if (form_of(file) == MomentsForm::dual)
    throw Error(ErrorCode::usage,
                fmt::format("{} holds moments of the dual form, products of samples; this takes those of the primal "
                            "form, products of inputs (eigenlens moments DATA --form primal)",
                            file.path()));
  Moments m;
  m.arithmetic = read_arithmetic(file);
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
  safetensors::write(path, facts_metadata(primal_format, moments.arithmetic, moments.dataset, moments.class_names),
                     MomentsTensors(moments).views());
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

}  // namespace eigenlens
