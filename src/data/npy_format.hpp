// SPDX-License-Identifier: Apache-2.0
/// \file
/// The header of a .npy file, versions 1 to 3: parsed by hand, because a file from elsewhere is not to be trusted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/byte_stream.hpp"

namespace eigenlens {

struct NpyHeader {
  std::string descr;  ///< "<f4"; a structured dtype is refused
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// Parses the dictionary: its three keys in any order and spacing. Throws Error(data) that names the path and the
/// place.
NpyHeader parse_npy_header(std::string_view text, const std::string& path);

/// Reads magic, version and dictionary; the stream then stands at the first value. Throws Error(data).
NpyHeader read_npy_header(ByteStream& stream);

/// Version 1.0 with C order, padded so that the values start at a multiple of 64 bytes.
std::string compose_npy_header(std::string_view descr, const std::vector<std::int64_t>& shape);

/// "float32 (<f4)" for people; the descr alone where it has no name.
std::string describe_dtype(const std::string& descr);

}  // namespace eigenlens
