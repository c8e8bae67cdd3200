// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <new>
#include <utility>

#include "arrays.hpp"
#include "bindings.hpp"
#include "dataset.hpp"
#include "run.hpp"

namespace eigenlens::python {
namespace {

/// Keeps what watches it, and so goes with it through its life.
class Accumulator {
 public:
  Accumulator(const Samples& samples, nb::object device, nb::object progress)
      : run_(std::move(device), std::move(progress)), handle_(open(samples)) {}

  void add(const eigenlens_batch& batch) {
    run_.finish(unattended_on(
        run_, [&] { return eigenlens_accumulator_add(handle_.get(), &batch); }, handle_));
  }

  Moments finish() {
    eigenlens_moments* raw = nullptr;
    run_.finish(unattended_on(
        run_, [&] { return eigenlens_accumulator_finish(handle_.get(), &raw); }, handle_));
    return Moments(raw);
  }

 private:
  eigenlens_accumulator* open(const Samples& samples) {
    eigenlens_accumulator* raw = nullptr;
    const eigenlens_samples* given = samples.get();
    run_.finish(unattended_on(run_, [&] { return eigenlens_accumulator_open(given, run_.get(), &raw); }));
    return raw;
  }

  Run run_;
  Handle<eigenlens_accumulator, eigenlens_accumulator_close> handle_;
};

Moments moments_of(const Dataset& dataset, const std::optional<std::string>& form,
                   const std::vector<std::string>& pretexts, const nb::object& device, const nb::object& progress) {
  const auto texts = pointers_to(pretexts);
  eigenlens_moments_options options = EIGENLENS_MOMENTS_OPTIONS_INIT;
  options.form = form ? form->c_str() : nullptr;
  options.pretexts = texts.data();
  options.pretext_count = texts.size();
  eigenlens_moments* raw = nullptr;
  attended(
      device, progress,
      [&](const eigenlens_run* run) { return eigenlens_moments_of(dataset.get(), &options, run, &raw); }, dataset);
  return Moments(raw);
}

std::vector<Moments> shards_of(const Dataset& dataset, std::int64_t count, const nb::object& device,
                               const nb::object& progress) {
  std::vector<eigenlens_moments*> raw(static_cast<std::size_t>(count > 0 ? count : 0), nullptr);
  attended(
      device, progress,
      [&](const eigenlens_run* run) { return eigenlens_moments_shards(dataset.get(), count, run, raw.data()); },
      dataset);
  std::vector<Moments> shards;
  for (auto* one : raw) shards.emplace_back(one);
  return shards;
}

template <class Function>
Moments combined(const Function& function, const Moments& a, const Moments& b) {
  eigenlens_moments* raw = nullptr;
  check(unattended([&] { return function(a.get(), b.get(), &raw); }, a, b));
  return Moments(raw);
}

Moments load(const std::string& path) {
  eigenlens_moments* raw = nullptr;
  eigenlens_status status;
  {
    nb::gil_scoped_release released;
    status = eigenlens_moments_load(path.c_str(), &raw);
  }
  check(status);
  return Moments(raw);
}

Samples samples_of(const Moments& moments) {
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  check(eigenlens_moments_samples(moments.get(), &samples));
  return samples_from(samples);
}

}  // namespace

void bind_moments(nb::module_& module) {
  nb::class_<Moments>(module, "Moments")
      .def_static("of", &moments_of, nb::arg("dataset"), nb::arg("form") = nb::none(),
                  nb::arg("pretexts") = std::vector<std::string>(), nb::arg("device") = nb::none(),
                  nb::arg("progress") = nb::none())
      .def_static("shards", &shards_of, nb::arg("dataset"), nb::arg("count"), nb::arg("device") = nb::none(),
                  nb::arg("progress") = nb::none())
      .def_static("load", &load, nb::arg("path"))
      .def("merge", [](const Moments& a, const Moments& b) { return combined(eigenlens_moments_merge, a, b); })
      .def("subtract", [](const Moments& a, const Moments& b) { return combined(eigenlens_moments_subtract, a, b); })
      .def("save",
           [](const Moments& self, const std::string& path) {
             check(unattended([&] { return eigenlens_moments_save(self.get(), path.c_str()); }, self));
           })
      .def("samples", &samples_of)
      .def("array",
           [](nb::handle self, const std::string& name) {
             eigenlens_array array = EIGENLENS_ARRAY_INIT;
             check(eigenlens_moments_array(nb::cast<const Moments&>(self).get(), name.c_str(), &array));
             return array_of(array, self);
           })
      .def("describe", [](const Moments& self) {
        return text_of([&](char** text) { return eigenlens_moments_describe(self.get(), text); });
      });

  nb::class_<Accumulator>(module, "Accumulator")
      .def(nb::init<const Samples&, nb::object, nb::object>(), nb::arg("samples"), nb::arg("device") = nb::none(),
           nb::arg("progress") = nb::none())
      .def(
          "add",
          [](Accumulator& self, const Values& values, const std::optional<Labels>& labels) {
            self.add(batch_of(values, labels));
          },
          nb::arg("values").noconvert(), nb::arg("labels").noconvert() = nb::none())
      .def(
          "add_cuda",
          [](Accumulator& self, std::uintptr_t address, int scalar, std::int64_t count, std::int64_t dimension,
             const std::optional<Labels>& labels, std::uintptr_t stream) {
            eigenlens_batch batch = EIGENLENS_BATCH_INIT;
            batch.scalar = scalar;
            batch.place = EIGENLENS_CUDA;
            batch.count = count;
            batch.dimension = dimension;
            batch.values = reinterpret_cast<const void*>(address);
            batch.stream = stream;
            if (labels && labels->shape(0) != static_cast<std::size_t>(count))
              refuse(EIGENLENS_USAGE, "as many labels as samples are needed");
            batch.labels = labels ? labels->data() : nullptr;
            self.add(batch);
          },
          nb::arg("address"), nb::arg("scalar"), nb::arg("count"), nb::arg("dimension"),
          nb::arg("labels").noconvert() = nb::none(), nb::arg("stream") = 0)
      .def("finish", &Accumulator::finish);
}

}  // namespace eigenlens::python
