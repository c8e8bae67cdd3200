// SPDX-License-Identifier: Apache-2.0
// sweep --test as a user meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
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
using ::testing::Not;

class CliProbe : public ::testing::Test {
 protected:
  CliProbe() { generate("set", "1x8x8"); }

  void generate(const std::string& name, const std::string& shape) const {
    const Outcome made = run_program({"generate", path(name), "--count", "400", "--test-count", "150", "--shape", shape,
                                      "--classes", "6", "--quiet"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }

  [[nodiscard]] nlohmann::json swept(const std::string& data, const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"sweep", data, "--pretext", "reconstruct", "--out", path("out.json"), "-q"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    std::ifstream file(path("out.json"));
    return nlohmann::json::parse(file);
  }

 private:
  TemporaryDirectory directory_;
};

TEST_F(CliProbe, TheOtherSplitOfTheSameFolderIsTheTestSet) {
  const Outcome outcome = run_program({"sweep", path("set"), "--test", path("set"), "-p", "reconstruct", "-p",
                                       "mask:patch=2,ratio=0.5", "--csv", path("out.csv")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("read on 150 samples"), HasSubstr("accuracy (%) at K ="),
                                 HasSubstr("95 % interval of the best")));
  EXPECT_THAT(outcome.err, HasSubstr("one pass over the test set"));
}

TEST_F(CliProbe, AMomentsFileAndASplitGiveTheSame) {
  const nlohmann::json own = swept(path("set"), {"--test", path("set")});
  EXPECT_EQ(own["probe"]["n"], 150);
  EXPECT_EQ(own["probe"]["ridge"], 0.0);
  ASSERT_EQ(run_program({"moments", path("set"), "--out", path("m.safetensors"), "-q"}).exit_code, 0);
  const nlohmann::json saved = swept(path("m.safetensors"), {"--test", path("set"), "--format", "idx"});
  EXPECT_EQ(saved["curves"][0]["probe"], own["curves"][0]["probe"]);
  const nlohmann::json training = swept(path("set"), {"--test", path("set"), "--test-split", "train"});
  EXPECT_EQ(training["probe"]["n"], 400);
  const nlohmann::json ridge = swept(path("set"), {"--test", path("set"), "--ridge", "0.1", "--k", "5"});
  EXPECT_EQ(ridge["curves"][0]["probe"]["top1"].size(), 1U);
  EXPECT_GT(ridge["curves"][0]["probe"]["training_squared_error"][0].get<double>(),
            own["curves"][0]["probe"]["training_squared_error"][4].get<double>());
}

TEST_F(CliProbe, WithoutATestSetThereIsNoProbe) {
  const nlohmann::json result = swept(path("set"), {});
  EXPECT_FALSE(result.contains("probe"));
  EXPECT_FALSE(result["curves"][0].contains("probe"));
}

TEST_F(CliProbe, RefusesWhatCannotBeATestSet) {
  generate("other", "1x8x9");
  const std::vector<std::string> sweep = {"sweep", path("set"), "-p", "reconstruct"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), sweep.begin(), sweep.end());
    return more;
  };
  expect_failure(with({"--test", path("other")}), 3, "1 x 8 x 9");
  expect_failure(with({"--test", path("nowhere")}), 4, "nowhere");
  expect_failure(with({"--test", path("set"), "--test-split", "dev"}), 2, "dev");
  expect_failure(with({"--test", path("set"), "--ridge", "-1"}), 2, "--ridge -1");
  EXPECT_EQ(run_program(with({"--ridge", "1"})).exit_code, 2);
  EXPECT_EQ(run_program(with({"--test-split", "test"})).exit_code, 2);
  ASSERT_EQ(run_program({"moments", path("set"), "--out", path("m.safetensors"), "-q"}).exit_code, 0);
  expect_failure(with({"--test", path("m.safetensors")}), 2, "accuracy needs samples");
  expect_failure({"sweep", path("m.safetensors"), "--split", "train", "--test", path("set"), "-p", "reconstruct"}, 2,
                 "--split says how to read a data set");
  expect_failure(with({"--test", path("set"), "--out", path("set")}), 4, "set");
}

TEST_F(CliProbe, ADamagedTestSetIsNamed) {
  for (const auto& entry : std::filesystem::directory_iterator(path("set")))
    if (entry.path().filename().string().starts_with("t10k-images"))
      std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) - 10);
  expect_failure({"sweep", path("set"), "--test", path("set"), "-p", "reconstruct"}, 3, "t10k-images");
}

}  // namespace
}  // namespace eigenlens::test
