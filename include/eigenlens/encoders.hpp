// SPDX-License-Identifier: Apache-2.0
/// \file
/// The linear autoencoders themselves: for every pretext the encoder that it learns, its decoders and the classifier on
/// its features (docs/math.md, (100) to (102)).
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
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// Whether labels are read, and a classifier made of them.
enum class Classifier { fitted, none };

struct EncoderOptions {
  SolveMode mode = SolveMode::standard;
  std::int64_t k = 0;  ///< features; 0: the rank
  Classifier classifier = Classifier::fitted;
  Progress progress;
};

/// One pretext with K features; K is EncodersResult::k, or less where k was 0 and masks never show some pixels. Inputs
/// are x = (sample − mean) / global_std. Features z = Eᵀx are uncorrelated and of unit variance over the samples, and
/// the first k of them span what the pretext learns with k features. Of every column of E the component of largest
/// magnitude is positive. `refit` and `classifier` of fewer features are their first rows; `decoder` is that of K
/// features together, which no row of it is without the others.
struct PretextEncoder {
  Pretext pretext;
  std::vector<double> eigenvalues;  ///< μ, K, descending
  DenseF64 encoder;                 ///< E, D × K: (100)
  DenseF64 decoder;  ///< K × D: decoderᵀz is the reconstruction as it was trained, under the noise: (102)
  DenseF64 refit;    ///< K × D: refitᵀz is the best reconstruction from clean codes: (101)
  DenseF64
      classifier;  ///< K × C: classifierᵀz + frequency is the least-squares fit of the one-hot label: (101); or empty
  // The curve (sweep.hpp) at K:
  double alignment = 0;               ///< 0 without classifiers
  double reconstruction_denoise = 0;  ///< of `decoder`, noisy inputs
  double reconstruction_clean = 0;    ///< of `decoder`, clean inputs
  double reconstruction_refit = 0;    ///< of `refit`
  BasisChecks checks;
};

struct EncodersResult : ResultFacts {
  std::int64_t k = 0;                    ///< K
  std::vector<double> mean;              ///< D, in units of the data
  std::vector<double> frequency;         ///< C: share of each class; empty without classifiers
  std::vector<PretextEncoder> encoders;  ///< in the order of the pretexts
  std::string sheet;                     ///< path of the picture that was drawn of them, as it was asked for; or empty
};

/// Cost: that of a sweep with encoders (sweep.hpp, Outcome), then 8D²K flops a pretext. Memory: see plan_encoders.
/// Errors: those of sweep(), less those about classes if no classifier is wanted; usage for a K beyond the rank, and
/// for the joint objective without labels.
EIGENLENS_API EncodersResult encoders(const Moments& moments, const std::vector<Pretext>& pretexts,
                                      const Device& device, const EncoderOptions& options = {});
/// plan_sweep with Outcome::autoencoders, and 3·D·K + K·C numbers a pretext on the host.
EIGENLENS_API MemoryPlan plan_encoders(const ImageShape& shape, std::int64_t classes,
                                       const std::vector<Pretext>& pretexts, SolveMode mode, std::int64_t k,
                                       const Device& device);

/// `eigenlens.encoders/1`, written atomically: facts, eigenvalues and checks; the matrices are in write_encoders.
EIGENLENS_API void write_json(const EncodersResult& result, const std::string& path, const ReportOptions& options = {});
/// The same document as a text.
EIGENLENS_API std::string to_json(const EncodersResult& result, const ReportOptions& options = {});
/// What the encoders are, for a terminal.
EIGENLENS_API std::string format_table(const EncodersResult& result);
/// FOLDER/mean.npy, std.npy and with classifiers frequency.npy, and for every pretext
/// FOLDER/SPEC/{encoder,decoder,refit,classifier}.npy (float64), each file whole or not there; a `/` of SPEC becomes
/// `_`. Errors: usage (two pretexts of one folder), io.
EIGENLENS_API void write_encoders(const EncodersResult& result, const std::string& folder);
/// The folder of a pretext in it: "FOLDER/mask:patch=4,ratio=0.75". Error(usage) if two would have one.
EIGENLENS_API std::vector<std::string> encoder_folders(const std::vector<Pretext>& pretexts, const std::string& folder);
/// A contact sheet as PNG: for every pretext a row of the first ten and a row of the last ten directions (rows of
/// `refit`: what a feature adds to an image), each scaled to its largest magnitude around grey. Error(usage) for
/// vectors, and for images that are neither grey nor RGB.
EIGENLENS_API void draw_encoders(const EncodersResult& result, const std::string& out);

}  // namespace eigenlens
