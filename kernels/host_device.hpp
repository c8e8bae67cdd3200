// SPDX-License-Identifier: Apache-2.0
/// \file
/// Functions that kernels and the CPU share.
#pragma once

/// Before a function: compiled for the device as well where the compiler knows one.
#ifdef __CUDACC__
#define EIGENLENS_HOST_DEVICE __host__ __device__
#else
#define EIGENLENS_HOST_DEVICE
#endif
