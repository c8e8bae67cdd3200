// SPDX-License-Identifier: Apache-2.0
// What a run takes, before it starts.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "backend/backend.hpp"
#include "data/scalar_size.hpp"
#include "eigenlens/byte_size.hpp"
#include "eigenlens/dual_moments.hpp"
#include "eigenlens/sweep.hpp"
#include "moments/sample_buffer.hpp"
#include "moments/sample_products.hpp"
#include "solve/family.hpp"
#include "solve/joint.hpp"
#include "sweep/families.hpp"
#include "sweep/plan_sizes.hpp"
#include "sweep/test_panels.hpp"

namespace eigenlens {
namespace {

/// The program, its libraries and their buffers, and the command line's copies of small things.
constexpr double fixed_bytes = 80 << 20;
constexpr double default_batch_bytes = 8 << 20;
/// On a device: the code of its libraries and panels of a few columns; for every lane the workspaces of a cuBLAS and a
/// cuSOLVER handle, 32 MiB each from compute capability 9.0 on, and as much for the cuBLAS inside cuSOLVER; samples on
/// their way; columns of the moments while they are centred (src/backend/cuda/).
constexpr double device_fixed_bytes = 384 << 20;
constexpr double device_lane_bytes = 128 << 20;
constexpr double slice_bytes = 32 << 20;
constexpr double panel_bytes = 256 << 20;
/// Columns that the roots of the secular equation take on all threads, of up to 16: 32 roots three times each.
constexpr double joint_columns = 16 * 96;
/// Columns of Ω, (26) of docs/math.md.
constexpr double sketch = 32;

bool has_tables(const std::vector<FamilyTasks>& families) {
  return std::any_of(families.begin(), families.end(),
                     [](const FamilyTasks& family) { return family.structure == Structure::table; });
}

/// Σ size_g² of the largest family: the doubles of a block factor.
double block_entries(const std::vector<FamilyTasks>& families, double d) {
  double most = has_tables(families) ? d * d : 0;  // S as one block
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

/// Samples of d values on their way to a device: 2,048 bytes or 256 float64 of each at least (src/backend/cuda/).
double slice_of(double d) { return std::max(2048 * d, slice_bytes); }

/// Pixels of the largest group.
std::int64_t largest_block(const std::vector<std::int32_t>& groups) {
  std::vector<std::int64_t> sizes(groups.size());
  for (const std::int32_t group : groups) ++sizes[static_cast<std::size_t>(group)];
  return *std::max_element(sizes.begin(), sizes.end());
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

/// What the joint objective takes beside the sweep: tables of the secular equation and panels of its roots, vectors
/// where there are encoders; or the dense problem's matrices (src/solve/).
Need joint_need(const std::vector<FamilyTasks>& families, double d, double c, Outcome outcome) {
  if (families.empty() || families[0].joint.empty()) return {};
  const double square = 8 * d * d, vectors = encodes(outcome) ? square : 0;
  if (joint_method(static_cast<std::int64_t>(d), static_cast<std::int64_t>(c)) == JointMethod::dense)
    return {.host = 5 * square, .device = 2 * square};
  return {.host = vectors + 8 * d * (3 * c * (c + 1) / 2 + joint_columns), .device = 0};
}

/// Squares of D × D doubles in the backend's memory; for encoders, the D columns I in all that is projected.
struct Squares {
  std::int64_t shared = 3;  ///< G, U, E
  std::int64_t lane = 2;    ///< what is decomposed, and its vectors
};

Squares squares_of(const Backend& backend, SolveMode mode, Outcome outcome, const std::vector<FamilyTasks>& families) {
  Squares squares;
  if (encodes(outcome)) squares = {.shared = squares.shared + 3, .lane = squares.lane + 2};
  if (keeps_principal(outcome)) squares.shared += 1;
  if (outcome == Outcome::autoencoders) squares.shared += 6;  // W, GW, SW, S, WᵀSW and its inverse
  const bool accurate = mode == SolveMode::accurate, tables = has_tables(families);
  const bool refined = !accurate && backend.eigh_accuracy() == Accuracy::absolute;
  if (accurate || refined || tables) squares.shared += 1;  // Q
  if (tables) squares.shared += accurate ? 3 : 1;          // the table, and where it has few rows, room to pad it
  if (refined) squares.lane += 1;                          // room to refine small eigenvalues in
  return squares;
}

/// What probes take beside the sweep (probe.cpp).
struct ProbeNeed {
  double host = 0;    ///< batches and a panel of test samples
  double shared = 0;  ///< the panel, as it came and centred
  double lane = 0;    ///< features of its samples, logits, and sums on their way
  double kept = 0;    ///< an encoder and its targets
};

ProbeNeed probe_need(std::int64_t dimension, double c, Outcome outcome) {
  if (outcome != Outcome::probe) return {};
  const auto d = static_cast<double>(dimension);
  const double width = static_cast<double>(panel_width(dimension)), panel = 8 * d * width;
  return {.host = 4 * default_batch_bytes + panel,
          .shared = 2 * panel,
          .lane = 2 * panel + 8 * c * (width + d),
          .kept = 8 * d * (d + c)};
}

/// ", and 2 passes over the test set"
std::string passes_text(std::int64_t kept, std::size_t pretexts) {
  if (kept == 0) return {};
  const std::int64_t passes = (static_cast<std::int64_t>(pretexts) + kept - 1) / kept;
  return passes == 1 ? ", and one pass over the test set" : fmt::format(", and {} passes over the test set", passes);
}

}  // namespace

MemoryPlan plan_moments(const DatasetInfo& info, std::int64_t batch, const Device& device) {
  const auto d = static_cast<double>(info.shape.size()), c = static_cast<double>(info.classes);
  const auto scalar = static_cast<double>(scalar_size(info.scalar));
  const double samples = std::min(static_cast<double>(info.count), static_cast<double>(batch));
  const double one_batch = batch > 0 ? samples * d * scalar : std::max<double>(default_batch_bytes, d * scalar);
  const double sums = moments_bytes(d, c);
  MemoryPlan plan = empty_plan(device);
  Need need;
  // Two batches being read and one waiting, the file's order of one; the sums handed over.
  need.host = sums + 4 * one_batch + static_cast<double>(SampleBuffer::capacity) +
              12 * static_cast<double>(info.count) + fixed_bytes;
  if (plan.device_budget > 0) {
    const double slice = slice_of(d);
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
  const Squares squares = squares_of(backend, mode, outcome, families);
  const double square = 8 * d * d, column = 8 * d, projected = c + 4 * sketch;  // columns of [M, G²Ω, GΩ, BΩ, Ω]
  const double solver = solvable ? static_cast<double>(backend.solver_bytes(shape.size(), mode)) : 0;
  const double solver_host = solvable ? static_cast<double>(backend.solver_host_bytes(shape.size(), mode)) : 0;
  const double curves = 8 * d * 12 * static_cast<double>(pretexts.size());
  // L_B three times while it is made; what is projected, and that of every lane with its checks.
  const double shared = static_cast<double>(squares.shared) * square + 24 * block_entries(families, d) +
                        column * (3 * projected + 2 * sketch) +
                        (apart ? std::min(square, panel_bytes) + device_fixed_bytes : 0);
  const double lane = static_cast<double>(squares.lane) * square + solver + column * 2 * (projected + sketch) +
                      (apart ? device_lane_bytes : 0);
  const double table = has_tables(families) ? 2 * square : 0;  // on the host, and while a file of it is checked
  const double host = moments_bytes(d, c) + table + column * 2 * projected + curves + fixed_bytes;
  const Need joint = joint_need(families, d, c, outcome);
  const ProbeNeed probe = probe_need(shape.size(), c, outcome);
  plan.lanes = backend.lanes(shape.size(), most_strengths(families, outcome));
  plan.kept = outcome == Outcome::probe ? 1 : 0;
  const auto fill_plan = [&] {
    fill(plan, {host + joint.host + probe.host + plan.lanes * solver_host,
                shared + joint.device + probe.shared + plan.lanes * (lane + probe.lane) +
                    static_cast<double>(plan.kept) * probe.kept});
  };
  for (fill_plan(); plan.lanes > 1 && !plan.fits(); fill_plan()) --plan.lanes;
  if (const auto all = static_cast<std::int64_t>(pretexts.size()); plan.kept > 0 && plan.fits()) {
    plan.kept = all;
    for (fill_plan(); plan.kept > 1 && !plan.fits(); fill_plan()) --plan.kept;
  }
  plan.text = fmt::format(
      "a sweep of D = {} inputs on {}, {} at a time, needs {} matrices of D x D and the solver's room{}: {}",
      shape.size(), place(device), plan.lanes, squares.shared + plan.lanes * squares.lane + plan.kept,
      passes_text(plan.kept, pretexts.size()), amounts(plan, device));
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

DualSize dual_size(const DatasetInfo& info, const std::vector<Pretext>& pretexts) {
  return {info.count, info.shape, info.classes, static_cast<std::int64_t>(structures_of(pretexts, info.shape).size())};
}

MemoryPlan plan_dual_moments(const DatasetInfo& info, const std::vector<Pretext>& pretexts, const Device& device) {
  const DualSize size = dual_size(info, pretexts);
  const auto n = static_cast<double>(size.count), d = static_cast<double>(size.shape.size());
  const auto scalar = static_cast<double>(scalar_size(info.scalar));
  const double square = 8 * n * n, samples = n * d * scalar + 4 * n + 9 * d;
  bool projects = false;  // blocks of as many pixels as there are samples
  double widest = static_cast<double>(panel_pixels);
  for (const Pretext& structure : structures_of(pretexts, info.shape)) {
    const std::int64_t block = largest_block(mask_groups(structure, info.shape));
    projects |= block >= size.count;
    widest = std::max(widest, static_cast<double>(std::min(block, size.count)));
  }
  const double panel = widest * (n * (scalar + 16) + 40 * widest);  // its sums twice, G and L
  MemoryPlan plan = empty_plan(device);
  const bool apart = plan.device_budget > 0;
  Need need;
  // What is kept; sums as they are handed over, and a block's products on their way up and down.
  need.host = samples + static_cast<double>(1 + size.families) * square + (projects ? 4 : 2) * square +
              4 * std::max<double>(default_batch_bytes, d * scalar) + panel + fixed_bytes;
  need.device = (projects ? 4 : 2) * square + panel +
                (apart ? 3 * slice_of(std::max(n, widest)) + device_fixed_bytes : stage_bytes);
  fill(plan, need);
  plan.text =
      fmt::format("dual moments of N = {} samples of D = {} inputs on {} need the samples and {} matrices of N x N: {}",
                  size.count, size.shape.size(), place(device), 1 + size.families, amounts(plan, device));
  return plan;
}

MemoryPlan plan_sweep(const DualSize& size, const std::vector<Pretext>& pretexts, SolveMode mode, const Device& device,
                      Outcome outcome) {
  const Backend& backend = device.backend();
  const bool solvable = size.count <= backend.largest_order(mode);
  const auto families = by_family(pretexts, size.shape, 1);
  const auto n = static_cast<double>(size.count), c = static_cast<double>(size.classes);
  MemoryPlan plan = empty_plan(device);
  const bool apart = plan.device_budget > 0;
  Squares squares = squares_of(backend, mode, outcome, families);
  squares.shared += 2;  // T and the eigenvectors of K
  const double square = 8 * n * n, column = 8 * n, projected = c + 4 * sketch;
  const double solver = solvable ? static_cast<double>(backend.solver_bytes(size.count, mode)) : 0;
  const double solver_host = solvable ? static_cast<double>(backend.solver_host_bytes(size.count, mode)) : 0;
  const double shared = static_cast<double>(squares.shared) * square + column * (3 * projected + 2 * sketch) +
                        (apart ? device_fixed_bytes : 0);
  const double lane = static_cast<double>(squares.lane) * square + solver + column * 2 * (projected + sketch) +
                      (apart ? device_lane_bytes : 0);
  const double host = static_cast<double>(1 + size.families) * square + column * (2 * projected + c) +
                      column * 9 * static_cast<double>(pretexts.size()) + fixed_bytes;
  plan.lanes = backend.lanes(size.count, most_strengths(families, outcome));
  const Need joint = joint_need(families, n, c, outcome);
  const auto need = [&](int lanes) {
    return Need{host + joint.host + lanes * solver_host, shared + joint.device + lanes * lane};
  };
  fill(plan, need(plan.lanes));
  while (plan.lanes > 1 && !plan.fits()) fill(plan, need(--plan.lanes));
  plan.text = fmt::format(
      "a sweep in the dual form, of N = {} samples, on {}, {} at a time, needs {} matrices of N x N and the solver's "
      "room: {}",
      size.count, place(device), plan.lanes, 1 + size.families + squares.shared + plan.lanes * squares.lane,
      amounts(plan, device));
  return plan;
}

Device suited_dual(const Device& device, const DatasetInfo& info, const std::vector<Pretext>& pretexts) {
  if (device.choice() == DeviceChoice::forced || device.backend().device_memory() == 0) return device;
  const MemoryPlan plan = plan_dual_moments(info, pretexts, device);
  return plan.device_bytes <= plan.device_budget ? device : cpu_for_want_of_memory(device, plan, "these moments");
}

Device suited(const Device& device, const DualSize& size, const std::vector<Pretext>& pretexts, SolveMode mode,
              Outcome outcome) {
  const Backend& backend = device.backend();
  if (device.choice() == DeviceChoice::forced || backend.device_memory() == 0) return device;
  if (size.count > backend.largest_order(mode)) {
    const std::string limit = fmt::format("N = {} is beyond the largest problem of {}", size.count, device.label());
    return device.cpu_instead(fmt::format("{}, which auto chose: {}", limit, backend.largest_order(mode)),
                              fmt::format("{}, {}", limit, backend.largest_order(mode)));
  }
  const MemoryPlan plan = plan_sweep(size, pretexts, mode, device, outcome);
  return plan.device_bytes <= plan.device_budget ? device : cpu_for_want_of_memory(device, plan, "this sweep");
}

}  // namespace eigenlens
