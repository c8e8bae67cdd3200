// SPDX-License-Identifier: Apache-2.0
#include <new>
#include <optional>

#include "arrays.hpp"
#include "bindings.hpp"
#include "handle.hpp"

namespace eigenlens::python {
namespace {

Device open_device(const std::optional<std::string>& name, int threads, std::int64_t memory) {
  eigenlens_device_options options = EIGENLENS_DEVICE_OPTIONS_INIT;
  options.name = name ? name->c_str() : nullptr;
  options.threads = threads;
  options.memory = memory;
  eigenlens_device* raw = nullptr;
  eigenlens_status status;
  {
    nb::gil_scoped_release released;
    status = eigenlens_device_open(&options, &raw);
  }
  check(status);
  return Device(raw);
}

}  // namespace

void bind_devices(nb::module_& module) {
  module.def("version", [] { return std::string(eigenlens_version()); });
  module.def("interface", [] { return eigenlens_interface(); });
  module.attr("INTERFACE") = EIGENLENS_INTERFACE;
  module.def("cuda_survey", [] { return text_of([](char** text) { return eigenlens_cuda_survey(text); }); });
  nb::class_<Device>(module, "Device")
      .def(
          "__init__",
          [](Device* self, const std::optional<std::string>& name, int threads, std::int64_t memory) {
            new (self) Device(open_device(name, threads, memory));
          },
          nb::arg("name") = nb::none(), nb::arg("threads") = 0, nb::arg("memory") = 0)
      .def("describe", [](const Device& self) {
        return text_of([&](char** text) { return eigenlens_device_describe(self.get(), text); });
      });
}

}  // namespace eigenlens::python
