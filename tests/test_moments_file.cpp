// SPDX-License-Identifier: Apache-2.0
// Moments come back to the last bit, and no damage gets through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"
#include "moments/safetensors.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;

Moments exact_moments() {
  Moments m;
  m.shape = {2, 1, 2};
  m.class_counts = {3, 0, 4};
  m.count = 7;
  m.sum = {1, 2, 3, std::numeric_limits<std::int64_t>::max()};
  m.gram = DenseI64(4, 4);
  m.cross = DenseI64(4, 3);
  for (std::int64_t j = 0; j < 4; ++j)
    for (std::int64_t i = 0; i < 4; ++i) m.gram(i, j) = 100 * std::max(i, j) + std::min(i, j);
  for (std::int64_t i = 0; i < 12; ++i) m.cross.data()[i] = -i;
  m.dataset = "hand \"made\" über";
  m.class_names = {"shoe", "T-shirt", "bag"};
  return m;
}

Moments float_moments() {
  Moments m = exact_moments();
  m.arithmetic = Arithmetic::float64;
  m.gram_f64 = DenseF64(4, 4);
  m.cross_f64 = DenseF64(4, 3);
  for (std::int64_t i = 0; i < 16; ++i) m.gram_f64.data()[i] = 1.0 / static_cast<double>(i + 3);
  for (std::int64_t i = 0; i < 12; ++i) m.cross_f64.data()[i] = 1e-300 * static_cast<double>(i);
  m.shift = {0.1, -0.0, 1e300, 5e-324};
  m.sum_f64 = {1, 0.5, 0.25, -1.0 / 3};
  m.sum.clear();
  m.gram = {};
  m.cross = {};
  m.class_names.clear();
  return m;
}

std::string content(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// A moments file taken apart, changed and put together again.
class MomentsFile : public ::testing::Test {
 protected:
  void SetUp() override {
    save_moments(exact_moments(), path_);
    bytes_ = content(path_);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), sizeof length);
    header_ = Json::parse(bytes_.substr(8, length));
    data_ = bytes_.substr(8 + length);
  }

  static std::string assembled(const Json& header, const std::string& data) {
    const std::string text = header.dump();
    const std::uint64_t length = text.size();
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    return bytes + text + data;
  }

  /// The message with which a file of these bytes is refused; it always names the file.
  [[nodiscard]] std::string refusal(const std::string& bytes) const {
    const std::string path = directory_.write("damaged.safetensors", bytes);
    try {
      static_cast<void>(load_moments(path));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::data);
      EXPECT_THAT(error.what(), HasSubstr("damaged.safetensors"));
      return error.what();
    }
    return "accepted";
  }

  [[nodiscard]] std::string refusal_with(const std::function<void(Json&)>& change) const {
    Json header = header_;
    change(header);
    return refusal(assembled(header, data_));
  }

  test::TemporaryDirectory directory_;
  std::string path_ = directory_.file("moments.safetensors");
  std::string bytes_, data_;
  Json header_;
};

TEST_F(MomentsFile, ExactMomentsComeBack) { EXPECT_EQ(load_moments(path_), exact_moments()); }

TEST_F(MomentsFile, FloatMomentsComeBackToTheLastBit) {
  save_moments(float_moments(), path_);
  const Moments back = load_moments(path_);
  EXPECT_EQ(back, float_moments());
  EXPECT_TRUE(std::signbit(back.shift[1]));
}

TEST_F(MomentsFile, IsLaidOutAsDocumented) {
  EXPECT_EQ((bytes_.size() - data_.size()) % 8, 0U);
  EXPECT_EQ(header_["__metadata__"]["format"], "eigenlens.moments/1");
  EXPECT_EQ(header_["gram"]["dtype"], "I64");
  EXPECT_EQ(header_["gram"]["shape"], Json({4, 4}));
  EXPECT_EQ(header_["cross"]["shape"], Json({3, 4}));  // a row a class
  EXPECT_EQ(data_.size(), 8U * (1 + 3 + 3 + 4 + 12 + 16));
}

TEST_F(MomentsFile, IsRecognised) {
  EXPECT_TRUE(is_moments_file(path_));
  EXPECT_FALSE(is_moments_file(directory_.path()));
  EXPECT_FALSE(is_moments_file(directory_.file("absent")));
  EXPECT_FALSE(is_moments_file(directory_.write("short", "{}")));
  EXPECT_FALSE(is_moments_file(directory_.write("other", assembled({{"__metadata__", {{"format", "pt"}}}}, ""))));
}

TEST_F(MomentsFile, AMissingFileIsAnInputOutputError) {
  try {
    static_cast<void>(load_moments(directory_.file("absent")));
    FAIL() << "read a file that does not exist";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("absent"), HasSubstr("No such file")));
  }
}

TEST_F(MomentsFile, ATruncatedFileIsRefused) {
  for (std::size_t length = 0; length < bytes_.size(); length += 7)
    EXPECT_NE(refusal(bytes_.substr(0, length)), "accepted") << length << " of " << bytes_.size() << " bytes";
  EXPECT_THAT(refusal(bytes_.substr(0, bytes_.size() - 1)), HasSubstr("cut off"));
}

TEST_F(MomentsFile, TrailingBytesAreRefused) { EXPECT_THAT(refusal(bytes_ + "x"), HasSubstr("follows the tensors")); }

TEST_F(MomentsFile, AFlippedBitInAnyTensorIsNamed) {
  for (const auto& [name, tensor] : header_.items()) {
    if (name == "__metadata__") continue;
    for (std::size_t at = tensor["data_offsets"][0]; at < tensor["data_offsets"][1]; at += 5) {
      std::string data = data_;
      data[at] = static_cast<char>(data[at] ^ 4);
      EXPECT_THAT(refusal(assembled(header_, data)), AllOf(HasSubstr("tensor " + name + ":"), HasSubstr("CRC-32")));
    }
  }
}

TEST_F(MomentsFile, AFlippedBitInTheHeaderIsRefusedOrChangesOnlyWords) {
  const Moments moments = exact_moments();
  for (std::size_t at = 0; at < bytes_.size() - data_.size(); at += 3) {
    std::string bytes = bytes_;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    const std::string path = directory_.write("flipped", bytes);
    try {
      Moments back = load_moments(path);
      back.dataset = moments.dataset;
      back.class_names = moments.class_names;
      EXPECT_EQ(back, moments) << "byte " << at;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::data) << "byte " << at << ": " << error.what();
    }
  }
}

TEST_F(MomentsFile, AbsurdHeadersAreRefused) {
  EXPECT_THAT(refusal(std::string(8, '\xff') + "{}"), HasSubstr("announce"));
  EXPECT_THAT(refusal(std::string("\x40\0\0\0\0\0\0\0", 8) + "{}"), HasSubstr("64 bytes is announced"));
  EXPECT_THAT(refusal(std::string("\x02\0\0\0\0\0\0\0", 8) + "[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(refusal(std::string("\x04\0\0\0\0\0\0\0", 8) + "{\"a\""), HasSubstr("not a JSON object"));
}

TEST_F(MomentsFile, AnotherFormatIsRefused) {
  EXPECT_THAT(refusal_with([](Json& h) { h["__metadata__"]["format"] = "eigenlens.moments/9"; }),
              HasSubstr("another version"));
  EXPECT_THAT(refusal_with([](Json& h) { h["__metadata__"]["format"] = "pt"; }), HasSubstr("not a moments file"));
  EXPECT_THAT(refusal_with([](Json& h) { h["__metadata__"].erase("format"); }), HasSubstr("no format"));
  EXPECT_THAT(refusal_with([](Json& h) { h["__metadata__"]["arithmetic"] = "float16"; }), HasSubstr("arithmetic"));
  EXPECT_THAT(refusal_with([](Json& h) { h["__metadata__"]["class_names"] = "[1]"; }), HasSubstr("class_names"));
  EXPECT_THAT(refusal_with([](Json& h) { h["__metadata__"]["class_names"] = R"(["one"])"; }), HasSubstr("3 names"));
  EXPECT_THAT(refusal_with([](Json& h) { h["__metadata__"].erase("crc32.gram"); }), HasSubstr("no crc32.gram"));
}

TEST_F(MomentsFile, TensorsOfAnotherShapeOrTypeAreRefused) {
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"]["dtype"] = "F64"; }), HasSubstr("tensor gram: element type F64"));
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"]["dtype"] = "F32"; }), HasSubstr("tensor gram: element type F32"));
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"]["shape"] = {2, 8}; }), HasSubstr("shape [2, 8], expected [4, 4]"));
  EXPECT_THAT(refusal_with([](Json& h) { h["cross"]["shape"] = {4, 3}; }), HasSubstr("shape [4, 3], expected [3, 4]"));
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"]["shape"] = {16}; }), HasSubstr("1 dimensions, expected 2"));
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"]["shape"] = {4, 5}; }), HasSubstr("does not fit its bytes"));
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"]["shape"] = {-4, -4}; }), HasSubstr("does not fit its bytes"));
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"]["shape"] = {4.0, 4.0}; }), HasSubstr("does not fit its bytes"));
  EXPECT_THAT(refusal_with([](Json& h) {
                h["gram"]["shape"] = {std::int64_t{1} << 62, 4};
              }),
              HasSubstr("does not fit its bytes"));
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"].erase("shape"); }), HasSubstr("gram is not what safetensors"));
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"] = 1; }), HasSubstr("gram is not what safetensors"));
}

TEST_F(MomentsFile, TensorsElsewhereAreRefused) {
  const auto moved = [&](const char* name, std::int64_t by) {
    return refusal_with([=](Json& h) {
      for (int end = 0; end < 2; ++end)
        h[name]["data_offsets"][end] = h[name]["data_offsets"][end].get<std::int64_t>() + by;
    });
  };
  EXPECT_THAT(moved("sum", -8), HasSubstr("expected"));              // overlaps
  EXPECT_THAT(moved("gram", 8), HasSubstr("starts at byte"));        // leaves a gap
  EXPECT_THAT(moved("count", -8), HasSubstr("starts at byte -8"));   // before the file
  EXPECT_THAT(moved("gram", 1 << 30), HasSubstr("starts at byte"));  // behind it
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"]["data_offsets"] = {184, 16}; }), HasSubstr("does not fit"));
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"]["data_offsets"] = {184}; }), HasSubstr("gram is not what"));
}

TEST_F(MomentsFile, MissingAndUnknownTensorsAreRefused) {
  const std::size_t gram = 16 * 8;  // the last tensor
  Json header = header_;
  header.erase("gram");
  EXPECT_THAT(refusal(assembled(header, data_.substr(0, data_.size() - gram))), HasSubstr("tensor gram is missing"));
  header = header_;
  header["extra"] = {{"dtype", "I64"}, {"shape", {1}}, {"data_offsets", {data_.size(), data_.size() + 8}}};
  EXPECT_THAT(refusal(assembled(header, data_ + std::string(8, '\0'))), HasSubstr("tensor extra is unknown"));
}

TEST_F(MomentsFile, MomentsThatDisagreeWithThemselvesAreNotSaved) {
  const auto refused = [&](const std::function<void(Moments&)>& change) {
    Moments m = exact_moments();
    change(m);
    const std::string path = directory_.file("never");
    EXPECT_THROW(save_moments(m, path), Error);
    EXPECT_FALSE(std::filesystem::exists(path));
  };
  refused([](Moments& m) { m.count = 8; });
  refused([](Moments& m) { m.sum.pop_back(); });
  refused([](Moments& m) { m.gram = DenseI64(4, 3); });
  refused([](Moments& m) { m.cross = DenseI64(3, 4); });
  refused([](Moments& m) { m.shape = {1, 1, 5}; });
  refused([](Moments& m) { m.arithmetic = Arithmetic::float64; });
  refused([](Moments& m) { m.class_names.pop_back(); });
}

TEST_F(MomentsFile, NumbersThatContradictEachOtherAreRefused) {
  const auto refused = [&](std::int64_t count, std::vector<std::int64_t> counts, std::vector<std::int64_t> shape) {
    using safetensors::Element;
    const std::vector<std::int64_t> sums(16, 1);
    const std::string path = directory_.file("written");
    safetensors::write(
        path, {{"format", "eigenlens.moments/1"}, {"arithmetic", "exact"}, {"dataset", ""}, {"class_names", "[]"}},
        {{"count", Element::i64, {1}, &count},
         {"image_shape", Element::i64, {3}, shape.data()},
         {"class_counts", Element::i64, {2}, counts.data()},
         {"sum", Element::i64, {4}, sums.data()},
         {"cross", Element::i64, {2, 4}, sums.data()},
         {"gram", Element::i64, {4, 4}, sums.data()}});
    return refusal(content(path));
  };
  constexpr std::int64_t large = std::int64_t{1} << 62;
  EXPECT_EQ(refused(5, {2, 3}, {1, 2, 2}), "accepted");
  EXPECT_THAT(refused(6, {2, 3}, {1, 2, 2}), HasSubstr("tensor class_counts: 5 samples in all"));
  EXPECT_THAT(refused(5, {-1, 6}, {1, 2, 2}), HasSubstr("-1 is not a number of samples"));
  EXPECT_THAT(refused(5, {large, large}, {1, 2, 2}), HasSubstr("class_counts"));
  EXPECT_THAT(refused(5, {2, 3}, {1, 2, 3}), HasSubstr("tensor image_shape: 1 x 2 x 3"));
  EXPECT_THAT(refused(5, {2, 3}, {-1, -2, 2}), HasSubstr("image_shape"));
  EXPECT_THAT(refused(5, {2, 3}, {large, large, large}), HasSubstr("image_shape"));
}

TEST_F(MomentsFile, FloatsThatAreNotNumbersAreRefused) {
  Moments m = float_moments();
  m.gram_f64(2, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(save_moments(m, path_), Error);
}

TEST_F(MomentsFile, NoTemporaryFileIsLeft) {
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 1);
}

}  // namespace
}  // namespace eigenlens
