// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/dataset.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "data/byte_stream.hpp"
#include "data/cifar.hpp"
#include "data/directory.hpp"
#include "data/generated.hpp"
#include "data/idx.hpp"
#include "data/image_dataset.hpp"
#include "data/image_folders.hpp"
#include "data/image_list.hpp"
#include "data/npy.hpp"
#include "data/npy_pairs.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

constexpr std::int64_t kLargestBase = std::int64_t{1} << 31;

void check_choice(const char* option, const std::string& value, std::initializer_list<const char*> accepted) {
  for (const char* one : accepted) {
    if (value == one) return;
  }
  throw Error(ErrorCode::usage, fmt::format("unknown {} '{}': expected {}", option, value, fmt::join(accepted, ", ")));
}

void check_options(const OpenOptions& options) {
  check_choice("format", options.format,
               {"auto", "idx", "cifar10", "cifar100", "npy", "image-folder", "image-list", "generated"});
  check_choice("layout", options.layout, {"auto", "nhwc", "nchw"});
  check_choice("colour", options.colour, {"auto", "rgb", "grey"});
  check_choice("label kind", options.label_kind, {"fine", "coarse"});
  if (options.classes < 0 || options.classes > (std::int64_t{1} << 20)) {
    throw Error(ErrorCode::usage, fmt::format("classes = {}: expected 0 (the largest label + 1) to {}", options.classes,
                                              std::int64_t{1} << 20));
  }
  if (options.batch < 0) {
    throw Error(ErrorCode::usage,
                fmt::format("batch = {}: expected 0 (about 8 MiB) or a number of samples", options.batch));
  }
  if (options.skip_bad < 0) {
    throw Error(ErrorCode::usage, fmt::format("skip bad = {}: expected 0 or a number of files", options.skip_bad));
  }
  if (options.label_base < -kLargestBase || options.label_base > kLargestBase) {
    throw Error(ErrorCode::usage,
                fmt::format("label base = {}: expected {} to {}", options.label_base, -kLargestBase, kLargestBase));
  }
}

/// Options that would be of no effect, because no image files are read.
void refuse_image_options(const std::string& path, const OpenOptions& options) {
  const char* given = !options.resize.empty()    ? "resize"
                      : !options.crop.empty()    ? "crop"
                      : options.colour != "auto" ? "colour"
                      : options.skip_bad != 0    ? "skip bad"
                                                 : nullptr;
  if (given == nullptr) return;
  throw Error(ErrorCode::usage,
              fmt::format("{} is for folders and lists of image files, and {} is neither", given, path));
}

std::string recognise_directory(const std::string& path) {
  const std::vector<std::string> names = names_at(path);
  std::vector<std::string> found;
  if (names_idx(names)) found.emplace_back("idx");
  if (names_cifar10(names)) found.emplace_back("cifar10");
  if (names_cifar100(names)) found.emplace_back("cifar100");
  if (names_npy(names)) found.emplace_back("npy");
  if (found.empty() && holds_image_folders(path)) found.emplace_back("image-folder");
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    throw Error(
        ErrorCode::data,
        fmt::format("{} holds no data set that eigenlens knows: expected IDX (train-images-idx3-ubyte[.gz]), "
                    "CIFAR binary (data_batch_1.bin or train.bin), .npy pairs (train_images.npy, x_train.npy, "
                    "X.npy, embeddings.npy) or a folder of JPEG or PNG files a class (CLASS/*.jpg, train/CLASS/*.jpg)",
                    path));
  }
  throw Error(ErrorCode::usage,
              fmt::format("{} holds data sets of several formats: name one of {}", path, fmt::join(found, ", ")));
}

std::string recognise_file(const std::string& path) {
  if (path.ends_with(".bin")) return guess_cifar(path);
  if (is_npy_file(path)) return "npy";
  if (is_image_list(path)) return "image-list";
  unsigned char start[6] = {};
  const std::size_t got = ByteStream(path).read(start, sizeof start);
  const bool named_idx = name_of(path).find("idx") != std::string::npos;
  if (named_idx || (got == sizeof start && start[0] == 0 && start[1] == 0)) return "idx";
  throw Error(
      ErrorCode::data,
      fmt::format("{} is not a file that eigenlens knows: it starts with {:02x}, expected IDX "
                  "(00 00 08 03), .npy (93 4e 55 4d 50 59), a CIFAR .bin file or a list of images (path<TAB>label)",
                  path, fmt::join(start, start + got, " ")));
}

}  // namespace

std::unique_ptr<Dataset> open_dataset(const std::string& path, const OpenOptions& options) {
  check_options(options);
  const bool generated = path.starts_with(kGeneratePrefix);
  if (generated && (options.format == "auto" || options.format == "generated")) {
    refuse_image_options(path, options);
    return open_generated(path, options);
  }
  if (options.format == "generated") {
    throw Error(ErrorCode::usage,
                fmt::format("'{}' does not describe a generated set: expected {}", path, kGenerateForm));
  }
  std::string format = options.format;
  if (format == "auto") format = is_directory(path) ? recognise_directory(path) : recognise_file(path);
  if (format == "image-folder" || format == "image-list") return open_images(path, format, options);
  refuse_image_options(path, options);
  if (format == "idx") return open_idx(path, options);
  if (format == "npy") return open_npy(path, options);
  return open_cifar(path, format, options);
}

}  // namespace eigenlens
