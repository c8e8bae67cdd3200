// SPDX-License-Identifier: Apache-2.0
// Covariances, masks and their moments from files: what is refused, and whether the message helps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "eigenlens/mask_moments.hpp"
#include "eigenlens/sweep.hpp"
#include "support/dataset_files.hpp"
#include "support/moment_arrays.hpp"
#include "support/samples.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Matcher;

class MomentFiles : public ::testing::Test {
 protected:
  void expect_refused(const std::string& spec, const Matcher<std::string>& message, ErrorCode code = ErrorCode::data) {
    SCOPED_TRACE(spec);
    EXPECT_THAT(error_of(code, [&] { require_fits(parse_pretext(spec).at(0), shape_); }), message);
  }
  void expect_covariance(const DenseF64& sigma, const Matcher<std::string>& message) {
    const std::string path = write_matrix(directory_, "sigma.npy", sigma);
    expect_refused("gaussian:covariance=" + path, AllOf(HasSubstr(path), message));
  }
  void expect_moments(const std::vector<double>& first, const DenseF64& second, const std::string& guilty,
                      const Matcher<std::string>& message) {
    const std::string p = write_vector(directory_, "p.npy", first), e = write_matrix(directory_, "e.npy", second);
    expect_refused("masks:first=" + p + ",second=" + e + ",patch=1", AllOf(HasSubstr(guilty), message));
  }
  static DenseF64 identity(std::int64_t n, double value) {
    DenseF64 matrix(n, n);
    for (std::int64_t i = 0; i < n; ++i) matrix(i, i) = value;
    return matrix;
  }

  TemporaryDirectory directory_;
  ImageShape shape_{1, 2, 2};
};

TEST_F(MomentFiles, GoodOnes) {
  const std::string path = write_matrix(directory_, "sigma.npy", identity(4, 0.5));
  EXPECT_EQ(noise_covariance(parse_pretext("gaussian:covariance=" + path + ",scale=2")[0], shape_)(1, 1), 2);
  DenseF64 ones(4, 4);
  for (std::int64_t i = 0; i < 16; ++i) ones.data()[i] = 1;  // rank 1: eigenvalues 4, 0, 0, 0
  for (const DenseF64& sigma : {ones, identity(4, 0), identity(4, 1e-300)}) {
    const std::string other = write_matrix(directory_, "other.npy", sigma);
    EXPECT_NO_THROW(require_fits(parse_pretext("gaussian:covariance=" + other)[0], shape_));
  }
}

TEST_F(MomentFiles, Covariances) {
  expect_refused("gaussian:covariance=" + directory_.file("none.npy"), HasSubstr("none.npy"), ErrorCode::io);
  expect_refused("gaussian:covariance=" + directory_.write("text.npy", "no array"), HasSubstr("text.npy"));
  expect_covariance(identity(3, 1), AllOf(HasSubstr("(3, 3)"), HasSubstr("(4, 4)")));
  DenseF64 sigma = identity(4, 1);
  sigma(2, 1) = 0.5;
  expect_covariance(sigma, AllOf(HasSubstr("symmetric"), HasSubstr("(2, 1)"), HasSubstr("0.5")));
  sigma = identity(4, 1);
  sigma(3, 0) = std::numeric_limits<double>::quiet_NaN();
  expect_covariance(sigma, AllOf(HasSubstr("row 3, column 0"), HasSubstr("nan")));
  sigma = identity(4, 1);
  sigma(2, 2) = -1e-3;
  expect_covariance(sigma, AllOf(HasSubstr("diagonal entry 2"), HasSubstr("-0.001")));
  sigma = identity(4, 1);
  sigma(2, 0) = sigma(0, 2) = 1.001;
  expect_covariance(sigma, AllOf(HasSubstr("eigenvalue below 0"), HasSubstr("3 rows")));
  const std::string floats = directory_.write("f4.npy", npy_file("<f4", "(4, 4)", std::string(64, '\0')));
  expect_refused("gaussian:covariance=" + floats, AllOf(HasSubstr("float32"), HasSubstr("float64")));
  const std::string cut = directory_.write("cut.npy", npy_file("<f8", "(4, 4)", std::string(120, '\0')));
  expect_refused("gaussian:covariance=" + cut, HasSubstr("cut.npy"));
}

TEST_F(MomentFiles, Masks) {
  const auto spec = [](const std::string& path) { return "masks:" + path + ",patch=1"; };
  expect_refused(spec(write_masks(directory_, "three.npy", {{1, 0, 1}})),
                 AllOf(HasSubstr("(1, 3)"), HasSubstr("(J, 4)")));
  expect_refused(spec(write_masks(directory_, "two.npy", {{1, 0, 1, 0}, {1, 1, 2, 0}})),
                 AllOf(HasSubstr("row 1, column 2"), HasSubstr("2")));
  expect_refused(spec(write_masks(directory_, "dark.npy", {{0, 0, 0, 0}})), HasSubstr("hide everything"),
                 ErrorCode::usage);
  expect_refused(spec(write_matrix(directory_, "real.npy", identity(4, 1))), HasSubstr("uint8"));
  const std::string bools = directory_.write("bool.npy", npy_file("|b1", "(1, 4)", std::string("\1\0\1\1", 4)));
  EXPECT_EQ(mask_moments(parse_pretext(spec(bools))[0], shape_).first[1], 0);
  const std::string apart = write_masks(directory_, "apart.npy", {{1, 0, 1, 0}});
  shape_ = {2, 2, 2};
  expect_refused("masks:" + apart + ",patch=1,channels=separate", HasSubstr("(J, 8)"));
}

TEST_F(MomentFiles, Moments) {
  const std::vector<double> half(4, 0.5);
  DenseF64 both(4, 4);
  for (std::int64_t i = 0; i < 16; ++i) both.data()[i] = 0.25;
  for (std::int64_t i = 0; i < 4; ++i) both(i, i) = 0.5;
  const std::string p = write_vector(directory_, "good.npy", half), e = write_matrix(directory_, "both.npy", both);
  EXPECT_EQ(mask_moments(parse_pretext("masks:first=" + p + ",second=" + e + ",patch=1")[0], shape_).second(1, 0),
            0.25);
  expect_moments({0.5, 0.5, 0.5}, both, "p.npy", AllOf(HasSubstr("(3,)"), HasSubstr("(4,)")));
  expect_moments({0.5, 1.5, 0.5, 0.5}, both, "p.npy", AllOf(HasSubstr("entry 1"), HasSubstr("1.5")));
  expect_moments({0.5, 0.5, 0.25, 0.5}, both, "e.npy", AllOf(HasSubstr("diagonal entry 2"), HasSubstr("p.npy")));
  DenseF64 wrong = both;
  wrong(3, 1) = wrong(1, 3) = 0.6;
  expect_moments(half, wrong, "e.npy", AllOf(HasSubstr("(3, 1)"), HasSubstr("0.6")));
  wrong = both;
  for (std::int64_t i = 0; i < 4; ++i)
    for (std::int64_t j = 0; j < i; ++j) wrong(i, j) = wrong(j, i) = 0.01;  // four events cannot shun each other so
  expect_moments(half, wrong, "e.npy", HasSubstr("eigenvalue below 0"));
  const std::string none = write_vector(directory_, "zero.npy", std::vector<double>(4)),
                    never = write_matrix(directory_, "never.npy", DenseF64(4, 4));
  expect_refused("masks:first=" + none + ",second=" + never + ",patch=1", HasSubstr("hide everything"),
                 ErrorCode::usage);
}

}  // namespace
}  // namespace eigenlens::test
