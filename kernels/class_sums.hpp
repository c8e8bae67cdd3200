// SPDX-License-Identifier: Apache-2.0
/// \file
/// M⁰ = Σ x yᵀ for one-hot targets, without the targets: samples are visited class by class; (1) of docs/math.md.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// order[first … first + count − 1] are samples of one class.
struct ClassRun {
  std::int64_t first;
  std::int32_t count;
  std::int32_t label;
};

/// The longest run of bytes: sums of a run fit 32 bits for up to 16,843,009; shorter runs keep more threads at work.
inline constexpr std::int32_t longest_byte_run = 128;

/// Σ x_n(i) over a run of samples of `dimension` bytes each.
EIGENLENS_HOST_DEVICE inline std::uint32_t run_sum(const std::uint8_t* x, std::int64_t dimension,
                                                   const std::int32_t* order, const ClassRun& run, std::int64_t i) {
  std::uint32_t sum = 0;
  for (std::int32_t k = 0; k < run.count; ++k) sum += x[order[run.first + k] * dimension + i];
  return sum;
}

/// Samples whose values are on their way from memory at the same time: one after the other, sums would wait for each.
inline constexpr std::int32_t run_ahead = 16;

/// Byte k of a word that was read from memory where byte 0 came first.
EIGENLENS_HOST_DEVICE inline std::uint32_t byte_of(std::uint32_t word, int k) { return word >> (8 * k) & 0xFFU; }

/// run_sum of coordinates i … i + 3, which are there, for x and dimension that are multiples of 4.
EIGENLENS_HOST_DEVICE inline void run_sums_of_4(const std::uint8_t* x, std::int64_t dimension,
                                                const std::int32_t* order, const ClassRun& run, std::int64_t i,
                                                std::uint32_t (&sums)[4]) {
  const auto word_of = [&](std::int32_t k) {
    return *reinterpret_cast<const std::uint32_t*>(x + order[run.first + k] * dimension + i);
  };
  const auto add = [&](std::uint32_t word) {
    for (int j = 0; j < 4; ++j) sums[j] += byte_of(word, j);
  };
  for (std::uint32_t& sum : sums) sum = 0;
  std::int32_t k = 0;
  for (; k + run_ahead <= run.count; k += run_ahead) {
    std::uint32_t words[run_ahead];
    for (std::int32_t a = 0; a < run_ahead; ++a) words[a] = word_of(k + a);
    for (std::int32_t a = 0; a < run_ahead; ++a) add(words[a]);
  }
  for (; k < run.count; ++k) add(word_of(k));
}

/// `start` + Σ x(i, n) over a run, sample by sample; x is D × b.
EIGENLENS_HOST_DEVICE inline double run_sum(const double* x, std::int64_t dimension, const std::int32_t* order,
                                            const ClassRun& run, std::int64_t i, double start) {
  const auto value_of = [&](std::int32_t k) { return x[order[run.first + k] * dimension + i]; };
  std::int32_t k = 0;
  for (; k + run_ahead <= run.count; k += run_ahead) {
    double values[run_ahead];
    for (std::int32_t a = 0; a < run_ahead; ++a) values[a] = value_of(k + a);
    for (std::int32_t a = 0; a < run_ahead; ++a) start += values[a];
  }
  for (; k < run.count; ++k) start += value_of(k);
  return start;
}

/// sums (D × C) += Σ x over every run; runs of one class may be many. Integers: the order does not matter.
Status add_class_sums(const std::uint8_t* x, std::int64_t dimension, const std::int32_t* order, const ClassRun* runs,
                      std::int64_t run_count, std::int64_t* sums, Stream stream);
/// The same for float64, a single run a class: the same bits as adding sample after sample.
Status add_class_sums(const double* x, std::int64_t dimension, const std::int32_t* order, const ClassRun* runs,
                      std::int64_t run_count, double* sums, Stream stream);

}  // namespace eigenlens::kernels
