// SPDX-License-Identifier: Apache-2.0
// The commands bands and learning, as a user meets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "support/dataset_files.hpp"
#include "support/program.hpp"
#include "support/stored_set.hpp"

namespace eigenlens::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class CliBands : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// The SVG of a result; nothing on a machine without gnuplot.
  [[nodiscard]] std::string drawn(const std::string& name) const {
    const Outcome outcome = run_program({"plot", path(name), "--out", path("picture.svg")});
    EXPECT_THAT(outcome.exit_code, AnyOf(0, 7)) << outcome.err;
    return outcome.exit_code == 0 ? text("picture.svg") : "";
  }

  const std::string set_ = "generate:count=200,test_count=100,shape=1x8x8,classes=4";
  TemporaryDirectory directory_;
};

TEST_F(CliBands, WritesSetsSheetAndTable) {
  const Outcome outcome = expect_success({"bands", set_, "--top", "0.75", "--bottom", "0.25", "--out", path("out"),
                                          "--sheet", path("sheet.png"), "--test", set_, "--json", path("bands.json")});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("top-0.75: "), HasSubstr("bottom-0.25: "), HasSubstr("100 samples"),
                                 HasSubstr("from top to bottom originals, top-0.75, bottom-0.25"),
                                 HasSubstr("Half of the variance gives ")));
  EXPECT_THAT(text("sheet.png"), StartsWith("\x89PNG"));
  for (const char* band : {"top-0.75", "bottom-0.25"})
    for (const char* split : {"train", "test"}) {
      OpenOptions options;
      options.split = split;
      EXPECT_EQ(read_all(path("out/") + band, options).labels, read_all(set_, options).labels);
    }
  const auto json = nlohmann::json::parse(text("bands.json"));
  EXPECT_EQ(json["format"], "eigenlens.bands/1");
  EXPECT_EQ(json["test"]["n"], 100);
  EXPECT_EQ(json["bands"][0]["band"], "top-0.75");
  EXPECT_EQ(json["bands"][0]["folder"], path("out/top-0.75"));
  EXPECT_EQ(json["bands"][0]["leading"], json["bands"][1]["leading"]);
  EXPECT_EQ(json["table"].size(), 40U);
  EXPECT_EQ(json["accuracy_top"].size(), json["k"].size());
  EXPECT_EQ(json["dataset"]["rank"].get<std::size_t>() + 1, json["k"].size());
  EXPECT_THAT(drawn("bands.json"),
              AnyOf(IsEmpty(), AllOf(HasSubstr("<svg"), HasSubstr("directions of smallest variance"))));
}

TEST_F(CliBands, TableAloneNeedsNoBand) {
  const Outcome outcome = expect_success({"bands", set_, "--json", path("bands.json"), "--quiet"});
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(expect_success({"bands", set_, "-q"}).out, AllOf(HasSubstr("alignment"), Not(HasSubstr("accuracy"))));
  EXPECT_THAT(drawn("bands.json"), AnyOf(IsEmpty(), HasSubstr("alignment")));
}

TEST_F(CliBands, RefusesWhatCannotBe) {
  expect_failure({"bands", set_, "--top", "1.5", "--out", path("out")}, 2, "--top");
  expect_failure({"bands", set_, "--out", path("out")}, 2, "--out wants a band");
  expect_failure({"bands", set_, "--sheet", path("s.png")}, 2, "--sheet wants a band");
  expect_failure({"bands", set_, "--top", "0.5", "--top", "0.5"}, 2, "top-0.5 is asked for twice");
  expect_failure({"bands", set_, "--top", "0.5", "--sheet", path("s.jpg")}, 2, "must end in .png");
  expect_failure({"bands", set_, "--top", "0.5", "--test", set_, "--test-split", "moon"}, 2, "moon");
  fs::create_directories(path("full/top-0.5/x"));
  expect_failure({"bands", set_, "--top", "0.5", "--out", path("full")}, 2, "top-0.5 is not empty");
  expect_success({"moments", set_, "--out", path("m.safetensors")});
  expect_failure({"bands", path("m.safetensors"), "--top", "0.5"}, 2,
                 "is a moments file: bands are made of the samples");
  const std::string vectors = store_samples(directory_, "emb", random_pixels({1, 1, 9}, 40, 3, 1), ScalarType::float32);
  expect_failure({"bands", vectors, "--top", "0.5", "--sheet", path("s.png")}, 2, "they are no images");
  expect_success({"bands", vectors, "--top", "0.5", "--out", path("emb-bands")});
  expect_failure({"bands", set_, "--test", vectors, "--test-split", "train"}, 2, "1 x 1 x 9");
  EXPECT_FALSE(fs::exists(path("s.png")));
  EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(CliBands, LearningOfMomentsAndOfDataIsTheSame) {
  expect_success({"moments", set_, "--out", path("m.safetensors")});
  const Outcome outcome = expect_success(
      {"learning", path("m.safetensors"), "--out", path("l.json"), "--csv", path("l.csv"), "--initial", "1e-3"});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("90 %"), HasSubstr("strength 0.001")));
  EXPECT_EQ(expect_success({"learning", set_, "--initial", "1e-3", "-q"}).out, outcome.out);
  const auto json = nlohmann::json::parse(text("l.json"));
  EXPECT_EQ(json["format"], "eigenlens.learning/1");
  EXPECT_EQ(json["initial"], 1e-3);
  EXPECT_EQ(json["milestones"][1]["share"], 0.9);
  EXPECT_EQ(json["time"].size(), json["target"].size());
  EXPECT_EQ(json["classes"].size(), 4U);
  EXPECT_THAT(text("l.csv"), StartsWith("time,input,target\n0.1,"));
  EXPECT_THAT(drawn("l.json"), AnyOf(IsEmpty(), AllOf(HasSubstr("<svg"), HasSubstr("90 % at time"))));
  expect_failure({"learning", set_, "--initial", "0"}, 2, "initial strength = 0");
  expect_failure({"learning", set_, "--initial", "1"}, 2, "at most 0.05");
  expect_failure({"learning", set_, "--out", path("no/l.json")}, 4, "does not exist");
}

TEST_F(CliBands, DamagedResultsAreNamed) {
  directory_.write("l.json", R"({"format":"eigenlens.learning/1","time":[2,1]})");
  expect_failure({"plot", path("l.json"), "--out", path("l.svg")}, 3, "ascending");
  directory_.write("b.json", R"({"format":"eigenlens.bands/1","k":[0,1],"variance":[0]})");
  expect_failure({"plot", path("b.json"), "--out", path("b.svg")}, 3, "variance: expected 2 values");
}

}  // namespace
}  // namespace eigenlens::test
