// SPDX-License-Identifier: Apache-2.0
#include "c/dataset.hpp"

#include <fmt/format.h>

#include <utility>

#include "c/device.hpp"
#include "c/guard.hpp"
#include "c/json_text.hpp"
#include "c/samples.hpp"
#include "c/versions.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/generate.hpp"

namespace eigenlens::c {
namespace {

OpenOptions open_options_of(const eigenlens_dataset_options* options) {
  const auto given = versioned(options, eigenlens_dataset_options EIGENLENS_DATASET_OPTIONS_INIT, "data set options");
  OpenOptions open;
  open.format = text_or(given.format, open.format);
  open.split = text_or(given.split, open.split);
  open.labels = text_or(given.labels, open.labels);
  open.layout = text_or(given.layout, open.layout);
  open.label_kind = text_or(given.label_kind, open.label_kind);
  open.resize = text_or(given.resize, open.resize);
  open.crop = text_or(given.crop, open.crop);
  open.colour = text_or(given.colour, open.colour);
  open.skip_bad = given.skip_bad;
  open.label_base = given.label_base;
  open.classes = given.classes;
  open.batch = given.batch;
  open.threads = given.threads;
  for (const std::int64_t number : {given.skip_bad, given.classes, given.batch, std::int64_t{given.threads}})
    if (number < 0)
      throw Error(ErrorCode::usage,
                  fmt::format("data set options: {}: skip_bad, classes, batch and threads are numbers from 0", number));
  return open;
}

}  // namespace
}  // namespace eigenlens::c

using namespace eigenlens::c;

eigenlens_status eigenlens_dataset_open(const char* path, const eigenlens_dataset_options* options,
                                        eigenlens_dataset** dataset) {
  return guarded([&] {
    auto& out = required(dataset, "dataset");
    auto handle = std::make_unique<eigenlens_dataset>();
    handle->open = [path = required_text(path, "path"), open = open_options_of(options)] {
      return eigenlens::open_dataset(path, open);
    };
    handle->read_ahead = true;
    handle->current = handle->open();
    handle->begins_again = false;
    handle->info = handle->current->info();
    out = handle.release();
  });
}

eigenlens_status eigenlens_dataset_from(const eigenlens_samples* samples, const eigenlens_reader* reader,
                                        eigenlens_dataset** dataset) {
  return guarded([&] {
    auto& out = required(dataset, "dataset");
    auto handle = std::make_unique<eigenlens_dataset>();
    handle->info = info_of(samples);
    handle->info.format = "generated";  // of no format: it is written as IDX or .npy
    if (handle->info.classes < 1 || handle->info.count < 1)
      throw eigenlens::Error(eigenlens::ErrorCode::usage,
                             fmt::format("{}: a reader's samples need their number and that of their classes, not {} "
                                         "and {}",
                                         handle->info.name, handle->info.count, handle->info.classes));
    const auto given = versioned_required(reader, eigenlens_reader EIGENLENS_READER_INIT, "reader");
    if (!given.next || !given.rewind) refuse_null(given.next ? "rewind of the reader" : "next of the reader");
    handle->open = [given, info = handle->info] { return read_with(given, info); };
    out = handle.release();
  });
}

eigenlens_status eigenlens_dataset_samples(const eigenlens_dataset* dataset, eigenlens_samples* samples) {
  return guarded([&] {
    const eigenlens_dataset& set = required(dataset, "dataset");
    fill_samples(set.info, set.class_names, samples);
  });
}

eigenlens_status eigenlens_dataset_next(eigenlens_dataset* dataset, eigenlens_batch* batch) {
  return guarded([&] {
    eigenlens_dataset& set = required(dataset, "dataset");
    require_size(&required(batch, "batch"), "batch");
    if (set.begins_again) set.current = set.open();
    set.begins_again = false;
    const auto next = set.current->next();
    if (!next) set.skipped = set.current->skipped();
    fill_batch(next.value_or(eigenlens::Batch{.scalar = set.info.scalar, .dimension = set.info.shape.size()}), batch);
  });
}

eigenlens_status eigenlens_dataset_rewind(eigenlens_dataset* dataset) {
  return guarded([&] { required(dataset, "dataset").begins_again = true; });
}

eigenlens_status eigenlens_dataset_skipped(const eigenlens_dataset* dataset, char** json) {
  return guarded([&] {
    auto& out = required(json, "json");
    Json list = Json::array();
    for (const eigenlens::SkippedFile& file : required(dataset, "dataset").skipped)
      list.push_back({{"path", file.path}, {"reason", file.reason}});
    out = given_out(list);
  });
}

void eigenlens_dataset_close(eigenlens_dataset* dataset) { delete dataset; }

eigenlens_status eigenlens_generate(const char* folder, const eigenlens_generate_options* options,
                                    const eigenlens_run* run) {
  return guarded([&] {
    const auto given =
        versioned(options, eigenlens_generate_options EIGENLENS_GENERATE_OPTIONS_INIT, "generate options");
    eigenlens::generate_dataset(required_text(folder, "folder"),
                                {.count = given.count,
                                 .test_count = given.test_count,
                                 .shape = {given.channels, given.height, given.width},
                                 .classes = given.classes,
                                 .background = given.background,
                                 .seed = given.seed},
                                progress_of(run));
  });
}
