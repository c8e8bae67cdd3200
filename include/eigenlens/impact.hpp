// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a noise can do to any task, without labels: how far it turns what is learned away from the principal components
/// (docs/math.md, section 9).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eigenlens/device.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/pretext.hpp"
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// How much is computed of every noise.
enum class ImpactDepth {
  angles,     ///< the angles between what it learns and the principal components, and all of coupling
  couplings,  ///< couplings alone: one eigenproblem for the data and one a noise structure, none a strength
};

struct ImpactOptions {
  SolveMode mode = SolveMode::standard;
  ImpactDepth depth = ImpactDepth::angles;
  /// Where sin θ_max is computed, an eigenproblem of order min(K, R − K) each. Nothing: about twenty, evenly spread on
  /// a logarithmic axis (impact_k); empty: every K.
  std::optional<std::vector<std::int64_t>> k;
  Progress progress;
};

/// Relative gaps at or below it leave the K-dimensional subspace undetermined: (70) of docs/math.md.
inline constexpr double impact_gap = 1e-6;

/// One structure B that several strengths share.
struct NoiseStructure {
  std::string name;              ///< "mask:patch=4"
  std::vector<double> coupling;  ///< R: c_B(K) / ‖PᵀBP‖, (68); strength-free
};

/// One pretext. Entry K − 1 of every vector but max_sin is latent dimension K, of R in all. For
/// ImpactDepth::couplings only pretext, structure and coupling are there.
struct NoiseImpact {
  Pretext pretext;
  std::size_t structure = 0;      ///< its place in ImpactResult::structures
  std::vector<double> max_sin;    ///< sin θ_max at ImpactResult::k, (67): the largest change of alignment, in [0, 1]
  std::vector<double> sum_sin2;   ///< Σ sin² θ over the K angles, (66)
  std::vector<double> mean_sin2;  ///< the same over K: the mean share of a feature that is turned away
  std::vector<double> coupling;  ///< c(K) / ‖PᵀSP‖, (69); empty where strengths share no structure (needs_inputs)
  std::vector<double> relative_gap;  ///< (μ_K − μ_{K+1}) / μ_K; 1 at K = R
  BasisChecks checks;

  /// The largest K that something is said of.
  [[nodiscard]] std::size_t dimensions() const noexcept { return std::max(coupling.size(), sum_sin2.size()); }
};

struct ImpactResult : ResultFacts {
  ImpactDepth depth = ImpactDepth::angles;
  std::vector<std::int64_t> k;             ///< of NoiseImpact::max_sin, ascending
  std::vector<double> principal_gap;       ///< R: (λ_K − λ_{K+1}) / λ_K; 1 at K = R
  std::vector<NoiseStructure> structures;  ///< of the pretexts; "isotropic": no noise, or the same in every direction
  std::vector<NoiseImpact> impacts;        ///< in the order of the pretexts

  /// Whether the K-dimensional subspaces of this impact are determined: both relative gaps are above impact_gap. Where
  /// only couplings were computed, that of the principal components counts.
  [[nodiscard]] EIGENLENS_API bool determined(const NoiseImpact& impact, std::int64_t dimensions) const;
};

/// About twenty K from 1 to rank − 1, evenly spread on a logarithmic axis; 1 for rank 1.
EIGENLENS_API std::vector<std::int64_t> impact_k(std::int64_t rank);

/// The impact of every pretext. Labels are not used: moments of one class do. Cost: that of sweep() with encoders, 4R²D
/// flops a pretext and 9·min(K, R − K)³ for each K of max_sin. Memory: plan_sweep with impact_outcome. Errors: those of
/// sweep(), less those about classes; usage for a K beyond the rank.
EIGENLENS_API ImpactResult impact(const Moments& moments, const std::vector<Pretext>& pretexts, const Device& device,
                                  const ImpactOptions& options = {});

/// What a plan has to reckon with.
inline Outcome impact_outcome(ImpactDepth depth) {
  return depth == ImpactDepth::angles ? Outcome::rotations : Outcome::structures;
}

/// `eigenlens.impact/1`, written atomically; ReportOptions::k does not matter.
EIGENLENS_API void write_json(const ImpactResult& result, const std::string& path, const ReportOptions& options = {});
/// The same document as a text.
EIGENLENS_API std::string to_json(const ImpactResult& result, const ReportOptions& options = {});
/// One line a (pretext, K), written atomically.
EIGENLENS_API void write_csv(const ImpactResult& result, const std::string& path, const ReportOptions& options = {});
/// sin θ_max and the mean of sin² θ at a few K, for a terminal.
EIGENLENS_API std::string format_table(const ImpactResult& result, const ReportOptions& options = {});
/// Draws an impact file: sin θ_max against K, a panel a family of noises. As plot_curves.
EIGENLENS_API void plot_impact(const std::string& impact_json, const std::string& out);

}  // namespace eigenlens
