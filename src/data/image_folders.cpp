// SPDX-License-Identifier: Apache-2.0
/// \file
/// Class folders on disk: which there are, and which files in them are images.
#include "data/image_folders.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "data/directory.hpp"
#include "data/image_decoder.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 5> kSplits = {"train", "val", "test", "validation", "valid"};
constexpr int kDeepest = 16;  // folders below a class folder: a link that leads back to itself ends here

bool is_split(const std::string& name) { return std::find(kSplits.begin(), kSplits.end(), name) != kSplits.end(); }

bool is_hidden(const std::string& name) { return name.starts_with('.'); }

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

/// Folders that are not hidden, sorted.
std::vector<std::string> folders_in(const std::string& path) {
  std::vector<std::string> found;
  for (const std::string& name : names_at(path)) {
    if (!is_hidden(name) && is_folder(join_path(path, name))) found.push_back(name);
  }
  return found;
}

std::vector<std::string> splits_in(const std::string& path) {
  std::vector<std::string> found = folders_in(path);
  std::erase_if(found, [](const std::string& name) { return !is_split(name); });
  return found;
}

/// Files of these endings are never opened, and everything else that is no image by its name is: see is_image().
constexpr std::array<std::string_view, 16> kOther = {".txt", ".csv",  ".tsv", ".json", ".xml", ".yaml", ".yml", ".md",
                                                     ".npy", ".html", ".mat", ".pkl",  ".log", ".ini",  ".db",  ".py"};

/// True for what is to be read. A name that does not tell is looked into, so that nothing that is an image is left out
/// silently. Throws Error(data) for images of other kinds, unless bad files may be skipped: then they are counted
/// there.
bool is_image(const std::string& path, const std::string& name, std::int64_t skip_bad) {
  if (is_image_name(name)) return true;
  const std::string ending = fs::path(name).extension().string();
  if (std::find(kOther.begin(), kOther.end(), ending) != kOther.end()) return false;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))  // a link to nothing or to itself, or no permission
    throw Error(ErrorCode::io, fmt::format("cannot look at {}: {}", path, error.message()));
  if (!fs::is_regular_file(status)) return false;
  std::array<unsigned char, 16> start{};
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::io, fmt::format("cannot open {}", path));
  file.read(reinterpret_cast<char*>(start.data()), static_cast<std::streamsize>(start.size()));
  const std::string_view kind = image_kind({start.data(), static_cast<std::size_t>(file.gcount())});
  if (kind.empty()) return false;
  if (kind == "JPEG" || kind == "PNG" || skip_bad > 0) return true;
  throw Error(ErrorCode::data, fmt::format("{} is a {} file: expected JPEG or PNG", path, kind));
}

/// Appends the images below `folder`, as paths relative to it.
void walk(const std::string& folder, const std::string& below, int depth, std::int64_t skip_bad,
          std::vector<std::string>& images) {
  const std::string here = below.empty() ? folder : join_path(folder, below);
  if (depth > kDeepest) {
    throw Error(ErrorCode::data,
                fmt::format("{} is more than {} folders deep in {}: a link back?", here, kDeepest, folder));
  }
  std::error_code error;
  for (fs::directory_iterator at(here, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (is_hidden(name)) continue;
    std::error_code broken;  // a link to nothing is a file that cannot be opened, later
    if (at->is_directory(broken)) {
      walk(folder, below.empty() ? name : join_path(below, name), depth + 1, skip_bad, images);
    } else if (is_image(at->path().string(), name, skip_bad)) {
      images.push_back(below.empty() ? name : join_path(below, name));
    }
  }
  if (error) throw Error(ErrorCode::io, fmt::format("cannot list {}: {}", here, error.message()));
}

/// True if there is a file with an image's name in the folder or one further down.
bool holds_an_image(const std::string& folder, int deeper) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code broken;
    if (is_hidden(name)) continue;
    const bool found =
        at->is_directory(broken) ? deeper > 0 && holds_an_image(at->path().string(), deeper - 1) : is_image_name(name);
    if (found) return true;
  }
  return false;
}

/// Where the images of one split are.
struct Place {
  std::string root;    // holds the splits, or the classes
  std::string split;   // or empty
  std::string folder;  // holds the classes
};

/// If `path` is called as a split: by its own name first, because a link may lead to where its neighbours are not, then
/// by what it leads to. One that has the classes of other splits beside it comes before one that has not.
std::optional<Place> named_split(const std::string& path) {
  std::optional<Place> found;
  std::error_code error;
  for (fs::path at : {fs::absolute(path, error).lexically_normal(), fs::weakly_canonical(path, error)}) {
    if (!at.has_filename()) at = at.parent_path();
    const std::string name = at.filename().string(), root = at.parent_path().string();
    if (!is_split(name)) continue;
    if (is_file(join_path(root, "wnids.txt")) || is_folder(join_path(root, "train"))) return Place{root, name, path};
    if (!found) found = Place{root, name, path};
  }
  return found;
}

/// Splits beside folders that hold images themselves: "train" may be a class. Throws Error(usage).
void require_splits_alone(const std::string& path, const std::vector<std::string>& splits) {
  for (const std::string& name : folders_in(path))
    if (!is_split(name) && holds_an_image(join_path(path, name), 1))
      throw Error(
          ErrorCode::usage,
          fmt::format("{} holds {}, which is called as a split, and {}, which holds images too: name the folder "
                      "of the split as DATA, or rename one of them",
                      path, splits.front(), name));
}

/// A folder of splits, one of its splits, or a folder of classes.
Place find_place(const std::string& path, const OpenOptions& options) {
  const std::vector<std::string> splits = splits_in(path);
  if (!splits.empty()) {
    if (std::find(splits.begin(), splits.end(), options.split) == splits.end()) fail_split(path, options.split, splits);
    require_splits_alone(path, splits);
    return {path, options.split, join_path(path, options.split)};
  }
  if (const std::optional<Place> split = named_split(path)) return *split;
  if (options.split != "train") fail_split(path, options.split, std::array<std::string, 1>{"train (all of it)"});
  return {path, "", path};
}

std::vector<std::string> read_lines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::io, fmt::format("cannot open {}", path));
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  if (file.bad()) throw Error(ErrorCode::io, fmt::format("cannot read {} after line {}", path, lines.size()));
  return lines;
}

/// The classes of every split, so that a label means the same in each: wnids.txt, or else the folders of train, or else
/// nothing.
std::vector<std::string> shared_classes(const Place& place) {
  std::vector<std::string> classes;
  const std::string wnids = join_path(place.root, "wnids.txt");
  const std::string train = join_path(place.root, "train");
  if (!place.split.empty() && is_file(wnids)) {
    classes = read_lines(wnids);
    std::erase(classes, "");
    if (classes.empty()) throw Error(ErrorCode::data, fmt::format("{} names no class", wnids));
  } else if (!place.split.empty() && is_folder(train)) {
    classes = folders_in(train);
  }
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  return classes;
}

/// The name of each image in SPLIT/images and its class, from the first two columns of SPLIT/SPLIT_annotations.txt.
std::map<std::string, std::string> read_annotations(const std::string& path) {
  std::map<std::string, std::string> class_of;
  std::int64_t number = 0;
  for (const std::string& line : read_lines(path)) {
    ++number;
    if (line.empty()) continue;
    const std::size_t first = line.find('\t');
    if (first == std::string::npos || first == 0) {
      throw Error(ErrorCode::data,
                  fmt::format("{}, line {}: expected a file's name, a tab and its class", path, number));
    }
    const std::string name = line.substr(0, first);
    const std::string label = line.substr(first + 1, line.find('\t', first + 1) - first - 1);
    if (!class_of.emplace(name, label).second) {
      throw Error(ErrorCode::data, fmt::format("{}, line {}: {} is there twice", path, number, name));
    }
  }
  return class_of;
}

/// Label of a class by name. Throws Error(data) for one that the other splits do not have.
std::int32_t label_of(const std::string& name, const std::vector<std::string>& classes, const std::string& where) {
  const auto found = std::lower_bound(classes.begin(), classes.end(), name);
  if (found != classes.end() && *found == name) return static_cast<std::int32_t>(found - classes.begin());
  throw Error(ErrorCode::data, fmt::format("{}: class '{}' is none of the {} in wnids.txt or the folders of train",
                                           where, name, classes.size()));
}

std::vector<std::string> sorted_images(const std::string& folder, std::int64_t skip_bad) {
  std::vector<std::string> images;
  walk(folder, "", 0, skip_bad, images);
  std::sort(images.begin(), images.end());
  return images;
}

/// TinyImageNet's val: all images in one folder, their classes in a file.
void add_annotated(const Place& place, const std::string& annotations, std::int64_t skip_bad, ImageSource& source) {
  std::map<std::string, std::string> class_of = read_annotations(annotations);
  if (source.class_names.empty()) {
    for (const auto& [name, label] : class_of) source.class_names.push_back(label);
    std::sort(source.class_names.begin(), source.class_names.end());
    source.class_names.erase(std::unique(source.class_names.begin(), source.class_names.end()),
                             source.class_names.end());
  }
  const std::string folder = join_path(place.folder, "images");
  std::vector<std::pair<std::int32_t, std::string>> images;
  for (const std::string& name : sorted_images(folder, skip_bad)) {
    const auto found = class_of.find(name);
    if (found == class_of.end()) {
      throw Error(ErrorCode::data, fmt::format("{} has no line in {}", join_path(folder, name), annotations));
    }
    images.emplace_back(label_of(found->second, source.class_names, annotations), name);
    class_of.erase(found);
  }
  if (!class_of.empty()) {
    throw Error(ErrorCode::data,
                fmt::format("{} names {}, which is not in {}", annotations, class_of.begin()->first, folder));
  }
  std::sort(images.begin(), images.end());
  source.images.enter(folder);
  for (const auto& [label, name] : images) source.images.add(name, label);
}

void add_class_folders(const Place& place, std::int64_t skip_bad, ImageSource& source) {
  std::vector<std::string> folders;
  for (const std::string& name : names_at(place.folder)) {
    const std::string path = join_path(place.folder, name);
    if (is_hidden(name)) continue;
    if (is_folder(path)) {
      folders.push_back(name);
    } else if (is_image(path, name, skip_bad)) {
      throw Error(ErrorCode::data, fmt::format("{} is an image outside of the class folders: expected {}", path,
                                               join_path(place.folder, "CLASS/" + name)));
    }
  }
  if (folders.empty()) throw Error(ErrorCode::data, fmt::format("{} has no class folders", place.folder));
  if (folders == std::vector<std::string>{"images"}) {
    throw Error(ErrorCode::data, fmt::format("{} holds images without labels: expected {}, or a folder a class",
                                             place.folder, directory_name(place.folder) + "_annotations.txt"));
  }
  if (source.class_names.empty()) source.class_names = folders;
  for (const std::string& name : folders) {
    const std::int32_t label = label_of(name, source.class_names, join_path(place.folder, name));
    const std::string folder = join_path(place.folder, name);
    const std::vector<std::string> images = sorted_images(folder, skip_bad);
    if (images.empty()) {
      throw Error(ErrorCode::data,
                  fmt::format("{} holds no images: expected a class folder of JPEG or PNG files", folder));
    }
    source.images.enter(folder);
    for (const std::string& image : images) source.images.add(image, label);
  }
}

}  // namespace

bool holds_image_folders(const std::string& path) {
  const std::vector<std::string> splits = splits_in(path);
  const auto& tops = splits.empty() ? folders_in(path) : splits;
  const int deeper = splits.empty() ? 1 : 2;  // CLASS/images/x.JPEG below the path or its split
  return std::any_of(tops.begin(), tops.end(),
                     [&](const std::string& name) { return holds_an_image(join_path(path, name), deeper); });
}

ImageSource read_image_folders(const std::string& path, const OpenOptions& options) {
  const Place place = find_place(path, options);
  ImageSource source;
  source.root = path;
  source.name = directory_name(place.root);
  source.split = place.split;
  source.class_names = shared_classes(place);
  const std::string annotations =
      join_path(place.folder, (place.split.empty() ? directory_name(place.folder) : place.split) + "_annotations.txt");
  if (is_file(annotations) && is_folder(join_path(place.folder, "images"))) {
    add_annotated(place, annotations, options.skip_bad, source);
  } else {
    add_class_folders(place, options.skip_bad, source);
  }
  source.classes = static_cast<std::int64_t>(source.class_names.size());
  if (source.images.size() == 0) throw Error(ErrorCode::data, fmt::format("{} holds no images", place.folder));
  return source;
}

}  // namespace eigenlens
