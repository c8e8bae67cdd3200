// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "eigenlens/encoders.hpp"
#include "report/format_names.hpp"
#include "report/result_document.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

void fill(ResultDocument& document, const EncodersResult& result) {
  document.add("k", result.k);
  if (!result.sheet.empty()) document.add("sheet", result.sheet);
  if (!result.frequency.empty()) document.add("frequency", finite_list(result.frequency, "frequency"));
  document.begin_list("encoders");
  for (const PretextEncoder& encoder : result.encoders) {
    ResultDocument::Json json = {
        {"pretext", pretext_json(encoder.pretext)},
        {"features", encoder.eigenvalues.size()},
        {"eigenvalues", finite_list(encoder.eigenvalues, "eigenvalue")},
        {"reconstruction_denoise", finite(encoder.reconstruction_denoise, "reconstruction_denoise")},
        {"reconstruction_clean", finite(encoder.reconstruction_clean, "reconstruction_clean")},
        {"reconstruction_refit", finite(encoder.reconstruction_refit, "reconstruction_refit")},
        {"checks", checks_json(encoder.checks)}};
    if (!result.frequency.empty()) json["alignment"] = finite(encoder.alignment, "alignment");
    document.add_entry(json);
  }
  document.end_list();
  document.commit();
}

}  // namespace

void write_json(const EncodersResult& result, const std::string& path, const ReportOptions& options) {
  ResultDocument document(path, formats::encoders, result, options);
  fill(document, result);
}

std::string to_json(const EncodersResult& result, const ReportOptions& options) {
  std::string text;
  ResultDocument document(&text, formats::encoders, result, options);
  fill(document, result);
  return text;
}

}  // namespace eigenlens
