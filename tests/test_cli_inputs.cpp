// SPDX-License-Identifier: Apache-2.0
// No output may take the place of what is read, whichever option named it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/program.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

class CliInputs : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(
        run_program({"generate", images_, "--count", "200", "--test-count", "20", "--shape", "8x8", "-q"}).exit_code,
        0);
    for (const auto& entry : std::filesystem::directory_iterator(images_)) files_.push_back(entry.path().string());
  }

  TemporaryDirectory directory_;
  std::string images_ = directory_.file("images");
  std::vector<std::string> files_;
};

TEST_F(CliInputs, FilesOfTheDataSetStay) {
  ASSERT_FALSE(files_.empty());
  for (const std::string& file : files_) {
    const auto size = std::filesystem::file_size(file);
    const Outcome run = run_program({"sweep", images_, "-p", "reconstruct", "--out", file});
    EXPECT_EQ(run.exit_code, 2) << run.err;
    EXPECT_THAT(run.err, HasSubstr("is there already, in the data set"));
    EXPECT_EQ(std::filesystem::file_size(file), size);
  }
  EXPECT_EQ(run_program({"sweep", images_, "-p", "reconstruct", "--out", images_ + "/new.json", "-q"}).exit_code, 0);
  EXPECT_EQ(run_program({"sweep", images_, "-p", "reconstruct", "--out", images_ + "/new.json", "-q"}).exit_code, 0)
      << "a result may be written anew";
}

TEST_F(CliInputs, FilesThatOptionsNameStay) {
  const std::string masks = directory_.file("masks.npy");
  ASSERT_EQ(
      run_program({"masks", "crop:patch=2,size=2", "--shape", "8x8", "--count", "5", "--out", masks, "-q"}).exit_code,
      0);
  const Outcome run = run_program({"sweep", images_, "-p", "masks:" + masks + ",patch=2", "--csv", masks});
  EXPECT_EQ(run.exit_code, 2) << run.err;
  EXPECT_THAT(run.err, HasSubstr("is an input and would be overwritten"));
}

TEST_F(CliInputs, MapsAreNotMixed) {
  const std::string folder = directory_.file("maps");
  const std::vector<std::string> command = {"frontier", images_,      "--lambda", "1", "--export",
                                            folder,     "--export-k", "3",        "-q"};
  ASSERT_EQ(run_program(command).exit_code, 0);
  const Outcome again = run_program(command);
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("is not empty: name a folder that is"));
}

TEST_F(CliInputs, WhyTheDualFormIsNotTaken) {
  const std::string few = directory_.file("few");
  ASSERT_EQ(run_program({"generate", few, "--count", "40", "--test-count", "10", "--shape", "8x8", "-q"}).exit_code, 0);
  const Outcome run = run_program({"sweep", few, "-p", "reconstruct", "-p", "crop:patch=2,size=2"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("though there are only 40 samples: crop:patch=2,size=2 needs it"));
}

}  // namespace
}  // namespace eigenlens::test
