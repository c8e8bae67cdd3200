// SPDX-License-Identifier: Apache-2.0
/// \file
/// The door between libeigenlens and libeigenlens_cuda, the library with the CUDA backend. libeigenlens links no CUDA
/// library: it opens the other one while running, so that one installation serves machines with and without a GPU. C++
/// types pass through the door, so both sides must come from the same build; each says which, and strangers are
/// refused.
#pragma once

#include <cstdint>
#include <string>

#include "eigenlens/device.hpp"
#include "eigenlens/version.hpp"

namespace eigenlens {

/// What lies behind the door. The first two members keep their place for ever.
struct CudaPlugin {
  int interface_number;
  const char* build;
  /// Devices and versions; opens no device, so memory_free is 0. Throws nothing but std::bad_alloc.
  CudaSurvey (*survey)();
  /// Bytes; negative if the device does not answer. Opens it.
  std::int64_t (*free_memory)(int ordinal);
  /// A backend that the caller deletes. host_memory in bytes. Throws Error.
  Backend* (*open)(int ordinal, int threads, std::int64_t host_memory);
};

/// To be raised with every change of CudaPlugin, CudaSurvey or Backend.
inline constexpr int plugin_interface_number = 5;
inline constexpr const char* plugin_build = EIGENLENS_VERSION " (git " EIGENLENS_GIT ")";

/// The one symbol that libeigenlens_cuda shows, a C function.
inline constexpr const char* plugin_symbol = "eigenlens_cuda_plugin";
using PluginFunction = const CudaPlugin* (*)();

inline constexpr const char* plugin_file = "libeigenlens_cuda.so";

struct OpenedPlugin {
  const CudaPlugin* plugin = nullptr;
  std::string path;      ///< as it was opened
  std::string obstacle;  ///< why there is none, if there is none; goes on after a colon
  bool broken = false;   ///< there is a library, or one was named: the obstacle is more than its absence
};

/// Opens libeigenlens_cuda: the file that the environment variable EIGENLENS_CUDA_LIBRARY names; without it, the first
/// that is beside the object that this code lies in, or in the library folder beside that one's, or else what the
/// system's loader finds. It is never closed. Throws nothing of its own. Cost: some tenths of a second the first time.
OpenedPlugin open_cuda_plugin();

}  // namespace eigenlens
