// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/gram_u8.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "backend/cpu/gram_u8_kernel.hpp"
#include "host/parallel.hpp"
#include "moments/class_columns.hpp"

namespace eigenlens {
namespace {

/// Groups of a chunk: a panel of 32 rows is 24 KB in L1, a block of 224 rows 172 KB in L2.
constexpr std::int64_t chunk_groups = 192;
constexpr std::int64_t block_side = 224;  ///< rows and columns of a task, about
constexpr std::int64_t stage_bytes = std::int64_t{64} << 20;
constexpr std::int64_t stage_samples = 16384;                   ///< more gain nothing
constexpr std::int64_t class_sums_safe = 16'843'009;            ///< (2³² − 1) / 255
constexpr std::int64_t worth_a_thread = std::int64_t{1} << 21;  ///< bytes·operations below which a thread costs more

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

const GramU8Kernel& kernel_of(CpuIsa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case CpuIsa::avx512vnni:
      return gram_u8_avx512vnni();
    case CpuIsa::avxvnni:
      return gram_u8_avxvnni();
    case CpuIsa::avx2:
      return gram_u8_avx2();
#endif
    default:
      return gram_u8_portable();
  }
}

}  // namespace

GramU8::GramU8(std::int64_t dimension, std::int64_t classes, int threads, CpuIsa isa)
    : dimension_(dimension), classes_(classes), threads_(std::max(threads, 1)), kernel_(kernel_of(isa)) {
  row_panels_ = ceil_div(dimension, kernel_.rows);
  col_panels_ = ceil_div(dimension, kernel_.cols);
  rows_chunk_bytes_ = row_panels_ * kernel_.rows * 4 * chunk_groups;
  cols_chunk_bytes_ = col_panels_ * kernel_.cols * 4 * chunk_groups;
  const std::int64_t chunk_samples = chunk_groups * kernel_.samples;
  const std::int64_t most = std::min(stage_samples, kernel_.max_samples) / chunk_samples;
  const std::int64_t chunks = std::clamp<std::int64_t>(stage_bytes / (rows_chunk_bytes_ + cols_chunk_bytes_), 1, most);
  stage_groups_ = chunks * chunk_groups;
  rows_stage_ = AlignedArray<std::uint8_t>(chunks * rows_chunk_bytes_);
  cols_stage_ = AlignedArray<std::uint8_t>(chunks * cols_chunk_bytes_);
  std::memset(rows_stage_.data(), 0, static_cast<std::size_t>(chunks * rows_chunk_bytes_));
  std::memset(cols_stage_.data(), 0, static_cast<std::size_t>(chunks * cols_chunk_bytes_));
  tail_.resize(static_cast<std::size_t>(kernel_.samples * dimension));
  pack_groups_ = std::clamp<std::int64_t>((std::int64_t{32} << 10) / (4 * dimension), 4, 16);
  scratch_bytes_ = ceil_div(pack_groups_ * dimension * 4, 64) * 64;
  plan_tasks();
  scratch_bytes_ = std::max(scratch_bytes_, block_rows_ * block_cols_ * 4);
  scratch_ = AlignedArray<std::uint8_t>(threads_ * scratch_bytes_);
  gram_ = DenseI64(dimension, dimension);
  cross_ = DenseI64(dimension, classes);
  class_sums_.assign(static_cast<std::size_t>(dimension * classes), 0);
}

/// Blocks of block_rows × block_cols cover the lower triangle; each is written by one thread, so nothing is reduced.
/// Narrower blocks where there would be too few to share out.
void GramU8::plan_tasks() {
  block_rows_ = std::min(block_side / kernel_.rows, row_panels_) * kernel_.rows;
  std::int64_t panels = std::min(block_side / kernel_.cols, col_panels_);
  while (true) {
    block_cols_ = panels * kernel_.cols;
    tasks_.clear();
    for (std::int64_t col = 0; col < dimension_; col += block_cols_)
      for (std::int64_t row = 0; row < dimension_; row += block_rows_) {
        const std::int64_t height = std::min(block_rows_, dimension_ - row);
        const std::int64_t width = std::min(block_cols_, dimension_ - col);
        std::int64_t work = 0;
        for (std::int64_t j = col; j < col + width; ++j) work += std::clamp<std::int64_t>(row + height - j, 0, height);
        if (work > 0) tasks_.push_back({row, col, work});
      }
    if (panels == 1 || static_cast<std::int64_t>(tasks_.size()) >= 4 * threads_) break;
    panels = ceil_div(panels, 2);
  }
  std::stable_sort(tasks_.begin(), tasks_.end(), [](const Task& a, const Task& b) { return a.work > b.work; });
}

void GramU8::add(const std::uint8_t* x, const std::int32_t* labels, std::int64_t count) {
  const int threads = count * dimension_ < worth_a_thread / 8 ? 1 : threads_;
  add_class_sums(x, labels, count, threads);
  while (count > 0) {
    std::int64_t taken;
    if (tail_count_ > 0 || count < kernel_.samples) {
      taken = std::min(kernel_.samples - tail_count_, count);
      std::memcpy(tail_.data() + tail_count_ * dimension_, x, static_cast<std::size_t>(taken * dimension_));
      tail_count_ += taken;
      if (tail_count_ == kernel_.samples) {
        pack(tail_.data(), 1, 1);
        tail_count_ = 0;
      }
    } else {
      const std::int64_t groups = std::min(count / kernel_.samples, stage_groups_ - staged_);
      pack(x, groups, threads);
      taken = groups * kernel_.samples;
    }
    x += taken * dimension_;
    count -= taken;
    if (staged_ == stage_groups_) multiply_stage();
  }
}

/// Appends whole groups to the stage; each thread packs a run of them.
void GramU8::pack(const std::uint8_t* x, std::int64_t groups, int threads) {
  const std::int64_t parts = std::min<std::int64_t>(threads, ceil_div(groups, pack_groups_));
  parallel_for(threads, parts, [&](std::int64_t part) {
    const std::int64_t first = groups * part / parts;
    const std::int64_t last = groups * (part + 1) / parts;
    pack_range(x + first * kernel_.samples * dimension_, staged_ + first, last - first, scratch(part));
  });
  staged_ += groups;
}

void GramU8::pack_range(const std::uint8_t* x, std::int64_t first, std::int64_t groups, std::uint8_t* scratch) {
  for (std::int64_t done = 0; done < groups;) {
    const std::int64_t chunk = (first + done) / chunk_groups;
    const std::int64_t inside = (first + done) % chunk_groups;
    const std::int64_t some = std::min({groups - done, chunk_groups - inside, pack_groups_});
    kernel_.pack(x + done * kernel_.samples * dimension_, dimension_, some,
                 {.rows_out = rows_stage_.data() + chunk * rows_chunk_bytes_ + inside * kernel_.rows * 4,
                  .cols_out = cols_stage_.data() + chunk * cols_chunk_bytes_ + inside * kernel_.cols * 4,
                  .rows_stride = kernel_.rows * 4 * chunk_groups,
                  .cols_stride = kernel_.cols * 4 * chunk_groups,
                  .scratch = scratch});
    done += some;
  }
}

/// M += x yᵀ in uint32: 2³² > 255 · 16,843,009 samples, then into int64. Threads share the coordinates, cache line by
/// line.
void GramU8::add_class_sums(const std::uint8_t* x, const std::int32_t* labels, std::int64_t count, int threads) {
  for (std::int64_t done = 0; done < count;) {
    if (class_sums_count_ == class_sums_safe) flush_class_sums();
    const std::int64_t some = std::min(count - done, class_sums_safe - class_sums_count_);
    const std::int64_t lines = ceil_div(dimension_, 64);
    const std::int64_t parts = std::min<std::int64_t>(threads, lines);
    parallel_for(threads, parts, [&](std::int64_t part) {
      const std::int64_t first = lines * part / parts * 64;
      const std::int64_t last = std::min(lines * (part + 1) / parts * 64, dimension_);
      for (std::int64_t n = done; n < done + some; ++n)
        kernel_.add_row(x + n * dimension_ + first, last - first, class_sums_.data() + labels[n] * dimension_ + first);
    });
    class_sums_count_ += some;
    done += some;
  }
}

void GramU8::flush_class_sums() {
  for (std::size_t i = 0; i < class_sums_.size(); ++i) cross_.data()[i] += class_sums_[i];
  std::fill(class_sums_.begin(), class_sums_.end(), 0U);
  class_sums_count_ = 0;
}

void GramU8::grow(std::int64_t classes) {
  DenseI64 wider = with_classes(cross_, classes);
  class_sums_.resize(static_cast<std::size_t>(dimension_ * classes));
  cross_ = std::move(wider);
  classes_ = classes;
}

void GramU8::multiply_stage() {
  const bool small = staged_ * kernel_.samples * dimension_ * dimension_ / 64 < worth_a_thread;
  const int threads = small ? 1 : threads_;
  // One lane a thread, each with its own block of int32; the lanes take the next task as they become free.
  std::atomic<std::int64_t> next{0};
  parallel_for(threads, threads, [&](std::int64_t lane) {
    for (std::int64_t t = next++; t < static_cast<std::int64_t>(tasks_.size()); t = next++)
      multiply_task(tasks_[static_cast<std::size_t>(t)], reinterpret_cast<std::int32_t*>(scratch(lane)));
  });
  staged_ = 0;
}

/// G[block] += Σ over the stage. Per chunk a row panel stays in L1 while the column panels pass by from L2; tiles that
/// lie wholly above the diagonal are left out, and so is the upper vector of rows of those that need only their lower
/// one.
void GramU8::multiply_task(const Task& task, std::int32_t* block) {
  const std::int64_t row_end = std::min(task.row + block_rows_, dimension_);
  const std::int64_t col_end = std::min(task.col + block_cols_, dimension_);
  std::memset(block, 0, static_cast<std::size_t>(block_rows_ * block_cols_ * 4));
  for (std::int64_t start = 0; start < staged_; start += chunk_groups) {
    const std::uint8_t* rows = rows_stage_.data() + start / chunk_groups * rows_chunk_bytes_;
    const std::uint8_t* cols = cols_stage_.data() + start / chunk_groups * cols_chunk_bytes_;
    const std::int64_t groups = std::min(chunk_groups, staged_ - start);
    for (std::int64_t i = task.row; i < row_end; i += kernel_.rows)
      for (std::int64_t j = task.col; j < col_end && j < i + kernel_.rows; j += kernel_.cols) {
        const std::int64_t first = j > i ? (j - i) / kernel_.vector : 0;
        kernel_.tile(rows + i * 4 * chunk_groups, cols + j * 4 * chunk_groups, groups, first,
                     block + (i - task.row) + (j - task.col) * block_rows_, block_rows_);
      }
  }
  for (std::int64_t j = task.col; j < col_end; ++j) {
    const std::int32_t* from = block + (j - task.col) * block_rows_ - task.row;
    std::int64_t* to = gram_.col(j);
    for (std::int64_t i = std::max(task.row, j); i < row_end; ++i) to[i] += from[i];
  }
}

GramU8::Result GramU8::finish() {
  if (tail_count_ > 0) {  // samples of zeros add nothing: 0 · (0 − 128) = 0
    std::fill(tail_.begin() + tail_count_ * dimension_, tail_.end(), std::uint8_t{0});
    pack(tail_.data(), 1, 1);
    tail_count_ = 0;
  }
  multiply_stage();
  flush_class_sums();
  Result result;
  result.sum.assign(static_cast<std::size_t>(dimension_), 0);
  for (std::int64_t c = 0; c < classes_; ++c)
    for (std::int64_t i = 0; i < dimension_; ++i) result.sum[static_cast<std::size_t>(i)] += cross_(i, c);
  complete_gram(result.sum);
  result.gram = std::exchange(gram_, DenseI64(dimension_, dimension_));
  result.cross = std::exchange(cross_, DenseI64(dimension_, classes_));
  return result;
}

/// G_ij = Σ x_i (x_j − 128) + 128 Σ x_i in the lower triangle, then mirrored: 64 × 64 squares, 16·D² bytes moved.
void GramU8::complete_gram(const std::vector<std::int64_t>& sum) {
  constexpr std::int64_t side = 64;
  const std::int64_t squares = ceil_div(dimension_, side);
  parallel_for(dimension_ < 512 ? 1 : threads_, squares, [&](std::int64_t square) {
    const std::int64_t first = square * side;
    const std::int64_t last = std::min(first + side, dimension_);
    for (std::int64_t row = first; row < dimension_; row += side)
      for (std::int64_t j = first; j < last; ++j)
        for (std::int64_t i = std::max(row, j); i < std::min(row + side, dimension_); ++i) {
          gram_(i, j) += kernel_.offset * sum[static_cast<std::size_t>(i)];
          gram_(j, i) = gram_(i, j);
        }
  });
}

}  // namespace eigenlens
