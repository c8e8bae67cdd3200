// SPDX-License-Identifier: Apache-2.0
#include "data/image_dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "data/decode_ahead.hpp"
#include "data/directory.hpp"
#include "data/image_decoder.hpp"
#include "data/image_folders.hpp"
#include "data/image_list.hpp"
#include "data/image_transform.hpp"
#include "data/sample_dataset.hpp"
#include "eigenlens/error.hpp"
#include "host/processor.hpp"

namespace eigenlens {

namespace {

constexpr std::int64_t kMostProbes = 64;

/// Thrown for what is wrong with the set, not with one file: never skipped.
struct UnfitSet : Error {
  using Error::Error;
};

std::string describe(const PixelSize& size) { return fmt::format("{} x {}", size.height, size.width); }

/// What the headers of some files tell of the whole set.
struct Form {
  std::int64_t channels = 3;
  PixelSize size;
  std::string size_from;  ///< the file whose size every other must have; empty if options fix it
};

/// Looks at the first file, and for the colour at up to 64 evenly spread over the set. RGB if one of them is; a
/// coloured image in a set that seemed grey is an error when it comes, so that no colour is lost silently. Bad files
/// tell nothing; the reading counts them.
Form probe(const ImageSource& source, const ImageTransform& transform, std::int64_t skip_bad) {
  Form form;
  bool known = false;
  form.channels = transform.colour == ColourChoice::rgb ? 3 : 1;
  const std::optional<PixelSize> fixed = transform.fixed_size();
  if (fixed) form.size = *fixed;
  const bool need_colour = transform.colour == ColourChoice::automatic;
  const std::int64_t probes = std::min(source.images.size(), kMostProbes);
  std::exception_ptr failure;
  for (std::int64_t i = 0; i < probes && (!known || need_colour); ++i) {
    const std::string path = source.images.path(i * source.images.size() / probes);
    try {
      const std::vector<unsigned char> bytes = read_image_bytes(path);
      const ImageHeader header = open_image(bytes, path)->header();
      if (need_colour && header.colour == Colour::rgb) form.channels = 3;
      if (!known && !fixed) {
        form.size = place({header.height, header.width}, transform, path).window;
        form.size_from = path;
      }
      known = true;
    } catch (const Error& error) {
      if (skip_bad == 0 || error.code() != ErrorCode::data) throw;
      if (!failure) failure = std::current_exception();
    }
  }
  if (!known) std::rethrow_exception(failure);
  return form;
}

class ImageDataset final : public Dataset {
 public:
  ImageDataset(ImageSource source, DatasetInfo info, const ImageTransform& transform, Form form,
               const OpenOptions& options)
      : info_(std::move(info)),
        images_(std::move(source.images)),
        transform_(transform),
        form_(std::move(form)),
        batch_(batch_size(info_, options.batch)),
        skip_bad_(options.skip_bad),
        threads_(options.threads > 0 ? options.threads : available_threads()) {}

  [[nodiscard]] const DatasetInfo& info() const override { return info_; }
  [[nodiscard]] std::vector<SkippedFile> skipped() const override { return skipped_; }

  std::optional<Batch> next() override {
    if (failure_) std::rethrow_exception(failure_);
    try {
      return next_batch();
    } catch (...) {
      failure_ = std::current_exception();
      throw;
    }
  }

 private:
  std::optional<Batch> next_batch() {
    if (!ahead_) {
      ahead_.emplace(DecodeAhead::Sizes{info_.count, batch_, info_.shape.size()}, threads_,
                     [this](std::int64_t index, std::byte* sample) { decode(index, sample); });
    }
    while (const std::optional<DecodeAhead::Filled> filled = ahead_->next()) {
      const std::int64_t count = keep_good(*filled);
      if (count == 0) continue;
      const Batch batch{.scalar = ScalarType::uint8,
                        .count = count,
                        .dimension = info_.shape.size(),
                        .first = delivered_,
                        .values = filled->samples,
                        .labels = labels_.data()};
      delivered_ += count;
      return batch;
    }
    if (delivered_ == 0) {
      throw Error(ErrorCode::data, fmt::format("{}: all {} files are bad", info_.source, info_.count));
    }
    return std::nullopt;
  }

  /// Called by several threads: changes nothing but the sample.
  void decode(std::int64_t index, std::byte* sample) const {
    const std::string path = images_.path(index);
    const std::vector<unsigned char> bytes = read_image_bytes(path);
    const std::unique_ptr<ImageDecoder> decoder = open_image(bytes, path);
    const ImageHeader& header = decoder->header();
    if (header.colour == Colour::rgb && form_.channels == 1 && transform_.colour == ColourChoice::automatic) {
      throw UnfitSet(ErrorCode::data, fmt::format("{} has colours, but the images that were looked at first are all "
                                                  "grey: name the colour, rgb or grey (--colour rgb)",
                                                  path));
    }
    const Placement placement = place_or_fail({header.height, header.width}, path);
    decode_sample(*decoder, placement, form_.channels, sample);
  }

  [[nodiscard]] Placement place_or_fail(const PixelSize& size, const std::string& path) const {
    try {
      const Placement placement = place(size, transform_, path);
      if (placement.window == form_.size) return placement;
      throw Error(
          ErrorCode::data,
          fmt::format("images of different sizes: {} gives {} pixels (height x width), {} gives {}; resize and crop "
                      "bring them to one (--resize {} --crop {})",
                      form_.size_from, describe(form_.size), path, describe(placement.window),
                      std::min(form_.size.height, form_.size.width), std::min(form_.size.height, form_.size.width)));
    } catch (const Error& error) {
      throw UnfitSet(error.code(), error.what());
    }
  }

  /// Closes the gaps that bad samples leave, sets labels_, and returns how many good ones there are.
  std::int64_t keep_good(const DecodeAhead::Filled& filled) {
    const std::int64_t dimension = info_.shape.size();
    labels_.clear();
    for (std::int64_t i = 0; i < filled.count; ++i) {
      if (const std::exception_ptr& failure = filled.failures[static_cast<std::size_t>(i)]) {
        skip(filled.first + i, failure);
        continue;
      }
      const auto kept = static_cast<std::int64_t>(labels_.size());
      if (kept != i) {
        std::memcpy(filled.samples + kept * dimension, filled.samples + i * dimension,
                    static_cast<std::size_t>(dimension));
      }
      labels_.push_back(images_.label(filled.first + i));
    }
    return static_cast<std::int64_t>(labels_.size());
  }

  /// Notes a bad file, or throws if it cannot or may not be skipped.
  void skip(std::int64_t index, const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const UnfitSet&) {
      throw;
    } catch (const Error& error) {
      if (skip_bad_ == 0 || error.code() != ErrorCode::data) throw;
      skipped_.push_back({images_.path(index), error.what()});
    }
    if (static_cast<std::int64_t>(skipped_.size()) <= skip_bad_) return;
    constexpr std::size_t most_named = 10;
    std::string reasons;
    for (const SkippedFile& file : skipped_) {
      if (&file - skipped_.data() < static_cast<std::ptrdiff_t>(most_named)) reasons += "\n  " + file.reason;
    }
    throw Error(ErrorCode::data, fmt::format("{}: {} of the first {} files are bad, and at most {} may be skipped:{}{}",
                                             info_.source, skipped_.size(), index + 1, skip_bad_, reasons,
                                             skipped_.size() > most_named ? "\n  ..." : ""));
  }

  DatasetInfo info_;
  ImageList images_;
  ImageTransform transform_;
  Form form_;
  std::int64_t batch_;
  std::int64_t skip_bad_;
  int threads_;
  std::int64_t delivered_ = 0;
  std::vector<std::int32_t> labels_;
  std::vector<SkippedFile> skipped_;
  std::exception_ptr failure_;
  std::optional<DecodeAhead> ahead_;  // last: its threads use what is above
};

/// Labels that are names cannot be shifted, and come with their number.
void check_label_options(const std::string& path, const ImageSource& source, const OpenOptions& options) {
  if (!options.labels.empty()) {
    throw Error(ErrorCode::usage, fmt::format("{} has its own labels: expected no labels file", path));
  }
  if (!source.class_names.empty() && options.label_base != 0) {
    throw Error(ErrorCode::usage, fmt::format("the labels of {} are names: expected label base 0", path));
  }
  if (options.classes > 0 && options.classes < source.classes) {
    throw Error(ErrorCode::usage, fmt::format("{} has {} classes: expected at least as many, not {}", path,
                                              source.classes, options.classes));
  }
}

}  // namespace

std::unique_ptr<Dataset> open_images(const std::string& path, const std::string& format, const OpenOptions& options) {
  const ImageTransform transform = parse_transform(options);
  const bool folders = format == "image-folder";
  if (is_directory(path) != folders) {
    throw Error(ErrorCode::data, fmt::format("{} is {} directory: expected one{} for the format {}", path,
                                             folders ? "no" : "a", folders ? "" : " file", format));
  }
  ImageSource source = folders ? read_image_folders(path, options) : read_image_list(path, options);
  check_label_options(path, source, options);
  Form form = probe(source, transform, options.skip_bad);
  DatasetInfo info{.name = source.name,
                   .source = path,
                   .format = format,
                   .split = source.split,
                   .scalar = ScalarType::uint8,
                   .shape = {form.channels, form.size.height, form.size.width},
                   .count = source.images.size(),
                   .classes = std::max(options.classes, source.classes),
                   .class_names = source.class_names};
  if (info.classes != source.classes) info.class_names.clear();
  return std::make_unique<ImageDataset>(std::move(source), std::move(info), transform, std::move(form), options);
}

}  // namespace eigenlens
