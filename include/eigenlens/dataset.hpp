// SPDX-License-Identifier: Apache-2.0
/// \file
/// Labelled data sets, read in batches: the set is never held in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eigenlens/export.hpp"

namespace eigenlens {

/// How the values of a data set are stored. Exact int64 moments come from uint8, float64 moments from the others.
enum class ScalarType { uint8, float32, float64 };

/// Whose memory values lie in.
enum class MemoryPlace {
  host,
  cuda,  ///< of the CUDA device that a MomentsAccumulator works on; nothing else reads such batches
};

/// Channels, height, width. A vector of D features is 1 × 1 × D. Pixels are ordered channel-major (C, then H, then W).
struct ImageShape {
  std::int64_t channels = 1;
  std::int64_t height = 1;
  std::int64_t width = 1;
  [[nodiscard]] std::int64_t size() const noexcept { return channels * height * width; }
  bool operator==(const ImageShape&) const = default;
};

/// Some consecutive samples. The memory belongs to the data set and lives until the next call of next().
struct Batch {
  ScalarType scalar = ScalarType::uint8;
  std::int64_t count = 0;      ///< samples in this batch, b
  std::int64_t dimension = 0;  ///< D
  std::int64_t first = 0;  ///< index of the first sample in the data set, for messages; skipped files are not counted
  const void* values = nullptr;           ///< b × D, each sample's D values side by side (D × b column-major)
  const std::int32_t* labels = nullptr;   ///< b labels in [0, classes), on the host
  MemoryPlace place = MemoryPlace::host;  ///< of the values
  /// Of CUDA memory: the cudaStream_t whose work writes the values (1: the default stream), waited for; 0: all is there
  std::uintptr_t stream = 0;
};

struct DatasetInfo {
  std::string name;    ///< for people: "fashion-mnist"
  std::string source;  ///< path of the file that a message about a sample should name
  std::string format;  ///< "idx", "cifar10", "cifar100", "npy", "image-folder", "image-list", "generated"
  std::string split;   ///< "train", "test", or empty
  ScalarType scalar = ScalarType::uint8;
  ImageShape shape;
  std::int64_t count = 0;  ///< N; with skip_bad, the files that there are, bad ones included; 0: unknown (own readers)
  std::int64_t classes = 0;  ///< C; a MomentsAccumulator alone takes 0: as many as the labels say, or the names
  std::vector<std::string> class_names;  ///< empty, or C names
};

/// An image file that could not be used, and was left out because OpenOptions::skip_bad allows it.
struct SkippedFile {
  std::string path;
  std::string reason;  ///< one sentence that names the path too
};

/// A source of batches. Not thread-safe: one reader, one thread.
class EIGENLENS_API Dataset {
 public:
  virtual ~Dataset() = default;
  [[nodiscard]] virtual const DatasetInfo& info() const = 0;
  /// The next batch, or nothing at the end of the set. Throws Error(data) for damage, naming file and sample.
  virtual std::optional<Batch> next() = 0;
  /// The files that were left out, in order; complete once next() has returned nothing.
  [[nodiscard]] virtual std::vector<SkippedFile> skipped() const { return {}; }
  /// Of a set of a file a sample, the file that sample `index` came from (as Batch::first counts, of samples that
  /// next() has returned): its path below the folder of its class, or as the list has it. Empty for other sets, and
  /// behind prefetch().
  [[nodiscard]] virtual std::string file_of(std::int64_t /*index*/) const { return {}; }
};

struct OpenOptions {
  std::string format = "auto";      ///< auto | idx | cifar10 | cifar100 | npy | image-folder | image-list | generated
  std::string split = "train";      ///< which part of a set that has several
  std::string labels = {};          ///< labels file, where the images file alone does not tell; "none": there are none
  std::string layout = "auto";      ///< of a 4-D .npy: auto | nhwc | nchw
  std::string label_kind = "fine";  ///< of CIFAR-100: fine | coarse
  std::int64_t label_base = 0;      ///< subtracted from every label (EMNIST Letters counts from 1)
  std::int64_t classes = 0;         ///< C; 0: the largest label + 1
  std::int64_t batch = 0;           ///< samples a batch; 0: about 8 MiB
  // Of image files alone (docs/datasets.md):
  std::string resize = {};      ///< "S": shorter side, aspect kept; "HxW"; empty: as they are
  std::string crop = {};        ///< "C" or "HxW": cut out of the middle, after resizing
  std::string colour = "auto";  ///< auto | rgb | grey
  std::int64_t skip_bad = 0;    ///< files that may be damaged or of another kind; they are left out and listed
  int threads = 0;              ///< that decode; 0: every core that may be used
};

/// Recognises and opens a data set: a directory, a file, or "generate:..." (docs/datasets.md).
/// Cost: the labels are read whole; file lengths are checked before anything is allocated.
/// Errors: io (cannot open), data (not what it says), usage (unknown format or option).
EIGENLENS_API std::unique_ptr<Dataset> open_dataset(const std::string& path, const OpenOptions& options = {});

/// Reads one batch ahead on a thread of its own, so that decompression overlaps the caller's work.
EIGENLENS_API std::unique_ptr<Dataset> prefetch(std::unique_ptr<Dataset> inner);

}  // namespace eigenlens
