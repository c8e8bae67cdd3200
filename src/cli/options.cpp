// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "byte_size.hpp"
#include "eigenlens/byte_size.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/report.hpp"

namespace eigenlens::cli {
namespace {

/// Refuses what is out of range without spelling the range out in the help.
CLI::Validator in_range(std::int64_t least, std::int64_t most) { return CLI::Range(least, most).description(""); }

}  // namespace

void add_quiet_option(CLI::App& command, Verbosity& verbosity) {
  command.add_flag_callback(
      "-q,--quiet", [&verbosity] { verbosity = Verbosity::quiet; },
      "Nothing on stderr but errors; nothing on stdout if the result goes to a file");
}

void add_work_options(CLI::App& command, WorkOptions& options) {
  command.add_option("--threads", options.device.threads, "Threads to use; without it, every core that may be used")
      ->type_name("N")
      ->check(in_range(1, 4096))
      ->group("Work");
  command
      .add_option_function<std::string>(
          "--memory", [&options](const std::string& text) { options.device.memory = parse_byte_size(text); },
          "Memory budget: 800M, 4G, 2GiB or bytes; default: what is available")
      ->type_name("SIZE")
      ->group("Work");
  command
      .add_option("--device", options.device.name,
                  "cpu, cuda, cuda:N, or auto (default): the first CUDA device that can be used, else the CPU. "
                  "EIGENLENS_DEVICE overrides auto")
      ->type_name("NAME")
      ->group("Work");
  add_quiet_option(command, options.verbosity);
}

void add_data_options(CLI::App& command, DataOptions& options) {
  const auto add = [&](const std::string& name, auto& target, const std::string& type, const std::string& text) {
    options.flags.push_back(command.add_option(name, target, text)->type_name(type)->group("Data set"));
    return command.get_option(name);
  };
  OpenOptions& open = options.open;
  add("--split", open.split, "NAME", "Part of a set that has several: train (default) or test");
  add("--format", open.format, "NAME",
      "auto (default), idx, cifar10, cifar100, npy, image-folder, image-list or generated");
  add("--labels", open.labels, "FILE",
      "Labels file, where the images file alone does not tell; none: there are no labels (idx, npy)");
  add("--layout", open.layout, "NAME", "Axes of a four-dimensional .npy: auto (default), nhwc or nchw");
  add("--label-kind", open.label_kind, "NAME", "Labels of CIFAR-100: fine (default) or coarse");
  add("--label-base", open.label_base, "N", "The smallest label (EMNIST Letters counts from 1); default 0");
  add("--classes", open.classes, "C", "Number of classes; without it, the largest label + 1")
      ->check(in_range(1, std::int64_t{1} << 31));
  add("--batch", open.batch, "N", "Images read at a time; without it, about 8 MiB")
      ->check(in_range(1, std::int64_t{1} << 40));
  add("--resize", open.resize, "SIZE", "Image files: shorter side in pixels (aspect kept), or HxW");
  add("--crop", open.crop, "SIZE", "Image files: cut a square or HxW out of the middle, after --resize");
  add("--colour", open.colour, "NAME",
      "Image files: rgb, grey, or auto (default): grey if the first files looked at are");
  add("--skip-bad", open.skip_bad, "N",
      "Image files: leave out and list up to N damaged ones; without it, the first stops")
      ->check(in_range(0, std::int64_t{1} << 40));
}

CLI::Option* add_form_option(CLI::App& command, MomentsForm& form, const std::string& fallback) {
  const auto known = std::vector<std::pair<std::string, MomentsForm>>{
      {"auto", MomentsForm::automatic}, {"primal", MomentsForm::primal}, {"dual", MomentsForm::dual}};
  return command
      .add_option(
          "--form", form,
          "Second moments of the D inputs (primal) or products of the N samples (dual); auto: dual where N < D. " +
              fallback)
      ->transform(CLI::CheckedTransformer(known).description(""))
      ->type_name("auto|primal|dual")
      ->group("Work");
}

bool is_moments_input(const std::string& path, const DataOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || !is_moments_file(path)) return false;
  for (const CLI::Option* flag : options.flags) {
    if (flag->count() > 0) {
      throw Error(ErrorCode::usage,
                  fmt::format("{} says how to read a data set, but {} is a moments file", flag->get_name(), path));
    }
  }
  return true;
}

Device open_device(const WorkOptions& options) {
  try {
    const Device device(options.device);
    if (!device.notice().empty()) note(options.verbosity, "on the CPU: " + device.notice());
    return device;
  } catch (const Error& error) {
    const char* environment = std::getenv("EIGENLENS_DEVICE");
    const bool named_by_environment = options.device.name == "auto" && environment;
    const std::string_view name = named_by_environment ? environment : options.device.name;
    if (error.code() != ErrorCode::unavailable || !name.starts_with("cuda")) throw;
    // Where the environment is at fault, plain `eigenlens info` fails in the same way.
    throw Error(error.code(), fmt::format("{}; eigenlens info{} shows what there is", error.what(),
                                          named_by_environment ? " --device cpu" : ""));
  }
}

void note_change(const Device& wanted, const Device& taken, Verbosity verbosity) {
  if (taken.label() != wanted.label()) note(verbosity, "on the CPU: " + taken.notice());
}

void require_memory(const MemoryPlan& plan, const Device& device, const std::string& work, Verbosity verbosity) {
  if (plan.device_bytes > plan.device_budget)
    throw Error(ErrorCode::memory,
                fmt::format("{} needs {} ({} bytes) of the memory of {}, of which {} ({} bytes) are free ({}); take "
                            "--device cpu, or smaller images",
                            work, format_byte_size(plan.device_bytes), plan.device_bytes, device.label(),
                            format_byte_size(plan.device_budget), plan.device_budget, device.chosen()));
  if (!plan.fits()) {
    const std::string fewer_lanes = plan.lanes > 1 ? ", or need less with --threads 1" : "";
    throw Error(
        ErrorCode::memory,
        fmt::format("{} needs {} ({} bytes) but the memory budget is {} ({} bytes); raise it with --memory if the "
                    "machine has more{}, or use smaller images",
                    work, format_byte_size(plan.bytes), plan.bytes, format_byte_size(plan.budget), plan.budget,
                    fewer_lanes));
  }
  note(verbosity, plan.text);
}

std::vector<std::pair<std::string, std::string>> provenance(
    const std::string& command_line, const std::vector<std::pair<std::string, std::string>>& device) {
  std::vector<std::pair<std::string, std::string>> pairs = {{"command", command_line}};
  for (auto& pair : eigenlens::provenance(device)) pairs.push_back(std::move(pair));
  return pairs;
}

ImageShape parse_shape(const std::string& text) {
  std::vector<std::int64_t> sizes;
  const char* position = text.data();
  const char* const end = position + text.size();
  for (bool more = true; more; ++position) {
    std::int64_t size = 0;
    const auto [stop, error] = std::from_chars(position, end, size);
    more = stop != end && *stop == 'x';
    if (error != std::errc() || size < 1 || size > 65536 || (stop != end && !more)) {
      throw Error(ErrorCode::usage, fmt::format("--shape '{}': expected HxW or CxHxW, such as 28x28 or 3x32x32", text));
    }
    sizes.push_back(size);
    position = stop;
  }
  if (sizes.size() == 2) return {1, sizes[0], sizes[1]};
  if (sizes.size() == 3) return {sizes[0], sizes[1], sizes[2]};
  throw Error(ErrorCode::usage, fmt::format("--shape '{}': expected two or three sizes, HxW or CxHxW", text));
}

std::string format_shape(const ImageShape& shape) {
  return fmt::format("{} x {} x {} (D = {})", shape.channels, shape.height, shape.width, shape.size());
}

}  // namespace eigenlens::cli
