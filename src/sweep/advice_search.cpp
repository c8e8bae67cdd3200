// SPDX-License-Identifier: Apache-2.0
// What is worth trying, by the shape of the images alone.
#include <fmt/format.h>

#include <algorithm>

#include "eigenlens/advice.hpp"

namespace eigenlens {
namespace {

/// How much a data set of D inputs is worth: a strength costs an eigenproblem of order D.
struct Effort {
  std::int64_t largest_dimension;
  std::size_t patches;
  std::vector<double> ratios;
  std::size_t refined_families;
  int rounds;
  std::size_t ranked_families;
};

Effort effort_for(std::int64_t dimension) {
  if (dimension <= 1024) return {1024, 6, {0.1, 0.25, 0.5, 0.65, 0.75, 0.85, 0.95}, 7, 2, 7};
  if (dimension <= 4096) return {4096, 6, {0.1, 0.3, 0.5, 0.75, 0.9}, 2, 1, 3};
  return {0, 3, {0.25, 0.5, 0.75}, 1, 1, 2};
}

std::vector<std::int64_t> evenly_chosen(const std::vector<std::int64_t>& all, std::size_t most) {
  if (all.size() <= most) return all;
  std::vector<std::int64_t> some;
  for (std::size_t i = 0; i < most; ++i) some.push_back(all[i * (all.size() - 1) / (most - 1)]);
  return some;
}

/// Sizes of square patches, ascending: those that divide the image, else powers of two. The whole image is none: hiding
/// it hides nothing from what else is seen.
std::vector<std::int64_t> patch_sizes(const ImageShape& shape, std::size_t most) {
  const std::int64_t least = std::min(shape.height, shape.width), largest = std::max(shape.height, shape.width);
  std::vector<std::int64_t> sizes;
  for (std::int64_t size = 1; size <= least && size < largest; ++size)
    if (shape.height % size == 0 && shape.width % size == 0) sizes.push_back(size);
  if (sizes.size() < 3) {
    sizes.clear();
    for (std::int64_t size = 1; 2 * size <= least; size *= 2) sizes.push_back(size);
  }
  return evenly_chosen(sizes, most);
}

Pretext patch_mask(std::int64_t size) { return {.kind = PretextKind::mask, .patch_height = size, .patch_width = size}; }

std::int64_t group_count(const Pretext& pretext, const ImageShape& shape) {
  const auto groups = mask_groups(pretext, shape);
  return *std::max_element(groups.begin(), groups.end()) + 1;
}

void add_notes(const ImageShape& shape, const Effort& effort, AdviceSearch& search) {
  std::vector<std::string>& notes = search.notes;
  notes.emplace_back(
      "Gaussian noise was not tried: it learns the features of plain reconstruction, in the same order, at every "
      "sigma.");
  notes.emplace_back(
      "Keeping an exact number of patches was not tried apart: it learns what hiding them with a probability learns; "
      "the count beside a mask is the one that comes closest.");
  const bool image = shape.height > 1 && shape.width > 1;
  if (!image) notes.emplace_back("These inputs have no height and width: no patches, single values alone.");
  if (image && shape.channels == 1)
    notes.emplace_back("With one channel, hiding single values (dropout) is hiding single pixels.");
  if (image && shape.channels > 1)
    notes.emplace_back("Patches are hidden over all channels; channels=separate was not tried.");
  if (effort.ratios.size() < 7)
    notes.push_back(fmt::format(
        "D = {} is large: {} ratios a patch size, of at most {} sizes; only the best {} refined, the best {} ranked.",
        shape.size(), effort.ratios.size(), effort.patches,
        effort.refined_families == 1 ? "one is" : fmt::format("{} are", effort.refined_families),
        effort.ranked_families));
}

}  // namespace

AdviceSearch plan_search(const ImageShape& shape) {
  const Effort effort = effort_for(shape.size());
  AdviceSearch search;
  const auto add = [&](Pretext pretext) {
    pretext.ratio = effort.ratios.front();
    search.families.push_back({pretext, group_count(pretext, shape), effort.ratios});
  };
  const bool image = shape.height > 1 && shape.width > 1;
  if (image)
    for (const std::int64_t size : patch_sizes(shape, effort.patches)) add(patch_mask(size));
  if (!image || shape.channels > 1) add({.kind = PretextKind::dropout});
  search.refined_families = std::min(effort.refined_families, search.families.size());
  search.rounds = effort.rounds;
  search.ranked_families = std::min(effort.ranked_families, search.families.size());
  add_notes(shape, effort, search);
  return search;
}

std::vector<Pretext> AdviceSearch::grid() const {
  std::vector<Pretext> all = {Pretext{}};
  for (const AdviceFamily& family : families)
    for (const double ratio : family.ratios) {
      all.push_back(family.pretext);
      all.back().ratio = ratio;
    }
  return all;
}

std::int64_t AdviceSearch::most_curves(std::int64_t shards) const {
  const std::size_t refined = refined_families * static_cast<std::size_t>(rounds) * 4;
  const std::size_t ranked = ranked_families + 3;  // no noise, and the best at two other K
  const std::size_t jackknifed = shards > 1 ? ranked * static_cast<std::size_t>(shards + 1) : 0;
  return static_cast<std::int64_t>(grid().size() + refined + jackknifed + ranked);
}

}  // namespace eigenlens
