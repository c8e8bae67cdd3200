// SPDX-License-Identifier: Apache-2.0
#include "moments/sample_mean.hpp"

#include "host/index.hpp"

namespace eigenlens {

std::vector<double> sample_mean(const Moments& moments) {
  const auto n = static_cast<double>(moments.count);
  std::vector<double> mean;
  for (std::int64_t i = 0; i < moments.dimension(); ++i)
    mean.push_back(moments.arithmetic == Arithmetic::exact ? static_cast<double>(moments.sum[at(i)]) / n
                                                           : moments.shift[at(i)] + moments.sum_f64[at(i)] / n);
  return mean;
}

}  // namespace eigenlens
