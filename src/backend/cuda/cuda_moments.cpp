// SPDX-License-Identifier: Apache-2.0
// The verbs that make matrices of moments.
#include <algorithm>

#include "backend/cuda/cuda_backend.hpp"
#include "backend/cuda/cuda_gram_accumulator.hpp"
#include "host/index.hpp"
#include "kernels/centred_gram.hpp"
#include "kernels/masked_gram.hpp"
#include "kernels/tabled_gram.hpp"

namespace eigenlens::cuda {
namespace {

/// Bytes of Σxxᵀ that are on the device at once, beside G.
constexpr std::int64_t panel_bytes = std::int64_t{256} << 20;

/// G ← centred, panel by panel of columns. Scalar: std::int64_t or double.
template <class Scalar>
void centre_panels(Context& context, const Moments& moments, const Dense<Scalar>& gram, const std::vector<Scalar>& sum,
                   std::span<const std::uint8_t> constant, double std, Matrix& g) {
  const std::int64_t d = gram.rows();
  const std::int64_t most = std::clamp<std::int64_t>(panel_bytes / (8 * d), 1, d);
  const Array<Scalar> panel = context.allocate<Scalar>(d * most), sums = context.uploaded<Scalar>(sum);
  const Array<std::uint8_t> constants = context.uploaded<std::uint8_t>(constant);
  for (std::int64_t first = 0; first < d; first += most) {
    const std::int64_t count = std::min(most, d - first);
    context.copy_to_device(panel.data(), gram.col(first), at(d * count) * sizeof(Scalar));
    check_launch(kernels::centred_gram(d, first, count, moments.count, panel.data(), sums.data(), constants.data(), std,
                                       g.data(), context.main().raw()),
                 "centred_gram");
  }
}

}  // namespace

std::unique_ptr<GramAccumulator> CudaBackend::gram_accumulator(const DatasetInfo& info) {
  return make_gram_accumulator(context_, info, threads_);
}

void CudaBackend::centred_gram(const Moments& moments, std::span<const std::uint8_t> constant, double std, Matrix& g) {
  const auto here = context_->activate();
  if (moments.arithmetic == Arithmetic::exact)
    return centre_panels(*context_, moments, moments.gram, moments.sum, constant, std, g);
  centre_panels(*context_, moments, moments.gram_f64, moments.sum_f64, constant, std, g);
}

void CudaBackend::masked_gram(const Matrix& g, std::span<const std::int32_t> groups, double a, double b, Matrix& s) {
  const auto here = context_->activate();
  const cudaStream_t stream = context_->main().raw();
  if (groups.empty()) {
    check_launch(kernels::noisy_gram(g.rows(), g.data(), a, b, s.data(), stream), "noisy_gram");
    return;
  }
  const Array<std::int32_t> on_device = context_->uploaded<std::int32_t>(groups);
  check_launch(kernels::masked_gram(g.rows(), g.data(), on_device.data(), a, b, s.data(), stream), "masked_gram");
}

void CudaBackend::tabled_gram(Tabled how, const Matrix& g, std::span<const std::int32_t> groups, const Matrix& table,
                              Matrix& s) {
  const auto here = context_->activate();
  const cudaStream_t stream = context_->main().raw();
  const Array<std::int32_t> on_device = context_->uploaded<std::int32_t>(groups);
  const auto run = how == Tabled::factors ? kernels::multiplied_gram : kernels::added_gram;
  check_launch(run(g.rows(), g.data(), on_device.data(), table.rows(), table.data(), s.data(), stream), "tabled_gram");
}

}  // namespace eigenlens::cuda
