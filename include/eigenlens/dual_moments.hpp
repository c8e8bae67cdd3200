// SPDX-License-Identifier: Apache-2.0
/// \file
/// The moments of a data set with fewer samples than inputs: products of samples, N × N, in place of products of
/// inputs, D × D (docs/math.md, section 8).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/dense.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/pretext.hpp"
#include "eigenlens/progress.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// T = XᵀB⁺X of one structure of masks: all that its strengths need beside the products of the samples (57).
struct DualFamily {
  Pretext structure;  ///< a mask or dropout of ratio 0, with the groups of B
  DenseF64 whitened;  ///< N × N, symmetric; no unit: the same for every scale of the data
  bool operator==(const DualFamily&) const = default;
};

/// A value like Moments, but of N × N products. It can neither be merged nor subtracted: the products of the samples
/// of one set with those of another are in neither.
struct EIGENLENS_API DualMoments {
  Arithmetic arithmetic = Arithmetic::exact;
  ImageShape shape;                        ///< D = shape.size()
  std::vector<std::int64_t> class_counts;  ///< C
  std::vector<std::int64_t> labels;        ///< N, in [0, C)
  std::int64_t constant_pixels = 0;        ///< coordinates that never change
  DenseI64 gram;                           ///< N × N: xᵢᵀxⱼ (exact)
  DenseF64 gram_f64;                     ///< N × N: (xᵢ − x̄)ᵀ(xⱼ − x̄), without constant pixels (float64)
  std::vector<DualFamily> families;      ///< the structures of masks that can be swept
  std::string dataset;                   ///< for people
  std::vector<std::string> class_names;  ///< empty, or C names

  [[nodiscard]] std::int64_t count() const noexcept { return static_cast<std::int64_t>(labels.size()); }
  [[nodiscard]] std::int64_t dimension() const noexcept { return shape.size(); }
  [[nodiscard]] std::int64_t classes() const noexcept { return static_cast<std::int64_t>(class_counts.size()); }
  bool operator==(const DualMoments&) const = default;
};

/// Reads a whole data set once into memory, and adds up its products and those of every structure that the pretexts
/// have; strengths do not matter. Cost: N²D/2 multiply-adds of bytes, and N²D flops a structure. Memory: see
/// plan_dual_moments. Errors: those of the reader and of MomentsAccumulator; usage for a pretext that such images or
/// the dual form cannot have, memory if the plan does not fit.
EIGENLENS_API DualMoments accumulate_dual(Dataset& dataset, const std::vector<Pretext>& pretexts, const Device& device,
                                          const Progress& progress = {});

/// The curves of sweep(Moments, …), within 1e-8 where both can run. Error(usage) for a mask whose structure these
/// moments do not hold: those that they hold are named. Cost: eigenproblems of order N.
EIGENLENS_API SweepResult sweep(const DualMoments& moments, const std::vector<Pretext>& pretexts, const Device& device,
                                const SweepOptions& options = {});

/// Writes a safetensors file of form dual (docs/formats.md), whole or not at all. Throws Error(io).
EIGENLENS_API void save_moments(const DualMoments& moments, const std::string& path);
/// Reads and verifies such a file. Throws Error(data) or Error(io); Error(usage) for a file of form primal.
EIGENLENS_API DualMoments load_dual_moments(const std::string& path);
/// The same file without its products: structures keep their pretext alone. For planning before N² numbers are read.
EIGENLENS_API DualMoments load_dual_moments_header(const std::string& path);

/// primal or dual: what was asked for; for automatic the dual form where there are fewer samples than inputs and no
/// pretext needs_inputs(). With files that may be skipped, info.count is the most that there can be. Error(usage) that
/// names a pretext that a forced dual form does not have.
EIGENLENS_API MomentsForm chosen_form(MomentsForm wanted, const DatasetInfo& info,
                                      const std::vector<Pretext>& pretexts);

/// How large dual moments are.
struct DualSize {
  std::int64_t count = 0;  ///< N
  ImageShape shape;
  std::int64_t classes = 0;   ///< C
  std::int64_t families = 0;  ///< structures of masks that they hold
};
/// Of a data set and the structures of some pretexts. Error(usage) for a pretext that such images cannot have.
EIGENLENS_API DualSize dual_size(const DatasetInfo& info, const std::vector<Pretext>& pretexts);

/// Of accumulate_dual: the samples are held while their products are added up.
EIGENLENS_API MemoryPlan plan_dual_moments(const DatasetInfo& info, const std::vector<Pretext>& pretexts,
                                           const Device& device);
/// As suited() of sweep.hpp, of accumulate_dual.
EIGENLENS_API Device suited_dual(const Device& device, const DatasetInfo& info, const std::vector<Pretext>& pretexts);
/// Of a sweep of dual moments, with as many lanes as fit.
EIGENLENS_API MemoryPlan plan_sweep(const DualSize& size, const std::vector<Pretext>& pretexts, SolveMode mode,
                                    const Device& device, Outcome outcome = Outcome::curves);
/// As suited() of sweep.hpp.
EIGENLENS_API Device suited(const Device& device, const DualSize& size, const std::vector<Pretext>& pretexts,
                            SolveMode mode, Outcome outcome = Outcome::curves);

}  // namespace eigenlens
