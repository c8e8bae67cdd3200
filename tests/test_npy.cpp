// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "data/npy_format.hpp"
#include "eigenlens/dataset.hpp"
#include "support/dataset_files.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

/// Two samples unless a test writes others.
class Npy : public ::testing::Test {
 protected:
  void labels(const std::string& file) const { directory_.write("train_labels.npy", file); }
  std::string images(const std::string& file) const { return directory_.write("train_images.npy", file); }
  std::string error(ErrorCode code = ErrorCode::data, const OpenOptions& options = {}) const {
    return error_of(code, directory_.path(), options);
  }
  Npy() {
    labels(npy_file("|u1", "(2,)", std::string("\0\1", 2)));
    images(npy_file("|u1", "(2, 6)", counting_bytes(12)));
  }

  TemporaryDirectory directory_;
  std::string images_ = directory_.file("train_images.npy");
  std::string labels_ = directory_.file("train_labels.npy");
};

TEST_F(Npy, Vectors) {
  const auto dataset = open_dataset(directory_.path());
  EXPECT_EQ(dataset->info().format, "npy");
  EXPECT_EQ(dataset->info().split, "train");
  EXPECT_EQ(dataset->info().source, images_);
  EXPECT_EQ(dataset->info().shape, (ImageShape{1, 1, 6}));
  const AllSamples all = read_all(*dataset);
  EXPECT_EQ(all.values, counting_bytes(12));
  EXPECT_THAT(all.labels, ElementsAre(0, 1));
}

TEST_F(Npy, WithoutLabelsAllAreOfOneClass) {
  OpenOptions options;
  options.labels = "none";
  const auto dataset = open_dataset(images_, options);
  EXPECT_EQ(dataset->info().classes, 1);
  EXPECT_THAT(read_all(*dataset).labels, ElementsAre(0, 0));
}

TEST_F(Npy, GreyImages) {
  images(npy_file("|u1", "(2, 2, 3)", counting_bytes(12)));
  EXPECT_EQ(open_dataset(directory_.path())->info().shape, (ImageShape{1, 2, 3}));
}

TEST_F(Npy, ChannelsFirstIsDeliveredAsItIs) {
  images(npy_file("|u1", "(2, 3, 2, 2)", counting_bytes(24)));
  const auto dataset = open_dataset(directory_.path());
  EXPECT_EQ(dataset->info().shape, (ImageShape{3, 2, 2}));
  EXPECT_EQ(read_all(*dataset).values, counting_bytes(24));
}

/// Every value says where it belongs: 100·sample + 10·pixel + channel, H × W × C in the file.
template <class Value>
void expect_transposed(const TemporaryDirectory& directory, const std::string& descr) {
  std::vector<Value> stored;
  std::vector<Value> expected;
  for (int sample = 0; sample < 2; ++sample) {
    for (int i = 0; i < 18; ++i) stored.push_back(static_cast<Value>(100 * sample + 10 * (i / 3) + i % 3));
    for (int i = 0; i < 18; ++i) expected.push_back(static_cast<Value>(100 * sample + 10 * (i % 6) + i / 6));
  }
  directory.write("train_images.npy", npy_file(descr, "(2, 2, 3, 3)", bytes_of_values(stored)));
  for (const std::int64_t batch : {1, 2}) {
    OpenOptions options;
    options.batch = batch;
    options.layout = "nhwc";
    const auto dataset = open_dataset(directory.path(), options);
    EXPECT_EQ(dataset->info().shape, (ImageShape{3, 2, 3}));
    EXPECT_EQ(read_all(*dataset).values, bytes_of_values(expected)) << descr;
  }
}

TEST_F(Npy, ChannelsLastAreTransposed) {
  expect_transposed<std::uint8_t>(directory_, "|u1");
  expect_transposed<float>(directory_, "<f4");
  expect_transposed<double>(directory_, "<f8");
}

TEST_F(Npy, FloatsKeepTheirType) {
  const std::vector<double> values = {0.5, -1, 1e300, 4};
  images(npy_file("<f8", "(2, 2)", bytes_of_values(values)));
  const auto dataset = open_dataset(directory_.path());
  EXPECT_EQ(dataset->info().scalar, ScalarType::float64);
  EXPECT_EQ(read_all(*dataset).values, bytes_of_values(values));
  images(npy_file("<f4", "(2, 2)", bytes_of_values(std::vector<float>{1, 2, 3, 4})));
  EXPECT_EQ(open_dataset(directory_.path())->info().scalar, ScalarType::float32);
}

TEST_F(Npy, AmbiguousLayoutAsks) {
  images(npy_file("|u1", "(2, 3, 5, 3)", counting_bytes(90)));
  EXPECT_THAT(error(ErrorCode::usage), AllOf(HasSubstr(images_ + " has shape (2, 3, 5, 3)"), HasSubstr("both"),
                                             EndsWith("name the layout, nhwc or nchw")));
  images(npy_file("|u1", "(2, 2, 5, 2)", counting_bytes(40)));
  EXPECT_THAT(error(ErrorCode::usage), AllOf(HasSubstr("(2, 2, 5, 2)"), HasSubstr("neither")));
  OpenOptions options;
  options.layout = "nchw";
  EXPECT_EQ(open_dataset(directory_.path(), options)->info().shape, (ImageShape{2, 5, 2}));
  options.layout = "nhwc";
  EXPECT_EQ(open_dataset(directory_.path(), options)->info().shape, (ImageShape{2, 2, 5}));
}

TEST_F(Npy, EveryIntegerLabel) {
  const auto expect = [&](const std::string& descr, const std::string& values) {
    labels(npy_file(descr, "(2,)", values));
    EXPECT_THAT(read_all(directory_.path()).labels, ElementsAre(0, 7)) << descr;
  };
  expect("|i1", bytes_of_values(std::vector<std::int8_t>{0, 7}));
  expect("<u2", bytes_of_values(std::vector<std::uint16_t>{0, 7}));
  expect("<i2", bytes_of_values(std::vector<std::int16_t>{0, 7}));
  expect("<u4", bytes_of_values(std::vector<std::uint32_t>{0, 7}));
  expect("<i4", bytes_of_values(std::vector<std::int32_t>{0, 7}));
  expect("<u8", bytes_of_values(std::vector<std::uint64_t>{0, 7}));
  expect("<i8", bytes_of_values(std::vector<std::int64_t>{0, 7}));
  labels(npy_file("<i8", "(2, 1)", bytes_of_values(std::vector<std::int64_t>{0, 7})));
  EXPECT_THAT(read_all(directory_.path()).labels, ElementsAre(0, 7));
}

TEST_F(Npy, NegativeLabelsNeedTheirBase) {
  labels(npy_file("<i2", "(2,)", bytes_of_values(std::vector<std::int16_t>{-1, 1})));
  EXPECT_THAT(error(),
              HasSubstr(labels_ + ": label -1 at row 0 (counted from 0) is out of range: expected 0 to 65535"));
  OpenOptions options;
  options.label_base = -1;
  EXPECT_THAT(read_all(directory_.path(), options).labels, ElementsAre(0, 2));
}

TEST_F(Npy, HugeLabelsAreOutOfRange) {
  labels(npy_file("<u8", "(2,)",
                  bytes_of_values(std::vector<std::uint64_t>{0, std::numeric_limits<std::uint64_t>::max()})));
  EXPECT_THAT(error(), AllOf(HasSubstr(labels_), HasSubstr("at row 1 (counted from 0) is out of range")));
}

TEST_F(Npy, FloatLabelsAreRefused) {
  labels(npy_file("<f8", "(2,)", bytes_of_values(std::vector<double>{0, 1})));
  EXPECT_THAT(error(), EndsWith(labels_ + " holds float64 (<f8): expected labels of an integer dtype, little-endian"));
}

TEST_F(Npy, OtherLabelDtypesAreRefused) {
  labels(npy_file("|b1", "(2,)", std::string("\0\1", 2)));
  EXPECT_THAT(error(), HasSubstr("holds bool (|b1)"));
  labels(npy_file(">i4", "(2,)", std::string(8, '\0')));
  EXPECT_THAT(error(), HasSubstr("holds big-endian int32 (>i4)"));
  labels(npy_file("<U5", "(2,)", std::string(40, '\0')));
  EXPECT_THAT(error(), HasSubstr("holds text (<U5)"));
}

TEST_F(Npy, OneHotLabelsAreRefused) {
  labels(npy_file("|u1", "(2, 10)", std::string(20, '\0')));
  EXPECT_THAT(error(), HasSubstr(labels_ + " has shape (2, 10): expected labels of shape (2,) or (2, 1)"));
}

TEST_F(Npy, LabelCountsMustAgree) {
  labels(npy_file("|u1", "(3,)", std::string(3, '\0')));
  EXPECT_THAT(error(), AllOf(HasSubstr(labels_ + " holds 3 labels"), HasSubstr(images_ + " holds 2 images")));
}

TEST_F(Npy, OtherImageDtypesAreRefusedByName) {
  const auto expect = [&](const std::string& descr, const std::string& name) {
    images(npy_file(descr, "(2, 6)", counting_bytes(96)));
    EXPECT_THAT(error(), AllOf(HasSubstr(images_ + " holds " + name),
                               EndsWith("expected uint8 (|u1), float32 (<f4) or float64 (<f8)")));
  };
  expect(">f4", "big-endian float32 (>f4)");
  expect("<f2", "float16 (<f2)");
  expect("<i8", "int64 (<i8)");
  expect("|O", "Python objects (|O)");
  expect("<c16", "complex128 (<c16)");
  expect("?", "the dtype '?'");
}

TEST_F(Npy, StructuredDtypeIsRefused) {
  images(npy_file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", ""));
  EXPECT_THAT(error(), HasSubstr(images_ + " holds a structured dtype"));
}

TEST_F(Npy, FortranOrderIsRefused) {
  images(npy_file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 6), }", counting_bytes(12)));
  EXPECT_THAT(error(), HasSubstr(images_ + " is in Fortran order: expected C order"));
}

TEST_F(Npy, ShapesThatAreNoImages) {
  images(npy_file("|u1", "(12,)", counting_bytes(12)));
  EXPECT_THAT(error(), HasSubstr(images_ + " has shape (12,): expected N x D"));
  images(npy_file("|u1", "(2, 1, 2, 3, 1)", counting_bytes(12)));
  EXPECT_THAT(error(), HasSubstr("has shape (2, 1, 2, 3, 1)"));
  images(npy_file("|u1", "(2, 0)", ""));
  EXPECT_THAT(error(), HasSubstr("expected at least one value a sample"));
}

TEST_F(Npy, EmptySet) {
  images(npy_file("|u1", "(0, 6)", ""));
  EXPECT_THAT(error(), HasSubstr(images_ + " is empty: its shape is (0, 6)"));
}

TEST_F(Npy, TruncatedNamesTheImage) {
  images(npy_file("<f4", "(2, 3)", counting_bytes(20)));
  EXPECT_THAT(error(), AllOf(HasSubstr(images_ + " is truncated"), HasSubstr("within image 1 of 2"),
                             HasSubstr("2 images of 12 bytes")));
}

TEST_F(Npy, Oversized) {
  images(npy_file("|u1", "(2, 6)", counting_bytes(13)));
  EXPECT_THAT(error(), HasSubstr(images_ + " is oversized"));
}

TEST_F(Npy, AbsurdSizesAreRefusedBeforeAllocation) {
  images(npy_file("<f8", "(4611686018427387904, 4611686018427387904)", ""));
  EXPECT_THAT(error(), AllOf(HasSubstr(images_), HasSubstr("more than any file holds")));
  images(npy_file("|u1", "(2, 4611686018427387904)", ""));
  EXPECT_THAT(error(), AllOf(HasSubstr(images_), HasSubstr("more than any file holds")));
  images(npy_file("|u1", "(4611686018427387904, 1)", ""));
  EXPECT_THAT(error(), HasSubstr(images_ + " is truncated"));
  images(npy_file("|u1", "(99999999999999999999, 1)", ""));
  EXPECT_THAT(error(), HasSubstr("expected an extent from 0 to 2^63 - 1"));
  images(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12));
  EXPECT_THAT(error(), HasSubstr(images_ + " claims a .npy header of 4294967295 bytes: expected at most 65536"));
}

TEST_F(Npy, WrongMagic) {
  images("PK\x03\x04 an archive, in truth");
  EXPECT_THAT(error(),
              HasSubstr(images_ + " is not a .npy file: it starts with 50 4b 03 04 20 61, expected 93 4e 55 4d 50 59"));
}

TEST_F(Npy, UnknownVersion) {
  images(std::string("\x93NUMPY\x09\x00 and so on", 18));
  EXPECT_THAT(error(), HasSubstr(images_ + " is .npy version 9.0: expected 1, 2 or 3"));
}

TEST_F(Npy, TruncatedHeader) {
  images(npy_file("|u1", "(2, 6)", "").substr(0, 30));
  EXPECT_THAT(error(), HasSubstr(images_ + " is truncated: it ends at byte 30, within its .npy header"));
}

TEST_F(Npy, VersionsTwoAndThree) {
  for (const char version : {'\2', '\3'}) {
    const std::string dictionary = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 6), }\n";
    const std::string start = std::string("\x93NUMPY") + version + '\0' + static_cast<char>(dictionary.size());
    images(start + std::string(3, '\0') + dictionary + counting_bytes(12));
    EXPECT_EQ(read_all(directory_.path()).values, counting_bytes(12));
  }
}

TEST(NpyHeaderText, KeysInAnyOrderAndSpacing) {
  for (const char* text : {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }          \n",
                           "{\"shape\":(3L,4L,),\"fortran_order\":False,\"descr\":\"<f4\"}",
                           "  { 'fortran_order' : False , 'descr' : '<f4' , 'shape' : ( 3 , 4 ) } \n"}) {
    const NpyHeader header = parse_npy_header(text, "a.npy");
    EXPECT_EQ(header.descr, "<f4");
    EXPECT_FALSE(header.fortran_order);
    EXPECT_THAT(header.shape, ElementsAre(3, 4));
  }
  EXPECT_TRUE(parse_npy_header("{'descr':'<f4','fortran_order':True,'shape':()}", "a.npy").shape.empty());
}

TEST(NpyHeaderText, DamageIsNamed) {
  const auto message = [](const char* text) {
    return error_of(ErrorCode::data, [&] { static_cast<void>(parse_npy_header(text, "a.npy")); });
  };
  EXPECT_THAT(message(""),
              AllOf(HasSubstr("a.npy has a bad .npy header"), HasSubstr("found the end"), HasSubstr("expected '{'")));
  EXPECT_THAT(message("{'descr': '<f4'}"), HasSubstr("expected the keys 'descr', 'fortran_order' and 'shape'"));
  EXPECT_THAT(message("{'descr': '<f4"), HasSubstr("expected a quoted string that ends"));
  EXPECT_THAT(message("{'descr': 4}"), HasSubstr("expected a quoted string"));
  EXPECT_THAT(message("{'fortran_order': Maybe}"), HasSubstr("expected True or False"));
  EXPECT_THAT(message("{'shape': (3, -4)}"), HasSubstr("expected an extent from 0"));
  EXPECT_THAT(message("{'shape': (3 4)}"), HasSubstr("found '4)}' at character"));
  EXPECT_THAT(message("{'color': 'red'}"), HasSubstr("found the key 'color'"));
  EXPECT_THAT(message("{'shape': (3,), 'shape': (3,)}"), HasSubstr("found 'shape' twice"));
  EXPECT_THAT(message("{'descr':'<f4','fortran_order':True,'shape':()} x"),
              HasSubstr("expected the end of the header"));
}

TEST(NpyHeaderText, ComposedHeadersAreAlignedAndReadBack) {
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{5}, {60000, 3, 32, 32}}) {
    const std::string header = compose_npy_header("|u1", shape);
    EXPECT_EQ(header.size() % 64, 0U);
    EXPECT_EQ(header.back(), '\n');
    EXPECT_EQ(parse_npy_header(std::string_view(header).substr(10), "a.npy").shape, shape);
  }
}

TEST(NpyPairs, EveryKnownPair) {
  const std::string images = npy_file("|u1", "(2, 6)", counting_bytes(12));
  const std::string labels = npy_file("|u1", "(2,)", std::string("\0\1", 2));
  for (const auto& [image_name, label_name, split] : {std::tuple{"train_images.npy", "train_labels.npy", "train"},
                                                      {"x_train.npy", "y_train.npy", "train"},
                                                      {"X_train.npy", "y_train.npy", "train"},
                                                      {"val_images.npy", "val_labels.npy", "val"},
                                                      {"X.npy", "y.npy", ""},
                                                      {"x.npy", "y.npy", ""},
                                                      {"images.npy", "labels.npy", ""},
                                                      {"embeddings.npy", "labels.npy", ""},
                                                      {"test_embeddings.npy", "test_labels.npy", "test"}}) {
    const TemporaryDirectory directory;
    const std::string file = directory.write(image_name, images);
    directory.write(label_name, labels);
    OpenOptions options;
    if (*split != '\0') options.split = split;
    const auto dataset = open_dataset(directory.path(), options);
    EXPECT_EQ(dataset->info().source, file);
    EXPECT_EQ(dataset->info().split, split);
    EXPECT_EQ(read_all(file).labels.size(), 2U);
  }
}

TEST(NpyPairs, SplitsThatAreNotThere) {
  const TemporaryDirectory directory;
  directory.write("x_train.npy", "");
  OpenOptions options;
  options.split = "test";
  EXPECT_THAT(error_of(ErrorCode::usage, directory.path(), options), EndsWith("no split 'test': there is train"));
  std::filesystem::remove(directory.file("x_train.npy"));
  directory.write("X.npy", "");
  EXPECT_THAT(error_of(ErrorCode::usage, directory.path(), options),
              EndsWith("no split 'test': there is X.npy (no split)"));
}

TEST_F(Npy, SeveralPairsAreListed) {
  directory_.write("x_train.npy", "");
  EXPECT_THAT(error(ErrorCode::usage), HasSubstr("holds 2 .npy data sets (train_images.npy, x_train.npy)"));
}

TEST_F(Npy, MissingLabels) {
  std::filesystem::remove(labels_);
  EXPECT_THAT(error(ErrorCode::io), HasSubstr(images_ + " has no labels: expected " + labels_ + " beside it"));
}

TEST_F(Npy, AFileOfAnyName) {
  const std::string file = directory_.write("clip.npy", npy_file("|u1", "(2, 6)", counting_bytes(12)));
  EXPECT_THAT(error_of(ErrorCode::usage, file), HasSubstr(file + " does not tell where its labels are"));
  OpenOptions options;
  options.labels = labels_;
  const auto dataset = open_dataset(file, options);
  EXPECT_EQ(dataset->info().name, "clip");
  EXPECT_EQ(read_all(*dataset).labels.size(), 2U);
}

TEST_F(Npy, MayBeCompressedWhenNamed) {
  const std::string file = directory_.write("images.npy.gz", gzip(npy_file("|u1", "(2, 6)", counting_bytes(12))));
  OpenOptions options;
  options.labels = labels_;
  EXPECT_EQ(read_all(file, options).values, counting_bytes(12));
}

}  // namespace
}  // namespace eigenlens::test
