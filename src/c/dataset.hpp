// SPDX-License-Identifier: Apache-2.0
/// \file
/// Data sets of the C interface: they can be read several times, from a path or from functions of the caller's.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/eigenlens.h"
#include "eigenlens/reading.hpp"

struct eigenlens_dataset {
  /// A new pass, from the first sample.
  std::function<std::unique_ptr<eigenlens::Dataset>()> open;
  /// Whether samples may be read on another thread, ahead of the caller: not those of functions of the caller's.
  bool read_ahead = false;
  eigenlens::DatasetInfo info;
  std::unique_ptr<eigenlens::Dataset> current;  ///< of eigenlens_dataset_next, whose batch it holds
  bool begins_again = true;                     ///< the next batch is the first, of a new pass
  std::vector<eigenlens::SkippedFile> skipped;
  mutable std::vector<const char*> class_names;  ///< as they were given out

  /// A pass for an operation. Functions of the caller's know of one pass alone, so eigenlens_dataset_next begins again.
  [[nodiscard]] std::unique_ptr<eigenlens::Dataset> pass() {
    auto samples = unread();
    return read_ahead ? eigenlens::prefetch(std::move(samples)) : std::move(samples);
  }
  /// The same, for an operation that sees to reading ahead itself.
  [[nodiscard]] std::unique_ptr<eigenlens::Dataset> unread() {
    begins_again = true;
    return open();
  }
};

namespace eigenlens::c {

/// A data set whose batches `reader` makes. It is rewound before the first. Errors: what `next` and `rewind` say
/// (cancelled, if that is no status), usage for a batch that is not of these samples, data if another number of samples
/// comes.
std::unique_ptr<Dataset> read_with(const eigenlens_reader& reader, const DatasetInfo& info);

}  // namespace eigenlens::c
