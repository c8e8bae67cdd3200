// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

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
using ::testing::IsEmpty;

constexpr std::size_t kPixels = 3072;

/// Records with these label bytes before pixels that count up.
std::string records(const std::vector<std::string>& labels) {
  std::string bytes;
  for (const std::string& label : labels) bytes += label + counting_bytes(kPixels);
  return bytes;
}

class Cifar : public ::testing::Test {
 protected:
  void write_ten() const {
    directory_.write("data_batch_1.bin", records({"\3", "\1"}));
    directory_.write("data_batch_2.bin", records({"\2"}));
    directory_.write("test_batch.bin", records({"\x09"}));
  }
  void write_hundred() const {
    directory_.write("train.bin", records({"\x02\x42", "\x13\x63"}));
    directory_.write("test.bin", records({"\x01\x01"}));
  }
  std::string error(ErrorCode code = ErrorCode::data, const OpenOptions& options = {}) const {
    return error_of(code, directory_.path(), options);
  }

  TemporaryDirectory directory_;
};

TEST_F(Cifar, TenReadsItsBatchesInOrder) {
  write_ten();
  for (const std::int64_t batch : {0, 1, 2}) {
    OpenOptions options;
    options.batch = batch;
    const auto dataset = open_dataset(directory_.path(), options);
    EXPECT_EQ(dataset->info().format, "cifar10");
    EXPECT_EQ(dataset->info().source, directory_.path());
    EXPECT_EQ(dataset->info().shape, (ImageShape{3, 32, 32}));
    EXPECT_EQ(dataset->info().classes, 10);
    const AllSamples all = read_all(*dataset);
    EXPECT_THAT(all.labels, ElementsAre(3, 1, 2));
    EXPECT_EQ(all.values, counting_bytes(kPixels) + counting_bytes(kPixels) + counting_bytes(kPixels));
  }
}

TEST_F(Cifar, TenTest) {
  write_ten();
  OpenOptions options;
  options.split = "test";
  const auto dataset = open_dataset(directory_.path(), options);
  EXPECT_EQ(dataset->info().source, directory_.file("test_batch.bin"));
  EXPECT_THAT(read_all(*dataset).labels, ElementsAre(9));
}

TEST_F(Cifar, MoreRecordsThanOneChunk) {
  directory_.write("data_batch_1.bin", records(std::vector<std::string>(600, "\7")));
  EXPECT_EQ(read_all(directory_.path()).labels, std::vector<std::int32_t>(600, 7));
}

TEST_F(Cifar, HundredReadsFineAndCoarseLabels) {
  write_hundred();
  OpenOptions options;
  EXPECT_EQ(open_dataset(directory_.path())->info().format, "cifar100");
  EXPECT_EQ(open_dataset(directory_.path())->info().classes, 100);
  EXPECT_THAT(read_all(directory_.path()).labels, ElementsAre(0x42, 0x63));
  options.label_kind = "coarse";
  EXPECT_EQ(open_dataset(directory_.path(), options)->info().classes, 20);
  EXPECT_THAT(read_all(directory_.path(), options).labels, ElementsAre(2, 19));
}

TEST_F(Cifar, OneFileAndItsSplit) {
  write_ten();
  const auto dataset = open_dataset(directory_.file("test_batch.bin"));
  EXPECT_EQ(dataset->info().split, "test");
  EXPECT_EQ(read_all(*dataset).labels.size(), 1U);
}

TEST_F(Cifar, AFileOfAnyNameIsKnownByItsLength) {
  EXPECT_EQ(open_dataset(directory_.write("a.bin", records({"\1"})))->info().format, "cifar10");
  EXPECT_EQ(open_dataset(directory_.write("b.bin", records({"\1\1"})))->info().format, "cifar100");
  const std::string neither = directory_.write("c.bin", "abc");
  EXPECT_THAT(error_of(ErrorCode::usage, neither),
              AllOf(HasSubstr(neither + " holds 3 bytes"), HasSubstr("name the format")));
}

TEST_F(Cifar, ClassNames) {
  write_ten();
  directory_.write("batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\r\nj\n\n");
  EXPECT_THAT(open_dataset(directory_.path())->info().class_names,
              ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
  directory_.write("batches.meta.txt", "a\nb\n");
  EXPECT_THAT(open_dataset(directory_.path())->info().class_names, IsEmpty());
}

TEST_F(Cifar, PartOfARecord) {
  const std::string file = directory_.write("data_batch_1.bin", records({"\1", "\2"}) + "x");
  EXPECT_THAT(error(), AllOf(HasSubstr(file + " holds 6147 bytes, 2 records and 1 bytes more"),
                             HasSubstr("expected a multiple of the 3073 bytes of a cifar10 record")));
}

TEST_F(Cifar, EmptyFile) {
  const std::string file = directory_.write("data_batch_1.bin", "");
  EXPECT_THAT(error(), HasSubstr(file + " is empty"));
}

TEST_F(Cifar, LabelOutOfRangeNamesFileAndRecord) {
  write_ten();
  const std::string file = directory_.write("data_batch_2.bin", records({"\1", "\x0a"}));
  EXPECT_THAT(error(), HasSubstr(file + ": label 10 in record 1 (counted from 0) is out of range: expected 0 to 9"));
}

TEST_F(Cifar, HundredLabelsOutOfRange) {
  const std::string file = directory_.write("train.bin", records({"\x01\x01", "\x14\x64"}));
  EXPECT_THAT(error(),
              HasSubstr(file + ": fine label 100 in record 1 (counted from 0) is out of range: expected 0 to 99"));
  OpenOptions options;
  options.label_kind = "coarse";
  EXPECT_THAT(error(ErrorCode::data, options),
              HasSubstr("coarse label 20 in record 1 (counted from 0) is out of range: expected 0 to 19"));
}

TEST_F(Cifar, AMissingBatch) {
  write_ten();
  directory_.write("data_batch_4.bin", records({"\1"}));
  EXPECT_THAT(error(),
              HasSubstr(directory_.path() + " has no data_batch_3.bin: expected data_batch_1.bin to data_batch_4.bin"));
}

TEST_F(Cifar, UnknownSplitListsWhatThereIs) {
  write_ten();
  OpenOptions options;
  options.split = "val";
  EXPECT_THAT(error(ErrorCode::usage, options), EndsWith("has no split 'val': there is test, train"));
}

TEST_F(Cifar, AForcedFormatThatIsNotThere) {
  write_ten();
  OpenOptions options;
  options.format = "cifar100";
  EXPECT_THAT(error(ErrorCode::data, options), HasSubstr("holds no cifar100 data: expected train.bin or test.bin"));
}

TEST_F(Cifar, TenAndHundredInOneDirectory) {
  write_ten();
  write_hundred();
  EXPECT_THAT(error(ErrorCode::usage), HasSubstr("several formats: name one of cifar10, cifar100"));
  OpenOptions options;
  options.format = "cifar100";
  EXPECT_EQ(read_all(directory_.path(), options).labels.size(), 2U);
}

TEST(RealCifar, Ten) {
  const auto path = shared_data("data/cifar10");
  if (!path) GTEST_SKIP() << "no CIFAR-10: set EIGENLENS_SHARED";
  const auto dataset = open_dataset(path->string());
  EXPECT_EQ(dataset->info().count, 50000);
  EXPECT_EQ(dataset->info().class_names.at(6), "frog");
  std::vector<std::int64_t> counts(10);
  while (const auto batch = dataset->next()) {
    if (batch->first == 0) {
      EXPECT_EQ(batch->labels[0], 6);  // the frog that everyone knows
    }
    for (std::int64_t i = 0; i < batch->count; ++i) ++counts[static_cast<std::size_t>(batch->labels[i])];
  }
  EXPECT_EQ(counts, std::vector<std::int64_t>(10, 5000));
}

}  // namespace
}  // namespace eigenlens::test
