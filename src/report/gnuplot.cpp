// SPDX-License-Identifier: Apache-2.0
#include "report/gnuplot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "data/atomic_file.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {
namespace {

namespace fs = std::filesystem;

/// A directory of its own, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code error;
    const fs::path parent = fs::temp_directory_path(error);
    path_ = ((error ? fs::path("/tmp") : parent) / "eigenlens-plot-XXXXXX").string();
    if (!::mkdtemp(path_.data()))
      throw Error(ErrorCode::io, fmt::format("cannot make a temporary directory {}: {}", path_, std::strerror(errno)));
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string content_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Starts `gnuplot -d SCRIPT` with its output in files: no pipe that could fill up. Returns errno, or 0 and the
/// process.
int start(const std::string& script, const std::string& output, const std::string& messages, pid_t& process) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int create = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), create, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, messages.c_str(), create, 0600);
  std::string program = "gnuplot", defaults = "-d", file = script;
  char* const arguments[] = {program.data(), defaults.data(), file.data(), nullptr};
  const int error = ::posix_spawnp(&process, program.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

std::string run_gnuplot(const std::string& script) {
  const TemporaryDirectory directory;
  AtomicFile file(directory.file("script.gp"));
  file.write(script);
  file.commit();

  pid_t process = 0;
  const int error = start(directory.file("script.gp"), directory.file("picture"), directory.file("messages"), process);
  if (error != 0)
    throw Error(ErrorCode::unavailable,
                fmt::format("cannot run gnuplot, which draws the picture ({}). On Debian: apt-get install gnuplot-nox",
                            std::strerror(error)));
  int status = 0;
  while (::waitpid(process, &status, 0) < 0)
    if (errno != EINTR) throw Error(ErrorCode::io, fmt::format("lost gnuplot: {}", std::strerror(errno)));
  std::string picture = content_of(directory.file("picture"));
  if (status != 0 || picture.empty()) {
    std::string words = content_of(directory.file("messages"));
    while (!words.empty() && std::isspace(static_cast<unsigned char>(words.back()))) words.pop_back();
    throw Error(ErrorCode::io, fmt::format("gnuplot failed (status {}): {}", status, words));
  }
  return picture;
}

std::string gnuplot_text(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += static_cast<unsigned char>(c) < ' ' || c == 127 ? ' ' : c;
  }
  return quoted + "'";
}

std::string_view picture_ending(std::string_view out) {
  if (!out.ends_with(".svg") && !out.ends_with(".png"))
    throw Error(ErrorCode::usage, fmt::format("cannot draw {}: the file's name must end in .svg or .png", out));
  return out.substr(out.size() - 4);
}

std::string gnuplot_terminal(std::string_view ending, std::size_t width, std::size_t height) {
  if (ending == ".svg")
    return fmt::format("set terminal svg noenhanced size {},{} dynamic background 'white' font 'sans-serif,14'\n",
                       width, height);
  return fmt::format(
      "if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) {{ set terminal pngcairo noenhanced size {0},{1} background "
      "'white' font 'Sans,11' }} else {{ set terminal png noenhanced size {0},{1} }}\n",
      width, height);
}

}  // namespace eigenlens
