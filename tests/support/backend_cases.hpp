// SPDX-License-Identifier: Apache-2.0
/// \file
/// The backends that every verb is tested on, and the host side of such a test: numbers up, numbers down.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "eigenlens/device.hpp"
#include "support/samples.hpp"

namespace eigenlens::test {

enum class Hardware { real, simulated };

struct BackendCase {
  std::string device;
  int threads = 0;  ///< of the host
  Hardware hardware = Hardware::real;
  std::string eigensolver = {};  ///< of the device (EIGENLENS_CUDA_EIGENSOLVER); empty: its own choice
};

inline void PrintTo(const BackendCase& backend, std::ostream* out) {
  *out << backend.device << ", " << backend.threads << " threads"
       << (backend.hardware == Hardware::simulated ? ", simulated" : "")
       << (backend.eigensolver.empty() ? "" : ", " + backend.eigensolver);
}

/// A new backend is a new line here; on a machine without it its tests skip. The simulated device is the CUDA backend
/// over libraries that do on the CPU what a GPU's would: it is opened where the build names one
/// (EIGENLENS_SIMULATED_CUDA).
std::vector<BackendCase> backend_cases();
/// Those of CUDA alone.
std::vector<BackendCase> cuda_cases();
/// backend_cases() and CUDA with our own eigensolver.
std::vector<BackendCase> eigen_cases();
std::string case_name(const ::testing::TestParamInfo<BackendCase>& info);

/// The seed of every test of a verb; failures print it.
inline constexpr std::uint64_t backend_seed = 17320508;
/// Orders on both sides of vectors, warps, tiles and blocks.
inline constexpr std::int64_t verb_orders[] = {1, 2, 31, 33, 64, 129};

/// Another one of the simulated plugin's, by its name: "cuda:1". Throws Error(unavailable) as Device does, and in a
/// build without it.
Device simulated_device(const std::string& name);

/// A test that runs once a backend; a device stays open for all tests of its case. Matrices lie in the backend's
/// memory: no test looks at their pointers. Beside the simulated device the test has another one current, and keeps it.
class BackendTest : public ::testing::TestWithParam<BackendCase> {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] const Device& device() const { return *device_; }
  [[nodiscard]] Backend& backend() const { return device_->backend(); }
  /// Room for a result, full of NaN: what a verb does not write is seen.
  [[nodiscard]] Matrix poisoned(std::int64_t rows, std::int64_t cols) const;
  [[nodiscard]] std::vector<Matrix> poisoned_lanes(std::size_t lanes, std::int64_t rows, std::int64_t cols) const;
  [[nodiscard]] std::vector<Matrix> uploaded_lanes(const std::vector<DenseF64>& host) const;

 private:
  const Device* device_ = nullptr;
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(backend_seed)};
};

/// Uniform in [−1/2, 1/2).
DenseF64 random_matrix(std::int64_t rows, std::int64_t cols, Draws& draws);
DenseF64 random_symmetric(std::int64_t n, Draws& draws);
/// Lower triangular, of a small condition number; zeros above.
DenseF64 random_lower(std::int64_t n, Draws& draws);
/// In [1/2, 3/2).
std::vector<double> random_weights(std::int64_t n, Draws& draws);
/// As it is, but NaN above the diagonal: what must not be read, must not matter.
DenseF64 poisoned_above(DenseF64 a);
/// As it is, but zero above the diagonal.
DenseF64 lower_triangle(DenseF64 a);

/// op(A)·op(B) by plain loops with sums in long double.
DenseF64 naive_product(char op_a, char op_b, const DenseF64& a, const DenseF64& b);
/// A·diag(w)
DenseF64 scaled_columns(DenseF64 a, const std::vector<double>& w);
double largest_entry(const DenseF64& a);
double frobenius(const DenseF64& a);
/// max|a − b|; infinity where one is not a number or the sizes differ.
double difference(const DenseF64& a, const DenseF64& b);

}  // namespace eigenlens::test
