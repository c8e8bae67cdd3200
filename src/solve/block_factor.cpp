// SPDX-License-Identifier: Apache-2.0
#include "solve/block_factor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "eigenlens/error.hpp"
#include "host/lapack.hpp"
#include "host/parallel.hpp"

namespace eigenlens {
namespace {

using lapack::Int;

struct FactoredBlock {
  std::vector<std::int64_t> index;  ///< members in the order of the pivots
  std::int64_t rank = 0;
  std::vector<double> l;  ///< size × rank
};

FactoredBlock factor_block(const std::vector<std::int64_t>& members, const Centring& centring) {
  const auto size = members.size();
  std::vector<double> block(size * size);
  double largest = 0;
  for (std::size_t j = 0; j < size; ++j)
    for (std::size_t i = j; i < size; ++i) block[i + j * size] = centring.gram(members[i], members[j]);
  for (std::size_t j = 0; j < size; ++j) largest = std::max(largest, block[j + j * size]);
  // The rank policy of G itself, on the block: what is dropped here lies at about G's own threshold or below.
  const double tolerance = centring.rank_tolerance() * largest;
  std::vector<Int> pivots(size);
  std::vector<double> work(2 * size);
  const Int n = static_cast<Int>(size);
  Int rank = 0, info = 0;
  lapack::table().dpstrf("L", &n, block.data(), &n, pivots.data(), &rank, &tolerance, work.data(), &info);
  if (info < 0)
    throw Error(ErrorCode::numerical, fmt::format("dpstrf refused argument {} for a block of {}", -info, size));
  FactoredBlock factored{.index = {}, .rank = rank, .l = std::vector<double>(size * static_cast<std::size_t>(rank))};
  for (const Int pivot : pivots) factored.index.push_back(members[static_cast<std::size_t>(pivot - 1)]);
  for (std::size_t k = 0; k < static_cast<std::size_t>(rank); ++k)
    std::copy(block.begin() + static_cast<std::ptrdiff_t>(k * size + k),
              block.begin() + static_cast<std::ptrdiff_t>((k + 1) * size),
              factored.l.begin() + static_cast<std::ptrdiff_t>(k * size + k));
  return factored;
}

}  // namespace

GroupMembers group_members(const std::vector<std::int32_t>& groups, const Centring& centring) {
  GroupMembers members;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (centring.constant(static_cast<std::int64_t>(i))) continue;
    const auto g = static_cast<std::size_t>(groups[i]);
    if (g >= members.size()) members.resize(g + 1);
    members[g].push_back(static_cast<std::int64_t>(i));
  }
  std::erase_if(members, [](const std::vector<std::int64_t>& group) { return group.empty(); });
  return members;
}

BlockFactor factor_blocks(const GroupMembers& members, const Centring& centring, int threads) {
  std::vector<FactoredBlock> factored(members.size());
  {
    const lapack::ThreadScope scope(1);
    parallel_for(threads, static_cast<std::int64_t>(members.size()), [&](std::int64_t g) {
      factored[static_cast<std::size_t>(g)] = factor_block(members[static_cast<std::size_t>(g)], centring);
    });
  }
  BlockFactor blocks;
  blocks.row_begin = blocks.rank_begin = blocks.value_begin = {0};
  for (const FactoredBlock& f : factored) {
    blocks.index.insert(blocks.index.end(), f.index.begin(), f.index.end());
    blocks.values.insert(blocks.values.end(), f.l.begin(), f.l.end());
    blocks.rows += static_cast<std::int64_t>(f.index.size());
    blocks.rank += f.rank;
    blocks.row_begin.push_back(blocks.rows);
    blocks.rank_begin.push_back(blocks.rank);
    blocks.value_begin.push_back(static_cast<std::int64_t>(blocks.values.size()));
  }
  return blocks;
}

DenseF64 multiply_blocks(const GroupMembers& members, const Centring& centring, const DenseF64& x, int threads) {
  const std::int64_t columns = x.cols();
  DenseF64 rows(columns, x.rows()), sums(columns, x.rows());  // transposed: the inner loop runs along memory
  for (std::int64_t c = 0; c < columns; ++c)
    for (std::int64_t i = 0; i < x.rows(); ++i) rows(c, i) = x(i, c);
  parallel_for(threads, static_cast<std::int64_t>(members.size()), [&](std::int64_t g) {
    const std::vector<std::int64_t>& group = members[static_cast<std::size_t>(g)];
    for (const std::int64_t j : group)
      for (const std::int64_t i : group) {
        const double b = centring.gram(i, j);
        const double* from = rows.col(j);
        double* to = sums.col(i);
        for (std::int64_t c = 0; c < columns; ++c) to[c] += b * from[c];
      }
  });
  DenseF64 y(x.rows(), columns);
  for (std::int64_t c = 0; c < columns; ++c)
    for (std::int64_t i = 0; i < x.rows(); ++i) y(i, c) = sums(c, i);
  return y;
}

}  // namespace eigenlens
