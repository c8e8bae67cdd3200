// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the files of the simulated cuSOLVER share: handles, workspaces, and a result that a test can spoil.
#pragma once

#include <cusolverDn.h>

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/blas.hpp"

namespace eigenlens::simulator {

struct SolverHandle {
  int device = 0;
  cudaStream_t stream = nullptr;
  cusolverDeterministicMode_t deterministic = CUSOLVER_DETERMINISTIC_RESULTS;
  cusolverMathMode_t math = CUSOLVER_DEFAULT_MATH;
};

SolverHandle& solver_handle(cusolverDnHandle_t handle);
/// Parameters may be null.
void require_parameters(cusolverDnParams_t parameters);
/// The simulator has float64 only.
void require_float64(cudaDataType type);

template <class Work>
cusolverStatus_t solver_call(const char* api, Work work) {
  return library_call(api, CUSOLVER_STATUS_INVALID_VALUE, CUSOLVER_STATUS_EXECUTION_FAILED, work);
}

/// A call as its bufferSize sees it: the routine and every size and option.
struct SolverShape {
  std::string api;
  std::vector<std::int64_t> sizes;
  bool operator<(const SolverShape& other) const { return api != other.api ? api < other.api : sizes < other.sizes; }
};

/// Remembers what bufferSize said of this shape.
void announce_workspace(const SolverShape& shape, std::size_t device, std::size_t host, std::size_t* device_answer,
                        std::size_t* host_answer);

struct SolverWorkspace {
  void* device;
  std::size_t device_bytes;
  void* host;
  std::size_t host_bytes;
  unsigned char signature = 0;
};

/// Throws a Refusal unless bufferSize was asked about this very shape and the workspace is as large as it said. The
/// device's part is added to the extents; the host's part is signed, and is the call's own until it has run.
SolverWorkspace required_workspace(const SolverShape& shape, SolverWorkspace workspace, std::vector<Extent>& extents);
/// When the operation runs: throws a Refusal if someone else wrote in the host's part; leaves rubbish in both.
void use_up(const SolverWorkspace& workspace);

/// What a test wants of this call, decided when it is made.
struct Spoiling {
  explicit Spoiling(const std::string& api);
  [[nodiscard]] int info(int true_info) const { return has_info ? forced_info : true_info; }

  bool has_info = false;
  int forced_info = 0;
  bool corrupt;
};

/// Exchanges half of two vectors of length n: the first and the last of `count`, `step` apart, elements `stride` apart.
void exchange_halves(double* vectors, std::int64_t n, std::int64_t count, std::int64_t step, std::int64_t stride);
/// Fills a matrix with NaN.
void poison_matrix(double* a, std::int64_t rows, std::int64_t cols, std::int64_t ld);

}  // namespace eigenlens::simulator
