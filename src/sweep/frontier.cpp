// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/frontier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "moments/sample_mean.hpp"
#include "sweep/bases.hpp"
#include "sweep/perfect_alignment.hpp"

namespace eigenlens {
namespace {

std::vector<Pretext> joint_pretexts(const std::vector<double>& lambdas) {
  std::vector<Pretext> pretexts;
  for (const double lambda : lambdas) {
    Pretext pretext;
    pretext.kind = PretextKind::joint;
    pretext.lambda = lambda;
    pretexts.push_back(pretext);
  }
  return pretexts;
}

/// The leading rows of a matrix of R rows.
DenseF64 leading_rows(const DenseF64& all, std::int64_t k) {
  DenseF64 rows(k, all.cols());
  for (std::int64_t j = 0; j < all.cols(); ++j) std::copy_n(all.col(j), k, rows.col(j));
  return rows;
}

/// With E G Eᵀ = I the leading rows of E are Vᵀ, those of T = EM are W, and Z = VᵀG.
JointMaps maps_of(const BasisView& view, const Moments& moments, std::int64_t k) {
  Backend& backend = view.problem.backend;
  JointMaps maps;
  maps.lambda = view.pretext.lambda;
  const DenseF64 rows = leading_rows(downloaded(backend, view.basis.encoder), k);
  maps.encoder = DenseF64(rows.cols(), k);
  for (std::int64_t j = 0; j < k; ++j)
    for (std::int64_t i = 0; i < rows.cols(); ++i) maps.encoder(i, j) = rows(j, i);
  maps.classifier = leading_rows(downloaded(backend, view.basis.targets), k);
  Matrix decoder = backend.allocate(k, rows.cols());
  multiply_single(backend, Op::none, Op::none, uploaded(backend, rows), view.problem.g, 0, decoder);
  maps.decoder = downloaded(backend, decoder);
  maps.mean = sample_mean(moments);
  maps.std = view.problem.centring.global_std();
  for (const std::int64_t count : moments.class_counts)
    maps.frequency.push_back(static_cast<double>(count) / static_cast<double>(moments.count));
  return maps;
}

FrontierPoint point_of(const Curve& curve, double explained, const FrontierResult& facts) {
  FrontierPoint point;
  point.lambda = curve.pretext.lambda;
  point.alignment = curve.alignment;
  for (const double share : curve.alignment) point.supervised_loss.push_back(facts.target_norm() - share * explained);
  for (const double share : curve.reconstruction_refit) point.reconstruction_loss.push_back(share * facts.input_norm());
  point.checks = curve.checks;
  return point;
}

void require_maps(const FrontierOptions& options, std::int64_t dimension) {
  if (options.maps && (options.maps_k < 1 || options.maps_k > dimension))
    throw Error(ErrorCode::usage, fmt::format("maps of K = {} features: expected 1 to {}, the number of inputs",
                                              options.maps_k, dimension));
}

}  // namespace

std::vector<double> parse_lambdas(const std::vector<std::string>& texts) {
  std::vector<double> lambdas;
  for (const std::string& text : texts)
    for (const Pretext& pretext : parse_pretext("joint:lambda=" + text)) lambdas.push_back(pretext.lambda);
  return lambdas;
}

std::vector<double> frontier_lambdas(std::vector<double> lambdas) {
  for (const double lambda : lambdas)
    if (!(lambda >= 0))
      throw Error(ErrorCode::usage, fmt::format("lambda = {} is not a weight: expected 0 or more", lambda));
  lambdas.push_back(0);
  lambdas.push_back(std::numeric_limits<double>::infinity());
  std::sort(lambdas.begin(), lambdas.end());
  lambdas.erase(std::unique(lambdas.begin(), lambdas.end()), lambdas.end());
  return lambdas;
}

MemoryPlan plan_frontier(const ImageShape& shape, std::int64_t classes, std::size_t lambdas, Outcome outcome,
                         const Device& device) {
  return plan_sweep(shape, classes, joint_pretexts(std::vector<double>(lambdas, 1.0)), SolveMode::standard, device,
                    outcome);
}

FrontierResult frontier(const Moments& moments, const std::vector<double>& lambdas, const Device& device,
                        const FrontierOptions& options) {
  require_maps(options, moments.dimension());
  FrontierResult result;
  double explained = 0;
  const auto visit = [&](const BasisView& view) {
    explained = view.basis.explained.back();
    if (std::isinf(view.pretext.lambda))  // there T is Fᵀ, and μ is Λ
      result.perfect = perfect_alignment(view.basis.mu, downloaded(view.problem.backend, view.basis.targets));
    if (options.maps) options.maps(maps_of(view, moments, options.maps_k));
  };
  SweepOptions sweep;
  sweep.largest_k = options.maps ? std::max(options.largest_k, options.maps_k) : options.largest_k;
  sweep.progress = options.progress;
  const SweepResult swept = sweep_bases(moments, joint_pretexts(frontier_lambdas(lambdas)), device, sweep,
                                        options.maps ? Outcome::encoders : Outcome::curves, visit);
  static_cast<ResultFacts&>(result) = swept;
  for (const Curve& curve : swept.curves) result.points.push_back(point_of(curve, explained, result));
  return result;
}

}  // namespace eigenlens
