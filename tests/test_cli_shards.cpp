// SPDX-License-Identifier: Apache-2.0
// sweep --jackknife and advise as a user meets them: what they print, and what they refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/program.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class CliShards : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }

  /// 400 images of 8 × 8 of four classes.
  std::string set() const {
    succeed({"generate", path("set"), "--count", "400", "--test-count", "200", "--shape", "8x8", "--classes", "4"});
    return path("set");
  }
  static Outcome succeed(const std::vector<std::string>& arguments) {
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome;
  }

 private:
  TemporaryDirectory directory_;
};

TEST_F(CliShards, JackknifeOfADataSet) {
  const Outcome sweep = succeed({"sweep", set(), "--pretext", "reconstruct", "--pretext", "mask:patch=2,ratio=0.5",
                                 "--k", "4,8", "--jackknife", "4", "--out", path("c.json"), "--csv", path("c.csv")});
  EXPECT_THAT(sweep.out, AllOf(HasSubstr(" ± "), HasSubstr("one of 4 shards")));
  EXPECT_THAT(sweep.err, HasSubstr("the jackknife takes 5 sweeps"));
  const auto json = nlohmann::json::parse(std::ifstream(path("c.json")));
  EXPECT_EQ(json.at("jackknife").at("shards"), 4);
  const auto& jackknife = json.at("curves")[1].at("jackknife");
  EXPECT_EQ(jackknife.at("k"), nlohmann::json({4, 8}));
  for (const char* key : {"alignment_se", "alignment_low", "alignment_high", "gain", "gain_se"})
    EXPECT_EQ(jackknife.at(key).size(), 2U) << key;
  std::ifstream csv(path("c.csv"));
  std::string header;
  std::getline(csv, header);
  EXPECT_TRUE(header.ends_with("probe_training_squared_error,alignment_se,alignment_low,alignment_high,gain,gain_se"))
      << header;
}

TEST_F(CliShards, MomentsFilesAreShards) {
  const std::string data = set();
  succeed({"moments", data, "--out", path("a"), "--quiet"});
  succeed({"moments", data, "--split", "test", "--out", path("b"), "--quiet"});
  const Outcome sweep =
      succeed({"sweep", path("a"), path("b"), "--pretext", "reconstruct", "--k", "4", "--jackknife", "-q"});
  EXPECT_THAT(sweep.out, HasSubstr("one of 2 shards"));
  expect_failure({"sweep", path("a"), path("b"), "--pretext", "reconstruct"}, 2, "shards of --jackknife");
  expect_failure({"sweep", path("a"), "--pretext", "reconstruct", "--jackknife"}, 2, "cannot be taken apart");
  expect_failure({"sweep", path("a"), path("a"), "--pretext", "reconstruct", "--jackknife"}, 2, "the same file");
  expect_failure({"sweep", path("a"), data, "--pretext", "reconstruct", "--jackknife"}, 2, "is not a moments file");
  expect_failure({"sweep", path("a"), path("b"), "--pretext", "reconstruct", "--jackknife", "3"}, 2, "2 moments files");
  expect_failure({"sweep", path("a"), path("b"), "--split", "test", "--pretext", "reconstruct", "--jackknife"}, 2,
                 "--split");
}

TEST_F(CliShards, NumbersOfShards) {
  const std::string data = set();
  for (const char* wrong : {"1", "0", "-3", "101", "many", "2.5"})
    expect_failure({"sweep", data, "--pretext", "reconstruct", "--jackknife", wrong}, 2, "from 2 to 100");
  succeed({"generate", path("few"), "--count", "8", "--test-count", "4", "--shape", "8x8", "--classes", "2"});
  expect_failure({"sweep", path("few"), "--pretext", "reconstruct", "--jackknife", "9"}, 3, "9 shards");
  expect_failure({"sweep", data, "--pretext", "reconstruct", "--jackknife", "--memory", "1K"}, 5, "memory budget");
}

TEST_F(CliShards, Advise) {
  const std::string data = set();
  const Outcome advice = succeed({"advise", data, "--k", "4", "--out", path("advice.json")});
  EXPECT_THAT(advice.out, AllOf(HasSubstr("smallest K for"), HasSubstr("What this can say")));
  EXPECT_THAT(advice.err, HasSubstr("advice: up to "));
  const auto json = nlohmann::json::parse(std::ifstream(path("advice.json")));
  EXPECT_EQ(json.at("k"), 4);
  EXPECT_EQ(json.at("jackknife").at("shards"), 5);
  EXPECT_THAT(json.at("provenance").at("command").get<std::string>(), StartsWith("eigenlens advise "));
  succeed({"moments", data, "--out", path("m"), "--quiet"});
  EXPECT_THAT(succeed({"advise", path("m"), "--k", "4", "-q"}).out, HasSubstr("How sure a gain is"));
  EXPECT_THAT(succeed({"advise", path("m"), "--without-labels", "-q"}).out, HasSubstr("Without labels"));
}

TEST_F(CliShards, AdviceThatCannotBeGiven) {
  const std::string data = set();
  expect_failure({"advise"}, 2, "DATA is required");
  expect_failure({"advise", data, "--k", "0"}, 2, "--k");
  expect_failure({"advise", data, "--k", "65"}, 2, "rank 64");
  expect_failure({"advise", data, "--jackknife", "1"}, 2, "from 2 to 100");
  expect_failure({"advise", data, "--without-labels", "--jackknife", "5"}, 2, "--without-labels");
  expect_failure({"advise", data, "--out", path("no/a.json")}, 4, "does not exist");
  expect_failure({"advise", path("nowhere")}, 4, "nowhere");
  expect_failure({"advise", data, "--memory", "1K"}, 5, "memory budget");
}

}  // namespace
}  // namespace eigenlens::test
