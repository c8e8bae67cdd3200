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

}  // namespace eigenlens
