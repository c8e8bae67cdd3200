// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <mutex>

#include "arrays.hpp"
#include "bindings.hpp"
#include "dataset.hpp"

namespace eigenlens::python {
namespace {

using Texts = std::vector<std::string>;
using Numbers = std::vector<double>;
using Latent = std::vector<std::int64_t>;

/// eigenlens_sweep_options over specifications, which must outlive it.
class SweepOptions {
 public:
  SweepOptions(const Texts& pretexts, int mode, std::int64_t largest_k, double ridge) : texts_(pointers_to(pretexts)) {
    options_.pretexts = texts_.data();
    options_.pretext_count = texts_.size();
    options_.mode = mode;
    options_.largest_k = largest_k;
    options_.ridge = ridge;
  }
  [[nodiscard]] const eigenlens_sweep_options* get() const noexcept { return &options_; }

 private:
  std::vector<const char*> texts_;
  eigenlens_sweep_options options_ = EIGENLENS_SWEEP_OPTIONS_INIT;
};

/// The shards of a jackknife, each locked while it is used.
class Shards {
 public:
  explicit Shards(const std::vector<nb::object>& shards) : objects_(shards) {
    for (const auto& shard : objects_) handles_.push_back(&nb::cast<const Moments&>(shard));
    for (const auto* handle : handles_) raw_.push_back(handle->get());
  }
  [[nodiscard]] const eigenlens_moments* const* data() const noexcept { return raw_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return raw_.size(); }
  /// One after the other, in the order of their addresses, so that two threads do not wait for each other.
  [[nodiscard]] std::vector<std::unique_lock<std::recursive_mutex>> lock() const;

 private:
  std::vector<nb::object> objects_;
  std::vector<const Moments*> handles_;
  std::vector<const eigenlens_moments*> raw_;
};

std::vector<std::unique_lock<std::recursive_mutex>> Shards::lock() const {
  auto ordered = handles_;
  std::sort(ordered.begin(), ordered.end());
  std::vector<std::unique_lock<std::recursive_mutex>> locks;
  for (const auto* handle : ordered) locks.emplace_back(handle->lock());
  return locks;
}

/// Runs what makes a result.
template <class Function, class... Handles>
Result result_of(const nb::object& device, const nb::object& progress, const Function& function,
                 const Handles&... handles) {
  eigenlens_result* raw = nullptr;
  attended(
      device, progress, [&](const eigenlens_run* run) { return function(run, &raw); }, handles...);
  return Result(raw);
}

Result sweep(const Moments& moments, const Texts& pretexts, int mode, std::int64_t largest_k, const nb::object& device,
             const nb::object& progress) {
  const SweepOptions options(pretexts, mode, largest_k, 0);
  return result_of(
      device, progress,
      [&](const auto* run, auto** raw) { return eigenlens_sweep(moments.get(), options.get(), run, raw); }, moments);
}

Result probe(const Moments& moments, const Dataset& test, const Texts& pretexts, int mode, std::int64_t largest_k,
             double ridge, const nb::object& device, const nb::object& progress) {
  const SweepOptions options(pretexts, mode, largest_k, ridge);
  return result_of(
      device, progress,
      [&](const auto* run, auto** raw) { return eigenlens_probe(moments.get(), test.get(), options.get(), run, raw); },
      moments, test);
}

Result jackknife(const std::vector<nb::object>& given, const Texts& pretexts, int mode, std::int64_t largest_k,
                 const nb::object& device, const nb::object& progress) {
  const Shards shards(given);
  const SweepOptions options(pretexts, mode, largest_k, 0);
  return result_of(device, progress, [&](const auto* run, auto** raw) {
    const auto locked = shards.lock();
    return eigenlens_jackknife(shards.data(), shards.size(), options.get(), run, raw);
  });
}

Result advise(const std::vector<nb::object>& given, std::int64_t k, int unlabelled, const nb::object& device,
              const nb::object& progress) {
  const Shards shards(given);
  eigenlens_advice_options options = EIGENLENS_ADVICE_OPTIONS_INIT;
  options.k = k;
  options.unlabelled = unlabelled;
  return result_of(device, progress, [&](const auto* run, auto** raw) {
    const auto locked = shards.lock();
    return eigenlens_advise(shards.data(), shards.size(), &options, run, raw);
  });
}

Result encoders(const Moments& moments, const Texts& pretexts, std::int64_t k, int mode, int unlabelled,
                const nb::object& device, const nb::object& progress) {
  const auto texts = pointers_to(pretexts);
  eigenlens_encoder_options options = EIGENLENS_ENCODER_OPTIONS_INIT;
  options.pretexts = texts.data();
  options.pretext_count = texts.size();
  options.k = k;
  options.mode = mode;
  options.unlabelled = unlabelled;
  return result_of(
      device, progress,
      [&](const auto* run, auto** raw) { return eigenlens_encoders(moments.get(), &options, run, raw); }, moments);
}

Result impact(const Moments& moments, const Texts& pretexts, const std::optional<Latent>& k, int mode, int couplings,
              const nb::object& device, const nb::object& progress) {
  const auto texts = pointers_to(pretexts);
  eigenlens_impact_options options = EIGENLENS_IMPACT_OPTIONS_INIT;
  options.pretexts = texts.data();
  options.pretext_count = texts.size();
  options.mode = mode;
  options.couplings = couplings;
  options.k = k ? k->data() : nullptr;
  options.k_count = k ? k->size() : 0;
  return result_of(
      device, progress,
      [&](const auto* run, auto** raw) { return eigenlens_impact(moments.get(), &options, run, raw); }, moments);
}

Result frontier(const Moments& moments, const std::optional<Numbers>& lambdas, std::int64_t maps_k,
                const std::optional<std::string>& folder, const nb::object& device, const nb::object& progress) {
  eigenlens_frontier_options options = EIGENLENS_FRONTIER_OPTIONS_INIT;
  options.lambdas = lambdas ? lambdas->data() : nullptr;
  options.lambda_count = lambdas ? lambdas->size() : 0;
  options.maps_k = maps_k;
  options.folder = folder ? folder->c_str() : nullptr;
  return result_of(
      device, progress,
      [&](const auto* run, auto** raw) { return eigenlens_frontier(moments.get(), &options, run, raw); }, moments);
}

Result learning(const Moments& moments, double initial, const nb::object& device, const nb::object& progress) {
  return result_of(
      device, progress,
      [&](const auto* run, auto** raw) { return eigenlens_learning(moments.get(), initial, run, raw); }, moments);
}

Result bands(const Moments& moments, const Numbers& top, const Numbers& bottom, const Dataset* test,
             const Dataset* source, const std::optional<std::string>& folder, const std::optional<std::string>& sheet,
             int float32, const nb::object& device, const nb::object& progress) {
  eigenlens_bands_options options = EIGENLENS_BANDS_OPTIONS_INIT;
  options.top = top.data();
  options.top_count = top.size();
  options.bottom = bottom.data();
  options.bottom_count = bottom.size();
  options.test = test ? test->get() : nullptr;
  options.source = source ? source->get() : nullptr;
  options.folder = folder ? folder->c_str() : nullptr;
  options.sheet = sheet ? sheet->c_str() : nullptr;
  options.float32 = float32;
  eigenlens_result* raw = nullptr;
  Run run(device, progress);
  const auto status = unattended_on(
      run, [&] { return eigenlens_bands(moments.get(), &options, run.get(), &raw); }, moments);
  if (status != EIGENLENS_OK && !run.has_exception()) {
    if (test) raise_kept(*test);
    if (source) raise_kept(*source);
  }
  run.finish(status);
  return Result(raw);
}

}  // namespace

void bind_operations(nb::module_& module) {
  const auto device = nb::arg("device") = nb::none();
  const auto progress = nb::arg("progress") = nb::none();
  const auto mode = nb::arg("mode") = 0;
  const auto largest_k = nb::arg("largest_k") = 0;
  module.def("sweep", &sweep, nb::arg("moments"), nb::arg("pretexts"), mode, largest_k, device, progress);
  module.def("probe", &probe, nb::arg("moments"), nb::arg("test"), nb::arg("pretexts"), mode, largest_k,
             nb::arg("ridge") = 0.0, device, progress);
  module.def("jackknife", &jackknife, nb::arg("shards"), nb::arg("pretexts"), mode, largest_k, device, progress);
  module.def("advise", &advise, nb::arg("shards"), nb::arg("k") = 0, nb::arg("unlabelled") = 0, device, progress);
  module.def("encoders", &encoders, nb::arg("moments"), nb::arg("pretexts"), nb::arg("k") = 0, mode,
             nb::arg("unlabelled") = 0, device, progress);
  module.def("impact", &impact, nb::arg("moments"), nb::arg("pretexts"), nb::arg("k") = nb::none(), mode,
             nb::arg("couplings") = 0, device, progress);
  module.def("frontier", &frontier, nb::arg("moments"), nb::arg("lambdas") = nb::none(), nb::arg("maps_k") = 0,
             nb::arg("folder") = nb::none(), device, progress);
  module.def("learning", &learning, nb::arg("moments"), nb::arg("initial") = 0.0, device, progress);
  module.def("bands", &bands, nb::arg("moments"), nb::arg("top") = Numbers(), nb::arg("bottom") = Numbers(),
             nb::arg("test") = nb::none(), nb::arg("source") = nb::none(), nb::arg("folder") = nb::none(),
             nb::arg("sheet") = nb::none(), nb::arg("float32") = 0, device, progress);
}

}  // namespace eigenlens::python
