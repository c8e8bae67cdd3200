// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "backend/single.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "moments/batch_checks.hpp"
#include "sweep/bases.hpp"
#include "sweep/ridge.hpp"
#include "sweep/test_panels.hpp"

namespace eigenlens {
namespace {

std::string place_of(const DatasetInfo& info) { return info.source.empty() ? info.name : info.source; }

std::string shape_text(const ImageShape& s) { return fmt::format("{} x {} x {}", s.channels, s.height, s.width); }

/// Everything about a test set that can be refused before its samples are read.
void require_same_kind(const DatasetInfo& test, const Moments& moments) {
  if (!(test.shape == moments.shape))
    throw Error(ErrorCode::data,
                fmt::format("{}: the test set's samples are {} (channels x height x width), those of {} are {}",
                            place_of(test), shape_text(test.shape), moments.dataset, shape_text(moments.shape)));
  const bool exact = moments.arithmetic == Arithmetic::exact;
  if (exact != (test.scalar == ScalarType::uint8))
    throw Error(ErrorCode::usage,
                fmt::format("{}: the test set holds {}, but {} was {}: values would be in other units", place_of(test),
                            scalar_name(test.scalar), moments.dataset, exact ? "8-bit" : "floating point"));
  if (test.class_names.empty() || moments.class_names.empty()) return;
  for (std::size_t c = 0; c < std::min(test.class_names.size(), moments.class_names.size()); ++c)
    if (test.class_names[c] != moments.class_names[c])
      throw Error(ErrorCode::data, fmt::format("{}: class {} is '{}' in the test set and '{}' in {}", place_of(test), c,
                                               test.class_names[c], moments.class_names[c], moments.dataset));
}

/// A probe that waits for a pass over the test set: E and T, in the backend's memory.
struct Waiting {
  std::size_t position;
  Matrix encoder;
  Matrix targets;
  ProbeSums sums;
};

Matrix copy_of(Backend& backend, const Matrix& from) {
  Matrix to = backend.allocate(from.rows(), from.cols());
  backend.scale_rows(single(from), Weights(1), single(to));
  return to;
}

class Prober {
 public:
  Prober(const Moments& moments, const TestSet& test_set, const Device& device, const ProbeOptions& options,
         const MemoryPlan& plan, std::size_t pretexts)
      : test_set_(test_set),
        device_(device),
        options_(options),
        plan_(plan),
        centring_(moments),
        curves_(pretexts),
        dataset_(test_set()) {
    require_same_kind(dataset_->info(), moments);
    for (const std::int64_t size : moments.class_counts)
      prior_.push_back(static_cast<double>(size) / static_cast<double>(moments.count));
    const DatasetInfo& info = dataset_->info();
    facts_.dataset = info.split.empty() ? info.name : info.name + " " + info.split;
    facts_.ridge = options.ridge;
  }

  /// Keeps the basis until there is no room for another.
  void add(const BasisView& view) {
    Backend& backend = view.problem.backend;
    Waiting probe = {view.position, copy_of(backend, view.basis.encoder), copy_of(backend, view.basis.targets), {}};
    std::vector<double>& training = curves_[view.position].training_squared_error;
    if (options_.ridge > 0) {
      training = shrink(view.problem, options_.ridge, probe.encoder, probe.targets);
    } else {
      for (const double explained : view.basis.explained)
        training.push_back(1 - explained / static_cast<double>(centring_.count()));
    }
    waiting_.push_back(std::move(probe));
    if (static_cast<std::int64_t>(waiting_.size()) == plan_.kept) flush();
  }

  /// One pass over the test set for all that waits.
  void flush() {
    if (waiting_.empty()) return;
    const auto start = std::chrono::steady_clock::now();
    if (!dataset_) dataset_ = test_set_();
    pass();
    dataset_.reset();
    for (const Waiting& probe : waiting_) finish(probe.sums, curves_[probe.position]);
    waiting_.clear();
    ++facts_.passes;
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  [[nodiscard]] const ProbeFacts& facts() const { return facts_; }
  [[nodiscard]] std::vector<ProbeCurve>& curves() { return curves_; }
  [[nodiscard]] double seconds() const { return seconds_; }

 private:
  void pass() {
    Backend& backend = device_.backend();
    TestPanels panels(*dataset_, centring_, device_.threads());
    const std::int64_t width = panel_width(centring_.dimension());
    const std::size_t lanes = std::min(waiting_.size(), static_cast<std::size_t>(plan_.lanes));
    Matrix inputs = backend.allocate(centring_.dimension(), width);
    std::vector<Matrix> rooms;
    for (std::size_t l = 0; l < lanes; ++l) rooms.push_back(backend.allocate(centring_.dimension(), width));
    for (Waiting& probe : waiting_) {
      const std::size_t rank = at(probe.encoder.rows());
      probe.sums = {std::vector<std::int64_t>(rank), std::vector<std::int64_t>(rank), std::vector<double>(rank),
                    std::vector<double>(rank)};
    }
    report(0);
    while (panels.next() > 0) {
      backend.centred_samples(panels.batch(), panels.centre(), inputs);
      for (std::size_t first = 0; first < waiting_.size(); first += lanes)
        read(inputs, panels.labels(), std::span(waiting_).subspan(first, std::min(lanes, waiting_.size() - first)),
             rooms);
      report(panels.done());
    }
    require_count(panels.done());
  }

  /// A panel's samples for some probes, side by side where they have as many features.
  void read(const Matrix& inputs, std::span<const std::int32_t> labels, std::span<Waiting> probes,
            const std::vector<Matrix>& rooms) {
    for (std::size_t first = 0, last = 0; first < probes.size(); first = last) {
      const std::int64_t rank = probes[first].encoder.rows();
      std::vector<Matrix> encoders, targets, features;
      std::vector<ProbeSums> sums;
      for (last = first; last < probes.size() && probes[last].encoder.rows() == rank; ++last) {
        encoders.push_back(probes[last].encoder);
        targets.push_back(probes[last].targets);
        features.push_back(rooms[last - first].reshaped(rank, inputs.cols()));
        sums.push_back(std::move(probes[last].sums));
      }
      device_.backend().multiply(Op::none, Op::none, encoders, single(inputs), 0, features);
      device_.backend().probe_counts(features, targets, prior_, labels, sums);
      for (std::size_t i = first; i < last; ++i) probes[i].sums = std::move(sums[i - first]);
    }
  }

  void require_count(std::int64_t count) {
    const std::string place = place_of(dataset_->info());
    if (count == 0) throw Error(ErrorCode::data, fmt::format("{}: no samples", place));
    if (facts_.passes > 0 && count != facts_.count)
      throw Error(ErrorCode::data,
                  fmt::format("{}: {} samples, {} when it was read before", place, count, facts_.count));
    if (const auto skipped = dataset_->skipped(); facts_.passes == 0 && !skipped.empty())
      facts_.dataset += fmt::format(" ({} of {} files skipped)", skipped.size(), dataset_->info().count);
    facts_.count = count;
  }

  void report(std::int64_t done) const {
    const Progress& progress = options_.sweep.progress;
    if (progress && !progress({"test set", done, dataset_->info().count, "images"}))
      throw Error(ErrorCode::cancelled,
                  fmt::format("{}: cancelled after {} samples", place_of(dataset_->info()), done));
  }

  /// Means and their standard errors from sums: (74).
  void finish(const ProbeSums& sums, ProbeCurve& curve) const {
    const auto n = static_cast<double>(facts_.count);
    curve.top1 = sums.top1;
    if (prior_.size() > 5) curve.top5 = sums.top5;
    for (std::size_t k = 0; k < sums.squared_error.size(); ++k) {
      const double mean = sums.squared_error[k] / n;
      const double variance = std::max(sums.squared_error_squared[k] / n - mean * mean, 0.0);
      curve.squared_error.push_back(mean);
      curve.squared_error_deviation.push_back(std::sqrt(variance / n));
    }
  }

  const TestSet& test_set_;
  const Device& device_;
  const ProbeOptions& options_;
  const MemoryPlan& plan_;
  Centring centring_;
  std::vector<ProbeCurve> curves_;
  std::unique_ptr<Dataset> dataset_;  ///< open at its first sample, or none
  std::vector<double> prior_;         ///< C: n_c/N
  std::vector<Waiting> waiting_;
  ProbeFacts facts_;
  double seconds_ = 0;
};

}  // namespace

SweepResult probe(const Moments& moments, const std::vector<Pretext>& pretexts, const TestSet& test_set,
                  const Device& wanted, const ProbeOptions& options) {
  if (!(options.ridge >= 0) || std::isinf(options.ridge))
    throw Error(ErrorCode::usage, fmt::format("ridge = {}: expected a number from 0", options.ridge));
  const SolveMode mode = options.sweep.mode;
  const Device device = suited(wanted, moments.shape, moments.classes(), pretexts, mode, Outcome::probe);
  const MemoryPlan plan = plan_sweep(moments.shape, moments.classes(), pretexts, mode, device, Outcome::probe);
  Prober prober(moments, test_set, device, options, plan, pretexts.size());
  SweepResult result = sweep_bases(moments, pretexts, device, options.sweep, Outcome::probe,
                                   [&](const BasisView& view) { prober.add(view); });
  prober.flush();
  for (std::size_t i = 0; i < pretexts.size(); ++i) result.curves[i].probe = std::move(prober.curves()[i]);
  result.probe = prober.facts();
  result.timings.push_back({"test set", prober.seconds()});
  return result;
}

ConfidenceInterval accuracy_interval(std::int64_t correct, std::int64_t count) {
  constexpr double z = 1.959963984540054;  // the normal distribution's 97.5 % point
  const auto n = static_cast<double>(count);
  const double share = static_cast<double>(correct) / n, z2 = z * z / n;
  const double middle = (share + z2 / 2) / (1 + z2);
  const double half = z / (1 + z2) * std::sqrt(share * (1 - share) / n + z2 / (4 * n));
  return {.low = correct == 0 ? 0 : std::max(middle - half, 0.0),
          .high = correct == count ? 1 : std::min(middle + half, 1.0)};
}

std::int64_t smallest_sufficient_k(const std::vector<std::int64_t>& top1, std::int64_t count) {
  const double low = accuracy_interval(*std::max_element(top1.begin(), top1.end()), count).low;
  const auto first = std::find_if(top1.begin(), top1.end(), [&](std::int64_t correct) {
    return static_cast<double>(correct) / static_cast<double>(count) >= low;
  });
  return first - top1.begin() + 1;
}

}  // namespace eigenlens
