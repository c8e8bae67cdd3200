// SPDX-License-Identifier: Apache-2.0
#include "support/backend_cases.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>

#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "support/moved.hpp"
#include "support/simulator_hooks.hpp"

namespace eigenlens::test {

namespace {

/// A device that was opened, or why it could not be.
struct Opened {
  std::optional<Device> device;
  std::string reason;
};

/// An environment variable for as long as this lives; an empty value sets nothing.
class Setting {
 public:
  Setting(const char* name, const std::string& value) : name_(value.empty() ? nullptr : name) {
    if (!name_) return;
    if (const char* before = std::getenv(name_)) before_ = before;
    setenv(name_, value.c_str(), 1);
  }
  ~Setting() {
    if (!name_) return;
    if (before_)
      setenv(name_, before_->c_str(), 1);
    else
      unsetenv(name_);
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

Opened open_case(const BackendCase& backend) {
  const Setting eigensolver("EIGENLENS_CUDA_EIGENSOLVER", backend.eigensolver);
  try {
    return {.device = Device({.name = backend.device, .threads = backend.threads}), .reason = {}};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unavailable) throw;
    return {.device = {}, .reason = error.what()};
  }
}

/// The device that a caller of the simulated one uses beside it: no verb's, and no verb's to change.
constexpr int callers_device = 1;

Opened open_simulated([[maybe_unused]] const BackendCase& backend) {
#ifdef EIGENLENS_SIMULATED_CUDA
  const Setting library("EIGENLENS_CUDA_LIBRARY", moved(EIGENLENS_SIMULATED_CUDA));
  return open_case(backend);
#else
  return {.device = {}, .reason = "this build has no simulated device"};
#endif
}

std::string name_of(const BackendCase& backend) {
  return (backend.hardware == Hardware::simulated ? "simulated_" : "") + backend.device +
         std::to_string(backend.threads) + (backend.eigensolver.empty() ? "" : "_" + backend.eigensolver);
}

}  // namespace

std::vector<BackendCase> backend_cases() {
  std::vector<BackendCase> all = {{"cpu", 1}, {"cpu", 2}};
  const std::vector<BackendCase> cuda = cuda_cases();
  all.insert(all.end(), cuda.begin(), cuda.end());
  return all;
}

std::vector<BackendCase> cuda_cases() { return {{"cuda", 2}, {"cuda", 2, Hardware::simulated}}; }

std::vector<BackendCase> eigen_cases() {
  std::vector<BackendCase> all = backend_cases();
  for (BackendCase own : cuda_cases()) {
    own.eigensolver = "tridiagonal";
    all.push_back(own);
  }
  return all;
}

std::string case_name(const ::testing::TestParamInfo<BackendCase>& info) { return name_of(info.param); }

void BackendTest::SetUp() {
  // Never closed: a library that was opened at run time may be gone before static objects are.
  static auto& all = *new std::map<std::string, Opened>;
  const BackendCase& wanted = GetParam();
  auto known = all.find(name_of(wanted));
  if (known == all.end())
    known = all.emplace(name_of(wanted),
                        wanted.hardware == Hardware::simulated ? open_simulated(wanted) : open_case(wanted))
                .first;
  if (!known->second.device) GTEST_SKIP() << known->second.reason;
  device_ = &*known->second.device;
  if (wanted.hardware == Hardware::simulated) SimulatorHooks().make_current(callers_device);
}

void BackendTest::TearDown() {
  if (!device_ || GetParam().hardware != Hardware::simulated) return;
  EXPECT_EQ(SimulatorHooks().current(), callers_device) << "the device that the caller's calls go to is another one";
}

Device simulated_device(const std::string& name) {
  Opened opened = open_simulated({name, 2, Hardware::simulated});
  if (!opened.device) throw Error(ErrorCode::unavailable, opened.reason);
  return *std::move(opened.device);
}

Matrix BackendTest::poisoned(std::int64_t rows, std::int64_t cols) const {
  DenseF64 host(rows, cols);
  std::fill_n(host.data(), host.size(), std::numeric_limits<double>::quiet_NaN());
  return uploaded(backend(), host);
}

std::vector<Matrix> BackendTest::poisoned_lanes(std::size_t lanes, std::int64_t rows, std::int64_t cols) const {
  std::vector<Matrix> all;
  for (std::size_t l = 0; l < lanes; ++l) all.push_back(poisoned(rows, cols));
  return all;
}

std::vector<Matrix> BackendTest::uploaded_lanes(const std::vector<DenseF64>& host) const {
  std::vector<Matrix> all;
  for (const DenseF64& matrix : host) all.push_back(uploaded(backend(), matrix));
  return all;
}

DenseF64 random_matrix(std::int64_t rows, std::int64_t cols, Draws& draws) {
  DenseF64 a(rows, cols);
  for (std::int64_t i = 0; i < a.size(); ++i) a.data()[i] = draws.uniform() - 0.5;
  return a;
}

DenseF64 random_symmetric(std::int64_t n, Draws& draws) {
  DenseF64 a = random_matrix(n, n, draws);
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < j; ++i) a(i, j) = a(j, i);
  return a;
}

DenseF64 random_lower(std::int64_t n, Draws& draws) {
  DenseF64 l = lower_triangle(random_matrix(n, n, draws));
  for (std::int64_t i = 0; i < l.size(); ++i) l.data()[i] /= std::sqrt(static_cast<double>(n));
  for (std::int64_t j = 0; j < n; ++j) l(j, j) = 1 + draws.uniform();
  return l;
}

std::vector<double> random_weights(std::int64_t n, Draws& draws) {
  std::vector<double> w;
  for (std::int64_t i = 0; i < n; ++i) w.push_back(0.5 + draws.uniform());
  return w;
}

DenseF64 poisoned_above(DenseF64 a) {
  for (std::int64_t j = 0; j < a.cols(); ++j)
    for (std::int64_t i = 0; i < std::min(j, a.rows()); ++i) a(i, j) = std::numeric_limits<double>::quiet_NaN();
  return a;
}

DenseF64 lower_triangle(DenseF64 a) {
  for (std::int64_t j = 0; j < a.cols(); ++j)
    for (std::int64_t i = 0; i < std::min(j, a.rows()); ++i) a(i, j) = 0;
  return a;
}

DenseF64 naive_product(char op_a, char op_b, const DenseF64& a, const DenseF64& b) {
  const std::int64_t rows = op_a == 'N' ? a.rows() : a.cols(), cols = op_b == 'N' ? b.cols() : b.rows();
  const std::int64_t inner = op_a == 'N' ? a.cols() : a.rows();
  DenseF64 c(rows, cols);
  for (std::int64_t j = 0; j < cols; ++j)
    for (std::int64_t i = 0; i < rows; ++i) {
      long double sum = 0;
      for (std::int64_t k = 0; k < inner; ++k)
        sum += static_cast<long double>(op_a == 'N' ? a(i, k) : a(k, i)) * (op_b == 'N' ? b(k, j) : b(j, k));
      c(i, j) = static_cast<double>(sum);
    }
  return c;
}

DenseF64 scaled_columns(DenseF64 a, const std::vector<double>& w) {
  for (std::int64_t j = 0; j < a.cols(); ++j)
    for (std::int64_t i = 0; i < a.rows(); ++i) a(i, j) *= w[static_cast<std::size_t>(j)];
  return a;
}

double largest_entry(const DenseF64& a) { return difference(a, DenseF64(a.rows(), a.cols())); }

double frobenius(const DenseF64& a) {
  long double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum += static_cast<long double>(a.data()[i]) * a.data()[i];
  return static_cast<double>(std::sqrt(sum));
}

double difference(const DenseF64& a, const DenseF64& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double error = std::fabs(a.data()[i] - b.data()[i]);
    if (std::isnan(error)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, error);
  }
  return largest;
}

}  // namespace eigenlens::test
