// SPDX-License-Identifier: Apache-2.0
/// \file
/// Variance bands: images of which only the directions of largest, or of smallest, variance are left (docs/math.md,
/// (75) to (79)).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/dense.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/progress.hpp"
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

enum class BandEnd {
  top,     ///< the leading directions
  bottom,  ///< everything but the leading directions
};

/// Top p: the fewest leading eigenvectors of the Gram matrix whose eigenvalues add up to p of its trace. Bottom p:
/// everything but top 1 − p. So top p and bottom 1 − p add up to the image, (75) to (77).
struct Band {
  BandEnd end = BandEnd::top;
  double share = 0;  ///< of the variance, in [0, 1]; top 1 and bottom 1 are the image itself, 0 the mean image

  [[nodiscard]] EIGENLENS_API std::string name() const;  ///< "top-0.75"
  bool operator==(const Band&) const = default;
};

/// The directions that bands are cut from. Column k of `directions` is eigenvector p_k of G, eigenvalues descending.
struct PrincipalDirections : ResultFacts {
  std::vector<double> mean;                   ///< x̄, D, in units of the data
  std::vector<double> eigenvalues;            ///< λ, R, of the scaled data (they add up to N·D)
  DenseF64 directions;                        ///< P, D × R
  DenseF64 targets;                           ///< Tᵀ, C × R: column k is t_k = Mᵀp_k/√λ_k, (10)
  std::vector<std::int64_t> class_counts;     ///< C
  Arithmetic arithmetic = Arithmetic::exact;  ///< of the moments: exact where the samples are 8-bit
};

/// One eigenproblem of order D. Errors: those of sweep.
EIGENLENS_API PrincipalDirections principal_directions(const Moments& moments, const Device& device,
                                                       const SweepOptions& options = {});

/// Where a band is cut, and what the least-squares probe can tell from it on the training samples.
struct BandCut {
  Band band;
  std::int64_t leading = 0;  ///< K: the band is the directions 1 … K, or all but them
  bool whole = false;        ///< the leading directions are all of the space, so that nothing is rounded
  double variance = 0;       ///< share of the variance that is in the band
  double relative_gap = 0;   ///< (λ_K − λ_{K+1})/λ_K: near 0 the cut is not determined; 1 if there is no cut
};
/// Error(usage) for a share that is not in [0, 1].
EIGENLENS_API BandCut cut_band(const PrincipalDirections& principal, const Band& band);

/// The least-squares probe on bands, for every cut: entry K belongs to the cut behind direction K, K = 0 … R.
struct BandCurves {
  std::vector<double> variance;      ///< share of it in directions 1 … K
  std::vector<double> alignment;     ///< of the top band, (8); of the bottom band it is 1 − this
  std::string test;                  ///< name of the set the accuracies are of; empty: none
  std::int64_t test_count = 0;       ///< its samples
  std::vector<double> accuracy_top;  ///< of the probe on directions 1 … K, share of test samples; empty: no test set
  std::vector<double> accuracy_bottom;  ///< on directions K + 1 … R

  /// The training error of a probe whose alignment is a: share of the centred targets' energy that it leaves.
  [[nodiscard]] static double training_error(double target_energy, double a) { return 1 - target_energy * a; }
};
EIGENLENS_API BandCurves band_curves(const PrincipalDirections& principal);
/// Fills the accuracies in one pass over a test set: 2DR + 4RC flops a sample. Error(usage) if its shape is another
/// one, Error(data) for labels that the training set does not have or values that are not finite.
EIGENLENS_API void test_bands(const PrincipalDirections& principal, Dataset& test, const Device& device,
                              const Progress& progress, BandCurves& curves);

/// How the values of a written set are stored.
enum class NumberForm {
  as_read,  ///< in the format that was read: 8-bit sets stay 8-bit sets, values are rounded and clipped
  float32,  ///< a pair of .npy files of 32-bit floats, whatever was read: nothing is clipped or rounded to integers
};

/// A band that was written as a data set.
struct WrittenBand {
  BandCut cut;
  std::string folder;
  std::int64_t values = 0;   ///< numbers written, of all sets
  std::int64_t clipped = 0;  ///< of them, those beyond 0 … 255 before they were rounded
};

/// A set whose samples are to be projected: itself, not behind prefetch().
struct BandSource {
  Dataset& data;
  std::int64_t count = 0;  ///< samples that it yields
};
/// Whether one folder can hold both sets, so that either is found by its split: one format, which is no list, two
/// splits, the same names of classes.
EIGENLENS_API bool fit_one_folder(const DatasetInfo& a, const DatasetInfo& b, NumberForm numbers);

/// Writes every band as a data set in FOLDER/NAME (FOLDER/top-0.75): the format of what was read (images as PNG; a
/// generated set as IDX or .npy), the same order, labels counted from 0. Several sets, such as the training and the
/// test samples, are projected on the same directions and written side by side. A folder appears when all bands are
/// done; it must not be there before, unless empty. Batches go through the device: 4DK flops a sample and band. Errors:
/// usage (share, shape, folder that is taken, sets that do not fit one folder), data (another number of samples), io,
/// those of the reader.
EIGENLENS_API std::vector<WrittenBand> write_bands(const PrincipalDirections& principal,
                                                   const std::vector<BandSource>& sets, const std::vector<Band>& bands,
                                                   const std::string& folder, NumberForm numbers, const Device& device,
                                                   const Progress& progress = {});
/// The folder of one of them; Error(usage) if it is taken.
EIGENLENS_API std::string band_folder(const std::string& folder, const Band& band);

/// A contact sheet as PNG: a row of originals, and below them a row a band; ten columns, the first samples of each
/// class as they come. Values of floats are scaled from the originals' range to 0 … 255; all are clipped. Reads until
/// it has them. Error(usage) for vectors, and for images that are neither grey nor RGB.
EIGENLENS_API void draw_bands(const PrincipalDirections& principal, Dataset& data, const std::vector<Band>& bands,
                              const std::string& out, const Device& device);
/// Throws as draw_bands does for such a set.
EIGENLENS_API void require_sheet(const DatasetInfo& info);

/// What bands say of a data set, and what is made of them.
struct BandsResult : ResultFacts {
  std::vector<double> eigenvalues;
  BandCurves curves;
  std::vector<BandCut> table;        ///< top and bottom bands of a grid of shares
  std::vector<WrittenBand> written;  ///< also those that are only on the sheet, without a folder
  std::string sheet;                 ///< path of the contact sheet, as it was asked for; empty: none
  std::string notice;                ///< what a person should be told: why the test set was not written; or empty
};

/// 0.05, 0.1, … 0.95 and 0.99.
EIGENLENS_API std::vector<double> band_shares();

/// Whether the samples of a set may be read on another thread, ahead of the work.
enum class ReadAhead { allowed, forbidden };

struct BandsOptions {
  std::vector<Band> bands;                           ///< each once
  std::function<std::unique_ptr<Dataset>()> test;    ///< opens the set whose accuracy is wanted; empty: none
  std::function<std::unique_ptr<Dataset>()> source;  ///< opens the set that the moments are of, itself; for:
  std::string folder;                                ///< where its bands, and those of `test`, are written; or empty
  std::string sheet;                                 ///< contact sheet of it, a .png; or empty
  NumberForm numbers = NumberForm::as_read;
  ReadAhead ahead = ReadAhead::allowed;  ///< of `test`
  Progress progress;
};

/// Top and bottom bands of these shares.
EIGENLENS_API std::vector<Band> bands_of(const std::vector<double>& top, const std::vector<double>& bottom);
/// Refuses what bands() could not do, before the moments are there: a band that is asked for twice, a folder that is
/// taken, images of which no sheet can be drawn, sets that cannot be opened. Errors: usage, those of the reader.
EIGENLENS_API void require_bands(const BandsOptions& options);
/// All of it: directions, curves, the table, accuracy, sheet and folders. Cost and errors: those of the functions
/// above.
EIGENLENS_API BandsResult bands(const Moments& moments, const Device& device, const BandsOptions& options = {});

/// `eigenlens.bands/1`, written atomically.
EIGENLENS_API void write_json(const BandsResult& result, const std::string& path, const ReportOptions& options = {});
/// The same document as a text.
EIGENLENS_API std::string to_json(const BandsResult& result, const ReportOptions& options = {});
/// For a terminal.
EIGENLENS_API std::string format_table(const BandsResult& result);
/// Draws such a file: accuracy, or alignment without a test set, against the share of the variance. Errors as
/// plot_curves.
EIGENLENS_API void plot_bands(const std::string& bands_json, const std::string& out);

}  // namespace eigenlens
