// SPDX-License-Identifier: Apache-2.0
#include "dataset.hpp"

#include <new>
#include <utility>

#include "arrays.hpp"
#include "bindings.hpp"

namespace eigenlens::python {

Reader::Reader(nb::object next, nb::object rewind) : next_(std::move(next)), rewind_(std::move(rewind)) {}

eigenlens_reader Reader::interface() {
  eigenlens_reader reader = EIGENLENS_READER_INIT;
  reader.next = &Reader::next;
  reader.rewind = &Reader::rewind;
  reader.user_data = this;
  return reader;
}

void Reader::raise_kept() {
  if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
}

std::int32_t Reader::next(void* self, eigenlens_batch* batch) {
  Reader& reader = *static_cast<Reader*>(self);
  nb::gil_scoped_acquire acquired;
  try {
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    nb::object given = reader.next_();
    if (given.is_none()) {
      batch->count = 0;
      return 0;
    }
    const auto values = nb::cast<Values>(given[0], false);
    const auto labels = nb::cast<std::optional<Labels>>(given[1], false);
    const auto size = batch->struct_size;
    *batch = batch_of(values, labels);
    batch->struct_size = size;
    reader.held_ = std::move(given);
    return 0;
  } catch (...) {
    if (!reader.exception_) reader.exception_ = std::current_exception();
    return EIGENLENS_CANCELLED;
  }
}

std::int32_t Reader::rewind(void* self) {
  Reader& reader = *static_cast<Reader*>(self);
  nb::gil_scoped_acquire acquired;
  try {
    reader.rewind_();
    return 0;
  } catch (...) {
    if (!reader.exception_) reader.exception_ = std::current_exception();
    return EIGENLENS_CANCELLED;
  }
}

// A thread that reads ahead may be waiting for the GIL in a callable.
Dataset::~Dataset() {
  if (!get()) return;
  nb::gil_scoped_release released;
  reset();
}

namespace {

struct OpenOptions {
  std::optional<std::string> format, split, labels, layout, label_kind, resize, crop, colour;
  std::int64_t skip_bad = 0, label_base = 0, classes = 0, batch = 0;
  int threads = 0;
};

const char* text_or_null(const std::optional<std::string>& text) { return text ? text->c_str() : nullptr; }

Dataset open(const std::string& path, const OpenOptions& given) {
  eigenlens_dataset_options options = EIGENLENS_DATASET_OPTIONS_INIT;
  options.format = text_or_null(given.format);
  options.split = text_or_null(given.split);
  options.labels = text_or_null(given.labels);
  options.layout = text_or_null(given.layout);
  options.label_kind = text_or_null(given.label_kind);
  options.resize = text_or_null(given.resize);
  options.crop = text_or_null(given.crop);
  options.colour = text_or_null(given.colour);
  options.skip_bad = given.skip_bad;
  options.label_base = given.label_base;
  options.classes = given.classes;
  options.batch = given.batch;
  options.threads = given.threads;
  eigenlens_dataset* raw = nullptr;
  eigenlens_status status;
  {
    nb::gil_scoped_release released;
    status = eigenlens_dataset_open(path.c_str(), &options, &raw);
  }
  check(status);
  return Dataset(raw);
}

Dataset from_reader(const Samples& samples, nb::object next, nb::object rewind) {
  auto reader = std::make_unique<Reader>(std::move(next), std::move(rewind));
  const auto interface = reader->interface();
  eigenlens_dataset* raw = nullptr;
  check(eigenlens_dataset_from(samples.get(), &interface, &raw));
  return Dataset(raw, std::move(reader));
}

/// None at the end. The arrays belong to the data set and live until the next batch is asked for.
nb::object next_batch(nb::handle self) {
  const auto& dataset = nb::cast<const Dataset&>(self);
  eigenlens_batch batch = EIGENLENS_BATCH_INIT;
  const auto status = unattended([&] { return eigenlens_dataset_next(dataset.get(), &batch); }, dataset);
  if (status != EIGENLENS_OK) raise_kept(dataset);
  check(status);
  if (batch.count == 0) return nb::none();
  eigenlens_array values = EIGENLENS_ARRAY_INIT;
  values.data = batch.values;
  values.scalar = batch.scalar;
  values.ndim = 2;
  values.shape[0] = batch.count;
  values.shape[1] = batch.dimension;
  values.strides[0] = batch.dimension;
  values.strides[1] = 1;
  nb::object labels = nb::none();
  if (batch.labels)
    labels = nb::cast(nb::ndarray<nb::numpy, const std::int32_t, nb::ndim<1>>(
                          batch.labels, {static_cast<std::size_t>(batch.count)}, self),
                      nb::rv_policy::reference);
  return nb::make_tuple(array_of(values, self), labels);
}

}  // namespace

void bind_datasets(nb::module_& module) {
  nb::class_<Samples>(module, "Samples")
      .def(nb::init<>())
      .def_rw("name", &Samples::name)
      .def_rw("scalar", &Samples::scalar)
      .def_rw("channels", &Samples::channels)
      .def_rw("height", &Samples::height)
      .def_rw("width", &Samples::width)
      .def_rw("classes", &Samples::classes)
      .def_rw("count", &Samples::count)
      .def_rw("class_names", &Samples::class_names);
  nb::class_<OpenOptions>(module, "OpenOptions")
      .def(nb::init<>())
      .def_rw("format", &OpenOptions::format)
      .def_rw("split", &OpenOptions::split)
      .def_rw("labels", &OpenOptions::labels)
      .def_rw("layout", &OpenOptions::layout)
      .def_rw("label_kind", &OpenOptions::label_kind)
      .def_rw("resize", &OpenOptions::resize)
      .def_rw("crop", &OpenOptions::crop)
      .def_rw("colour", &OpenOptions::colour)
      .def_rw("skip_bad", &OpenOptions::skip_bad)
      .def_rw("label_base", &OpenOptions::label_base)
      .def_rw("classes", &OpenOptions::classes)
      .def_rw("batch", &OpenOptions::batch)
      .def_rw("threads", &OpenOptions::threads);
  nb::class_<Dataset>(module, "Dataset")
      .def_static("open", &open, nb::arg("path"), nb::arg("options") = OpenOptions())
      .def_static("from_reader", &from_reader, nb::arg("samples"), nb::arg("next"), nb::arg("rewind"))
      .def("samples",
           [](const Dataset& self) {
             eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
             check(eigenlens_dataset_samples(self.get(), &samples));
             return samples_from(samples);
           })
      .def("next", &next_batch, nb::sig("def next(self) -> tuple | None"))
      .def("rewind",
           [](const Dataset& self) { check(unattended([&] { return eigenlens_dataset_rewind(self.get()); }, self)); })
      .def("skipped", [](const Dataset& self) {
        return text_of([&](char** text) { return eigenlens_dataset_skipped(self.get(), text); });
      });
  module.def(
      "generate",
      [](const std::string& folder, std::int64_t count, std::int64_t test_count, std::int64_t channels,
         std::int64_t height, std::int64_t width, std::int64_t classes, double background, std::uint64_t seed,
         const nb::object& progress) {
        eigenlens_generate_options options = EIGENLENS_GENERATE_OPTIONS_INIT;
        options.count = count;
        options.test_count = test_count;
        options.channels = channels;
        options.height = height;
        options.width = width;
        options.classes = classes;
        options.background = background;
        options.seed = seed;
        attended(nb::none(), progress,
                 [&](const eigenlens_run* run) { return eigenlens_generate(folder.c_str(), &options, run); });
      },
      nb::arg("folder"), nb::arg("count"), nb::arg("test_count"), nb::arg("channels"), nb::arg("height"),
      nb::arg("width"), nb::arg("classes"), nb::arg("background"), nb::arg("seed"), nb::arg("progress") = nb::none());
}

}  // namespace eigenlens::python
