// SPDX-License-Identifier: Apache-2.0
/// \file
/// The centred Gram matrix entry by entry: what a backend's centred_gram is compared with.
#pragma once

#include "eigenlens/dense.hpp"
#include "solve/centre.hpp"

namespace eigenlens::test {

/// G, D × D.
inline DenseF64 gram_of(const Centring& centring) {
  const std::int64_t d = centring.dimension();
  DenseF64 g(d, d);
  for (std::int64_t j = 0; j < d; ++j)
    for (std::int64_t i = j; i < d; ++i) g(i, j) = g(j, i) = centring.gram(i, j);
  return g;
}

}  // namespace eigenlens::test
