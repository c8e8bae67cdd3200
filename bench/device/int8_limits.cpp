// SPDX-License-Identifier: Apache-2.0
#include "device/int8_limits.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "backend/cuda/context.hpp"
#include "backend/cuda/integer_gemm.hpp"
#include "device/ceilings.hpp"
#include "host/processor.hpp"
#include "kernels/exact_gram.hpp"
#include "kernels/gram_projection.hpp"

namespace eigenlens::bench {
namespace {

using cuda::check;
using Words = std::vector<std::uint64_t>;

/// TᵀTr modulo 2⁶⁴; columns of T of k bytes, one after another.
Words projected(const std::vector<std::int8_t>& t, std::int64_t d, std::int64_t k, const Words& r) {
  Words u(static_cast<std::size_t>(k)), sums(static_cast<std::size_t>(d));
  for (std::int64_t i = 0; i < d; ++i) {
    const std::int8_t* column = t.data() + i * k;
    const std::uint64_t weight = r[static_cast<std::size_t>(i)];
    for (std::size_t n = 0; n < u.size(); ++n) u[n] += static_cast<std::uint64_t>(std::int64_t{column[n]}) * weight;
  }
  for (std::int64_t i = 0; i < d; ++i) {
    const std::int8_t* column = t.data() + i * k;
    std::uint64_t sum = 0;
    for (std::size_t n = 0; n < u.size(); ++n) sum += static_cast<std::uint64_t>(std::int64_t{column[n]}) * u[n];
    sums[static_cast<std::size_t>(i)] = sum;
  }
  return sums;
}

/// C += or = the product of rows first … first + count − 1 of T.
void multiply(cuda::IntegerGemm& gemm, const Int8Product& p, const std::int8_t* t, std::int32_t beta, std::int32_t* c) {
  const std::int64_t rows = p.k / 2, panel = p.panel > 0 ? p.panel : p.d;
  for (std::int64_t j = 0; j < p.d; j += panel)
    gemm.multiply(p.d - j, std::min(panel, p.d - j), rows, t + j * p.k, t + j * p.k, p.k, beta, c + j + j * p.d, p.d);
}

}  // namespace

Trial multiply_int8(const Int8Product& p) {
  check(cudaSetDevice(0), "cudaSetDevice");
  const auto context = std::make_shared<cuda::Context>(0, available_threads());
  const cudaStream_t stream = context->main().raw();
  cuda::IntegerGemm gemm(*context);
  DeviceArray<std::int8_t> t(p.d * p.k);
  DeviceArray<std::int32_t> c(p.d * p.d);
  DeviceArray<std::int64_t> gram(p.d * p.d);
  DeviceArray<std::uint64_t> weights(p.d), found(p.d);
  std::vector<std::int8_t> bytes = random_bytes(p.d * p.k, 31);
  // Sums of long columns must fit an int32.
  if (p.k > kernels::int32_samples)
    for (std::int8_t& value : bytes) value = static_cast<std::int8_t>(value / 16);
  Words r(static_cast<std::size_t>(p.d));
  std::mt19937_64 random(32);
  for (std::uint64_t& weight : r) weight = random();
  t.upload(bytes);
  weights.upload(r);
  check(cudaMemsetAsync(gram.data(), 0, gram.bytes(), stream), "cudaMemsetAsync");
  check(cudaMemsetAsync(found.data(), 0, found.bytes(), stream), "cudaMemsetAsync");
  context->main().stream().synchronize();
  Trial trial;
  trial.seconds = seconds([&] {
    multiply(gemm, p, t.data(), 0, c.data());
    multiply(gemm, p, t.data() + p.k / 2, 1, c.data());
    context->main().stream().synchronize();
  });
  cuda::check_launch(kernels::add_int32(c.data(), p.d, p.d, gram.data(), stream), "add_int32");
  // Of no samples and no sums it only mirrors.
  DeviceArray<std::int64_t> sums(p.d);
  check(cudaMemsetAsync(sums.data(), 0, sums.bytes(), stream), "cudaMemsetAsync");
  cuda::check_launch(kernels::finish_exact_gram(p.d, 0, sums.data(), gram.data(), stream), "finish_exact_gram");
  cuda::check_launch(kernels::add_gram_projection(gram.data(), p.d, weights.data(), found.data(), stream),
                     "add_gram_projection");
  context->main().stream().synchronize();
  const Words is = found.download(), ought = projected(bytes, p.d, p.k, r);
  for (std::size_t i = 0; i < is.size(); ++i) trial.error += is[i] != ought[i] ? 1 : 0;
  return trial;
}

}  // namespace eigenlens::bench
