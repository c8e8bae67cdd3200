// SPDX-License-Identifier: Apache-2.0
#include "data/image_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include "data/byte_stream.hpp"
#include "data/directory.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct Line {
  std::string_view path;
  std::string_view label;
};

/// Splits at the last tab; nothing if there is none or either side is empty. Blanks around the label are not part of
/// it.
std::optional<Line> split_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t tab = line.rfind('\t');
  if (tab == std::string_view::npos || tab == 0) return std::nullopt;
  std::string_view label = line.substr(tab + 1);
  label.remove_prefix(std::min(label.find_first_not_of(' '), label.size()));
  label = label.substr(0, label.find_last_not_of(' ') + 1);
  if (label.empty()) return std::nullopt;
  return Line{line.substr(0, tab), label};
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

[[noreturn]] void fail_line(const std::string& path, std::int64_t number, const std::string& what) {
  throw Error(ErrorCode::data, fmt::format("{}, line {}: {}", path, number, what));
}

/// The lines of a list, and what their labels turn out to be.
class ListReader {
 public:
  ListReader(const std::string& path, const OpenOptions& options) : path_(path), options_(options) {}

  ImageSource read() {
    ByteStream regular_file(path_);  // else says why not
    std::ifstream file(path_, std::ios::binary);
    std::string text;
    while (std::getline(file, text)) {
      ++number_;
      std::string_view line = text;
      if (number_ == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
      add(line);
    }
    if (file.bad()) throw Error(ErrorCode::io, fmt::format("cannot read {} after line {}", path_, number_));
    if (lines_.empty()) throw Error(ErrorCode::data, fmt::format("{} names no image", path_));
    return finish();
  }

 private:
  struct Entry {
    std::string name;
    std::int64_t label;  // the number, or the index in names_
  };

  void add(std::string_view text) {
    const std::optional<Line> line = split_line(text);
    if (!line) fail_line(path_, number_, "expected a path, a tab and a label");
    if (line->path.find('\0') != std::string_view::npos) fail_line(path_, number_, "its path holds a zero byte");
    const std::optional<std::int64_t> number = whole_number(line->label);
    if (lines_.empty()) numbers_ = number.has_value();
    if (numbers_ != number.has_value()) {
      fail_line(path_, number_,
                fmt::format("label '{}' is {} number, line 1 has {}: expected all of one kind", line->label,
                            number ? "a" : "no", numbers_ ? "one" : "a name"));
    }
    check_there(std::string(line->path));
    lines_.push_back({std::string(line->path), number ? check_number(*number) : name_index(line->label)});
  }

  void check_there(const std::string& name) const {
    std::error_code error;
    const std::string file = join_path(parent_of(path_), name);
    if (std::filesystem::is_regular_file(file, error)) return;
    throw Error(ErrorCode::io, fmt::format("{}, line {}: cannot open {}: {}", path_, number_, file,
                                           error ? error.message() : "it is not a regular file"));
  }

  [[nodiscard]] std::int64_t check_number(std::int64_t number) const {
    const std::int64_t classes = options_.classes > 0 ? options_.classes : kMostClasses;
    std::int64_t label = 0;
    if (__builtin_sub_overflow(number, options_.label_base, &label) || label < 0 || label >= classes) {
      fail_line(path_, number_,
                fmt::format("label {} is out of range: expected {} to {}", number, options_.label_base,
                            options_.label_base + classes - 1));
    }
    return label;
  }

  std::int64_t name_index(std::string_view name) {
    const auto [place, fresh] = names_.try_emplace(std::string(name), static_cast<std::int64_t>(names_.size()));
    if (fresh && place->second >= kMostClasses) {
      fail_line(path_, number_, fmt::format("more than {} different labels", kMostClasses));
    }
    return place->second;
  }

  ImageSource finish() {
    ImageSource source;
    std::vector<std::int64_t> rank(names_.size());  // of a name among all, sorted
    for (const auto& [name, index] : names_) {
      rank[static_cast<std::size_t>(index)] = static_cast<std::int64_t>(source.class_names.size());
      source.class_names.push_back(name);
    }
    const std::string folder = parent_of(path_);
    source.images.enter(folder == "." ? "" : folder);
    for (const Entry& line : lines_) {
      const std::int64_t label = numbers_ ? line.label : rank[static_cast<std::size_t>(line.label)];
      source.classes = std::max(source.classes, label + 1);
      source.images.add(line.name, static_cast<std::int32_t>(label));
    }
    source.root = path_;
    source.name = std::filesystem::path(name_of(path_)).stem().string();
    return source;
  }

  const std::string& path_;
  const OpenOptions& options_;
  std::int64_t number_ = 0;  // of the line
  bool numbers_ = true;      // labels are numbers, not names
  std::map<std::string, std::int64_t> names_;
  std::vector<Entry> lines_;
};

}  // namespace

void ImageList::enter(std::string directory) { directories_.push_back(std::move(directory)); }

void ImageList::add(std::string_view name, std::int32_t label) {
  names_ += name;
  entries_.push_back(
      {static_cast<std::int64_t>(names_.size()), static_cast<std::int32_t>(directories_.size()) - 1, label});
}

std::string ImageList::path(std::int64_t index) const {
  const auto i = static_cast<std::size_t>(index);
  const auto start = static_cast<std::size_t>(i == 0 ? 0 : entries_[i - 1].end);
  const std::string name = names_.substr(start, static_cast<std::size_t>(entries_[i].end) - start);
  return join_path(directories_[static_cast<std::size_t>(entries_[i].directory)], name);
}

bool is_image_name(std::string_view name) {
  constexpr std::array<std::string_view, 4> endings = {".jpg", ".jpeg", ".jpe", ".png"};
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  std::string ending(name.substr(dot));
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

bool is_image_list(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(4096, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  const std::optional<Line> line = split_line(std::string_view(start).substr(0, start.find('\n')));
  return line && is_image_name(line->path);
}

ImageSource read_image_list(const std::string& path, const OpenOptions& options) {
  return ListReader(path, options).read();
}

}  // namespace eigenlens
