// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which pretexts share a decomposition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/pretext.hpp"
#include "pretext/strength.hpp"

namespace eigenlens {

/// One pretext to be solved: where its curve goes.
struct Task {
  std::size_t position;
  Pretext pretext;
  Strength strength;
};

/// What is decomposed once.
enum class Structure {
  principal,  ///< G alone: B = I
  blocks,     ///< B = G within groups
  table,      ///< nothing: each noise has its own S, a table over pairs of groups (solve/tabled_pencil.hpp)
};

/// The specification of a mask, dropout or keep without its strength.
std::string family_name(const Pretext& pretext);
/// The mask or dropout of ratio 0 with the same groups.
Pretext structure_of(const Pretext& pretext);

/// Distinct structures of all that masks, whatever its strength, in order of first appearance. Throws as by_family.
std::vector<Pretext> structures_of(const std::vector<Pretext>& pretexts, const ImageShape& shape);

/// Tasks that share one B. The principal family also takes every strength without a B: no noise.
struct FamilyTasks {
  std::string name;
  Structure structure = Structure::principal;
  std::vector<std::int32_t> groups;  ///< of blocks
  std::vector<Task> tasks;
  std::vector<Task> joint;  ///< of the principal family: the joint objective, one weight each
};

/// Pretexts by structure; the principal family is first, then those that need its matrices: every table for itself.
/// Throws Error(usage) for a pretext that the images cannot have.
std::vector<FamilyTasks> by_family(const std::vector<Pretext>& pretexts, const ImageShape& shape, std::int64_t samples);

}  // namespace eigenlens
