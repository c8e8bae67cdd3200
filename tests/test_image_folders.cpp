// SPDX-License-Identifier: Apache-2.0
/// \file
/// Class folders: the layouts of ImageNet, Imagenette and TinyImageNet, what is an image, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "data/image_folders.hpp"
#include "data/image_list.hpp"
#include "support/dataset_files.hpp"
#include "support/image_files.hpp"

namespace eigenlens::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ImageFolders : public ::testing::Test {
 protected:
  /// A grey 1 × 1 image of this value.
  void image(const std::string& name, int value) const {
    put(directory_, name, png_file(flat_image(1, 1, {static_cast<std::uint8_t>(value)})));
  }
  void text(const std::string& name, std::string_view content = "words") const { put(directory_, name, content); }
  [[nodiscard]] std::string path(const std::string& name = "") const {
    return name.empty() ? directory_.path() : directory_.file(name);
  }
  /// The values of the images in their order, one letter each.
  [[nodiscard]] std::string values(const std::string& name = "", const OpenOptions& options = {}) const {
    return read_all(path(name), options).values;
  }
  [[nodiscard]] std::string message(ErrorCode code = ErrorCode::data, const OpenOptions& options = {}) const {
    return error_of(code, path(), options);
  }

  TemporaryDirectory directory_;
};

TEST_F(ImageFolders, ClassesThenPathsByteByByte) {
  image("b/1.png", 'd');
  image("B/2.png", 'b');
  image("B/10.png", 'a');
  image("a/x/y/1.png", 'y');
  image("a/x.png", 'x');
  image("a/x-1.png", 'w');
  image("ä ö/\xff.PNG", 'z');
  const auto dataset = open_dataset(path());
  const DatasetInfo& info = dataset->info();
  EXPECT_EQ(info.format, "image-folder");
  EXPECT_EQ(info.split, "");
  EXPECT_EQ(info.count, 7);
  EXPECT_EQ(info.classes, 4);
  EXPECT_EQ(info.shape, (ImageShape{1, 1, 1}));
  EXPECT_THAT(info.class_names, ElementsAre("B", "a", "b", "ä ö"));
  const AllSamples all = read_all(*dataset);
  EXPECT_EQ(all.values, "abwxydz");
  EXPECT_THAT(all.labels, ElementsAre(0, 0, 1, 1, 1, 2, 3));
}

TEST_F(ImageFolders, SplitsOfImageNet) {
  image("train/n01/a.JPEG", 'a');
  image("train/n02/b.JPEG", 'b');
  image("train/n03/c.JPEG", 'c');
  image("val/n03/d.JPEG", 'd');
  image("val/n01/e.JPEG", 'e');
  image("figure.png", 'f');
  text("docs/LOC_sizes.csv");
  EXPECT_EQ(values(), "abc");
  const auto dataset = open_dataset(path(), {.split = "val"});
  EXPECT_EQ(dataset->info().split, "val");
  EXPECT_THAT(dataset->info().class_names, ElementsAre("n01", "n02", "n03")) << "the classes of train";
  const AllSamples all = read_all(*dataset);
  EXPECT_EQ(all.values, "ed");
  EXPECT_THAT(all.labels, ElementsAre(0, 2));
  EXPECT_THAT(message(ErrorCode::usage, {.split = "test"}), HasSubstr("has no split 'test': there is train, val"));
  image("val/n04/g.JPEG", 'g');
  EXPECT_THAT(message(ErrorCode::data, {.split = "val"}), HasSubstr("class 'n04' is none of the 3 in"));
}

TEST_F(ImageFolders, OneSplitMayBeNamed) {
  image("set/train/n01/a.JPEG", 'a');
  image("set/train/n02/b.JPEG", 'b');
  image("set/val/n02/c.JPEG", 'c');
  for (const char* ending : {"set/val", "set/val/", "set/val/.", "set/train/../val"}) {
    const auto dataset = open_dataset(path(ending));
    EXPECT_EQ(dataset->info().name, "set") << ending;
    EXPECT_EQ(dataset->info().split, "val");
    EXPECT_THAT(read_all(*dataset).labels, ElementsAre(1));
  }
}

TEST_F(ImageFolders, ASetWithoutSplitsIsTrain) {
  image("a/1.jpg", 'a');
  EXPECT_EQ(values("", {.split = "train"}), "a");
  EXPECT_THAT(message(ErrorCode::usage, {.split = "val"}), HasSubstr("has no split 'val': there is train (all of it)"));
}

TEST_F(ImageFolders, TinyImageNet) {
  text("wnids.txt", "n02\r\nn01\nn03\n");
  image("train/n01/images/n01_0.JPEG", 'a');
  image("train/n02/images/n02_0.JPEG", 'b');
  text("train/n02/n02_boxes.txt");
  image("val/images/val_0.JPEG", 'c');
  image("val/images/val_1.JPEG", 'd');
  image("val/images/val_10.JPEG", 'e');
  text("val/val_annotations.txt", "val_0.JPEG\tn03\t0\t0\t62\t62\nval_1.JPEG\tn01\nval_10.JPEG\tn03\t1\n");
  image("test/images/test_0.JPEG", 'f');
  EXPECT_EQ(values(), "ab");
  const auto dataset = open_dataset(path(), {.split = "val"});
  EXPECT_THAT(dataset->info().class_names, ElementsAre("n01", "n02", "n03"));
  const AllSamples all = read_all(*dataset);
  EXPECT_EQ(all.values, "dce");
  EXPECT_THAT(all.labels, ElementsAre(0, 2, 2));
  EXPECT_THAT(message(ErrorCode::data, {.split = "test"}),
              HasSubstr("test holds images without labels: expected test_annotations.txt, or a folder a class"));
}

TEST_F(ImageFolders, AnnotationsWithoutClassListOrTrain) {
  image("val/images/0.JPEG", 'a');
  image("val/images/1.JPEG", 'b');
  text("val/val_annotations.txt", "0.JPEG\tz\n1.JPEG\tc\n");
  const OpenOptions val{.split = "val"};
  EXPECT_EQ(values("", val), "ba");
  image("val/images/2.JPEG", 'b');
  EXPECT_THAT(message(ErrorCode::data, val), HasSubstr("images/2.JPEG has no line in"));
  text("val/val_annotations.txt", "0.JPEG\tz\n1.JPEG\tc\n2.JPEG\tc\n3.JPEG\tc\n");
  EXPECT_THAT(message(ErrorCode::data, val), HasSubstr("val_annotations.txt names 3.JPEG, which is not in"));
  text("val/val_annotations.txt", "0.JPEG\tz\n1.JPEG c\n");
  EXPECT_THAT(message(ErrorCode::data, val), HasSubstr("line 2: expected a file's name, a tab and its class"));
  text("val/val_annotations.txt", "0.JPEG\tz\n0.JPEG\tc\n");
  EXPECT_THAT(message(ErrorCode::data, val), HasSubstr("line 2: 0.JPEG is there twice"));
  text("val/val_annotations.txt", "0.JPEG\tz\n1.JPEG\tc\n2.JPEG\tq\n");
  text("wnids.txt", "z\nc\n");
  EXPECT_THAT(message(ErrorCode::data, val), HasSubstr("val_annotations.txt: class 'q' is none of the 2"));
}

TEST_F(ImageFolders, WhatIsNoImageIsLeftOut) {
  image("a/1.png", 'a');
  image("a/.2.png", 'b');
  image(".git/3.png", 'c');
  image("a/.thumbs/4.png", 'd');
  for (const char* name : {"a/labels.txt", "a/boxes.csv", "a/README", "a/notes.doc", "license.md"}) text(name);
  text("a/empty", "");
  EXPECT_EQ(values(), "a");
}

TEST_F(ImageFolders, ImagesWithoutAnEndingAreRead) {
  image("a/1.png", 'a');
  image("a/n01_12", 'b');
  image("a/3.jpg.bak", 'c');
  EXPECT_EQ(values(), "acb");
}

TEST_F(ImageFolders, ImagesOfOtherKindsAreRefusedAtOnceOrCountedAsBad) {
  image("a/1.png", 'a');
  text("a/2.gif", "GIF89a.....");
  text("a/3.png", "GIF89a.....");
  EXPECT_THAT(message(), HasSubstr("a/2.gif is a GIF file: expected JPEG or PNG"));
  const auto dataset = open_dataset(path(), {.skip_bad = 2});
  EXPECT_EQ(dataset->info().count, 3);
  while (dataset->next()) {
  }
  ASSERT_EQ(dataset->skipped().size(), 2U);
  EXPECT_THAT(dataset->skipped()[0].reason, HasSubstr("a/2.gif is a GIF file"));
}

TEST_F(ImageFolders, WhatIsNoSetOfClassFolders) {
  const OpenOptions forced{.format = "image-folder"};
  EXPECT_THAT(message(ErrorCode::data, forced), HasSubstr("has no class folders"));
  image("1.png", 'a');
  EXPECT_THAT(message(), AllOf(HasSubstr("holds no data set that eigenlens knows"), HasSubstr("CLASS/*.jpg")));
  EXPECT_THAT(message(ErrorCode::data, forced), HasSubstr("1.png is an image outside of the class folders"));
  image("a/2.png", 'b');
  EXPECT_THAT(message(), HasSubstr("1.png is an image outside of the class folders"));
  fs::remove(path("1.png"));
  fs::create_directory(path("b"));
  EXPECT_THAT(message(), HasSubstr("b holds no images: expected a class folder"));
  EXPECT_THAT(error_of(ErrorCode::data, path("a/2.png"), forced), HasSubstr("is no directory: expected one"));
}

TEST_F(ImageFolders, OptionsThatDoNotFitAreRefused) {
  image("a/1.png", 'a');
  image("b/1.png", 'b');
  EXPECT_THAT(message(ErrorCode::usage, {.labels = "x"}), HasSubstr("has its own labels: expected no labels file"));
  EXPECT_THAT(message(ErrorCode::usage, {.label_base = 1}), HasSubstr("are names: expected label base 0"));
  EXPECT_THAT(message(ErrorCode::usage, {.classes = 1}), HasSubstr("has 2 classes: expected at least as many, not 1"));
  const auto dataset = open_dataset(path(), {.classes = 5});
  EXPECT_EQ(dataset->info().classes, 5);
  EXPECT_THAT(dataset->info().class_names, IsEmpty());
}

TEST_F(ImageFolders, LinksAreFollowed) {
  image("else/where/1.png", 'a');
  image("set/b/2.png", 'b');
  fs::create_directory_symlink(path("else/where"), path("set/a"));
  fs::create_symlink(path("else/where/1.png"), path("set/b/3.png"));
  EXPECT_EQ(values("set"), "aba");
  fs::create_symlink(path("nowhere"), path("set/b/4.png"));
  EXPECT_THAT(error_of(ErrorCode::io, path("set")), HasSubstr("set/b/4.png"));
  fs::remove(path("set/b/4.png"));
  fs::create_directory_symlink("..", path("set/b/back"));
  EXPECT_THAT(error_of(ErrorCode::data, path("set")), HasSubstr("folders deep"));
}

/// The labels of a split are those of the classes beside it, whichever way it was reached.
TEST_F(ImageFolders, ALinkedSplitHasTheClassesOfItsNeighbours) {
  for (const char* name : {"set/train/a/1.png", "set/train/b/1.png", "set/train/c/1.png"}) image(name, 't');
  image("elsewhere/val/a/1.png", 'p');
  image("elsewhere/val/c/1.png", 'q');
  fs::create_directory_symlink(path("elsewhere/val"), path("set/val"));
  EXPECT_THAT(read_all(path("set/val")).labels, ElementsAre(0, 2));
  EXPECT_THAT(read_all(path("set"), {.split = "val"}).labels, ElementsAre(0, 2));
}

TEST_F(ImageFolders, AClassMayBeCalledAsASplitButNotInSilence) {
  for (const char* name : {"bus/day/1.png", "car/day/1.png", "train/day/1.png"}) image(name, 'x');
  EXPECT_THAT(message(ErrorCode::usage), AllOf(HasSubstr("train"), HasSubstr("bus")));
}

TEST_F(ImageFolders, AnEmptyClassListIsDamage) {
  image("train/a/1.png", 'x');
  text("wnids.txt", "\n\n");
  EXPECT_THAT(message(), HasSubstr("wnids.txt names no class"));
}

TEST_F(ImageFolders, WhatCannotBeLookedAtIsNoAbsence) {
  image("a/1.png", 'x');
  fs::create_symlink(path("nowhere"), path("a/gone"));
  EXPECT_THAT(message(ErrorCode::io), HasSubstr("a/gone"));
  fs::remove(path("a/gone"));
  fs::create_symlink("loop", path("a/loop"));
  EXPECT_THAT(message(ErrorCode::io), HasSubstr("a/loop"));
}

TEST_F(ImageFolders, OtherFormatsGoFirst) {
  image("pictures/1.png", 'a');
  directory_.write("X.npy", npy_file("|u1", "(2, 3)", counting_bytes(6)));
  directory_.write("y.npy", npy_file("|u1", "(2,)", std::string("\0\1", 2)));
  EXPECT_EQ(open_dataset(path())->info().format, "npy");
  EXPECT_EQ(open_dataset(path(), {.format = "image-folder"})->info().format, "image-folder");
}

}  // namespace
}  // namespace eigenlens::test
