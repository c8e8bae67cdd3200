// SPDX-License-Identifier: Apache-2.0
// The program as a user meets it: run as a process, judged by its exit code, its two streams and the files it leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/program.hpp"

namespace eigenlens::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

void write_file(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

/// Nothing for a file that is not there.
std::string file_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

/// A pair of IDX files in a directory: 8 × 8 images.
struct IdxSet {
  std::uint32_t count = 200;
  std::uint32_t labels = 200;  ///< what the labels file holds
  std::uint32_t classes = 4;
  bool constant = false;    ///< every pixel 7
  std::size_t missing = 0;  ///< bytes cut from the end of the images file

  void write(const fs::path& directory) const {
    fs::create_directories(directory);
    std::string pixels;
    std::uint32_t state = 12345;  // a linear congruence: the same bytes everywhere
    for (std::uint32_t i = 0; i < count * 64; ++i) {
      state = state * 1664525U + 1013904223U;
      pixels += constant ? '\7' : static_cast<char>(state >> 24);
    }
    pixels.resize(pixels.size() - missing);
    write_file(directory / "train-images-idx3-ubyte",
               big_endian(0x803) + big_endian(count) + big_endian(8) + big_endian(8) + pixels);
    std::string values;
    for (std::uint32_t i = 0; i < labels; ++i) values += static_cast<char>(i % classes);
    write_file(directory / "train-labels-idx1-ubyte", big_endian(0x801) + big_endian(labels) + values);
  }
};

class Cli : public ::testing::Test {
 protected:
  Cli() {
    std::string name = (fs::temp_directory_path() / "eigenlens-cli-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    folder_ = name;
  }
  ~Cli() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Cli(const Cli&) = delete;
  Cli& operator=(const Cli&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string set(const std::string& name, const IdxSet& idx = {}) const {
    idx.write(folder_ / name);
    return path(name);
  }

 private:
  fs::path folder_;
};

// Help and usage.

TEST_F(Cli, HelpOfEveryCommandGoesToStdout) {
  const Outcome help = run_program({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("Exit codes"), HasSubstr("/usr/share/datasets/fashion-mnist")));
  EXPECT_THAT(help.err, IsEmpty());
  for (const char* command : {"sweep", "advise", "frontier", "impact", "bands", "learning", "moments", "merge", "plot",
                              "info", "masks", "generate"}) {
    const Outcome outcome = run_program({command, "--help"});
    EXPECT_EQ(outcome.exit_code, 0) << command;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("Example"), HasSubstr("--quiet"))) << command;
  }
  EXPECT_THAT(run_program({"sweep", "--help"}).out, HasSubstr("keep:patch=P[xQ],count=m"));
}

TEST_F(Cli, VersionAndInfo) {
  EXPECT_THAT(run_program({"--version"}).out, StartsWith("eigenlens "));
  const Outcome info = run_program({"info", "--threads", "1", "--memory", "1GiB", "--device", "cpu"});
  EXPECT_EQ(info.exit_code, 0);
  EXPECT_THAT(info.out, AllOf(HasSubstr("threads        1\n"), HasSubstr("host memory    1.00 GiB\n")));
  EXPECT_THAT(info.err, IsEmpty());
  const auto few = HasSubstr("note           N <= D: with so few samples every target looks linear");
  EXPECT_THAT(run_program({"info", set("few", {.count = 40, .labels = 40})}).out, few);
  EXPECT_THAT(run_program({"info", set("enough")}).out, ::testing::Not(few));
}

TEST_F(Cli, UsageErrors) {
  const std::string data = set("set");
  const Outcome nothing = run_program({});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("usage: eigenlens COMMAND"));
  expect_failure({"sweeep"}, 2, "did you mean 'sweep'?");
  expect_failure({"sweep"}, 2, "DATA is required");
  expect_failure({"sweep", data}, 2, "--pretext is required");
  expect_failure({"sweep", data, "--pretext", "blur:sigma=1"}, 2, "blur");
  expect_failure({"sweep", data, "--pretext", "reconstruct", "--k", "0"}, 2, "below 1");
  expect_failure({"sweep", data, "--pretext", "reconstruct", "--k", "65"}, 2, "rank 64");
  expect_failure({"sweep", data, "--pretext", "mask:patch=2,ratio=1"}, 2, "mask:patch=2,ratio=1");
  expect_failure({"sweep", data, "--pretext", "mask:patch=9,ratio=0.5"}, 2, "patch");
  expect_failure({"info", data, "--memory", "lots"}, 2, "'lots'");
  expect_failure({"info", data, "--format", "jpeg"}, 2, "jpeg");
  for (const char* name : {"gpu", "", "CUDA", "cuda:-1", "cuda:x"})
    expect_failure({"info", "--device", name}, 2, "auto, cpu, cuda or cuda:N");
  expect_failure({"plot", path("c.json"), "--out", path("c.pdf")}, 2, ".svg or .png");
  expect_failure({"generate", path("g"), "--shape", "28"}, 2, "HxW");
}

// Data that cannot be used.

TEST_F(Cli, DamagedDataSets) {
  expect_failure({"moments", path("nowhere"), "--out", path("m")}, 4, "nowhere");
  expect_failure({"moments", set("truncated", {.missing = 10}), "--out", path("m")}, 3, "train-images");
  expect_failure({"moments", set("labels", {.labels = 199}), "--out", path("m")}, 3, "199");
  EXPECT_FALSE(fs::exists(path("m")));
}

TEST_F(Cli, DataWithoutAnAnswer) {
  const auto sweep = [](const std::string& data) {
    return std::vector<std::string>{"sweep", data, "--pretext", "reconstruct", "--quiet"};
  };
  expect_failure(sweep(set("one-class", {.classes = 1})), 3, "class");
  expect_failure(sweep(set("constant", {.constant = true})), 6, "rank");
}

TEST_F(Cli, RankBelowTheNumberOfPixelsIsNamed) {
  const std::string data = set("few", {.count = 20, .labels = 20});
  expect_failure({"sweep", data, "--pretext", "reconstruct", "--k", "40", "--quiet"}, 2, "rank, 19");
}

TEST_F(Cli, BudgetTooSmallIsRefusedBeforeTheWork) {
  expect_failure({"sweep", set("set"), "--pretext", "reconstruct", "--memory", "1K"}, 5, "memory budget is 1.0 KiB");
}

// Outputs.

TEST_F(Cli, OutputsAreCheckedBeforeTheWork) {
  const std::string data = set("set");
  const auto sweep = [&](const std::string& out) {
    return std::vector<std::string>{"sweep", data, "--pretext", "reconstruct", "--out", out};
  };
  expect_failure(sweep(path("no/c.json")), 4, "does not exist");
  expect_failure(sweep(data), 4, "it is a directory");
  expect_failure(sweep("/dev/null"), 4, "not a regular file");
  expect_failure({"sweep", data, "--pretext", "reconstruct", "--out", path("c"), "--csv", path("./c")}, 2, "twice");
}

TEST_F(Cli, StdoutThatCannotBeWrittenIsReported) {
  const Outcome full = run_program({"info"}, {.stdout_path = "/dev/full"});
  EXPECT_EQ(full.exit_code, 4);
  EXPECT_THAT(full.err, HasSubstr("cannot write to stdout"));
}

TEST_F(Cli, FullDiskLeavesNothingBehind) {
  const std::string small = path("small");
  fs::create_directory(small);
  if (mount("tmpfs", small.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "mounting a small tmpfs needs root";
  const std::string data = set("wide");
  write_file(small + "/filler", std::string(60000, 'x'));
  const Outcome outcome = run_program({"moments", data, "--out", small + "/m.safetensors"});
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(small)) left.push_back(entry.path().filename().string());
  umount(small.c_str());
  EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("m.safetensors"));
  EXPECT_THAT(left, ::testing::ElementsAre("filler"));
}

// Runs that are stopped.

class StoppedCli : public Cli {
 protected:
  /// A set that takes some seconds to read.
  std::string large_set() const {
    const std::string data = path("large");
    const Outcome made = run_program({"generate", data, "--count", "20000", "--test-count", "10", "--shape", "64x64"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return data;
  }
};

TEST_F(StoppedCli, KilledHalfWayLeavesNothingThatLooksComplete) {
  const std::string out = path("m.safetensors");
  const Outcome killed = run_program({"moments", large_set(), "--out", out, "--threads", "1"},
                                     {.signal = SIGKILL, .signal_after = std::chrono::milliseconds(300)});
  if (killed.exit_code == 0) GTEST_SKIP() << "this machine was done before the signal came";
  EXPECT_EQ(killed.exit_code, 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(out));
}

/// Kills `moments` as soon as it has begun to write, into a folder of its own; what the folder then holds is returned
/// by name, without `target`. A run that was done first is tried again; nothing if it always is.
std::optional<std::vector<fs::path>> kill_while_writing(const std::string& data, const fs::path& target) {
  const auto others = [&target] {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(target.parent_path()))
      if (entry.path() != target) found.push_back(entry.path());
    return found;
  };
  const auto size_of_target = [&target] {
    std::error_code absent;
    return fs::file_size(target, absent);
  };
  const std::string before = file_bytes(target);
  const bool existed = fs::exists(target);
  for (int attempt = 0; attempt < 5; ++attempt) {
    const std::uintmax_t size = size_of_target();
    const auto writing = [&] {  // also a writer that is not careful: then it is the target that changes
      std::error_code gone;
      for (const fs::path& path : others())
        if (const auto written = fs::file_size(path, gone); !gone && written > 0) return true;
      return size_of_target() != size;
    };
    const Outcome outcome = run_program({"moments", data, "--out", target.string(), "--threads", "1", "--quiet"},
                                        {.signal = SIGKILL, .signal_when = writing});
    const std::vector<fs::path> left = others();
    constexpr std::uintmax_t complete = 3136 * 3136 * 8;
    const fs::path& written = left.empty() ? target : left.front();
    if (outcome.exit_code == 128 + SIGKILL && fs::file_size(written) < complete) return left;
    for (const fs::path& path : left) fs::remove(path);
    if (existed) write_file(target, before);
    if (!existed) fs::remove(target);
  }
  return std::nullopt;
}

TEST_F(StoppedCli, KilledWhileWritingKeepsWhatWasThere) {
  const std::string data = path("wide");
  const Outcome made = run_program({"generate", data, "--count", "40", "--test-count", "4", "--shape", "56x56"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  for (const std::string before : {"", "what an earlier run left"}) {
    SCOPED_TRACE(before.empty() ? "no file before" : "a file before");
    const fs::path target = fs::path(path(before.empty() ? "new" : "old")) / "m.safetensors";
    fs::create_directory(target.parent_path());
    if (!before.empty()) write_file(target, before);
    const auto left = kill_while_writing(data, target);
    if (!left) GTEST_SKIP() << "this machine was always done before the signal came";
    EXPECT_EQ(fs::exists(target), !before.empty());
    EXPECT_EQ(file_bytes(target), before);
    ASSERT_EQ(left->size(), 1U) << "one temporary file";
    EXPECT_THAT(left->front().filename().string(), StartsWith("m.safetensors.tmp-"));
    expect_failure({"info", left->front().string()}, 3, left->front().string());
  }
}

TEST_F(StoppedCli, InterruptIsACleanStop) {
  const std::string out = path("m.safetensors");
  const Outcome stopped = run_program({"moments", large_set(), "--out", out, "--threads", "1"},
                                      {.signal = SIGINT, .signal_after = std::chrono::milliseconds(300)});
  if (stopped.exit_code == 0) GTEST_SKIP() << "this machine was done before the signal came";
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("stopped by a signal"));
  EXPECT_FALSE(fs::exists(out));
}

// From nothing to a picture.

TEST_F(Cli, GenerateMomentsMergeSweepPlot) {
  const auto succeed = [](const std::vector<std::string>& arguments) {
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << arguments.front() << ": " << outcome.err;
    EXPECT_EQ(outcome.err.find('\r'), std::string::npos) << "a progress bar without a terminal";
    return outcome;
  };
  const std::string data = path("set");
  succeed({"generate", data, "--count", "600", "--test-count", "200", "--shape", "8x8", "--classes", "4"});
  succeed({"moments", data, "--out", path("a"), "--quiet"});
  succeed({"moments", data, "--split", "test", "--out", path("b"), "--quiet"});
  succeed({"merge", path("a"), path("b"), "--out", path("all")});
  EXPECT_THAT(succeed({"info", path("all")}).out, HasSubstr("images         800"));
  expect_failure({"info", path("all"), "--split", "test"}, 2, "--split");
  expect_failure({"merge", path("a"), path("b"), "--out", path("a")}, 2, "overwritten");

  const Outcome sweep =
      succeed({"sweep", path("all"), "--pretext", "reconstruct", "--pretext", "mask:patch=2,ratio=0:0.8:3", "--k",
               "1,2,4-6", "--out", path("c.json"), "--csv", path("c.csv")});
  EXPECT_THAT(sweep.out, HasSubstr("mask"));
  const auto json = nlohmann::json::parse(std::ifstream(path("c.json")));
  EXPECT_EQ(json.at("format"), "eigenlens.curves/1");
  EXPECT_EQ(json.at("dataset").at("n"), 800);
  EXPECT_EQ(json.at("curves").size(), 4U);
  EXPECT_EQ(json.at("curves")[0].at("k"), nlohmann::json({1, 2, 4, 5, 6}));
  EXPECT_EQ(json.at("curves")[0].at("alignment").size(), 5U);
  for (const char* key : {"command", "version", "git", "time", "device", "threads"}) {
    EXPECT_TRUE(json.at("provenance").contains(key)) << key;
  }
  EXPECT_TRUE(fs::exists(path("c.csv")));

  const Outcome quiet = succeed({"sweep", data, "--pretext", "reconstruct", "--out", path("q.json"), "--quiet"});
  EXPECT_THAT(quiet.out + quiet.err, IsEmpty());
  EXPECT_THAT(succeed({"sweep", data, "--pretext", "reconstruct", "--quiet"}).out, HasSubstr("reconstruct"));

  const Outcome plot = run_program({"plot", path("c.json"), "--out", path("c.svg")});
  if (plot.exit_code == 7) GTEST_SKIP() << "everything but the picture was tested: " << plot.err;
  EXPECT_EQ(plot.exit_code, 0) << plot.err;
  EXPECT_GT(fs::file_size(path("c.svg")), 1000U);
}

}  // namespace
}  // namespace eigenlens::test
