// SPDX-License-Identifier: Apache-2.0
/// \file
/// Column-major matrices with a gap below every column, and products by plain loops.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/samples.hpp"

namespace eigenlens::test {

/// rows × cols; `ld` is larger, and the gap is NaN.
struct SmallMatrix {
  SmallMatrix(std::int64_t rows_, std::int64_t cols_)
      : rows(rows_),
        cols(cols_),
        ld(rows_ + 3),
        data(static_cast<std::size_t>(ld * cols_), std::numeric_limits<double>::quiet_NaN()) {}
  SmallMatrix(std::int64_t rows_, std::int64_t cols_, Draws& draws) : SmallMatrix(rows_, cols_) {
    for (std::int64_t j = 0; j < cols; ++j)
      for (std::int64_t i = 0; i < rows; ++i) at(i, j) = draws.uniform() - 0.5;
  }
  double& at(std::int64_t i, std::int64_t j) { return data[static_cast<std::size_t>(i + j * ld)]; }
  [[nodiscard]] double at(std::int64_t i, std::int64_t j) const { return data[static_cast<std::size_t>(i + j * ld)]; }
  [[nodiscard]] int stride() const { return static_cast<int>(ld); }
  [[nodiscard]] SmallMatrix transposed() const {
    SmallMatrix t(cols, rows);
    for (std::int64_t j = 0; j < cols; ++j)
      for (std::int64_t i = 0; i < rows; ++i) t.at(j, i) = at(i, j);
    return t;
  }

  std::int64_t rows;
  std::int64_t cols;
  std::int64_t ld;
  std::vector<double> data;
};

/// alpha·A·B + beta·C
inline SmallMatrix naive_gemm(double alpha, const SmallMatrix& a, const SmallMatrix& b, double beta,
                              const SmallMatrix& c) {
  SmallMatrix d(a.rows, b.cols);
  for (std::int64_t j = 0; j < d.cols; ++j)
    for (std::int64_t i = 0; i < d.rows; ++i) {
      long double sum = 0;
      for (std::int64_t l = 0; l < a.cols; ++l) sum += static_cast<long double>(a.at(i, l)) * b.at(l, j);
      d.at(i, j) = static_cast<double>(alpha * sum + (beta == 0 ? 0 : beta * static_cast<long double>(c.at(i, j))));
    }
  return d;
}

/// max|a − b|; infinity where one is NaN.
inline double distance(const SmallMatrix& a, const SmallMatrix& b) {
  double largest = 0;
  for (std::int64_t j = 0; j < a.cols; ++j)
    for (std::int64_t i = 0; i < a.rows; ++i) {
      const double difference = std::abs(a.at(i, j) - b.at(i, j));
      largest = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(largest, difference);
    }
  return largest;
}

}  // namespace eigenlens::test
