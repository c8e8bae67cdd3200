// SPDX-License-Identifier: Apache-2.0
/// \file
/// Between host arrays and a backend's memory, in one call each.
#pragma once

#include "backend/backend.hpp"

namespace eigenlens {

Matrix uploaded(Backend& backend, const DenseF64& host);
DenseF64 downloaded(Backend& backend, const Matrix& matrix);

}  // namespace eigenlens
