// SPDX-License-Identifier: Apache-2.0
#include "data/image_writer.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <unordered_map>
#include <utility>
#include <vector>

#include "data/directory.hpp"
#include "data/image_list.hpp"
#include "data/png_writer.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/parallel.hpp"

namespace eigenlens {

namespace {

namespace fs = std::filesystem;

/// "a/b.png" of "a/b.JPEG"; of a name that does not say that it is an image the whole, with .png behind it.
std::string as_png(const std::string& name) {
  return is_image_name(name) ? fs::path(name).replace_extension(".png").string() : name + ".png";
}

/// False for what would lie outside of the folder that is written.
bool stays_below(const fs::path& name) {
  if (name.empty() || name.is_absolute()) return false;
  const fs::path normal = name.lexically_normal();
  return *normal.begin() != ".." && normal != ".";
}

class ImageWriter final : public SetWriter {
 public:
  ImageWriter(const StagedFolder& folder, DatasetInfo info, int threads)
      : folder_(folder), info_(std::move(info)), threads_(threads) {}

  void add(const Batch& batch, std::span<const std::string> files) override {
    const ImageShape& shape = info_.shape;
    std::vector<std::string> encoded(at(batch.count));
    parallel_for(threads_, batch.count, [&](std::int64_t i) {
      const auto* values = static_cast<const std::uint8_t*>(batch.values) + i * shape.size();
      encoded[at(i)] = encode_png(from_planar(values, shape.channels, shape.height, shape.width));
    });
    for (std::int64_t i = 0; i < batch.count; ++i, ++written_) put(files[at(i)], batch.labels[i], encoded[at(i)]);
  }

  void finish() override {
    if (info_.format == "image-list") folder_.write(name_of(info_.source), list_);
  }

 private:
  void put(const std::string& file, std::int32_t label, const std::string& bytes) {
    const bool list = info_.format == "image-list";
    const std::string below = stays_below(file) ? fs::path(file).lexically_normal().string()
                                                : fmt::format("images/{:08}-{}", written_, name_of(file));
    const std::string name = list ? as_png(below) : join_path(class_folder(label), as_png(below));
    if (list) list_ += fmt::format("{}\t{}\n", name, label_text(label));
    // The same file again, as lists may have it, is the same picture; a.jpg and a.png are not.
    const auto [place, fresh] = sources_.try_emplace(name, file);
    if (fresh) return folder_.write(name, bytes);
    if (list && place->second == file) return;
    throw Error(ErrorCode::usage, fmt::format("{}: both {} and {} would be written as {}: rename one of them, or write "
                                              "the set as .npy (--float)",
                                              info_.source, place->second, file, name));
  }

  [[nodiscard]] std::string class_folder(std::int32_t label) const {
    const std::string& name = info_.class_names[at(label)];
    return info_.split.empty() ? name : join_path(info_.split, name);
  }

  [[nodiscard]] std::string label_text(std::int32_t label) const {
    return info_.class_names.empty() ? std::to_string(label) : info_.class_names[at(label)];
  }

  const StagedFolder& folder_;
  DatasetInfo info_;
  int threads_;
  std::int64_t written_ = 0;
  std::string list_;
  std::unordered_map<std::string, std::string> sources_;  // what was written, and of which file
};

}  // namespace

std::unique_ptr<SetWriter> make_image_writer(const StagedFolder& folder, const DatasetInfo& info, int threads) {
  if (info.format == "image-folder" && info.class_names.empty()) {
    throw Error(ErrorCode::usage, fmt::format("{}: its folders do not name all of the {} classes that were asked for: "
                                              "no folder can be written for the others",
                                              info.source, info.classes));
  }
  return std::make_unique<ImageWriter>(folder, info, threads);
}

}  // namespace eigenlens
