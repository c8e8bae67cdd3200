// SPDX-License-Identifier: Apache-2.0
// The paper's 30-curve masking figure (patches 1, 2 and 4 × ten ratios, every K) on a device, from samples in host
// memory to curves, moments included; or other pretexts, and in the dual form. The first run is compared with the CPU's
// curves, and has no times if it differs. As many bare eigenproblems of that order follow. --help says how to call it.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "device/samples.hpp"
#include "device/solvers.hpp"
#include "eigenlens/dual_moments.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"
#include "report/curves_file.hpp"

namespace {

using namespace eigenlens;
using namespace eigenlens::bench;

/// What --help prints.
constexpr char usage[] =
    R"(bench_device_figure --data PATH [--count N] [--pretext SPEC]... [--form primal|dual] [--device NAME] [--runs R]
                    [--limit SECONDS] [--bare N] [--reference CURVES.json] [--curves FILE] [--json FILE]

The 30-curve masking figure (patches 1, 2 and 4, ten ratios each, every K) on a device, from samples in host memory to
curves, moments included, stage by stage.

  --data PATH        samples of bytes: whatever `eigenlens sweep` reads
  --count N          the first samples alone (default 0: all)
  --pretext SPEC     other pretexts, as for `eigenlens sweep`; may be given several times
  --form FORM        primal (default), or dual: products of samples, for fewer samples than inputs
  --device NAME      default cuda
  --runs R           timed runs, after the first (default 3)
  --limit SECONDS    no run starts after so long (default 120)
  --bare N           timed bare cusolverDnXsyevd of the figure's order, after one (default 3; 0: none)
  --reference FILE   curves of the same pretexts from elsewhere; where it is not there, the CPU computes and writes it.
                     Beyond 1e-9 up to K = 2,048, or 1e-5 after, there are no times. Without it nothing is compared.
  --curves FILE      writes the device's curves, with which peers compare theirs
  --json FILE        writes the numbers there, too

Exit status: 0 if all is verified, 1 if something is not, else the code of the error (2: wrong options, 7: no device).
)";

Moments moments_of(SamplesInMemory& samples, const Device& device) {
  MomentsAccumulator accumulator(device, samples.info());
  while (const auto batch = samples.next()) accumulator.add(*batch);
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
  [[nodiscard]] bool empty() const { return order_.empty(); }
  /// Seconds.
  [[nodiscard]] double median(const std::string& stage) const {
    std::vector<double> all = times_.at(stage);
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
  }

 private:
  std::vector<std::string> order_;
  std::map<std::string, std::vector<double>> times_;
};

/// accumulate_dual, with the time of each of its matrices.
DualMoments dual_moments_of(SamplesInMemory& samples, const std::vector<Pretext>& pretexts, const Device& device,
                            Stages& stages) {
  using Clock = std::chrono::steady_clock;
  auto start = Clock::now();
  std::string at = "dual moments: samples";
  const auto turn = [&](const std::string& next) {
    if (next == at) return;
    stages.add(at, std::chrono::duration<double>(Clock::now() - start).count());
    start = Clock::now();
    at = next;
  };
  DualMoments moments = accumulate_dual(samples, pretexts, device, [&](const ProgressEvent& event) {
    if (event.unit == "matrices")
      turn(event.done == 0 ? "dual moments: products"
                           : fmt::format("dual moments: whitened, structure {} of {}", event.done, event.total - 1));
    return true;
  });
  turn("");
  return moments;
}

SweepResult run_once(const Samples& samples, const std::vector<Pretext>& pretexts, MomentsForm form,
                     const Device& device, Stages& stages) {
  SweepResult result;
  SamplesInMemory set(samples);
  const auto measured = [&](const auto& accumulated) {
    const auto start = std::chrono::steady_clock::now();
    const auto moments = accumulated();
    stages.add("moments", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    stages.add("sweep", seconds([&] { result = sweep(moments, pretexts, device); }));
  };
  const double all = seconds([&] {
    if (form == MomentsForm::dual)
      measured([&] { return dual_moments_of(set, pretexts, device, stages); });
    else
      measured([&] { return moments_of(set, device); });
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
                                  MomentsForm form, const SweepResult& result, const std::string& reference) {
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
    const double time = seconds([&] { truth = run_once(samples, pretexts, form, cpu, stages); });
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

/// As many bare eigenproblems of that order as there are curves, one after another: the least that a program of them
/// takes without ours.
void time_bare(Report& report, std::int64_t n, std::size_t curves, int runs, double figure) {
  const std::vector<double> matrix = graded_matrix(n, 8, 100);
  Batch64 batch(n, 1);
  Solvers solvers(1);
  std::vector<double> times;
  for (int run = 0; run <= runs; ++run) {
    batch.a.upload(matrix);
    const double time = seconds([&] { solvers.syevd(batch, 1); });
    if (run > 0) times.push_back(time * static_cast<double>(curves));
  }
  Solvers::require_converged(batch);
  std::sort(times.begin(), times.end());
  const Timing timing{times[times.size() / 2], times.front(), runs};
  report.begin("Bare eigenproblems in the same process");
  report.add({fmt::format("{} cusolverDnXsyevd of order {}, in turn (one, times {})", curves, n, curves), timing, 0, 0,
              0, "", fmt::format("{:.2f} times as long as the figure", timing.median / figure)});
}

MomentsForm form_of(const std::string& text) {
  if (text == "dual") return MomentsForm::dual;
  if (text == "primal") return MomentsForm::primal;
  throw Error(ErrorCode::usage, fmt::format("--form {}: expected primal or dual", text));
}

std::vector<Pretext> pretexts_of(const Arguments& arguments) {
  auto specifications = arguments.all("pretext");
  if (specifications.empty())
    for (const int patch : {1, 2, 4}) specifications.push_back(fmt::format("mask:patch={},ratio=0:0.99:10", patch));
  std::vector<Pretext> pretexts;
  for (const std::string& text : specifications)
    for (const Pretext& pretext : parse_pretext(text)) pretexts.push_back(pretext);
  return pretexts;
}

/// The later runs, if there is time for any.
void repeat(Stages& stages, const Arguments& arguments, const std::function<void(Stages&)>& once) {
  const auto limit = static_cast<double>(arguments.number("limit", 120));
  double spent = 0;
  for (int i = 0; i < arguments.number("runs", 3) && spent < limit; ++i) spent += seconds([&] { once(stages); });
}

int run(int argc, char** argv) {
  const Arguments arguments(
      argc, argv,
      {"data", "count", "pretext", "form", "device", "runs", "limit", "bare", "reference", "curves", "json"});
  Report report("bench_device_figure", arguments.text("json", ""));
  const MomentsForm form = form_of(arguments.text("form", "primal"));
  const std::vector<Pretext> pretexts = pretexts_of(arguments);
  const Samples samples = read_samples(arguments.text("data", ""), arguments.number("count", 0));
  std::optional<Device> device;
  const double opening = seconds([&] { device.emplace(DeviceOptions{.name = arguments.text("device", "cuda")}); });
  for (const auto& [key, value] : device->describe()) report.note(key, value);
  Stages first, steady;
  const SweepResult result = run_once(samples, pretexts, form, *device, first);
  if (const std::string path = arguments.text("curves", ""); !path.empty()) write_json(result, path);
  const auto checked = verify(report, samples, pretexts, form, result, arguments.text("reference", ""));
  if (!checked) return report.status();
  report.begin(fmt::format("{} curves of {} × {} bytes ({}), {}data in host memory, moments included", pretexts.size(),
                           samples.info.count, samples.info.shape.size(), samples.info.name,
                           form == MomentsForm::dual ? "dual form, " : ""));
  report.add({"opening the device", {opening, opening, 1}, 0, 0, 0, "", ""});
  repeat(steady, arguments, [&](Stages& stages) { run_once(samples, pretexts, form, *device, stages); });
  report.begin("First run of the process");
  first.add_to(report, *checked);
  report.begin("Later runs");
  steady.add_to(report, *checked);
  const auto bare = static_cast<int>(arguments.number("bare", 3));
  if (device->name() == "cuda" && bare > 0) {
    device.reset();  // and with it the memory that it keeps
    const std::int64_t order = form == MomentsForm::dual ? samples.info.count : samples.info.shape.size();
    time_bare(report, order, pretexts.size(), bare, (steady.empty() ? first : steady).median("all"));
  }
  return report.status();
}

}  // namespace

int main(int argc, char** argv) { return main_of("bench_device_figure", usage, run, argc, argv); }
