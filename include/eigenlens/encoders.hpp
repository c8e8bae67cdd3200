// SPDX-License-Identifier: Apache-2.0
/// \file
/// The linear autoencoders themselves: for every pretext the encoder that it learns, its decoders and the classifier on
/// its features (docs/math.md, (85)).
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

/// One pretext. Inputs x are centred and divided by one standard deviation: x = (sample − mean) / global_std. Features
/// z = Eᵀx are uncorrelated and of unit variance over the samples, and the first k of them span what the pretext learns
/// with k features. Of every column of E the component of largest magnitude is positive.
struct PretextEncoder {
  Pretext pretext;
  std::vector<double> eigenvalues;  ///< μ, K, descending
  DenseF64 encoder;                 ///< E, D × K
  DenseF64 decoder;                 ///< K × D: decoderᵀz is the reconstruction as it was trained, under the noise
  DenseF64 refit;                   ///< K × D: refitᵀz is the best reconstruction from clean codes
  DenseF64 classifier;  ///< K × C: classifierᵀz + frequency is the least-squares fit of the one-hot label; or empty
  BasisChecks checks;
};

struct EncodersResult : ResultFacts {
  std::int64_t k = 0;                    ///< K
  std::vector<double> mean;              ///< D, in units of the data
  std::vector<double> frequency;         ///< C: share of each class; empty without classifiers
  std::vector<PretextEncoder> encoders;  ///< in the order of the pretexts
};

/// Cost: that of a sweep with encoders (sweep.hpp, Outcome), then 4D²K flops a pretext. Memory: 3·D·K numbers a pretext on
/// the host beside plan_sweep with Outcome::encoders. Errors: those of sweep(), less those about classes if no
/// classifier is wanted; usage for a K beyond the rank.
EIGENLENS_API EncodersResult encoders(const Moments& moments, const std::vector<Pretext>& pretexts,
                                      const Device& device, const EncoderOptions& options = {});

/// `eigenlens.encoders/1`, written atomically: facts, eigenvalues and checks; the matrices are in write_encoders.
EIGENLENS_API void write_json(const EncodersResult& result, const std::string& path, const ReportOptions& options = {});
/// What the encoders are, for a terminal.
EIGENLENS_API std::string format_table(const EncodersResult& result);
/// FOLDER/mean.npy, frequency.npy and std.npy, and for every pretext FOLDER/SPEC/{encoder,decoder,refit,classifier}.npy
/// (float64), each file whole or not there. Errors: usage (two pretexts of one spelling), io.
EIGENLENS_API void write_encoders(const EncodersResult& result, const std::string& folder);
/// A contact sheet as PNG: for every pretext a row of the first and a row of the last directions (rows of `refit`: what a
/// feature adds to an image), each scaled to its largest magnitude around grey. Error(usage) for vectors, and for images
/// that are neither grey nor RGB.
EIGENLENS_API void draw_encoders(const EncodersResult& result, const std::string& out);

}  // namespace eigenlens
