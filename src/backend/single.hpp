// SPDX-License-Identifier: Apache-2.0
/// \file
/// One problem as a batch of one lane, for the batched verbs.
#pragma once

#include <span>

#include "backend/backend.hpp"

namespace eigenlens {

/// The spans refer to their argument.
inline std::span<const Matrix> single(const Matrix& matrix) { return {&matrix, 1}; }
inline std::span<Matrix> single(Matrix& matrix) { return {&matrix, 1}; }

/// C ← op(A)·op(B) + βC.
inline void multiply_single(Backend& backend, Op op_a, Op op_b, const Matrix& a, const Matrix& b, double beta,
                            Matrix& c) {
  backend.multiply(op_a, op_b, single(a), single(b), beta, single(c));
}

}  // namespace eigenlens
