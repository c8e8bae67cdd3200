// SPDX-License-Identifier: Apache-2.0
#include "arrays.hpp"
#include "bindings.hpp"
#include "run.hpp"

namespace eigenlens::python {
namespace {

using Latent = std::vector<std::int64_t>;

/// eigenlens_result_options over what Python gave, which must outlive it.
class ResultOptions {
 public:
  ResultOptions(const std::optional<Latent>& k, const std::vector<std::string>& provenance)
      : texts_(pointers_to(provenance)) {
    if (k) {
      options_.k = k->data();
      options_.k_count = k->size();
    }
    options_.provenance = texts_.empty() ? nullptr : texts_.data();
    options_.provenance_count = texts_.size();
  }
  [[nodiscard]] const eigenlens_result_options* get() const noexcept { return &options_; }

 private:
  std::vector<const char*> texts_;
  eigenlens_result_options options_ = EIGENLENS_RESULT_OPTIONS_INIT;
};

Result load(const std::string& path) {
  eigenlens_result* raw = nullptr;
  check(eigenlens_result_load(path.c_str(), &raw));
  return Result(raw);
}

std::string json_of(const Result& self, const std::optional<Latent>& k, const std::vector<std::string>& provenance) {
  const ResultOptions options(k, provenance);
  return text_of([&](char** text) { return eigenlens_result_json(self.get(), options.get(), text); });
}

std::string table_of(const Result& self, const std::optional<Latent>& k) {
  const ResultOptions options(k, {});
  return text_of([&](char** text) { return eigenlens_result_table(self.get(), options.get(), text); });
}

nb::object array(nb::handle self, const std::string& pointer) {
  eigenlens_array array = EIGENLENS_ARRAY_INIT;
  check(eigenlens_result_array(nb::cast<const Result&>(self).get(), pointer.c_str(), &array));
  return array_of(array, self);
}

void save(const Result& self, const std::string& path, const std::optional<Latent>& k,
          const std::vector<std::string>& provenance) {
  const ResultOptions options(k, provenance);
  check(unattended([&] { return eigenlens_result_save(self.get(), path.c_str(), options.get()); }, self));
}

void save_csv(const Result& self, const std::string& path, const std::optional<Latent>& k) {
  const ResultOptions options(k, {});
  check(unattended([&] { return eigenlens_result_csv(self.get(), path.c_str(), options.get()); }, self));
}

void report(const std::vector<std::string>& results, const std::string& out, const std::optional<std::string>& title,
            const std::vector<std::string>& pictures) {
  const auto paths = pointers_to(results);
  const auto shown = pointers_to(pictures);
  eigenlens_report_options options = EIGENLENS_REPORT_OPTIONS_INIT;
  options.title = title ? title->c_str() : nullptr;
  options.pictures = shown.data();
  options.picture_count = shown.size();
  eigenlens_status status;
  {
    nb::gil_scoped_release released;
    status = eigenlens_report(paths.data(), paths.size(), out.c_str(), &options);
  }
  check(status);
}

}  // namespace

void bind_results(nb::module_& module) {
  const std::vector<std::string> nothing;
  nb::class_<Result>(module, "Result")
      .def_static("load", &load, nb::arg("path"))
      .def_prop_ro("format", [](const Result& self) { return std::string(eigenlens_result_format(self.get())); })
      .def("json", &json_of, nb::arg("k") = nb::none(), nb::arg("provenance") = nothing)
      .def("array", &array, nb::arg("pointer"))
      .def("save", &save, nb::arg("path"), nb::arg("k") = nb::none(), nb::arg("provenance") = nothing)
      .def("save_csv", &save_csv, nb::arg("path"), nb::arg("k") = nb::none())
      .def("table", &table_of, nb::arg("k") = nb::none())
      .def(
          "plot",
          [](const Result& self, const std::string& out) {
            check(unattended([&] { return eigenlens_result_plot(self.get(), out.c_str()); }, self));
          },
          nb::arg("out"));
  module.def("report", &report, nb::arg("results"), nb::arg("out"), nb::arg("title") = nb::none(),
             nb::arg("pictures") = nothing);
}

}  // namespace eigenlens::python
