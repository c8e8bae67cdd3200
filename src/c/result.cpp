// SPDX-License-Identifier: Apache-2.0
#include "c/result.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <type_traits>

#include "c/guard.hpp"
#include "c/versions.hpp"
#include "data/atomic_file.hpp"
#include "eigenlens/error.hpp"
#include "report/format_names.hpp"
#include "report/result_place.hpp"

namespace eigenlens::c {
namespace {

const char* format_of(const SweepResult&) { return formats::curves; }
const char* format_of(const ImpactResult&) { return formats::impact; }
const char* format_of(const EncodersResult&) { return formats::encoders; }
const char* format_of(const MappedFrontier&) { return formats::frontier; }
const char* format_of(const Advice&) { return formats::advice; }
const char* format_of(const LearningResult&) { return formats::learning; }
const char* format_of(const BandsResult&) { return formats::bands; }
const char* format_of(const LoadedResult& loaded) { return loaded.format.c_str(); }

const char* format_of(const eigenlens_result& result) {
  return std::visit([](const auto& value) { return format_of(value); }, result.value);
}

[[noreturn]] void refuse_loaded(const char* what) {
  throw Error(ErrorCode::usage, fmt::format("a result that was loaded from a file has {}", what));
}

/// The caller's provenance comes first, so that what is known of library and device cannot be overwritten.
ReportOptions report_options_of(const eigenlens_result& result, const eigenlens_result_options* options) {
  const auto given = versioned(options, eigenlens_result_options EIGENLENS_RESULT_OPTIONS_INIT, "result options");
  ReportOptions report;
  report.k = numbers(given.k, given.k_count, "k of the result options");
  const std::vector<std::string> pairs = texts(given.provenance, given.provenance_count, "provenance");
  if (pairs.size() % 2 != 0)
    throw Error(ErrorCode::usage,
                fmt::format("provenance of {} texts: expected a value after every key", pairs.size()));
  if (std::holds_alternative<LoadedResult>(result.value) && !(report.k.empty() && pairs.empty()))
    refuse_loaded("its own K and provenance: neither can be chosen");
  for (std::size_t i = 0; i < pairs.size(); i += 2) report.provenance.emplace_back(pairs[i], pairs[i + 1]);
  report.provenance.insert(report.provenance.end(), result.provenance.begin(), result.provenance.end());
  return report;
}

void save_document(const eigenlens_result& result, const std::string& path, const ReportOptions& options) {
  std::visit(
      [&]<class Value>(const Value& value) {
        if constexpr (std::is_same_v<Value, LoadedResult>) {
          AtomicFile file(path);
          file.write(value.text);
          file.commit();
        } else {
          write_json(value, path, options);
        }
      },
      result.value);
}

void save_csv(const eigenlens_result& result, const std::string& path, const ReportOptions& options) {
  std::visit(
      [&]<class Value>(const Value& value) {
        if constexpr (std::is_same_v<Value, LoadedResult>) {
          refuse_loaded("no CSV: the file is all that is known of it");
        } else if constexpr (requires { write_csv(value, path, options); }) {
          write_csv(value, path, options);
        } else if constexpr (requires { write_csv(value, path); }) {
          write_csv(value, path);
        } else {
          throw Error(ErrorCode::usage, fmt::format("results of format {} have no CSV", format_of(value)));
        }
      },
      result.value);
}

std::string table_of(const eigenlens_result& result, const ReportOptions& options) {
  return std::visit(
      [&]<class Value>(const Value& value) -> std::string {
        if constexpr (std::is_same_v<Value, LoadedResult>) {
          refuse_loaded("no table: the file is all that is known of it");
        } else if constexpr (requires { format_table(value, options); }) {
          return format_table(value, options);
        } else {
          return format_table(value);
        }
      },
      result.value);
}

/// Where temporary files go: what the environment names, if it is there.
std::filesystem::path temporary_folder() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  return error ? "/tmp" : folder;
}

/// A file that is there while a picture is drawn of it.
class PassingFile {
 public:
  explicit PassingFile(const std::string& text)
      : path_(name_beside((temporary_folder() / "eigenlens-result").string())) {
    AtomicFile file(path_);
    file.write(text);
    file.commit();
  }
  ~PassingFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  PassingFile(const PassingFile&) = delete;
  PassingFile& operator=(const PassingFile&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

LoadedResult load(const std::string& path) {
  LoadedResult loaded{{}, read_result_text(path)};
  const nlohmann::json document = parse_result_text(loaded.text, path);
  const Place top(document, path, "the file");
  if (!top.has("format")) top.refuse("a result of eigenlens, with format eigenlens.curves/1 or another");
  loaded.format = top["format"].text();
  if (!loaded.format.starts_with("eigenlens.")) top["format"].refuse("eigenlens.curves/1 or another of its formats");
  return loaded;
}

}  // namespace

std::string document_text(const eigenlens_result& result, const ReportOptions& options) {
  return std::visit(
      [&]<class Value>(const Value& value) -> std::string {
        if constexpr (std::is_same_v<Value, LoadedResult>)
          return value.text;
        else
          return to_json(value, options);
      },
      result.value);
}

}  // namespace eigenlens::c

using namespace eigenlens::c;

eigenlens_status eigenlens_result_load(const char* path, eigenlens_result** result) {
  return guarded([&] {
    auto& out = required(result, "result");
    auto handle = std::make_unique<eigenlens_result>();
    handle->value = load(required_text(path, "path"));
    out = handle.release();
  });
}

const char* eigenlens_result_format(const eigenlens_result* result) { return result ? format_of(*result) : ""; }

eigenlens_status eigenlens_result_json(const eigenlens_result* result, const eigenlens_result_options* options,
                                       char** json) {
  return guarded([&] {
    auto& out = required(json, "json");
    const eigenlens_result& it = required(result, "result");
    out = given_out(document_text(it, report_options_of(it, options)));
  });
}

eigenlens_status eigenlens_result_array(const eigenlens_result* result, const char* pointer, eigenlens_array* array) {
  return guarded([&] { fill_array(numbers_at(required(result, "result"), required_text(pointer, "pointer")), array); });
}

eigenlens_status eigenlens_result_save(const eigenlens_result* result, const char* path,
                                       const eigenlens_result_options* options) {
  return guarded([&] {
    const eigenlens_result& it = required(result, "result");
    save_document(it, required_text(path, "path"), report_options_of(it, options));
  });
}

eigenlens_status eigenlens_result_csv(const eigenlens_result* result, const char* path,
                                      const eigenlens_result_options* options) {
  return guarded([&] {
    const eigenlens_result& it = required(result, "result");
    save_csv(it, required_text(path, "path"), report_options_of(it, options));
  });
}

eigenlens_status eigenlens_result_table(const eigenlens_result* result, const eigenlens_result_options* options,
                                        char** text) {
  return guarded([&] {
    auto& out = required(text, "text");
    const eigenlens_result& it = required(result, "result");
    out = given_out(table_of(it, report_options_of(it, options)));
  });
}

eigenlens_status eigenlens_result_plot(const eigenlens_result* result, const char* out) {
  return guarded([&] {
    const eigenlens_result& it = required(result, "result");
    const std::string picture = required_text(out, "out");
    if (const auto* encoders = std::get_if<eigenlens::EncodersResult>(&it.value)) {
      if (!picture.ends_with(".png"))
        throw eigenlens::Error(eigenlens::ErrorCode::usage,
                               fmt::format("{}: pictures of encoders are PNG: the name must end in .png", picture));
      return eigenlens::draw_encoders(*encoders, picture);
    }
    const PassingFile file(document_text(it, report_options_of(it, nullptr)));
    eigenlens::plot_result(file.path(), picture);
  });
}

void eigenlens_result_close(eigenlens_result* result) { delete result; }
