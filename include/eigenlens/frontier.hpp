// SPDX-License-Identifier: Apache-2.0
/// \file
/// The exact frontier between perception and reconstruction: ‖WᵀVᵀX − Y‖² + λ‖ZᵀVᵀX − X‖² at its optimum, for every
/// weight λ and every latent dimension K (docs/math.md, (36)).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "eigenlens/dense.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/progress.hpp"
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// The optimum at one λ. Inputs x are centred and divided by one standard deviation, and V is orthonormal in G.
struct JointMaps {
  double lambda = 0;
  DenseF64 encoder;     ///< V, D × K: the latent code of x is Vᵀx, uncorrelated and of unit energy over the samples
  DenseF64 classifier;  ///< W, K × C: the targets, one-hot less class frequency, are predicted as WᵀVᵀx
  DenseF64 decoder;     ///< Z, K × D: x is reconstructed as ZᵀVᵀx
  std::vector<double> mean;       ///< D: of the samples, in units of the data; what centring takes away
  double std = 0;                 ///< what the centred values are then divided by
  std::vector<double> frequency;  ///< C: share of each class; added to a prediction it gives the one-hot target
};

struct FrontierOptions {
  std::int64_t largest_k = 0;  ///< the largest K that is wanted: Error(usage) as soon as the rank is known to be below
  Progress progress;
  /// If set, the optimum with `maps_k` features is given to it for every λ, in the order of the points. Takes the
  /// memory of encoders (sweep.hpp, Outcome) and 2D²K flops a λ more.
  std::function<void(const JointMaps&)> maps;
  std::int64_t maps_k = 0;
};

/// One λ at every K; entry K − 1 of every vector is latent dimension K, of R in all.
struct FrontierPoint {
  double lambda = 0;                        ///< in [0, ∞]
  std::vector<double> supervised_loss;      ///< ‖WᵀVᵀX − Y‖², Y one-hot and not centred: of ‖Y‖² = N
  std::vector<double> reconstruction_loss;  ///< ‖ZᵀVᵀX − X‖², of ‖X‖² = N·D
  std::vector<double> alignment;            ///< in [0, 1]
  BasisChecks checks;
};

/// Whether learning to reconstruct and learning the classes can be had at once (Proposition 1).
struct PerfectAlignment {
  std::int64_t target_rank = 0;  ///< of F: features that carry all that is linear in the classes
  double tolerance = 0;          ///< of the residual
  std::int64_t smallest_k = 0;   ///< K*: from here on no weight λ changes what is learned of the classes
  /// ‖F(I − Π_K)‖/‖F‖ for every K: what the first K principal components leave of the classes; 0 at K = R.
  std::vector<double> residual;
  /// The largest principal angle, in degrees, between the top eigenspaces of FᵀF and of Λ: K-dimensional ones, or for K
  /// beyond the rank of F all of its directions and the first K components. Zero for K from K* on.
  std::vector<double> largest_angle;
  std::vector<std::int64_t> angle_k;   ///< its K: all, or where there are many classes 1, 2, 4, …, R
  std::vector<double> angles_at_rank;  ///< all of them at K = target_rank, descending, in degrees
};

struct FrontierResult : ResultFacts {
  std::vector<FrontierPoint> points;  ///< λ ascending, the limits 0 and ∞ included
  PerfectAlignment perfect;
  [[nodiscard]] double target_norm() const { return static_cast<double>(count); }  ///< ‖Y‖²
  [[nodiscard]] double input_norm() const { return static_cast<double>(count) * static_cast<double>(shape.size()); }
};

/// The frontier at these λ (each once; the limits 0 and ∞ are added). Cost: one D³ eigenproblem for the data and
/// O(D²C²) a λ. Errors: usage (a λ below 0 or not a number, K beyond the rank), and those of sweep().
EIGENLENS_API FrontierResult frontier(const Moments& moments, const std::vector<double>& lambdas, const Device& device,
                                      const FrontierOptions& options = {});
/// Three a decade, from where the classes rule at every K that matters to where they are a whisper: what a frontier is
/// drawn of if nobody says otherwise.
inline constexpr const char* usual_lambdas = "log:1e-6:1e2:25";
/// The weights of some texts, in the grammar of a pretext's lambda: a number, inf, A:B:n or log:A:B:n. Error(usage).
EIGENLENS_API std::vector<double> parse_lambdas(const std::vector<std::string>& texts);
/// λ ascending, each once, with the limits: the points of a frontier.
EIGENLENS_API std::vector<double> frontier_lambdas(std::vector<double> lambdas);
/// Of a frontier; `maps`: with encoders.
EIGENLENS_API MemoryPlan plan_frontier(const ImageShape& shape, std::int64_t classes, std::size_t lambdas,
                                       Outcome outcome, const Device& device);

/// `eigenlens.frontier/1`, written atomically.
EIGENLENS_API void write_json(const FrontierResult& result, const std::string& path, const ReportOptions& options = {});
/// The same document as a text.
EIGENLENS_API std::string to_json(const FrontierResult& result, const ReportOptions& options = {});
/// One line a (λ, K), written atomically.
EIGENLENS_API void write_csv(const FrontierResult& result, const std::string& path, const ReportOptions& options = {});
/// What learning the classes gains and costs at a few K, for a terminal.
EIGENLENS_API std::string format_table(const FrontierResult& result, const ReportOptions& options = {});
/// Draws a frontier file with gnuplot: supervised against reconstruction loss, a line a K, λ along it. As plot_curves.
EIGENLENS_API void plot_frontier(const std::string& frontier_json, const std::string& out);
/// Writes encoder.npy, classifier.npy, decoder.npy (float64) to FOLDER/lambda-<λ>, and mean.npy, std.npy and
/// frequency.npy to FOLDER, which exists or is made. Each file is whole or not there. Errors: io.
EIGENLENS_API void write_maps(const JointMaps& maps, const std::string& folder);

}  // namespace eigenlens
