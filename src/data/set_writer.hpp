// SPDX-License-Identifier: Apache-2.0
/// \file
/// Data sets written in the formats that are read (docs/datasets.md), sample by sample in the order in which they come.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "data/staged_folder.hpp"
#include "eigenlens/bands.hpp"
#include "eigenlens/dataset.hpp"

namespace eigenlens {

/// What a set that was read as `info` is written as: format and scalar type. `count` is how many samples there will be.
/// Generated sets become IDX (one channel) or .npy. Throws Error(usage) where the format cannot hold the set's labels.
DatasetInfo written_form(const DatasetInfo& info, NumberForm numbers, std::int64_t count);

/// Labels are written counted from 0, as batches have them.
class SetWriter {
 public:
  virtual ~SetWriter() = default;
  /// Values of info.scalar. `files` are the names of Dataset::file_of, one a sample, for sets of image files; else
  /// unused.
  virtual void add(const Batch& batch, std::span<const std::string> files) = 0;
  /// After the last sample.
  virtual void finish() = 0;
};

/// Writes into a folder that is renamed when all is done; it must outlive the writer.
/// - idx: train-images-idx3-ubyte (t10k for the split test; idx4 for several channels) and its labels
/// - cifar10, cifar100: data_batch_1.bin, test_batch.bin; train.bin, test.bin, where the label that was not read is
/// 255;
///   the names of the classes
/// - npy: SPLIT_images.npy and SPLIT_labels.npy, or images.npy and labels.npy without a split; N×D, N×H×W or N×C×H×W
/// - image-folder: [SPLIT/]CLASS/NAME.png; image-list: the list, its images beside it as NAME.png
std::unique_ptr<SetWriter> make_set_writer(const StagedFolder& folder, const DatasetInfo& info, int threads);

}  // namespace eigenlens
