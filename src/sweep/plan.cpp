// SPDX-License-Identifier: Apache-2.0
// What a run takes, before it starts.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "backend/backend.hpp"
#include "eigenlens/sweep.hpp"
#include "sweep/families.hpp"

namespace eigenlens {
namespace {

/// The program, its libraries and their buffers, and the command line's copies of small things.
constexpr std::int64_t fixed_bytes = 80 << 20;
/// Samples waiting to be multiplied (src/backend/cpu/gram_u8.hpp).
constexpr std::int64_t stage_bytes = 64 << 20;
constexpr std::int64_t default_batch_bytes = 8 << 20;

double gibibytes(std::int64_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

/// Products of sizes, which may not fit 64 bits: such a plan fits no budget.
std::int64_t bytes_of(double bytes) { return static_cast<std::int64_t>(std::min(bytes, 9e18)); }

double moments_bytes(double d, double c) { return 8 * (d * d + d * c + 4 * d); }

/// Σ size_g² of the largest family: the doubles of a block factor.
double block_entries(const std::vector<FamilyTasks>& families) {
  double most = 0;
  for (const FamilyTasks& family : families) {
    std::vector<double> sizes;
    for (const std::int32_t group : family.groups) {
      if (static_cast<std::size_t>(group) >= sizes.size()) sizes.resize(static_cast<std::size_t>(group) + 1);
      ++sizes[static_cast<std::size_t>(group)];
    }
    double entries = 0;
    for (const double size : sizes) entries += size * size;
    most = std::max(most, entries);
  }
  return most;
}

std::int64_t most_strengths(const std::vector<FamilyTasks>& families) {
  std::size_t most = 1;
  for (const FamilyTasks& family : families)
    if (!family.groups.empty()) most = std::max(most, family.tasks.size());
  return static_cast<std::int64_t>(most);
}

}  // namespace

MemoryPlan plan_moments(const DatasetInfo& info, std::int64_t batch, const Device& device) {
  const auto d = static_cast<double>(info.shape.size()), c = static_cast<double>(info.classes);
  const double scalar = info.scalar == ScalarType::uint8 ? 1 : info.scalar == ScalarType::float32 ? 4 : 8;
  const double samples = std::min(static_cast<double>(info.count), static_cast<double>(batch));
  const double one_batch = batch > 0 ? samples * d * scalar : std::max<double>(default_batch_bytes, d * scalar);
  // Two batches being read and one waiting, the file's order of one; floats also as doubles. The sums, and the sums
  // handed over.
  const double batches = 4 * one_batch + (scalar > 1 ? one_batch / scalar * 8 : 0);
  MemoryPlan plan;
  plan.bytes =
      bytes_of(2 * moments_bytes(d, c) + batches + 12 * static_cast<double>(info.count) + stage_bytes + fixed_bytes);
  plan.budget = device.memory_budget();
  plan.text = fmt::format("moments of D = {} inputs need {:.2f} GiB; {:.2f} GiB are available", info.shape.size(),
                          gibibytes(plan.bytes), gibibytes(plan.budget));
  return plan;
}

MemoryPlan plan_merge(std::int64_t dimension, std::int64_t classes, const Device& device) {
  MemoryPlan plan;
  plan.bytes = bytes_of(4 * moments_bytes(static_cast<double>(dimension), static_cast<double>(classes)) + fixed_bytes);
  plan.budget = device.memory_budget();
  plan.text = fmt::format("merging moments of D = {} inputs needs {:.2f} GiB; {:.2f} GiB are available", dimension,
                          gibibytes(plan.bytes), gibibytes(plan.budget));
  return plan;
}

MemoryPlan plan_sweep(const ImageShape& shape, std::int64_t classes, const std::vector<Pretext>& pretexts,
                      SolveMode mode, const Device& device) {
  // Beyond the largest order there is no sweep, and the list of every input's group may itself not fit.
  const bool solvable = shape.size() <= device.backend().largest_order(mode);
  const auto families = solvable ? by_family(pretexts, shape, 1) : std::vector<FamilyTasks>{};
  const auto d = static_cast<double>(shape.size()), c = static_cast<double>(classes);
  const double square = 8 * d * d;
  const bool accurate = mode == SolveMode::accurate;
  // G, U, E (and Q); then a lane: two matrices and the solver's room (dgesdd: 5). L_B three times while it is made.
  // Curves.
  const double shared = moments_bytes(d, c) + (accurate ? 4 : 3) * square + 24 * block_entries(families) +
                        8 * d * (3 * c + 20 * 32 + 9 * static_cast<double>(pretexts.size())) + fixed_bytes;
  const double lane = (accurate ? 7 : 2) * square;
  MemoryPlan plan;
  plan.budget = device.memory_budget();
  plan.lanes = device.backend().lanes(shape.size(), most_strengths(families));
  while (plan.lanes > 1 && shared + plan.lanes * lane > static_cast<double>(plan.budget)) --plan.lanes;
  plan.bytes = bytes_of(shared + plan.lanes * lane);
  plan.text = fmt::format(
      "a sweep of D = {} inputs, {} at a time, needs {:.2f} GiB ({} matrices of D x D beside the "
      "moments); {:.2f} GiB are available",
      shape.size(), plan.lanes, gibibytes(plan.bytes), accurate ? 4 + plan.lanes * 7 : 3 + plan.lanes * 2,
      gibibytes(plan.budget));
  return plan;
}

}  // namespace eigenlens
