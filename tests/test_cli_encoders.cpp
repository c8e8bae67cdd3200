// SPDX-License-Identifier: Apache-2.0
// What encoders write, and eigenlens encoders as a user meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "eigenlens/encoders.hpp"
#include "eigenlens/error.hpp"
#include "support/memory_dataset.hpp"
#include "support/program.hpp"
#include "support/samples.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CliEncoders : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string set_ = "generate:count=200,test_count=100,shape=1x8x8,classes=4";
  TemporaryDirectory directory_;
};

TEST_F(CliEncoders, WritesMatricesSheetAndTable) {
  const Outcome outcome =
      expect_success({"encoders", set_, "--pretext", "reconstruct", "--pretext", "mask:patch=2,ratio=0.5", "--k", "12",
                      "--out", path("out"), "--sheet", path("sheet.png"), "--json", path("encoders.json")});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("K = 12 features"), HasSubstr("mask:patch=2,ratio=0.5"),
                                 HasSubstr("alignment"), HasSubstr("Checked: ")));
  EXPECT_THAT(text("sheet.png"), StartsWith("\x89PNG"));
  for (const char* name : {"mean.npy", "std.npy", "frequency.npy"}) EXPECT_TRUE(fs::exists(path("out/") + name));
  for (const char* folder : {"reconstruct", "mask:patch=2,ratio=0.5"})
    for (const auto& [name, size] :
         {std::pair{"encoder", 64 * 12}, {"decoder", 64 * 12}, {"refit", 64 * 12}, {"classifier", 12 * 4}})
      EXPECT_EQ(fs::file_size(path("out/") + folder + "/" + name + ".npy"), 128U + 8U * static_cast<unsigned>(size));
  const auto json = nlohmann::json::parse(text("encoders.json"));
  EXPECT_EQ(json["format"], "eigenlens.encoders/1");
  EXPECT_EQ(json["k"], 12);
  EXPECT_EQ(json["sheet"], path("sheet.png"));
  ASSERT_EQ(json["encoders"].size(), 2U);
  EXPECT_EQ(json["encoders"][1]["pretext"]["spec"], "mask:patch=2,ratio=0.5");
  EXPECT_EQ(json["encoders"][1]["eigenvalues"].size(), 12U);
  EXPECT_LT(json["encoders"][1]["checks"]["residual"], 1e-9);
  EXPECT_GT(json["encoders"][1]["reconstruction_clean"], json["encoders"][1]["reconstruction_refit"]);
}

TEST_F(CliEncoders, TakesMomentsAndNoLabels) {
  expect_success({"moments", set_, "--out", path("m.safetensors")});
  const Outcome outcome =
      expect_success({"encoders", path("m.safetensors"), "--pretext", "gaussian:sigma=1", "--without-labels", "--out",
                      path("out"), "--json", path("e.json"), "--sheet", path("s.png")});
  EXPECT_THAT(outcome.out, HasSubstr("no labels are used"));
  EXPECT_FALSE(fs::exists(path("out/frequency.npy")));
  EXPECT_FALSE(fs::exists(path("out/gaussian:sigma=1/classifier.npy")));
  const auto json = nlohmann::json::parse(text("e.json"));
  EXPECT_FALSE(json["encoders"][0].contains("alignment"));
  const Outcome quiet = expect_success({"encoders", path("m.safetensors"), "-p", "reconstruct", "--k", "2", "-q"});
  EXPECT_THAT(quiet.err, IsEmpty());
  EXPECT_THAT(quiet.out, Not(IsEmpty()));
}

TEST_F(CliEncoders, RefusesBeforeItReads) {
  const std::vector<std::string> command = {"encoders", set_, "--pretext", "reconstruct"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), command.begin(), command.end());
    return more;
  };
  expect_failure(with({"--k", "0"}), 2, "--k");
  expect_failure(with({"--k", "65"}), 2, "K = 65");
  expect_failure(with({"--pretext", "reconstruct", "--out", path("out")}), 2, "give each pretext once");
  expect_failure(with({"--sheet", path("sheet.jpg")}), 2, "must end in .png");
  expect_failure(with({"--out", path("no/where")}), 4, "there is no folder");
  expect_failure(with({"--json", path("x.json"), "--sheet", path("x.json")}), 2, "x.json");
  std::ofstream(path("file")) << "x";
  expect_failure(with({"--out", path("file")}), 4, "a file is in the folder's place");
  expect_failure(with({"--out", directory_.file(".")}), 2, "is not empty");
  expect_failure({"encoders", set_, "--pretext", "joint:lambda=1", "--without-labels"}, 2, "learns from labels");
  expect_failure({"encoders", set_, "--pretext", "reconstruct", "--memory", "1M"}, 5, "");
  expect_failure({"encoders", set_}, 2, "--pretext");
  EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(CliEncoders, TakesAFolderWithASlashBehindIt) {
  expect_success({"encoders", set_, "--pretext", "reconstruct", "--k", "2", "--quiet", "--out", path("slash/")});
  EXPECT_TRUE(fs::exists(path("slash/reconstruct/encoder.npy")));
  expect_failure({"encoders", set_, "--pretext", "reconstruct", "--out", path("slash/")}, 2, "is not empty");
}

TEST_F(CliEncoders, SheetsAreOfImagesOnly) {
  Samples vectors = random_pixels({.channels = 1, .height = 1, .width = 6}, 50, 2, 3);
  const Moments moments = engine_moments(vectors);
  save_moments(moments, path("v.safetensors"));
  expect_failure({"encoders", path("v.safetensors"), "--pretext", "reconstruct", "--sheet", path("s.png")}, 2,
                 "no images");
  EncodersResult result = encoders(moments, parse_all({"reconstruct"}), Device({.name = "cpu", .threads = 1}));
  EXPECT_THROW(draw_encoders(result, path("s.png")), Error);
  EXPECT_FALSE(fs::exists(path("s.png")));
  result.encoders.push_back(result.encoders.front());
  EXPECT_THROW(write_encoders(result, path("w")), Error);
  EXPECT_FALSE(fs::exists(path("w")));
}

}  // namespace
}  // namespace eigenlens::test
