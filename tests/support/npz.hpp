// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads NumPy .npz archives, so that tests can compare with curves computed elsewhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace eigenlens::test {

/// One array in C order (the last index runs fastest). Booleans are read as uint8.
struct NpzArray {
  std::vector<std::int64_t> shape;  ///< empty: a scalar, one value
  std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::uint8_t>> values;
};

/// Every array of an archive by name. The accessors throw std::runtime_error that names the array.
class Npz {
 public:
  explicit Npz(const std::filesystem::path& path);

  [[nodiscard]] const std::map<std::string, NpzArray>& arrays() const noexcept { return arrays_; }
  [[nodiscard]] const NpzArray& at(const std::string& name) const;
  [[nodiscard]] const std::vector<double>& doubles(const std::string& name) const;
  [[nodiscard]] const std::vector<std::int64_t>& integers(const std::string& name) const;
  [[nodiscard]] const std::vector<std::uint8_t>& bytes(const std::string& name) const;

 private:
  std::map<std::string, NpzArray> arrays_;
};

}  // namespace eigenlens::test
