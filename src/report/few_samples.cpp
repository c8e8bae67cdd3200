// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/few_samples.hpp"

#include <string>

namespace eigenlens {
namespace {

constexpr auto too_few = "with so few samples every target looks linear in the inputs; alignment needs more of them.";
/// Of the targets' energy: from here on, they look linear.
constexpr double looks_linear = 0.999;

}  // namespace

std::string few_samples(const ResultFacts& facts) {
  if (facts.count > 1 && facts.rank >= facts.count - 1) return std::string("R = N - 1: ") + too_few;
  // A sample that is there twice takes one off the rank and changes nothing else.
  return facts.target_energy > looks_linear ? few_samples(facts.count, facts.shape) : std::string();
}

std::string few_samples(std::int64_t count, const ImageShape& shape) {
  return count > 0 && count <= shape.size() ? std::string("N <= D: ") + too_few : std::string();
}

}  // namespace eigenlens
