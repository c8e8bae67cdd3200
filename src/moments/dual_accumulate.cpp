// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "backend/backend.hpp"
#include "eigenlens/dual_moments.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "moments/batch_checks.hpp"
#include "moments/sample_matrix.hpp"
#include "moments/sample_products.hpp"
#include "sweep/families.hpp"

namespace eigenlens {
namespace {

SampleMatrix read_samples(Dataset& dataset, int threads, const Progress& progress) {
  const DatasetInfo& info = dataset.info();
  SampleMatrix samples(info);
  const auto report = [&] {
    if (progress && !progress({"reading", samples.count(), info.count, "images"}))
      throw Error(ErrorCode::cancelled,
                  fmt::format("{}: cancelled after {} samples", source_name(info), samples.count()));
  };
  report();
  while (const auto batch = dataset.next()) {
    check_batch(*batch, info, info.classes, samples.count(), threads);
    samples.add(*batch, threads);
    report();
  }
  samples.complete(threads);
  return samples;
}

DualMoments described(const SampleMatrix& samples) {
  DualMoments moments;
  moments.arithmetic = samples.arithmetic();
  moments.shape = samples.info().shape;
  moments.dataset = samples_name(samples.info());
  moments.class_names = samples.info().class_names;
  moments.labels.assign(samples.labels().begin(), samples.labels().end());
  moments.class_counts.resize(at(samples.info().classes));
  for (const std::int64_t label : moments.labels) ++moments.class_counts[at(label)];
  for (const std::uint8_t constant : samples.constants()) moments.constant_pixels += constant;
  return moments;
}

}  // namespace

DualMoments accumulate_dual(Dataset& dataset, const std::vector<Pretext>& pretexts, const Device& wanted,
                            const Progress& progress) {
  check_extents(dataset.info());
  const std::vector<Pretext> structures = structures_of(pretexts, dataset.info().shape);
  const Device device = suited_dual(wanted, dataset.info(), pretexts);
  const MemoryPlan plan = plan_dual_moments(dataset.info(), pretexts, device);
  if (!plan.fits()) throw Error(ErrorCode::memory, plan.text);
  const SampleMatrix samples = read_samples(dataset, device.threads(), progress);
  DualMoments moments = described(samples);
  std::int64_t done = 0;
  const auto total = static_cast<std::int64_t>(1 + structures.size());
  SampleProducts products(device.backend(), samples, [&] {
    if (progress && !progress({"products of samples", done, total, "matrices"}))
      throw Error(ErrorCode::cancelled, fmt::format("cancelled after {} of {} products of samples", done, total));
  });
  if (moments.arithmetic == Arithmetic::exact)
    moments.gram = products.exact_gram();
  else
    moments.gram_f64 = products.centred_gram();
  for (const Pretext& structure : structures) {
    ++done;
    moments.families.push_back({structure, products.whitened(mask_groups(structure, moments.shape))});
  }
  return moments;
}

}  // namespace eigenlens
