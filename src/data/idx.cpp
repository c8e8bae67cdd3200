// SPDX-License-Identifier: Apache-2.0
#include "data/idx.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "data/byte_stream.hpp"
#include "data/directory.hpp"
#include "data/labels.hpp"
#include "data/row_file.hpp"
#include "data/sample_dataset.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

/// What a file name says: [PREFIX-]{train,t10k,test}-images-idx3-ubyte[.gz].
struct IdxName {
  std::string name;
  std::string prefix;  // "emnist-letters", often empty
  std::string split;   // "train" or "test"
};

std::optional<IdxName> parse_name(const std::string& name) {
  std::string stem = name;
  if (stem.ends_with(".gz")) stem.resize(stem.size() - 3);
  bool images = false;
  for (const char* ending : {"-images-idx3-ubyte", "-images-idx4-ubyte", "-images.idx3-ubyte", "-images.idx4-ubyte"}) {
    if (!images && stem.ends_with(ending)) {
      stem.resize(stem.size() - std::strlen(ending));
      images = true;
    }
  }
  if (!images) return std::nullopt;
  for (const auto& [word, split] : {std::pair{"train", "train"}, {"t10k", "test"}, {"test", "test"}}) {
    if (stem == word) return IdxName{name, "", split};
    const std::string tail = std::string("-") + word;
    if (stem.ends_with(tail)) return IdxName{name, stem.substr(0, stem.size() - tail.size()), split};
  }
  return std::nullopt;
}

/// The images files among the names; of NAME and NAME.gz only the first.
std::vector<IdxName> find_images(std::span<const std::string> names) {
  std::vector<IdxName> found;
  for (const std::string& name : names) {
    const bool shadowed =
        name.ends_with(".gz") && std::find(names.begin(), names.end(), name.substr(0, name.size() - 3)) != names.end();
    std::optional<IdxName> parsed = parse_name(name);
    if (parsed && !shadowed) found.push_back(*std::move(parsed));
  }
  return found;
}

IdxName choose_images(const std::string& directory, const std::string& split) {
  const std::vector<IdxName> found = find_images(names_at(directory));
  if (found.empty()) {
    throw Error(ErrorCode::data,
                fmt::format("{} holds no IDX images: expected {}-images-idx3-ubyte or "
                            "{}-images-idx3-ubyte.gz, with or without a prefix",
                            directory, split == "test" ? "t10k" : split, split == "test" ? "t10k" : split));
  }
  std::vector<std::string> present;
  std::vector<std::string> matching;
  const IdxName* chosen = nullptr;
  for (const IdxName& one : found) {
    present.push_back(one.split);
    if (one.split != split) continue;
    matching.push_back(one.name);
    chosen = &one;
  }
  if (chosen == nullptr) fail_split(directory, split, present);
  if (matching.size() > 1) fail_several(directory, "IDX", matching);
  return *chosen;
}

std::string labels_beside(const std::string& images) {
  std::string name = name_of(images);
  const std::size_t at = name.rfind("images");
  if (at == std::string::npos) {
    throw Error(ErrorCode::usage, fmt::format("{} does not tell where its labels are: name the labels file", images));
  }
  name.replace(at, 6, "labels");
  for (const char* kind : {"idx3", "idx4"}) {
    const std::size_t digit = name.rfind(kind);
    if (digit != std::string::npos) name.replace(digit, 4, "idx1");
  }
  const std::string first = join_path(parent_of(images), name);
  const std::string second = name.ends_with(".gz") ? first.substr(0, first.size() - 3) : first + ".gz";
  for (const std::string& candidate : {first, second}) {
    if (is_file(candidate)) return candidate;
  }
  throw Error(ErrorCode::io, fmt::format("{} has no labels: expected {} beside it", images, first));
}

std::string type_name(unsigned char type) {
  switch (type) {
    case 0x08:
      return "unsigned bytes";
    case 0x09:
      return "signed bytes";
    case 0x0b:
      return "16-bit integers";
    case 0x0c:
      return "32-bit integers";
    case 0x0d:
      return "32-bit floats";
    case 0x0e:
      return "64-bit floats";
    default:
      return "values of an unknown type";
  }
}

[[noreturn]] void fail_short_header(const std::string& path, std::int64_t content) {
  throw Error(ErrorCode::data,
              fmt::format("{} is truncated: it ends at byte {}, within its IDX header", path, content));
}

/// Reads magic and extents. `ranks`: the numbers of dimensions that are accepted.
std::vector<std::int64_t> read_header(ByteStream& stream, std::span<const int> ranks, const char* content) {
  const std::string& path = stream.path();
  std::array<unsigned char, 4> magic{};
  if (stream.read(magic.data(), 4) != 4) fail_short_header(path, stream.offset());
  const std::string expected = fmt::format("expected 00 00 08 {:02x}", fmt::join(ranks, " or 00 00 08 "));
  const std::string wanted =
      fmt::format("{} (unsigned bytes in {} dimensions: {})", expected, fmt::join(ranks, " or "), content);
  if (magic[0] != 0 || magic[1] != 0) {
    throw Error(ErrorCode::data,
                fmt::format("{} is not an IDX file: it starts with {:02x}, {}", path, fmt::join(magic, " "), wanted));
  }
  if (magic[2] != 0x08) {
    throw Error(ErrorCode::data,
                fmt::format("{} holds {} (type 0x{:02x}), {}", path, type_name(magic[2]), magic[2], wanted));
  }
  if (std::find(ranks.begin(), ranks.end(), magic[3]) == ranks.end()) {
    throw Error(ErrorCode::data, fmt::format("{} has {} dimensions, {}", path, magic[3], wanted));
  }
  std::vector<std::int64_t> extents(magic[3]);
  for (std::int64_t& extent : extents) {
    std::array<unsigned char, 4> bytes{};  // big-endian
    if (stream.read(bytes.data(), 4) != 4) fail_short_header(path, stream.offset());
    extent = std::int64_t{bytes[0]} << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
  }
  return extents;
}

class IdxDataset final : public SampleDataset {
 public:
  IdxDataset(DatasetInfo info, std::int64_t batch, RowFile images, std::vector<std::int32_t> labels)
      : SampleDataset(std::move(info), batch), images_(std::move(images)), labels_(std::move(labels)) {}

 private:
  void read(std::int64_t first, std::int64_t count, std::byte* values, std::int32_t* labels) override {
    images_.read(count, values);
    std::copy_n(labels_.begin() + first, count, labels);
  }

  RowFile images_;
  std::vector<std::int32_t> labels_;
};

}  // namespace

bool names_idx(std::span<const std::string> names) { return !find_images(names).empty(); }

std::string compose_idx_header(const std::vector<std::int64_t>& extents) {
  std::string header = {'\x00', '\x00', '\x08', static_cast<char>(extents.size())};
  for (const std::int64_t extent : extents) {
    for (int shift = 24; shift >= 0; shift -= 8) header.push_back(static_cast<char>(extent >> shift & 0xff));
  }
  return header;
}

std::vector<std::int64_t> read_idx_labels(const std::string& path, std::int64_t count, const std::string& images) {
  ByteStream stream(path);
  constexpr int ranks[] = {1};
  const std::vector<std::int64_t> extents = read_header(stream, ranks, "labels");
  check_label_count(path, extents[0], images, count);
  RowFile rows(std::move(stream), "label", extents[0], 1);
  std::vector<unsigned char> bytes(static_cast<std::size_t>(count));
  rows.read(count, bytes.data());
  return {bytes.begin(), bytes.end()};
}

std::unique_ptr<Dataset> open_idx(const std::string& path, const OpenOptions& options) {
  // 1. Which file
  const bool directory = is_directory(path);
  IdxName chosen = directory ? choose_images(path, options.split) : parse_name(name_of(path)).value_or(IdxName{});
  const std::string source = directory ? join_path(path, chosen.name) : path;
  if (chosen.prefix.empty()) chosen.prefix = directory_name(parent_of(source));
  // 2. What it claims, against its length
  ByteStream stream(source);
  constexpr int ranks[] = {3, 4};
  const std::vector<std::int64_t> extents = read_header(stream, ranks, "images");
  if (extents[0] == 0) throw Error(ErrorCode::data, fmt::format("{} is empty: it holds 0 images", source));
  if (std::find(extents.begin(), extents.end(), 0) != extents.end()) {
    throw Error(ErrorCode::data, fmt::format("{} holds images of {} pixels: expected at least one pixel", source,
                                             fmt::join(extents.begin() + 1, extents.end(), " x ")));
  }
  const std::int64_t dimension = checked_product(std::span(extents).subspan(1), source);
  RowFile images(std::move(stream), "image", extents[0], dimension);
  // 3. Labels whole, then the images in batches
  const std::string labels_file = options.labels.empty() ? labels_beside(source) : options.labels;
  Labels labels = read_labels(labels_file, extents[0], source, options);
  DatasetInfo info{.name = chosen.prefix,
                   .source = source,
                   .format = "idx",
                   .split = chosen.split,
                   .scalar = ScalarType::uint8,
                   .shape = {extents.size() == 4 ? extents[1] : 1, extents[extents.size() - 2], extents.back()},
                   .count = extents[0],
                   .classes = labels.classes,
                   .class_names = {}};
  return std::make_unique<IdxDataset>(std::move(info), options.batch, std::move(images), std::move(labels.values));
}

}  // namespace eigenlens
