// SPDX-License-Identifier: Apache-2.0
/// \file
/// Every format that is written is read back as it was, and folders are there whole or not at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "data/directory.hpp"
#include "data/set_writer.hpp"
#include "support/dataset_files.hpp"
#include "support/image_files.hpp"

namespace eigenlens::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Reads a set and writes it again.
void copy_set(const std::string& from, const std::string& to, const OpenOptions& options = {}) {
  const auto dataset = open_dataset(from, options);
  StagedFolder folder(to);
  const DatasetInfo form = written_form(dataset->info(), NumberForm::as_read, dataset->info().count);
  const auto writer = make_set_writer(folder, form, 2);
  while (const auto batch = dataset->next()) {
    std::vector<std::string> files;
    for (std::int64_t i = 0; i < batch->count; ++i) files.push_back(dataset->file_of(batch->first + i));
    writer->add(*batch, files);
  }
  writer->finish();
  folder.commit();
}

class SetWriterTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }
  void image(const std::string& name, std::uint64_t seed, std::int64_t channels = 1) const {
    put(directory_, name, png_file(noise_image(4, 3, channels, seed)));
  }

  /// The copy has the same samples, labels and shape, and is found in the folder without being told what it is.
  void expect_same(const std::string& from, const OpenOptions& options = {}, const OpenOptions& reading = {},
                   const std::string& file = "") const {
    OpenOptions small = options;
    small.batch = 2;
    copy_set(path(from), path("copy"), small);
    const auto before = open_dataset(path(from), options);
    const auto after = open_dataset(path("copy") + file, reading);
    EXPECT_EQ(after->info().shape, before->info().shape);
    EXPECT_EQ(after->info().format, before->info().format);
    EXPECT_EQ(after->info().scalar, before->info().scalar);
    EXPECT_EQ(after->info().classes, before->info().classes);
    EXPECT_EQ(after->info().class_names, before->info().class_names);
    const AllSamples a = read_all(*before), b = read_all(*after);
    EXPECT_EQ(a.values, b.values);
    EXPECT_EQ(a.labels, b.labels);
  }

  TemporaryDirectory directory_;
};

TEST_F(SetWriterTest, Idx) {
  put(directory_, "set/x-train-images-idx3-ubyte", idx_header({5, 2, 3}) + counting_bytes(30));
  put(directory_, "set/x-train-labels-idx1-ubyte", idx_header({5}) + std::string("\1\0\2\1\3", 5));
  expect_same("set");
  EXPECT_THAT(names_at(path("copy")), ElementsAre("train-images-idx3-ubyte", "train-labels-idx1-ubyte"));
}

TEST_F(SetWriterTest, IdxInColourOfTheTestSplit) {
  put(directory_, "set/t10k-images-idx4-ubyte", idx_header({3, 3, 2, 2}) + counting_bytes(36));
  put(directory_, "set/t10k-labels-idx1-ubyte", idx_header({3}) + std::string("\1\0\2", 3));
  OpenOptions test;
  test.split = "test";
  expect_same("set", test, test);
}

TEST_F(SetWriterTest, NpyOfEveryTypeAndShape) {
  const std::string labels = npy_file("<i4", "(4,)", bytes_of_values<std::int32_t>({0, 2, 1, 2}));
  const std::vector<float> floats = {0.5F, -1.25F, 3e30F, 7, 0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<double> doubles(floats.begin(), floats.end());
  put(directory_, "bytes/train_images.npy", npy_file("|u1", "(4, 3, 2)", counting_bytes(24)));
  put(directory_, "bytes/train_labels.npy", labels);
  put(directory_, "floats/X.npy", npy_file("<f4", "(4, 3)", bytes_of_values(floats)));
  put(directory_, "floats/y.npy", labels);
  put(directory_, "doubles/x_val.npy", npy_file("<f8", "(4, 3)", bytes_of_values(doubles)));
  put(directory_, "doubles/y_val.npy", labels);
  put(directory_, "colour/images.npy", npy_file("|u1", "(4, 2, 5, 3)", counting_bytes(120)));  // channels last
  put(directory_, "colour/labels.npy", labels);
  OpenOptions val;
  val.split = "val";
  expect_same("bytes");
  EXPECT_THAT(names_at(path("copy")), ElementsAre("train_images.npy", "train_labels.npy"));
  fs::remove_all(path("copy"));
  expect_same("floats");
  EXPECT_THAT(names_at(path("copy")), ElementsAre("images.npy", "labels.npy"));
  fs::remove_all(path("copy"));
  expect_same("doubles", val, val);
  fs::remove_all(path("copy"));
  expect_same("colour");
}

TEST_F(SetWriterTest, LabelsOfManyClasses) {
  put(directory_, "set/images.npy", npy_file("|u1", "(2, 3)", counting_bytes(6)));
  put(directory_, "set/labels.npy", npy_file("<i4", "(2,)", bytes_of_values<std::int32_t>({0, 300})));
  expect_same("set");
  put(directory_, "idx/train-images-idx3-ubyte", idx_header({2, 1, 3}) + counting_bytes(6));
  OpenOptions options;
  options.labels = path("set/labels.npy");
  const auto dataset = open_dataset(path("idx"), options);
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { written_form(dataset->info(), NumberForm::as_read, 2); }),
              AllOf(HasSubstr("301 classes"), HasSubstr("--float")));
  EXPECT_EQ(written_form(dataset->info(), NumberForm::float32, 2).format, "npy");
}

TEST_F(SetWriterTest, CifarTen) {
  put(directory_, "set/data_batch_1.bin", "\3" + counting_bytes(3072));
  put(directory_, "set/data_batch_2.bin", "\1" + counting_bytes(3072) + "\2" + counting_bytes(3072));
  put(directory_, "set/batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
  expect_same("set");
}

TEST_F(SetWriterTest, CifarHundred) {
  const std::string records = "\x02\x42" + counting_bytes(3072) + "\x13\x63" + counting_bytes(3072);
  put(directory_, "set/test.bin", records);
  OpenOptions fine, coarse;
  fine.split = coarse.split = "test";
  coarse.label_kind = "coarse";
  expect_same("set", fine, fine);
  EXPECT_THAT(error_of(ErrorCode::data, path("copy"), coarse), HasSubstr("255"));
  fs::remove_all(path("copy"));
  expect_same("set", coarse, coarse);
  EXPECT_THAT(error_of(ErrorCode::data, path("copy"), fine), HasSubstr("255"));
}

TEST_F(SetWriterTest, ClassFolders) {
  image("set/b/2.png", 1);
  image("set/b/10.PNG", 2);
  image("set/a/deep/er.png", 3);
  image("set/a/no-ending", 4);
  expect_same("set");
  EXPECT_TRUE(fs::exists(path("copy/a/deep/er.png")));
  EXPECT_TRUE(fs::exists(path("copy/a/no-ending.png")));
}

TEST_F(SetWriterTest, ClassFoldersOfASplit) {
  image("set/train/b/1.png", 1, 3);
  image("set/train/a/1.png", 2, 3);
  image("set/val/a/1.png", 3, 3);
  image("set/val/b/1.png", 4, 3);
  OpenOptions val;
  val.split = "val";
  expect_same("set", val, val);
  fs::remove_all(path("copy"));
  expect_same("set/train");
}

TEST_F(SetWriterTest, AnnotatedImagesGoToTheirClasses) {
  image("set/val/images/x_0.png", 1);
  image("set/val/images/x_1.png", 2);
  put(directory_, "set/val/val_annotations.txt", "x_0.png\tn2\t0\nx_1.png\tn1\t0\n");
  OpenOptions val;
  val.split = "val";
  expect_same("set", val, val);
  EXPECT_TRUE(fs::exists(path("copy/val/n2/x_0.png")));
}

TEST_F(SetWriterTest, TwoImagesOfOneName) {
  image("set/a/1.png", 1);
  put(directory_, "set/a/1.jpg", jpeg_file(noise_image(4, 3, 1, 2)));
  image("set/b/1.png", 3);
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { copy_set(path("set"), path("copy")); }),
              AllOf(HasSubstr("1.jpg"), HasSubstr("a/1.png"), HasSubstr("--float")));
  EXPECT_THAT(names_at(directory_.path()), ElementsAre("set"));
}

TEST_F(SetWriterTest, Lists) {
  image("set/p/1.png", 1);
  image("set/p/2.png", 2);
  image("far/3.png", 3);
  const std::string lines = "p/2.png\t3\n../far/3.png\t0\np/1.png\t1\np/2.png\t3\n" + path("far/3.png") + "\t2\n";
  put(directory_, "set/list.txt", lines);
  expect_same("set/list.txt", {}, {}, "/list.txt");
  EXPECT_TRUE(fs::exists(path("copy/images/00000001-3.png")));
}

TEST_F(SetWriterTest, ListsOfNames) {
  image("set/1.png", 1);
  image("set/2.png", 2);
  put(directory_, "set/list.tsv", "1.png\tzebra\n2.png\tant\n");
  expect_same("set/list.tsv", {}, {}, "/list.tsv");
}

TEST_F(SetWriterTest, FilesThatWereSkippedHaveNoName) {
  image("set/a/1.png", 1);
  put(directory_, "set/a/2.png", "damaged");
  image("set/a/3.png", 3);
  put(directory_, "set/b/0.png", "damaged");
  image("set/b/1.png", 4);
  OpenOptions options;
  options.skip_bad = 2;
  options.batch = 2;
  copy_set(path("set"), path("copy"), options);
  EXPECT_THAT(names_at(path("copy/a")), ElementsAre("1.png", "3.png"));
  EXPECT_THAT(names_at(path("copy/b")), ElementsAre("1.png"));
}

TEST_F(SetWriterTest, GeneratedSets) {
  for (const char* set : {"generate:count=20,shape=1x8x8,classes=2", "generate:count=20,shape=3x8x8,classes=2"}) {
    copy_set(set, path("copy"));
    const AllSamples a = read_all(set), b = read_all(path("copy"));
    EXPECT_EQ(a.values, b.values);
    EXPECT_EQ(a.labels, b.labels);
    fs::remove_all(path("copy"));
  }
}

class StagedFolderTest : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
};

TEST_F(StagedFolderTest, IsThereAfterCommitAlone) {
  {
    const StagedFolder folder(directory_.file("a/b/"));
    folder.write("c/d.txt", "words");
    EXPECT_FALSE(fs::exists(directory_.file("a/b")));
  }
  EXPECT_THAT(names_at(directory_.file("a")), IsEmpty());
  fs::create_directories(directory_.file("a/b"));
  StagedFolder folder(directory_.file("a/b"));
  folder.write("c/d.txt", "words");
  folder.commit();
  EXPECT_THAT(names_at(directory_.file("a")), ElementsAre("b"));
  EXPECT_TRUE(fs::exists(directory_.file("a/b/c/d.txt")));
}

TEST_F(StagedFolderTest, ReplacesNothing) {
  directory_.write("file", "x");
  fs::create_directories(directory_.file("full/x"));
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { StagedFolder folder(directory_.file("full")); }),
              HasSubstr("full is not empty"));
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { StagedFolder folder(directory_.file("file")); }),
              HasSubstr("is not a folder"));
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { StagedFolder folder(""); }), HasSubstr("empty"));
  EXPECT_THAT(error_of(ErrorCode::io, [&] { StagedFolder folder(directory_.file("file/b")); }), HasSubstr("file"));
  StagedFolder folder(directory_.file("new"));
  folder.write("x", "1");
  EXPECT_THAT(error_of(ErrorCode::io, [&] { folder.write("x", "2"); }), HasSubstr("exists"));
  fs::create_directories(directory_.file("new/taken"));
  error_of(ErrorCode::io, [&] { folder.commit(); });
  EXPECT_TRUE(fs::exists(directory_.file("new/taken")));
}

}  // namespace
}  // namespace eigenlens::test
