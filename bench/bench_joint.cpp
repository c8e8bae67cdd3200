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
#include <ctime>
#include <random>
#include <vector>

#include "eigenlens/device.hpp"
#include "eigenlens/error.hpp"
#include "solve/dense_update.hpp"
#include "solve/joint.hpp"

using namespace eigenlens;

namespace {

/// Of the clock on the wall, and of all cores together: the second hardly depends on what else a machine does.
struct Seconds {
  double wall = 0;
  double cores = 0;
};

class Watch {
 public:
  [[nodiscard]] Seconds seconds() const {
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    return {wall, static_cast<double>(std::clock() - cores_) / CLOCKS_PER_SEC};
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::clock_t cores_ = std::clock();
};

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
  const Watch preparing;
  JointProblem problem(device.backend(), joint.spectrum, joint.f, JointMethod::secular);
  const Seconds prepared = preparing.seconds();
  const Watch solving;
  std::vector<JointBasis> path;
  for (const double lambda : lambdas) path.push_back(problem.solve(lambda, Eigenvectors::none));
  const Seconds secular = solving.seconds();
  double residual = 0, orthogonality = 0, apart = 0;
  for (const JointBasis& basis : path) {
    residual = std::max(residual, basis.residual);
    orthogonality = std::max(orthogonality, basis.orthogonality);
  }
  Seconds dense;
  for (std::int64_t i = 0; i < compared; ++i) {
    const auto which = static_cast<std::size_t>((2 * i + 1) * count / (2 * compared));
    const Watch one;
    const JointBasis basis =
        solve_dense_update(device.backend(), joint.spectrum, joint.f, lambdas[which], Eigenvectors::none);
    dense.wall += one.seconds().wall / static_cast<double>(compared);
    dense.cores += one.seconds().cores / static_cast<double>(compared);
    apart = std::max(apart, distance(path[which], basis));
  }
  const auto n = static_cast<double>(count);
  fmt::print("D = {}, C = {}, {} weights on {} threads; seconds (of all cores together)\n", d, c, count,
             device.threads());
  fmt::print("  prepared once {:.3f} ({:.3f}), a weight {:.4f} ({:.4f}), the path {:.2f} ({:.2f})\n", prepared.wall,
             prepared.cores, secular.wall / n, secular.cores / n, prepared.wall + secular.wall,
             prepared.cores + secular.cores);
  fmt::print("  dense: a weight {:.3f} ({:.3f}), the path would take {:.1f} ({:.1f}): {:.1f} times ({:.1f} times)\n",
             dense.wall, dense.cores, n * dense.wall, n * dense.cores, n * dense.wall / (prepared.wall + secular.wall),
             n * dense.cores / (prepared.cores + secular.cores));
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
