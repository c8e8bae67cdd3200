// SPDX-License-Identifier: Apache-2.0
/// \file
/// From moments to curves: every pretext, every latent dimension K (docs/math.md, sections 2 to 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eigenlens/device.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/mask_moments.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/pretext.hpp"
#include "eigenlens/progress.hpp"

namespace eigenlens {

/// How each eigenproblem is solved.
enum class SolveMode {
  standard,  ///< eigenvectors of the graded symmetric matrix H: on CIFAR-10 within 7e-14 of accurate at every K
             ///< (docs/math.md)
  accurate,  ///< singular vectors of its factor: several times slower; to check the standard mode with
};

/// What of every basis is wanted.
enum class Outcome {
  curves,    ///< sums over K
  encoders,  ///< also its encoder, D × D a lane more of the device's memory (docs/math.md, section 2)
  probe,     ///< encoders that are kept until a test set is read (probe.hpp): D × D a pretext more, or as many as fit
  autoencoders,  ///< encoders, of which decoders are made: six D × D more (encoders.hpp)
  rotations,     ///< encoders, and the principal components beside each: one D × D more
  structures,    ///< no basis of any strength: the decomposition of each noise structure, and the principal components
};

struct SweepOptions {
  SolveMode mode = SolveMode::standard;
  std::int64_t largest_k =
      0;  ///< the largest K that is wanted: Error(usage) as soon as the rank is known to be below it
  Progress progress;
};

/// What was checked about one basis, in the scaled problem A₁A₁ᵀv = μSv.
struct BasisChecks {
  double residual = 0;  ///< max_k ‖Av_k − μ_k S v_k‖ / (‖A‖‖v_k‖), by a random sketch (docs/math.md (28))
  double orthogonality = 0;        ///< ‖VᵀSV − I‖_F, by the same sketch (29)
  double orthogonality_limit = 0;  ///< what rounding may make of it (34); beyond, there is no curve
  std::int64_t rank = 0;           ///< R: the curve ends at K = R
  std::string solver;              ///< the routine that gave the basis, with any fallback named
  std::int64_t mask_draws = 0;     ///< masks by which the moments of a mask distribution were estimated; 0: exact
  SamplingError first_error{};     ///< of those estimates: p (docs/math.md, (47))
  SamplingError second_error{};    ///< and E
};

/// A linear classifier on the first K features, read on a test set (probe.hpp); entry K − 1 is latent dimension K.
struct ProbeCurve {
  std::vector<std::int64_t> top1;               ///< samples whose class has the largest logit
  std::vector<std::int64_t> top5;               ///< … one of the five largest; empty where C ≤ 5
  std::vector<double> squared_error;            ///< mean over samples of ‖logits − one-hot‖²
  std::vector<double> squared_error_deviation;  ///< standard error of that mean
  std::vector<double> training_squared_error;   ///< ‖WᵀX − Y‖²/N: no intercept, Y as it is
};

/// Standard errors and 95 % intervals by the delete-one-shard jackknife (jackknife.hpp; docs/math.md, (91)). Entry
/// K − 1 is latent dimension K, to the smallest rank that any set without a shard has.
struct JackknifeErrors {
  std::vector<double> alignment_se;
  std::vector<double> alignment_low;   ///< in [0, 1]
  std::vector<double> alignment_high;  ///< in [0, 1]
  std::vector<double> gain;     ///< alignment minus that of plain reconstruction at the same K; empty without one
  std::vector<double> gain_se;  ///< of that paired difference: the same samples are left out of both
};

/// One pretext at every K; entry K − 1 of every vector is latent dimension K, of R in all.
struct Curve {
  Pretext pretext;
  std::vector<double> eigenvalues;             ///< μ, descending, in units of the scaled data (‖X‖² = N·D)
  std::vector<double> relative_gap;            ///< (μ_K − μ_{K+1}) / μ_K; 1 at K = R
  std::vector<double> alignment;               ///< explained, in [0, 1]
  std::vector<double> alignment_figure;        ///< the paper's figures' normalisation, 0–100
  std::vector<double> alignment_noisy;         ///< probe on noisy inputs, as a share of the same total
  std::vector<double> reconstruction_denoise;  ///< the training objective, as a share of ‖X‖²
  std::vector<double> reconstruction_clean;    ///< clean input, decoder trained under noise
  std::vector<double> reconstruction_refit;    ///< clean input, decoder refitted
  BasisChecks checks;
  JackknifeErrors sampling;         ///< empty unless jackknife() made the curve
  std::optional<ProbeCurve> probe;  ///< where a test set was read
};

struct SweepTiming {
  std::string stage;
  double seconds = 0;
};

/// What every result says of its data set and of its making.
struct ResultFacts {
  std::string dataset;
  std::int64_t count = 0;  ///< N
  ImageShape shape;
  std::int64_t classes = 0;
  MomentsForm form = MomentsForm::primal;  ///< of the moments that it was computed from
  std::int64_t rank = 0;                   ///< R
  std::int64_t constant_pixels = 0;        ///< coordinates that never change
  double global_std = 0;                   ///< in units of the data
  double target_energy = 0;  ///< share of the centred one-hot targets that is linear in the input, in [0, 1]
  std::vector<SweepTiming> timings;
  std::vector<std::pair<std::string, std::string>> device;  ///< Device::describe() of what computed it
};

/// The samples that probes were read on, and how they were trained.
struct ProbeFacts {
  std::string dataset;  ///< for people: "fashion-mnist test"
  std::int64_t count = 0;
  double ridge = 0;         ///< α of (86) in docs/math.md
  std::int64_t passes = 0;  ///< over the test set
};

struct SweepResult : ResultFacts {
  std::vector<Curve> curves;        ///< in the order of the pretexts
  std::optional<ProbeFacts> probe;  ///< where a test set was read
  std::int64_t shards = 0;          ///< of the jackknife; 0: none
  double student = 0;               ///< half an interval in standard errors: student_95(shards − 1)
};

/// All curves of all pretexts, by suited(device, …). Pretexts that differ in strength alone share one decomposition.
/// Cost: one D³ eigenproblem for the data, one a family of masks, one a strength. Memory: see plan_sweep.
/// Errors: usage (no pretext, patch too large, D beyond the largest problem of a forced device), data (a class with no
/// sample, fewer than two samples or classes), numerical (rank 0), memory (the plan does not fit).
EIGENLENS_API SweepResult sweep(const Moments& moments, const std::vector<Pretext>& pretexts, const Device& device,
                                const SweepOptions& options = {});

/// What a sweep or an accumulation would take, before it starts. On the CPU everything is host memory.
struct MemoryPlan {
  std::int64_t bytes = 0;          ///< peak of host memory, this process
  std::int64_t budget = 0;         ///< of host memory
  std::int64_t device_bytes = 0;   ///< peak of the device's own memory
  std::int64_t device_budget = 0;  ///< what is free of it; 0 on the CPU
  int lanes = 1;                   ///< strengths solved side by side
  std::int64_t kept = 0;           ///< encoders kept for a pass over a test set (Outcome::probe)
  std::string text;                ///< one line for people

  [[nodiscard]] bool fits() const noexcept { return bytes <= budget && device_bytes <= device_budget; }
};

/// Of a sweep, with as many lanes as fit. Error(usage) for a pretext that such images cannot have (patch too large).
EIGENLENS_API MemoryPlan plan_sweep(const ImageShape& shape, std::int64_t classes, const std::vector<Pretext>& pretexts,
                                    SolveMode mode, const Device& device, Outcome outcome = Outcome::curves);
/// Of an accumulation, `batch` samples at a time (0: the default of OpenOptions).
EIGENLENS_API MemoryPlan plan_moments(const DatasetInfo& info, std::int64_t batch, const Device& device);
/// Of merging two moments files: on the host, whatever the device.
EIGENLENS_API MemoryPlan plan_merge(std::int64_t dimension, std::int64_t classes, const Device& device);

/// The device itself; or, where auto chose it and it cannot take this sweep (D beyond its largest problem, or too
/// little memory for a single lane), the CPU with a reason in describe(). A forced device is always itself.
EIGENLENS_API Device suited(const Device& device, const ImageShape& shape, std::int64_t classes,
                            const std::vector<Pretext>& pretexts, SolveMode mode, Outcome outcome = Outcome::curves);
/// The same of an accumulation.
EIGENLENS_API Device suited(const Device& device, const DatasetInfo& info, std::int64_t batch);

}  // namespace eigenlens
