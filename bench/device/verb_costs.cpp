// SPDX-License-Identifier: Apache-2.0
#include "device/verb_costs.hpp"

#include <algorithm>

namespace eigenlens::bench {
namespace {

constexpr double number = sizeof(double);

double real(std::int64_t value) { return static_cast<double>(value); }

}  // namespace

Cost& Cost::operator+=(const Cost& other) {
  flops += other.flops;
  integers += other.integers;
  bytes += other.bytes;
  copied += other.copied;
  in_turn += other.in_turn;
  return *this;
}

double floor_of(const Cost& cost, const Ceilings& ceilings) {
  return std::max({cost.flops / ceilings.gemm_f64, cost.integers / ceilings.gemm_int8,
                   cost.bytes / ceilings.device_copy, cost.copied / ceilings.to_device}) +
         cost.in_turn / ceilings.device_copy;
}

Cost multiply_cost(std::int64_t m, std::int64_t n, std::int64_t k) {
  return {.flops = 2 * real(m) * real(n) * real(k),
          .bytes = number * (real(m) * real(k) + real(k) * real(n) + real(m) * real(n))};
}

// One stage: every column reads one triangle of what is left, 8n³/6 bytes. Products: half of the reduction, 2n³/3, and
// the back-transformation, 2n³; a merge of divide and conquer is not counted, for it may deflate.
Cost eigh_cost(std::int64_t n) {
  const double cube = real(n) * real(n) * real(n);
  return {.flops = 8 * cube / 3, .bytes = 2 * number * real(n) * real(n), .in_turn = number * cube / 6};
}

// The same of the bidiagonalisation, which reads all that is left: 8(mn² − n³/3)/2 bytes; flops of the products alone.
Cost svd_cost(std::int64_t m, std::int64_t n) {
  const double square = real(n) * real(n), rest = real(m) * square - square * real(n) / 3;
  return {.flops = 2 * rest + 2 * square * real(n), .bytes = number * real(m) * real(n), .in_turn = number * rest / 2};
}

Cost gram_cost(std::int64_t m, std::int64_t n) {
  return {.flops = real(m) * real(n) * real(n), .bytes = number * (real(m) * real(n) + real(n) * real(n) / 2)};
}

Cost cholesky_cost(std::int64_t n) {
  return {.flops = real(n) * real(n) * real(n) / 3, .bytes = number * real(n) * real(n)};
}

Cost solve_cost(std::int64_t n, std::int64_t m) {
  return {.flops = real(n) * real(n) * real(m), .bytes = number * (real(n) * real(n) / 2 + 2 * real(n) * real(m))};
}

Cost inverse_cost(std::int64_t n) { return cholesky_cost(n); }

Cost passes_cost(std::int64_t numbers, double passes) { return {.bytes = passes * number * real(numbers)}; }

}  // namespace eigenlens::bench
