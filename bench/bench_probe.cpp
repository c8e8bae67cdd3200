// SPDX-License-Identifier: Apache-2.0
// Test accuracy at every K: all at once against one solution a K.
//
//   bench_probe [SAMPLES FEATURES CLASSES] [RUNS]
//
// One thread, processor time, so that it can run on machines that others use.
// Features and targets are random; every K's counts and squared errors are verified at ten K against logits made anew
// by one product. Timed are the projection of the samples (dgemm), the walk over all K (probe_counts), and, as the
// peer, the logits of one K by dgemm with their largest found: what a solution a K costs at the least, its solving not
// counted.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <vector>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "eigenlens/device.hpp"
#include "host/index.hpp"

using namespace eigenlens;

namespace {

DenseF64 random_matrix(std::int64_t rows, std::int64_t cols, double size, std::mt19937_64& engine) {
  DenseF64 a(rows, cols);
  std::normal_distribution<double> normal(0, size);
  for (std::int64_t i = 0; i < a.size(); ++i) a.data()[i] = normal(engine);
  return a;
}

double median_seconds(int runs, const std::function<void()>& work) {
  work();
  std::vector<double> seconds;
  for (int r = 0; r < runs; ++r) {
    const std::clock_t start = std::clock();
    work();
    seconds.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

struct Sizes {
  std::int64_t samples, features, classes;
};

/// Correct predictions with K features, by one product.
std::int64_t correct_at(Backend& backend, const DenseF64& t, const DenseF64& f, const std::vector<std::int32_t>& labels,
                        std::int64_t k) {
  DenseF64 leading(k, t.cols()), features(k, f.cols());
  for (std::int64_t c = 0; c < t.cols(); ++c) std::copy_n(t.col(c), k, leading.col(c));
  for (std::int64_t n = 0; n < f.cols(); ++n) std::copy_n(f.col(n), k, features.col(n));
  Matrix logits = backend.allocate(t.cols(), f.cols());
  multiply_single(backend, Op::transpose, Op::none, uploaded(backend, leading), uploaded(backend, features), 0, logits);
  const DenseF64 host = downloaded(backend, logits);
  std::int64_t correct = 0;
  for (std::int64_t n = 0; n < f.cols(); ++n)
    correct += std::max_element(host.col(n), host.col(n) + host.rows()) - host.col(n) == labels[at(n)] ? 1 : 0;
  return correct;
}

void measure(const Sizes& s, int runs) {
  const Device device({.name = "cpu", .threads = 1});
  Backend& backend = device.backend();
  std::mt19937_64 engine(1);
  const DenseF64 t = random_matrix(s.features, s.classes, 1, engine);
  const Matrix encoder = uploaded(backend, random_matrix(s.features, s.features, 0.01, engine));
  const Matrix inputs = uploaded(backend, random_matrix(s.features, s.samples, 1, engine));
  const Matrix targets = uploaded(backend, t);
  Matrix features = backend.allocate(s.features, s.samples);
  std::vector<std::int32_t> labels;
  for (std::int64_t n = 0; n < s.samples; ++n) labels.push_back(static_cast<std::int32_t>(n % s.classes));
  const std::vector<double> prior(at(s.classes), 0);
  const std::size_t rank = at(s.features);
  ProbeSums sums;
  const double project =
      median_seconds(runs, [&] { multiply_single(backend, Op::none, Op::none, encoder, inputs, 0, features); });
  const double walk = median_seconds(runs, [&] {
    sums = {std::vector<std::int64_t>(rank), std::vector<std::int64_t>(rank), std::vector<double>(rank),
            std::vector<double>(rank)};
    backend.probe_counts(single(features), single(targets), prior, labels, std::span(&sums, 1));
  });
  const DenseF64 f = downloaded(backend, features);
  std::int64_t wrong = 0;
  for (std::int64_t i = 1; i <= 10; ++i) {
    const std::int64_t k = s.features * i / 10;
    wrong += std::abs(correct_at(backend, t, f, labels, k) - sums.top1[at(k - 1)]);
  }
  Matrix logits = backend.allocate(s.classes, s.samples);
  const double one =
      median_seconds(runs, [&] { multiply_single(backend, Op::transpose, Op::none, targets, features, 0, logits); });
  const double n = static_cast<double>(s.samples), r = static_cast<double>(s.features),
               c = static_cast<double>(s.classes);
  fmt::print("{} samples, {} features, {} classes: counts off by {} at ten K\n", s.samples, s.features, s.classes,
             wrong);
  fmt::print("  projection      {:8.3f} s  {:7.1f} Gflop/s\n", project, 2e-9 * n * r * r / project);
  fmt::print("  all K           {:8.3f} s  {:7.1f} Gflop/s (4 a sample, feature and class)\n", walk,
             4e-9 * n * r * c / walk);
  fmt::print("  logits, K = R   {:8.3f} s; half of it, times R: {:.1f} s, {:.0f} times all K\n", one, one * r / 2,
             one * r / 2 / walk);
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, std::int64_t standard) {
    return argc > i ? std::strtoll(argv[i], nullptr, 10) : standard;
  };
  const int runs = static_cast<int>(argument(4, 3));
  if (argc > 3) {
    measure({argument(1, 0), argument(2, 0), argument(3, 0)}, runs);
    return 0;
  }
  measure({10000, 784, 10}, runs);
  measure({10000, 3072, 10}, runs);
  measure({10000, 3072, 100}, runs);
}
