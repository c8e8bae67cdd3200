// SPDX-License-Identifier: Apache-2.0
/// \file
/// Random images of any number, size and number of classes, for times that depend on nothing else.
#pragma once

#include "device/samples.hpp"

namespace eigenlens::bench {

/// Noise on a random mean for every class, the same for all seeds, so that there is something to tell apart.
Samples random_images(std::int64_t count, const ImageShape& shape, std::int64_t classes, std::uint64_t seed);

}  // namespace eigenlens::bench
