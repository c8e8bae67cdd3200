// SPDX-License-Identifier: Apache-2.0
/// \file
/// Arrays in both directions, without a copy.
#pragma once

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "status.hpp"

namespace eigenlens::python {

/// b × D values in C order, uint8, float32 or float64.
using Values = nb::ndarray<nb::ro, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Labels = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

/// The batch that two arrays are; they must outlive it. Raises usage for other types, and for labels of another length.
eigenlens_batch batch_of(const Values& values, const std::optional<Labels>& labels);

/// A read-only NumPy array of memory that belongs to `owner`, which it keeps alive.
nb::object array_of(const eigenlens_array& array, nb::handle owner);

/// Samples as the C interface takes them, with the memory that they point to.
class Samples {
 public:
  std::string name;
  int scalar = EIGENLENS_UINT8;
  std::int64_t channels = 1, height = 1, width = 0, classes = 0, count = 0;
  std::vector<std::string> class_names;

  /// Lives until a member changes.
  [[nodiscard]] const eigenlens_samples* get() const;

 private:
  mutable std::vector<const char*> names_;
  mutable eigenlens_samples samples_ = EIGENLENS_SAMPLES_INIT;
};

/// Copies what the library tells of samples.
Samples samples_from(const eigenlens_samples& samples);

/// Pointers to texts, which must outlive them.
std::vector<const char*> pointers_to(const std::vector<std::string>& texts);

}  // namespace eigenlens::python
