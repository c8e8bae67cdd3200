// SPDX-License-Identifier: Apache-2.0
/// \file
/// The second moments of a labelled data set: everything that eigenlens ever needs of it (docs/math.md, section 1).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/dense.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/progress.hpp"

namespace eigenlens {

/// exact: 64-bit integers, no rounding at any N up to 10¹⁰ (uint8 data). float64: sums of x − shift in double.
enum class Arithmetic { exact, float64 };

/// Which products of N samples of D inputs the work starts from.
enum class MomentsForm {
  automatic,  ///< dual where there are fewer samples than inputs, else primal
  primal,     ///< of the inputs, D × D: Moments
  dual,       ///< of the samples, N × N: DualMoments (dual_moments.hpp)
};

/// A value: copy, merge, save and load it. Moments of disjoint samples add up.
///
/// Exact moments use the integer members and leave the float ones empty; float64 moments the other way round. Float
/// sums are of x − shift, with one shift for all samples (about the first batch's mean), so that centring loses no
/// digits.
struct EIGENLENS_API Moments {
  Arithmetic arithmetic = Arithmetic::exact;
  ImageShape shape;                        ///< D = shape.size()
  std::int64_t count = 0;                  ///< N
  std::vector<std::int64_t> class_counts;  ///< C: Σy of the one-hot targets
  std::vector<std::int64_t> sum;           ///< D: Σx                   (exact)
  DenseI64 gram;                           ///< D × D: Σxxᵀ, symmetric  (exact)
  DenseI64 cross;                          ///< D × C: Σxyᵀ             (exact)
  std::vector<double> shift;               ///< D: s                    (float64)
  std::vector<double> sum_f64;             ///< D: Σ(x − s)             (float64)
  DenseF64 gram_f64;                       ///< D × D: Σ(x − s)(x − s)ᵀ (float64)
  DenseF64 cross_f64;                      ///< D × C: Σ(x − s)yᵀ       (float64)
  std::string dataset;                     ///< for people
  std::vector<std::string> class_names;    ///< empty, or C names

  [[nodiscard]] std::int64_t dimension() const noexcept { return shape.size(); }
  [[nodiscard]] std::int64_t classes() const noexcept { return static_cast<std::int64_t>(class_counts.size()); }
  bool operator==(const Moments&) const = default;
};

/// The classes that are made room for where their number is not known beforehand: labels 0 to 2²⁰ − 1.
inline constexpr std::int64_t most_unknown_classes = std::int64_t{1} << 20;

/// Accumulates batches on a device. uint8 batches give exact moments: the same bits for every batch size, thread count,
/// order, split and device. One accumulator takes one scalar type.
///
/// Batches of host memory below 4 MiB are gathered, and added together: a loader's 32 samples at a time cost little
/// more than thousands. Larger ones are not copied.
class EIGENLENS_API MomentsAccumulator {
 public:
  /// info.classes 0: C is the number of class names, or without them grows with the labels, up to most_unknown_classes;
  /// finish() then gives the largest label + 1. info.count does not matter. Memory: see plan_moments (sweep.hpp).
  MomentsAccumulator(Device device, const DatasetInfo& info);
  ~MomentsAccumulator();
  MomentsAccumulator(MomentsAccumulator&&) noexcept;
  MomentsAccumulator& operator=(MomentsAccumulator&&) noexcept;

  /// Adds b samples; their memory may change on return. Cost: b·D(D+1)/2 multiply-adds. Throws Error(data) for NaN, Inf
  /// (row and column named) or a label outside [0, C), Error(memory) for a label whose class sums, 24·D bytes a class,
  /// do not fit the budget, Error(usage) for CUDA memory that is not that of the device; the moments are then unchanged
  /// by this batch. Values in CUDA memory are copied on the device, and this waits for the copy.
  void add(const Batch& batch);
  /// The moments of all that was added; the accumulator is empty afterwards. To look and go on, keep what it gives and
  /// merge() what comes later: exact moments are the same bits. Cost: 16·D² bytes moved.
  [[nodiscard]] Moments finish();
  /// What adds up: suited(device, …).
  [[nodiscard]] const Device& device() const noexcept;

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// Reads a whole data set once. Errors: those of the reader and of add; Error(data) for an empty set.
EIGENLENS_API Moments accumulate(Dataset& dataset, const Device& device, const Progress& progress = {});
/// The same, into an accumulator that was made for this data set's info, which tells what device it took.
EIGENLENS_API Moments accumulate(Dataset& dataset, MomentsAccumulator& moments, const Progress& progress = {});

/// Moments of the union of two disjoint sets of samples. Exact for exact moments; float64 moments are brought to a's
/// shift first. Fewer classes on one side count as empty classes. Throws Error(usage) if shapes or arithmetic differ.
EIGENLENS_API Moments merge(const Moments& a, const Moments& b);

/// Moments of a without the samples of b. The same rules; Error(usage) if b has more samples of a class than a.
EIGENLENS_API Moments subtract(const Moments& a, const Moments& b);

/// Writes a safetensors file (docs/formats.md): temporary file, fsync, rename; CRC-32 of every tensor in its metadata.
/// Cost: one pass over 8·D² bytes. Throws Error(io) and leaves nothing behind.
EIGENLENS_API void save_moments(const Moments& moments, const std::string& path);

/// Reads and verifies such a file: header, sizes against file length, checksums. Throws Error(data) or Error(io), and
/// Error(usage) for a file of the dual form.
EIGENLENS_API Moments load_moments(const std::string& path);

/// The same file without its sums: everything but sum, gram, cross and shift, which stay empty. Reads the header and a
/// few numbers: for planning before 8·D² bytes are read. Errors as load_moments, but only those of what is read.
EIGENLENS_API Moments load_moments_header(const std::string& path);

/// True if the file starts like a moments file, so that commands can take DATA or moments.
EIGENLENS_API bool is_moments_file(const std::string& path);

/// Which form a moments file has. Throws Error(io) if it cannot be read, Error(data) if it is none.
EIGENLENS_API MomentsForm moments_file_form(const std::string& path);

}  // namespace eigenlens
