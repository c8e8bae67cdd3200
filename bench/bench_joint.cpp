// SPDX-License-Identifier: Apache-2.0
// A path over λ of the joint objective: diagonal plus rank C against one dense eigenproblem a λ.
//
//   bench_joint [D] [C] [LAMBDAS] [DENSE]
//
// The spectrum falls over ten decades and the targets with it, as those of images do. Every λ of the path is verified
// (residual and orthogonality), and DENSE of them are solved densely by the CPU's eigensolver and compared.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

#include "eigenlens/device.hpp"
#include "eigenlens/error.hpp"
#include "solve/dense_update.hpp"
#include "solve/joint.hpp"

using namespace eigenlens;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Joint {
  std::vector<double> spectrum;
  DenseF64 f;
};

Joint example(std::int64_t d, std::int64_t c) {
  Joint joint{{}, DenseF64(c, d)};
  std::mt19937_64 engine(7);
  std::normal_distribution<double> normal;
  for (std::int64_t k = 0; k < d; ++k) {
    const double along = static_cast<double>(k) / static_cast<double>(d);
    joint.spectrum.push_back(1e7 * std::pow(10, -10 * std::sqrt(along)) * (1 + 0.02 * normal(engine)));
  }
  std::sort(joint.spectrum.rbegin(), joint.spectrum.rend());
  for (std::int64_t k = 0; k < d; ++k) {
    double mean = 0;
    for (std::int64_t i = 0; i < c; ++i)
      mean += (joint.f(i, k) = 30 * normal(engine) / std::sqrt(1 + static_cast<double>(k))) / static_cast<double>(c);
    for (std::int64_t i = 0; i < c && c > 1; ++i) joint.f(i, k) -= mean;  // one-hot targets, centred: rank C − 1
  }
  return joint;
}

/// Largest difference of both sums over K, as shares.
double distance(const JointBasis& a, const JointBasis& b) {
  double worst = 0, targets = 0, inputs = 0, all_targets = 0, all_inputs = 0;
  for (const double energy : b.inputs) all_inputs += energy;
  for (std::int64_t i = 0; i < b.targets.size(); ++i) all_targets += b.targets.data()[i] * b.targets.data()[i];
  for (std::int64_t k = 0; k < b.targets.rows(); ++k) {
    for (std::int64_t c = 0; c < b.targets.cols(); ++c)
      targets += a.targets(k, c) * a.targets(k, c) - b.targets(k, c) * b.targets(k, c);
    inputs += a.inputs[static_cast<std::size_t>(k)] - b.inputs[static_cast<std::size_t>(k)];
    worst = std::max({worst, std::fabs(targets) / all_targets, std::fabs(inputs) / all_inputs});
  }
  return worst;
}

std::int64_t argument(int argc, char** argv, int index, std::int64_t otherwise) {
  return argc > index ? std::atoll(argv[index]) : otherwise;
}

void run(std::int64_t d, std::int64_t c, std::int64_t count, std::int64_t compared) {
  const Joint joint = example(d, c);
  const Device device({.name = "cpu"});
  std::vector<double> lambdas;
  for (std::int64_t i = 0; i < count; ++i)
    lambdas.push_back(
        std::pow(10, -6 + 8 * static_cast<double>(i) / static_cast<double>(std::max<std::int64_t>(count - 1, 1))));
  auto start = Clock::now();
  JointProblem problem(device.backend(), joint.spectrum, joint.f, JointMethod::secular);
  const double prepared = seconds_since(start);
  start = Clock::now();
  std::vector<JointBasis> path;
  for (const double lambda : lambdas) path.push_back(problem.solve(lambda, Eigenvectors::none));
  const double secular = seconds_since(start);
  double residual = 0, orthogonality = 0, apart = 0, dense = 0;
  for (const JointBasis& basis : path) {
    residual = std::max(residual, basis.residual);
    orthogonality = std::max(orthogonality, basis.orthogonality);
  }
  for (std::int64_t i = 0; i < compared; ++i) {
    const auto which = static_cast<std::size_t>((2 * i + 1) * count / (2 * compared));
    start = Clock::now();
    const JointBasis basis =
        solve_dense_update(device.backend(), joint.spectrum, joint.f, lambdas[which], Eigenvectors::none);
    dense += seconds_since(start);
    apart = std::max(apart, distance(path[which], basis));
  }
  const double one = secular / static_cast<double>(count), one_dense = dense / static_cast<double>(compared);
  fmt::print("D = {}, C = {}, {} weights on {} threads\n", d, c, count, device.threads());
  fmt::print("  prepared once {:.3f} s; a weight {:.4f} s, the path {:.2f} s\n", prepared, one, prepared + secular);
  fmt::print("  dense: a weight {:.3f} s, the path would take {:.1f} s: {:.1f} times as long\n", one_dense,
             one_dense * static_cast<double>(count), one_dense * static_cast<double>(count) / (prepared + secular));
  fmt::print("  largest residual {:.1e}, orthogonality {:.1e}, sums over K apart from the dense ones by {:.1e}\n",
             residual, orthogonality, apart);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argument(argc, argv, 1, 784), argument(argc, argv, 2, 10), argument(argc, argv, 3, 50),
        argument(argc, argv, 4, 3));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_joint: {}\n", error.what());
    return 1;
  }
}
