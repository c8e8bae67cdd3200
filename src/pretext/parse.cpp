// SPDX-License-Identifier: Apache-2.0
// Every kind of pretext from its specification, and back.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "eigenlens/pretext.hpp"
#include "pretext/specification.hpp"

namespace eigenlens {
namespace {

std::vector<Pretext> with_ratios(Specification& spec, Pretext pretext) {
  std::vector<Pretext> all;
  for (const double ratio : ratio_values(spec)) {
    pretext.ratio = ratio;
    all.push_back(pretext);
  }
  return all;
}

std::vector<Pretext> with_counts(Specification& spec, Pretext pretext) {
  std::vector<Pretext> all;
  for (const double count : real_values(spec, "count", spec.require("count", "m or FIRST:LAST:n"))) {
    if (count < 1 || count != std::floor(count) || count > 9e15)
      spec.fail(fmt::format("count={} is not a whole number of patches, at least 1", count));
    pretext.keep_count = static_cast<std::int64_t>(count);
    all.push_back(pretext);
  }
  return all;
}

std::vector<Pretext> parse_gaussian(Specification& spec, Pretext pretext) {
  std::vector<Pretext> all;
  for (const double sigma : real_values(spec, "sigma", spec.require("sigma", "S or FIRST:LAST:n"))) {
    if (sigma < 0) spec.fail(fmt::format("sigma={} is negative", sigma));
    pretext.sigma = sigma;
    all.push_back(pretext);
  }
  return all;
}

std::vector<Pretext> parse_coloured(Specification& spec, Pretext pretext) {
  pretext.kind = PretextKind::coloured;
  pretext.file = spec.require("covariance", "FILE.npy");
  const std::string text = spec.take("scale");
  std::vector<Pretext> all;
  for (const double scale : real_values(spec, "scale", text.empty() ? "1" : text)) {
    if (!(scale >= 0 && scale <= 1e50)) spec.fail(fmt::format("scale={} is outside [0, 1e50]", scale));
    pretext.scale = scale;
    all.push_back(pretext);
  }
  return all;
}

std::vector<Pretext> parse_joint(Specification& spec, Pretext pretext) {
  const std::string text = spec.require("lambda", "L, FIRST:LAST:n, log:FIRST:LAST:n or inf");
  const double infinite = std::numeric_limits<double>::infinity();
  std::vector<Pretext> all;
  for (const double lambda : text == "inf" ? std::vector<double>{infinite} : real_values(spec, "lambda", text)) {
    if (lambda < 0) spec.fail(fmt::format("lambda={} is negative", lambda));
    pretext.lambda = lambda;
    all.push_back(pretext);
  }
  return all;
}

std::vector<Pretext> parse_patches(Specification& spec, Pretext pretext) {
  const bool keep = pretext.kind == PretextKind::keep;
  spec.allow({"patch", keep ? "count" : "ratio", "channels"});
  read_patch(spec, pretext);
  read_channels(spec, pretext);
  std::vector<Pretext> all = keep ? with_counts(spec, pretext) : with_ratios(spec, pretext);
  return all;
}

}  // namespace

std::vector<Pretext> parse_pretext(const std::string& specification) {
  Specification spec(specification);
  Pretext pretext;
  if (spec.kind() == "reconstruct") {
    spec.allow({});
    return {pretext};
  }
  if (spec.kind() == "gaussian") {
    pretext.kind = PretextKind::gaussian;
    spec.allow({"sigma", "covariance", "scale"});
    if (spec.has("sigma") && (spec.has("covariance") || spec.has("scale")))
      spec.fail("sigma is for isotropic noise: expected either sigma, or covariance and scale");
    return spec.has("covariance") || spec.has("scale") ? parse_coloured(spec, pretext) : parse_gaussian(spec, pretext);
  }
  if (spec.kind() == "dropout") {
    pretext.kind = PretextKind::dropout;
    spec.allow({"ratio"});
    return with_ratios(spec, pretext);
  }
  if (spec.kind() == "mask" || spec.kind() == "keep") {
    pretext.kind = spec.kind() == "mask" ? PretextKind::mask : PretextKind::keep;
    return parse_patches(spec, pretext);
  }
  if (spec.kind() == "joint") {
    pretext.kind = PretextKind::joint;
    spec.allow({"lambda"});
    return parse_joint(spec, pretext);
  }
  return parse_mask_distribution(spec, pretext);
}

std::vector<Pretext> parse_pretexts(const std::vector<std::string>& specifications) {
  std::vector<Pretext> pretexts;
  for (const std::string& specification : specifications) {
    const std::vector<Pretext> parsed = parse_pretext(specification);
    pretexts.insert(pretexts.end(), parsed.begin(), parsed.end());
  }
  return pretexts;
}

}  // namespace eigenlens
