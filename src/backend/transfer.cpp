// SPDX-License-Identifier: Apache-2.0
#include "backend/transfer.hpp"

namespace eigenlens {

Matrix uploaded(Backend& backend, const DenseF64& host) {
  Matrix matrix = backend.allocate(host.rows(), host.cols());
  backend.upload(host.data(), matrix);
  return matrix;
}

DenseF64 downloaded(Backend& backend, const Matrix& matrix) {
  DenseF64 host(matrix.rows(), matrix.cols());
  backend.download(matrix, host.data());
  return host;
}

DenseF64 product(Backend& backend, char op, const Matrix& a, const DenseF64& x) {
  Matrix result = backend.allocate(op == 'N' ? a.rows() : a.cols(), x.cols());
  backend.multiply(op, 'N', a, uploaded(backend, x), result);
  return downloaded(backend, result);
}

}  // namespace eigenlens
