// SPDX-License-Identifier: Apache-2.0
// What a run takes, before it starts.
#include <fmt/format.h>

#include <algorithm>

#include "backend/backend.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {
namespace {

/// The program, its libraries and their buffers.
constexpr std::int64_t fixed_bytes = 64 << 20;
/// Two batches being read and one repacked.
constexpr std::int64_t batch_bytes = 40 << 20;

double gibibytes(std::int64_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

std::int64_t moments_bytes(std::int64_t d, std::int64_t c) { return 8 * (d * d + d * c + 4 * d); }

}  // namespace

MemoryPlan plan_moments(std::int64_t dimension, std::int64_t classes, Arithmetic arithmetic, const Device& device) {
  MemoryPlan plan;
  // The moments and the accumulator behind them; float batches also wait in double.
  const std::int64_t batch = arithmetic == Arithmetic::float64 ? 2 * batch_bytes : batch_bytes;
  plan.bytes = 2 * moments_bytes(dimension, classes) + batch + fixed_bytes;
  plan.budget = device.memory_budget();
  plan.text = fmt::format("moments of D = {} inputs need {:.2f} GiB; {:.2f} GiB are available", dimension,
                          gibibytes(plan.bytes), gibibytes(plan.budget));
  return plan;
}

MemoryPlan plan_sweep(std::int64_t dimension, std::int64_t classes, std::int64_t strengths, Arithmetic, SolveMode mode,
                      const Device& device) {
  const std::int64_t square = 8 * dimension * dimension;
  const bool accurate = mode == SolveMode::accurate;
  // G, U, E (and Q); then a lane: two matrices and the solver's room (dgesdd: 5).
  const std::int64_t shared = moments_bytes(dimension, classes) + (accurate ? 4 : 3) * square +
                              8 * dimension * (3 * classes + 20 * 32) + fixed_bytes;
  const std::int64_t lane = (accurate ? 7 : 2) * square;
  MemoryPlan plan;
  plan.budget = device.memory_budget();
  plan.lanes = device.backend().lanes(dimension, strengths);
  while (plan.lanes > 1 && shared + plan.lanes * lane > plan.budget) --plan.lanes;
  plan.bytes = shared + plan.lanes * lane;
  plan.text = fmt::format(
      "a sweep of D = {} inputs, {} strengths side by side, needs {:.2f} GiB ({} matrices of D x D beside the "
      "moments); {:.2f} GiB are available",
      dimension, plan.lanes, gibibytes(plan.bytes), (accurate ? 4 : 3) + plan.lanes * lane / square,
      gibibytes(plan.budget));
  return plan;
}

}  // namespace eigenlens
