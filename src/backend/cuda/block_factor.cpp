// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "backend/cuda/cholesky.hpp"
#include "backend/cuda/cuda_blocks.hpp"
#include "host/index.hpp"
#include "kernels/block_rows.hpp"
#include "kernels/pivot_step.hpp"
#include "kernels/pivoted_cholesky.hpp"

namespace eigenlens::cuda {
namespace {

/// An unpivoted factor stands if its pivots are this many times above the threshold at which a pivoted one would end.
constexpr double safe_pivots = 100;

/// Rows up to which a block that lacks rank is left to one multiprocessor, which others do not wait for: size³/6 steps,
/// predicted at 15 ms for so many. Beyond, the whole device does a launch a column, predicted at 5 µs each.
constexpr std::int64_t one_processor = 1024;

/// The blocks as the groups name them; ranks are not known yet.
struct Layout {
  std::vector<BlockShape> shapes;
  std::vector<std::int64_t> index;  ///< coordinates, block by block, ascending
  std::int64_t values = 0;          ///< Σ size²
};

/// Groups without a coordinate are left out.
Layout layout_of(std::span<const std::int32_t> groups) {
  const std::int32_t last = groups.empty() ? -1 : *std::max_element(groups.begin(), groups.end());
  std::vector<std::int64_t> next(at(std::max(last, -1) + 1) + 1);
  for (const std::int32_t group : groups)
    if (group >= 0) ++next[at(group) + 1];
  Layout layout;
  for (std::size_t group = 0; group + 1 < next.size(); ++group) {
    const std::int64_t size = next[group + 1];
    next[group + 1] += next[group];
    if (size == 0) continue;
    layout.shapes.push_back({.row = next[group], .value = layout.values, .size = size});
    layout.values += size * size;
  }
  layout.index.resize(at(next.back()));
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (groups[i] >= 0) layout.index[at(next[at(groups[i])]++)] = static_cast<std::int64_t>(i);
  return layout;
}

/// Factors the blocks of one layout on the device.
class Factorisation {
 public:
  Factorisation(Context& context, const Matrix& g, const Layout& layout, double tolerance)
      : context_(context), g_(g), layout_(layout), tolerance_(tolerance) {
    std::vector<kernels::BlockPlace> places;
    for (const BlockShape& s : layout.shapes) places.push_back({s.row, s.value, s.size});
    places_ = context.uploaded<kernels::BlockPlace>(places);
    index_ = context.uploaded<std::int64_t>(layout.index);
    diagonal_ = context.allocate<double>(index_.size());
    l_ = context.allocate<double>(layout.values);
    ranks_ = context.allocate<std::int64_t>(places_.size());
  }

  /// The rank of every block.
  std::vector<std::int64_t> run() {
    std::vector<std::int64_t> small, large;
    for (std::int64_t b = 0; b < places_.size(); ++b)
      (layout_.shapes[at(b)].size <= kernels::small_block ? small : large).push_back(b);
    pivoted(small);
    unpivoted(large);
    std::vector<std::int64_t> ranks = downloaded_ranks();
    std::vector<std::int64_t> refused;
    for (const std::int64_t b : large)
      if (ranks[at(b)] < 0) refused.push_back(b);
    if (refused.empty()) return ranks;
    const auto alone = std::partition(refused.begin(), refused.end(),
                                      [&](std::int64_t b) { return layout_.shapes[at(b)].size <= one_processor; });
    for (auto b = alone; b != refused.end(); ++b) pivoted_alone(layout_.shapes[at(*b)], ranks_.data() + *b);
    refused.erase(alone, refused.end());
    pivoted(refused);
    return downloaded_ranks();
  }

  [[nodiscard]] const Array<std::int64_t>& index() const { return index_; }
  [[nodiscard]] const Array<double>& l() const { return l_; }

 private:
  std::vector<std::int64_t> downloaded_ranks() {
    std::vector<std::int64_t> ranks(at(ranks_.size()));
    context_.download(ranks_.data(), ranks_.size(), ranks.data());
    return ranks;
  }

  void pivoted(const std::vector<std::int64_t>& blocks) {
    if (blocks.empty()) return;
    const Array<std::int64_t> ids = context_.uploaded<std::int64_t>(blocks);
    check_launch(
        kernels::pivoted_cholesky(g_.data(), g_.rows(), places_.data(), ids.data(), ids.size(), tolerance_,
                                  index_.data(), diagonal_.data(), l_.data(), ranks_.data(), context_.main().raw()),
        "pivoted_cholesky");
  }

  /// A large block on all multiprocessors, panel by panel of columns, for each of which the host waits.
  void pivoted_alone(const BlockShape& s, std::int64_t* device_rank) {
    const std::int64_t n = s.size;
    double* block = l_.data() + s.value;
    const Array<double> columns = context_.allocate<double>(n * n), left = context_.allocate<double>(2 * n);
    const Array<std::int64_t> order = context_.allocate<std::int64_t>(n);
    kernels::PivotRun run{.smallest = 0, .rank = -1};
    const Array<kernels::PivotRun> running = context_.uploaded<kernels::PivotRun>({&run, 1});
    const cudaStream_t stream = context_.main().raw();
    check_launch(kernels::gather_square(g_.data(), g_.rows(), index_.data() + s.row, n, block, stream),
                 "gather_square");
    for (std::int64_t first = 0; first < n && run.rank < 0; first += kernels::pivot_panel) {
      const std::int64_t end = std::min(n, first + kernels::pivot_panel);
      for (std::int64_t k = first; k < end; ++k)
        check_launch(kernels::pivot_step({.size = n,
                                          .k = k,
                                          .first = first,
                                          .tolerance = tolerance_,
                                          .s = block,
                                          .l = columns.data(),
                                          .left = left.data() + k % 2 * n,
                                          .next = left.data() + (k + 1) % 2 * n,
                                          .order = order.data(),
                                          .run = running.data()},
                                         stream),
                     "pivot_step");
      context_.download(running.data(), 1, &run);
      if (run.rank < 0 && end < n) subtract_panel(n, end - first, columns.data() + first * n, block);
    }
    arrange(s, run.rank < 0 ? n : run.rank, order.data(), columns.data(), device_rank);
  }

  /// S (n × n, lower triangle) ← S − L Lᵀ, L of n × k.
  void subtract_panel(std::int64_t n, std::int64_t k, const double* panel, double* s) {
    const double minus = -1, one = 1;
    check(
        cublasDsyrk_64(context_.main().blas(), CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, n, k, &minus, panel, n, &one, s, n),
        "cublasDsyrk");
  }

  /// Rows of L and coordinates into the order of the pivots, with those that were none behind.
  void arrange(const BlockShape& s, std::int64_t rank, const std::int64_t* pivots, const double* columns,
               std::int64_t* device_rank) {
    std::vector<std::int64_t> order(at(rank)), coordinates;
    context_.download(pivots, rank, order.data());
    std::vector<bool> taken(at(s.size));
    for (const std::int64_t row : order) taken[at(row)] = true;
    for (std::int64_t row = 0; row < s.size; ++row)
      if (!taken[at(row)]) order.push_back(row);
    for (const std::int64_t row : order) coordinates.push_back(layout_.index[at(s.row + row)]);
    const Array<std::int64_t> rows = context_.uploaded<std::int64_t>(order);
    check_launch(kernels::gather_rows(columns, s.size, rows.data(), s.size, rank, l_.data() + s.value, s.size,
                                      context_.main().raw()),
                 "gather_rows");
    context_.copy_to_device(index_.data() + s.row, coordinates.data(), coordinates.size() * sizeof(std::int64_t));
    context_.copy_to_device(device_rank, &rank, sizeof(rank));
  }

  void unpivoted(const std::vector<std::int64_t>& blocks) {
    if (blocks.empty()) return;
    const Array<int> infos = context_.allocate<int>(static_cast<std::int64_t>(blocks.size()));
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      const BlockShape& s = layout_.shapes[at(blocks[b])];
      check_launch(kernels::gather_square(g_.data(), g_.rows(), index_.data() + s.row, s.size, l_.data() + s.value,
                                          context_.main().raw()),
                   "gather_square");
      potrf(context_.main(), s.size, l_.data() + s.value, infos.data() + b);
    }
    const Array<std::int64_t> ids = context_.uploaded<std::int64_t>(blocks);
    check_launch(kernels::accept_cholesky(g_.data(), g_.rows(), places_.data(), ids.data(), ids.size(), infos.data(),
                                          safe_pivots * tolerance_, index_.data(), l_.data(), ranks_.data(),
                                          context_.main().raw()),
                 "accept_cholesky");
  }

  Context& context_;
  const Matrix& g_;
  const Layout& layout_;
  double tolerance_;
  Array<kernels::BlockPlace> places_;
  Array<std::int64_t> index_;
  Array<double> diagonal_;
  Array<double> l_;
  Array<std::int64_t> ranks_;
};

/// Consecutive small blocks side by side until the next one does not fit.
class Bundler {
 public:
  void add(const BlockShape& s) {
    if (bundles.empty() || rows_ + s.size > kernels::bundle_rows) {
      bundles.push_back({.first = static_cast<std::int64_t>(blocks.size()), .count = 0});
      rows_ = values_ = 0;
    }
    blocks.push_back({.row = s.row,
                      .direction = s.direction,
                      .value = s.value,
                      .size = static_cast<std::int32_t>(s.size),
                      .rank = static_cast<std::int32_t>(s.rank),
                      .start = static_cast<std::int32_t>(rows_),
                      .packed_start = static_cast<std::int32_t>(values_)});
    ++bundles.back().count;
    rows_ += s.size;
    values_ += kernels::packed(s.size, 0);
  }

  std::vector<kernels::BundledBlock> blocks;
  std::vector<kernels::Bundle> bundles;

 private:
  std::int64_t rows_ = 0, values_ = 0;
};

}  // namespace

std::shared_ptr<const CudaBlocks> factor_blocks(Context& context, const Matrix& g, std::span<const std::int32_t> groups,
                                                double tolerance) {
  const auto here = context.activate();
  Layout layout = layout_of(groups);
  auto blocks = std::make_shared<CudaBlocks>();
  blocks->dimension = g.rows();
  if (layout.shapes.empty()) return blocks;
  Factorisation factorisation(context, g, layout, tolerance);
  const std::vector<std::int64_t> ranks = factorisation.run();
  blocks->index = factorisation.index();
  blocks->l = factorisation.l();
  context.download(blocks->index.data(), blocks->index.size(), layout.index.data());
  Bundler bundler;
  std::vector<std::int64_t> independent;
  for (std::size_t b = 0; b < ranks.size(); ++b) {
    BlockShape& s = layout.shapes[b];
    s.rank = ranks[b];
    s.direction = blocks->directions;
    blocks->directions += s.rank;
    const auto first = layout.index.begin() + s.row;
    independent.insert(independent.end(), first, first + s.rank);
    if (s.rank == 0) continue;
    if (s.size <= kernels::small_block) {
      bundler.add(s);
    } else {
      blocks->large.push_back(s);
    }
  }
  blocks->independent = context.uploaded<std::int64_t>(independent);
  blocks->small = context.uploaded<kernels::BundledBlock>(bundler.blocks);
  blocks->bundles = context.uploaded<kernels::Bundle>(bundler.bundles);
  return blocks;
}

}  // namespace eigenlens::cuda
