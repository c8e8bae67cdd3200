// SPDX-License-Identifier: Apache-2.0
#include "moments/moments_tensors.hpp"

#include <fmt/format.h>

namespace eigenlens {

using safetensors::Element;

std::string whitened_name(std::size_t family) { return fmt::format("whitened.{}", family); }

/// C × D row-major is D × C column-major in memory: cross[c] is the sum of class c.
MomentsTensors::MomentsTensors(const Moments& m)
    : count_(m.count), extents_{m.shape.channels, m.shape.height, m.shape.width} {
  const std::int64_t d = m.dimension(), c = m.classes();
  views_ = {{"count", Element::i64, {1}, &count_},
            {"image_shape", Element::i64, {3}, extents_.data()},
            {"class_counts", Element::i64, {c}, m.class_counts.data()}};
  if (m.arithmetic == Arithmetic::exact) {
    views_.push_back({"sum", Element::i64, {d}, m.sum.data()});
    views_.push_back({"cross", Element::i64, {c, d}, m.cross.data()});
    views_.push_back({"gram", Element::i64, {d, d}, m.gram.data()});
  } else {
    views_.push_back({"shift", Element::f64, {d}, m.shift.data()});
    views_.push_back({"sum", Element::f64, {d}, m.sum_f64.data()});
    views_.push_back({"cross", Element::f64, {c, d}, m.cross_f64.data()});
    views_.push_back({"gram", Element::f64, {d, d}, m.gram_f64.data()});
  }
}

MomentsTensors::MomentsTensors(const DualMoments& m)
    : count_(m.count()), extents_{m.shape.channels, m.shape.height, m.shape.width} {
  const bool exact = m.arithmetic == Arithmetic::exact;
  views_ = {{"count", Element::i64, {1}, &count_},
            {"image_shape", Element::i64, {3}, extents_.data()},
            {"class_counts", Element::i64, {m.classes()}, m.class_counts.data()},
            {"constant_pixels", Element::i64, {1}, &m.constant_pixels},
            {"labels", Element::i64, {count_}, m.labels.data()},
            {"gram",
             exact ? Element::i64 : Element::f64,
             {count_, count_},
             exact ? static_cast<const void*>(m.gram.data()) : m.gram_f64.data()}};
  for (std::size_t f = 0; f < m.families.size(); ++f)
    views_.push_back({whitened_name(f), Element::f64, {count_, count_}, m.families[f].whitened.data()});
}

}  // namespace eigenlens
