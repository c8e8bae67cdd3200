// SPDX-License-Identifier: Apache-2.0
#include "report/curves_file.hpp"

#include <fmt/format.h>

#include <optional>

#include "eigenlens/error.hpp"
#include "report/format_names.hpp"
#include "report/result_place.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

/// Kinds that have more parameters than fields: their specification says all.
Pretext read_specification(const Place& spec, PretextKind kind) {
  try {
    const std::vector<Pretext> pretexts = parse_pretext(spec.text());
    if (pretexts.size() == 1 && pretexts.front().kind == kind) return pretexts.front();
  } catch (const Error&) {
    // said below, with the place
  }
  spec.refuse(fmt::format("the specification of one pretext of kind {}", kind_name(kind)));
}

Pretext read_pretext(const Place& place) {
  Pretext pretext;
  const std::string kind = place["kind"].text();
  std::optional<PretextKind> known;
  for (const PretextKind each : {PretextKind::reconstruct, PretextKind::gaussian, PretextKind::mask,
                                 PretextKind::dropout, PretextKind::keep, PretextKind::joint})
    if (kind == kind_name(each)) known = each;
  for (const PretextKind each : {PretextKind::coloured, PretextKind::masks, PretextKind::blocks,
                                 PretextKind::multiblock, PretextKind::grid, PretextKind::centre, PretextKind::crop})
    if (kind == kind_name(each)) return read_specification(place["spec"], each);
  if (!known) place["kind"].refuse("reconstruct, gaussian, mask or another kind of docs/formats.md");
  pretext.kind = *known;
  if (has_patch(pretext.kind)) {
    const std::vector<Place> patch = place["patch"].elements();
    if (patch.size() != 2) place["patch"].refuse("a height and a width");
    pretext.patch_height = patch[0].positive();
    pretext.patch_width = patch[1].positive();
    const std::string channels = place["channels"].text();
    if (channels != "together" && channels != "separate") place["channels"].refuse("together or separate");
    pretext.channels = channels == "together" ? ChannelMode::together : ChannelMode::separate;
  }
  if (has_ratio(pretext.kind)) pretext.ratio = place["ratio"].number();
  if (pretext.kind == PretextKind::gaussian) pretext.sigma = place["sigma"].number();
  if (pretext.kind == PretextKind::keep) pretext.keep_count = place["count"].positive();
  if (pretext.kind == PretextKind::joint) pretext.lambda = read_weight(place["lambda"]);
  return pretext;
}

/// One number for every K of the curve.
std::vector<double> read_list(const Place& place, std::size_t count) {
  std::vector<double> values = place.numbers();
  if (values.size() != count) place.refuse(fmt::format("{} values, one for each K, not {}", count, values.size()));
  return values;
}

FileCurve read_curve(const Place& place) {
  FileCurve curve{read_pretext(place["pretext"]), {}, {}, {}};
  for (const Place& k : place["k"].elements()) {
    if (!curve.k.empty() && k.positive() <= curve.k.back()) k.refuse("a K larger than the one before");
    curve.k.push_back(k.positive());
  }
  curve.alignment = read_list(place["alignment"], curve.k.size());
  if (place.has("probe")) curve.accuracy = read_list(place["probe"]["top1"], curve.k.size());
  return curve;
}

}  // namespace

CurvesFile read_curves_file(const std::string& path) {
  const nlohmann::json document = parse_result(path);
  const Place top(document, path, "the file");
  if (!top.has("format")) top.refuse(fmt::format("a curves file, with format {}", formats::curves));
  if (const std::string format = top["format"].text(); format != formats::curves)
    throw Error(ErrorCode::data, fmt::format("{}: format {}, this version reads {}", path, format, formats::curves));
  const Place dataset = top["dataset"];
  CurvesFile file{
      dataset["name"].text(), dataset["n"].positive(), dataset["d"].positive(), dataset["classes"].positive(), 0, {}};
  if (top.has("probe")) file.test_count = top["probe"]["n"].positive();
  for (const Place& curve : top["curves"].elements()) file.curves.push_back(read_curve(curve));
  return file;
}

}  // namespace eigenlens
