// SPDX-License-Identifier: Apache-2.0
#include "obtain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "eigenlens/encoders.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::cli {
namespace {

void require_sweep_memory(const SweepRequest& request, const ImageShape& shape, std::int64_t classes,
                          const Device& wanted) {
  const Device device = suited(wanted, shape, classes, request.pretexts, request.mode, request.outcome);
  note_change(wanted, device, request.work.verbosity);
  const MemoryPlan plan = request.outcome == Outcome::autoencoders
                              ? plan_encoders(shape, classes, request.pretexts, request.mode,
                                              request.k.empty() ? 0 : request.k.back(), device)
                              : plan_sweep(shape, classes, request.pretexts, request.mode, device, request.outcome);
  require_memory(plan, device, "the sweep", request.work.verbosity);
}

void require_dual_sweep_memory(const SweepRequest& request, const DualSize& size, const Device& wanted) {
  const Device device = suited(wanted, size, request.pretexts, request.mode, request.outcome);
  note_change(wanted, device, request.work.verbosity);
  require_memory(plan_sweep(size, request.pretexts, request.mode, device, request.outcome), device, "the sweep",
                 request.work.verbosity);
}

/// The form of the moments file, if the request can take it.
MomentsForm file_form(const SweepRequest& request) {
  const MomentsForm form = moments_file_form(request.data);
  if (request.form == MomentsForm::dual && form == MomentsForm::primal)
    throw Error(ErrorCode::usage, fmt::format("{} holds moments of the primal form: the dual form, --form dual, takes "
                                              "the images",
                                              request.data));
  return request.form == MomentsForm::primal ? MomentsForm::primal : form;
}

ObtainedMoments obtain_dual_file(const SweepRequest& request, const Device& device) {
  const DualMoments header = load_dual_moments_header(request.data);
  require_shape(request, header.shape);
  require_dual_sweep_memory(
      request, {header.count(), header.shape, header.classes(), static_cast<std::int64_t>(header.families.size())},
      device);
  return {{}, load_dual_moments(request.data)};
}

/// Where the dual form would be the smaller one and is not to be had.
void note_primal(const SweepRequest& request, const DatasetInfo& info) {
  if (info.count >= info.shape.size()) return;
  const auto tabled = std::find_if(request.pretexts.begin(), request.pretexts.end(), needs_inputs);
  const std::string why = tabled == request.pretexts.end() ? "this takes no other" : tabled->to_string() + " needs it";
  note(request.work.verbosity, fmt::format("the primal form, of D = {} inputs, though there are only {} samples: {}",
                                           info.shape.size(), info.count, why));
}

ObtainedMoments obtain_dual(const SweepRequest& request, std::unique_ptr<Dataset> dataset, const Device& device) {
  const DatasetInfo info = dataset->info();
  require_dual_memory(info, request.pretexts, device, request.work.verbosity);
  require_dual_sweep_memory(request, dual_size(info, request.pretexts), device);
  DualReading read = read_dual_moments(std::move(dataset), request.pretexts, device, request.work.verbosity);
  return {{{}, std::move(read.facts)}, std::move(read.moments)};
}

}  // namespace

void require_shape(const SweepRequest& request, const ImageShape& shape) {
  if (!request.k.empty() && request.k.back() > shape.size()) {
    throw Error(ErrorCode::usage, fmt::format("--k asks for K = {}, but images of {} values have at most rank {}",
                                              request.k.back(), shape.size(), shape.size()));
  }
  if (request.test_shape && !(*request.test_shape == shape))
    throw Error(ErrorCode::data, fmt::format("--test {}: samples of {}, but those of {} are {}", request.test_name,
                                             format_shape(*request.test_shape), request.data, format_shape(shape)));
  for (const auto& pretext : request.pretexts) require_fits(pretext, shape);
}

std::vector<std::string> named_inputs(const SweepRequest& request) {
  std::vector<std::string> inputs = {request.data};
  if (!request.source.open.labels.empty()) inputs.push_back(request.source.open.labels);
  for (const Pretext& pretext : request.pretexts)
    for (const std::string& file : {pretext.file, pretext.second_file})
      if (!file.empty()) inputs.push_back(file);
  return inputs;
}

ObtainedMoments obtain_moments(const SweepRequest& request, const Device& device) {
  if (is_moments_input(request.data, request.source)) {
    if (file_form(request) == MomentsForm::dual) return obtain_dual_file(request, device);
    const Moments header = load_moments_header(request.data);
    require_shape(request, header.shape);
    require_sweep_memory(request, header.shape, header.classes(), device);
    return {{load_moments(request.data), {}}, {}};
  }
  auto dataset = open_source(request.data, request.source, request.work);
  const DatasetInfo info = dataset->info();
  require_shape(request, info.shape);
  if (chosen_form(request.form, info, request.pretexts) == MomentsForm::dual)
    return obtain_dual(request, std::move(dataset), device);
  note_primal(request, info);
  require_moments_memory(info, request.source.open.batch, device, request.work.verbosity);
  require_sweep_memory(request, info.shape, info.classes, device);
  return {read_moments(std::move(dataset), device, request.work.verbosity), {}};
}

void add_reading(const ObtainedMoments& obtained, ResultFacts& facts) {
  eigenlens::add_reading(obtained.reading.facts, facts);
}

}  // namespace eigenlens::cli
