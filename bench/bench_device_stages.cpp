// SPDX-License-Identifier: Apache-2.0
// Every stage's share of its floor: the 30-curve figure and a probe, verb by verb, each waited for, beside the same
// without waiting; ceilings of the same process. --help says how to call it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "device/gram_parts.hpp"
#include "device/random_images.hpp"
#include "device/timed_backend.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/probe.hpp"
#include "eigenlens/sweep.hpp"

namespace {

using namespace eigenlens;
using namespace eigenlens::bench;

/// What --help prints.
constexpr char usage[] =
    R"(bench_device_stages [--figure NxCxHxW]... [--data PATH]... [--probe NxTxCLASSESxCxHxW]... [--runs R]
                    [--ceiling-order N] [--json FILE]

What every stage takes, and the share of its floor: operations and bytes at the ceilings that this process measures.
Once with every verb waited for, so that each has its own time, and as users call it, so that the difference shows what
overlaps. The results of both must have the same bits.

  --figure NxCxHxW   the 30-curve masking figure (patches 1, 2 and 4, ten ratios each) of N random images
  --data PATH        the same of a data set of bytes
  --probe NxTxCLASSESxCxHxW
                     a probe at every K: N random images, T test images; reconstruct and mask:patch=4,ratio=0.75
                     (default of all three: figures 60000x1x28x28 and 50000x3x32x32, probe 50000x10000x100x3x32x32)
  --runs R           timed calls without waiting (default 3)
  --ceiling-order N  of the products that measure the ceilings (default 8192)
  --json FILE        writes the numbers there, too

Exit status: 0 if all is verified, 1 if something is not, else the code of the error (2: wrong options, 7: no device).
)";

/// Calls of one kind, added up.
struct Sum {
  std::int64_t calls = 0;
  double seconds = 0;
  double floor = 0;
  Cost cost;
};

/// In the order in which they came.
class Sums {
 public:
  explicit Sums(const Ceilings& ceilings) : ceilings_(ceilings) {}
  void add(const std::string& what, const Call& call) {
    if (sums_.find(what) == sums_.end()) order_.push_back(what);
    Sum& sum = sums_[what];
    ++sum.calls;
    sum.seconds += call.seconds;
    sum.floor += floor_of(call.cost, ceilings_);
    sum.cost += call.cost;
  }
  /// The `most` that take longest, in their order.
  void report(Report& report, std::size_t most) const {
    std::vector<double> times;
    for (const std::string& what : order_) times.push_back(sums_.at(what).seconds);
    std::sort(times.rbegin(), times.rend());
    const double least = times.size() > most ? times[most - 1] : 0;
    for (const std::string& what : order_) {
      const Sum& sum = sums_.at(what);
      if (sum.seconds < least) continue;
      const double bytes = sum.cost.bytes + sum.cost.in_turn + sum.cost.copied;
      report.add({what,
                  {sum.seconds, sum.seconds, 1},
                  sum.cost.flops + sum.cost.integers,
                  bytes,
                  sum.floor,
                  "",
                  fmt::format("{} calls", sum.calls)});
    }
  }

 private:
  const Ceilings& ceilings_;
  std::vector<std::string> order_;
  std::map<std::string, Sum> sums_;
};

/// Which step of the flow each call belongs to, from their order: src/solve/family.cpp and src/solve/strengths.cpp.
/// A family begins with factor_blocks and ends with the congruence that makes E; each later congruence begins a turn of
/// strengths, and if a turn has two eigh, the second and what leads to it and from it is the refined tail.
std::vector<std::string> steps_of(const std::vector<Call>& calls) {
  enum class At { moments, principal, family, strengths, probe };
  std::vector<std::string> steps;
  At at = At::moments;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const std::string& verb = calls[i].verb;
    const bool moments = verb.starts_with("moments");
    if (!moments && at == At::moments) at = At::principal;
    if (verb == "factor_blocks") at = At::family;
    const bool turn = verb == "congruence" && at == At::strengths;
    if (turn) {
      // Where the eigensolvers of this turn are.
      std::vector<std::size_t> solvers;
      std::size_t end = i + 1;
      for (; end < calls.size() && calls[end].verb != "congruence" && calls[end].verb != "factor_blocks" &&
             calls[end].verb != "upload" && calls[end].verb != "centred_samples";
           ++end)
        if (calls[end].verb == "eigh") solvers.push_back(end);
      for (; i < end; ++i) {
        const bool tail = solvers.size() > 1 && i > solvers[0] && i <= solvers[1] + 2;
        steps.emplace_back(tail ? "refined tails" : "strengths");
      }
      --i;
      continue;
    }
    // A probe reads its test set when the bases are there.
    if ((verb == "upload" || verb == "centred_samples") && at == At::strengths) at = At::probe;
    steps.emplace_back(at == At::moments || moments ? "moments"
                       : at == At::principal        ? "set-up and principal components"
                       : at == At::family           ? "families"
                       : at == At::probe            ? "probe"
                                                    : "strengths");
    if (verb == "congruence" && at == At::family) at = At::strengths;
  }
  return steps;
}

/// The stages of the flow, coarser than verbs.
std::string stage_of(const std::string& step, const std::string& verb) {
  if (step == "moments" || step == "probe" || step == "refined tails") return step;
  if (verb == "eigh" || verb == "svd") return step == "strengths" ? "eigenproblems" : step + ": eigenproblems";
  if (step != "strengths") return step + ": the rest";
  if (verb == "cholesky") return "Cholesky factors";
  if (verb.starts_with("triangular")) return "triangular solves and inverses";
  if (verb == "normalize_columns" || verb == "gram") return "curves: basis normalised, its Gram matrix";
  if (verb == "cumulative_energy") return "curves: sums over K";
  if (verb == "congruence") return "matrices of the eigenproblems";
  return "projections of the right-hand sides, and checks";
}

void report_calls(Report& report, const std::string& of, const std::vector<Call>& calls, double whole,
                  double overlapped, const Ceilings& ceilings) {
  const std::vector<std::string> steps = steps_of(calls);
  Sums by_stage(ceilings), by_step(ceilings), by_shape(ceilings);
  double all = 0, least = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    by_stage.add(stage_of(steps[i], calls[i].verb), calls[i]);
    by_step.add(steps[i] + ": " + calls[i].verb, calls[i]);
    by_shape.add(fmt::format("{}: {} of {}", steps[i], calls[i].verb, calls[i].shape), calls[i]);
    all += calls[i].seconds;
    least += floor_of(calls[i].cost, ceilings);
  }
  report.begin(of + ", stage by stage, every verb waited for");
  by_stage.report(report, 60);
  report.begin(of + ", verb by verb");
  by_step.report(report, 60);
  report.begin(of + ", the shapes that take longest");
  by_shape.report(report, 25);
  report.begin(of + ", together");
  const auto row = [&](const char* what, double time, const std::string& note) {
    report.add({what, {time, time, 1}, 0, 0, least, "same bits", note});
  };
  row("the verbs, one after another", all, "");
  row("the same with what the host does between them", whole,
      fmt::format("{:.1f} ms of the host", 1e3 * (whole - all)));
  row("as users call it", overlapped, fmt::format("{:.2f} of the verbs' sum", overlapped / all));
}

/// Times `work` on the device as it is, then verb by verb; `work` gives the curves.
void run_case(Report& report, const std::string& of, const Device& device, const Ceilings& ceilings, int runs,
              const std::function<SweepResult(const Device&)>& work) {
  SweepResult plain = work(device);
  const Timing overlapped = measure(runs, 60, [&] { plain = work(device); });
  const auto backend =
      std::make_shared<TimedBackend>(std::shared_ptr<Backend>(std::shared_ptr<void>(), &device.backend()));
  const Device timed(backend, DeviceChoice::forced, "every verb is timed");
  SweepResult waited;
  const double whole = seconds([&] { waited = work(timed); });
  for (std::size_t c = 0; c < plain.curves.size(); ++c)
    if (plain.curves[c].alignment != waited.curves[c].alignment ||
        (plain.curves[c].probe && plain.curves[c].probe->top1 != waited.curves[c].probe->top1)) {
      report.fail(of, fmt::format("curve {} differs between two runs on the same device: no times", c));
      return;
    }
  report_calls(report, of, backend->calls(), whole, overlapped.median, ceilings);
}

Moments moments_of(const Samples& samples, const Device& device) {
  SamplesInMemory set(samples);
  MomentsAccumulator accumulator(device, samples.info);
  while (const auto batch = set.next()) accumulator.add(*batch);
  return accumulator.finish();
}

std::vector<Pretext> figure_pretexts() {
  std::vector<Pretext> pretexts;
  for (const int patch : {1, 2, 4})
    for (const Pretext& pretext : parse_pretext(fmt::format("mask:patch={},ratio=0:0.99:10", patch)))
      pretexts.push_back(pretext);
  return pretexts;
}

void run_figure(Report& report, const Samples& samples, const Device& device, const Ceilings& ceilings, int runs) {
  report_gram_parts(report, samples, ceilings, 5);
  const std::vector<Pretext> pretexts = figure_pretexts();
  run_case(report, fmt::format("30 curves of {} × {} bytes", samples.info.count, samples.info.shape.size()), device,
           ceilings, runs, [&](const Device& on) { return sweep(moments_of(samples, on), pretexts, on); });
}

void run_probe(Report& report, const std::vector<std::int64_t>& size, const Device& device, const Ceilings& ceilings,
               int runs) {
  const ImageShape shape{size[3], size[4], size[5]};
  const Samples samples = random_images(size[0], shape, size[2], 21), test = random_images(size[1], shape, size[2], 22);
  const std::vector<Pretext> pretexts = {parse_pretext("reconstruct").front(),
                                         parse_pretext("mask:patch=4,ratio=0.75").front()};
  const Moments moments = moments_of(samples, device);
  run_case(report, fmt::format("Probe at all K, {} × {} test bytes, {} classes", size[1], shape.size(), size[2]),
           device, ceilings, runs, [&](const Device& on) {
             return probe(
                 moments, pretexts, [&] { return std::make_unique<SamplesInMemory>(test); }, on);
           });
}

/// "50000x3x32x32" as numbers, `count` of them.
std::vector<std::int64_t> numbers_of(const std::string& option, const std::string& text, std::size_t count) {
  std::vector<std::int64_t> numbers;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('x', start), text.size());
    numbers.push_back(std::atoll(text.substr(start, end - start).c_str()));
    start = end + 1;
  }
  if (numbers.size() != count || std::any_of(numbers.begin(), numbers.end(), [](std::int64_t n) { return n < 1; }))
    throw Error(ErrorCode::usage, fmt::format("--{} {}: expected {} numbers with x between", option, text, count));
  return numbers;
}

int run(int argc, char** argv) {
  const Arguments arguments(argc, argv, {"json", "figure", "data", "probe", "runs", "ceiling-order"});
  Report report("bench_device_stages", arguments.text("json", ""));
  auto figures = arguments.all("figure"), probes = arguments.all("probe");
  const auto data = arguments.all("data");
  if (figures.empty() && probes.empty() && data.empty()) {
    figures = {"60000x1x28x28", "50000x3x32x32"};
    probes = {"50000x10000x100x3x32x32"};
  }
  const auto runs = static_cast<int>(arguments.number("runs", 3));
  open_device(report);
  const Ceilings ceilings = measure_ceilings(report, arguments.number("ceiling-order", ceiling_order));
  const Device device({.name = "cuda"});
  for (const auto& [key, value] : device.describe()) report.note(key, value);
  const auto attempt = [&](const std::string& what, const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      report.fail(what, error.what());
    }
  };
  for (const std::string& path : data)
    attempt(path, [&] { run_figure(report, read_samples(path, 0), device, ceilings, runs); });
  for (const std::string& text : figures) {
    const std::vector<std::int64_t> size = numbers_of("figure", text, 4);
    attempt("figure " + text, [&] {
      run_figure(report, random_images(size[0], {size[1], size[2], size[3]}, 10, 20), device, ceilings, runs);
    });
  }
  for (const std::string& text : probes) {
    const std::vector<std::int64_t> size = numbers_of("probe", text, 6);
    attempt("probe " + text, [&] { run_probe(report, size, device, ceilings, runs); });
  }
  return report.status();
}

}  // namespace

int main(int argc, char** argv) { return main_of("bench_device_stages", usage, run, argc, argv); }
