// SPDX-License-Identifier: Apache-2.0
/// \file
/// From image files to batches: sizes, colours, bad files, threads; and the program on them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/resample.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/moments.hpp"
#include "support/dataset_files.hpp"
#include "support/image_files.hpp"
#include "support/program.hpp"
#include "support/shared_data.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ImageDataset : public ::testing::Test {
 protected:
  void write(const std::string& name, std::string_view bytes) const { put(directory_, name, bytes); }
  [[nodiscard]] std::string message(const OpenOptions& options = {}) const {
    return error_of(ErrorCode::data, directory_.path(), options);
  }
  [[nodiscard]] ImageShape shape(const OpenOptions& options = {}) const {
    return open_dataset(directory_.path(), options)->info().shape;
  }
  /// `count` images of class a and b in turn, of sizes from 20 × 20 to 29 × 26.
  void write_many(int count) const {
    for (int i = 0; i < count; ++i) {
      const Raster image = noise_image(20 + i % 10, 20 + i % 7, i % 5 == 0 ? 1 : 3, static_cast<std::uint64_t>(i));
      const std::string name = std::string(i % 2 == 0 ? "a/" : "b/") + std::to_string(1000 + i);
      if (i % 3 == 0) write(name + ".png", png_file(image));
      if (i % 3 != 0) write(name + ".jpg", jpeg_file(image, {.app1 = exif_marker(1 + i % 8)}));
    }
  }

  TemporaryDirectory directory_;
};

TEST_F(ImageDataset, DeliversPlanarPixels) {
  const Raster image = noise_image(5, 7, 3);
  write("a/1.png", png_file(image));
  EXPECT_EQ(shape(), (ImageShape{3, 5, 7}));
  EXPECT_EQ(read_all(directory_.path()).values, planar(image));
}

TEST_F(ImageDataset, ExifIsHonouredBeforeResizingAndCropping) {
  const Raster image = noise_image(12, 20, 3);
  const PixelSize turned{30, 18};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    write("a/1.png", png_file(image, {.exif = exif_structure(orientation)}));
    const Raster seen = upright(image, orientation);
    EXPECT_EQ(read_all(directory_.path()).values, planar(seen));
    const PixelSize resized = orientation >= 5 ? turned : PixelSize{turned.width, turned.height};
    const Placement placement{
        .resized = resized, .top = (resized.height - 10) / 2, .left = (resized.width - 8) / 2, .window = {10, 8}};
    EXPECT_EQ(read_all(directory_.path(), {.resize = "18", .crop = "10x8"}).values, planar(resample(seen, placement)));
  }
}

TEST_F(ImageDataset, TheSameBitsForEveryBatchAndNumberOfThreads) {
  write_many(60);
  OpenOptions options{.resize = "16", .crop = "16", .threads = 1};
  const AllSamples expected = read_all(directory_.path(), options);
  EXPECT_EQ(expected.values.size(), 60U * 3 * 16 * 16);
  for (const int threads : {0, 1, 2, 8}) {
    for (const std::int64_t batch : {0, 1, 7, 60, 1000}) {
      options.threads = threads;
      options.batch = batch;
      const AllSamples found = read_all(directory_.path(), options);
      ASSERT_EQ(found.values, expected.values) << threads << " threads, batches of " << batch;
      ASSERT_EQ(found.labels, expected.labels);
    }
  }
}

TEST_F(ImageDataset, DifferentSizesNameTwoFilesAndTheWayOut) {
  write("a/1.png", png_file(noise_image(5, 7, 1)));
  write("a/2.png", png_file(noise_image(5, 7, 1)));
  write("b/3.jpg", jpeg_file(noise_image(6, 7, 1)));
  write("b/4.jpg", jpeg_file(noise_image(9, 9, 1)));
  for (const std::int64_t skip_bad : {0, 4}) {
    EXPECT_THAT(message({.skip_bad = skip_bad}),
                AllOf(HasSubstr("images of different sizes: "), HasSubstr("a/1.png gives 5 x 7 pixels"),
                      HasSubstr("b/3.jpg gives 6 x 7; resize and crop"), HasSubstr("--resize 5 --crop 5")));
  }
  EXPECT_THAT(message({.resize = "5"}), AllOf(HasSubstr("a/1.png gives 5 x 7"), HasSubstr("b/3.jpg gives 5 x 5")));
  EXPECT_EQ(shape({.resize = "5", .crop = "5"}), (ImageShape{1, 5, 5}));
  EXPECT_EQ(read_all(directory_.path(), {.resize = "5", .crop = "5"}).values.size(), 4U * 25);
  EXPECT_EQ(read_all(directory_.path(), {.resize = "3x8"}).values.size(), 4U * 24);
  EXPECT_EQ(read_all(directory_.path(), {.crop = "5x6"}).values.size(), 4U * 30);
  EXPECT_THAT(message({.crop = "6"}), HasSubstr("a/1.png has 5 x 7 pixels (height x width), smaller than the crop"));
}

TEST_F(ImageDataset, ColourIsChosenFromTheFirstLook) {
  const Raster grey = noise_image(4, 4, 1);
  const Raster rgb = noise_image(4, 4, 3);
  write("a/1.png", png_file(grey));
  EXPECT_EQ(shape(), (ImageShape{1, 4, 4}));
  EXPECT_EQ(shape({.colour = "rgb"}), (ImageShape{3, 4, 4}));
  EXPECT_EQ(read_all(directory_.path(), {.colour = "rgb"}).values, planar(with_channels(grey, 3)));
  write("b/2.png", png_file(rgb));
  EXPECT_EQ(shape(), (ImageShape{3, 4, 4}));
  EXPECT_EQ(read_all(directory_.path()).values, planar(with_channels(grey, 3)) + planar(rgb));
  EXPECT_EQ(read_all(directory_.path(), {.colour = "grey"}).values, planar(grey) + planar(with_channels(rgb, 1)));
}

TEST_F(ImageDataset, ColourThatComesAsASurpriseIsAnError) {
  const std::string grey = png_file(noise_image(2, 2, 1));
  for (int i = 0; i < 200; ++i) write("a/" + std::to_string(1000 + i) + ".png", grey);
  write("a/1001.png", png_file(noise_image(2, 2, 3)));  // one that is not looked at
  EXPECT_EQ(shape(), (ImageShape{1, 2, 2}));
  for (const std::int64_t skip_bad : {0, 9}) {
    EXPECT_THAT(message({.skip_bad = skip_bad}), AllOf(HasSubstr("a/1001.png has colours"), HasSubstr("--colour rgb")));
  }
  EXPECT_EQ(read_all(directory_.path(), {.colour = "grey"}).labels.size(), 200U);
}

TEST_F(ImageDataset, ADamagedFileStopsTheRunWithItsPath) {
  write_many(20);
  const std::string jpeg = jpeg_file(noise_image(30, 30, 3));
  write("a/2000.jpg", jpeg.substr(0, jpeg.size() / 2));
  write("b/2000.jpg", jpeg.substr(0, jpeg.size() - 9));
  const std::string first = directory_.file("a/2000.jpg") + " is damaged: ";
  for (const int threads : {1, 2, 8}) {
    for (const std::int64_t batch : {1, 3, 100}) {
      const OpenOptions options{.batch = batch, .resize = "8x8", .threads = threads};
      EXPECT_THAT(message(options), StartsWith(first));
    }
  }
  const auto dataset = open_dataset(directory_.path(), {.resize = "8x8"});
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(error_of(ErrorCode::data, [&] { dataset->next(); }), StartsWith(first)) << "every time";
  }
}

TEST_F(ImageDataset, BadFilesAreLeftOutAndListed) {
  write_many(20);
  OpenOptions options{.resize = "8x8", .skip_bad = 3};
  const AllSamples good = read_all(directory_.path(), options);
  write("a/0.jpg", "junk");  // also the first that is looked at
  write("a/1005.jpg", "");
  write("b/9.png", png_file(noise_image(9, 9, 1), {.bits = 16}));
  for (const int threads : {1, 8}) {
    for (const std::int64_t batch : {1, 4, 100}) {
      options.batch = batch;
      options.threads = threads;
      for (const bool ahead : {false, true}) {
        auto dataset = open_dataset(directory_.path(), options);
        if (ahead) dataset = prefetch(std::move(dataset));
        std::string values;
        std::vector<std::int32_t> labels;
        while (const auto found = dataset->next()) {
          EXPECT_EQ(found->first, static_cast<std::int64_t>(labels.size()));
          EXPECT_GT(found->count, 0);
          values.append(static_cast<const char*>(found->values), static_cast<std::size_t>(found->count * 192));
          labels.insert(labels.end(), found->labels, found->labels + found->count);
        }
        EXPECT_EQ(values, good.values);
        EXPECT_EQ(labels, good.labels);
        ASSERT_EQ(dataset->skipped().size(), 3U);
        EXPECT_EQ(dataset->skipped()[0].path, directory_.file("a/0.jpg"));
        EXPECT_THAT(dataset->skipped()[2].reason, HasSubstr("b/9.png is a PNG of 16 bits"));
      }
    }
  }
  options.skip_bad = 2;
  EXPECT_THAT(message(options), AllOf(HasSubstr("3 of the first 23 files are bad, and at most 2 may be skipped"),
                                      HasSubstr("a/0.jpg is no image"), HasSubstr("a/1005.jpg is empty"),
                                      HasSubstr("b/9.png is a PNG of 16 bits")));
}

TEST_F(ImageDataset, OnlyBadFiles) {
  write("a/0.jpg", "junk");
  write("a/1.jpg", "junk");
  EXPECT_THAT(message({.skip_bad = 9}), HasSubstr("a/0.jpg is no image"));
  std::string png = png_file(noise_image(9, 9, 1));
  png.resize(png.size() - 3);
  write("a/0.jpg", png);
  EXPECT_THAT(message({.skip_bad = 9}), HasSubstr("all 2 files are bad"));
}

TEST_F(ImageDataset, AFileThatCannotBeOpenedIsNotSkipped) {
  write("a/0.png", png_file(noise_image(2, 2, 1)));
  write("a/1.png", png_file(noise_image(2, 2, 1)));
  const auto dataset = open_dataset(directory_.path(), {.skip_bad = 9});
  std::filesystem::remove(directory_.file("a/1.png"));
  EXPECT_THAT(error_of(ErrorCode::io, [&] { dataset->next(); }), HasSubstr("a/1.png"));
}

TEST_F(ImageDataset, DroppedWhileDecoding) {
  write_many(40);
  for (int taken = 0; taken < 4; ++taken) {
    const auto dataset = prefetch(open_dataset(directory_.path(), {.batch = 5, .resize = "8x8", .threads = 4}));
    for (int i = 0; i < taken; ++i) dataset->next();
  }
}

// The program.

TEST_F(ImageDataset, TheProgramReadsResizesAndReportsWhatItSkipped) {
  write_many(40);
  write("a/3000.jpg", "junk");
  const std::vector<std::string> form = {"--resize", "4", "--crop", "4", "--colour", "grey"};
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), form.begin(), form.end());
    return run_program(arguments);
  };
  const Outcome info = run({"info", directory_.path(), "--skip-bad", "1"});
  EXPECT_THAT(info.out, AllOf(HasSubstr("image-folder"), HasSubstr("41 (N)"), HasSubstr("1 x 4 x 4 (D = 16)")))
      << info.err;
  const Outcome stopped = run({"sweep", directory_.path(), "--pretext", "reconstruct"});
  EXPECT_EQ(stopped.exit_code, 3);
  EXPECT_THAT(stopped.err, HasSubstr("a/3000.jpg is no image"));
  const std::string json_path = directory_.file("c.json");
  const Outcome sweep = run({"sweep", directory_.path(), "--pretext", "reconstruct", "--skip-bad", "1", "--threads",
                             "2", "--out", json_path});
  ASSERT_EQ(sweep.exit_code, 0) << sweep.err;
  EXPECT_THAT(sweep.err, AllOf(HasSubstr("1 of 41 files skipped"), HasSubstr("a/3000.jpg is no image")));
  EXPECT_THAT(sweep.out, HasSubstr("(1 of 41 files skipped)"));
  const auto json = nlohmann::json::parse(std::ifstream(json_path));
  EXPECT_EQ(json.at("dataset").at("n"), 40);
  EXPECT_EQ(json.at("provenance").at("skipped"), directory_.file("a/3000.jpg"));
  EXPECT_EQ(run({"info", "generate:"}).exit_code, 2);
}

// Real images.

class RealImages : public ::testing::Test {
 protected:
  /// Unpacks a tar file of the shared data; nothing if it or tar is absent.
  [[nodiscard]] bool unpack(const std::string& name) const {
    const auto tar = shared_data("data/" + name);
    return tar && std::system(("tar -xf '" + tar->string() + "' -C '" + directory_.path() + "'").c_str()) == 0;
  }
  TemporaryDirectory directory_;
};

TEST_F(RealImages, TinyImageNet) {
  if (!unpack("tiny-imagenet-subset.tar")) GTEST_SKIP() << "tiny-imagenet-subset.tar is not there";
  const std::string root = directory_.file("tiny-imagenet");
  const auto train = open_dataset(root);
  EXPECT_EQ(train->info().count, 6400);
  EXPECT_EQ(train->info().shape, (ImageShape{3, 64, 64}));
  const auto val = open_dataset(root, {.split = "val", .resize = "8"});
  EXPECT_EQ(val->info().class_names, train->info().class_names);
  const Moments moments = accumulate(*val, Device{});
  EXPECT_EQ(moments.count, 2000);
  EXPECT_EQ(moments.classes(), 200);
}

TEST_F(RealImages, Imagenette) {
  if (!unpack("imagenette-subset.tar")) GTEST_SKIP() << "imagenette-subset.tar is not there";
  const auto dataset = open_dataset(directory_.file("imagenette"), {.resize = "12", .crop = "8"});
  EXPECT_EQ(dataset->info().classes, 10);
  const Moments moments = accumulate(*dataset, Device{});
  EXPECT_EQ(moments.class_counts, std::vector<std::int64_t>(10, 160));
}

}  // namespace
}  // namespace eigenlens::test
