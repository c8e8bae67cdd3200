// SPDX-License-Identifier: Apache-2.0
// The kinds of masks whose moments are a table (docs/masks.md).
#include <fmt/format.h>

#include <cmath>

#include "eigenlens/nearest_word.hpp"
#include "pretext/specification.hpp"

namespace eigenlens {
namespace {

/// KEY=LOW-HIGH, 0 < LOW ≤ HIGH ≤ most.
Interval interval_value(Specification& spec, const char* key, double most, Interval absent) {
  const std::string text = spec.take(key);
  if (text.empty()) return absent;
  Interval interval;
  const char* last = text.data() + text.size();
  const auto [middle, error] = std::from_chars(text.data(), last, interval.low);
  const bool read =
      error == std::errc() && middle != last && *middle == '-' &&
      read_number(std::string_view(middle + 1, static_cast<std::size_t>(last - middle - 1)), interval.high);
  if (!read || !(interval.low > 0 && interval.low <= interval.high && interval.high <= most))
    spec.fail(fmt::format("{}={}: expected LOW-HIGH with 0 < LOW <= HIGH <= {}, as in {}-{}", key, text, most,
                          absent.low, absent.high));
  return interval;
}

void read_draws(Specification& spec, MaskSampler& sampler) {
  sampler.draws = whole_value(spec, "draws", 2, sampler.draws);
  if (sampler.draws > 1000000000) spec.fail(fmt::format("draws={} is more than 1000000000", sampler.draws));
  sampler.seed = whole_value(spec, "seed", 0, sampler.seed);
}

std::vector<Pretext> parse_masks(Specification& spec, Pretext pretext) {
  spec.allow({"file", "first", "second", "patch", "channels"});
  const bool moments = spec.has("first") || spec.has("second");
  if (moments && spec.has("file")) spec.fail("expected either a file of masks, or first and second moments");
  if (moments) {
    pretext.file = spec.require("first", "FILE.npy");
    pretext.second_file = spec.require("second", "FILE.npy");
  } else {
    pretext.file = spec.require("file", "FILE.npy");
  }
  read_patch(spec, pretext);
  read_channels(spec, pretext);
  return {pretext};
}

std::vector<Pretext> parse_blocks(Specification& spec, Pretext pretext) {
  spec.allow({"patch", "ratio", "smallest", "draws", "seed"});
  read_patch(spec, pretext);
  pretext.sampler.smallest = whole_value(spec, "smallest", 1, 0);
  read_draws(spec, pretext.sampler);
  std::vector<Pretext> all;
  for (const double ratio : ratio_values(spec)) {
    pretext.ratio = ratio;
    all.push_back(pretext);
  }
  return all;
}

std::vector<Pretext> parse_multiblock(Specification& spec, Pretext pretext) {
  spec.allow({"patch", "context", "target", "aspect", "targets", "draws", "seed"});
  MaskSampler& sampler = pretext.sampler;
  read_patch(spec, pretext);
  sampler.context = interval_value(spec, "context", 1, sampler.context);
  sampler.target = interval_value(spec, "target", 1, sampler.target);
  sampler.aspect = interval_value(spec, "aspect", 100, sampler.aspect);
  sampler.targets = whole_value(spec, "targets", 1, sampler.targets);
  if (sampler.targets > 1000) spec.fail(fmt::format("targets={} is more than 1000", sampler.targets));
  read_draws(spec, sampler);
  return {pretext};
}

std::vector<Pretext> parse_grid(Specification& spec, Pretext pretext) {
  spec.allow({"patch", "every", "offset"});
  read_patch(spec, pretext);
  if (!spec.has("every")) spec.fail("every is missing: expected every=n, one of n x n patches shown");
  pretext.sampler.every = whole_value(spec, "every", 1, 0);
  const std::string offset = spec.take("offset");
  if (!offset.empty() && offset != "random" && offset != "fixed")
    spec.fail(fmt::format("offset={}: expected random or fixed", offset));
  if (offset == "fixed") pretext.sampler.offset = GridOffset::fixed;
  return {pretext};
}

std::vector<Pretext> parse_square(Specification& spec, Pretext pretext) {
  const bool centre = pretext.kind == PretextKind::centre;
  if (centre) {
    spec.allow({"patch", "size", "hide"});
  } else {
    spec.allow({"patch", "size"});
  }
  read_patch(spec, pretext);
  read_extents(spec, "size", spec.require("size", "S or SxT, in patches"), pretext.sampler.height,
               pretext.sampler.width);
  const std::string hide = spec.take("hide");
  if (!hide.empty() && hide != "inside" && hide != "outside")
    spec.fail(fmt::format("hide={}: expected inside or outside", hide));
  if (hide == "outside") pretext.sampler.hidden = HiddenSide::outside;
  return {pretext};
}

}  // namespace

std::vector<Pretext> parse_mask_distribution(Specification& spec, Pretext pretext) {
  struct Kind {
    const char* name;
    PretextKind kind;
    std::vector<Pretext> (*parse)(Specification&, Pretext);
  };
  constexpr Kind kinds[] = {{"masks", PretextKind::masks, parse_masks},
                            {"blocks", PretextKind::blocks, parse_blocks},
                            {"multiblock", PretextKind::multiblock, parse_multiblock},
                            {"grid", PretextKind::grid, parse_grid},
                            {"centre", PretextKind::centre, parse_square},
                            {"crop", PretextKind::crop, parse_square}};
  for (const Kind& kind : kinds) {
    if (spec.kind() != kind.name) continue;
    pretext.kind = kind.kind;
    return kind.parse(spec, std::move(pretext));
  }
  std::vector<std::string> names = {"reconstruct", "gaussian", "mask", "dropout", "keep", "joint"};
  for (const Kind& kind : kinds) names.emplace_back(kind.name);
  const std::string nearest = nearest_word(spec.kind(), names);
  if (!nearest.empty()) spec.fail(fmt::format("unknown kind; did you mean '{}'?", nearest));
  spec.fail(
      "unknown kind: expected reconstruct, gaussian:sigma=S, gaussian:covariance=FILE, mask:patch=P[xQ],ratio=R, "
      "dropout:ratio=R, keep:patch=P[xQ],count=m, masks:FILE,patch=P[xQ], blocks:patch=P[xQ],ratio=R, "
      "multiblock:patch=P[xQ], grid:patch=P[xQ],every=n, centre:patch=P[xQ],size=S, crop:patch=P[xQ],size=S or "
      "joint:lambda=L");
}

}  // namespace eigenlens
