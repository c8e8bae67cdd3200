// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "c/dataset.hpp"
#include "c/device.hpp"
#include "c/guard.hpp"
#include "c/json_text.hpp"
#include "c/moments.hpp"
#include "c/result.hpp"
#include "c/samples.hpp"
#include "c/versions.hpp"
#include "eigenlens/encoders.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/jackknife.hpp"
#include "eigenlens/probe.hpp"

namespace eigenlens::c {
namespace {

SolveMode mode_of(std::int32_t mode) {
  if (mode == EIGENLENS_STANDARD) return SolveMode::standard;
  if (mode == EIGENLENS_ACCURATE) return SolveMode::accurate;
  throw Error(ErrorCode::usage, fmt::format("mode {}: expected EIGENLENS_STANDARD or EIGENLENS_ACCURATE", mode));
}

/// What a sweep of the C interface asks for.
struct SweepRequest {
  std::vector<Pretext> pretexts;
  SweepOptions options;
  double ridge = 0;
  Run run;
};

SweepRequest sweep_request(const eigenlens_sweep_options* options, const eigenlens_run* run) {
  const auto given = versioned(options, eigenlens_sweep_options EIGENLENS_SWEEP_OPTIONS_INIT, "sweep options");
  SweepRequest request{parse_pretexts(texts(given.pretexts, given.pretext_count, "pretexts")),
                       {.mode = mode_of(given.mode), .largest_k = given.largest_k, .progress = {}},
                       given.ridge,
                       run_of(run)};
  if (given.largest_k < 0)
    throw Error(ErrorCode::usage,
                fmt::format("sweep options: largest_k {}: expected a number from 0", given.largest_k));
  request.options.progress = request.run.progress;
  return request;
}

ImpactOptions impact_options_of(const eigenlens_impact_options& given, const Run& run) {
  ImpactOptions options;
  options.mode = mode_of(given.mode);
  options.depth = given.couplings != 0 ? ImpactDepth::couplings : ImpactDepth::angles;
  if (given.k || given.k_count > 0) options.k = numbers(given.k, given.k_count, "k of the impact options");
  options.progress = run.progress;
  return options;
}

Json plan_json(const MemoryPlan& plan) {
  return {{"bytes", plan.bytes},
          {"budget", plan.budget},
          {"device_bytes", plan.device_bytes},
          {"device_budget", plan.device_budget},
          {"lanes", plan.lanes},
          {"fits", plan.fits()},
          {"text", plan.text}};
}

}  // namespace
}  // namespace eigenlens::c

using namespace eigenlens::c;

eigenlens_status eigenlens_sweep(const eigenlens_moments* moments, const eigenlens_sweep_options* options,
                                 const eigenlens_run* run, eigenlens_result** result) {
  return guarded([&] {
    auto& out = required(result, "result");
    const eigenlens_moments& it = required(moments, "moments");
    const SweepRequest request = sweep_request(options, run);
    auto curves = std::visit(
        [&](const auto& value) {
          return eigenlens::sweep(value, request.pretexts, request.run.device, request.options);
        },
        it.value);
    out = new_result(std::move(curves), it.reading);
  });
}

eigenlens_status eigenlens_jackknife(const eigenlens_moments* const* shards, size_t shard_count,
                                     const eigenlens_sweep_options* options, const eigenlens_run* run,
                                     eigenlens_result** result) {
  return guarded([&] {
    auto& out = required(result, "result");
    const auto all = primal_shards(shards, shard_count, "a jackknife");
    const SweepRequest request = sweep_request(options, run);
    const eigenlens::Moments& first = *all.front();
    eigenlens::require_memory(eigenlens::plan_jackknife(
        first.shape, first.classes(), static_cast<int64_t>(all.size()), request.pretexts, request.options.mode,
        eigenlens::suited(request.run.device, first.shape, first.classes(), request.pretexts, request.options.mode)));
    out = new_result(eigenlens::jackknife(all, request.pretexts, request.run.device, request.options),
                     shards[0]->reading);
  });
}

eigenlens_status eigenlens_probe(const eigenlens_moments* moments, eigenlens_dataset* test,
                                 const eigenlens_sweep_options* options, const eigenlens_run* run,
                                 eigenlens_result** result) {
  return guarded([&] {
    auto& out = required(result, "result");
    const eigenlens::Moments& value = primal(moments, "a probe");
    eigenlens_dataset& set = required(test, "test");
    const SweepRequest request = sweep_request(options, run);
    auto curves = eigenlens::probe(value, request.pretexts, [&set] { return set.pass(); }, request.run.device,
                                   {.ridge = request.ridge, .sweep = request.options});
    out = new_result(std::move(curves), moments->reading);
  });
}

eigenlens_status eigenlens_encoders(const eigenlens_moments* moments, const eigenlens_encoder_options* options,
                                    const eigenlens_run* run, eigenlens_result** result) {
  return guarded([&] {
    auto& out = required(result, "result");
    const eigenlens::Moments& value = primal(moments, "making encoders");
    const auto given = versioned(options, eigenlens_encoder_options EIGENLENS_ENCODER_OPTIONS_INIT, "encoder options");
    const auto pretexts = eigenlens::parse_pretexts(texts(given.pretexts, given.pretext_count, "pretexts"));
    if (given.k < 0)
      throw eigenlens::Error(eigenlens::ErrorCode::usage,
                             fmt::format("encoder options: k {}: expected a number from 0", given.k));
    if (given.folder) {
      eigenlens::require_empty_folder(given.folder);
      eigenlens::encoder_folders(pretexts, given.folder);
    }
    const Run how = run_of(run);
    eigenlens::EncoderOptions wanted;
    wanted.mode = mode_of(given.mode);
    wanted.k = given.k;
    wanted.classifier = given.unlabelled != 0 ? eigenlens::Classifier::none : eigenlens::Classifier::fitted;
    wanted.progress = how.progress;
    auto found = eigenlens::encoders(value, pretexts, how.device, wanted);
    if (given.folder) eigenlens::write_encoders(found, given.folder);
    out = new_result(std::move(found), moments->reading);
  });
}

eigenlens_status eigenlens_impact(const eigenlens_moments* moments, const eigenlens_impact_options* options,
                                  const eigenlens_run* run, eigenlens_result** result) {
  return guarded([&] {
    auto& out = required(result, "result");
    const eigenlens::Moments& value = primal(moments, "impact");
    const auto given = versioned(options, eigenlens_impact_options EIGENLENS_IMPACT_OPTIONS_INIT, "impact options");
    const auto pretexts = eigenlens::parse_pretexts(texts(given.pretexts, given.pretext_count, "pretexts"));
    const Run how = run_of(run);
    out = new_result(eigenlens::impact(value, pretexts, how.device, impact_options_of(given, how)), moments->reading);
  });
}

eigenlens_status eigenlens_frontier(const eigenlens_moments* moments, const eigenlens_frontier_options* options,
                                    const eigenlens_run* run, eigenlens_result** result) {
  return guarded([&] {
    auto& out = required(result, "result");
    const eigenlens::Moments& value = primal(moments, "a frontier");
    const auto given =
        versioned(options, eigenlens_frontier_options EIGENLENS_FRONTIER_OPTIONS_INIT, "frontier options");
    auto lambdas = numbers(given.lambdas, given.lambda_count, "lambdas");
    if (!given.lambdas) lambdas = eigenlens::parse_lambdas({eigenlens::usual_lambdas});
    if (given.maps_k < 0 || (given.folder && given.maps_k == 0))
      throw eigenlens::Error(eigenlens::ErrorCode::usage,
                             fmt::format("frontier options: maps_k {}: expected the number of features of the maps, "
                                         "from 1",
                                         given.maps_k));
    if (given.folder) eigenlens::require_empty_folder(given.folder);
    const Run how = run_of(run);
    eigenlens::FrontierOptions wanted;
    wanted.progress = how.progress;
    MappedFrontier found;
    if (given.maps_k > 0) {
      wanted.maps_k = given.maps_k;
      wanted.maps = [&](const eigenlens::JointMaps& maps) {
        if (given.folder) eigenlens::write_maps(maps, given.folder);
        found.maps.push_back(maps);
      };
    }
    static_cast<eigenlens::FrontierResult&>(found) = eigenlens::frontier(value, lambdas, how.device, wanted);
    out = new_result(std::move(found), moments->reading);
  });
}

eigenlens_status eigenlens_advise(const eigenlens_moments* const* shards, size_t shard_count,
                                  const eigenlens_advice_options* options, const eigenlens_run* run,
                                  eigenlens_result** result) {
  return guarded([&] {
    auto& out = required(result, "result");
    const auto all = primal_shards(shards, shard_count, "advice");
    const auto given = versioned(options, eigenlens_advice_options EIGENLENS_ADVICE_OPTIONS_INIT, "advice options");
    if (given.k < 0)
      throw eigenlens::Error(eigenlens::ErrorCode::usage,
                             fmt::format("advice options: k {}: expected a number from 0", given.k));
    const Run how = run_of(run);
    eigenlens::AdviceOptions wanted;
    wanted.k = given.k;
    wanted.basis = given.unlabelled != 0 ? eigenlens::AdviceBasis::impact : eigenlens::AdviceBasis::labels;
    wanted.progress = how.progress;
    const eigenlens::Moments& first = *all.front();
    const eigenlens::Device taken =
        eigenlens::suited(how.device, first.shape, first.classes(), eigenlens::plan_search(first.shape).grid(),
                          eigenlens::SolveMode::standard, eigenlens::impact_outcome(eigenlens::ImpactDepth::angles));
    eigenlens::require_memory(
        eigenlens::plan_advice(first.shape, first.classes(), static_cast<int64_t>(all.size()), taken));
    out = new_result(eigenlens::advise(all, how.device, wanted), shards[0]->reading);
  });
}

eigenlens_status eigenlens_learning(const eigenlens_moments* moments, double initial, const eigenlens_run* run,
                                    eigenlens_result** result) {
  return guarded([&] {
    auto& out = required(result, "result");
    const eigenlens::Moments& value = primal(moments, "learning time");
    const Run how = run_of(run);
    eigenlens::LearningOptions wanted;
    if (initial != 0) wanted.initial = initial;
    wanted.progress = how.progress;
    out = new_result(eigenlens::learning(value, how.device, wanted), moments->reading);
  });
}

eigenlens_status eigenlens_plan(const eigenlens_samples* samples, const eigenlens_sweep_options* options,
                                const eigenlens_run* run, char** json) {
  return guarded([&] {
    auto& out = required(json, "json");
    const eigenlens::DatasetInfo info = info_of(samples);
    const SweepRequest request = sweep_request(options, run);
    const auto classes = std::max<std::int64_t>(info.classes, 1);
    const eigenlens::Device device =
        eigenlens::suited(request.run.device, info.shape, classes, request.pretexts, request.options.mode);
    out = given_out(
        plan_json(eigenlens::plan_sweep(info.shape, classes, request.pretexts, request.options.mode, device)));
  });
}
