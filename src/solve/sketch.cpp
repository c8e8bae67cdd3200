// SPDX-License-Identifier: Apache-2.0
#include "solve/sketch.hpp"

#include "backend/single.hpp"

namespace eigenlens {

void apply_basis(Problem& p, const Family& family, const Weights& w, std::span<const Matrix> z, Sketch& sketch) {
  const std::int64_t rank = family.rank();
  std::vector<Matrix> probes = sketch.each(sketch.from(rank));
  if (z.empty()) {
    p.backend.scale_rows(single(family.probe), w, probes);
  } else {
    p.backend.multiply(Op::none, Op::none, z, single(family.probe), 0, probes);
    p.backend.scale_rows(probes, w, probes);
  }
  Matrix turned = sketch.to(family.u.rows());
  multiply_single(p.backend, Op::none, Op::none, family.u, sketch.from(rank), 0, turned);
  sketch.turn();
  if (!family.blocks) return;
  Matrix inputs = sketch.to(p.order());
  p.backend.block_apply(BlockOp::solve_transposed, *family.blocks, turned, inputs);
  sketch.turn();
}

void apply_second_moment(Problem& p, const Matrix& g, std::span<const std::int32_t> groups,
                         std::span<const Strength> strengths, Sketch& sketch) {
  const std::int64_t d = g.rows();
  std::vector<Matrix> s;
  for (std::size_t l = 0; l < strengths.size(); ++l) {
    s.push_back(p.workspace.scratch[l].reshaped(d, d));
    p.backend.masked_gram(g, groups, strengths[l].a, strengths[l].b, s[l]);
  }
  std::vector<Matrix> products = sketch.each(sketch.to(d));
  p.backend.multiply(Op::none, Op::none, s, sketch.each(sketch.from(d)), 0, products);
  sketch.turn();
}

void apply_transposed_basis(Problem& p, const Family& family, const Weights& w, std::span<const Matrix> z,
                            Sketch& sketch) {
  const std::int64_t rank = family.rank();
  if (family.blocks) {
    Matrix whitened = sketch.to(family.u.rows());
    p.backend.block_apply(BlockOp::solve, *family.blocks, sketch.from(p.order()), whitened);
    sketch.turn();
  }
  Matrix turned = sketch.to(rank);
  std::vector<Matrix> lanes = sketch.each(turned);
  if (z.empty()) {  // diag(w)(Uᵀy − diag(w)⁻¹ probe)
    Weights inverse = w;
    for (std::vector<double>& lane : inverse)
      for (double& value : lane) value = 1 / value;
    p.backend.scale_rows(single(family.probe), inverse, lanes);
    multiply_single(p.backend, Op::transpose, Op::none, family.u, sketch.from(family.u.rows()), -1, turned);
    p.backend.scale_rows(lanes, w, lanes);
    sketch.turn();
    return;
  }
  multiply_single(p.backend, Op::transpose, Op::none, family.u, sketch.from(family.u.rows()), 0, turned);
  p.backend.scale_rows(lanes, w, lanes);
  sketch.turn();
  std::vector<Matrix> differences = sketch.each(sketch.to(rank));
  p.backend.scale_rows(single(family.probe), Weights(w.size()), differences);
  p.backend.multiply(Op::transpose, Op::none, z, lanes, -1, differences);
  sketch.turn();
}

std::vector<double> squared_norms(Problem& p, const std::vector<Matrix>& x) {
  Weights energies(x.size());
  p.backend.cumulative_energy(x, Part::full, Weights(x.size()), energies);
  std::vector<double> norms;
  for (const std::vector<double>& energy : energies) norms.push_back(energy.back());
  return norms;
}

}  // namespace eigenlens
