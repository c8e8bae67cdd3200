// SPDX-License-Identifier: Apache-2.0
/// \file
/// What all strengths of one noise structure share: one decomposition of (G, B) for every ρ (docs/math.md, section 4).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "eigenlens/sweep.hpp"
#include "solve/centre.hpp"

namespace eigenlens {

class Pencil;

/// Columns of the random sketch by which residual and orthogonality are estimated.
inline constexpr std::int64_t sketch_columns = 32;

/// Whether bases come with encoders, and whether the principal components stay.
inline bool encodes(Outcome outcome) {
  return outcome == Outcome::encoders || outcome == Outcome::probe || outcome == Outcome::autoencoders ||
         outcome == Outcome::rotations;
}
inline bool keeps_principal(Outcome outcome) { return outcome == Outcome::rotations || outcome == Outcome::structures; }

/// Room that is allocated once and used by every family; D × D where nothing else is said (in the dual form N stands
/// for D here). w = C + 4s, where encoders are wanted C + D + 4s.
struct Workspace {
  Matrix basis;                 ///< U of the family in hand
  Matrix kernel;                ///< E
  Matrix factor;                ///< Q, where strengths need it: in accurate mode, or to refine tails
  Matrix projected;             ///< D × w
  Matrix principal;             ///< where they are to stay: those of Problem::principal
  Matrix sketch[2];             ///< D × lanes·s: the checks
  std::vector<Matrix> scratch;  ///< one a lane
  std::vector<Matrix> vectors;  ///< one a lane
  std::vector<Matrix> tail;     ///< one a lane, where the eigensolver's tails have to be refined
  std::vector<Matrix> rows[2];  ///< one a lane, D × w
};

/// The data set as every family sees it. In the dual form (docs/math.md, (55)) K = XᵀX stands for G, samples for
/// inputs and Yᵀ for M: sizes that are D × … below are N × … then.
struct Problem {
  Backend& backend;
  const Centring& centring;
  SolveMode mode;
  Outcome outcome;
  Matrix g;        ///< D × D
  DenseF64 omega;  ///< D × s, standard normal, fixed seed
  Matrix right;    ///< D × w: [M, G²Ω, GΩ, BΩ, Ω], BΩ of the family in hand; for encoders [M, I, G²Ω, …]
  std::int64_t rank = 0;         ///< R, set by principal_family
  double largest = 0;            ///< λ₁, set by principal_family
  std::vector<double> spectrum;  ///< R: λ, set by principal_family
  Matrix principal;              ///< R × D: Λ^{1/2}Pᵀ, where the outcome keeps it; set by principal_family
  MomentsForm form = MomentsForm::primal;
  Matrix sample_components;  ///< N × R: eigenvectors of K, in the dual form
  Workspace workspace;

  /// Throws Error(usage) if D is beyond what the backend solves.
  Problem(Backend& backend, const Centring& centring, SolveMode mode, Outcome outcome, int lanes);
  /// The same of N, in the dual form.
  Problem(Backend& backend, const Centring& centring, const DualMoments& moments, SolveMode mode, Outcome outcome,
          int lanes);

  [[nodiscard]] std::int64_t dimension() const { return centring.dimension(); }
  /// The order of the problem: D, or in the dual form N.
  [[nodiscard]] std::int64_t order() const { return form == MomentsForm::dual ? centring.count() : dimension(); }
  [[nodiscard]] std::int64_t classes() const { return centring.classes(); }
  /// Columns of `right` that are orthonormalised: the targets M, and for encoders the inputs I (the samples, in the
  /// dual form).
  [[nodiscard]] std::int64_t orthonormalized() const { return classes() + (encodes(outcome) ? order() : 0); }
  /// Where an eigensolver promises no more than ελ₁, tails of spectra are refined (docs/math.md, (32)).
  [[nodiscard]] bool refines() const { return backend.eigh_accuracy() == Accuracy::absolute; }
};

/// G = QΘQᵀ and B = QQᵀ with Q = L_B U. Its matrices lie in the problem's workspace, until the next family.
struct Family {
  std::vector<std::int32_t> groups;      ///< D, −1 where constant; empty: B = I
  std::shared_ptr<const Blocks> blocks;  ///< of B; none where B = I
  std::vector<double> theta;             ///< R, descending
  Matrix u;                              ///< n_B × R
  Matrix e;  ///< R × R: Θ(QᵀQ)Θ; none where B = I (there it is Θ²) and in accurate mode
  Matrix q;  ///< D × R, in accurate mode or where tails are refined; valid during the strengths. R × R in the dual form
  Matrix projected;                      ///< R × w: Uᵀ L_B⁻¹ of Problem::right
  Matrix probe;                          ///< R × s: the leading rows of Ω
  std::shared_ptr<const Pencil> pencil;  ///< what its bases are checked against (basis_checks.hpp)
  std::string routine;

  [[nodiscard]] bool isotropic() const { return groups.empty(); }
  [[nodiscard]] std::int64_t rank() const { return static_cast<std::int64_t>(theta.size()); }
};

/// B = I: the principal components, and the rank. Throws Error(numerical) if the eigensolver failed.
Family principal_family(Problem& problem);

/// ‖YQ_R‖²: what of the targets is linear in the inputs, by (10) from the principal components; with weights for the
/// classes (none: ones), as in (9).
double explained_energy(Problem& problem, const Family& principal, const std::vector<double>& class_weights = {});

/// B = G ∘ [same group], groups of D ids from 0. principal_family comes first. The family before it loses its matrices.
Family masked_family(Problem& problem, std::vector<std::int32_t> groups);

}  // namespace eigenlens
