// SPDX-License-Identifier: Apache-2.0
/// \file
/// CIFAR-10 and CIFAR-100, binary version: label bytes, then 3 × 32 × 32 pixels, channel-major (docs/datasets.md).
#pragma once

#include <memory>
#include <span>
#include <string>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

/// True if the names hold data_batch_N.bin or test_batch.bin (CIFAR-10); train.bin or test.bin (CIFAR-100).
bool names_cifar10(std::span<const std::string> names);
bool names_cifar100(std::span<const std::string> names);

/// "cifar10" or "cifar100", as the name of a .bin file or else its length tells. Throws Error(usage) if neither does.
std::string guess_cifar(const std::string& file);

/// Opens a directory or one .bin file as `format` (cifar10 | cifar100). Lengths are checked at once, labels while
/// reading. Errors: io, data, usage (split).
std::unique_ptr<Dataset> open_cifar(const std::string& path, const std::string& format, const OpenOptions& options);

}  // namespace eigenlens
