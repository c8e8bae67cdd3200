// SPDX-License-Identifier: Apache-2.0
#include "backend/plugin.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <link.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

namespace eigenlens {
namespace {

namespace fs = std::filesystem;

/// The folder of the object that this code lies in: libeigenlens, or a program that has it inside.
fs::path own_folder() {
  Dl_info info{};
  link_map* map = nullptr;
  const auto* here = reinterpret_cast<const void*>(&open_cuda_plugin);
  if (dladdr1(here, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) == 0 || !map) return {};
  std::error_code unknown;
  // The program itself has no name there.
  const fs::path object = *map->l_name ? fs::path(map->l_name) : fs::read_symlink("/proc/self/exe", unknown);
  return object.lexically_normal().parent_path();
}

/// Where the library may be, the first place first.
std::vector<fs::path> likely_places() {
  const fs::path folder = own_folder();
  if (folder.empty()) return {};
  std::vector<fs::path> places;
  for (const fs::path& place : {folder, folder.parent_path() / "lib", folder.parent_path() / EIGENLENS_LIBDIR})
    if (std::find(places.begin(), places.end(), place / plugin_file) == places.end())
      places.push_back(place / plugin_file);
  return places;
}

/// Of a library that is open: its table, or what is wrong with it.
OpenedPlugin enter(void* library, const std::string& path) {
  OpenedPlugin opened;
  opened.path = path;
  const auto function = reinterpret_cast<PluginFunction>(dlsym(library, plugin_symbol));
  if (!function) {
    opened.obstacle = fmt::format("{} is not the CUDA part of eigenlens: it has no function {}", path, plugin_symbol);
    opened.broken = true;
    return opened;
  }
  const CudaPlugin* plugin = function();
  if (plugin->interface_number != plugin_interface_number || std::string_view(plugin->build) != plugin_build) {
    opened.obstacle = fmt::format(
        "{} is of another build: it is eigenlens {}, interface {}, and this is eigenlens {}, interface {}; build and "
        "install both together",
        path, plugin->build, plugin->interface_number, plugin_build, plugin_interface_number);
    opened.broken = true;
    return opened;
  }
  opened.plugin = plugin;
  return opened;
}

/// dlerror() begins with the name of what is missing, which may be another library that this one needs.
OpenedPlugin open(const std::string& path) {
  if (void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return enter(library, path);
  OpenedPlugin opened;
  const std::string error = dlerror();
  opened.path = path;
  opened.broken = true;
  opened.obstacle = error.starts_with(path) ? fmt::format("{} cannot be opened ({})", path, error)
                                            : fmt::format("{} is there, but what it needs is not: {}", path, error);
  return opened;
}

std::string absence(const std::vector<fs::path>& places) {
  std::vector<std::string> names(places.size());
  std::transform(places.begin(), places.end(), names.begin(), [](const fs::path& place) { return place.string(); });
  const std::string looked =
      fmt::format("there is no {} at {}, nor where the system's loader looks", plugin_file, fmt::join(names, ", "));
  return EIGENLENS_WITH_CUDA ? looked : "this eigenlens was built without CUDA, and " + looked;
}

/// What the CUDA runtime opens first. Asked before its libraries, which are hundreds of megabytes.
bool has_driver() { return dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) != nullptr; }

}  // namespace

OpenedPlugin open_cuda_plugin() {
  const char* forced = std::getenv("EIGENLENS_CUDA_LIBRARY");
  if (forced && *forced) {
    std::error_code unreadable;
    // With a slash, so that the loader looks nowhere else.
    if (fs::exists(forced, unreadable)) return open(fs::absolute(forced).string());
    return {nullptr, forced, fmt::format("EIGENLENS_CUDA_LIBRARY names {}, which is not there", forced), true};
  }
  const std::vector<fs::path> places = likely_places();
  for (const fs::path& place : places) {
    std::error_code unreadable;
    if (!fs::exists(place, unreadable)) continue;
    if (has_driver()) return open(place.string());
    return {nullptr, place.string(), "this machine has no NVIDIA driver (libcuda.so.1)", false};
  }
  OpenedPlugin opened = open(plugin_file);
  const std::string not_found = fmt::format("{}: cannot open shared object file", plugin_file);
  if (opened.obstacle.find(not_found) != std::string::npos) {
    opened.obstacle = absence(places);
    opened.broken = false;
  }
  return opened;
}

}  // namespace eigenlens
