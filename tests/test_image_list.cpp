// SPDX-License-Identifier: Apache-2.0
/// \file
/// Lists of images: path, tab, label.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "data/image_list.hpp"
#include "support/dataset_files.hpp"
#include "support/image_files.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ImageListFile : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"a.png", "b.PNG", "sub/c d.jpeg", "späß/ü.png", "tab\there.png"}) {
      const Raster image = flat_image(2, 2, {value_++});
      put(directory_, name, std::string(name).find("jpeg") == std::string::npos ? png_file(image) : jpeg_file(image));
    }
  }
  [[nodiscard]] std::string list(std::string_view text) const { return directory_.write("list.tsv", text); }
  [[nodiscard]] std::string message(std::string_view text, ErrorCode code = ErrorCode::data,
                                    const OpenOptions& options = {}) const {
    return error_of(code, list(text), options);
  }

  TemporaryDirectory directory_;
  std::uint8_t value_ = 10;
};

TEST_F(ImageListFile, NumbersAsLabels) {
  const auto dataset = open_dataset(list("b.PNG\t2\nsub/c d.jpeg\t0\na.png\t2\nspäß/ü.png\t1\n"));
  EXPECT_EQ(dataset->info().format, "image-list");
  EXPECT_EQ(dataset->info().name, "list");
  EXPECT_EQ(dataset->info().classes, 3);
  EXPECT_EQ(dataset->info().shape, (ImageShape{1, 2, 2}));
  EXPECT_THAT(dataset->info().class_names, IsEmpty());
  const AllSamples all = read_all(*dataset);
  EXPECT_THAT(all.labels, ElementsAre(2, 0, 2, 1)) << "in the list's order";
  EXPECT_EQ(all.values, std::string("\x0b\x0b\x0b\x0b\x0c\x0c\x0c\x0c\x0a\x0a\x0a\x0a\x0d\x0d\x0d\x0d"));
}

TEST_F(ImageListFile, NamesAsLabelsAreSorted) {
  const auto dataset = open_dataset(list("a.png\tzebra\nb.PNG\tant\nspäß/ü.png\tmöwe"));
  EXPECT_THAT(dataset->info().class_names, ElementsAre("ant", "möwe", "zebra"));
  EXPECT_THAT(read_all(*dataset).labels, ElementsAre(2, 0, 1));
}

TEST_F(ImageListFile, ByteOrderMarkCarriageReturnsTabsAndAbsolutePaths) {
  const AllSamples all =
      read_all(list("\xef\xbb\xbf"
                    "a.png\t0\r\ntab\there.png\t1\r\n" +
                    directory_.file("b.PNG") + "\t1\r\n"));
  EXPECT_THAT(all.labels, ElementsAre(0, 1, 1));
}

TEST_F(ImageListFile, BlanksAroundLabelsAreNoPartOfThem) {
  const auto numbers = open_dataset(list("a.png\t 1\nb.PNG\t0 \n"));
  EXPECT_THAT(numbers->info().class_names, IsEmpty()) << "numbers, not names";
  EXPECT_THAT(read_all(*numbers).labels, ElementsAre(1, 0));
  EXPECT_THAT(open_dataset(list("a.png\tgreat ape \nb.PNG\t ant\n"))->info().class_names,
              ElementsAre("ant", "great ape"));
  EXPECT_THAT(message("a.png\t0\nb.PNG\t  \n"), HasSubstr("line 2: expected a path, a tab and a label"));
}

TEST_F(ImageListFile, IsReadFromWhereItLies) {
  const auto here = std::filesystem::current_path();
  const std::string path = list("a.png\t0\nb.PNG\t1\n");
  std::filesystem::current_path(std::filesystem::path(path).parent_path());
  const AllSamples all = read_all("list.tsv");
  std::filesystem::current_path(here);
  EXPECT_THAT(all.labels, ElementsAre(0, 1));
}

TEST_F(ImageListFile, LabelBaseAndClasses) {
  OpenOptions options{.label_base = 1, .classes = 7};
  const auto dataset = open_dataset(list("a.png\t1\nb.PNG\t3\n"), options);
  EXPECT_EQ(dataset->info().classes, 7);
  EXPECT_THAT(read_all(*dataset).labels, ElementsAre(0, 2));
  options.classes = 2;
  EXPECT_THAT(message("a.png\t1\nb.PNG\t3\n", ErrorCode::data, options),
              HasSubstr("list.tsv, line 2: label 3 is out of range: expected 1 to 2"));
  EXPECT_THAT(message("a.png\tcat\n", ErrorCode::usage, {.label_base = 1}),
              HasSubstr("are names: expected label base 0"));
  EXPECT_THAT(message("a.png\tcat\nb.PNG\tdog\n", ErrorCode::usage, {.classes = 1}), HasSubstr("has 2 classes"));
}

TEST_F(ImageListFile, BadLinesAreNamed) {
  EXPECT_THAT(message("a.png\t0\nb.PNG 1\n"), HasSubstr("list.tsv, line 2: expected a path, a tab and a label"));
  EXPECT_THAT(message("a.png\t0\n\nb.PNG\t1\n"), HasSubstr("line 2: expected a path, a tab and a label"));
  EXPECT_THAT(message("a.png\t0\nb.PNG\t\n"), HasSubstr("line 2: expected"));
  EXPECT_THAT(message("a.png\t0\n\t1\n"), HasSubstr("line 2: expected"));
  EXPECT_THAT(message("a.png\t0\nb.PNG\t-1\n"), HasSubstr("line 2: label -1 is out of range: expected 0 to 65535"));
  EXPECT_THAT(message("a.png\t65536\n"), HasSubstr("line 1: label 65536 is out of range"));
  EXPECT_THAT(message("a.png\t0\nb.PNG\tcat\n"), HasSubstr("line 2: label 'cat' is no number, line 1 has one"));
  EXPECT_THAT(message("a.png\tcat\nb.PNG\t4\n"), HasSubstr("line 2: label '4' is a number, line 1 has a name"));
  EXPECT_THAT(message("a.png\t0\nnone.png\t1\n", ErrorCode::io),
              AllOf(HasSubstr("list.tsv, line 2: cannot open"), HasSubstr("none.png: No such file")));
  EXPECT_THAT(message("a.png\t0\nsub\t1\n", ErrorCode::io), HasSubstr("line 2: cannot open"));
  EXPECT_THAT(message(std::string("a.png\t0\nb\0.png\t1\n", 17)), HasSubstr("line 2: its path holds a zero byte"));
}

TEST_F(ImageListFile, IsKnownByItsFirstLine) {
  EXPECT_TRUE(is_image_list(list("x y/z.JPEG\tlabel\n")));
  EXPECT_FALSE(is_image_list(list("x y/z.JPEG\n")));
  EXPECT_FALSE(is_image_list(list("x\ty\n")));
  EXPECT_FALSE(is_image_list(list("")));
  OpenOptions forced{.format = "image-list"};
  EXPECT_THAT(message("", ErrorCode::data, forced), HasSubstr("list.tsv names no image"));
  EXPECT_THAT(message("sub\t0\n", ErrorCode::io, forced), HasSubstr("it is not a regular file"));
  EXPECT_THAT(error_of(ErrorCode::data, directory_.path(), forced), HasSubstr("is a directory: expected one file"));
}

}  // namespace
}  // namespace eigenlens::test
