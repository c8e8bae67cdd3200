// SPDX-License-Identifier: Apache-2.0
// Which instruction set the integer Gram uses on this processor.
#include <fmt/format.h>

#include <cstdlib>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "backend/cpu/gram_u8.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {
namespace {

constexpr CpuIsa best_first[] = {CpuIsa::avx512vnni, CpuIsa::avxvnni, CpuIsa::avx2, CpuIsa::portable};

#if defined(__x86_64__)
/// Leaf 7, subleaf 1, EAX bit 4; older compilers do not know the name. That the system saves the registers is AVX2's
/// test.
bool has_avxvnni() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __builtin_cpu_supports("avx2") && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4U & 1U);
}
#endif

}  // namespace

std::string_view isa_name(CpuIsa isa) {
  switch (isa) {
    case CpuIsa::avx512vnni:
      return "avx512vnni";
    case CpuIsa::avxvnni:
      return "avxvnni";
    case CpuIsa::avx2:
      return "avx2";
    case CpuIsa::portable:
      break;
  }
  return "portable";
}

bool isa_available(CpuIsa isa) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (isa) {
    case CpuIsa::avx512vnni:
      return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512dq");
    case CpuIsa::avxvnni:
      return has_avxvnni();
    case CpuIsa::avx2:
      return __builtin_cpu_supports("avx2");
    case CpuIsa::portable:
      break;
  }
#endif
  return isa == CpuIsa::portable;
}

CpuIsa choose_isa(std::string_view forced) {
  const char* variable = std::getenv("EIGENLENS_CPU_ISA");
  if (forced.empty() && variable) forced = variable;
  for (const CpuIsa isa : best_first) {
    if (forced.empty() && isa_available(isa)) return isa;
    if (forced != isa_name(isa)) continue;
    if (!isa_available(isa))
      throw Error(ErrorCode::unavailable, fmt::format("this processor has no {} (EIGENLENS_CPU_ISA)", forced));
    return isa;
  }
  throw Error(ErrorCode::usage,
              fmt::format("EIGENLENS_CPU_ISA: '{}' is none of portable, avx2, avxvnni, avx512vnni", forced));
}

}  // namespace eigenlens
