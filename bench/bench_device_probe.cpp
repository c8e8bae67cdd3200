// SPDX-License-Identifier: Apache-2.0
// Test accuracy at every K on a device, from bytes in host memory to counts, stage by stage: what a probe does with
// one pretext and one pass over a test set. Compared with the CPU's counts first. --help says how to call it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <vector>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "data/atomic_file.hpp"
#include "data/npy_format.hpp"
#include "device/ceilings.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "sweep/test_panels.hpp"

namespace {

using namespace eigenlens;
using namespace eigenlens::bench;

/// What --help prints.
constexpr char usage[] =
    R"(bench_device_probe [--samples N] [--features R] [--classes C] [--device NAME] [--runs R] [--limit SECONDS]
                   [--problem FOLDER] [--json FILE]

A linear classifier on the first K features of test samples, for every K: bytes centred, projected by an encoder, and
counted. Samples, encoder and targets are random. Counts and squared errors are compared with those of the CPU.

  --samples N        test samples (default 10000)
  --features R       and inputs: the encoder is square (default 3072)
  --classes C        default 100
  --device NAME      default cuda
  --runs R           timed runs of every stage, after one that warms up (default 5)
  --limit SECONDS    no run of a stage starts after so long (default 20)
  --problem FOLDER   writes all of it there as .npy, with our counts, with which peers compare theirs
  --json FILE        writes the numbers there, too

Exit status: 0 if all is verified, 1 if something is not, else the code of the error (2: wrong options, 7: no device).
)";

struct Problem {
  std::int64_t samples, features, classes;
  std::vector<std::uint8_t> values;  ///< features × samples
  std::vector<std::int32_t> labels;
  SampleCentre centre;
  DenseF64 encoder;  ///< features × features
  DenseF64 targets;  ///< features × classes
  std::vector<double> prior;
};

DenseF64 random_matrix(std::int64_t rows, std::int64_t cols, double size, std::mt19937_64& engine) {
  DenseF64 a(rows, cols);
  std::normal_distribution<double> normal(0, size);
  for (std::int64_t i = 0; i < a.size(); ++i) a.data()[i] = normal(engine);
  return a;
}

Problem make_problem(std::int64_t samples, std::int64_t features, std::int64_t classes) {
  if (samples < 1 || features < 1 || classes < 1)
    throw Error(ErrorCode::usage, "samples, features, classes: at least 1");
  std::mt19937_64 engine(1);
  const double unit = 1 / std::sqrt(static_cast<double>(features));
  Problem p{samples, features, classes, {}, {}, {}, {}, {}, {}};
  for (const std::int8_t byte : random_bytes(samples * features, 7))
    p.values.push_back(static_cast<std::uint8_t>(byte));
  for (std::int64_t n = 0; n < samples; ++n) p.labels.push_back(static_cast<std::int32_t>(n * 7919 % classes));
  p.centre.shift.assign(at(features), 0);
  std::uniform_real_distribution<double> mean(120, 135);
  for (std::int64_t i = 0; i < features; ++i) p.centre.mean.push_back(mean(engine));
  p.centre.scale.assign(at(features), 1 / 74.0);
  p.encoder = random_matrix(features, features, unit, engine);
  p.targets = random_matrix(features, classes, unit, engine);
  p.prior.assign(at(classes), 1 / static_cast<double>(classes));
  return p;
}

/// The same on a backend, with room for a panel, as a probe has it (src/sweep/probe.cpp).
class Probe {
 public:
  Probe(const Problem& problem, Backend& backend)
      : problem_(problem),
        backend_(backend),
        width_(panel_width(problem.features)),
        encoder_(uploaded(backend, problem.encoder)),
        targets_(uploaded(backend, problem.targets)),
        inputs_(backend.allocate(problem.features, width_)),
        features_(backend.allocate(problem.features, width_)) {}

  enum class Stage { centre, project, count, all };

  /// One pass of a stage over all panels; of `all`, the sums.
  ProbeSums run(Stage stage) {
    const std::size_t r = at(problem_.features);
    ProbeSums sums{std::vector<std::int64_t>(r), std::vector<std::int64_t>(r), std::vector<double>(r),
                   std::vector<double>(r)};
    const bool all = stage == Stage::all;
    for (std::int64_t first = 0; first < problem_.samples; first += width_) {
      const std::int64_t count = std::min(width_, problem_.samples - first);
      if (all || stage == Stage::centre)
        backend_.centred_samples({ScalarType::uint8, count, problem_.features, first,
                                  problem_.values.data() + first * problem_.features, nullptr},
                                 problem_.centre, inputs_);
      if (all || stage == Stage::project)
        multiply_single(backend_, Op::none, Op::none, encoder_, inputs_, 0, features_);
      if (all || stage == Stage::count)
        backend_.probe_counts(single(features_), single(targets_), problem_.prior,
                              std::span(problem_.labels).subspan(at(first), at(count)), std::span(&sums, 1));
    }
    double last = 0;
    backend_.download(features_.reshaped(1, 1), &last);  // all that was queued is done
    return sums;
  }

 private:
  const Problem& problem_;
  Backend& backend_;
  std::int64_t width_;
  Matrix encoder_, targets_, inputs_, features_;
};

/// "counts 0 off at most, squared errors 1e-15", or an error that says so.
std::string compare(const ProbeSums& ours, const ProbeSums& truth) {
  std::int64_t off = 0;
  double relative = 0;
  for (std::size_t k = 0; k < truth.top1.size(); ++k) {
    off = std::max({off, std::abs(ours.top1[k] - truth.top1[k]), std::abs(ours.top5[k] - truth.top5[k])});
    relative = std::max({relative, std::abs(ours.squared_error[k] / truth.squared_error[k] - 1),
                         std::abs(ours.squared_error_squared[k] / truth.squared_error_squared[k] - 1)});
  }
  const auto text = fmt::format("counts {} from the CPU's at most, squared errors {:.1e}", off, relative);
  // Features are rounded differently: two logits of a sample that are equal to rounding may change places.
  if (off > 2 || !(relative < 1e-10)) throw Error(ErrorCode::numerical, text);
  return text;
}

template <class Value>
void write_array(const std::string& folder, const char* name, const char* type, const std::vector<std::int64_t>& shape,
                 const Value* values) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  AtomicFile file(folder + "/" + name + ".npy");
  file.write(compose_npy_header(type, shape));
  file.write(values, at(count) * sizeof(Value));
  file.commit();
}

/// Columns of ours are rows of NumPy's.
void write_problem(const Problem& p, const ProbeSums& sums, const std::string& folder) {
  std::filesystem::create_directories(folder);
  const std::int64_t n = p.samples, r = p.features, c = p.classes;
  write_array(folder, "images", "|u1", {n, r}, p.values.data());
  write_array(folder, "labels", "<i4", {n}, p.labels.data());
  write_array(folder, "mean", "<f8", {r}, p.centre.mean.data());
  write_array(folder, "scale", "<f8", {r}, p.centre.scale.data());
  write_array(folder, "encoder_transposed", "<f8", {r, r}, p.encoder.data());
  write_array(folder, "targets_transposed", "<f8", {c, r}, p.targets.data());
  write_array(folder, "prior", "<f8", {c}, p.prior.data());
  write_array(folder, "top1", "<i8", {r}, sums.top1.data());
  write_array(folder, "top5", "<i8", {r}, sums.top5.data());
  write_array(folder, "squared_error", "<f8", {r}, sums.squared_error.data());
  write_array(folder, "squared_error_squared", "<f8", {r}, sums.squared_error_squared.data());
}

int run(int argc, char** argv) {
  const Arguments arguments(argc, argv,
                            {"samples", "features", "classes", "device", "runs", "limit", "problem", "json"});
  Report report("bench_device_probe", arguments.text("json", ""));
  const Device device({.name = arguments.text("device", "cuda")}), cpu({.name = "cpu"});
  for (const auto& [key, value] : device.describe()) report.note(key, value);
  const Problem problem = make_problem(arguments.number("samples", 10'000), arguments.number("features", 3072),
                                       arguments.number("classes", 100));
  Ceilings ceilings;
  if (device.name() == "cuda") ceilings = measure_ceilings(report);
  Probe probe(problem, device.backend());
  const ProbeSums sums = probe.run(Probe::Stage::all);
  const std::string verified = compare(sums, Probe(problem, cpu.backend()).run(Probe::Stage::all));
  if (const std::string folder = arguments.text("problem", ""); !folder.empty()) write_problem(problem, sums, folder);
  const auto n = static_cast<double>(problem.samples), r = static_cast<double>(problem.features),
             c = static_cast<double>(problem.classes);
  const auto floor = [](double amount, double ceiling) { return ceiling > 0 ? amount / ceiling : 0; };
  const double copy = floor(n * r, ceilings.to_device), project = floor(2 * n * r * r, ceilings.gemm_f64),
               count = floor(4 * n * r * c, ceilings.gemm_f64);
  report.begin(fmt::format("Probe at every K: {} samples of bytes, {} features, {} classes", problem.samples,
                           problem.features, problem.classes));
  const auto add = [&](const char* what, Probe::Stage stage, double operations, double bytes, double least) {
    const Timing time = measure(static_cast<int>(arguments.number("runs", 5)),
                                static_cast<double>(arguments.number("limit", 20)), [&] { probe.run(stage); });
    report.add({what, time, operations, bytes, least, stage == Probe::Stage::all ? verified : "", ""});
  };
  add("samples centred", Probe::Stage::centre, 0, n * r, copy);
  add("projection", Probe::Stage::project, 2 * n * r * r, 0, project);
  add("counts, all K", Probe::Stage::count, 4 * n * r * c, 0, count);
  add("all", Probe::Stage::all, 2 * n * r * r + 4 * n * r * c, n * r, std::max(copy, project + count));
  return report.status();
}

}  // namespace

int main(int argc, char** argv) { return main_of("bench_device_probe", usage, run, argc, argv); }
