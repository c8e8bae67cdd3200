// SPDX-License-Identifier: Apache-2.0
// What the program says of devices. CUDA is played by tests/plugins/pretended_cuda.cpp: cuda:0 is old, cuda:1 (1 GiB
// free) and cuda:2 (2 GiB free) can be used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/moved.hpp"
#include "support/program.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// A library in place of libeigenlens_cuda, for the programs that a test runs. EIGENLENS_DEVICE of whoever runs the
/// tests does not count.
class CliWithCuda : public ::testing::Test {
 protected:
  CliWithCuda() {
    const char* device = std::getenv("EIGENLENS_DEVICE");
    before_ = device ? device : "";
    unsetenv("EIGENLENS_DEVICE");
    set_environment(moved(EIGENLENS_PRETENDED_CUDA), "");
  }
  ~CliWithCuda() override {
    unsetenv("EIGENLENS_CUDA_LIBRARY");
    unsetenv("EIGENLENS_PRETEND");
    unsetenv("EIGENLENS_DEVICE");
    if (!before_.empty()) setenv("EIGENLENS_DEVICE", before_.c_str(), 1);
  }
  CliWithCuda(const CliWithCuda&) = delete;
  CliWithCuda& operator=(const CliWithCuda&) = delete;

  static void set_environment(const std::string& library, const std::string& pretend) {
    setenv("EIGENLENS_CUDA_LIBRARY", library.c_str(), 1);
    setenv("EIGENLENS_PRETEND", pretend.c_str(), 1);
  }
  static void pretend(const std::string& what) { set_environment(moved(EIGENLENS_PRETENDED_CUDA), what); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_.file(name); }
  /// A data set of 8 × 8 images.
  [[nodiscard]] std::string set() const {
    const Outcome made = run_program({"generate", path("set"), "--count", "200", "--test-count", "10", "--shape", "8x8",
                                      "--classes", "4", "--quiet"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return path("set");
  }
  [[nodiscard]] Outcome sweep(const std::string& data, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"sweep", data, "--pretext", "reconstruct", "--out", path("c.json")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome swept = run_program(arguments);
    EXPECT_EQ(swept.exit_code, 0) << swept.err;
    return swept;
  }
  [[nodiscard]] nlohmann::json written() const { return nlohmann::json::parse(text_of(path("c.json"))); }
  /// The message; the run must fail with this code and print nothing on stdout.
  static std::string failure(const std::vector<std::string>& arguments, int code) {
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.exit_code, code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("eigenlens: error: "));
    EXPECT_THAT(outcome.out, IsEmpty());
    return outcome.err;
  }

 private:
  TemporaryDirectory folder_;
  std::string before_;
};

// info.

TEST_F(CliWithCuda, InfoListsEveryDevice) {
  const Outcome info = run_program({"info", "--device", "auto"});
  EXPECT_EQ(info.exit_code, 0) << info.err;
  EXPECT_THAT(info.out, AllOf(HasSubstr("chosen         cuda:1, because auto takes the first"),
                              HasSubstr("cuda_runtime   13.0"), HasSubstr("cuda:0         Old, compute capability 7.5"),
                              HasSubstr("cannot be used: compute capability 7.5 is too old"),
                              HasSubstr("cuda:2         Newer, compute capability 9.0, 2.00 GiB of 8.00 GiB free\n"),
                              HasSubstr("\nhost memory "), HasSubstr("\nhost_processor ")));
  pretend("no driver");
  for (const char* device : {"auto", "cpu"}) {
    const Outcome none = run_program({"info", "--device", device});
    EXPECT_EQ(none.exit_code, 0) << none.err;
    EXPECT_THAT(none.out, HasSubstr("because this machine has no NVIDIA driver")) << device;
  }
}

/// Values stand below each other, and the driver's version is there once, in the same words on every device.
TEST_F(CliWithCuda, InfoIsATable) {
  for (const char* device : {"auto", "cpu", "cuda:2"}) {
    const std::string text = run_program({"info", "--device", device}).out;
    const auto driver = text.find("cuda_driver");
    ASSERT_NE(driver, std::string::npos) << text;
    EXPECT_EQ(text.find("cuda_driver", driver + 1), std::string::npos) << text;
    EXPECT_THAT(text, ContainsRegex("\ncuda_driver +CUDA 13.0 \\(580.65.06\\)\n"));
    const auto column = text.find("CUDA 13.0") - driver;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      ASSERT_GT(line.size(), column) << line;
      EXPECT_EQ(line[column - 1], ' ') << line;
      EXPECT_NE(line[column], ' ') << line;
    }
  }
}

TEST_F(CliWithCuda, InfoOfADataSetNamesDeviceAndReason) {
  const std::string data = set();
  EXPECT_THAT(run_program({"info", data}).out,
              AllOf(ContainsRegex("\nmoments +[^\n]* on cuda:1, [^\n]*\\(cuda:1, because auto takes"),
                    ContainsRegex("\nsweep +[^\n]* on cuda:1, [^\n]*\\(cuda:1, because auto takes")));
  pretend("full");
  const std::string too_small = run_program({"info", data}).out;
  EXPECT_THAT(too_small, AllOf(ContainsRegex("\nmoments [^\n]*\\(cpu, because cuda:1, which auto chose, is too small"),
                               ContainsRegex("\nsweep [^\n]*\\(cpu, because cuda:1, which auto chose, is too small"),
                               Not(HasSubstr("does not fit"))));
  const std::string forced = run_program({"info", data, "--device", "cuda"}).out;
  EXPECT_THAT(forced, AllOf(ContainsRegex("\nmoments [^\n]*: does not fit \\(cuda:1, because --device cuda was asked"),
                            ContainsRegex("\nsweep [^\n]*: does not fit \\(cuda:1, because --device cuda was asked")));
}

// Devices that are not there.

TEST_F(CliWithCuda, ForcedDevicesThatAreNotThere) {
  EXPECT_THAT(failure({"info", "--device", "cuda:3"}, 7),
              AllOf(HasSubstr("cuda:0 to cuda:2"), EndsWith("; eigenlens info shows what there is\n")));
  EXPECT_THAT(failure({"info", "--device", "cuda:0"}, 7), HasSubstr("too old"));
  set_environment("/nowhere/lib.so", "");
  EXPECT_THAT(failure({"info", "--device", "cuda"}, 7), HasSubstr("/nowhere/lib.so"));
  EXPECT_EQ(run_program({"info"}).exit_code, 0) << "auto falls to the CPU";
}

TEST_F(CliWithCuda, TheEnvironmentIsNamed) {
  setenv("EIGENLENS_DEVICE", "cuda:3", 1);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"info"}, std::vector<std::string>{"info", "--device", "auto"}})
    EXPECT_THAT(failure(arguments, 7), AllOf(HasSubstr("'cuda:3' (from EIGENLENS_DEVICE, which overrides auto)"),
                                             EndsWith("; eigenlens info --device cpu shows what there is\n")));
  EXPECT_EQ(run_program({"info", "--device", "cpu"}).exit_code, 0);
  setenv("EIGENLENS_DEVICE", "gpu", 1);
  EXPECT_THAT(failure({"info"}, 2), AllOf(HasSubstr("'gpu' (from EIGENLENS_DEVICE"), HasSubstr("cuda or cuda:N")));
  const std::string data = set();
  pretend("full");
  setenv("EIGENLENS_DEVICE", "cuda:2", 1);
  EXPECT_THAT(failure({"sweep", data, "--pretext", "reconstruct"}, 5),
              AllOf(HasSubstr("of the memory of cuda:2"), HasSubstr("because EIGENLENS_DEVICE says so")));
}

// What a sweep says.

TEST_F(CliWithCuda, ResultsSayWhichDeviceAndWhy) {
  const std::string data = set();
  const Outcome swept = sweep(data);
  EXPECT_THAT(swept.err,
              AllOf(HasSubstr("inputs on cuda:1 need"), HasSubstr("inputs on cuda:1, "), Not(HasSubstr("on the CPU"))));
  EXPECT_THAT(swept.out, HasSubstr("\nComputed on cuda:1.\n"));
  const auto provenance = written().at("provenance");
  EXPECT_EQ(provenance.at("device"), "cuda:1");
  EXPECT_EQ(provenance.at("moments_device"), "cuda:1");
  EXPECT_THAT(provenance.at("chosen").get<std::string>(), StartsWith("cuda:1, because auto"));
  EXPECT_EQ(written().at("timings").at(0).at("stage"), "reading and moments");
  EXPECT_GT(written().at("timings").at(0).at("seconds").get<double>(), 0);
}

TEST_F(CliWithCuda, AFallbackIsOneLineUnlessQuiet) {
  const std::string data = set();
  pretend("full");
  const Outcome swept = sweep(data);
  EXPECT_THAT(swept.err, AllOf(ContainsRegex("eigenlens: on the CPU: cuda:1 is too small for these moments \\([0-9.]+ "
                                             "MiB needed, 16.0 MiB free\\)\n"),
                               ContainsRegex("eigenlens: on the CPU: cuda:1 is too small for this sweep \\([0-9.]+ MiB "
                                             "needed, 16.0 MiB free\\)\n"),
                               HasSubstr("inputs on the CPU need"), HasSubstr("inputs on the CPU, ")));
  EXPECT_THAT(swept.out, HasSubstr("\nComputed on the CPU ("));
  EXPECT_THAT(written().at("provenance").at("chosen").get<std::string>(),
              StartsWith("cpu, because cuda:1, which auto chose, is too small for this sweep: "));
  EXPECT_THAT(sweep(data, {"--quiet"}).err, IsEmpty());
}

TEST_F(CliWithCuda, MomentsAndSweepMayBeMadeByTwoDevices) {
  const std::string data = set();
  pretend("small");
  const Outcome swept = sweep(data);
  EXPECT_THAT(swept.err, AllOf(HasSubstr("inputs on cuda:1 need"), HasSubstr("inputs on the CPU, "),
                               HasSubstr("on the CPU: D = 64 is beyond the largest problem of cuda:1, 3\n")));
  const auto provenance = written().at("provenance");
  EXPECT_EQ(provenance.at("device"), "cpu");
  EXPECT_EQ(provenance.at("moments_device"), "cuda:1");
  EXPECT_EQ(provenance.at("chosen"),
            "cpu, because D = 64 is beyond the largest problem of cuda:1, which auto chose: 3");
  const Outcome kept = run_program({"moments", data, "--out", path("m.safetensors")});
  EXPECT_THAT(kept.out, HasSubstr(" s on cuda:1, written to"));
  EXPECT_THAT(sweep(path("m.safetensors")).out, HasSubstr("Computed on the CPU"));
  EXPECT_FALSE(written().at("provenance").contains("moments_device")) << "a moments file does not say";
}

TEST_F(CliWithCuda, WhatIsBrokenIsSaidAndWhatIsAbsentIsNot) {
  const std::string data = set();
  const auto said = [&](const std::string& how) {
    pretend(how);
    return sweep(data).err;
  };
  EXPECT_THAT(said("no driver"), Not(HasSubstr("on the CPU: ")));
  EXPECT_THAT(said("old driver"), HasSubstr("eigenlens: on the CPU: the NVIDIA driver is too old\n"));
  EXPECT_THAT(said("broken"), HasSubstr("cuda:2: cusolverDnCreate failed\n"));
  EXPECT_THAT(said("build"), AllOf(HasSubstr("eigenlens: on the CPU: "), HasSubstr("another build")));
  EXPECT_THAT(sweep(data, {"--quiet"}).err, IsEmpty());
}

}  // namespace
}  // namespace eigenlens::test
