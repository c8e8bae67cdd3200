// SPDX-License-Identifier: Apache-2.0
// A file is there whole or not at all, and a failure leaves nothing behind.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "data/atomic_file.hpp"
#include "eigenlens/error.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string content(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::size_t files_in(const std::string& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), {}));
}

/// The message of the Error(io) that writing `bytes` to `path` throws; empty if it succeeds.
std::string failure(const std::string& path, const std::string& bytes = "x") {
  try {
    AtomicFile file(path);
    file.write(bytes);
    file.commit();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    return error.what();
  }
  return {};
}

/// Of the write system call: files of this process end here until the scope does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);  // the write then fails with EFBIG
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(AtomicFile, AppearsOnCommitAndNotBefore) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("result");
  AtomicFile file(path);
  file.write("one ");
  EXPECT_FALSE(fs::exists(path));
  file.write("two");
  file.commit();
  EXPECT_EQ(content(path), "one two");
  EXPECT_EQ(files_in(directory.path()), 1U);
}

TEST(AtomicFile, OldContentStaysUntilCommit) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.write("result", "old");
  {
    AtomicFile file(path);
    file.write("new and longer");
  }  // no commit
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(files_in(directory.path()), 1U);
}

TEST(AtomicFile, HonoursUmaskAndKeepsPermissions) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("result");
  const mode_t before = umask(027);
  EXPECT_EQ(failure(path), "");
  umask(before);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms{0640});
  fs::permissions(path, fs::perms{0600});
  EXPECT_EQ(failure(path), "");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms{0600});
}

TEST(AtomicFile, FollowsASymbolicLink) {
  const test::TemporaryDirectory directory;
  const std::string target = directory.write("target", "old");
  fs::create_symlink("target", directory.file("link"));
  EXPECT_EQ(failure(directory.file("link"), "new"), "");
  EXPECT_TRUE(fs::is_symlink(directory.file("link")));
  EXPECT_EQ(content(target), "new");
}

TEST(AtomicFile, NeverReplacesAPipe) {
  const test::TemporaryDirectory directory;
  const std::string pipe = directory.file("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(failure(pipe, "text"), "");
  char text[5] = {};
  EXPECT_EQ(read(reader, text, 4), 4);
  close(reader);
  EXPECT_STREQ(text, "text");
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST(AtomicFile, RefusesWhatCannotBeWritten) {
  const test::TemporaryDirectory directory;
  const std::string file = directory.write("file", "");
  EXPECT_THAT(failure(directory.path()), AllOf(HasSubstr(directory.path()), HasSubstr("it is a directory")));
  EXPECT_THAT(failure(directory.file("missing/result")), AllOf(HasSubstr("missing/result"), HasSubstr("no directory")));
  EXPECT_THAT(failure(file + "/result"), AllOf(HasSubstr("file/result"), HasSubstr("is not a directory")));
  EXPECT_THAT(failure(""), HasSubstr("empty"));
  EXPECT_EQ(files_in(directory.path()), 1U);
}

TEST(AtomicFile, RefusesADirectoryWithoutPermission) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const test::TemporaryDirectory directory;
  fs::permissions(directory.path(), fs::perms{0500});
  EXPECT_THAT(failure(directory.file("result")), HasSubstr("Permission denied"));
  fs::permissions(directory.path(), fs::perms{0700});
}

TEST(AtomicFile, AFailedWriteNamesTheBytesWrittenAndLeavesNothing) {
  const test::TemporaryDirectory directory;
  std::string message;
  {
    const FileSizeLimit limit(8192);
    message = failure(directory.file("result"), std::string(20000, 'x'));
  }
  EXPECT_THAT(message,
              AllOf(HasSubstr("result"), HasSubstr("File too large"), HasSubstr("8192 bytes had been written")));
  EXPECT_EQ(files_in(directory.path()), 0U);
}

TEST(AtomicFile, AFullDeviceIsSaid) {
  if (!fs::is_character_file("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  EXPECT_THAT(failure("/dev/full"), AllOf(HasSubstr("No space left on device"), HasSubstr("0 bytes had been written")));
}

TEST(AtomicFile, AFullDiskLeavesNothing) {
  const test::TemporaryDirectory directory;
  const std::string disk = directory.file("disk");
  fs::create_directory(disk);
  if (mount("none", disk.c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "mounting a small disk is not permitted";
  const std::string message = failure(disk + "/result", std::string(200000, 'x'));
  const std::size_t left = files_in(disk);
  EXPECT_EQ(umount(disk.c_str()), 0);
  EXPECT_THAT(message, AllOf(HasSubstr("No space left on device"), HasSubstr("65536 bytes had been written")));
  EXPECT_EQ(left, 0U);
}

}  // namespace
}  // namespace eigenlens
