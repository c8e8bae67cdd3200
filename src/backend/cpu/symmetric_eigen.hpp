// SPDX-License-Identifier: Apache-2.0
/// \file
/// One symmetric eigenproblem, or the singular vectors of its factor, on the CPU in double.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace eigenlens {

/// A = Z diag(values) Zᵀ, both descending. A (n × n, lower triangle read) is destroyed; Z is n × n. Takes n² doubles of
/// room. Uses as many BLAS threads as are set. Returns the routine that answered; throws Error(numerical) if none did.
///
/// dsytrd, dstedc, and a back-transformation of our own. Measured at n = 3,072 on one core: dsytrd 1.75 s, dstedc 0.40
/// s (these spectra deflate), dormtr 1.15 s or ours 0.70 s; dsyevr takes 3.5 s, dsyevd 3.7 s (bench/README.md).
std::string symmetric_eigen(std::int64_t n, double* a, double* z, std::vector<double>& values);

/// A (m × n, m ≥ n) = U diag(√values) Zᵀ by dgesdd, values descending; A is destroyed. Takes about 4n² doubles of room.
/// Returns dgesdd's info: 0 if it converged.
std::int64_t right_singular_vectors(std::int64_t m, std::int64_t n, double* a, double* z, std::vector<double>& values);

/// The largest n: dstedc's workspace 1 + 4n + n² must stay below 2³¹.
inline constexpr std::int64_t symmetric_eigen_largest = 46000;

}  // namespace eigenlens
