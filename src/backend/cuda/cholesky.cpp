// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/cholesky.hpp"

#include "backend/cuda/check.hpp"

namespace eigenlens::cuda {

void potrf(Lane& lane, std::int64_t n, double* a, int* info) {
  std::size_t device = 0, host = 0;
  check(cusolverDnXpotrf_bufferSize(lane.solver(), lane.parameters(), CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, a, n,
                                    CUDA_R_64F, &device, &host),
        "cusolverDnXpotrf_bufferSize");
  void* room = lane.room().get(device);
  check(cusolverDnXpotrf(lane.solver(), lane.parameters(), CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, a, n, CUDA_R_64F,
                         room, device, lane.host_room(host), host, info),
        "cusolverDnXpotrf");
}

}  // namespace eigenlens::cuda
