// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the declarations of launchers need, without a CUDA header: this file is plain C++.
#pragma once

#include <cstdint>

struct CUstream_st;

namespace eigenlens::kernels {

using Stream = CUstream_st*;  ///< a cudaStream_t, never the default stream
using Status = int;           ///< a cudaError_t: of the launch, not of the kernel's run

}  // namespace eigenlens::kernels
