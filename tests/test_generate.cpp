// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "eigenlens/generate.hpp"
#include "support/dataset_files.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

GenerateOptions small() {
  GenerateOptions options;
  options.count = 60;
  options.test_count = 20;
  return options;
}

unsigned long checksum(const std::string& bytes) {
  return crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
}

/// Standard deviation of all pixels.
double spread(const std::string& pixels) {
  double sum = 0;
  double squares = 0;
  for (const char pixel : pixels) {
    const double value = static_cast<unsigned char>(pixel);
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(pixels.size());
  return std::sqrt(squares / count - sum / count * sum / count);
}

TEST(Generate, FilesAndSpecificationGiveTheSameImages) {
  for (const std::int64_t channels : {1, 3}) {
    const TemporaryDirectory directory;
    GenerateOptions options = small();
    options.shape = {channels, 17, 24};
    options.seed = 7;
    generate_dataset(directory.path(), options);
    const std::string specification =
        "generate:count=60,test_count=20,seed=7,shape=" + std::to_string(channels) + "x17x24";
    for (const char* split : {"train", "test"}) {
      OpenOptions open;
      open.split = split;
      open.batch = 7;
      const auto dataset = open_dataset(directory.path(), open);
      EXPECT_EQ(dataset->info().format, channels == 1 ? "idx" : "npy");
      EXPECT_EQ(dataset->info().shape, options.shape);
      const AllSamples files = read_all(*dataset);
      open.batch = 0;
      const AllSamples drawn = read_all(specification, open);
      EXPECT_EQ(files.values, drawn.values);
      EXPECT_EQ(files.labels, drawn.labels);
    }
  }
}

/// These bytes are a promise: the same seed gives the same set on every machine and in every version.
TEST(Generate, TheBytesAreKnown) {
  EXPECT_EQ(checksum(read_all("generate:count=100").values), 1475972226U);
  EXPECT_EQ(checksum(read_all("generate:count=100,shape=3x16x32,background=0.3,seed=2").values), 2870320329U);
}

TEST(Generate, MoreImagesLeaveTheFirstOnesAlone) {
  const AllSamples few = read_all("generate:count=30");
  const AllSamples many = read_all("generate:count=90");
  EXPECT_EQ(few.values, many.values.substr(0, few.values.size()));
}

TEST(Generate, SeedsAndSplitsDiffer) {
  OpenOptions test;
  test.split = "test";
  const std::string specification = "generate:count=30,test_count=30";
  const std::set<std::string> sets = {read_all(specification).values, read_all(specification, test).values,
                                      read_all(specification + ",seed=2").values};
  EXPECT_EQ(sets.size(), 3U);
}

TEST(Generate, EveryClassComesEquallyOften) {
  const AllSamples all = read_all("generate:count=70,classes=7");
  for (std::int32_t label = 0; label < 7; ++label)
    EXPECT_EQ(std::count(all.labels.begin(), all.labels.end(), label), 10);
}

TEST(Generate, BackgroundMixesTextureAndShape) {
  const std::string shapes = read_all("generate:count=50,background=0").values;
  EXPECT_EQ(
      *std::min_element(shapes.begin(), shapes.end(),
                        [](char a, char b) { return static_cast<unsigned char>(a) < static_cast<unsigned char>(b); }),
      static_cast<char>(128));  // flat grey behind the shapes
  const double texture = spread(read_all("generate:count=50,background=1").values);
  EXPECT_GT(texture, 35);  // strong, yet seldom clipped
  EXPECT_LT(texture, 65);
}

TEST(Generate, ClassNames) {
  const auto dataset = open_dataset("generate:count=30,classes=3");
  EXPECT_THAT(dataset->info().class_names, ::testing::ElementsAre("disc", "square", "triangle"));
  EXPECT_EQ(dataset->info().format, "generated");
}

TEST(Generate, OptionsAreValidated) {
  const auto message = [](const std::string& items) { return error_of(ErrorCode::usage, "generate:" + items); };
  EXPECT_THAT(message("classes=11"), HasSubstr("classes = 11 of a generated set: expected 2 to 10"));
  EXPECT_THAT(message("classes=1"), HasSubstr("expected 2 to 10"));
  EXPECT_THAT(message("count=5"), HasSubstr("count = 5 of a generated set: expected 10 (one image a class) to"));
  EXPECT_THAT(message("count=-1"), HasSubstr("count = -1"));
  EXPECT_THAT(message("test_count=-1"), HasSubstr("test_count = -1 of a generated set: expected 0 to"));
  EXPECT_THAT(message("shape=2x28x28"), HasSubstr("shape = 2x28x28 of a generated set: expected 1 or 3 channels"));
  EXPECT_THAT(message("shape=1x4x28"), HasSubstr("8 to 1024 pixels a side"));
  EXPECT_THAT(message("background=1.5"), HasSubstr("background = 1.5 of a generated set: expected 0 to 1"));
  EXPECT_THAT(message("background=nan"), HasSubstr("expected 0 to 1"));
}

TEST(Generate, SpecificationsAreParsedWithCare) {
  const auto message = [](const std::string& items) { return error_of(ErrorCode::usage, "generate:" + items); };
  EXPECT_THAT(message("count=many"),
              AllOf(HasSubstr("'generate:count=many': count = 'many': expected a whole number")));
  EXPECT_THAT(message("count=10x"), HasSubstr("count = '10x'"));
  EXPECT_THAT(message("shape=28x28"), HasSubstr("shape = '28x28': expected channels, height and width as CxHxW"));
  EXPECT_THAT(message("shape=1x28x28x3"), HasSubstr("expected channels, height and width"));
  EXPECT_THAT(message("colour=red"), HasSubstr("unknown 'colour': expected generate:[count=N]"));
  EXPECT_THAT(message("count"), HasSubstr("'count' has no value"));
  EXPECT_THAT(message("count=20,count=30"), HasSubstr("count twice"));
  EXPECT_THAT(message("seed=-1"), HasSubstr("seed = '-1': expected a whole number from 0 to 2^64 - 1"));
}

TEST(Generate, SplitsOfASpecification) {
  OpenOptions options;
  options.split = "val";
  EXPECT_THAT(error_of(ErrorCode::usage, "generate:", options), HasSubstr("no split 'val': there is test, train"));
  options.split = "test";
  EXPECT_THAT(error_of(ErrorCode::data, "generate:test_count=0", options), HasSubstr("is empty: its test_count is 0"));
  options = {};
  options.classes = 5;
  EXPECT_THAT(error_of(ErrorCode::usage, "generate:", options), HasSubstr("at least 10 classes"));
  options = {};
  options.format = "generated";
  EXPECT_THAT(error_of(ErrorCode::usage, "somewhere", options),
              HasSubstr("'somewhere' does not describe a generated set: expected generate:"));
}

TEST(Generate, CancellingLeavesNoFile) {
  const TemporaryDirectory directory;
  std::int64_t total = 0;
  const std::string message = error_of(ErrorCode::cancelled, [&] {
    generate_dataset(directory.path(), small(), [&](const ProgressEvent& event) {
      total = event.total;
      return false;
    });
  });
  EXPECT_EQ(total, 80);
  EXPECT_THAT(message, HasSubstr("was cancelled after 60 of 80 images"));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(Generate, ADirectoryThatCannotBe) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("file", "");
  EXPECT_THAT(error_of(ErrorCode::io, [&] { generate_dataset(file + "/inside", small()); }),
              HasSubstr("cannot create " + file + "/inside"));
}

}  // namespace
}  // namespace eigenlens::test
