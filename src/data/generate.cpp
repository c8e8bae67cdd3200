// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <system_error>
#include <vector>

#include "data/atomic_file.hpp"
#include "data/directory.hpp"
#include "data/generated_image.hpp"
#include "data/idx.hpp"
#include "data/npy_format.hpp"
#include "eigenlens/error.hpp"
#include "host/parallel.hpp"
#include "host/processor.hpp"

namespace eigenlens {

namespace {

constexpr std::int64_t kImagesAtOnce = 256;

/// The two files of one split, not yet committed.
class SplitFiles {
 public:
  SplitFiles(const std::string& directory, const GenerateOptions& options, bool test)
      : count_(test ? options.test_count : options.count),
        size_(options.shape.size()),
        generators_(static_cast<std::size_t>(available_threads()), ImageGenerator(options, test)),
        images_(join_path(directory, name(options, test, "images"))),
        labels_(join_path(directory, name(options, test, "labels"))) {
    const ImageShape& shape = options.shape;
    if (shape.channels == 1) {
      images_.write(compose_idx_header({count_, shape.height, shape.width}));
      labels_.write(compose_idx_header({count_}));
    } else {
      images_.write(compose_npy_header("|u1", {count_, shape.channels, shape.height, shape.width}));
      labels_.write(compose_npy_header("|u1", {count_}));
    }
  }

  [[nodiscard]] std::int64_t count() const { return count_; }

  void write(std::int64_t first, std::int64_t count) {
    pixels_.resize(static_cast<std::size_t>(count * size_));
    classes_.resize(static_cast<std::size_t>(count));
    const auto parts = static_cast<std::int64_t>(generators_.size());
    parallel_for(static_cast<int>(parts), parts, [&](std::int64_t part) {
      ImageGenerator& generator = generators_[static_cast<std::size_t>(part)];
      for (std::int64_t i = count * part / parts; i < count * (part + 1) / parts; ++i) {
        generator.draw(first + i, pixels_.data() + i * size_);
        classes_[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(generator.label(first + i));
      }
    });
    images_.write(pixels_.data(), pixels_.size());
    labels_.write(classes_.data(), classes_.size());
  }

  void commit() {
    labels_.commit();
    images_.commit();  // last: a set is found by its images
  }

 private:
  static std::string name(const GenerateOptions& options, bool test, const char* what) {
    if (options.shape.channels > 1) return fmt::format("{}_{}.npy", test ? "test" : "train", what);
    return fmt::format("{}-{}-idx{}-ubyte", test ? "t10k" : "train", what, what[0] == 'i' ? 3 : 1);
  }

  std::int64_t count_;
  std::int64_t size_;
  std::vector<ImageGenerator> generators_;  ///< one for each thread
  AtomicFile images_;
  AtomicFile labels_;
  std::vector<std::uint8_t> pixels_;
  std::vector<std::uint8_t> classes_;
};

}  // namespace

void generate_dataset(const std::string& directory, const GenerateOptions& options, const Progress& progress) {
  check_generate(options);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw Error(ErrorCode::io, fmt::format("cannot create {}: {}", directory, error.message()));
  std::deque<SplitFiles> splits;
  splits.emplace_back(directory, options, false);
  if (options.test_count > 0) splits.emplace_back(directory, options, true);

  const std::int64_t total = options.count + options.test_count;
  std::int64_t done = 0;
  for (SplitFiles& split : splits) {
    for (std::int64_t first = 0; first < split.count(); first += kImagesAtOnce) {
      const std::int64_t count = std::min(kImagesAtOnce, split.count() - first);
      split.write(first, count);
      done += count;
      if (progress && !progress({.stage = "generating", .done = done, .total = total, .unit = "images"})) {
        throw Error(ErrorCode::cancelled,
                    fmt::format("generating {} was cancelled after {} of {} images", directory, done, total));
      }
    }
  }
  for (SplitFiles& split : splits) split.commit();
}

}  // namespace eigenlens
