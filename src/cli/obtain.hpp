// SPDX-License-Identifier: Apache-2.0
/// \file
/// The moments of DATA, a data set or a moments file; everything that can be refused is refused before the reading.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eigenlens/pretext.hpp"
#include "eigenlens/sweep.hpp"
#include "options.hpp"
#include "reading.hpp"

namespace eigenlens::cli {

/// What a command that sweeps is asked for.
struct SweepRequest {
  std::string data;
  DataOptions source;
  WorkOptions work;
  std::vector<Pretext> pretexts;
  std::vector<std::int64_t> k;  ///< latent dimensions to report; empty: all
  SolveMode mode = SolveMode::standard;
  Outcome outcome = Outcome::curves;
  MomentsForm form = MomentsForm::primal;  ///< what the command can take; automatic: either
  std::optional<ImageShape> test_shape;    ///< of the test set, which must be DATA's
  std::string test_name;
};

/// What can be known of a shape alone, before a data set is read: patches that fit, and K up to D.
void require_shape(const SweepRequest& request, const ImageShape& shape);

/// What the request reads, as far as its options name it: data, labels and the files of pretexts. Outputs must be none.
std::vector<std::string> named_inputs(const SweepRequest& request);

struct ObtainedMoments {
  Reading reading;                  ///< its facts are empty if they were read from a moments file, which does not say
  std::optional<DualMoments> dual;  ///< in place of the reading's moments, where the form is dual
};

/// Patches that fit, K up to D, a test set of the same shape, memory for the moments and for the sweep; then the
/// reading.
ObtainedMoments obtain_moments(const SweepRequest& request, const Device& device);

/// Writes how the moments came about into a result's facts.
void add_reading(const ObtainedMoments& obtained, ResultFacts& facts);

}  // namespace eigenlens::cli
