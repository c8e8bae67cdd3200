// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads result files back: every error names the file, the field and what was expected.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace eigenlens {

/// A place in a document that can say where it is. It refers to the document.
class Place {
 public:
  Place(const nlohmann::json& value, std::string file, std::string where)
      : value_(value), file_(std::move(file)), where_(std::move(where)) {}

  /// Throws Error(data): "FILE: WHERE: expected …".
  [[noreturn]] void refuse(const std::string& expected) const;
  [[nodiscard]] bool has(const char* key) const { return value_.is_object() && value_.contains(key); }
  [[nodiscard]] Place operator[](const char* key) const;
  [[nodiscard]] std::vector<Place> elements() const;  ///< of a list that is not empty
  [[nodiscard]] bool is_text() const { return value_.is_string(); }
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::int64_t positive() const;  ///< a whole number from 1
  [[nodiscard]] double number() const;          ///< finite
  [[nodiscard]] std::vector<double> numbers() const;

 private:
  const nlohmann::json& value_;
  std::string file_;
  std::string where_;
};

/// The weight of the joint objective: a number from 0, or the text inf. Error(data).
double read_weight(const Place& place);

/// The bytes of a result file. Error(io) if it cannot be read.
std::string read_result_text(const std::string& path);
/// The document of such bytes. Error(data), which names the file, if it is not JSON.
nlohmann::json parse_result_text(const std::string& text, const std::string& path);
/// The document of a result file. Error(io) if it cannot be read, Error(data) if it is not JSON.
nlohmann::json parse_result(const std::string& path);

}  // namespace eigenlens
