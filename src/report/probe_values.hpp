// SPDX-License-Identifier: Apache-2.0
/// \file
/// What probes on a test set say, as files and tables show it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// A number by its name in files; nothing where it does not apply (no test set; five of at most five classes).
struct ProbeValue {
  const char* name;
  std::optional<double> value;
};

/// At one K of a curve of `result`: accuracies as shares with the ends of their 95 % intervals, squared errors. Throws
/// Error(usage) for a probe without that K, Error(numerical) for a value that is not finite.
std::array<ProbeValue, 9> probe_values(const SweepResult& result, const Curve& curve, std::int64_t k);

/// Accuracy at some K, the best, and the smallest K that does as well, for a terminal; empty without a test set.
/// labels: of the curves, `width` characters at most.
std::string probe_table(const SweepResult& result, const std::vector<std::string>& labels,
                        const std::vector<std::int64_t>& k, std::size_t width);

}  // namespace eigenlens
