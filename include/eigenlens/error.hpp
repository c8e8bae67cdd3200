// SPDX-License-Identifier: Apache-2.0
/// \file
/// Misuse and bad input throw an Error that names the file, the row and what was expected.
/// So does a basis that fails its checks: a wrong curve is never returned. A library routine that failed where another
/// answered is named in the result (sweep.hpp, BasisChecks::solver).
#pragma once

#include <stdexcept>
#include <string>

#include "eigenlens/export.hpp"

namespace eigenlens {

enum class ErrorCode {
  usage = 2,        ///< an argument that can never work (K = 0, ratio = 1, an unknown format)
  data = 3,         ///< the data set or file is damaged, or is not what it says
  io = 4,           ///< the system refused to read or write
  memory = 5,       ///< the plan does not fit the memory budget
  numerical = 6,    ///< the mathematics has no answer (rank 0, one class)
  unavailable = 7,  ///< a device, library or program is not there
  cancelled = 8,    ///< the caller's progress function said stop
  device = 9,       ///< a GPU or one of its libraries failed while it worked
};

/// Every exception that leaves the library, but for std::bad_alloc. what() is one sentence for a person.
class EIGENLENS_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace eigenlens
