// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a test may ask of the simulated device: failures on demand, another device, and what was refused and why.
/// The functions are exported by the simulated plugin under these names, for dlsym.
#pragma once

#define EIGENLENS_SIMULATOR_API extern "C" __attribute__((visibility("default")))

/// The next call of `api` ("cudaMalloc", "cublasDgemm", "cusolverDnXsyevd": the names without _v2 and _64), after
/// `calls_to_skip` calls that go well, returns `status` and does nothing.
EIGENLENS_SIMULATOR_API void eigenlens_simulator_fail(const char* api, int calls_to_skip, int status);

/// The next call of a cuSOLVER routine, after `calls_to_skip` that go well, writes this `info`; what an eigensolver or
/// a decomposition returns with it is NaN.
EIGENLENS_SIMULATOR_API void eigenlens_simulator_info(const char* api, int calls_to_skip, int info);

/// The next call of an eigensolver or decomposition, after `calls_to_skip` that go well, returns vectors of which two
/// have half of their entries exchanged, and info = 0. Of cublasLtMatmul: one entry of the first column is off by 1.
EIGENLENS_SIMULATOR_API void eigenlens_simulator_corrupt(const char* api, int calls_to_skip);

/// 0: every call returns cudaErrorNoDevice.
EIGENLENS_SIMULATOR_API void eigenlens_simulator_set_device_count(int count);
/// Not 0: every call returns this error, cudaErrorInsufficientDriver for example, and the driver's version is old.
EIGENLENS_SIMULATOR_API void eigenlens_simulator_set_driver_error(int status);
/// The device of the calling thread's current context, -1 for none.
EIGENLENS_SIMULATOR_API void eigenlens_simulator_set_current_device(int device);
EIGENLENS_SIMULATOR_API int eigenlens_simulator_current_device();
EIGENLENS_SIMULATOR_API void eigenlens_simulator_set_compute_capability(int major, int minor);
/// Bytes of device memory; those in use stay in use.
EIGENLENS_SIMULATOR_API void eigenlens_simulator_set_capacity(unsigned long long bytes);
/// 0: the device has none, as some virtual ones.
EIGENLENS_SIMULATOR_API void eigenlens_simulator_set_memory_pools(int supported);

/// Takes back all of the above but the current devices, the sticky error and the message. Allocations, streams and
/// handles stay.
EIGENLENS_SIMULATOR_API void eigenlens_simulator_reset();

/// Why the last call was refused, or which operation of a stream failed; "" if none was since the reset. Valid until
/// the next call of it in this thread.
EIGENLENS_SIMULATOR_API const char* eigenlens_simulator_message();

/// Pieces of device memory that are not freed.
EIGENLENS_SIMULATOR_API long long eigenlens_simulator_live_allocations();
/// Streams, events, handles, descriptors and pinned pieces of host memory that are not given back.
EIGENLENS_SIMULATOR_API long long eigenlens_simulator_live_objects();
/// Calls of `api` since the process started.
EIGENLENS_SIMULATOR_API long long eigenlens_simulator_calls(const char* api);
