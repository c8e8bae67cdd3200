// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "backend/cpu/symmetric_eigen.hpp"
#include "host/lapack.hpp"

namespace eigenlens {

std::int64_t right_singular_vectors(std::int64_t m, std::int64_t n, double* a, double* z, std::vector<double>& values) {
  using lapack::Int;
  const Int rows = static_cast<Int>(m), cols = static_cast<Int>(n), ask = -1;
  values.assign(static_cast<std::size_t>(n), 0);
  std::vector<Int> iwork(static_cast<std::size_t>(8 * n));
  double size = 0;
  Int info = 0;
  // JOBZ = 'O': the left vectors overwrite A, the right ones come as rows of Zᵀ.
  lapack::table().dgesdd("O", &rows, &cols, a, &rows, values.data(), nullptr, &rows, z, &cols, &size, &ask,
                         iwork.data(), &info);
  const Int length = static_cast<Int>(size);
  const std::unique_ptr<double[]> work(new double[static_cast<std::size_t>(length)]);
  lapack::table().dgesdd("O", &rows, &cols, a, &rows, values.data(), nullptr, &rows, z, &cols, work.get(), &length,
                         iwork.data(), &info);
  for (std::int64_t j = 0; j < n; ++j)  // Zᵀ to Z
    for (std::int64_t i = 0; i < j; ++i) std::swap(z[i + j * n], z[j + i * n]);
  for (double& value : values) value *= value;
  return info;
}

}  // namespace eigenlens
