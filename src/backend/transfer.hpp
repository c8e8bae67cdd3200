// SPDX-License-Identifier: Apache-2.0
/// \file
/// Between host arrays and a backend's memory, in one call each.
#pragma once

#include "backend/backend.hpp"

namespace eigenlens {

Matrix uploaded(Backend& backend, const DenseF64& host);
DenseF64 downloaded(Backend& backend, const Matrix& matrix);
/// op(A)·X for a host X, back on the host; op is 'N' or 'T'. 2·A.size()·X.cols() flops.
DenseF64 product(Backend& backend, char op, const Matrix& a, const DenseF64& x);

}  // namespace eigenlens
