// SPDX-License-Identifier: Apache-2.0
// Probes on a GPU: a panel of samples at a time, sums to the host.
#include <cstdint>
#include <vector>

#include "backend/cuda/batch.hpp"
#include "backend/cuda/cuda_backend.hpp"
#include "host/index.hpp"
#include "kernels/probe_counts.hpp"

namespace eigenlens::cuda {

void CudaBackend::probe_counts(std::span<const Matrix> f, std::span<const Matrix> t, std::span<const double> prior,
                               std::span<const std::int32_t> labels, std::span<ProbeSums> sums) {
  if (f.empty() || labels.empty() || t[0].size() == 0) return;
  const std::int64_t features = t[0].rows(), classes = t[0].cols(), samples = static_cast<std::int64_t>(labels.size());
  const Array<double> priors = context_->uploaded(prior);
  const Array<std::int32_t> own = context_->uploaded(labels);
  const LaneResults<double> logits(*context_, f.size(), kernels::logits_in_memory(classes, samples));
  const LaneResults<double> partial(*context_, f.size(), 4 * features * kernels::probe_blocks(samples));
  const LaneResults<double> results(*context_, f.size(), 4 * features);
  context_->for_lanes(f.size(), [&](Lane& lane, std::size_t l) {
    const kernels::ProbeOperands operands = {features,    classes,       samples,    f[l].data(),
                                             t[l].data(), priors.data(), own.data(), logits.of(l)};
    check_launch(kernels::probe_counts(operands, partial.of(l), results.of(l), lane.raw()), "probe_counts");
  });
  std::vector<std::vector<double>> found(f.size());
  results.download(found);
  for (std::size_t l = 0; l < f.size(); ++l)
    for (std::int64_t k = 0; k < features; ++k) {
      const auto quantity = [&](std::int64_t q) { return found[l][at(k + q * features)]; };
      sums[l].top1[at(k)] += static_cast<std::int64_t>(quantity(0));
      sums[l].top5[at(k)] += static_cast<std::int64_t>(quantity(1));
      sums[l].squared_error[at(k)] += quantity(2);
      sums[l].squared_error_squared[at(k)] += quantity(3);
    }
}

}  // namespace eigenlens::cuda
