// SPDX-License-Identifier: Apache-2.0
/// \file
/// Moments of the C interface, of either form.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "eigenlens/dual_moments.hpp"
#include "eigenlens/eigenlens.h"
#include "eigenlens/jackknife.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/reading.hpp"
#include "moments/moments_tensors.hpp"

struct eigenlens_moments {
  std::variant<eigenlens::Moments, eigenlens::DualMoments> value;
  eigenlens::ReadingFacts reading;                             ///< empty where nothing is known of it
  eigenlens::DatasetInfo info;                                 ///< what the samples were
  mutable std::vector<const char*> class_names;                ///< as they were given out
  mutable std::unique_ptr<eigenlens::MomentsTensors> tensors;  ///< made when they are first asked for
};

namespace eigenlens::c {

/// A handle for the caller.
eigenlens_moments* new_moments(std::variant<Moments, DualMoments> value, const ReadingFacts& reading);

/// Moments of the primal form; Error(usage) for NULL or for others: "WHAT takes moments of the primal form".
const Moments& primal(const eigenlens_moments* moments, const char* what);

/// Those of some handles; Error(usage) for NULL, none, or the dual form.
ShardPointers primal_shards(const eigenlens_moments* const* shards, std::size_t count, const char* what);

}  // namespace eigenlens::c
