// SPDX-License-Identifier: Apache-2.0
#include "c/moments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <utility>

#include "c/arrays.hpp"
#include "c/dataset.hpp"
#include "c/device.hpp"
#include "c/guard.hpp"
#include "c/json_text.hpp"
#include "c/samples.hpp"
#include "c/versions.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::c {
namespace {

MomentsForm form_of(const char* form) {
  const std::string name = text_or(form, "primal");
  if (name == "primal") return MomentsForm::primal;
  if (name == "dual") return MomentsForm::dual;
  if (name == "auto") return MomentsForm::automatic;
  throw Error(ErrorCode::usage, fmt::format("moments options: form '{}': expected primal, dual or auto", name));
}

/// What the samples of moments of either form were.
template <class AnyMoments>
DatasetInfo facts_of(const AnyMoments& moments, std::int64_t count) {
  DatasetInfo info;
  info.name = moments.dataset;
  info.scalar = moments.arithmetic == Arithmetic::exact ? ScalarType::uint8 : ScalarType::float64;
  info.shape = moments.shape;
  info.count = count;
  info.classes = moments.classes();
  info.class_names = moments.class_names;
  return info;
}

DatasetInfo facts_of(const Moments& moments) { return facts_of(moments, moments.count); }
DatasetInfo facts_of(const DualMoments& moments) { return facts_of(moments, moments.count()); }

const MomentsTensors& tensors_of(const eigenlens_moments& moments) {
  if (!moments.tensors)
    moments.tensors =
        std::visit([](const auto& value) { return std::make_unique<MomentsTensors>(value); }, moments.value);
  return *moments.tensors;
}

std::vector<std::string> array_names(const eigenlens_moments& moments) {
  std::vector<std::string> names;
  for (const safetensors::TensorView& view : tensors_of(moments).views()) names.push_back(view.name);
  return names;
}

Json describe(const eigenlens_moments& moments) {
  const bool dual = std::holds_alternative<DualMoments>(moments.value);
  const DatasetInfo& info = moments.info;
  return {{"form", dual ? "dual" : "primal"},
          {"arithmetic", info.scalar == ScalarType::uint8 ? "exact" : "float64"},
          {"dataset", info.name},
          {"n", info.count},
          {"d", info.shape.size()},
          {"shape", {info.shape.channels, info.shape.height, info.shape.width}},
          {"classes", info.classes},
          {"class_names", info.class_names},
          {"arrays", array_names(moments)}};
}

}  // namespace

eigenlens_moments* new_moments(std::variant<Moments, DualMoments> value, const ReadingFacts& reading) {
  auto handle = std::make_unique<eigenlens_moments>();
  handle->value = std::move(value);
  handle->reading = reading;
  handle->info = std::visit([](const auto& any) { return facts_of(any); }, handle->value);
  return handle.release();
}

const Moments& primal(const eigenlens_moments* moments, const char* what) {
  const auto* value = std::get_if<Moments>(&required(moments, "moments").value);
  if (!value)
    throw Error(
        ErrorCode::usage,
        fmt::format("{} takes moments of the primal form, and these are of the dual form: products of samples", what));
  return *value;
}

ShardPointers primal_shards(const eigenlens_moments* const* shards, std::size_t count, const char* what) {
  ShardPointers all;
  for (const eigenlens_moments* shard : numbers(shards, count, "shards")) all.push_back(&primal(shard, what));
  if (all.empty())
    throw Error(ErrorCode::usage, fmt::format("{} takes the moments of one shard or more, not of none", what));
  return all;
}

}  // namespace eigenlens::c

using namespace eigenlens::c;

eigenlens_status eigenlens_moments_of(eigenlens_dataset* dataset, const eigenlens_moments_options* options,
                                      const eigenlens_run* run, eigenlens_moments** moments) {
  return guarded([&] {
    auto& out = required(moments, "moments");
    eigenlens_dataset& set = required(dataset, "dataset");
    const auto given = versioned(options, eigenlens_moments_options EIGENLENS_MOMENTS_OPTIONS_INIT, "moments options");
    const auto pretexts = eigenlens::parse_pretexts(texts(given.pretexts, given.pretext_count, "pretexts"));
    const auto form = eigenlens::chosen_form(form_of(given.form), set.info, pretexts);
    const Run how = run_of(run);
    const auto pass = set.pass();
    const auto finish = [&](auto&& reading) {
      set.skipped = reading.facts.skipped;
      out = new_moments(std::move(reading.moments), reading.facts);
    };
    if (form == eigenlens::MomentsForm::dual)
      finish(eigenlens::read_dual_moments(*pass, pretexts, how.device, how.progress));
    else
      finish(eigenlens::read_moments(*pass, how.device, how.progress));
  });
}

eigenlens_status eigenlens_moments_shards(eigenlens_dataset* dataset, int64_t count, const eigenlens_run* run,
                                          eigenlens_moments** shards) {
  return guarded([&] {
    required(shards, "shards");
    eigenlens_dataset& set = required(dataset, "dataset");
    const Run how = run_of(run);
    eigenlens::ShardReading reading = eigenlens::read_shards(*set.pass(), count, how.device, how.progress);
    set.skipped = reading.facts.skipped;
    std::vector<std::unique_ptr<eigenlens_moments>> handles;
    for (eigenlens::Moments& shard : reading.shards) handles.emplace_back(new_moments(std::move(shard), reading.facts));
    for (std::size_t s = 0; s < handles.size(); ++s) shards[s] = handles[s].release();
  });
}

eigenlens_status eigenlens_moments_merge(const eigenlens_moments* a, const eigenlens_moments* b,
                                         eigenlens_moments** sum) {
  return guarded([&] {
    auto& out = required(sum, "sum");
    out = new_moments(eigenlens::merge(primal(a, "merging"), primal(b, "merging")), {});
  });
}

eigenlens_status eigenlens_moments_subtract(const eigenlens_moments* a, const eigenlens_moments* b,
                                            eigenlens_moments** difference) {
  return guarded([&] {
    auto& out = required(difference, "difference");
    out = new_moments(eigenlens::subtract(primal(a, "subtracting"), primal(b, "subtracting")), {});
  });
}

eigenlens_status eigenlens_moments_save(const eigenlens_moments* moments, const char* path) {
  return guarded([&] {
    const std::string target = required_text(path, "path");
    std::visit([&](const auto& value) { eigenlens::save_moments(value, target); }, required(moments, "moments").value);
  });
}

eigenlens_status eigenlens_moments_load(const char* path, eigenlens_moments** moments) {
  return guarded([&] {
    auto& out = required(moments, "moments");
    const std::string source = required_text(path, "path");
    if (eigenlens::moments_file_form(source) == eigenlens::MomentsForm::dual)
      out = new_moments(eigenlens::load_dual_moments(source), {});
    else
      out = new_moments(eigenlens::load_moments(source), {});
  });
}

eigenlens_status eigenlens_moments_samples(const eigenlens_moments* moments, eigenlens_samples* samples) {
  return guarded([&] {
    const eigenlens_moments& it = required(moments, "moments");
    fill_samples(it.info, it.class_names, samples);
  });
}

eigenlens_status eigenlens_moments_array(const eigenlens_moments* moments, const char* name, eigenlens_array* array) {
  return guarded([&] {
    const eigenlens_moments& it = required(moments, "moments");
    const std::string wanted = required_text(name, "name");
    const auto& views = tensors_of(it).views();
    const auto found = std::find_if(views.begin(), views.end(), [&](const auto& view) { return view.name == wanted; });
    if (found == views.end())
      throw eigenlens::Error(eigenlens::ErrorCode::usage, fmt::format("moments have no array '{}'; these have {}",
                                                                      wanted, fmt::join(array_names(it), ", ")));
    const bool whole = found->element == eigenlens::safetensors::Element::i64;
    fill_array({found->values, whole ? EIGENLENS_INT64 : EIGENLENS_FLOAT64, found->shape, row_major(found->shape)},
               array);
  });
}

eigenlens_status eigenlens_moments_describe(const eigenlens_moments* moments, char** json) {
  return guarded([&] {
    auto& out = required(json, "json");
    out = given_out(describe(required(moments, "moments")));
  });
}

void eigenlens_moments_close(eigenlens_moments* moments) { delete moments; }
