// SPDX-License-Identifier: Apache-2.0
#include "data/npy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "data/byte_stream.hpp"
#include "data/directory.hpp"
#include "data/labels.hpp"
#include "data/npy_format.hpp"
#include "data/npy_pairs.hpp"
#include "data/row_file.hpp"
#include "data/sample_dataset.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

static_assert(std::endian::native == std::endian::little, ".npy values are read as they are stored: little-endian");

namespace {

std::string describe_shape(const std::vector<std::int64_t>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

ScalarType image_scalar(const NpyHeader& header, const std::string& path) {
  const std::string& descr = header.descr;
  if (descr == "|u1" || descr == "<u1" || descr == ">u1" || descr == "u1") return ScalarType::uint8;
  if (descr == "<f4" || descr == "=f4") return ScalarType::float32;
  if (descr == "<f8" || descr == "=f8") return ScalarType::float64;
  throw Error(ErrorCode::data, fmt::format("{} holds {}: expected uint8 (|u1), float32 (<f4) or float64 (<f8)", path,
                                           describe_dtype(descr)));
}

bool is_channels(std::int64_t extent) { return extent == 1 || extent == 3 || extent == 4; }

/// Whether the last of four dimensions holds the channels.
bool is_nhwc(const std::vector<std::int64_t>& shape, const std::string& layout, const std::string& path) {
  if (layout != "auto") return layout == "nhwc";
  const bool last = is_channels(shape[3]);
  if (last != is_channels(shape[1])) return last;
  throw Error(
      ErrorCode::usage,
      fmt::format("{} has shape {}, where {} 1, 3 or 4 channels: name the layout, nhwc or nchw", path,
                  describe_shape(shape),
                  last ? "both the second and the last extent could be" : "neither the second nor the last extent is"));
}

/// C × H × W of one sample; `nhwc` is set for 4-D images with channels last.
ImageShape image_shape(const NpyHeader& header, const std::string& layout, const std::string& path, bool& nhwc) {
  const std::vector<std::int64_t>& shape = header.shape;
  if (shape.size() < 2 || shape.size() > 4) {
    throw Error(ErrorCode::data,
                fmt::format("{} has shape {}: expected N x D, N x H x W, N x H x W x C or N x C x H x W", path,
                            describe_shape(shape)));
  }
  if (header.fortran_order) {
    throw Error(ErrorCode::data,
                fmt::format("{} is in Fortran order: expected C order (numpy.ascontiguousarray)", path));
  }
  if (shape[0] == 0)
    throw Error(ErrorCode::data, fmt::format("{} is empty: its shape is {}", path, describe_shape(shape)));
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) {
    throw Error(ErrorCode::data,
                fmt::format("{} has shape {}: expected at least one value a sample", path, describe_shape(shape)));
  }
  if (shape.size() == 2) return {1, 1, shape[1]};
  if (shape.size() == 3) return {1, shape[1], shape[2]};
  nhwc = is_nhwc(shape, layout, path);
  return nhwc ? ImageShape{shape[3], shape[1], shape[2]} : ImageShape{shape[1], shape[2], shape[3]};
}

/// One sample, H × W × C to C × H × W.
template <class Value>
void to_channel_major(const std::byte* from, std::byte* to, const ImageShape& shape) {
  const std::int64_t pixels = shape.height * shape.width;
  for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
      const std::int64_t source = pixel * shape.channels + channel;
      std::memcpy(to, from + source * static_cast<std::int64_t>(sizeof(Value)), sizeof(Value));
      to += sizeof(Value);
    }
  }
}

class NpyDataset final : public SampleDataset {
 public:
  NpyDataset(DatasetInfo info, std::int64_t batch, RowFile images, std::vector<std::int32_t> labels, bool nhwc)
      : SampleDataset(std::move(info), batch), images_(std::move(images)), labels_(std::move(labels)), nhwc_(nhwc) {}

 private:
  void read(std::int64_t first, std::int64_t count, std::byte* values, std::int32_t* labels) override {
    std::copy_n(labels_.begin() + first, count, labels);
    if (!nhwc_) return images_.read(count, values);
    const std::int64_t item = bytes_of(info().scalar);
    const std::int64_t row = info().shape.size() * item;
    raw_.resize(static_cast<std::size_t>(count * row));
    images_.read(count, raw_.data());
    for (std::int64_t i = 0; i < count; ++i) {
      const std::byte* from = raw_.data() + i * row;
      if (item == 1) to_channel_major<std::uint8_t>(from, values + i * row, info().shape);
      if (item == 4) to_channel_major<float>(from, values + i * row, info().shape);
      if (item == 8) to_channel_major<double>(from, values + i * row, info().shape);
    }
  }

  RowFile images_;
  std::vector<std::int32_t> labels_;
  bool nhwc_;
  std::vector<std::byte> raw_;  // a batch as it is in the file
};

/// Bytes of one integer label; `is_signed` is set. Throws for what is not a little-endian integer.
std::int64_t label_bytes(const NpyHeader& header, const std::string& path, bool& is_signed) {
  const std::string& descr = header.descr;
  const bool sized = descr.size() == 3 && std::string("1248").find(descr[2]) != std::string::npos;
  const bool integer = sized && (descr[1] == 'u' || descr[1] == 'i');
  if (!integer || (descr[0] == '>' && descr[2] != '1')) {
    throw Error(ErrorCode::data, fmt::format("{} holds {}: expected labels of an integer dtype, little-endian", path,
                                             describe_dtype(descr)));
  }
  is_signed = descr[1] == 'i';
  return descr[2] - '0';
}

/// One little-endian integer; what exceeds int64 becomes its largest value, which is out of range for a label anyway.
std::int64_t decode(const unsigned char* bytes, std::int64_t width, bool is_signed) {
  std::uint64_t value = 0;
  for (std::int64_t i = width; i-- > 0;) value = value << 8 | bytes[i];
  const auto unused = static_cast<int>(64 - 8 * width);
  if (is_signed) return static_cast<std::int64_t>(value << unused) >> unused;
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(value, most));
}

}  // namespace

bool is_npy_file(const std::string& path) {
  if (path.ends_with(".npy")) return true;
  char magic[6] = {};
  return ByteStream(path).read(magic, sizeof magic) == sizeof magic && std::memcmp(magic, "\x93NUMPY", 6) == 0;
}

std::vector<std::int64_t> read_npy_labels(const std::string& path, std::int64_t count, const std::string& images) {
  ByteStream stream(path);
  const NpyHeader header = read_npy_header(stream);
  bool is_signed = false;
  const std::int64_t width = label_bytes(header, path, is_signed);
  const std::vector<std::int64_t>& shape = header.shape;
  if (shape.empty() || shape.size() > 2 || (shape.size() == 2 && shape[1] != 1)) {
    throw Error(ErrorCode::data, fmt::format("{} has shape {}: expected labels of shape ({},) or ({}, 1)", path,
                                             describe_shape(shape), count, count));
  }
  check_label_count(path, shape[0], images, count);
  RowFile rows(std::move(stream), "label", count, width);
  std::vector<unsigned char> bytes(static_cast<std::size_t>(count * width));
  rows.read(count, bytes.data());
  std::vector<std::int64_t> labels(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] = decode(bytes.data() + static_cast<std::int64_t>(i) * width, width, is_signed);
  }
  return labels;
}

std::unique_ptr<Dataset> open_npy(const std::string& path, const OpenOptions& options) {
  // 1. Which files
  const NpyPair pair = is_directory(path) ? choose_npy_pair(path, options) : npy_pair_of(path, options);
  // 2. What the images claim, against the length of the file
  ByteStream stream(pair.images);
  const NpyHeader header = read_npy_header(stream);
  const ScalarType scalar = image_scalar(header, pair.images);
  bool nhwc = false;
  const ImageShape shape = image_shape(header, options.layout, pair.images, nhwc);
  const std::int64_t factors[] = {shape.channels, shape.height, shape.width, bytes_of(scalar)};
  RowFile images(std::move(stream), "image", header.shape[0], checked_product(factors, pair.images));
  // 3. Labels whole, then the images in batches
  Labels labels = read_labels(pair.labels, header.shape[0], pair.images, options);
  DatasetInfo info{.name = pair.name,
                   .source = pair.images,
                   .format = "npy",
                   .split = pair.split,
                   .scalar = scalar,
                   .shape = shape,
                   .count = header.shape[0],
                   .classes = labels.classes,
                   .class_names = {}};
  const bool transpose = nhwc && shape.channels > 1;
  return std::make_unique<NpyDataset>(std::move(info), options.batch, std::move(images), std::move(labels.values),
                                      transpose);
}

}  // namespace eigenlens
