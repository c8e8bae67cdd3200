// SPDX-License-Identifier: Apache-2.0
#include "arrays.hpp"
#include "bindings.hpp"
#include "run.hpp"

namespace eigenlens::python {
namespace {

/// count × P masks of bytes, 1 shown.
nb::object draw_masks(const std::string& pretext, const Samples& samples, std::int64_t count) {
  std::int64_t patches = 0;
  check(eigenlens_draw_masks(pretext.c_str(), samples.get(), count, &patches, nullptr));
  auto* masks = new std::vector<std::uint8_t>(static_cast<std::size_t>(patches * count));
  const nb::capsule owner(masks, [](void* p) noexcept { delete static_cast<std::vector<std::uint8_t>*>(p); });
  eigenlens_status status;
  const eigenlens_samples* given = samples.get();
  {
    nb::gil_scoped_release released;
    status = eigenlens_draw_masks(pretext.c_str(), given, count, &patches, masks->data());
  }
  check(status);
  const std::size_t shape[2] = {static_cast<std::size_t>(count), static_cast<std::size_t>(patches)};
  return nb::cast(nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<2>>(masks->data(), 2, shape, owner),
                  nb::rv_policy::reference);
}

std::string plan(const Samples& samples, const std::vector<std::string>& pretexts, int mode, std::int64_t largest_k,
                 const nb::object& device) {
  const auto texts = pointers_to(pretexts);
  eigenlens_sweep_options options = EIGENLENS_SWEEP_OPTIONS_INIT;
  options.pretexts = texts.data();
  options.pretext_count = texts.size();
  options.mode = mode;
  options.largest_k = largest_k;
  const Run run(device, nb::none());
  const eigenlens_samples* given = samples.get();
  return text_of([&](char** text) { return eigenlens_plan(given, &options, run.get(), text); });
}

}  // namespace

void bind_pretexts(nb::module_& module) {
  module.def("pretexts", [](const std::string& specification) {
    return text_of([&](char** text) { return eigenlens_pretexts(specification.c_str(), text); });
  });
  module.def("draw_masks", &draw_masks, nb::arg("pretext"), nb::arg("samples"), nb::arg("count"));
  module.def("plan", &plan, nb::arg("samples"), nb::arg("pretexts"), nb::arg("mode") = 0, nb::arg("largest_k") = 0,
             nb::arg("device") = nb::none());
}

}  // namespace eigenlens::python
