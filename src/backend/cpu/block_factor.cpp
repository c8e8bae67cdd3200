// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/block_factor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/lapack.hpp"
#include "host/parallel.hpp"

namespace eigenlens {
namespace {

using lapack::Int;
using Members = std::vector<std::int64_t>;

struct FactoredBlock {
  Members index;  ///< members in the order of the pivots
  std::int64_t rank = 0;
  std::vector<double> l;  ///< size × rank
};

/// The coordinates of each group, ascending; groups without any are left out.
std::vector<Members> members_of(std::span<const std::int32_t> groups) {
  std::vector<Members> members;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] < 0) continue;
    const auto g = static_cast<std::size_t>(groups[i]);
    if (g >= members.size()) members.resize(g + 1);
    members[g].push_back(static_cast<std::int64_t>(i));
  }
  std::erase_if(members, [](const Members& group) { return group.empty(); });
  return members;
}

FactoredBlock factor_block(const Members& members, const Matrix& g, double tolerance) {
  const auto size = members.size();
  std::vector<double> block(size * size);
  double largest = 0;
  for (std::size_t j = 0; j < size; ++j)
    for (std::size_t i = j; i < size; ++i) block[i + j * size] = g.data()[members[i] + members[j] * g.rows()];
  for (std::size_t j = 0; j < size; ++j) largest = std::max(largest, block[j + j * size]);
  const double smallest = tolerance * largest;
  std::vector<Int> pivots(size);
  std::vector<double> work(2 * size);
  const Int n = static_cast<Int>(size);
  Int rank = 0, info = 0;
  lapack::table().dpstrf("L", &n, block.data(), &n, pivots.data(), &rank, &smallest, work.data(), &info);
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

CpuBlocks factor_on_host(const Matrix& g, std::span<const std::int32_t> groups, double tolerance, int threads) {
  const std::vector<Members> members = members_of(groups);
  std::vector<FactoredBlock> factored(members.size());
  {
    const lapack::ThreadScope scope(1);
    parallel_for(threads, static_cast<std::int64_t>(members.size()),
                 [&](std::int64_t b) { factored[at(b)] = factor_block(members[at(b)], g, tolerance); });
  }
  CpuBlocks blocks;
  blocks.row_begin = blocks.rank_begin = blocks.value_begin = {0};
  for (const FactoredBlock& f : factored) {
    blocks.index.insert(blocks.index.end(), f.index.begin(), f.index.end());
    blocks.values.insert(blocks.values.end(), f.l.begin(), f.l.end());
    blocks.directions += f.rank;
    blocks.row_begin.push_back(static_cast<std::int64_t>(blocks.index.size()));
    blocks.rank_begin.push_back(blocks.directions);
    blocks.value_begin.push_back(static_cast<std::int64_t>(blocks.values.size()));
  }
  return blocks;
}

}  // namespace eigenlens
