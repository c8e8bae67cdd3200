// SPDX-License-Identifier: Apache-2.0
/// \file
/// Samples less their mean, scaled, in float64.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// ((x − shift) − mean)·scale, widened first. No product is added to: it rounds the same wherever it is computed.
template <class Value>
EIGENLENS_HOST_DEVICE inline double centred_value(Value x, double shift, double mean, double scale) {
  return ((static_cast<double>(x) - shift) - mean) * scale;
}

/// y (D × count) ← the centred values of x (D × count), one column a sample; shift, mean and scale of D.
Status centred_samples(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, const double* shift,
                       const double* mean, const double* scale, double* y, Stream stream);
Status centred_samples(const float* x, std::int64_t dimension, std::int64_t count, const double* shift,
                       const double* mean, const double* scale, double* y, Stream stream);
Status centred_samples(const double* x, std::int64_t dimension, std::int64_t count, const double* shift,
                       const double* mean, const double* scale, double* y, Stream stream);

}  // namespace eigenlens::kernels
