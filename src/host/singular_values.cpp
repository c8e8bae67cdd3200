// SPDX-License-Identifier: Apache-2.0
#include "host/singular_values.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/lapack.hpp"

namespace eigenlens {

SingularValues singular_values(DenseF64 a, SingularVectors vectors) {
  using lapack::Int;
  const bool all = vectors == SingularVectors::all;
  const char* job = all ? "A" : "S";
  const Int m = static_cast<Int>(a.rows()), n = static_cast<Int>(a.cols()), small = std::min(m, n), query = -1;
  SingularValues s{DenseF64(m, all ? m : small), DenseF64(all ? n : small, n), {}};
  s.sigma.resize(at(small));
  const Int rows = static_cast<Int>(s.vt.rows());
  std::vector<Int> integers(at(8 * small));
  double size = 0;
  Int info = 0;
  const auto call = [&](double* work, const Int* length) {
    lapack::table().dgesdd(job, &m, &n, a.data(), &m, s.sigma.data(), s.u.data(), &m, s.vt.data(), &rows, work, length,
                           integers.data(), &info);
  };
  call(&size, &query);
  const Int length = static_cast<Int>(size);
  std::vector<double> work(at(length));
  call(work.data(), &length);
  if (info != 0) throw Error(ErrorCode::numerical, fmt::format("dgesdd of a {} x {} matrix: info {}", m, n, info));
  return s;
}

}  // namespace eigenlens
