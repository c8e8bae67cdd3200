// SPDX-License-Identifier: Apache-2.0
#include "arrays.hpp"

#include <cstddef>

namespace eigenlens::python {
namespace {

eigenlens_scalar scalar_of(nb::dlpack::dtype type) {
  if (type == nb::dtype<std::uint8_t>()) return EIGENLENS_UINT8;
  if (type == nb::dtype<float>()) return EIGENLENS_FLOAT32;
  if (type == nb::dtype<double>()) return EIGENLENS_FLOAT64;
  refuse(EIGENLENS_USAGE, "values must be uint8, float32 or float64");
}

nb::dlpack::dtype type_of(std::int32_t scalar) {
  switch (scalar) {
    case EIGENLENS_UINT8:
      return nb::dtype<std::uint8_t>();
    case EIGENLENS_FLOAT32:
      return nb::dtype<float>();
    case EIGENLENS_INT64:
      return nb::dtype<std::int64_t>();
    default:
      return nb::dtype<double>();
  }
}

}  // namespace

eigenlens_batch batch_of(const Values& values, const std::optional<Labels>& labels) {
  eigenlens_batch batch = EIGENLENS_BATCH_INIT;
  batch.scalar = scalar_of(values.dtype());
  batch.count = static_cast<std::int64_t>(values.shape(0));
  batch.dimension = static_cast<std::int64_t>(values.shape(1));
  batch.values = values.data();
  if (labels) {
    if (labels->shape(0) != values.shape(0)) refuse(EIGENLENS_USAGE, "as many labels as samples are needed");
    batch.labels = labels->data();
  }
  return batch;
}

nb::object array_of(const eigenlens_array& array, nb::handle owner) {
  std::vector<std::size_t> shape(array.shape, array.shape + array.ndim);
  const nb::ndarray<nb::numpy, nb::ro> view(array.data, static_cast<std::size_t>(array.ndim), shape.data(), owner,
                                            array.strides, type_of(array.scalar));
  return nb::cast(view, nb::rv_policy::reference);
}

const eigenlens_samples* Samples::get() const {
  names_ = pointers_to(class_names);
  samples_.name = name.empty() ? nullptr : name.c_str();
  samples_.scalar = scalar;
  samples_.channels = channels;
  samples_.height = height;
  samples_.width = width;
  samples_.classes = classes;
  samples_.count = count;
  samples_.class_names = names_.empty() ? nullptr : names_.data();
  return &samples_;
}

Samples samples_from(const eigenlens_samples& samples) {
  Samples copy;
  copy.name = samples.name ? samples.name : "";
  copy.scalar = samples.scalar;
  copy.channels = samples.channels;
  copy.height = samples.height;
  copy.width = samples.width;
  copy.classes = samples.classes;
  copy.count = samples.count;
  if (samples.class_names) copy.class_names.assign(samples.class_names, samples.class_names + samples.classes);
  return copy;
}

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const auto& text : texts) pointers.push_back(text.c_str());
  return pointers;
}

}  // namespace eigenlens::python
