// SPDX-License-Identifier: Apache-2.0
/// \file
/// Data set files as bytes, and what reading them gives.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::test {

/// Magic 00 00 TYPE RANK and big-endian extents.
std::string idx_header(const std::vector<std::uint32_t>& extents, int type = 0x08);
/// A .npy of version 1 with this dictionary.
std::string npy_file(std::string_view dictionary, std::string_view values);
std::string npy_file(std::string_view descr, std::string_view shape, std::string_view values);
std::string gzip(std::string_view content);

/// The bytes 0, 1, 2, ... modulo 251.
std::string counting_bytes(std::size_t count);
/// Little-endian values side by side.
template <class Value>
std::string bytes_of_values(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

struct AllSamples {
  std::string values;
  std::vector<std::int32_t> labels;
  std::int64_t batches = 0;
};
/// Reads to the end, checking that batches follow each other.
AllSamples read_all(Dataset& dataset);

/// Opens and reads to the end.
AllSamples read_all(const std::string& path, const OpenOptions& options = {});

/// The message of the Error that `work` throws; a failed test unless it throws one with this code.
std::string error_of(ErrorCode code, const std::function<void()>& work);
/// The same for opening and reading to the end.
std::string error_of(ErrorCode code, const std::string& path, const OpenOptions& options = {});

}  // namespace eigenlens::test
