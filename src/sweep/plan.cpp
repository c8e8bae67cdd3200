// SPDX-License-Identifier: Apache-2.0
// What a run takes, before it starts.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "backend/backend.hpp"
#include "eigenlens/byte_size.hpp"
#include "eigenlens/sweep.hpp"
#include "solve/family.hpp"
#include "sweep/families.hpp"

namespace eigenlens {
namespace {

/// The program, its libraries and their buffers, and the command line's copies of small things.
constexpr double fixed_bytes = 80 << 20;
/// Samples waiting to be multiplied (src/backend/cpu/gram_u8.hpp).
constexpr double stage_bytes = 64 << 20;
constexpr double default_batch_bytes = 8 << 20;
/// On a device: the code of its libraries and panels of a few columns; for every lane the room that cuBLAS and cuSOLVER
/// keep; samples on their way; columns of the moments while they are centred (src/backend/cuda/).
constexpr double device_fixed_bytes = 384 << 20;
constexpr double device_lane_bytes = 64 << 20;
constexpr double slice_bytes = 32 << 20;
constexpr double panel_bytes = 256 << 20;
/// Columns of Ω, (26) of docs/math.md.
constexpr double sketch = 32;

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

/// That are solved side by side.
std::int64_t most_strengths(const std::vector<FamilyTasks>& families, Outcome outcome) {
  if (outcome == Outcome::structures) return 1;
  std::size_t most = 1;
  for (const FamilyTasks& family : families)
    if (!family.groups.empty()) most = std::max(most, family.tasks.size());
  return static_cast<std::int64_t>(most);
}

/// Bytes of the two memories; on the CPU `device` counts as host memory too.
struct Need {
  double host = 0;
  double device = 0;
};

/// What there is; nothing needed yet.
MemoryPlan empty_plan(const Device& device) {
  MemoryPlan plan;
  plan.budget = device.memory_budget();
  plan.device_budget = device.backend().device_memory();
  return plan;
}

void fill(MemoryPlan& plan, const Need& need) {
  const bool apart = plan.device_budget > 0;
  plan.bytes = bytes_of(need.host + (apart ? 0 : need.device));
  plan.device_bytes = bytes_of(apart ? need.device : 0);
}

/// "0.61 GiB; 7.50 GiB are available", or both memories.
std::string amounts(const MemoryPlan& plan, const Device& device) {
  const std::string host = format_byte_size(plan.bytes), host_budget = format_byte_size(plan.budget);
  if (plan.device_budget == 0) return fmt::format("{}; {} are available", host, host_budget);
  return fmt::format("{} of {}'s memory and {} of the host's; {} and {} are available",
                     format_byte_size(plan.device_bytes), device.label(), host, format_byte_size(plan.device_budget),
                     host_budget);
}

std::string place(const Device& device) { return device.name() == "cpu" ? "the CPU" : device.label(); }

/// The CPU in place of a device that auto chose and whose memory `plan` does not fit; `work`: "this sweep".
Device cpu_for_want_of_memory(const Device& device, const MemoryPlan& plan, std::string_view work) {
  const std::string needed = format_byte_size(plan.device_bytes), free = format_byte_size(plan.device_budget);
  return device.cpu_instead(
      fmt::format("{}, which auto chose, is too small for {}: {} needed, {} free", device.label(), work, needed, free),
      fmt::format("{} is too small for {} ({} needed, {} free)", device.label(), work, needed, free));
}

/// Squares of D × D doubles in the backend's memory; for encoders, the D columns I in all that is projected.
struct Squares {
  std::int64_t shared = 3;  ///< G, U, E
  std::int64_t lane = 2;    ///< what is decomposed, and its vectors
};

Squares squares_of(const Backend& backend, SolveMode mode, Outcome outcome) {
  Squares squares;
  if (encodes(outcome)) squares = {.shared = squares.shared + 3, .lane = squares.lane + 2};
  if (keeps_principal(outcome)) squares.shared += 1;
  const bool accurate = mode == SolveMode::accurate;
  const bool refined = !accurate && backend.eigh_accuracy() == Accuracy::absolute;
  if (accurate || refined) squares.shared += 1;  // Q
  if (refined) squares.lane += 1;                // room to refine small eigenvalues in
  return squares;
}

}  // namespace

MemoryPlan plan_moments(const DatasetInfo& info, std::int64_t batch, const Device& device) {
  const auto d = static_cast<double>(info.shape.size()), c = static_cast<double>(info.classes);
  const double scalar = info.scalar == ScalarType::uint8 ? 1 : info.scalar == ScalarType::float32 ? 4 : 8;
  const double samples = std::min(static_cast<double>(info.count), static_cast<double>(batch));
  const double one_batch = batch > 0 ? samples * d * scalar : std::max<double>(default_batch_bytes, d * scalar);
  const double sums = moments_bytes(d, c);
  MemoryPlan plan = empty_plan(device);
  Need need;
  // Two batches being read and one waiting, the file's order of one; the sums handed over.
  need.host = sums + 4 * one_batch + 12 * static_cast<double>(info.count) + fixed_bytes;
  if (plan.device_budget > 0) {
    const double slice = std::max(8 * d, slice_bytes);
    need.host += 2 * slice;  // pinned
    // The same two, and one as it is multiplied; 32-bit sums beside the others.
    need.device = sums + 4 * d * d + 3 * slice + device_fixed_bytes;
  } else {
    need.device = sums + stage_bytes + (scalar > 1 ? one_batch / scalar * 8 : 0);  // floats also as doubles
  }
  fill(plan, need);
  plan.text =
      fmt::format("moments of D = {} inputs on {} need {}", info.shape.size(), place(device), amounts(plan, device));
  return plan;
}

MemoryPlan plan_merge(std::int64_t dimension, std::int64_t classes, const Device& device) {
  MemoryPlan plan;
  plan.bytes = bytes_of(4 * moments_bytes(static_cast<double>(dimension), static_cast<double>(classes)) + fixed_bytes);
  plan.budget = device.memory_budget();
  plan.text = fmt::format("merging moments of D = {} inputs needs {}; {} are available", dimension,
                          format_byte_size(plan.bytes), format_byte_size(plan.budget));
  return plan;
}

MemoryPlan plan_sweep(const ImageShape& shape, std::int64_t classes, const std::vector<Pretext>& pretexts,
                      SolveMode mode, const Device& device, Outcome outcome) {
  const Backend& backend = device.backend();
  // Beyond the largest order there is no sweep, and the list of every input's group may itself not fit.
  const bool solvable = shape.size() <= backend.largest_order(mode);
  const auto families = solvable ? by_family(pretexts, shape, 1) : std::vector<FamilyTasks>{};
  const auto d = static_cast<double>(shape.size()), c = static_cast<double>(classes);
  MemoryPlan plan = empty_plan(device);
  const bool apart = plan.device_budget > 0;
  const Squares squares = squares_of(backend, mode, outcome);
  const double square = 8 * d * d, column = 8 * d, projected = c + 4 * sketch;  // columns of [M, G²Ω, GΩ, BΩ, Ω]
  const double solver = solvable ? static_cast<double>(backend.solver_bytes(shape.size(), mode)) : 0;
  const double curves = 8 * d * 12 * static_cast<double>(pretexts.size());
  // L_B three times while it is made; what is projected, and that of every lane with its checks.
  const double shared = static_cast<double>(squares.shared) * square + 24 * block_entries(families) +
                        column * (3 * projected + 2 * sketch) +
                        (apart ? std::min(square, panel_bytes) + device_fixed_bytes : 0);
  const double lane = static_cast<double>(squares.lane) * square + solver + column * 2 * (projected + sketch) +
                      (apart ? device_lane_bytes : 0);
  const double host = moments_bytes(d, c) + column * 2 * projected + curves + fixed_bytes;
  plan.lanes = backend.lanes(shape.size(), most_strengths(families, outcome));
  fill(plan, {host, shared + plan.lanes * lane});
  while (plan.lanes > 1 && !plan.fits()) fill(plan, {host, shared + --plan.lanes * lane});
  plan.text = fmt::format(
      "a sweep of D = {} inputs on {}, {} at a time, needs {} matrices of D x D and the solver's room: {}",
      shape.size(), place(device), plan.lanes, squares.shared + plan.lanes * squares.lane, amounts(plan, device));
  return plan;
}

Device suited(const Device& device, const ImageShape& shape, std::int64_t classes, const std::vector<Pretext>& pretexts,
              SolveMode mode, Outcome outcome) {
  const Backend& backend = device.backend();
  if (device.choice() == DeviceChoice::forced || backend.device_memory() == 0) return device;
  if (shape.size() > backend.largest_order(mode))
    return device.cpu_instead(fmt::format("D = {} is beyond the largest problem of {}, which auto chose: {}",
                                          shape.size(), device.label(), backend.largest_order(mode)),
                              fmt::format("D = {} is beyond the largest problem of {}, {}", shape.size(),
                                          device.label(), backend.largest_order(mode)));
  const MemoryPlan plan = plan_sweep(shape, classes, pretexts, mode, device, outcome);
  return plan.device_bytes <= plan.device_budget ? device : cpu_for_want_of_memory(device, plan, "this sweep");
}

Device suited(const Device& device, const DatasetInfo& info, std::int64_t batch) {
  if (device.choice() == DeviceChoice::forced || device.backend().device_memory() == 0) return device;
  const MemoryPlan plan = plan_moments(info, batch, device);
  return plan.device_bytes <= plan.device_budget ? device : cpu_for_want_of_memory(device, plan, "these moments");
}

}  // namespace eigenlens
