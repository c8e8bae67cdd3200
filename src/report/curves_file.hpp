// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads back what pictures and pages need of an `eigenlens.curves/1` file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/pretext.hpp"
#include "report/result_place.hpp"

namespace eigenlens {

struct FileCurve {
  Pretext pretext;
  std::vector<std::int64_t> k;        ///< ascending
  std::vector<double> alignment;      ///< in [0, 1], one for every k
  std::vector<double> accuracy;       ///< on the test set, in [0, 1], one for every k; empty where none was read
  std::vector<double> accuracy_low;   ///< its interval
  std::vector<double> accuracy_high;  ///< empty where there is none
  std::int64_t sufficient_k = 0;      ///< smallest K whose accuracy is in the interval of the best; 0: none was read
  std::vector<std::int64_t> gain_k;   ///< of the next; empty without a jackknife, or without reconstruct in the sweep
  std::vector<double> gain_se;        ///< standard error of alignment minus that of reconstruct, a share
};

struct CurvesFile {
  std::string dataset;
  std::int64_t count = 0;      ///< N
  std::int64_t dimension = 0;  ///< D
  std::int64_t classes = 0;
  std::string test;               ///< the test set's name; empty: none
  std::int64_t test_count = 0;    ///< samples of the test set; 0: none
  double student = 0;             ///< standard errors in half a 95 % interval; 0 without a jackknife
  std::vector<FileCurve> curves;  ///< at least one
};

/// Throws Error(io) if the file cannot be read, Error(data) naming the field that is not as docs/formats.md has it.
CurvesFile read_curves_file(const std::string& path);
/// The same of a document that has been read.
CurvesFile read_curves(const Place& top);

/// The pretext of a result. Error(data).
Pretext read_pretext(const Place& place);

}  // namespace eigenlens
