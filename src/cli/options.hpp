// SPDX-License-Identifier: Apache-2.0
/// \file
/// The options that several commands share, each defined once.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "console.hpp"
#include "eigenlens/dataset.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens::cli {

/// --threads, --memory, --device and --quiet.
struct WorkOptions {
  DeviceOptions device;
  Verbosity verbosity = Verbosity::normal;
};

/// How a data set is read: --split, --format, --labels and the rest.
struct DataOptions {
  OpenOptions open;
  std::vector<const CLI::Option*> flags;  ///< to tell which were given
};

/// The caller keeps `options` alive until the command has run.
void add_work_options(CLI::App& command, WorkOptions& options);
void add_quiet_option(CLI::App& command, Verbosity& verbosity);
void add_data_options(CLI::App& command, DataOptions& options);

/// --form auto, primal or dual. The caller keeps `form` alive; `fallback` is what the help says stands without it.
CLI::Option* add_form_option(CLI::App& command, MomentsForm& form, const std::string& fallback);

/// True if `path` is a moments file, in which case data options are refused with Error(usage).
bool is_moments_input(const std::string& path, const DataOptions& options);

/// Opens the device that was asked for; a notice (Device::notice) goes to stderr. Error(unavailable) says how to see
/// what devices there are.
Device open_device(const WorkOptions& options);

/// The device that takes the work where auto chose `wanted`: `taken` of suited(). If it is another one, stderr says
/// why.
void note_change(const Device& wanted, const Device& taken, Verbosity verbosity);

/// Shows the plan on stderr, and throws Error(memory) if it does not fit the host or `device`.
void require_memory(const MemoryPlan& plan, const Device& device, const std::string& work, Verbosity verbosity);

/// What a result file says about its making: command line, version, git state, time, and the device that computed it
/// (SweepResult::device).
std::vector<std::pair<std::string, std::string>> provenance(
    const std::string& command_line, const std::vector<std::pair<std::string, std::string>>& device);

/// `28x28` or `3x32x32`. Throws Error(usage) that quotes it.
ImageShape parse_shape(const std::string& text);

/// `1 x 28 x 28 (D = 784)`.
std::string format_shape(const ImageShape& shape);

}  // namespace eigenlens::cli
