// SPDX-License-Identifier: Apache-2.0
// Sweeps of all shards but one, and what their differences say (docs/math.md, (91) to (94)).
#include "eigenlens/jackknife.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "eigenlens/byte_size.hpp"
#include "eigenlens/error.hpp"
#include "moments/sample_buffer.hpp"
#include "sweep/plan_sizes.hpp"

namespace eigenlens {
namespace {

/// Integers are subtracted, exactly. Floats are added up again: a pixel that only the lacking shard lights up would be
/// left with rounding errors of its size.
Moments sum_without(const ShardPointers& shards, const Moments& sum, std::size_t lacking) {
  if (sum.arithmetic == Arithmetic::exact) return subtract(sum, *shards[lacking]);
  const std::size_t first = lacking == 0 ? 1 : 0;
  Moments rest = *shards[first];
  for (std::size_t s = first + 1; s < shards.size(); ++s)
    if (s != lacking) rest = merge(rest, *shards[s]);
  return rest;
}

/// The sweeps of a jackknife as one work: curves are counted on.
Progress counted_on(const Progress& progress, const std::string& prefix, std::size_t sweeps_done, std::size_t sweeps) {
  if (!progress) return {};
  return [&progress, prefix, sweeps_done, sweeps](const ProgressEvent& event) {
    const std::string stage = prefix + std::string(event.stage);
    return progress({stage, static_cast<std::int64_t>(sweeps_done) * event.total + event.done,
                     static_cast<std::int64_t>(sweeps) * event.total, event.unit});
  };
}

/// What a number was with all shards, and without each.
class Replicates {
 public:
  /// weights: h_s = N / m_s, m_s the samples of shard s.
  explicit Replicates(const std::vector<double>& weights) : weights_(weights), pseudo_(weights.size()) {}

  /// (91) and (92).
  double standard_error(double all, const std::vector<double>& without) {
    double mean = 0;
    for (std::size_t s = 0; s < weights_.size(); ++s) {
      pseudo_[s] = all + (weights_[s] - 1) * (all - without[s]);
      mean += pseudo_[s] / weights_[s];
    }
    double sum = 0;
    for (std::size_t s = 0; s < weights_.size(); ++s)
      sum += (pseudo_[s] - mean) * (pseudo_[s] - mean) / (weights_[s] - 1);
    return std::sqrt(sum / static_cast<double>(weights_.size()));
  }

 private:
  const std::vector<double>& weights_;
  std::vector<double> pseudo_;
};

/// (94): an interval on the logarithmic scale of odds stays within [0, 1].
double moved_odds(double share, double by) {
  if (!(share > 0 && share < 1)) return std::clamp(share, 0.0, 1.0);
  const double odds = std::log(share / (1 - share)) + by / (share * (1 - share));
  return 1 / (1 + std::exp(-odds));
}

using Alignments = std::vector<std::vector<double>>;  ///< of every pretext

Alignments alignments_of(SweepResult result) {
  Alignments all;
  for (Curve& curve : result.curves) all.push_back(std::move(curve.alignment));
  return all;
}

/// Where a curve and all its replicates go on, and those of the baseline if there is one.
std::size_t smallest_rank(const SweepResult& all, const std::vector<Alignments>& without, std::size_t curve,
                          std::size_t baseline) {
  std::size_t rank = all.curves[curve].alignment.size();
  for (const Alignments& replicate : without) {
    rank = std::min(rank, replicate[curve].size());
    if (baseline < replicate.size()) rank = std::min(rank, replicate[baseline].size());
  }
  return rank;
}

/// Fills Curve::sampling of every curve.
void add_sampling(SweepResult& result, const std::vector<Alignments>& without, const std::vector<double>& weights) {
  const auto plain = std::find_if(result.curves.begin(), result.curves.end(),
                                  [](const Curve& curve) { return curve.pretext.kind == PretextKind::reconstruct; });
  const auto baseline = static_cast<std::size_t>(plain - result.curves.begin());
  Replicates replicates(weights);
  std::vector<double> values(weights.size());
  for (std::size_t c = 0; c < result.curves.size(); ++c) {
    Curve& curve = result.curves[c];
    JackknifeErrors& sampling = curve.sampling;
    const std::size_t rank = smallest_rank(result, without, c, baseline);
    for (std::size_t k = 0; k < rank; ++k) {
      const double share = curve.alignment[k];
      for (std::size_t s = 0; s < without.size(); ++s) values[s] = without[s][c][k];
      const double error = replicates.standard_error(share, values);
      sampling.alignment_se.push_back(error);
      sampling.alignment_low.push_back(moved_odds(share, -result.student * error));
      sampling.alignment_high.push_back(moved_odds(share, result.student * error));
      if (plain == result.curves.end()) continue;
      for (std::size_t s = 0; s < without.size(); ++s) values[s] -= without[s][baseline][k];
      const double gain = share - plain->alignment[k];
      sampling.gain.push_back(gain);
      sampling.gain_se.push_back(replicates.standard_error(gain, values));
    }
  }
}

void add_timings(const SweepResult& from, SweepResult& to) {
  double seconds = 0;
  for (const SweepTiming& timing : from.timings) seconds += timing.seconds;
  constexpr const char* stage = "sweeps without a shard";
  if (to.timings.empty() || to.timings.back().stage != stage) to.timings.push_back({stage, 0});
  to.timings.back().seconds += seconds;
}

}  // namespace

ShardPointers pointers_to(const std::vector<Moments>& shards) {
  ShardPointers pointers;
  for (const Moments& shard : shards) pointers.push_back(&shard);
  return pointers;
}

Moments sum_of(const ShardPointers& shards) {
  Moments sum = *shards.front();
  for (std::size_t s = 1; s < shards.size(); ++s) sum = merge(sum, *shards[s]);
  return sum;
}

void check_shards(const ShardPointers& shards, const std::vector<std::string>& names) {
  const auto name = [&](std::size_t s) { return s < names.size() ? names[s] : fmt::format("shard {}", s + 1); };
  if (shards.size() < 2 || shards.size() > static_cast<std::size_t>(most_shards))
    throw Error(ErrorCode::usage,
                fmt::format("a jackknife takes 2 to {} sets of moments, not {}", most_shards, shards.size()));
  std::vector<std::int64_t> sums;
  for (std::size_t s = 0; s < shards.size(); ++s) {
    const Moments& shard = *shards[s];
    if (shard.shape != shards[0]->shape || shard.arithmetic != shards[0]->arithmetic)
      throw Error(ErrorCode::usage,
                  fmt::format("{} and {} differ in {}: a jackknife needs moments of one kind", name(0), name(s),
                              shard.shape != shards[0]->shape ? "shape" : "arithmetic"));
    if (shard.count < 1) throw Error(ErrorCode::data, fmt::format("{} has no samples", name(s)));
    sums.resize(std::max(sums.size(), shard.class_counts.size()));
    for (std::size_t c = 0; c < shard.class_counts.size(); ++c) sums[c] += shard.class_counts[c];
  }
  for (std::size_t s = 0; s < shards.size(); ++s)
    for (std::size_t c = 0; c < shards[s]->class_counts.size(); ++c)
      if (sums[c] > 0 && shards[s]->class_counts[c] == sums[c])
        throw Error(ErrorCode::data,
                    fmt::format("class {} has all of its {} samples in {}: without it there would be none, and a "
                                "jackknife leaves out each shard once; the shards must be random with respect to the "
                                "classes",
                                c, sums[c], name(s)));
}

Moments sum_of(const std::vector<Moments>& shards) { return sum_of(pointers_to(shards)); }

void check_shards(const std::vector<Moments>& shards, const std::vector<std::string>& names) {
  check_shards(pointers_to(shards), names);
}

MemoryPlan plan_shards(const DatasetInfo& info, std::int64_t batch, std::int64_t shards, const Device& device) {
  MemoryPlan plan = plan_moments(info, batch, device);
  const double more = 2 * moments_bytes(static_cast<double>(info.shape.size()), static_cast<double>(info.classes));
  plan.bytes =
      bytes_of(static_cast<double>(plan.bytes) +
               static_cast<double>(shards - 1) * (more + stage_bytes + static_cast<double>(SampleBuffer::capacity)));
  plan.device_bytes = bytes_of(static_cast<double>(plan.device_bytes) * static_cast<double>(shards));
  plan.text = fmt::format("{} sets of moments of D = {} inputs on {} need {}; {} are available", shards,
                          info.shape.size(), device.label(), format_byte_size(plan.bytes + plan.device_bytes),
                          format_byte_size(plan.budget + plan.device_budget));
  return plan;
}

MemoryPlan plan_jackknife(const ImageShape& shape, std::int64_t classes, std::int64_t shards,
                          const std::vector<Pretext>& pretexts, SolveMode mode, const Device& device, Outcome outcome) {
  MemoryPlan plan = plan_sweep(shape, classes, pretexts, mode, device, outcome);
  // The shards, and a sum that is being made of another one; a sweep's plan counts one.
  const double moments =
      static_cast<double>(shards + 2) * moments_bytes(static_cast<double>(shape.size()), static_cast<double>(classes));
  const double alignments = 8.0 * static_cast<double>(shards * shape.size()) * static_cast<double>(pretexts.size());
  plan.bytes = bytes_of(static_cast<double>(plan.bytes) + moments + alignments);
  plan.text += fmt::format("; the jackknife takes {} sweeps, and {} sets of moments with it: {} in all", shards + 1,
                           shards, format_byte_size(plan.bytes));
  return plan;
}

SweepResult jackknife(const ShardPointers& shards, const std::vector<Pretext>& pretexts, const Device& device,
                      const SweepOptions& options) {
  check_shards(shards);
  const std::size_t count = shards.size();
  const Moments sum = sum_of(shards);
  SweepOptions each = options;
  each.progress = counted_on(options.progress, "", 0, count + 1);
  SweepResult result = sweep(sum, pretexts, device, each);
  result.shards = static_cast<std::int64_t>(count);
  result.student = student_95(result.shards - 1);
  each.largest_k = 0;
  std::vector<Alignments> without;
  std::vector<double> weights;
  for (std::size_t s = 0; s < count; ++s) {
    each.progress = counted_on(options.progress, fmt::format("without shard {}: ", s + 1), s + 1, count + 1);
    const SweepResult replicate = sweep(sum_without(shards, sum, s), pretexts, device, each);
    add_timings(replicate, result);
    without.push_back(alignments_of(replicate));
    weights.push_back(static_cast<double>(sum.count) / static_cast<double>(shards[s]->count));
  }
  add_sampling(result, without, weights);
  return result;
}

SweepResult jackknife(const std::vector<Moments>& shards, const std::vector<Pretext>& pretexts, const Device& device,
                      const SweepOptions& options) {
  return jackknife(pointers_to(shards), pretexts, device, options);
}

double student_95(std::int64_t degrees) {
  if (degrees < 1) throw Error(ErrorCode::usage, "Student's distribution has at least one degree of freedom");
  const auto nu = static_cast<double>(degrees);
  // P(|T| ≤ t) as a finite sum in θ = atan(t/√ν) (Abramowitz and Stegun, 26.7.3 and 26.7.4).
  const auto within = [&](double t) {
    const double angle = std::atan(t / std::sqrt(nu)), cosine = std::cos(angle), sine = std::sin(angle);
    const bool odd = degrees % 2 != 0;
    double term = odd ? cosine : 1, sum = degrees > 1 ? term : 0;
    for (std::int64_t j = odd ? 3 : 2; j <= degrees - 2; j += 2) {
      term *= cosine * cosine * static_cast<double>(j - 1) / static_cast<double>(j);
      sum += term;
    }
    return odd ? 2 / std::numbers::pi * (angle + sine * sum) : sine * sum;
  };
  double low = 0, high = 13;  // 12.71 at one degree
  for (int step = 0; step < 60; ++step) (within((low + high) / 2) < 0.95 ? low : high) = (low + high) / 2;
  return (low + high) / 2;
}

}  // namespace eigenlens
