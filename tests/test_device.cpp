// SPDX-License-Identifier: Apache-2.0
// Which device is taken and what is said when it is not there. CUDA is played by tests/plugins/pretended_cuda.cpp, so
// that every answer can be had on every machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "backend/backend.hpp"
#include "backend/plugin.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/sweep.hpp"
#include "support/moved.hpp"
#include "support/samples.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// An environment variable for the length of a test.
class Setting {
 public:
  Setting(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~Setting() {
    if (before_) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// CUDA as a test wants it; EIGENLENS_DEVICE of whoever runs the tests does not count.
class DeviceTest : public ::testing::Test {
 protected:
  static Setting library(const std::string& path) { return {"EIGENLENS_CUDA_LIBRARY", path}; }
  static Setting pretend(const std::string& how) { return {"EIGENLENS_PRETEND", how}; }

 private:
  Setting device_{"EIGENLENS_DEVICE", ""};
  Setting library_{"EIGENLENS_CUDA_LIBRARY", moved(EIGENLENS_PRETENDED_CUDA)};
  Setting pretend_{"EIGENLENS_PRETEND", ""};
};

/// What goes into every result, which is what the device says when asked.
std::string chosen(const Device& device) {
  for (const auto& [key, value] : device.describe())
    if (key == "chosen") {
      EXPECT_EQ(value, device.chosen());
      return value;
    }
  return {};
}

/// What is said when this device is refused.
std::string refusal(const std::string& name, ErrorCode code = ErrorCode::unavailable) {
  try {
    const Device device({.name = name});
    ADD_FAILURE() << "'" << name << "' was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return {};
}

// Names.

TEST_F(DeviceTest, NamesThatAreNoneAreRefusedWithThoseThatAre) {
  for (const char* name : {"", "CUDA", "cuda:", "cuda:x", "cuda:-1", "cuda:+1", "cuda: 1", "cuda:1x",
                           "cuda:99999999999999999999", "gpu", "abacus", "cpu:0"})
    EXPECT_THAT(refusal(name, ErrorCode::usage),
                AllOf(HasSubstr("'" + std::string(name) + "'"), HasSubstr("auto, cpu, cuda or cuda:N")));
}

TEST_F(DeviceTest, TheCpuIsForced) {
  const Device device({.name = "cpu", .threads = 1});
  EXPECT_EQ(device.name(), "cpu");
  EXPECT_EQ(device.choice(), DeviceChoice::forced);
  EXPECT_EQ(chosen(device), "cpu, because it was asked for");
  EXPECT_EQ(device.backend().device_memory(), 0);
}

TEST_F(DeviceTest, ANumberIsForced) {
  const Device device({.name = "cuda:2", .threads = 1});
  EXPECT_EQ(device.name(), "cuda");
  EXPECT_EQ(device.choice(), DeviceChoice::forced);
  EXPECT_EQ(chosen(device), "cuda:2, because it was asked for");
  EXPECT_EQ(chosen(Device({.name = "cuda"})),
            "cuda:1, because --device cuda was asked for and cuda:1 is the first that can be used");
}

TEST_F(DeviceTest, TheEnvironmentOverridesAutoAlone) {
  const Setting forced("EIGENLENS_DEVICE", "cuda:2");
  EXPECT_EQ(chosen(Device()), "cuda:2, because EIGENLENS_DEVICE says so");
  EXPECT_EQ(Device().choice(), DeviceChoice::forced);
  EXPECT_EQ(chosen(Device({.name = "cpu"})), "cpu, because it was asked for");
  const Setting wrong("EIGENLENS_DEVICE", "abacus");
  EXPECT_THAT(refusal("auto", ErrorCode::usage), AllOf(HasSubstr("'abacus'"), HasSubstr("EIGENLENS_DEVICE")));
  const Setting automatic("EIGENLENS_DEVICE", "auto");
  EXPECT_EQ(Device().choice(), DeviceChoice::automatic);
}

TEST_F(DeviceTest, TheEnvironmentIsNamedInEveryError) {
  const Setting absent("EIGENLENS_DEVICE", "cuda:3");
  EXPECT_THAT(refusal("auto"), HasSubstr("device 'cuda:3' (from EIGENLENS_DEVICE, which overrides auto) is not"));
  const Setting first("EIGENLENS_DEVICE", "cuda");
  EXPECT_EQ(chosen(Device()), "cuda:1, because EIGENLENS_DEVICE says cuda and cuda:1 is the first that can be used");
  const Setting how = pretend("broken");
  EXPECT_EQ(refusal("auto", ErrorCode::device), "cusolverDnCreate failed (EIGENLENS_DEVICE says cuda)");
}

TEST_F(DeviceTest, WhatThatCannotBe) {
  for (const DeviceOptions& options : {DeviceOptions{.threads = -1}, DeviceOptions{.memory = -1}}) try {
      const Device device(options);
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
    }
}

// What auto takes, and why.

TEST_F(DeviceTest, AutoTakesTheFirstThatCanBeUsed) {
  const Device device;
  EXPECT_EQ(device.name(), "cuda");
  EXPECT_EQ(device.choice(), DeviceChoice::automatic);
  EXPECT_THAT(chosen(device),
              AllOf(StartsWith("cuda:1, because "), HasSubstr("cuda:0: compute capability 7.5 is too")));
}

TEST_F(DeviceTest, AutoGoesOnWhereADeviceDoesNotOpen) {
  const Setting how = pretend("half broken");
  EXPECT_THAT(chosen(Device()), AllOf(StartsWith("cuda:2, because "), HasSubstr("cuda:1: no device memory")));
}

TEST_F(DeviceTest, AutoFallsToTheCpuAndSaysWhy) {
  const auto reason = [](const char* how) {
    const Setting setting = pretend(how);
    const Device device;
    EXPECT_EQ(device.name(), "cpu");
    EXPECT_EQ(device.choice(), DeviceChoice::automatic);
    EXPECT_THAT(chosen(device), StartsWith("cpu, because "));
    return chosen(device);
  };
  EXPECT_THAT(reason("no driver"), HasSubstr("no NVIDIA driver"));
  EXPECT_THAT(reason("broken"), AllOf(HasSubstr("cuda:0: compute capability"), HasSubstr("cuda:2: cusolverDnCreate")));
  const Setting missing = library("/nowhere/lib.so");
  EXPECT_THAT(reason(""), HasSubstr("/nowhere/lib.so"));
}

/// A GPU that is there and does not work is worth a line; a machine without one is not.
TEST_F(DeviceTest, NoticesAreOfWhatCanBeMended) {
  const auto notice = [](const char* how) {
    const Setting setting = pretend(how);
    return Device().notice();
  };
  EXPECT_EQ(notice(""), "");
  EXPECT_EQ(notice("no driver"), "");
  EXPECT_EQ(notice("old driver"), "the NVIDIA driver is too old");
  EXPECT_THAT(notice("broken"), HasSubstr("cuda:2: cusolverDnCreate failed"));
  EXPECT_THAT(notice("build"), HasSubstr("another build"));
  EXPECT_EQ(Device({.name = "cpu"}).notice(), "");
  const Setting missing = library("/nowhere/lib.so");
  EXPECT_THAT(Device().notice(), HasSubstr("/nowhere/lib.so"));
}

// A forced device that is not there.

TEST_F(DeviceTest, ForcedDevicesNameWhatIsMissing) {
  EXPECT_THAT(refusal("cuda:3"), HasSubstr("this machine has 3 CUDA devices, cuda:0 to cuda:2"));
  EXPECT_THAT(refusal("cuda:0"), AllOf(HasSubstr("Old"), HasSubstr("compute capability 7.5 is too old")));
  const Setting how = pretend("no driver");
  EXPECT_THAT(refusal("cuda"), AllOf(HasSubstr("device 'cuda' is not available"), HasSubstr("no NVIDIA driver")));
}

TEST_F(DeviceTest, AnErrorOfTheOtherLibraryKeepsItsType) {
  const Setting how = pretend("broken");
  try {
    const Device device({.name = "cuda:1"});
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::device);
    EXPECT_STREQ(error.what(), "cusolverDnCreate failed");
  }
}

// The library itself.

TEST_F(DeviceTest, ALibraryThatIsNotThere) {
  const Setting path = library("/nowhere/libeigenlens_cuda.so");
  EXPECT_THAT(refusal("cuda"), HasSubstr("EIGENLENS_CUDA_LIBRARY names /nowhere/libeigenlens_cuda.so, which is not"));
}

TEST_F(DeviceTest, AFileThatIsNoLibrary) {
  const TemporaryDirectory folder;
  const std::string text = folder.write("text.so", "no library\n");
  const Setting path = library(text);
  EXPECT_THAT(refusal("cuda"), AllOf(HasSubstr(text), HasSubstr("cannot be opened")));
}

TEST_F(DeviceTest, ALibraryThatIsNoneOfOurs) {
  const Setting path = library(moved(EIGENLENS_STRANGER));
  EXPECT_THAT(refusal("cuda"), AllOf(HasSubstr(moved(EIGENLENS_STRANGER)), HasSubstr("it has no function")));
}

TEST_F(DeviceTest, ALibraryOfAnotherInterface) {
  const Setting how = pretend("interface");
  EXPECT_THAT(refusal("cuda"),
              AllOf(HasSubstr("another build"), HasSubstr("interface " + std::to_string(plugin_interface_number + 1))));
}

TEST_F(DeviceTest, ALibraryOfAnotherBuild) {
  const Setting how = pretend("build");
  EXPECT_THAT(refusal("cuda"), AllOf(HasSubstr("another build"), HasSubstr("abacus"), HasSubstr(plugin_build)));
}

/// Whatever this machine has: auto opens something, and a CUDA device either opens or says what it lacks.
TEST(DeviceHere, AutoAlwaysOpens) {
  const Device device({.threads = 1});
  EXPECT_FALSE(chosen(device).empty());
  RecordProperty("chosen", chosen(device));
}

TEST(DeviceHere, TheForcedCudaDeviceAnswersOrIsSkipped) {
  try {
    const Device device({.name = "cuda:0", .threads = 1});
    EXPECT_EQ(device.name(), "cuda");
    EXPECT_THAT(chosen(device), StartsWith("cuda:0, "));
  } catch (const Error& error) {
    ASSERT_EQ(error.code(), ErrorCode::unavailable) << error.what();
    GTEST_SKIP() << error.what();
  }
}

// What can be asked of the machine.

TEST_F(DeviceTest, TheSurveyHasEveryDevice) {
  const CudaSurvey survey = survey_cuda();
  ASSERT_EQ(survey.devices.size(), 3U);
  EXPECT_EQ(survey.devices[2].name, "cuda:2");
  EXPECT_EQ(survey.devices[2].memory_free, std::int64_t{2} << 30);
  EXPECT_EQ(survey.versions.front().first, "cuda_part");
  EXPECT_EQ(survey.obstacle, "");
  const Setting silent = pretend("silent");
  EXPECT_EQ(survey_cuda().devices[1].obstacle, "it does not answer");
  const Setting none = pretend("no driver");
  EXPECT_THAT(survey_cuda().obstacle, HasSubstr("no NVIDIA driver"));
  const Setting missing = library("/nowhere/lib.so");
  EXPECT_THAT(survey_cuda().obstacle, HasSubstr("/nowhere/lib.so"));
}

// Sweeps that the chosen device cannot take.

TEST_F(DeviceTest, AutoSweepsOnTheCpuWhatIsTooLarge) {
  const Setting how = pretend("small");  // D up to 3
  const Moments moments = engine_moments(random_pixels({1, 2, 3}, 40, 2, 31415926));
  const SweepResult result = sweep(moments, {Pretext{}}, Device({.threads = 1}));
  const auto line =
      std::find(result.device.begin(), result.device.end(),
                std::pair<std::string, std::string>(
                    "chosen", "cpu, because D = 6 is beyond the largest problem of cuda:1, which auto chose: 3"));
  EXPECT_NE(line, result.device.end());
  EXPECT_EQ(result.device.front().second, "cpu");
  EXPECT_THROW(sweep(moments, {Pretext{}}, Device({.name = "cuda:1", .threads = 1})), Error);
}

TEST_F(DeviceTest, ResultsSayWhatComputedThem) {
  const Moments moments = engine_moments(random_pixels({1, 2, 3}, 40, 2, 31415926));
  const SweepResult result = sweep(moments, {Pretext{}}, Device({.name = "cuda:1", .threads = 1}));
  ASSERT_GE(result.device.size(), 3U);
  EXPECT_EQ(result.device[0], (std::pair<std::string, std::string>("device", "cuda:1")));
  EXPECT_EQ(result.device[1], (std::pair<std::string, std::string>("chosen", "cuda:1, because it was asked for")));
  EXPECT_EQ(result.device.back().first, "host_processor") << "beside that of the GPU";
}

}  // namespace
}  // namespace eigenlens::test
