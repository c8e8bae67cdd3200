// SPDX-License-Identifier: Apache-2.0
#include "data/cifar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include "data/byte_stream.hpp"
#include "data/directory.hpp"
#include "data/row_file.hpp"
#include "data/sample_dataset.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

constexpr std::int64_t kPixels = 3072;  // 3 × 32 × 32
constexpr std::int64_t kChunk = 256;    // records at a time, so that they are still in cache when they are taken apart

/// One of the record formats.
struct Kind {
  const char* format;
  std::int64_t label_bytes;
  std::int64_t label_at;  // which of them is used
  std::int64_t classes;
  const char* label;
  const char* names_file;
  [[nodiscard]] std::int64_t record() const { return label_bytes + kPixels; }
};

constexpr Kind kCifar10{"cifar10", 1, 0, 10, "label", "batches.meta.txt"};
constexpr Kind kFine{"cifar100", 2, 1, 100, "fine label", "fine_label_names.txt"};
constexpr Kind kCoarse{"cifar100", 2, 0, 20, "coarse label", "coarse_label_names.txt"};

/// N of data_batch_N.bin, or 0.
int batch_number(const std::string& name) {
  constexpr std::string_view start = "data_batch_";
  if (!name.starts_with(start) || !name.ends_with(".bin")) return 0;
  const std::string digits = name.substr(start.size(), name.size() - start.size() - 4);
  const bool number =
      !digits.empty() && digits.size() < 6 && digits.find_first_not_of("0123456789") == std::string::npos;
  return number ? std::stoi(digits) : 0;
}

bool contains(std::span<const std::string> names, const char* name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Names of the files of a split, in order; empty if there are none.
std::vector<std::string> files_of(const std::string& directory, const Kind& kind, const std::string& split) {
  const std::vector<std::string> names = names_at(directory);
  if (kind.label_bytes == 2 || split != "train") {
    const std::string file = kind.label_bytes == 2 ? split + ".bin" : split + "_batch.bin";
    return contains(names, file.c_str()) ? std::vector{file} : std::vector<std::string>{};
  }
  int last = 0;
  for (const std::string& name : names) last = std::max(last, batch_number(name));
  std::vector<std::string> files;
  for (int number = 1; number <= last; ++number) {
    files.push_back(fmt::format("data_batch_{}.bin", number));
    if (!contains(names, files.back().c_str())) {
      throw Error(ErrorCode::data, fmt::format("{} has no {}: expected data_batch_1.bin to data_batch_{}.bin",
                                               directory, files.back(), last));
    }
  }
  return files;
}

std::vector<std::string> choose_files(const std::string& directory, const Kind& kind, const std::string& split) {
  std::vector<std::string> files = files_of(directory, kind, split);
  if (!files.empty()) return files;
  std::vector<std::string> present;
  for (const char* one : {"train", "test"}) {
    if (!files_of(directory, kind, one).empty()) present.emplace_back(one);
  }
  if (!present.empty()) fail_split(directory, split, present);
  throw Error(ErrorCode::data, fmt::format("{} holds no {} data: expected {}", directory, kind.format,
                                           kind.label_bytes == 2 ? "train.bin or test.bin"
                                                                 : "data_batch_1.bin and on, or test_batch.bin"));
}

/// Opens one file of whole records.
RowFile open_records(const std::string& path, const Kind& kind) {
  ByteStream stream(path);
  const std::int64_t size = stream.file_size();
  if (size == 0) throw Error(ErrorCode::data, fmt::format("{} is empty: expected {} records", path, kind.format));
  if (size % kind.record() != 0) {
    throw Error(ErrorCode::data,
                fmt::format("{} holds {} bytes, {} records and {} bytes more: expected a multiple of the "
                            "{} bytes of a {} record",
                            path, size, size / kind.record(), size % kind.record(), kind.record(), kind.format));
  }
  if (stream.compressed()) {
    throw Error(ErrorCode::data, fmt::format("{} is compressed: expected plain {} records", path, kind.format));
  }
  return {std::move(stream), "record", size / kind.record(), kind.record()};
}

/// The first `classes` lines of the names file, or nothing if it is absent or has not exactly as many.
std::vector<std::string> read_names(const std::string& path, std::int64_t classes) {
  std::vector<std::string> names;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  if (static_cast<std::int64_t>(names.size()) != classes) names.clear();
  return names;
}

class CifarDataset final : public SampleDataset {
 public:
  CifarDataset(DatasetInfo info, const OpenOptions& options, const Kind& kind, std::vector<RowFile> files)
      : SampleDataset(std::move(info), options.batch),
        kind_(kind),
        base_(options.label_base),
        files_(std::move(files)) {
    records_.resize(static_cast<std::size_t>(kChunk * kind_.record()));
  }

 private:
  void read(std::int64_t /*first*/, std::int64_t count, std::byte* values, std::int32_t* labels) override {
    while (count > 0) {
      if (row_ == files_[file_].rows()) {
        ++file_;
        row_ = 0;
      }
      const std::int64_t chunk = std::min({count, kChunk, files_[file_].rows() - row_});
      files_[file_].read(chunk, records_.data());
      for (std::int64_t i = 0; i < chunk; ++i, ++row_) {
        const unsigned char* record = records_.data() + i * kind_.record();
        labels[i] = check_label(record[kind_.label_at]);
        std::memcpy(values + i * kPixels, record + kind_.label_bytes, kPixels);
      }
      count -= chunk;
      labels += chunk;
      values += chunk * kPixels;
    }
  }

  [[nodiscard]] std::int32_t check_label(unsigned char byte) const {
    const std::int64_t label = byte - base_;
    if (byte >= kind_.classes || label < 0 || label >= info().classes) {
      throw Error(ErrorCode::data,
                  fmt::format("{}: {} {} in record {} (counted from 0) is out of range: expected {} to {}",
                              files_[file_].path(), kind_.label, byte, row_, std::max<std::int64_t>(0, base_),
                              std::min(kind_.classes, base_ + info().classes) - 1));
    }
    return static_cast<std::int32_t>(label);
  }

  const Kind& kind_;
  std::int64_t base_;
  std::vector<RowFile> files_;
  std::vector<unsigned char> records_;
  std::size_t file_ = 0;
  std::int64_t row_ = 0;  // in that file
};

std::string split_of(const std::string& file) {
  if (file == "train.bin" || batch_number(file) > 0) return "train";
  return file == "test.bin" || file == "test_batch.bin" ? "test" : "";
}

}  // namespace

bool names_cifar10(std::span<const std::string> names) {
  return contains(names, "test_batch.bin") ||
         std::any_of(names.begin(), names.end(), [](const std::string& name) { return batch_number(name) > 0; });
}

bool names_cifar100(std::span<const std::string> names) {
  return contains(names, "train.bin") || contains(names, "test.bin");
}

std::string guess_cifar(const std::string& file) {
  const std::vector<std::string> names{name_of(file)};
  if (names_cifar10(names)) return kCifar10.format;
  if (names_cifar100(names)) return kFine.format;
  const std::int64_t size = ByteStream(file).file_size();
  const bool ten = size % kCifar10.record() == 0;
  const bool hundred = size % kFine.record() == 0;
  if (ten != hundred) return ten ? kCifar10.format : kFine.format;
  throw Error(ErrorCode::usage,
              fmt::format("{} holds {} bytes, {} records of CIFAR-10 ({} bytes) and of CIFAR-100 ({} bytes): name the "
                          "format, cifar10 or cifar100",
                          file, size, ten ? "whole" : "not whole", kCifar10.record(), kFine.record()));
}

std::unique_ptr<Dataset> open_cifar(const std::string& path, const std::string& format, const OpenOptions& options) {
  const bool directory = is_directory(path);
  const Kind& kind = format == kCifar10.format ? kCifar10 : options.label_kind == "coarse" ? kCoarse : kFine;
  const std::string folder = directory ? path : parent_of(path);
  std::vector<RowFile> files;
  DatasetInfo info{.name = directory_name(folder),
                   .source = path,
                   .format = format,
                   .split = directory ? options.split : split_of(name_of(path)),
                   .scalar = ScalarType::uint8,
                   .shape = {3, 32, 32},
                   .count = 0,
                   .classes = options.classes > 0 ? options.classes : kind.classes,
                   .class_names = read_names(join_path(folder, kind.names_file), kind.classes)};
  if (info.classes != kind.classes || options.label_base != 0) info.class_names.clear();
  const std::vector<std::string> names =
      directory ? choose_files(path, kind, options.split) : std::vector{name_of(path)};
  for (const std::string& name : names) {
    files.push_back(open_records(join_path(folder, name), kind));
    info.count += files.back().rows();
  }
  if (directory && names.size() == 1) info.source = join_path(path, names.front());
  return std::make_unique<CifarDataset>(std::move(info), options, kind, std::move(files));
}

}  // namespace eigenlens
