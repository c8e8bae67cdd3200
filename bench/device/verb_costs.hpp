// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a verb of src/backend/backend.hpp has to do at least, and how long that takes at the ceilings of a run.
#pragma once

#include <cstdint>
#include <span>

#include "backend/backend.hpp"
#include "device/ceilings.hpp"

namespace eigenlens::bench {

struct Cost {
  double flops = 0;     ///< float64
  double integers = 0;  ///< operations on bytes
  double bytes = 0;     ///< read and written in device memory, the fewest
  double copied = 0;    ///< bytes between host and device
  double in_turn = 0;   ///< bytes that no arithmetic hides: those of a tridiagonalisation
  Cost& operator+=(const Cost& other);
};

/// Seconds: the largest of what can run side by side, and what cannot.
double floor_of(const Cost& cost, const Ceilings& ceilings);

// One problem of a batch each; matrices as in backend.hpp.
Cost multiply_cost(std::int64_t m, std::int64_t n, std::int64_t k);
Cost eigh_cost(std::int64_t n);
Cost svd_cost(std::int64_t m, std::int64_t n);
/// C ← ZᵀZ, Z of m × n.
Cost gram_cost(std::int64_t m, std::int64_t n);
Cost cholesky_cost(std::int64_t n);
/// L⁻¹B, B of n × m.
Cost solve_cost(std::int64_t n, std::int64_t m);
Cost inverse_cost(std::int64_t n);
/// `passes` reads or writes of so many numbers.
Cost passes_cost(std::int64_t numbers, double passes);

}  // namespace eigenlens::bench
