// SPDX-License-Identifier: Apache-2.0
/// \file
/// Bands of a data set as data sets, and as a contact sheet.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <memory>
#include <span>

#include "data/atomic_file.hpp"
#include "data/contact_sheet.hpp"
#include "data/directory.hpp"
#include "data/png_writer.hpp"
#include "data/sample_dataset.hpp"
#include "data/set_writer.hpp"
#include "eigenlens/bands.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "sweep/band_projector.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t sheet_columns = 10;

/// Rounds to the nearest whole number from 0 to 255 (halves to even); true if the value lay beyond.
bool to_byte(double value, std::uint8_t& byte) {
  const double rounded = std::nearbyint(value);
  byte = static_cast<std::uint8_t>(std::clamp(rounded, 0.0, 255.0));
  return rounded < 0 || rounded > 255;
}

/// The values as they are stored; returns how many were clipped.
std::int64_t store(const DenseF64& images, ScalarType scalar, std::vector<std::byte>& bytes) {
  bytes.resize(at(images.size() * bytes_of(scalar)));
  std::int64_t clipped = 0;
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const double value = images.data()[i];
    if (scalar == ScalarType::uint8)
      clipped += to_byte(value, reinterpret_cast<std::uint8_t*>(bytes.data())[i]) ? 1 : 0;
    if (scalar == ScalarType::float32) reinterpret_cast<float*>(bytes.data())[i] = static_cast<float>(value);
    if (scalar == ScalarType::float64) reinterpret_cast<double*>(bytes.data())[i] = value;
  }
  return clipped;
}

/// One band on its way to its folder, set after set.
class BandFolder {
 public:
  BandFolder(const BandCut& cut, const std::string& folder)
      : staged_(band_folder(folder, cut.band)), written_{.cut = cut, .folder = staged_.target()} {}

  void begin(const DatasetInfo& form, int threads) {
    scalar_ = form.scalar;
    writer_ = make_set_writer(staged_, form, threads);
  }
  void add(const DenseF64& images, const Batch& batch, std::int64_t first, std::span<const std::string> files) {
    written_.clipped += store(images, scalar_, bytes_);
    written_.values += images.size();
    writer_->add({.scalar = scalar_,
                  .count = images.cols(),
                  .dimension = images.rows(),
                  .first = batch.first + first,
                  .values = bytes_.data(),
                  .labels = batch.labels + first},
                 files);
  }
  void end() { writer_->finish(); }
  WrittenBand commit() {
    staged_.commit();
    return written_;
  }
  [[nodiscard]] const BandCut& cut() const { return written_.cut; }

 private:
  StagedFolder staged_;
  ScalarType scalar_ = ScalarType::uint8;
  std::unique_ptr<SetWriter> writer_;
  WrittenBand written_;
  std::vector<std::byte> bytes_;
};

bool has_files(const DatasetInfo& form) { return form.format == "image-folder" || form.format == "image-list"; }

/// Names of samples first … first + count − 1 of a batch, where the written set needs them.
std::vector<std::string> files_of(const Dataset& data, const DatasetInfo& form, const Batch& batch, std::int64_t first,
                                  std::int64_t count) {
  std::vector<std::string> files;
  for (std::int64_t i = first; has_files(form) && i < first + count; ++i) {
    files.push_back(data.file_of(batch.first + i));
    if (files.back().empty())
      throw Error(ErrorCode::usage, fmt::format("{}: the names of its files cannot be had behind a reader that reads "
                                                "ahead: open it without prefetch",
                                                form.source));
  }
  return files;
}

/// Writes a whole set to the folders of all bands.
void project_set(const BandSource& set, NumberForm numbers, const Device& device, const Progress& progress,
                 BandProjector& projector, std::deque<BandFolder>& folders) {
  const DatasetInfo form = written_form(set.data.info(), numbers, set.count);
  for (BandFolder& one : folders) one.begin(form, device.threads());
  std::int64_t done = 0;
  while (const std::optional<Batch> batch = set.data.next()) {
    for (std::int64_t first = 0; first < batch->count; first += projector.chunk()) {
      const std::int64_t count = std::min(projector.chunk(), batch->count - first);
      const DenseF64 samples = projector.values(*batch, first, count);
      const std::vector<std::string> files = files_of(set.data, form, *batch, first, count);
      for (BandFolder& one : folders) one.add(projector.band(samples, one.cut()), *batch, first, files);
    }
    done += batch->count;
    if (progress && !progress({"writing bands", done, set.count, "images"}))
      throw Error(ErrorCode::cancelled, fmt::format("cancelled after {} of {} images", done, set.count));
  }
  if (done != set.count)  // its files would have a header that is wrong
    throw Error(ErrorCode::data, fmt::format("{}: {} samples came, but {} were expected: it has changed meanwhile",
                                             form.source, done, set.count));
  for (BandFolder& one : folders) one.end();
}

/// The first samples of each class, as many of each as it takes for a row of the sheet: D × columns.
DenseF64 first_of_each_class(const BandProjector& projector, Dataset& data) {
  const std::int64_t classes = data.info().classes, d = data.info().shape.size();
  const std::int64_t shown = std::min(classes, sheet_columns), each = std::max<std::int64_t>(1, sheet_columns / shown);
  std::vector<std::vector<DenseF64>> found(at(shown));
  std::int64_t missing = shown * each;
  while (const std::optional<Batch> batch = missing > 0 ? data.next() : std::nullopt) {
    for (std::int64_t i = 0; i < batch->count && missing > 0; ++i) {
      const std::int32_t label = batch->labels[i];
      if (label >= shown || static_cast<std::int64_t>(found[at(label)].size()) == each) continue;
      found[at(label)].push_back(projector.values(*batch, i, 1));
      --missing;
    }
  }
  DenseF64 samples(d, shown * each - missing);
  std::int64_t column = 0;
  for (const auto& of_class : found)
    for (const DenseF64& sample : of_class) std::copy_n(sample.data(), d, samples.col(column++));
  return samples;
}

/// Grey values of a row of the sheet: floats are scaled from what the originals reach.
std::vector<std::uint8_t> shades(const DenseF64& images, ScalarType scalar, double low, double high) {
  std::vector<std::uint8_t> bytes(at(images.size()));
  const double scale = scalar == ScalarType::uint8 || high <= low ? 1 : 255 / (high - low);
  const double origin = scalar == ScalarType::uint8 ? 0 : low;
  for (std::size_t i = 0; i < bytes.size(); ++i) to_byte((images.data()[i] - origin) * scale, bytes[i]);
  return bytes;
}

}  // namespace

std::string band_folder(const std::string& folder, const Band& band) {
  std::string path = join_path(folder, band.name());
  require_free_folder(path);
  return path;
}

bool fit_one_folder(const DatasetInfo& a, const DatasetInfo& b, NumberForm numbers) {
  const DatasetInfo first = written_form(a, numbers, a.count), second = written_form(b, numbers, b.count);
  return first.format == second.format && first.format != "image-list" && first.split != second.split &&
         !first.split.empty() && !second.split.empty() && first.class_names == second.class_names;
}

std::vector<WrittenBand> write_bands(const PrincipalDirections& principal, const std::vector<BandSource>& sets,
                                     const std::vector<Band>& bands, const std::string& folder, NumberForm numbers,
                                     const Device& device, const Progress& progress) {
  for (const BandSource& set : sets) {
    require_same_shape(principal, set.data.info());
    if (&set != sets.data() && !fit_one_folder(sets.front().data.info(), set.data.info(), numbers))
      throw Error(ErrorCode::usage, fmt::format("{} and {} cannot be written to one folder: expected two splits of one "
                                                "set",
                                                sets.front().data.info().source, set.data.info().source));
  }
  std::deque<BandFolder> folders;
  for (const Band& band : bands) folders.emplace_back(cut_band(principal, band), folder);
  BandProjector projector(principal, device.backend());
  for (const BandSource& set : sets) project_set(set, numbers, device, progress, projector, folders);
  std::vector<WrittenBand> written;
  for (BandFolder& one : folders) written.push_back(one.commit());
  return written;
}

void require_sheet(const DatasetInfo& info) {
  const ImageShape& shape = info.shape;
  const auto refuse = [&info](const std::string& what) {
    throw Error(ErrorCode::usage, fmt::format("{}: no contact sheet can be drawn of {}", info.source, what));
  };
  if (shape.channels == 1 && shape.height == 1)
    refuse(fmt::format("vectors of {} values: they are no images", shape.width));
  if (shape.channels != 1 && shape.channels != 3)
    refuse(fmt::format("images of {} channels: expected 1 (grey) or 3 (RGB)", shape.channels));
}

void draw_bands(const PrincipalDirections& principal, Dataset& data, const std::vector<Band>& bands,
                const std::string& out, const Device& device) {
  require_same_shape(principal, data.info());
  require_sheet(data.info());
  AtomicFile picture(out);
  BandProjector projector(principal, device.backend());
  const DenseF64 samples = first_of_each_class(projector, data);
  const ScalarType scalar = data.info().scalar;
  const auto [low, high] = std::minmax_element(samples.data(), samples.data() + samples.size());
  std::vector<std::vector<std::uint8_t>> rows = {shades(samples, scalar, *low, *high)};
  for (const Band& band : bands)
    rows.push_back(shades(projector.band(samples, cut_band(principal, band)), scalar, *low, *high));
  picture.write(encode_png(contact_sheet(rows, data.info().shape)));
  picture.commit();
}

}  // namespace eigenlens
