// SPDX-License-Identifier: Apache-2.0
/// \file
/// The one door to CUDA: every status of every call passes here and becomes an Error that a person can read.
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusolverDn.h>

#include <source_location>

namespace eigenlens::cuda {

using Where = std::source_location;

/// Throws Error(device) with the call, its decoded status, the device and the place in our source; Error(memory) where
/// memory ran out.
void check(cudaError_t status, const char* call, const Where& where = Where::current());
void check(cublasStatus_t status, const char* call, const Where& where = Where::current());
void check(cusolverStatus_t status, const char* call, const Where& where = Where::current());
/// Of a launcher in kernels/.
void check_launch(int status, const char* kernel, const Where& where = Where::current());

/// The name of a status: "CUSOLVER_STATUS_ALLOC_FAILED".
const char* status_name(cusolverStatus_t status);

}  // namespace eigenlens::cuda
