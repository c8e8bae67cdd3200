// SPDX-License-Identifier: Apache-2.0
/// \file
/// Functions that device code finds in the global namespace.
#pragma once

#include <math.h>
#include <vector_types.h>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace eigenlens::simulator {

template <class Type, class... Types>
concept one_of = (std::same_as<Type, Types> || ...);

/// Types that CUDA has atomic operations for. Neither long nor std::int64_t is among them there either.
template <class Type>
concept atomic_integer = one_of<Type, int, unsigned, unsigned long long>;
template <class Type>
concept atomic_order = one_of<Type, int, unsigned, long long, unsigned long long>;

/// min and max of two numbers as CUDA defines them: mixed signs become unsigned, as in C.
template <class A, class B>
concept ordered_numbers = std::is_arithmetic_v<A> && std::is_arithmetic_v<B>;

template <class Type, class Change>
Type exchange_by(Type* address, Change change) {
  const Type before = *address;
  *address = change(before);
  return before;
}

}  // namespace eigenlens::simulator

template <class A, class B>
requires eigenlens::simulator::ordered_numbers<A, B>
constexpr std::common_type_t<A, B> min(A a, B b) {
  using Both = std::common_type_t<A, B>;
  return static_cast<Both>(b) < static_cast<Both>(a) ? static_cast<Both>(b) : static_cast<Both>(a);
}

template <class A, class B>
requires eigenlens::simulator::ordered_numbers<A, B>
constexpr std::common_type_t<A, B> max(A a, B b) {
  using Both = std::common_type_t<A, B>;
  return static_cast<Both>(a) < static_cast<Both>(b) ? static_cast<Both>(b) : static_cast<Both>(a);
}

template <class Type>
requires(eigenlens::simulator::atomic_integer<Type> || std::floating_point<Type>) Type
    atomicAdd(Type* address, std::type_identity_t<Type> value) {
  return eigenlens::simulator::exchange_by(address, [=](Type before) { return static_cast<Type>(before + value); });
}

template <eigenlens::simulator::atomic_order Type>
Type atomicMax(Type* address, std::type_identity_t<Type> value) {
  return eigenlens::simulator::exchange_by(address, [=](Type before) { return max(before, value); });
}

template <eigenlens::simulator::atomic_order Type>
Type atomicMin(Type* address, std::type_identity_t<Type> value) {
  return eigenlens::simulator::exchange_by(address, [=](Type before) { return min(before, value); });
}

template <eigenlens::simulator::atomic_integer Type>
Type atomicExch(Type* address, std::type_identity_t<Type> value) {
  return eigenlens::simulator::exchange_by(address, [=](Type) { return value; });
}

template <eigenlens::simulator::atomic_integer Type>
Type atomicOr(Type* address, std::type_identity_t<Type> value) {
  return eigenlens::simulator::exchange_by(address, [=](Type before) { return before | value; });
}

template <eigenlens::simulator::atomic_integer Type>
Type atomicCAS(Type* address, std::type_identity_t<Type> expected, std::type_identity_t<Type> value) {
  return eigenlens::simulator::exchange_by(address, [=](Type before) { return before == expected ? value : before; });
}

template <class Type>
Type __ldg(const Type* address) {
  return *address;
}

/// c + Σ aᵢ·bᵢ over the four bytes, modulo 2³².
inline int __dp4a(int a, int b, int c) {
  auto sum = static_cast<unsigned>(c);
  for (int shift = 0; shift < 32; shift += 8) {
    const int product = static_cast<std::int8_t>(a >> shift) * static_cast<std::int8_t>(b >> shift);
    sum += static_cast<unsigned>(product);
  }
  return static_cast<int>(sum);
}

inline unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
  for (int shift = 0; shift < 32; shift += 8) c += (a >> shift & 0xFFU) * (b >> shift & 0xFFU);
  return c;
}

inline int __dp4a(char4 a, char4 b, int c) { return __dp4a(std::bit_cast<int>(a), std::bit_cast<int>(b), c); }
inline unsigned __dp4a(uchar4 a, uchar4 b, unsigned c) {
  return __dp4a(std::bit_cast<unsigned>(a), std::bit_cast<unsigned>(b), c);
}

inline int __popc(unsigned value) { return std::popcount(value); }
inline int __clz(int value) { return std::countl_zero(static_cast<unsigned>(value)); }
inline double rsqrt(double value) { return 1 / std::sqrt(value); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __dsqrt_rn(double value) { return std::sqrt(value); }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline double __ll2double_rn(long long value) { return static_cast<double>(value); }
inline double __int2double_rn(int value) { return value; }
inline long long __double_as_longlong(double value) { return std::bit_cast<long long>(value); }
inline double __longlong_as_double(long long value) { return std::bit_cast<double>(value); }
