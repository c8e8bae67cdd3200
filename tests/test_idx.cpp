// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>

#include "eigenlens/dataset.hpp"
#include "support/dataset_files.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr auto kImages = "train-images-idx3-ubyte";
constexpr auto kLabels = "train-labels-idx1-ubyte";
const std::string kFiveLabels = idx_header({5}) + std::string("\x03\x00\x01\x02\x01", 5);

/// Five images of 2 × 3 pixels.
class Idx : public ::testing::Test {
 protected:
  Idx() {
    images_ = directory_.write(kImages, idx_header({5, 2, 3}) + pixels_);
    labels_ = directory_.write(kLabels, kFiveLabels);
  }
  std::string error(ErrorCode code = ErrorCode::data, const OpenOptions& options = {}) const {
    return error_of(code, directory_.path(), options);
  }

  TemporaryDirectory directory_;
  std::string pixels_ = counting_bytes(30);
  std::string images_;
  std::string labels_;
};

TEST_F(Idx, ReadsADirectory) {
  const auto dataset = open_dataset(directory_.path());
  const DatasetInfo& info = dataset->info();
  EXPECT_EQ(info.format, "idx");
  EXPECT_EQ(info.split, "train");
  EXPECT_EQ(info.source, images_);
  EXPECT_EQ(info.name, std::filesystem::path(directory_.path()).filename());
  EXPECT_EQ(info.shape, (ImageShape{1, 2, 3}));
  EXPECT_EQ(info.count, 5);
  EXPECT_EQ(info.classes, 4);
  EXPECT_EQ(info.scalar, ScalarType::uint8);
  const AllSamples all = read_all(*dataset);
  EXPECT_EQ(all.values, pixels_);
  EXPECT_THAT(all.labels, ElementsAre(3, 0, 1, 2, 1));
}

TEST_F(Idx, EveryBatchSizeGivesTheSameSamples) {
  for (const std::int64_t batch : {1, 2, 3, 5, 100}) {
    OpenOptions options;
    options.batch = batch;
    const AllSamples all = read_all(directory_.path(), options);
    EXPECT_EQ(all.values, pixels_);
    EXPECT_EQ(all.batches, (5 + std::min<std::int64_t>(batch, 5) - 1) / std::min<std::int64_t>(batch, 5));
  }
}

TEST_F(Idx, ReadsAnImagesFile) { EXPECT_EQ(read_all(images_).values, pixels_); }

TEST_F(Idx, ReadsGzipWhateverItsName) {
  directory_.write(kImages, gzip(idx_header({5, 2, 3}) + pixels_));
  EXPECT_EQ(read_all(directory_.path()).values, pixels_);
}

TEST_F(Idx, ReadsGzipOfSeveralMembers) {
  directory_.write(kImages, gzip(idx_header({5, 2, 3}) + pixels_.substr(0, 7)) + gzip(pixels_.substr(7)));
  EXPECT_EQ(read_all(directory_.path()).values, pixels_);
}

TEST_F(Idx, FindsCompressedLabelsBesidePlainImages) {
  std::filesystem::remove(labels_);
  directory_.write(std::string(kLabels) + ".gz", gzip(kFiveLabels));
  EXPECT_EQ(read_all(images_).labels.size(), 5U);
}

TEST_F(Idx, PlainComesBeforeItsCompressedTwin) {
  directory_.write(std::string(kImages) + ".gz", "never looked at");
  EXPECT_EQ(read_all(directory_.path()).values, pixels_);
}

TEST_F(Idx, ReadsFourDimensionsAsChannels) {
  directory_.write("train-images-idx4-ubyte", idx_header({5, 3, 2, 1}) + pixels_);
  std::filesystem::remove(images_);
  const auto dataset = open_dataset(directory_.path());
  EXPECT_EQ(dataset->info().shape, (ImageShape{3, 2, 1}));
  EXPECT_EQ(read_all(*dataset).values, pixels_);
}

TEST_F(Idx, ReadsDottedNames) {
  const TemporaryDirectory other;
  other.write("t10k-images.idx3-ubyte", idx_header({5, 2, 3}) + pixels_);
  other.write("t10k-labels.idx1-ubyte", kFiveLabels);
  OpenOptions options;
  options.split = "test";
  EXPECT_EQ(read_all(other.path(), options).values, pixels_);
}

TEST_F(Idx, LabelBaseIsSubtracted) {
  directory_.write(kLabels, idx_header({5}) + "\x01\x02\x03\x01\x02");
  OpenOptions options;
  options.label_base = 1;
  const auto dataset = open_dataset(directory_.path(), options);
  EXPECT_EQ(dataset->info().classes, 3);
  EXPECT_THAT(read_all(*dataset).labels, ElementsAre(0, 1, 2, 0, 1));
}

TEST_F(Idx, LabelsFromNpy) {
  OpenOptions options;
  options.labels = directory_.write("other.npy", npy_file("|u1", "(5,)", std::string("\0\1\0\1\0", 5)));
  EXPECT_THAT(read_all(images_, options).labels, ElementsAre(0, 1, 0, 1, 0));
}

TEST_F(Idx, SeveralSetsAreListed) {
  directory_.write("emnist-letters-train-images-idx3-ubyte", idx_header({5, 2, 3}) + pixels_);
  EXPECT_THAT(error(ErrorCode::usage),
              AllOf(HasSubstr("holds 2 IDX data sets"), HasSubstr("emnist-letters-train-images"),
                    HasSubstr("name one images file")));
}

TEST_F(Idx, APrefixNamesTheSet) {
  const TemporaryDirectory other;
  other.write("emnist-mnist-train-labels-idx1-ubyte", kFiveLabels);
  const std::string file = other.write("emnist-mnist-train-images-idx3-ubyte", idx_header({5, 2, 3}) + pixels_);
  EXPECT_EQ(open_dataset(file)->info().name, "emnist-mnist");
  EXPECT_EQ(open_dataset(other.path())->info().name, "emnist-mnist");
}

TEST_F(Idx, UnknownSplitListsWhatThereIs) {
  OpenOptions options;
  options.split = "test";
  EXPECT_THAT(error(ErrorCode::usage, options),
              AllOf(HasSubstr(directory_.path()), EndsWith("no split 'test': there is train")));
}

TEST_F(Idx, TruncatedNamesTheImage) {
  directory_.write(kImages, idx_header({5, 2, 3}) + pixels_.substr(0, 20));
  EXPECT_THAT(error(), AllOf(HasSubstr(images_ + " is truncated: it ends at byte 36, within image 3 of 5"),
                             HasSubstr("claims 5 images of 6 bytes, 46 bytes in all")));
}

TEST_F(Idx, TruncatedHeader) {
  directory_.write(kImages, idx_header({5, 2, 3}).substr(0, 10));
  EXPECT_THAT(error(), HasSubstr(images_ + " is truncated: it ends at byte 10, within its IDX header"));
}

TEST_F(Idx, Oversized) {
  directory_.write(kImages, idx_header({5, 2, 3}) + pixels_ + "x");
  EXPECT_THAT(error(), AllOf(HasSubstr(images_ + " is oversized: it holds 47 bytes"), HasSubstr("46 bytes in all")));
}

TEST_F(Idx, WrongMagic) {
  directory_.write(kImages, "\x89PNG and so on, long enough");
  EXPECT_THAT(error(), AllOf(HasSubstr(images_ + " is not an IDX file: it starts with 89 50 4e 47"),
                             HasSubstr("expected 00 00 08 03 or 00 00 08 04")));
}

TEST_F(Idx, OtherTypesAreRefusedByName) {
  directory_.write(kImages, idx_header({5, 2, 3}, 0x0d) + pixels_);
  EXPECT_THAT(error(), AllOf(HasSubstr(images_ + " holds 32-bit floats (type 0x0d)"), HasSubstr("unsigned bytes")));
}

TEST_F(Idx, WrongNumberOfDimensions) {
  directory_.write(kImages, idx_header({5, 6}) + pixels_);
  EXPECT_THAT(error(), AllOf(HasSubstr(images_ + " has 2 dimensions"), HasSubstr("3 or 4 dimensions: images")));
}

TEST_F(Idx, GzipTruncatedInTheMiddle) {
  const std::string whole = gzip(idx_header({5, 2, 3}) + pixels_);
  directory_.write(kImages, whole.substr(0, whole.size() - 20));
  EXPECT_THAT(error(), AllOf(HasSubstr(images_ + " is truncated: its gzip data stop at byte"),
                             HasSubstr("within image"), HasSubstr("of 5")));
}

TEST_F(Idx, GzipWithoutItsChecksum) {
  const std::string whole = gzip(idx_header({5, 2, 3}) + pixels_);
  directory_.write(kImages, whole.substr(0, whole.size() - 4));
  EXPECT_THAT(error(), HasSubstr(images_ + " is truncated: its gzip data stop at byte"));
}

TEST_F(Idx, GzipCorruptInTheMiddle) {
  std::string big(200000, '\0');
  std::uint32_t state = 1;
  for (char& c : big) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 28);
  std::string whole = gzip(idx_header({5, 200, 200}) + big);
  for (std::size_t i = 0; i < 16; ++i) whole[whole.size() / 2 + i] ^= static_cast<char>(0x5a);
  directory_.write(kImages, whole);
  EXPECT_THAT(error(),
              AllOf(HasSubstr(images_ + " holds corrupt gzip data near byte"), HasSubstr("bytes of content: ")));
}

TEST_F(Idx, GzipWithAWrongChecksum) {
  std::string whole = gzip(idx_header({5, 2, 3}) + pixels_);
  whole[whole.size() - 6] ^= 1;
  directory_.write(kImages, whole);
  EXPECT_THAT(error(), AllOf(HasSubstr(images_ + " holds corrupt gzip data"), HasSubstr("incorrect data check")));
}

TEST_F(Idx, GzipWithTrailingBytes) {
  const std::string whole = gzip(idx_header({5, 2, 3}) + pixels_);
  directory_.write(kImages, whole + "more");
  EXPECT_THAT(error(), HasSubstr(images_ + " has 4 trailing bytes after its gzip data, from byte " +
                                 std::to_string(whole.size())));
}

TEST_F(Idx, GzipTooShort) {
  directory_.write(kImages, gzip(idx_header({5, 2, 3}) + pixels_.substr(0, 20)));
  EXPECT_THAT(error(), HasSubstr(images_ + " is truncated: it ends at byte 36, within image 3 of 5"));
}

TEST_F(Idx, GzipTooLong) {
  directory_.write(kImages, gzip(idx_header({5, 2, 3}) + pixels_ + "x"));
  EXPECT_THAT(error(), HasSubstr(images_ + " is oversized: it holds more content"));
}

TEST_F(Idx, AbsurdSizesAreRefusedBeforeAllocation) {
  directory_.write(kImages, idx_header({5, 0x7fffffff, 0x7fffffff}) + pixels_);
  EXPECT_THAT(error(), AllOf(HasSubstr(images_), HasSubstr("more than any file holds")));
  directory_.write(kImages, idx_header({0xffffffff, 28, 28}) + pixels_);
  EXPECT_THAT(error(), HasSubstr(images_ + " is truncated"));
  directory_.write(kImages, gzip(idx_header({0xffffffff, 28, 28}) + pixels_));
  EXPECT_THAT(error(), AllOf(HasSubstr(images_), HasSubstr("bytes of gzip data cannot hold more than")));
  directory_.write(kImages, idx_header({5, 2, 3}) + pixels_);
  directory_.write(kLabels, idx_header({0xffffffff}) + "\1\2\3\4\5");
  EXPECT_THAT(error(), HasSubstr(labels_ + " holds 4294967295 labels"));
}

TEST_F(Idx, EmptySet) {
  directory_.write(kImages, idx_header({0, 2, 3}));
  EXPECT_THAT(error(), HasSubstr(images_ + " is empty: it holds 0 images"));
}

TEST_F(Idx, ImagesOfNoPixels) {
  directory_.write(kImages, idx_header({5, 0, 3}));
  EXPECT_THAT(error(), HasSubstr(images_ + " holds images of 0 x 3 pixels: expected at least one pixel"));
}

TEST_F(Idx, LabelCountsMustAgree) {
  directory_.write(kLabels, idx_header({4}) + "\1\2\3\4");
  EXPECT_THAT(error(), AllOf(HasSubstr(labels_ + " holds 4 labels"), HasSubstr(images_ + " holds 5 images")));
}

TEST_F(Idx, LabelOutOfRangeNamesFileAndRow) {
  OpenOptions options;
  options.classes = 3;
  EXPECT_THAT(error(ErrorCode::data, options),
              HasSubstr(labels_ + ": label 3 at row 0 (counted from 0) is out of range: expected 0 to 2"));
  options = {};
  options.label_base = 1;
  EXPECT_THAT(error(ErrorCode::data, options),
              HasSubstr(labels_ + ": label 0 at row 1 (counted from 0) is out of range: expected 1 to"));
}

TEST_F(Idx, TruncatedLabels) {
  directory_.write(kLabels, kFiveLabels.substr(0, kFiveLabels.size() - 2));
  EXPECT_THAT(error(), HasSubstr(labels_ + " is truncated: it ends at byte 11, within label 3 of 5"));
}

TEST_F(Idx, ImagesGivenAsLabels) {
  OpenOptions options;
  options.labels = images_;
  EXPECT_THAT(error(ErrorCode::data, options),
              AllOf(HasSubstr(images_ + " has 3 dimensions"), HasSubstr("1 dimensions: labels")));
}

TEST_F(Idx, MissingLabels) {
  std::filesystem::remove(labels_);
  EXPECT_THAT(error(ErrorCode::io), HasSubstr(images_ + " has no labels: expected " + labels_ + " beside it"));
}

TEST_F(Idx, AFileThatDoesNotTellItsLabels) {
  const std::string file = directory_.write("pixels", idx_header({5, 2, 3}) + pixels_);
  EXPECT_THAT(error_of(ErrorCode::usage, file), HasSubstr(file + " does not tell where its labels are"));
  OpenOptions options;
  options.labels = labels_;
  EXPECT_EQ(read_all(file, options).values, pixels_);
}

TEST_F(Idx, AFailureStaysAFailure) {
  directory_.write(kImages, gzip(idx_header({5, 2, 3}) + pixels_.substr(0, 20)));
  const auto dataset = open_dataset(directory_.path());
  const std::string first = error_of(ErrorCode::data, [&] { dataset->next(); });
  EXPECT_EQ(error_of(ErrorCode::data, [&] { dataset->next(); }), first);
}

std::uint64_t sum_of(const std::string& bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0},
                         [](std::uint64_t sum, char byte) { return sum + static_cast<unsigned char>(byte); });
}

TEST(RealIdx, Mnist) {
  const auto path = shared_data("data/mnist");
  if (!path) GTEST_SKIP() << "no MNIST: set EIGENLENS_SHARED";
  const auto dataset = open_dataset(path->string());
  EXPECT_EQ(dataset->info().count, 60000);
  EXPECT_EQ(dataset->info().classes, 10);
  const AllSamples all = read_all(*dataset);
  EXPECT_EQ(sum_of(all.values), 1567298545U);  // mean 33.318: the 0.1307 · 255 that everyone quotes
  EXPECT_EQ(std::accumulate(all.labels.begin(), all.labels.end(), 0), 267236);
}

TEST(RealIdx, FashionMnist) {
  const std::string path = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no Fashion-MNIST: install the package dataset-fashion-mnist";
  OpenOptions options;
  for (const auto& [split, count] : {std::pair{"train", 60000}, {"test", 10000}}) {
    options.split = split;
    const auto dataset = open_dataset(path, options);
    EXPECT_EQ(dataset->info().name, "fashion-mnist");
    const AllSamples all = read_all(*prefetch(open_dataset(path, options)));
    EXPECT_EQ(std::count(all.labels.begin(), all.labels.end(), 9), count / 10);
  }
}

}  // namespace
}  // namespace eigenlens::test
