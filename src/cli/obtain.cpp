// SPDX-License-Identifier: Apache-2.0
#include "obtain.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "eigenlens/error.hpp"

namespace eigenlens::cli {
namespace {

void require_sweep_memory(const SweepRequest& request, const ImageShape& shape, std::int64_t classes,
                          const Device& wanted) {
  const Device device = suited(wanted, shape, classes, request.pretexts, request.mode, request.outcome);
  note_change(wanted, device, request.work.verbosity);
  require_memory(plan_sweep(shape, classes, request.pretexts, request.mode, device, request.outcome), device,
                 "the sweep", request.work.verbosity);
}

std::string names_of(const std::vector<SkippedFile>& files) {
  std::string names;
  for (const SkippedFile& file : files) names += (names.empty() ? "" : "\n") + file.path;
  return names;
}

}  // namespace

void require_shape(const SweepRequest& request, const ImageShape& shape) {
  if (!request.k.empty() && request.k.back() > shape.size()) {
    throw Error(ErrorCode::usage, fmt::format("--k asks for K = {}, but images of {} values have at most rank {}",
                                              request.k.back(), shape.size(), shape.size()));
  }
  for (const auto& pretext : request.pretexts) {
    if (pretext.kind == PretextKind::mask || pretext.kind == PretextKind::keep) mask_groups(pretext, shape);
  }
}

std::vector<Pretext> parse_pretexts(const std::vector<std::string>& specifications) {
  std::vector<Pretext> pretexts;
  for (const auto& specification : specifications) {
    const auto parsed = parse_pretext(specification);
    pretexts.insert(pretexts.end(), parsed.begin(), parsed.end());
  }
  return pretexts;
}

ObtainedMoments obtain_moments(const SweepRequest& request, const Device& device) {
  if (is_moments_input(request.data, request.source)) {
    const Moments header = load_moments_header(request.data);
    require_shape(request, header.shape);
    require_sweep_memory(request, header.shape, header.classes(), device);
    return {{load_moments(request.data), "", {}}, 0};
  }
  auto dataset = open_source(request.data, request.source, request.work);
  const DatasetInfo info = dataset->info();
  require_shape(request, info.shape);
  require_moments_memory(info, request.source.open.batch, device, request.work.verbosity);
  require_sweep_memory(request, info.shape, info.classes, device);
  const auto start = std::chrono::steady_clock::now();
  Reading reading = read_moments(std::move(dataset), device, request.work.verbosity);
  return {std::move(reading), std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

void add_reading(const ObtainedMoments& obtained, ResultFacts& facts) {
  const auto& [reading, seconds] = obtained;
  if (!reading.device.empty()) {
    facts.device.emplace_back("moments_device", reading.device);
    facts.timings.insert(facts.timings.begin(), {"reading and moments", seconds});
  }
  if (!reading.skipped.empty()) facts.device.emplace_back("skipped", names_of(reading.skipped));
}

}  // namespace eigenlens::cli
