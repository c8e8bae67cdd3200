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

}  // namespace

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

namespace {

std::vector<std::int64_t> read_k(const Place& list) {
  std::vector<std::int64_t> k;
  for (const Place& each : list.elements()) {
    if (!k.empty() && each.positive() <= k.back()) each.refuse("a K larger than the one before");
    k.push_back(each.positive());
  }
  return k;
}

constexpr double rounding = 1e-6;  // by which a computed share may leave 0 … 1

/// One number for every K of the curve.
std::vector<double> read_list(const Place& place, std::size_t count) {
  std::vector<double> values = place.numbers();
  if (values.size() != count) place.refuse(fmt::format("{} values, one for each K, not {}", count, values.size()));
  return values;
}

/// The same of shares.
std::vector<double> read_shares(const Place& place, std::size_t count) {
  std::vector<double> values = read_list(place, count);
  for (const double value : values)
    if (!(value >= -rounding && value <= 1 + rounding)) place.refuse(fmt::format("shares, 0 to 1, not {}", value));
  return values;
}

FileCurve read_curve(const Place& place) {
  FileCurve curve;
  curve.pretext = read_pretext(place["pretext"]);
  curve.k = read_k(place["k"]);
  curve.alignment = read_shares(place["alignment"], curve.k.size());
  if (place.has("probe")) {
    const Place probe = place["probe"];
    curve.accuracy = read_shares(probe["top1"], curve.k.size());
    if (probe.has("top1_low") && probe.has("top1_high")) {
      curve.accuracy_low = read_shares(probe["top1_low"], curve.k.size());
      curve.accuracy_high = read_shares(probe["top1_high"], curve.k.size());
    }
    if (probe.has("sufficient_k")) curve.sufficient_k = probe["sufficient_k"].positive();
  }
  if (place.has("jackknife") && place["jackknife"].has("gain_se")) {
    curve.gain_k = read_k(place["jackknife"]["k"]);
    curve.gain_se = read_list(place["jackknife"]["gain_se"], curve.gain_k.size());
    for (const double error : curve.gain_se)  // of a few samples it may be more than a share
      if (error < 0) place["jackknife"]["gain_se"].refuse(fmt::format("standard errors from 0, not {}", error));
  }
  return curve;
}

}  // namespace

CurvesFile read_curves(const Place& top) {
  if (!top.has("format")) top.refuse(fmt::format("a curves file, with format {}", formats::curves));
  if (const std::string format = top["format"].text(); format != formats::curves)
    top.refuse(fmt::format("format {}, which this version reads, not {}", formats::curves, format));
  const Place dataset = top["dataset"];
  CurvesFile file;
  file.dataset = dataset["name"].text();
  file.count = dataset["n"].positive();
  file.dimension = dataset["d"].positive();
  file.classes = dataset["classes"].positive();
  if (top.has("probe")) {
    file.test_count = top["probe"]["n"].positive();
    if (top["probe"].has("dataset")) file.test = top["probe"]["dataset"].text();
  }
  if (top.has("jackknife")) file.student = top["jackknife"]["student"].number();
  for (const Place& curve : top["curves"].elements()) file.curves.push_back(read_curve(curve));
  return file;
}

CurvesFile read_curves_file(const std::string& path) {
  const nlohmann::json document = parse_result(path);
  return read_curves(Place(document, path, "the file"));
}

}  // namespace eigenlens
