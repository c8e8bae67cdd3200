// SPDX-License-Identifier: Apache-2.0
// Dual moments come back to the last bit, no damage gets through, and the two forms are told apart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "eigenlens/error.hpp"
#include "support/dataset_files.hpp"
#include "support/memory_dataset.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A file of dual moments taken apart, changed and put together again.
class DualMomentsFile : public ::testing::Test {
 protected:
  void SetUp() override {
    moments_.dataset = "few \"images\" über";
    moments_.class_names = {"shoe", "bag"};
    save_moments(moments_, path_);
    std::ifstream stream(path_, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    bytes_ = text.str();
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), sizeof length);
    header_ = Json::parse(bytes_.substr(8, length));
    data_ = bytes_.substr(8 + length);
  }

  /// The message with which a file of these bytes is refused; it always names the file.
  [[nodiscard]] std::string refusal(const std::string& bytes) const {
    const std::string path = directory_.write("damaged.safetensors", bytes);
    const std::string message = error_of(ErrorCode::data, [&] { static_cast<void>(load_dual_moments(path)); });
    EXPECT_THAT(message, HasSubstr("damaged.safetensors"));
    return message;
  }

  [[nodiscard]] std::string refusal_with(const std::function<void(Json&)>& change) const {
    Json header = header_;
    change(header);
    const std::string text = header.dump();
    const std::uint64_t length = text.size();
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    return refusal(bytes + text + data_);
  }

  /// One element of a tensor changed; its checksum with it.
  [[nodiscard]] std::string refusal_with_element(const std::string& tensor, std::size_t at, std::int64_t value) {
    DualMoments changed = moments_;
    if (tensor == "labels") changed.labels[at] = value;
    if (tensor == "gram") changed.gram.data()[at] = value;
    if (tensor == "whitened.1") std::memcpy(changed.families[1].whitened.data() + at, &value, sizeof value);
    const std::string path = directory_.file("damaged.safetensors");
    save_moments(changed, path);
    return error_of(ErrorCode::data, [&] { static_cast<void>(load_dual_moments(path)); });
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.file("dual.safetensors");
  DualMoments moments_ = engine_dual_moments(random_pixels({2, 3, 4}, 11, 2, 1),
                                             parse_all({"mask:patch=2x3,ratio=0.5", "dropout:ratio=0.5"}));
  std::string bytes_, data_;
  Json header_;
};

// Blocks of more pixels than there are samples come from a product of matrices, symmetric but for rounding.
TEST(DualMomentsOfLargeBlocks, ComeBack) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("dual.safetensors");
  const DualMoments moments =
      engine_dual_moments(random_pixels({1, 16, 16}, 61, 3, 1), parse_all({"mask:patch=8,ratio=0.5"}));
  save_moments(moments, path);
  EXPECT_EQ(load_dual_moments(path), moments);
}

TEST_F(DualMomentsFile, ComesBackToTheLastBit) {
  EXPECT_EQ(load_dual_moments(path_), moments_);
  DualMoments header = load_dual_moments_header(path_);
  EXPECT_EQ(header.gram.size(), 0);
  EXPECT_EQ(header.families.size(), 2U);
  EXPECT_EQ(header.families[0].structure, moments_.families[0].structure);
  EXPECT_EQ(header.labels, moments_.labels);
  const DualMoments floats = engine_dual_moments(random_pixels({2, 3, 4}, 11, 2, 1), {}, ScalarType::float32);
  save_moments(floats, path_);
  EXPECT_EQ(load_dual_moments(path_), floats);
}

TEST_F(DualMomentsFile, TheTwoFormsAreToldApart) {
  EXPECT_TRUE(is_moments_file(path_));
  EXPECT_EQ(moments_file_form(path_), MomentsForm::dual);
  EXPECT_EQ(header_["__metadata__"]["format"], "eigenlens.moments/2") << "a reader of /1 refuses it as another version";
  for (const auto& load : {load_moments, load_moments_header})
    EXPECT_THAT(error_of(ErrorCode::usage, [&] { load(path_); }), AllOf(HasSubstr(path_), HasSubstr("dual form")));
  const std::string primal = directory_.file("primal.safetensors");
  save_moments(engine_moments(random_pixels({2, 3, 4}, 11, 2, 1)), primal);
  EXPECT_EQ(moments_file_form(primal), MomentsForm::primal);
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { load_dual_moments(primal); }), HasSubstr("primal form"));
  EXPECT_THAT(refusal_with([](Json& h) { h["__metadata__"]["format"] = "eigenlens.moments/3"; }),
              HasSubstr("another version"));
}

TEST_F(DualMomentsFile, DamageIsNamed) {
  EXPECT_THAT(refusal(bytes_.substr(0, bytes_.size() - 8)), HasSubstr("cut off"));
  std::string flipped = bytes_;
  flipped[bytes_.size() - 3] = static_cast<char>(flipped[bytes_.size() - 3] ^ 1);
  EXPECT_THAT(refusal(flipped), AllOf(HasSubstr("whitened.1"), HasSubstr("CRC-32")));
  const auto metadata = [&](const char* key, const char* value) {
    return refusal_with([&](Json& h) { h["__metadata__"][key] = value; });
  };
  EXPECT_THAT(metadata("form", "primal"), HasSubstr("metadata form: primal"));
  EXPECT_THAT(metadata("arithmetic", "float64"), HasSubstr("gram"));
  EXPECT_THAT(metadata("families", "7"), HasSubstr("metadata families"));
  EXPECT_THAT(metadata("families", "[7,8]"), HasSubstr("not a text"));
  EXPECT_THAT(metadata("families", R"(["mask:patch=2","dropout:ratio=0"])"), HasSubstr("ratio is missing"));
  EXPECT_THAT(metadata("families", R"(["mask:patch=9,ratio=0","dropout:ratio=0"])"), HasSubstr("9x9"));
  EXPECT_THAT(metadata("families", R"(["reconstruct","dropout:ratio=0"])"), HasSubstr("reconstruct is not one mask"));
  EXPECT_THAT(metadata("families", R"(["dropout:ratio=0"])"), HasSubstr("whitened.1 is unknown"));
  EXPECT_THAT(metadata("families", R"(["dropout:ratio=0","mask:patch=1,ratio=0","mask:patch=2,ratio=0"])"),
              HasSubstr("whitened.2 is missing"));
  EXPECT_THAT(refusal_with([](Json& h) { h["gram"]["shape"] = {1, 121}; }), HasSubstr("tensor gram: shape [1, 121]"));
  EXPECT_THAT(refusal_with_element("gram", 3, -1), AllOf(HasSubstr("tensor gram"), HasSubstr("symmetric")));
  EXPECT_THAT(refusal_with_element("whitened.1", 0, -1), HasSubstr("expected a finite number"))
      << "-1 is the bits of a NaN";
}

TEST_F(DualMomentsFile, WhatDoesNotAgreeIsNotSaved) {
  const auto refused = [&](const std::function<void(DualMoments&)>& change) {
    DualMoments changed = moments_;
    change(changed);
    return error_of(ErrorCode::usage, [&] { save_moments(changed, directory_.file("none.safetensors")); });
  };
  EXPECT_THAT(refused([](DualMoments& m) { m.labels.pop_back(); }), HasSubstr("do not agree"));
  EXPECT_THAT(refused([](DualMoments& m) { m.labels[3] = 2; }), HasSubstr("do not agree"));
  EXPECT_THAT(refused([](DualMoments& m) { m.class_counts[0] += 1; }), HasSubstr("do not agree"));
  EXPECT_THAT(refused([](DualMoments& m) { m.families[0].whitened = {}; }), HasSubstr("do not agree"));
  EXPECT_THAT(refused([](DualMoments& m) { m.gram = DenseI64(3, 3); }), HasSubstr("do not agree"));
}

}  // namespace
}  // namespace eigenlens::test
