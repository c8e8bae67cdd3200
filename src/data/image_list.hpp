// SPDX-License-Identifier: Apache-2.0
/// \file
/// Paths and labels of very many images: about 16 bytes and the name each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/labels.hpp"

namespace eigenlens {

class ImageList {
 public:
  /// Names that follow are relative to this directory; "" for the one that the program runs in.
  void enter(std::string directory);
  void add(std::string_view name, std::int32_t label);

  [[nodiscard]] std::int64_t size() const noexcept { return static_cast<std::int64_t>(entries_.size()); }
  [[nodiscard]] std::string path(std::int64_t index) const;
  [[nodiscard]] std::int32_t label(std::int64_t index) const { return entries_[static_cast<std::size_t>(index)].label; }

 private:
  struct Entry {
    std::int64_t end;  // of its name in names_
    std::int32_t directory;
    std::int32_t label;
  };
  std::vector<std::string> directories_;
  std::string names_;
  std::vector<Entry> entries_;
};

/// What is known of an image data set before an image is opened.
struct ImageSource {
  std::string root;   ///< for messages
  std::string name;   ///< for people
  std::string split;  ///< or empty
  ImageList images;   ///< in the order in which they are delivered
  std::int64_t classes = 0;
  std::vector<std::string> class_names;  ///< empty, or one a class
};

/// Reads a list: a line `path<TAB>label` an image, paths relative to the list's folder (docs/datasets.md). Throws
/// Error(data) with the line number; Error(io) for a file that is not there.
ImageSource read_image_list(const std::string& path, const OpenOptions& options);

/// True if the first line has the form of such a list and names an image by its ending.
bool is_image_list(const std::string& path);

/// True if the name ends like a JPEG or PNG file's, in capitals or not.
bool is_image_name(std::string_view name);

}  // namespace eigenlens
