// SPDX-License-Identifier: Apache-2.0
/// \file
/// Labels of a set whose labels are a file of their own: read whole, checked before the images are touched.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

struct Labels {
  std::vector<std::int32_t> values;  ///< each in [0, classes)
  std::int64_t classes = 0;
};

/// In place of a labels file: there are none. A file of that name is "./none".
inline constexpr std::string_view no_labels = "none";

/// Labels beyond this are taken for damage, not for classes.
inline constexpr std::int64_t kMostClasses = 65536;

/// Reads an IDX or .npy labels file for `count` images; no_labels: they are all of class 0, of one. Throws
/// Error(data): damage, a count that is not the images' (both files and counts named), a label outside of what
/// options.label_base and options.classes allow (file and row named).
Labels read_labels(const std::string& path, std::int64_t count, const std::string& images, const OpenOptions& options);

/// Throws Error(data) that names both files and both counts unless they are equal.
void check_label_count(const std::string& path, std::int64_t found, const std::string& images, std::int64_t expected);

}  // namespace eigenlens
