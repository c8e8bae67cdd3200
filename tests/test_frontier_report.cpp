// SPDX-License-Identifier: Apache-2.0
// What the frontier writes, and eigenlens frontier as a user meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eigenlens/error.hpp"
#include "eigenlens/frontier.hpp"
#include "support/program.hpp"
#include "support/samples.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class FrontierReport : public ::testing::Test {
 protected:
  TemporaryDirectory folder_;
  Moments moments_ = engine_moments(random_pixels({.channels = 1, .height = 4, .width = 4}, 120, 3, 5));
  FrontierResult result_ = frontier(moments_, {0.01, 1}, Device({.name = "cpu", .threads = 1}));

  std::string saved_moments() {
    save_moments(moments_, folder_.file("m.safetensors"));
    return folder_.file("m.safetensors");
  }
};

TEST_F(FrontierReport, JsonHasEveryNumber) {
  const std::string path = folder_.file("f.json");
  ReportOptions options;
  options.k = {1, 3};
  write_json(result_, path, options);
  const auto json = nlohmann::json::parse(bytes_of(path));
  EXPECT_EQ(json["format"], "eigenlens.frontier/1");
  EXPECT_EQ(json["k"], (std::vector<int>{1, 3}));
  EXPECT_EQ(json["energy"]["targets"], 120.0);
  ASSERT_EQ(json["points"].size(), 4U);
  EXPECT_EQ(json["points"][0]["lambda"], 0.0);
  EXPECT_EQ(json["points"][3]["lambda"], "inf");
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& point = json["points"][i];
    EXPECT_EQ(point["supervised_loss"][1], result_.points[i].supervised_loss[2]);
    EXPECT_EQ(point["reconstruction_loss"][0], result_.points[i].reconstruction_loss[0]);
    EXPECT_EQ(point["alignment"][1], result_.points[i].alignment[2]);
  }
  EXPECT_EQ(json["perfect_alignment"]["target_rank"], 2);
  EXPECT_EQ(json["perfect_alignment"]["residual"].size(), 2U);
  EXPECT_EQ(json["perfect_alignment"]["angles_at_rank"].size(), 2U);
}

TEST_F(FrontierReport, CsvHasALineAPointAndK) {
  const std::string path = folder_.file("f.csv");
  write_csv(result_, path);
  const std::string text = bytes_of(path);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 4 * result_.rank);
  EXPECT_THAT(text, HasSubstr("\ninf,1,"));
}

TEST_F(FrontierReport, TableSaysWhatIsGainedAndWhatItCosts) {
  const std::string table = format_table(result_);
  EXPECT_THAT(table, HasSubstr("Most is gained at K = "));
  EXPECT_THAT(table, HasSubstr("instead of"));
  EXPECT_THAT(table, HasSubstr("The 2 directions of the classes and the first 2 principal components are"));
}

TEST_F(FrontierReport, RefusesWhatIsNotThere) {
  ReportOptions options;
  options.k = {result_.rank + 1};
  EXPECT_THROW(write_json(result_, folder_.file("x.json"), options), Error);
  EXPECT_FALSE(std::filesystem::exists(folder_.file("x.json")));
  FrontierResult broken = result_;
  broken.points[1].alignment.pop_back();
  EXPECT_THROW(format_table(broken), Error);
  broken = result_;
  broken.points.pop_back();
  EXPECT_THROW(format_table(broken), Error) << "no limit of large weights";
}

TEST_F(FrontierReport, JointCurvesComeBackFromTheirFile) {
  const std::string data = saved_moments(), json = folder_.file("c.json"), csv = folder_.file("c.csv");
  const Outcome swept =
      run_program({"sweep", data, "--pretext", "reconstruct", "--pretext", "joint:lambda=log:0.01:100:3", "--pretext",
                   "joint:lambda=inf", "--out", json, "--csv", csv, "--device", "cpu"});
  ASSERT_EQ(swept.exit_code, 0) << swept.err;
  const auto document = nlohmann::json::parse(bytes_of(json));
  EXPECT_EQ(document["curves"][2]["pretext"]["spec"], "joint:lambda=1");
  EXPECT_EQ(document["curves"][2]["pretext"]["lambda"], 1.0);
  EXPECT_EQ(document["curves"][4]["pretext"]["lambda"], "inf");
  EXPECT_THAT(bytes_of(csv), HasSubstr("\n\"joint:lambda=inf\",joint,,,,,,,inf,1,"));
  const Outcome drawn = run_program({"plot", json, "--out", folder_.file("c.svg")});
  if (drawn.exit_code == 7) GTEST_SKIP() << "everything but the picture was tested: " << drawn.err;
  EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
  EXPECT_THAT(bytes_of(folder_.file("c.svg")), HasSubstr("joint:lambda=inf"));
}

TEST_F(FrontierReport, CommandWritesDrawsAndExports) {
  const std::string data = saved_moments(), json = folder_.file("f.json"), maps = folder_.file("maps");
  const Outcome run = run_program({"frontier", data, "--lambda", "0.1", "--lambda", "log:1:100:2", "--k", "1-4",
                                   "--out", json, "--export", maps, "--export-k", "3", "--device", "cpu"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("plain reconstruction"));
  EXPECT_EQ(nlohmann::json::parse(bytes_of(json))["points"].size(), 5U);
  for (const char* file : {"mean.npy", "std.npy", "frequency.npy", "lambda-0/encoder.npy", "lambda-0.1/classifier.npy",
                           "lambda-100/decoder.npy", "lambda-inf/encoder.npy"})
    EXPECT_TRUE(std::filesystem::is_regular_file(maps + "/" + file)) << file;
  EXPECT_THAT(bytes_of(maps + "/lambda-1/encoder.npy"), HasSubstr("'shape': (16, 3)"));
  EXPECT_THAT(bytes_of(maps + "/lambda-1/classifier.npy"), HasSubstr("'shape': (3, 3)"));
  const Outcome drawn = run_program({"plot", json, "--out", folder_.file("f.svg")});
  if (drawn.exit_code == 7) GTEST_SKIP() << "everything but the picture was tested: " << drawn.err;
  EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
  EXPECT_THAT(bytes_of(folder_.file("f.svg")), HasSubstr("K = 4"));
}

TEST_F(FrontierReport, CommandRefusesBadInputInOneSentence) {
  const std::string data = saved_moments();
  const auto refuse = [&](std::vector<std::string> options, int code, const char* says) {
    options.insert(options.begin(), {"frontier", data, "--device", "cpu"});
    const Outcome run = run_program(options);
    EXPECT_EQ(run.exit_code, code) << run.err;
    EXPECT_THAT(run.err, HasSubstr(says));
    EXPECT_THAT(run.out, IsEmpty());
  };
  refuse({"--lambda", "-1"}, 2, "lambda=-1 is negative");
  refuse({"--lambda", "much"}, 2, "lambda=much is not a number");
  refuse({"--lambda", "log:0:1:3"}, 2, "two positive numbers");
  refuse({"--lambda", "log:1"}, 2, "expected log:FIRST:LAST:n");
  refuse({"--k", "17"}, 2, "at most rank 16");
  refuse({"--k", "0"}, 2, "0");
  refuse({"--export", folder_.file("maps")}, 2, "go together");
  refuse({"--export-k", "3"}, 2, "go together");
  refuse({"--export", folder_.file("maps"), "--export-k", "-2"}, 2, "expected 1 or more");
  refuse({"--export", folder_.file("maps"), "--export-k", "17"}, 2, "expected 1 to 16");
  refuse({"--export", data, "--export-k", "2"}, 4, "a file is in the folder's place");
  refuse({"--export", folder_.file("no/maps"), "--export-k", "2"}, 4, "there is no folder");
}

TEST_F(FrontierReport, DamagedFilesAreNotDrawn) {
  const std::string path = folder_.file("f.json");
  write_json(result_, path);
  const std::string whole = bytes_of(path);
  const auto refuse = [&](const std::string& from, const std::string& to, const char* says) {
    std::string text = whole;
    const auto place = text.find(from);
    ASSERT_NE(place, std::string::npos) << from;
    text.replace(place, from.size(), to);
    const std::string broken = folder_.write("broken.json", text);
    try {
      plot_result(broken, folder_.file("broken.svg"));
      FAIL() << says;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::data);
      EXPECT_THAT(error.what(), HasSubstr(says));
    }
  };
  refuse("frontier/1", "frontier/2", "this version reads eigenlens.frontier/1");
  refuse("\"inf\"", "\"much\"", "a number or inf");
  refuse("\"supervised_share\":[", "\"supervised_share\":[0.5,", "one for each K");
  refuse("\"points\"", "\"dots\"", "points");
}

}  // namespace
}  // namespace eigenlens::test
