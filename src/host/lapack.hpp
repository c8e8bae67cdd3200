// SPDX-License-Identifier: Apache-2.0
/// \file
/// The one door to OpenBLAS: a table of the routines that the CPU backend calls.
///
/// The library is opened at run time, for one reason: releases older than a processor do not know it and fall back to
/// kernels without vector instructions (OpenBLAS 0.3.21 takes a 2023 Xeon for a Prescott: GEMM at a fifth of the
/// speed). The kernels are chosen when the library is loaded, from the environment; so the name of the right ones is
/// put there just before.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace eigenlens::lapack {

using Int = std::int32_t;  // LP64

/// Fortran routines, by name. Character lengths are not passed: every option is one character.
struct Table {
  void (*dgemm)(const char*, const char*, const Int*, const Int*, const Int*, const double*, const double*, const Int*,
                const double*, const Int*, const double*, double*, const Int*);
  void (*dsyrk)(const char*, const char*, const Int*, const Int*, const double*, const double*, const Int*,
                const double*, double*, const Int*);
  void (*ssyrk)(const char*, const char*, const Int*, const Int*, const float*, const float*, const Int*, const float*,
                float*, const Int*);
  void (*dtrsm)(const char*, const char*, const char*, const char*, const Int*, const Int*, const double*,
                const double*, const Int*, double*, const Int*);
  void (*dsytrd)(const char*, const Int*, double*, const Int*, double*, double*, double*, double*, const Int*, Int*);
  void (*dstedc)(const char*, const Int*, double*, double*, double*, const Int*, double*, const Int*, Int*, const Int*,
                 Int*);
  void (*dstemr)(const char*, const char*, const Int*, double*, double*, const double*, const double*, const Int*,
                 const Int*, Int*, double*, double*, const Int*, const Int*, Int*, Int*, double*, const Int*, Int*,
                 const Int*, Int*);
  void (*dsyevd)(const char*, const char*, const Int*, double*, const Int*, double*, double*, const Int*, Int*,
                 const Int*, Int*);
  void (*dgesdd)(const char*, const Int*, const Int*, double*, const Int*, double*, double*, const Int*, double*,
                 const Int*, double*, const Int*, Int*, Int*);
  void (*dpotrf)(const char*, const Int*, double*, const Int*, Int*);
  void (*dpstrf)(const char*, const Int*, double*, const Int*, Int*, Int*, const double*, double*, Int*);
  void (*dtrtri)(const char*, const char*, const Int*, double*, const Int*, Int*);
  void (*set_num_threads)(int);
  int (*get_num_threads)();
  char* (*get_corename)();
  char* (*get_config)();
};

/// Opens the library on the first call (thread-safe). Throws Error(unavailable) that says what to install.
/// Debian's libopenblas.so.0, or else PyPI's libscipy_openblas.so where the Python package has brought it; the
/// environment variable EIGENLENS_OPENBLAS names another file; OPENBLAS_CORETYPE, where the user set it, is left alone.
const Table& table();

/// "OpenBLAS 0.3.21, SkylakeX kernels"
std::string description();

/// The number of threads that this build of the library has room for: more callers at once would exhaust its work
/// areas.
int largest_thread_count();

/// Sets the number of BLAS threads for a scope: 1 while several problems run side by side. The number belongs to the
/// process, so callers from several threads wait for each other; one thread may nest scopes.
class ThreadScope {
 public:
  explicit ThreadScope(int threads) : lock_(mutex()), before_(table().get_num_threads()) {
    table().set_num_threads(threads);
  }
  ~ThreadScope() { table().set_num_threads(before_); }
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  static std::recursive_mutex& mutex();

  std::lock_guard<std::recursive_mutex> lock_;
  int before_;
};

}  // namespace eigenlens::lapack
