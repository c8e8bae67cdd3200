// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/eigen_solvers.hpp"

#include <fmt/format.h>

#include "backend/cuda/check.hpp"

namespace eigenlens::cuda {
namespace {

constexpr cudaDataType number = CUDA_R_64F;
constexpr cusolverEigMode_t vectors = CUSOLVER_EIG_MODE_VECTOR;
constexpr cublasFillMode_t lower = CUBLAS_FILL_MODE_LOWER;

}  // namespace

SolverRoom syevd_room(Lane& lane, std::int64_t n, const double* any) {
  SolverRoom room;
  check(cusolverDnXsyevd_bufferSize(lane.solver(), lane.parameters(), vectors, lower, n, number, any, n, number, any,
                                    number, &room.device, &room.host),
        "cusolverDnXsyevd_bufferSize");
  return room;
}

SolverRoom syev_batched_room(Lane& lane, std::int64_t n, std::int64_t problems, const double* any) {
  SolverRoom room;
  check(cusolverDnXsyevBatched_bufferSize(lane.solver(), lane.parameters(), vectors, lower, n, number, any, n, number,
                                          any, number, &room.device, &room.host, problems),
        "cusolverDnXsyevBatched_bufferSize");
  return room;
}

SolverRoom gesvd_room(Lane& lane, std::int64_t m, std::int64_t n, const double* any) {
  SolverRoom room;
  check(cusolverDnXgesvd_bufferSize(lane.solver(), lane.parameters(), 'N', 'A', m, n, number, any, m, number, any,
                                    number, any, m, number, any, n, number, &room.device, &room.host),
        "cusolverDnXgesvd_bufferSize");
  return room;
}

void syevd(Lane& lane, std::int64_t n, double* a, double* w, int* info) {
  const SolverRoom room = syevd_room(lane, n, a);
  void* device = lane.room().get(room.device);
  void* host = lane.host_room(room.host);
  check(cusolverDnXsyevd(lane.solver(), lane.parameters(), vectors, lower, n, number, a, n, number, w, number, device,
                         room.device, host, room.host, info),
        "cusolverDnXsyevd");
}

void syev_batched(Lane& lane, std::int64_t n, std::int64_t problems, double* a, double* w, int* info) {
  const SolverRoom room = syev_batched_room(lane, n, problems, a);
  void* device = lane.room().get(room.device);
  void* host = lane.host_room(room.host);
  check(cusolverDnXsyevBatched(lane.solver(), lane.parameters(), vectors, lower, n, number, a, n, number, w, number,
                               device, room.device, host, room.host, info, problems),
        "cusolverDnXsyevBatched");
}

void gesvd(Lane& lane, std::int64_t m, std::int64_t n, double* a, double* s, double* vt, int* info) {
  const SolverRoom room = gesvd_room(lane, m, n, a);
  void* device = lane.room().get(room.device);
  void* host = lane.host_room(room.host);
  // U is not asked for and not touched; what is passed for it only has to look like one.
  check(cusolverDnXgesvd(lane.solver(), lane.parameters(), 'N', 'A', m, n, number, a, m, number, s, number, a, m,
                         number, vt, n, number, device, room.device, host, room.host, info),
        "cusolverDnXgesvd");
}

std::string info_text(const char* routine, std::int64_t n, int info) {
  if (info < 0) return fmt::format("{} of order {} refused its argument {}", routine, n, -info);
  return fmt::format("the eigenproblem of order {} did not converge: {} left {} off-diagonal entries", n, routine,
                     info);
}

}  // namespace eigenlens::cuda
