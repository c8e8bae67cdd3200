// SPDX-License-Identifier: Apache-2.0
// The paper's 30-curve masking figure (patches 1, 2 and 4 × ten ratios, every K) on a device, from samples in host
// memory to curves, moments included. The first run is compared with the CPU's curves, and has no times if it differs.
// --help says how to call it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "device/measured.hpp"
#include "eigenlens/dataset.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"
#include "report/curves_file.hpp"

namespace {

using namespace eigenlens;
using namespace eigenlens::bench;

/// What --help prints.
constexpr char usage[] =
    R"(bench_device_figure --data PATH [--count N] [--pretext SPEC]... [--device NAME] [--runs R] [--limit SECONDS]
                    [--reference CURVES.json] [--curves FILE] [--json FILE]

The 30-curve masking figure (patches 1, 2 and 4, ten ratios each, every K) on a device, from samples in host memory to
curves, moments included, stage by stage.

  --data PATH        samples of bytes: whatever `eigenlens sweep` reads
  --count N          the first samples alone (default 0: all)
  --pretext SPEC     other pretexts, as for `eigenlens sweep`; may be given several times
  --device NAME      default cuda
  --runs R           timed runs, after the first (default 3)
  --limit SECONDS    no run starts after so long (default 120)
  --reference FILE   curves of the same pretexts from elsewhere; where it is not there, the CPU computes and writes it.
                     Beyond 1e-9 up to K = 2,048, or 1e-5 after, there are no times. Without it nothing is compared.
  --curves FILE      writes the device's curves, with which peers compare theirs
  --json FILE        writes the numbers there, too

Exit status: 0 if all is verified, 1 if something is not, else the code of the error (2: wrong options, 7: no device).
)";

/// All samples of a set of bytes, in memory, and the batches in which they are handed over.
struct Samples {
  DatasetInfo info;
  std::vector<std::uint8_t> values;
  std::vector<std::int32_t> labels;
};

Samples read(const std::string& path, std::int64_t most) {
  const auto dataset = open_dataset(path);
  Samples samples{dataset->info(), {}, {}};
  if (samples.info.scalar != ScalarType::uint8) throw Error(ErrorCode::usage, "the figure is measured on bytes");
  if (most > 0) samples.info.count = std::min(samples.info.count, most);
  while (const auto batch = dataset->next()) {
    const std::int64_t count =
        std::min(batch->count, samples.info.count - static_cast<std::int64_t>(samples.labels.size()));
    if (count <= 0) break;
    const auto* values = static_cast<const std::uint8_t*>(batch->values);
    samples.values.insert(samples.values.end(), values, values + count * batch->dimension);
    samples.labels.insert(samples.labels.end(), batch->labels, batch->labels + count);
  }
  return samples;
}

Moments moments_of(const Samples& samples, const Device& device) {
  MomentsAccumulator accumulator(device, samples.info);
  const std::int64_t d = samples.info.shape.size();
  const std::int64_t step = std::max<std::int64_t>(1, (std::int64_t{8} << 20) / d);
  for (std::int64_t first = 0; first < samples.info.count; first += step) {
    Batch batch;
    batch.count = std::min(step, samples.info.count - first);
    batch.dimension = d;
    batch.first = first;
    batch.values = samples.values.data() + first * d;
    batch.labels = samples.labels.data() + first;
    accumulator.add(batch);
  }
  return accumulator.finish();
}

/// Seconds of each stage, over the runs; "moments" and "all" are ours, the others the sweep's own.
class Stages {
 public:
  void add(const std::string& stage, double time) {
    if (times_.find(stage) == times_.end()) order_.push_back(stage);
    times_[stage].push_back(time);
  }
  void add_to(Report& report, const std::string& checked) {
    for (const std::string& stage : order_) {
      auto& all = times_[stage];
      std::sort(all.begin(), all.end());
      report.add({stage,
                  {all[all.size() / 2], all.front(), static_cast<int>(all.size())},
                  0,
                  0,
                  0,
                  stage == "all" ? checked : "",
                  ""});
    }
  }

 private:
  std::vector<std::string> order_;
  std::map<std::string, std::vector<double>> times_;
};

SweepResult run_once(const Samples& samples, const std::vector<Pretext>& pretexts, const Device& device,
                     Stages& stages) {
  SweepResult result;
  const double all = seconds([&] {
    Moments moments;
    stages.add("moments", seconds([&] { moments = moments_of(samples, device); }));
    stages.add("sweep", seconds([&] { result = sweep(moments, pretexts, device); }));
  });
  for (const SweepTiming& timing : result.timings) stages.add("sweep: " + timing.stage, timing.seconds);
  stages.add("all", all);
  return result;
}

/// Largest difference of alignment up to K = 2,048 and beyond.
struct Difference {
  double head = 0, tail = 0;
};

Difference difference(const SweepResult& result, const std::string& reference) {
  const CurvesFile file = read_curves_file(reference);
  Difference d;
  if (file.curves.size() != result.curves.size() || file.count != result.count)
    throw Error(ErrorCode::data, fmt::format("{} is of other curves", reference));
  for (std::size_t c = 0; c < file.curves.size(); ++c) {
    const std::vector<double>& ours = result.curves[c].alignment;
    if (file.curves[c].pretext != result.curves[c].pretext || file.curves[c].alignment.size() != ours.size())
      throw Error(ErrorCode::data, fmt::format("{}: curve {} differs in pretext or rank", reference, c));
    for (std::size_t k = 0; k < ours.size(); ++k) {
      double& worst = k < 2048 ? d.head : d.tail;
      const double off = std::abs(ours[k] - file.curves[c].alignment[k]);
      worst = std::isnan(off) ? std::numeric_limits<double>::infinity() : std::max(worst, off);
    }
  }
  return d;
}

/// "1.2e-11 from the CPU's, …", or nothing if the curves are too far off.
std::optional<std::string> verify(Report& report, const Samples& samples, const std::vector<Pretext>& pretexts,
                                  const SweepResult& result, const std::string& reference) {
  double residual = 0, orthogonality = 0;
  for (const Curve& curve : result.curves) {
    residual = std::max(residual, curve.checks.residual);
    orthogonality = std::max(orthogonality, curve.checks.orthogonality);
  }
  const auto checks = fmt::format("residual {:.1e}, orthogonality {:.1e}", residual, orthogonality);
  if (!result.curves.empty()) report.note("solver", result.curves.back().checks.solver);
  if (reference.empty()) return checks;
  if (!std::filesystem::exists(reference)) {
    const Device cpu({.name = "cpu"});
    Stages stages;
    SweepResult truth;
    const double time = seconds([&] { truth = run_once(samples, pretexts, cpu, stages); });
    write_json(truth, reference);
    report.note("CPU backend, s", fmt::format("{:.2f} on {} threads", time, cpu.threads()));
  }
  const Difference d = difference(result, reference);
  const auto text =
      fmt::format("alignment {:.1e} from the CPU's up to K = 2,048, {:.1e} beyond; {}", d.head, d.tail, checks);
  if (d.head <= 1e-9 && d.tail <= 1e-5) return text;
  report.fail("curves", text);
  return std::nullopt;
}

int run(int argc, char** argv) {
  const Arguments arguments(argc, argv,
                            {"data", "count", "pretext", "device", "runs", "limit", "reference", "curves", "json"});
  Report report("bench_device_figure", arguments.text("json", ""));
  auto specifications = arguments.all("pretext");
  if (specifications.empty())
    for (const int patch : {1, 2, 4}) specifications.push_back(fmt::format("mask:patch={},ratio=0:0.99:10", patch));
  std::vector<Pretext> pretexts;
  for (const std::string& text : specifications)
    for (const Pretext& pretext : parse_pretext(text)) pretexts.push_back(pretext);
  const Samples samples = read(arguments.text("data", ""), arguments.number("count", 0));
  std::optional<Device> device;
  const double opening = seconds([&] { device.emplace(DeviceOptions{.name = arguments.text("device", "cuda")}); });
  for (const auto& [key, value] : device->describe()) report.note(key, value);
  Stages first;
  const SweepResult result = run_once(samples, pretexts, *device, first);
  if (const std::string path = arguments.text("curves", ""); !path.empty()) write_json(result, path);
  const auto checked = verify(report, samples, pretexts, result, arguments.text("reference", ""));
  if (!checked) return report.status();
  report.begin(fmt::format("{} curves of {} × {} bytes ({}), data in host memory, moments included", pretexts.size(),
                           samples.info.count, samples.info.shape.size(), samples.info.name));
  report.add({"opening the device", {opening, opening, 1}, 0, 0, 0, "", ""});
  Stages steady;
  double spent = 0;
  const auto limit = static_cast<double>(arguments.number("limit", 120));
  for (int i = 0; i < arguments.number("runs", 3) && spent < limit; ++i)
    spent += seconds([&] { run_once(samples, pretexts, *device, steady); });
  report.begin("First run of the process");
  first.add_to(report, *checked);
  report.begin("Later runs");
  steady.add_to(report, *checked);
  return report.status();
}

}  // namespace

int main(int argc, char** argv) { return main_of("bench_device_figure", usage, run, argc, argv); }
