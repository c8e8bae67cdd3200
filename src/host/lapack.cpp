// SPDX-License-Identifier: Apache-2.0
#include "host/lapack.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "eigenlens/error.hpp"

namespace eigenlens::lapack {
namespace {

/// The OpenBLAS kernels for this processor's instruction set; null where OpenBLAS's own choice is as good.
const char* kernels_for_this_processor() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return __builtin_cpu_is("amd") ? "Zen" : "Haswell";
#endif
  return nullptr;
}

/// A variable that the library reads while it is being loaded; what the user has set stays.
class LoadSetting {
 public:
  LoadSetting(const char* name, const char* value) : name_(value && !std::getenv(name) ? name : nullptr) {
    if (name_) setenv(name_, value, 1);
  }
  ~LoadSetting() {
    if (name_) unsetenv(name_);
  }
  LoadSetting(const LoadSetting&) = delete;
  LoadSetting& operator=(const LoadSetting&) = delete;

 private:
  const char* name_;
};

void* open_library() {
  const char* forced = std::getenv("EIGENLENS_OPENBLAS");
  const LoadSetting kernels("OPENBLAS_CORETYPE", kernels_for_this_processor());
  // Its idle threads spin for 2^26 cycles unless told otherwise, on the cores that our side-by-side problems need.
  const LoadSetting spinning("OPENBLAS_THREAD_TIMEOUT", "18");
  void* library = dlopen(forced ? forced : "libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library) return library;
  const std::string obstacle = dlerror();
  // The Python package brings PyPI's, which its libeigenlens finds by its run path.
  if (!forced) library = dlopen("libscipy_openblas.so", RTLD_NOW | RTLD_LOCAL);
  if (library) return library;
  throw Error(
      ErrorCode::unavailable,
      fmt::format("cannot open OpenBLAS ({}). On Debian: apt-get install libopenblas0-pthread; for the Python "
                  "package: pip install scipy-openblas32; elsewhere set EIGENLENS_OPENBLAS to the library's path",
                  obstacle));
}

/// All names of PyPI's build (scipy-openblas32) begin with scipy_.
template <class Function>
void resolve(void* library, const char* name, Function& function) {
  void* found = dlsym(library, name);
  if (!found) found = dlsym(library, fmt::format("scipy_{}", name).c_str());
  function = reinterpret_cast<Function>(found);
  if (!function)
    throw Error(ErrorCode::unavailable,
                fmt::format("OpenBLAS has no routine {}: is it a full build with LAPACK?", name));
}

Table load() {
  void* library = open_library();  // never closed: its threads live as long as the process
  Table t{};
  resolve(library, "dgemm_", t.dgemm);
  resolve(library, "dsyrk_", t.dsyrk);
  resolve(library, "ssyrk_", t.ssyrk);
  resolve(library, "dtrsm_", t.dtrsm);
  resolve(library, "dsytrd_", t.dsytrd);
  resolve(library, "dstedc_", t.dstedc);
  resolve(library, "dstemr_", t.dstemr);
  resolve(library, "dsyevd_", t.dsyevd);
  resolve(library, "dgesdd_", t.dgesdd);
  resolve(library, "dpotrf_", t.dpotrf);
  resolve(library, "dpstrf_", t.dpstrf);
  resolve(library, "dtrtri_", t.dtrtri);
  resolve(library, "openblas_set_num_threads", t.set_num_threads);
  resolve(library, "openblas_get_num_threads", t.get_num_threads);
  resolve(library, "openblas_get_corename", t.get_corename);
  resolve(library, "openblas_get_config", t.get_config);
  return t;
}

}  // namespace

const Table& table() {
  static const Table loaded = load();
  return loaded;
}

std::recursive_mutex& ThreadScope::mutex() {
  static std::recursive_mutex instance;
  return instance;
}

int largest_thread_count() {
  constexpr std::string_view key = "MAX_THREADS=";
  const std::string_view config = table().get_config();
  const auto found = config.find(key);
  return found == std::string_view::npos ? 64 : std::max(1, std::atoi(config.data() + found + key.size()));
}

std::string description() {
  const std::string config = table().get_config();  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."
  const auto second_space = config.find(' ', config.find(' ') + 1);
  return fmt::format("{}, {} kernels", config.substr(0, second_space), table().get_corename());
}

}  // namespace eigenlens::lapack
