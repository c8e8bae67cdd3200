// SPDX-License-Identifier: Apache-2.0
#include "data/labels.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "data/byte_stream.hpp"
#include "data/idx.hpp"
#include "data/npy.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

void check_label_count(const std::string& path, std::int64_t found, const std::string& images, std::int64_t expected) {
  if (found == expected) return;
  throw Error(ErrorCode::data, fmt::format("{} holds {} labels, but {} holds {} images: expected one label an image",
                                           path, found, images, expected));
}

Labels read_labels(const std::string& path, std::int64_t count, const std::string& images, const OpenOptions& options) {
  if (path == no_labels) return {.values = std::vector<std::int32_t>(static_cast<std::size_t>(count)), .classes = 1};
  const bool npy = is_npy_file(path);
  const std::vector<std::int64_t> raw =
      npy ? read_npy_labels(path, count, images) : read_idx_labels(path, count, images);
  Labels labels;
  labels.values.reserve(raw.size());
  const std::int64_t classes = options.classes > 0 ? options.classes : kMostClasses;
  for (std::size_t row = 0; row < raw.size(); ++row) {
    std::int64_t label = 0;
    if (__builtin_sub_overflow(raw[row], options.label_base, &label) || label < 0 || label >= classes) {
      throw Error(ErrorCode::data,
                  fmt::format("{}: label {} at row {} (counted from 0) is out of range: expected {} to {}", path,
                              raw[row], row, options.label_base, options.label_base + classes - 1));
    }
    labels.values.push_back(static_cast<std::int32_t>(label));
  }
  labels.classes = options.classes > 0
                       ? options.classes
                       : *std::max_element(labels.values.begin(), labels.values.end()) + std::int64_t{1};
  return labels;
}

}  // namespace eigenlens
