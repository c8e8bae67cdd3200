// SPDX-License-Identifier: Apache-2.0
// G from the sums over samples, and S from G: entries by the functions in kernels/, in tiles.
#include <fmt/format.h>

#include <algorithm>

#include "backend/cpu/cpu_backend.hpp"
#include "backend/cpu/gram_accumulator.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/parallel.hpp"
#include "kernels/centred_gram.hpp"
#include "kernels/centred_samples.hpp"
#include "kernels/masked_gram.hpp"
#include "kernels/tabled_gram.hpp"

namespace eigenlens {
namespace {

/// A tile of G and its mirror image fit the first-level cache.
constexpr std::int64_t tile = 32;
/// Samples that a thread centres at a time.
constexpr std::int64_t sample_run = 64;

/// g (D × D, both triangles) ← entry(i, j), which is called for i ≥ j alone.
template <class Entry>
void fill_symmetric(int threads, Matrix& g, Entry entry) {
  const std::int64_t d = g.rows();
  double* to = g.data();
  parallel_for(threads, (d + tile - 1) / tile, [&](std::int64_t t) {
    const std::int64_t end_j = std::min(d, (t + 1) * tile);
    for (std::int64_t i0 = t * tile; i0 < d; i0 += tile)
      for (std::int64_t j = t * tile; j < end_j; ++j)
        for (std::int64_t i = std::max(i0, j); i < std::min(d, i0 + tile); ++i)
          to[i + j * d] = to[j + i * d] = entry(i, j);
  });
}

}  // namespace

std::unique_ptr<GramAccumulator> CpuBackend::gram_accumulator(const DatasetInfo& info) {
  return make_cpu_gram_accumulator(info, threads_);
}

std::optional<NotFinite> CpuBackend::first_not_finite(const Batch& batch, const std::string& source) {
  throw Error(ErrorCode::usage,
              fmt::format("{}: samples {}.. lie in CUDA memory, and the moments are added on the CPU: "
                          "copy them to the host, or choose the device cuda",
                          source, batch.first));
}

void CpuBackend::centred_samples(const Batch& batch, const SampleCentre& centre, Matrix& x) {
  const std::int64_t d = batch.dimension;
  const auto fill = [&](const auto* values) {
    parallel_for(threads_, (batch.count + sample_run - 1) / sample_run, [&](std::int64_t run) {
      for (std::int64_t n = run * sample_run; n < std::min(batch.count, (run + 1) * sample_run); ++n)
        for (std::int64_t i = 0; i < d; ++i)
          x.data()[i + n * d] =
              kernels::centred_value(values[i + n * d], centre.shift[at(i)], centre.mean[at(i)], centre.scale[at(i)]);
    });
  };
  if (batch.scalar == ScalarType::uint8) fill(static_cast<const std::uint8_t*>(batch.values));
  if (batch.scalar == ScalarType::float32) fill(static_cast<const float*>(batch.values));
  if (batch.scalar == ScalarType::float64) fill(static_cast<const double*>(batch.values));
}

void CpuBackend::centred_gram(const Moments& moments, std::span<const std::uint8_t> constant, double std, Matrix& g) {
  const auto varies = [&](std::int64_t i, std::int64_t j) { return constant[at(i)] == 0 && constant[at(j)] == 0; };
  const auto n = static_cast<double>(moments.count);
  if (moments.arithmetic == Arithmetic::exact)
    fill_symmetric(threads_, g, [&](std::int64_t i, std::int64_t j) {
      return !varies(i, j)
                 ? 0
                 : kernels::centred_exact(moments.count, moments.gram(i, j), moments.sum[at(i)], moments.sum[at(j)]) /
                       std / std;
    });
  else
    fill_symmetric(threads_, g, [&](std::int64_t i, std::int64_t j) {
      return !varies(i, j)
                 ? 0
                 : kernels::centred_float(n, moments.gram_f64(i, j), moments.sum_f64[at(i)], moments.sum_f64[at(j)]) /
                       std / std;
    });
}

void CpuBackend::masked_gram(const Matrix& g, std::span<const std::int32_t> groups, double a, double b, Matrix& s) {
  const std::int64_t d = g.rows();
  parallel_for(threads_, (d + tile - 1) / tile, [&](std::int64_t t) {
    for (std::int64_t j = t * tile; j < std::min(d, (t + 1) * tile); ++j) {
      const double* from = g.data() + j * d;
      double* to = s.data() + j * d;
      if (groups.empty())
        for (std::int64_t i = 0; i < d; ++i) to[i] = kernels::noisy_entry(from[i], i, j, a, b);
      else
        for (std::int64_t i = 0; i < d; ++i) to[i] = kernels::masked_entry(from[i], groups[at(i)], groups[at(j)], a, b);
    }
  });
}

void CpuBackend::tabled_gram(Tabled how, const Matrix& g, std::span<const std::int32_t> groups, const Matrix& table,
                             Matrix& s) {
  const std::int64_t d = g.rows();
  parallel_for(threads_, (d + tile - 1) / tile, [&](std::int64_t t) {
    for (std::int64_t j = t * tile; j < std::min(d, (t + 1) * tile); ++j) {
      const double *from = g.data() + j * d, *entries = table.data() + groups[at(j)] * table.rows();
      double* to = s.data() + j * d;
      if (how == Tabled::factors)
        for (std::int64_t i = 0; i < d; ++i) to[i] = kernels::factor_entry(from[i], entries[groups[at(i)]]);
      else
        for (std::int64_t i = 0; i < d; ++i) to[i] = kernels::addend_entry(from[i], entries[groups[at(i)]]);
    }
  });
}

}  // namespace eigenlens
