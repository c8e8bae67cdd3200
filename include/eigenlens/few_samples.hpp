// SPDX-License-Identifier: Apache-2.0
/// \file
/// Where alignment says little, because there are too few samples for the inputs.
#pragma once

#include <cstdint>
#include <string>

#include "eigenlens/export.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// One sentence where the samples are too few: R = N − 1, or N ≤ D and all that tells the classes apart is linear in
/// the inputs. Else nothing.
EIGENLENS_API std::string few_samples(const ResultFacts& facts);
/// The same before anything is computed: N ≤ D.
EIGENLENS_API std::string few_samples(std::int64_t count, const ImageShape& shape);

}  // namespace eigenlens
