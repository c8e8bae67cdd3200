// SPDX-License-Identifier: Apache-2.0
#include "sweep/families.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace eigenlens {

std::string family_name(const Pretext& pretext) {
  if (pretext.kind == PretextKind::dropout) return "dropout";
  Pretext mask = pretext;
  mask.kind = PretextKind::mask;
  mask.ratio = 0;
  std::string name = mask.to_string();
  const std::string_view strength = ",ratio=0";
  return name.erase(name.find(strength), strength.size());
}

Pretext structure_of(const Pretext& pretext) {
  Pretext structure = pretext;
  structure.kind = pretext.kind == PretextKind::dropout ? PretextKind::dropout : PretextKind::mask;
  structure.ratio = 0;
  structure.keep_count = 0;
  return structure;
}

std::vector<Pretext> structures_of(const std::vector<Pretext>& pretexts, const ImageShape& shape) {
  by_family(pretexts, shape, 1);  // refuses what such images cannot have
  std::vector<Pretext> structures;
  std::set<std::vector<std::int32_t>> known;
  for (const Pretext& pretext : pretexts) {
    const PretextKind kind = pretext.kind;
    const bool masks = kind == PretextKind::mask || kind == PretextKind::keep || kind == PretextKind::dropout;
    if (masks && known.insert(mask_groups(pretext, shape)).second) structures.push_back(structure_of(pretext));
  }
  return structures;
}

std::vector<FamilyTasks> by_family(const std::vector<Pretext>& pretexts, const ImageShape& shape,
                                   std::int64_t samples) {
  std::vector<FamilyTasks> families{
      {.name = "principal components", .structure = Structure::principal, .groups = {}, .tasks = {}, .joint = {}}};
  std::map<std::vector<std::int32_t>, std::size_t> known;
  for (std::size_t i = 0; i < pretexts.size(); ++i) {
    if (!needs_inputs(pretexts[i])) continue;
    families.push_back({pretexts[i].to_string(), Structure::table, {}, {{i, pretexts[i], {}}}, {}});
    if (pretexts[i].kind != PretextKind::coloured) (void)mask_groups(pretexts[i], shape);
  }
  for (std::size_t i = 0; i < pretexts.size(); ++i) {
    const Pretext& pretext = pretexts[i];
    if (needs_inputs(pretext)) continue;
    if (pretext.kind == PretextKind::joint) {
      families[0].joint.push_back({i, pretext, strength_of(pretext, 0, samples)});
      continue;
    }
    const std::vector<std::int32_t> groups = mask_groups(pretext, shape);
    const auto count = groups.empty() ? 0 : *std::max_element(groups.begin(), groups.end()) + 1;
    const Strength strength = strength_of(pretext, count, samples);
    std::size_t family = 0;
    if (pretext.kind != PretextKind::gaussian && strength.b != 0) {
      family = known.emplace(groups, families.size()).first->second;
      if (family == families.size()) families.push_back({family_name(pretext), Structure::blocks, groups, {}, {}});
    }
    families[family].tasks.push_back({i, pretext, strength});
  }
  return families;
}

}  // namespace eigenlens
