// SPDX-License-Identifier: Apache-2.0
/// \file
/// The exact second moment of bytes: G = Σ x xᵀ in 64-bit integers, through 8-bit dot products where the processor has
/// them.
///
/// The vpdpbusd instructions multiply unsigned by signed bytes, so one operand is x − 128: a tile sums x_i (x_j − 128),
/// and 128·Σx_i is added back at the end, once. int32 sums are added to G before they could overflow
/// (GramU8Kernel::max_samples).
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/dense.hpp"

namespace eigenlens {

struct GramU8Kernel;

enum class CpuIsa { portable, avx2, avxvnni, avx512vnni };

std::string_view isa_name(CpuIsa isa);
bool isa_available(CpuIsa isa);
/// `forced`, or else the environment variable EIGENLENS_CPU_ISA, or else the best of this processor. Error(usage) for a
/// name that is none of portable, avx2, avxvnni, avx512vnni; Error(unavailable) if the processor lacks it.
CpuIsa choose_isa(std::string_view forced = {});

/// Uninitialised memory that starts on a cache line.
template <class T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(std::int64_t count)
      : memory_(static_cast<T*>(::operator new (static_cast<std::size_t>(count) * sizeof(T), std::align_val_t{64}))) {}
  [[nodiscard]] T* data() const noexcept { return memory_.get(); }

 private:
  struct Free {
    void operator()(T* memory) const noexcept { ::operator delete (memory, std::align_val_t{64}); }
  };
  std::unique_ptr<T, Free> memory_;
};

/// Samples are packed into a stage as they come, and the stage is multiplied out when it is full, so batches of one
/// sample are as good as batches of thousands. Cost: b·D²/2 multiply-adds; 2·D bytes written and 2·D read per sample to
/// pack. Memory: D²·8 bytes, C·D·12 bytes and a stage of at most about 64 MiB (or 256 samples).
class GramU8 {
 public:
  GramU8(std::int64_t dimension, std::int64_t classes, int threads, CpuIsa isa);

  /// x: count × D bytes; labels in [0, classes).
  void add(const std::uint8_t* x, const std::int32_t* labels, std::int64_t count);
  /// The same; batch.scalar is uint8.
  void add(const Batch& batch) { add(static_cast<const std::uint8_t*>(batch.values), batch.labels, batch.count); }

  /// Labels in [0, classes) from now on; more than there were.
  void grow(std::int64_t classes);

  struct Result {
    std::vector<std::int64_t> sum;  ///< D
    DenseI64 gram;                  ///< D × D, both triangles
    DenseI64 cross;                 ///< D × C: per-class sums
  };
  /// The sums so far; empty afterwards.
  Result finish();

 private:
  struct Task {
    std::int64_t row, col, work;  ///< first row, first column, tiles to compute
  };
  void plan_tasks();
  void pack(const std::uint8_t* x, std::int64_t groups, int threads);
  void pack_range(const std::uint8_t* x, std::int64_t first, std::int64_t groups, std::uint8_t* scratch);
  void add_class_sums(const std::uint8_t* x, const std::int32_t* labels, std::int64_t count, int threads);
  void flush_class_sums();
  void multiply_stage();
  void multiply_task(const Task& task, std::int32_t* block);
  void complete_gram(const std::vector<std::int64_t>& sum);
  std::uint8_t* scratch(std::int64_t lane) const { return scratch_.data() + lane * scratch_bytes_; }

  std::int64_t dimension_;
  std::int64_t classes_;
  int threads_;
  const GramU8Kernel& kernel_;

  // The stage: chunks of `chunk_groups` groups, each chunk panel by panel.
  std::int64_t stage_groups_ = 0;  ///< capacity
  std::int64_t staged_ = 0;        ///< groups in it
  std::int64_t row_panels_ = 0, col_panels_ = 0;
  std::int64_t rows_chunk_bytes_ = 0, cols_chunk_bytes_ = 0;
  AlignedArray<std::uint8_t> rows_stage_, cols_stage_;
  std::vector<std::uint8_t> tail_;  ///< fewer samples than a group
  std::int64_t tail_count_ = 0;
  std::int64_t pack_groups_ = 0;  ///< groups packed at once through the scratch
  std::int64_t scratch_bytes_ = 0;
  AlignedArray<std::uint8_t> scratch_;

  std::int64_t block_rows_ = 0, block_cols_ = 0;  ///< of a task; multiples of the register tile
  std::vector<Task> tasks_;                       ///< the largest first

  DenseI64 gram_;
  DenseI64 cross_;
  std::vector<std::uint32_t> class_sums_;  ///< D × C, not yet in cross_
  std::int64_t class_sums_count_ = 0;
};

}  // namespace eigenlens
