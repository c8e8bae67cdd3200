// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads back what a picture needs of an `eigenlens.curves/1` file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/pretext.hpp"

namespace eigenlens {

struct FileCurve {
  Pretext pretext;
  std::vector<std::int64_t> k;    ///< ascending
  std::vector<double> alignment;  ///< in [0, 1], one for every k
  std::vector<double> accuracy;   ///< on the test set, in [0, 1], one for every k; empty where none was read
};

struct CurvesFile {
  std::string dataset;
  std::int64_t count = 0;      ///< N
  std::int64_t dimension = 0;  ///< D
  std::int64_t classes = 0;
  std::int64_t test_count = 0;    ///< samples of the test set; 0: none
  std::vector<FileCurve> curves;  ///< at least one
};

/// Throws Error(io) if the file cannot be read, Error(data) naming the field that is not as docs/formats.md has it.
CurvesFile read_curves_file(const std::string& path);

}  // namespace eigenlens
