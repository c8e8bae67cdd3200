// SPDX-License-Identifier: Apache-2.0
/// \file
/// Test samples as probes take them: in panels of one size whatever the batches, so that results do not depend on
/// those, and with what centres and scales them as the training samples were.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "backend/backend.hpp"
#include "eigenlens/dataset.hpp"
#include "solve/centre.hpp"

namespace eigenlens {

/// Samples in a panel of D inputs: about 32 MiB, a multiple of 64 from 64 to 2048.
std::int64_t panel_width(std::int64_t dimension);

class TestPanels {
 public:
  /// All three are referred to. threads: of the checks.
  TestPanels(Dataset& dataset, const Centring& centring, int threads);

  /// The next samples, as many as a panel takes but for the last; 0 at the end of the set. Throws what the reader and
  /// check_batch throw.
  std::int64_t next();
  /// Those samples as they came, at most panel_width(D).
  [[nodiscard]] Batch batch() const;
  /// (x − x̄)/s_X, with x̄ and s_X of the training samples. Inputs that are constant in training are 0: nothing was
  /// learned about them.
  [[nodiscard]] const SampleCentre& centre() const { return centre_; }
  [[nodiscard]] std::span<const std::int32_t> labels() const { return labels_; }
  [[nodiscard]] std::int64_t done() const { return done_; }  ///< samples so far

 private:
  void take(std::int64_t count);

  Dataset& dataset_;
  const Centring& centring_;
  int threads_;
  SampleCentre centre_;
  std::optional<Batch> batch_;
  std::int64_t used_ = 0;  ///< samples of the batch in hand
  std::int64_t width_;     ///< samples of a panel
  std::vector<std::byte> values_;
  std::vector<std::int32_t> labels_;
  std::int64_t done_ = 0;
};

}  // namespace eigenlens
