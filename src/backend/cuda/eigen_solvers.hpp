// SPDX-License-Identifier: Apache-2.0
/// \file
/// cuSOLVER's routines for eigenproblems and singular values, in float64: their workspaces and their calls, on one
/// lane.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "backend/cuda/lane.hpp"

namespace eigenlens::cuda {

/// Bytes of workspace.
struct SolverRoom {
  std::size_t device = 0;
  std::size_t host = 0;
};

/// any: device memory; its contents do not matter.
SolverRoom syevd_room(Lane& lane, std::int64_t n, const double* any);
SolverRoom syev_batched_room(Lane& lane, std::int64_t n, std::int64_t problems, const double* any);
SolverRoom gesvd_room(Lane& lane, std::int64_t m, std::int64_t n, const double* any);

/// A (n × n, lower triangle read) ← eigenvectors as columns, w (n) ← eigenvalues, both ascending; *info on the device.
/// The host may have to wait.
void syevd(Lane& lane, std::int64_t n, double* a, double* w, int* info);
/// The same of matrices one after the other in memory: a, n × n × problems; w, n × problems; info, problems.
void syev_batched(Lane& lane, std::int64_t n, std::int64_t problems, double* a, double* w, int* info);
/// A (m × n, m ≥ n, destroyed) = U diag(s) Vᵀ: s (n) descending, vt (n × n) ← Vᵀ. The host may have to wait.
void gesvd(Lane& lane, std::int64_t m, std::int64_t n, double* a, double* s, double* vt, int* info);

/// An info that is not 0, for a person: "the eigenproblem of order 129 did not converge: cusolverDnXsyevd left 3
/// off-diagonal entries".
std::string info_text(const char* routine, std::int64_t n, int info);

}  // namespace eigenlens::cuda
