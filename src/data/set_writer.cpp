// SPDX-License-Identifier: Apache-2.0
#include "data/set_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "data/atomic_file.hpp"
#include "data/directory.hpp"
#include "data/idx.hpp"
#include "data/image_writer.hpp"
#include "data/npy_format.hpp"
#include "data/sample_dataset.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"

namespace eigenlens {

namespace {

constexpr std::int64_t kByteLabels = 256;  // that fit one byte

bool is_test(const DatasetInfo& info) { return info.split == "test"; }

enum class Array { images, labels };

/// "train-images-idx3-ubyte", "test_labels.npy", "images.npy".
std::string array_name(const DatasetInfo& info, Array array) {
  const bool images = array == Array::images;
  const char* what = images ? "images" : "labels";
  if (info.format == "npy") return info.split.empty() ? fmt::format("{}.npy", what) : info.split + "_" + what + ".npy";
  const int rank = !images ? 1 : info.shape.channels == 1 ? 3 : 4;
  return fmt::format("{}-{}-idx{}-ubyte", is_test(info) ? "t10k" : "train", what, rank);
}

std::vector<std::int64_t> extents_of(const DatasetInfo& info) {
  const ImageShape& shape = info.shape;
  if (shape.channels > 1) return {info.count, shape.channels, shape.height, shape.width};
  if (shape.height > 1 || info.format == "idx") return {info.count, shape.height, shape.width};
  return {info.count, shape.width};  // a vector
}

const char* descr_of(ScalarType scalar) {
  if (scalar == ScalarType::uint8) return "|u1";
  return scalar == ScalarType::float32 ? "<f4" : "<f8";
}

/// Two files, values and labels: IDX and .npy.
class ArrayWriter final : public SetWriter {
 public:
  ArrayWriter(const StagedFolder& folder, DatasetInfo info)
      : info_(std::move(info)),
        images_(join_path(folder.path(), array_name(info_, Array::images))),
        labels_(join_path(folder.path(), array_name(info_, Array::labels))) {
    const bool idx = info_.format == "idx";
    images_.write(idx ? compose_idx_header(extents_of(info_))
                      : compose_npy_header(descr_of(info_.scalar), extents_of(info_)));
    labels_.write(idx ? compose_idx_header({info_.count})
                      : compose_npy_header(byte_labels() ? "|u1" : "<i4", {info_.count}));
  }

  void add(const Batch& batch, std::span<const std::string> /*files*/) override {
    images_.write(batch.values, at(batch.count * batch.dimension * bytes_of(info_.scalar)));
    if (!byte_labels()) return labels_.write(batch.labels, at(batch.count) * sizeof(std::int32_t));
    const std::vector<std::uint8_t> bytes(batch.labels, batch.labels + batch.count);
    labels_.write(bytes.data(), bytes.size());
  }

  void finish() override {
    labels_.commit();
    images_.commit();
  }

 private:
  [[nodiscard]] bool byte_labels() const { return info_.classes <= kByteLabels; }

  DatasetInfo info_;
  AtomicFile images_;
  AtomicFile labels_;
};

/// One file of records, and the names of the classes.
class CifarWriter final : public SetWriter {
 public:
  CifarWriter(const StagedFolder& folder, DatasetInfo info)
      : folder_(folder), info_(std::move(info)), file_(join_path(folder.path(), file_name(info_))) {}

  void add(const Batch& batch, std::span<const std::string> /*files*/) override {
    std::vector<std::uint8_t> record;
    for (std::int64_t i = 0; i < batch.count; ++i) {
      const auto label = static_cast<std::uint8_t>(batch.labels[i]);
      record.clear();
      // Of CIFAR-100's two labels one was read: 255 in the other's place is refused by whoever asks for it.
      if (hundred()) record = coarse() ? std::vector<std::uint8_t>{label, 255} : std::vector<std::uint8_t>{255, label};
      if (!hundred()) record.push_back(label);
      const auto* values = static_cast<const std::uint8_t*>(batch.values) + i * batch.dimension;
      record.insert(record.end(), values, values + batch.dimension);
      file_.write(record.data(), record.size());
    }
  }

  void finish() override {
    file_.commit();
    if (info_.class_names.empty()) return;
    std::string lines;
    for (const std::string& name : info_.class_names) lines += name + "\n";
    folder_.write(!hundred() ? "batches.meta.txt"
                  : coarse() ? "coarse_label_names.txt"
                             : "fine_label_names.txt",
                  lines);
  }

 private:
  static std::string file_name(const DatasetInfo& info) {
    if (info.format == "cifar100") return is_test(info) ? "test.bin" : "train.bin";
    return is_test(info) ? "test_batch.bin" : "data_batch_1.bin";
  }
  [[nodiscard]] bool hundred() const { return info_.format == "cifar100"; }
  [[nodiscard]] bool coarse() const { return info_.classes <= 20; }

  const StagedFolder& folder_;
  DatasetInfo info_;
  AtomicFile file_;
};

}  // namespace

DatasetInfo written_form(const DatasetInfo& info, NumberForm numbers, std::int64_t count) {
  DatasetInfo written = info;
  written.count = count;
  if (numbers == NumberForm::float32) {
    written.format = "npy";
    written.scalar = ScalarType::float32;
  } else if (info.format == "generated") {
    written.format = info.shape.channels == 1 ? "idx" : "npy";
  }
  if (written.format == "idx" && info.classes > kByteLabels)
    throw Error(ErrorCode::usage, fmt::format("{} has {} classes, and labels of IDX are single bytes: write the set as "
                                              ".npy (--float)",
                                              info.source, info.classes));
  return written;
}

std::unique_ptr<SetWriter> make_set_writer(const StagedFolder& folder, const DatasetInfo& info, int threads) {
  if (info.format == "cifar10" || info.format == "cifar100") return std::make_unique<CifarWriter>(folder, info);
  if (info.format == "image-folder" || info.format == "image-list") return make_image_writer(folder, info, threads);
  return std::make_unique<ArrayWriter>(folder, info);
}

}  // namespace eigenlens
