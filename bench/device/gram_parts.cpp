// SPDX-License-Identifier: Apache-2.0
#include "device/gram_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "backend/cuda/context.hpp"
#include "backend/cuda/integer_gemm.hpp"
#include "device/verb_costs.hpp"
#include "host/processor.hpp"
#include "kernels/class_sums.hpp"
#include "kernels/exact_gram.hpp"
#include "kernels/gram_projection.hpp"
#include "kernels/shifted_bytes.hpp"

namespace eigenlens::bench {
namespace {

using cuda::check;
using cuda::check_launch;

constexpr std::int64_t slice_bytes = std::int64_t{16} << 20;
constexpr std::int64_t panel_columns = 1024;
constexpr double limit = 2;

/// The first samples class by class, in runs as long as the engine's.
struct Sorted {
  std::vector<std::int32_t> order;
  std::vector<kernels::ClassRun> runs;
};

Sorted sort_by_class(const Samples& samples, std::int64_t count) {
  Sorted sorted;
  for (std::int32_t label = 0; label < samples.info.classes; ++label)
    for (std::int64_t n = 0; n < count; ++n) {
      if (samples.labels[static_cast<std::size_t>(n)] != label) continue;
      if (sorted.runs.empty() || sorted.runs.back().label != label ||
          sorted.runs.back().count == kernels::longest_byte_run)
        sorted.runs.push_back({static_cast<std::int64_t>(sorted.order.size()), 0, label});
      ++sorted.runs.back().count;
      sorted.order.push_back(static_cast<std::int32_t>(n));
    }
  return sorted;
}

class GramParts {
 public:
  GramParts(Report& report, const Samples& samples, const Ceilings& ceilings, int runs)
      : report_(report),
        ceilings_(ceilings),
        runs_(runs),
        d_(samples.info.shape.size()),
        padded_(kernels::padded_bytes(d_)),
        slice_(std::min(samples.info.count, std::clamp<std::int64_t>(slice_bytes / d_, 64, 32'768))),
        slices_(static_cast<double>(samples.info.count) / static_cast<double>(slice_)),
        classes_(samples.info.classes),
        sorted_(sort_by_class(samples, slice_)),
        pinned_(static_cast<std::size_t>(slice_ * d_)),
        values_(slice_ * d_),
        shifted_(kernels::padded_bytes(slice_) * padded_),
        product_(padded_ * padded_),
        gram_(d_ * d_),
        cross_(d_ * classes_),
        words_(3 * d_ + slice_) {
    std::memcpy(pinned_.data(), samples.values.data(), values_.bytes());
    for (auto& [memory, bytes] : {std::pair<void*, std::size_t>{gram_.data(), gram_.bytes()},
                                  {cross_.data(), cross_.bytes()},
                                  {words_.data(), words_.bytes()}})
      check(cudaMemsetAsync(memory, 0, bytes, stream()), "cudaMemsetAsync");
  }

  void of_slices() {
    const auto b = static_cast<double>(slice_), d = static_cast<double>(d_);
    DeviceArray<std::int32_t> order(slice_);
    DeviceArray<kernels::ClassRun> runs(static_cast<std::int64_t>(sorted_.runs.size()));
    order.upload(sorted_.order);
    runs.upload(sorted_.runs);
    const auto* x = reinterpret_cast<const std::uint8_t*>(values_.data());
    add("copy from pinned memory", slices_, {.copied = b * d}, [&] {
      check(cudaMemcpyAsync(values_.data(), pinned_.data(), values_.bytes(), cudaMemcpyHostToDevice, stream()),
            "cudaMemcpyAsync");
    });
    add("widen and shift (shifted_bytes)", slices_, {.bytes = 2 * b * d},
        [&] { check_launch(kernels::shifted_bytes(x, d_, slice_, shifted_.data(), stream()), "shifted_bytes"); });
    add("int8 products, panels of one triangle", slices_, {.integers = b * d * (d + 1)}, [&] { multiply(); });
    add("class sums", slices_, {.bytes = b * d + 16 * d * static_cast<double>(sorted_.runs.size())}, [&] {
      check_launch(kernels::add_class_sums(x, d_, order.data(), runs.data(), runs.size(), cross_.data(), stream()),
                   "add_class_sums");
    });
    add("projection of the samples, for the check", slices_, {.bytes = 2 * b * d}, [&] {
      check_launch(
          kernels::add_projections(x, d_, slice_, words_.data(), words_.data() + 2 * d_, words_.data() + d_, stream()),
          "add_projections");
    });
  }

  void of_the_end() {
    const double square = static_cast<double>(d_) * static_cast<double>(d_);
    std::vector<std::int64_t> host(static_cast<std::size_t>(d_ * d_));
    add("int32 sums into int64 (add_int32)", 1, {.bytes = 10 * square},
        [&] { check_launch(kernels::add_int32(product_.data(), padded_, d_, gram_.data(), stream()), "add_int32"); });
    DeviceArray<std::int64_t> sums(d_);
    sums.upload(std::vector<std::int64_t>(static_cast<std::size_t>(d_), 0));
    add("undo the shift, both triangles (finish_exact_gram)", 1, {.bytes = 12 * square}, [&] {
      check_launch(kernels::finish_exact_gram(d_, 0, sums.data(), gram_.data(), stream()), "finish_exact_gram");
    });
    add("projection of the Gram matrix, for the check", 1, {.bytes = 8 * square}, [&] {
      check_launch(kernels::add_gram_projection(gram_.data(), d_, words_.data(), words_.data() + d_, stream()),
                   "add_gram_projection");
    });
    add("Gram matrix to pageable host memory", 1, {.copied = 8 * square}, [&] {
      check(cudaMemcpyAsync(host.data(), gram_.data(), gram_.bytes(), cudaMemcpyDeviceToHost, stream()),
            "cudaMemcpyAsync");
    });
  }

 private:
  [[nodiscard]] cudaStream_t stream() const { return context_->main().raw(); }

  void multiply() {
    const std::int64_t rows = kernels::padded_bytes(slice_);
    for (std::int64_t j = 0; j < padded_; j += panel_columns) {
      const std::int8_t* columns = shifted_.data() + j * rows;
      gemm_.multiply(padded_ - j, std::min(panel_columns, padded_ - j), rows, columns, columns, rows, 0,
                     product_.data() + j + j * padded_, padded_);
    }
  }

  /// One part, which has to be done `times` times.
  void add(const std::string& what, double times, const Cost& cost, const std::function<void()>& work) {
    Timing time = measure(runs_, limit, [&] {
      work();
      context_->main().stream().synchronize();
    });
    time.median *= times;
    time.least *= times;
    report_.add({what, time, times * (cost.flops + cost.integers), times * (cost.bytes + cost.copied),
                 times * floor_of(cost, ceilings_), "", fmt::format("{:.1f} times", times)});
  }

  Report& report_;
  const Ceilings& ceilings_;
  int runs_;
  std::int64_t d_, padded_, slice_;
  double slices_;
  std::int64_t classes_;
  Sorted sorted_;
  std::shared_ptr<cuda::Context> context_ = std::make_shared<cuda::Context>(0, available_threads());
  cuda::IntegerGemm gemm_{*context_};
  cuda::Pinned pinned_;
  DeviceArray<char> values_;
  DeviceArray<std::int8_t> shifted_;
  DeviceArray<std::int32_t> product_;
  DeviceArray<std::int64_t> gram_, cross_;
  DeviceArray<std::uint64_t> words_;  ///< weights, two sums, and the projections of a slice
};

}  // namespace

void report_gram_parts(Report& report, const Samples& samples, const Ceilings& ceilings, int runs) {
  report.begin(fmt::format("Parts of the exact Gram matrix of {} × {} bytes, each alone", samples.info.count,
                           samples.info.shape.size()));
  GramParts parts(report, samples, ceilings, runs);
  parts.of_slices();
  parts.of_the_end();
}

}  // namespace eigenlens::bench
