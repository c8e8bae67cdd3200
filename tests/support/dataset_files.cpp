// SPDX-License-Identifier: Apache-2.0
#include "support/dataset_files.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <stdexcept>

namespace eigenlens::test {

std::string idx_header(const std::vector<std::uint32_t>& extents, int type) {
  std::string header = {'\0', '\0', static_cast<char>(type), static_cast<char>(extents.size())};
  for (const std::uint32_t extent : extents) {
    for (int shift = 24; shift >= 0; shift -= 8) header.push_back(static_cast<char>(extent >> shift & 0xffU));
  }
  return header;
}

std::string npy_file(std::string_view dictionary, std::string_view values) {
  std::string file = "\x93NUMPY";
  file += {'\x01', '\0', static_cast<char>(dictionary.size() & 0xff), static_cast<char>(dictionary.size() >> 8)};
  return file.append(dictionary).append(values);
}

std::string npy_file(std::string_view descr, std::string_view shape, std::string_view values) {
  return npy_file(fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}\n", descr, shape), values);
}

std::string gzip(std::string_view content) {
  z_stream stream = {};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("zlib");
  std::string source(content);
  std::string result(deflateBound(&stream, source.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(source.data());
  stream.avail_in = static_cast<uInt>(source.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  const int status = deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::runtime_error("zlib");
  return result;
}

std::string counting_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i % 251);
  return bytes;
}

AllSamples read_all(Dataset& dataset) {
  AllSamples all;
  const DatasetInfo& info = dataset.info();
  const std::int64_t width = info.scalar == ScalarType::uint8 ? 1 : info.scalar == ScalarType::float32 ? 4 : 8;
  while (const std::optional<Batch> batch = dataset.next()) {
    EXPECT_EQ(batch->first, static_cast<std::int64_t>(all.labels.size()));
    EXPECT_EQ(batch->dimension, info.shape.size());
    EXPECT_EQ(batch->scalar, info.scalar);
    all.values.append(static_cast<const char*>(batch->values),
                      static_cast<std::size_t>(batch->count * batch->dimension * width));
    all.labels.insert(all.labels.end(), batch->labels, batch->labels + batch->count);
    ++all.batches;
  }
  EXPECT_EQ(static_cast<std::int64_t>(all.labels.size()), info.count);
  EXPECT_FALSE(dataset.next().has_value()) << "the end is the end";
  return all;
}

AllSamples read_all(const std::string& path, const OpenOptions& options) {
  return read_all(*open_dataset(path, options));
}

std::string error_of(ErrorCode code, const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "expected an Error, nothing was thrown";
  return "";
}

std::string error_of(ErrorCode code, const std::string& path, const OpenOptions& options) {
  return error_of(code, [&] {
    const std::unique_ptr<Dataset> dataset = open_dataset(path, options);
    while (dataset->next()) {
    }
  });
}

}  // namespace eigenlens::test
