// SPDX-License-Identifier: Apache-2.0
/// \file
/// Bands as data sets and as contact sheets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "data/directory.hpp"
#include "data/image_decoder.hpp"
#include "eigenlens/bands.hpp"
#include "support/backend_cases.hpp"
#include "support/dataset_files.hpp"
#include "support/image_files.hpp"
#include "support/stored_set.hpp"
#include "sweep/band_projector.hpp"

namespace eigenlens::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr ImageShape shape{.channels = 3, .height = 4, .width = 5};
const std::vector<Band> bands = {{BandEnd::top, 0.6}, {BandEnd::bottom, 0.4}, {BandEnd::top, 1}, {BandEnd::bottom, 0}};

/// Bands of such images leave the range of bytes.
Samples black_and_white(Samples samples) {
  for (std::int64_t i = 0; i < samples.values.size(); ++i) {
    double& value = samples.values.data()[i];
    value = value < 128 ? 0 : 255;
  }
  return samples;
}

class BandSets : public BackendTest {
 protected:
  /// Writes the bands of samples that are stored as `scalar`.
  std::vector<WrittenBand> write(ScalarType scalar, NumberForm numbers) {
    const std::string set = store_samples(directory_, "set", samples_, scalar);
    principal_ = principal_directions(engine_moments(samples_, scalar), device());
    OpenOptions options;
    options.batch = 11;
    return write_bands(principal_, {{*open_dataset(set, options), 120}}, bands, directory_.file("bands"), numbers,
                       device());
  }
  [[nodiscard]] DenseF64 expected(const Band& band) const {
    return BandProjector(principal_, device().backend()).band(samples_.values, cut_band(principal_, band));
  }

  TemporaryDirectory directory_;
  Samples samples_ = black_and_white(random_pixels(shape, 120, 3, backend_seed));
  PrincipalDirections principal_;
};

TEST_P(BandSets, BytesAreRoundedAndClipped) {
  const std::vector<WrittenBand> written = write(ScalarType::uint8, NumberForm::as_read);
  for (std::size_t b = 0; b < bands.size(); ++b) {
    const DenseF64 images = expected(bands[b]);
    EXPECT_EQ(written[b].folder, directory_.file("bands/" + bands[b].name()));
    const AllSamples all = read_all(written[b].folder);
    EXPECT_EQ(all.labels, samples_.labels);
    ASSERT_EQ(all.values.size(), static_cast<std::size_t>(images.size()));
    std::int64_t clipped = 0;
    for (std::int64_t i = 0; i < images.size(); ++i) {
      const double value = images.data()[i],
                   stored = static_cast<std::uint8_t>(all.values[static_cast<std::size_t>(i)]);
      // Products on other numbers of columns may round a half the other way.
      EXPECT_LE(std::fabs(std::clamp(value, 0.0, 255.0) - stored), 0.5 + 1e-9) << bands[b].name() << ", " << i;
      clipped += value < -0.5 || value > 255.5 ? 1 : 0;
    }
    EXPECT_EQ(written[b].clipped, clipped);
    EXPECT_EQ(written[b].values, images.size());
  }
  EXPECT_GT(written[1].clipped, 0);
  EXPECT_EQ(written[2].clipped, 0);
  EXPECT_EQ(read_all(written[2].folder).values, read_all(directory_.file("set")).values) << "top 1 is the image";
}

TEST_P(BandSets, FloatsKeepTheirValues) {
  for (const ScalarType scalar : {ScalarType::float32, ScalarType::float64, ScalarType::uint8}) {
    const bool kept = scalar != ScalarType::uint8;
    const std::vector<WrittenBand> written = write(scalar, kept ? NumberForm::as_read : NumberForm::float32);
    for (std::size_t b = 0; b < bands.size(); ++b) {
      const auto dataset = open_dataset(written[b].folder);
      EXPECT_EQ(dataset->info().scalar, kept ? scalar : ScalarType::float32);
      EXPECT_EQ(dataset->info().shape, shape);
      const bool single = dataset->info().scalar == ScalarType::float32;
      const AllSamples all = read_all(*dataset);
      EXPECT_EQ(all.labels, samples_.labels);
      const DenseF64 images = expected(bands[b]);
      for (std::int64_t i = 0; i < images.size(); ++i) {
        float f = 0;
        double value = 0;
        if (single) std::memcpy(&f, all.values.data() + 4 * i, 4);
        if (!single) std::memcpy(&value, all.values.data() + 8 * i, 8);
        EXPECT_NEAR(single ? static_cast<double>(f) : value, images.data()[i], single ? 3e-5 : 1e-10);
      }
      EXPECT_EQ(written[b].clipped, 0);
    }
    fs::remove_all(directory_.file("bands"));
  }
}

TEST_P(BandSets, SheetsOfFloatsAreScaledFromTheOriginalsRange) {
  for (std::int64_t i = 0; i < samples_.values.size(); ++i)
    samples_.values.data()[i] = 1e-3 * static_cast<double>(i % 997) - 0.25;
  const std::string set = store_samples(directory_, "set", samples_, ScalarType::float64);
  principal_ = principal_directions(engine_moments(samples_, ScalarType::float64), device());
  const std::string out = directory_.file("sheet.png");
  draw_bands(principal_, *open_dataset(set), {{BandEnd::top, 1}}, out, device());
  const std::vector<unsigned char> bytes = read_image_bytes(out);
  const Raster sheet = open_image(bytes, out)->decode();
  std::vector<std::int64_t> shown;  // three of each of three classes
  for (std::int32_t c = 0; c < 3; ++c) {
    int found = 0;
    for (std::int64_t j = 0; j < samples_.count() && found < 3; ++j) {
      if (samples_.labels[static_cast<std::size_t>(j)] != c) continue;
      shown.push_back(j);
      ++found;
    }
  }
  double low = 1e9, high = -1e9;
  for (const std::int64_t j : shown) {
    low = std::min(low, *std::min_element(samples_.values.col(j), samples_.values.col(j) + shape.size()));
    high = std::max(high, *std::max_element(samples_.values.col(j), samples_.values.col(j) + shape.size()));
  }
  const std::int64_t tile = 5 * 16 + 2, row = 4 * 16 + 2;
  EXPECT_EQ(sheet.width, 2 + 9 * tile);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const double shade = (samples_.values(0, shown[i]) - low) / (high - low) * 255;
    for (const std::int64_t y : {std::int64_t{2}, 2 + row})
      EXPECT_NEAR(sheet.row(y)[3 * (2 + static_cast<std::int64_t>(i) * tile)], shade, 0.5 + 1e-9);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, BandSets, ::testing::ValuesIn(backend_cases()), case_name);

class BandFiles : public ::testing::Test {
 protected:
  /// Class folders of noise, 4 × 3 pixels; skips what cannot be read.
  void make_folders() {
    for (int i = 0; i < 24; ++i)
      put(directory_, fmt_name(i), png_file(noise_image(4, 3, 3, static_cast<std::uint64_t>(i))));
    put(directory_, "set/train/b/07.png", "damaged");
  }
  static std::string fmt_name(int i) {
    return std::string("set/train/") + (i % 2 == 0 ? "a" : "b") + "/" + (i < 10 ? "0" : "") + std::to_string(i) +
           ".png";
  }
  [[nodiscard]] std::unique_ptr<Dataset> open() const { return open_dataset(directory_.file("set"), options_); }
  [[nodiscard]] PrincipalDirections principal() const {
    return principal_directions(accumulate(*open(), device_), device_);
  }

  TemporaryDirectory directory_;
  Device device_{{.name = "cpu", .threads = 2}};
  OpenOptions options_{.batch = 5, .skip_bad = 1};
};

TEST_F(BandFiles, ImagesGoToTheirFolders) {
  make_folders();
  const auto written = write_bands(principal(), {{*open(), 23}}, {{BandEnd::top, 0.5}, {BandEnd::top, 1}},
                                   directory_.file("bands"), NumberForm::as_read, device_);
  EXPECT_THAT(names_at(directory_.file("bands")), ElementsAre("top-0.5", "top-1"));
  EXPECT_EQ(names_at(directory_.file("bands/top-0.5/train/b")).size(), 11U) << "the damaged one is not there";
  const AllSamples copy = read_all(written[1].folder);
  const auto original = open();
  std::string values;
  std::vector<std::int32_t> labels;
  while (const auto batch = original->next()) {
    values.append(static_cast<const char*>(batch->values), static_cast<std::size_t>(batch->count * batch->dimension));
    labels.insert(labels.end(), batch->labels, batch->labels + batch->count);
  }
  EXPECT_EQ(copy.values, values);
  EXPECT_EQ(copy.labels, labels);
}

TEST_F(BandFiles, SplitsAreProjectedSideBySide) {
  make_folders();
  put(directory_, "set/val/b/x.png", png_file(noise_image(4, 3, 3, 77)));
  OpenOptions val;
  val.split = "val";
  const auto test = open_dataset(directory_.file("set"), val), train = open();
  ASSERT_TRUE(fit_one_folder(train->info(), test->info(), NumberForm::as_read));
  const auto written = write_bands(principal(), {{*train, 23}, {*test, 1}}, {{BandEnd::bottom, 1}},
                                   directory_.file("bands"), NumberForm::as_read, device_);
  EXPECT_EQ(read_all(written[0].folder, val).values, read_all(directory_.file("set"), val).values);
  EXPECT_EQ(read_all(written[0].folder, val).labels, std::vector<std::int32_t>{1});
  EXPECT_EQ(written[0].values, 24 * 36);
  EXPECT_FALSE(fit_one_folder(train->info(), train->info(), NumberForm::as_read));
  EXPECT_THAT(error_of(ErrorCode::usage,
                       [&] {
                         write_bands(principal(), {{*open(), 23}, {*open(), 23}}, {{BandEnd::top, 1}},
                                     directory_.file("more"), NumberForm::as_read, device_);
                       }),
              HasSubstr("two splits of one set"));
}

TEST_F(BandFiles, AreThereWholeOrNotAtAll) {
  make_folders();
  const PrincipalDirections p = principal();
  const std::string out = directory_.file("bands");
  const auto write = [&](Dataset& data, const Progress& progress = {}) {
    write_bands(p, {{data, p.count}}, {{BandEnd::top, 0.5}}, out, NumberForm::as_read, device_, progress);
  };
  error_of(ErrorCode::cancelled, [&] { write(*open(), [](const ProgressEvent& event) { return event.done < 10; }); });
  EXPECT_THAT(names_at(out), IsEmpty());
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { write(*prefetch(open())); }), HasSubstr("prefetch"));
  put(directory_, "set/train/a/more.png", png_file(noise_image(4, 3, 3, 99)));
  EXPECT_THAT(error_of(ErrorCode::data, [&] { write(*open()); }), HasSubstr("it has changed"));
  EXPECT_THAT(names_at(out), IsEmpty());
  fs::remove(directory_.file("set/train/a/more.png"));
  write(*open());
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { write(*open()); }), HasSubstr("top-0.5 is not empty"));
}

TEST_F(BandFiles, SheetShowsTheFirstOfEachClass) {
  make_folders();
  const std::string out = directory_.file("sheet.png");
  draw_bands(principal(), *open(), {{BandEnd::top, 1}, {BandEnd::top, 0}}, out, device_);
  const std::vector<unsigned char> bytes = read_image_bytes(out);
  const Raster sheet = open_image(bytes, out)->decode();
  const std::int64_t scale = 21, line = 2, height = 4 * scale + line, width = 3 * scale + line;
  EXPECT_EQ(sheet.height, line + 3 * height);
  EXPECT_EQ(sheet.width, line + 10 * width) << "five of each of two classes";
  const Raster first = noise_image(4, 3, 3, 0), sixth = noise_image(4, 3, 3, 1);
  const std::uint8_t* corner = sheet.row(line) + 3 * line;
  EXPECT_TRUE(std::equal(corner, corner + 3, first.row(0)));
  corner = sheet.row(line) + 3 * (line + 5 * width);
  EXPECT_TRUE(std::equal(corner, corner + 3, sixth.row(0)));
  for (std::int64_t y = 0; y < height; ++y)
    EXPECT_TRUE(std::equal(sheet.row(y), sheet.row(y) + 3 * sheet.width, sheet.row(y + height)))
        << "top 1 is the image";
  EXPECT_FALSE(std::equal(sheet.row(10), sheet.row(10) + 3 * sheet.width, sheet.row(10 + 2 * height)));
}

DatasetInfo described(const std::string& source, const ImageShape& of) {
  DatasetInfo info;
  info.source = source;
  info.shape = of;
  return info;
}

TEST_F(BandFiles, SheetsOfWhatIsNoPicture) {
  EXPECT_THAT(error_of(ErrorCode::usage,
                       [] {
                         require_sheet(described("emb", {1, 1, 7}));
                       }),
              HasSubstr("emb: no contact sheet can be drawn of vectors of 7 values"));
  EXPECT_THAT(error_of(ErrorCode::usage, [] { require_sheet(described("x", {4, 2, 7})); }), HasSubstr("4 channels"));
}

}  // namespace
}  // namespace eigenlens::test
