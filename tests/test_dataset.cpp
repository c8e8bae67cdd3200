// SPDX-License-Identifier: Apache-2.0
/// \file
/// Recognition, options and prefetch; the formats have tests of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "support/dataset_files.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(OpenDataset, NothingThere) {
  EXPECT_THAT(error_of(ErrorCode::io, "/nowhere/at/all"),
              HasSubstr("cannot open /nowhere/at/all: there is no such file"));
}

TEST(OpenDataset, ADirectoryOfSomethingElse) {
  const TemporaryDirectory directory;
  EXPECT_THAT(
      error_of(ErrorCode::data, directory.path()),
      AllOf(HasSubstr(directory.path() + " holds no data set that eigenlens knows"),
            HasSubstr("train-images-idx3-ubyte[.gz]"), HasSubstr("data_batch_1.bin"), HasSubstr("x_train.npy")));
}

TEST(OpenDataset, AFileOfSomethingElse) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("a.txt", "hello there");
  EXPECT_THAT(error_of(ErrorCode::data, file),
              AllOf(HasSubstr(file + " is not a file that eigenlens knows: it starts with 68 65 6c 6c 6f 20"),
                    HasSubstr("expected IDX (00 00 08 03)")));
}

TEST(OpenDataset, AnEmptyFile) {
  const TemporaryDirectory directory;
  EXPECT_THAT(error_of(ErrorCode::data, directory.write("train-images-idx3-ubyte", "")), HasSubstr("ends at byte 0"));
  directory.write("labels.npy", "");
  EXPECT_THAT(error_of(ErrorCode::data, directory.write("images.npy", "")), HasSubstr("images.npy is empty: expected"));
}

TEST(OpenDataset, SeveralFormats) {
  const TemporaryDirectory directory;
  directory.write("train-images-idx3-ubyte", "");
  directory.write("X.npy", "");
  EXPECT_THAT(error_of(ErrorCode::usage, directory.path()),
              HasSubstr(directory.path() + " holds data sets of several formats: name one of idx, npy"));
}

TEST(OpenDataset, ForcedFormatsSayWhatTheyExpected) {
  const TemporaryDirectory directory;
  directory.write("unrelated", "");
  for (const auto& [format, expected] : {std::pair{"idx", "expected train-images-idx3-ubyte"},
                                         {"cifar10", "expected data_batch_1.bin"},
                                         {"cifar100", "expected train.bin"},
                                         {"npy", "expected train_images.npy"}}) {
    OpenOptions options;
    options.format = format;
    EXPECT_THAT(error_of(ErrorCode::data, directory.path(), options),
                AllOf(HasSubstr(directory.path()), HasSubstr(expected)));
  }
}

TEST(OpenDataset, OptionsAreValidated) {
  const auto message = [](const OpenOptions& options) { return error_of(ErrorCode::usage, "generate:", options); };
  OpenOptions options;
  options.format = "parquet";
  EXPECT_THAT(message(options),
              HasSubstr("unknown format 'parquet': expected auto, idx, cifar10, cifar100, npy, image-folder, "
                        "image-list, generated"));
  options = {};
  options.layout = "chw";
  EXPECT_THAT(message(options), HasSubstr("unknown layout 'chw': expected auto, nhwc, nchw"));
  options = {};
  options.label_kind = "medium";
  EXPECT_THAT(message(options), HasSubstr("unknown label kind 'medium': expected fine, coarse"));
  options = {};
  options.colour = "sepia";
  EXPECT_THAT(message(options), HasSubstr("unknown colour 'sepia': expected auto, rgb, grey"));
  options = {};
  options.skip_bad = -1;
  EXPECT_THAT(message(options), HasSubstr("skip bad = -1: expected 0 or a number of files"));
  options = {};
  options.batch = -1;
  EXPECT_THAT(message(options), HasSubstr("batch = -1"));
  options = {};
  options.classes = -1;
  EXPECT_THAT(message(options), HasSubstr("classes = -1"));
  options = {};
  options.label_base = std::int64_t{1} << 40;
  EXPECT_THAT(message(options), HasSubstr("label base = 1099511627776"));
}

TEST(OpenDataset, OptionsOfImageFilesAreRefusedElsewhere) {
  const TemporaryDirectory directory;
  directory.write("X.npy", npy_file("|u1", "(2, 3)", counting_bytes(6)));
  directory.write("y.npy", npy_file("|u1", "(2,)", std::string("\0\1", 2)));
  for (const std::string& path : {std::string("generate:"), directory.path()}) {
    const auto message = [&](OpenOptions options) { return error_of(ErrorCode::usage, path, options); };
    EXPECT_THAT(message({.resize = "8"}), HasSubstr("resize is for folders and lists of image files, and " + path));
    EXPECT_THAT(message({.crop = "8"}), HasSubstr("crop is for folders"));
    EXPECT_THAT(message({.colour = "rgb"}), HasSubstr("colour is for folders"));
    EXPECT_THAT(message({.skip_bad = 1}), HasSubstr("skip bad is for folders"));
  }
}

TEST(OpenDataset, APipeIsRefused) {
  const TemporaryDirectory directory;
  const std::string pipe = directory.file("train-images-idx3-ubyte");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  OpenOptions options;
  options.labels = pipe;
  EXPECT_THAT(error_of(ErrorCode::io, pipe, options), HasSubstr("cannot read " + pipe + ": it is not a regular file"));
}

TEST(OpenDataset, NamesAfterTheDirectoryHoweverItIsSpelled) {
  const TemporaryDirectory directory;
  const std::string inside = directory.file("my-set");
  std::filesystem::create_directory(inside);
  directory.write("my-set/X.npy", npy_file("|u1", "(2, 3)", counting_bytes(6)));
  directory.write("my-set/y.npy", npy_file("|u1", "(2,)", std::string("\0\1", 2)));
  for (const char* ending : {"", "/", "/.", "/../my-set/", "/X.npy"}) {
    EXPECT_EQ(open_dataset(inside + ending)->info().name, "my-set") << ending;
  }
}

TEST(OpenDataset, TheDefaultBatchIsAboutEightMebibytes) {
  const auto dataset = open_dataset("generate:count=40,shape=1x1024x1024");
  EXPECT_EQ(dataset->next()->count, 8);
}

TEST(Prefetch, GivesTheSameSamples) {
  OpenOptions options;
  const std::string specification = "generate:count=200,shape=3x16x16";
  const AllSamples plain = read_all(specification);
  for (const std::int64_t batch : {1, 7, 64, 200}) {
    options.batch = batch;
    const auto dataset = prefetch(open_dataset(specification, options));
    EXPECT_EQ(dataset->info().count, 200);
    const AllSamples ahead = read_all(*dataset);
    EXPECT_EQ(ahead.values, plain.values);
    EXPECT_EQ(ahead.labels, plain.labels);
  }
}

/// Batches of one sample that is its index; throws or waits where it is told to.
class Source final : public Dataset {
 public:
  Source(std::int64_t count, std::int64_t fails_at) : fails_at_(fails_at) {
    info_.count = count;
    info_.classes = 1;
  }
  [[nodiscard]] const DatasetInfo& info() const override { return info_; }
  std::optional<Batch> next() override {
    if (next_ == fails_at_) throw Error(ErrorCode::data, "damage at sample " + std::to_string(next_));
    if (next_ == info_.count) return std::nullopt;
    value_ = static_cast<std::uint8_t>(next_);  // one buffer: the worst case
    return Batch{ScalarType::uint8, 1, 1, next_++, &value_, &label_};
  }

 private:
  DatasetInfo info_;
  std::int64_t fails_at_;
  std::int64_t next_ = 0;
  std::uint8_t value_ = 0;
  std::int32_t label_ = 0;
};

TEST(Prefetch, ABatchLivesUntilTheNextCall) {
  const auto dataset = prefetch(std::make_unique<Source>(200, -1));
  for (std::int64_t i = 0; i < 200; ++i) {
    const auto batch = dataset->next();
    ASSERT_TRUE(batch.has_value());
    if (i % 20 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // let the reader run ahead
    ASSERT_EQ(batch->first, i);
    ASSERT_EQ(*static_cast<const std::uint8_t*>(batch->values), i);
  }
  EXPECT_FALSE(dataset->next().has_value());
}

TEST(Prefetch, ExceptionsArriveAfterTheGoodBatches) {
  const auto dataset = prefetch(std::make_unique<Source>(10, 3));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(dataset->next().has_value());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(error_of(ErrorCode::data, [&] { dataset->next(); }), "damage at sample 3");
  }
}

TEST(Prefetch, MayBeDroppedAtAnyTime) {
  for (int taken = 0; taken < 12; ++taken) {
    const auto dataset = prefetch(std::make_unique<Source>(10, taken % 2 == 0 ? 5 : -1));
    for (int i = 0; i < std::min(taken, 5); ++i) dataset->next();
  }
}

TEST(Prefetch, OfNothing) {
  EXPECT_THAT(error_of(ErrorCode::usage, [] { static_cast<void>(prefetch(nullptr)); }),
              HasSubstr("prefetch of no data set"));
}

}  // namespace
}  // namespace eigenlens::test
