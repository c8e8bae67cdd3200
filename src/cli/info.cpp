// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "console.hpp"
#include "eigenlens/byte_size.hpp"
#include "eigenlens/dataset.hpp"
#include "eigenlens/dual_moments.hpp"
#include "eigenlens/few_samples.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/sweep.hpp"
#include "eigenlens/version.hpp"
#include "options.hpp"
#include "reading.hpp"

namespace eigenlens::cli {
namespace {

/// All names of a few classes; of many, the first ones.
std::string names_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  if (names.size() <= most) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{}, … ({} in all)", fmt::join(names.begin(), names.begin() + most, ", "), names.size());
}

struct InfoState {
  std::string data;
  MomentsForm form = MomentsForm::automatic;
  DataOptions source;
  WorkOptions work;
};

/// Lines of a key and a value, the values below each other.
class Listing {
 public:
  void add(std::string_view key, std::string_view value) {
    if (!value.empty()) lines_.emplace_back(key, value);
  }
  [[nodiscard]] std::string text() const {
    std::size_t width = 14;
    for (const auto& line : lines_) width = std::max(width, line.first.size());
    std::string text;
    for (const auto& [key, value] : lines_) text += fmt::format("{:<{}} {}\n", key, width, value);
    return text;
  }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

/// "1.20 GiB of 64.00 GiB", and the device's own memory before that.
std::string amounts(const MemoryPlan& plan, const Device& device) {
  const std::string host = fmt::format("{} of {}", format_byte_size(plan.bytes), format_byte_size(plan.budget));
  if (plan.device_budget == 0) return host;
  return fmt::format("{} of {} on {}, and {} on the host", format_byte_size(plan.device_bytes),
                     format_byte_size(plan.device_budget), device.label(), host);
}

/// What work takes, whether it can be had, and which device would do it, and why.
std::string verdict(const MemoryPlan& plan, const Device& device, const std::string& work = "") {
  return fmt::format("{}{}{} ({})", amounts(plan, device), work, plan.fits() ? "" : ": does not fit", device.chosen());
}

/// The figure that most people draw: ten strengths of one family.
constexpr auto typical_pretexts = "dropout:ratio=0:0.9:10";

void add_plans(Listing& listing, const ImageShape& shape, std::int64_t classes, const Device& device) {
  const auto pretexts = parse_pretext(typical_pretexts);
  const Device taken = suited(device, shape, classes, pretexts, SolveMode::standard);
  const auto plan = plan_sweep(shape, classes, pretexts, SolveMode::standard, taken);
  listing.add("sweep", verdict(plan, taken, fmt::format(" for {} strengths", pretexts.size())));
}

void add_dual_plans(Listing& listing, const DualSize& size, const std::vector<Pretext>& pretexts,
                    const Device& device) {
  const Device taken = suited(device, size, pretexts, SolveMode::standard);
  const auto plan = plan_sweep(size, pretexts, SolveMode::standard, taken);
  listing.add("sweep", verdict(plan, taken, fmt::format(" for {} strengths", pretexts.size())));
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// The value of a key; nothing if it is not there.
std::string_view value_of(const Pairs& pairs, std::string_view key) {
  const auto found = std::find_if(pairs.begin(), pairs.end(), [key](const auto& pair) { return pair.first == key; });
  return found == pairs.end() ? std::string_view() : found->second;
}

/// The device, and what CUDA has here; a version that both know is said once, as the survey says it.
/// "cuda:0         NVIDIA H100 80GB HBM3, compute capability 9.0, 78.20 GiB of 79.20 GiB free"
void add_devices(Listing& listing, const Device& chosen) {
  const CudaSurvey survey = survey_cuda();
  const Pairs told = chosen.describe();
  for (const auto& [key, value] : told) {
    const std::string_view surveyed = value_of(survey.versions, key);
    listing.add(key, surveyed.empty() ? value : surveyed);
  }
  for (const auto& [key, value] : survey.versions)
    if (value_of(told, key).empty()) listing.add(key, value);
  for (const CudaDevice& device : survey.devices) {
    listing.add(device.name,
                fmt::format("{}, compute capability {}.{}, {} of {} free{}", device.model, device.major, device.minor,
                            format_byte_size(device.memory_free), format_byte_size(device.memory),
                            device.obstacle.empty() ? "" : "; cannot be used: " + device.obstacle));
  }
  // Where auto took the CPU for want of a device, it has been said already.
  if (survey.devices.empty() && chosen.choice() == DeviceChoice::forced)
    listing.add("cuda", "no device, because " + survey.obstacle);
}

std::string describe_program(const Device& device) {
  Listing listing;
  listing.add("eigenlens", fmt::format("{} (git {})", EIGENLENS_VERSION, EIGENLENS_GIT));
  listing.add("host memory", format_byte_size(device.memory_budget()));
  add_devices(listing, device);
  return listing.text();
}

std::string describe_moments(const std::string& path, const Device& device) {
  const Moments moments = load_moments(path);
  Listing listing;
  listing.add("moments", path);
  listing.add("data set", moments.dataset);
  listing.add("images", fmt::format("{} (N)", moments.count));
  listing.add("shape", format_shape(moments.shape));
  listing.add("classes", std::to_string(moments.classes()));
  listing.add("class counts", fmt::format("{}", fmt::join(moments.class_counts, " ")));
  listing.add("class names", names_of(moments.class_names));
  listing.add("note", few_samples(moments.count, moments.shape));
  listing.add("arithmetic", moments.arithmetic == Arithmetic::exact ? "exact (int64)" : "float64");
  listing.add("checksums", "good");
  add_plans(listing, moments.shape, moments.classes(), device);
  return listing.text();
}

std::string describe_dual_moments(const std::string& path, const Device& device) {
  const DualMoments moments = load_dual_moments(path);
  Listing listing;
  listing.add("moments", path);
  listing.add("form", "dual: products of samples, N x N");
  listing.add("data set", moments.dataset);
  listing.add("images", fmt::format("{} (N)", moments.count()));
  listing.add("shape", format_shape(moments.shape));
  listing.add("classes", std::to_string(moments.classes()));
  listing.add("class counts", fmt::format("{}", fmt::join(moments.class_counts, " ")));
  listing.add("class names", fmt::format("{}", fmt::join(moments.class_names, ", ")));
  listing.add("note", few_samples(moments.count(), moments.shape));
  listing.add("arithmetic", moments.arithmetic == Arithmetic::exact ? "exact (int64)" : "float64");
  std::vector<std::string> held;
  for (const DualFamily& family : moments.families) held.push_back(family.structure.to_string());
  listing.add("structures", fmt::format("{}", fmt::join(held, " ")));
  listing.add("checksums", "good");
  add_dual_plans(listing, {moments.count(), moments.shape, moments.classes(), static_cast<std::int64_t>(held.size())},
                 parse_pretext(typical_pretexts), device);
  return listing.text();
}

std::string_view scalar_name(ScalarType scalar) {
  switch (scalar) {
    case ScalarType::uint8:
      return "uint8: exact moments";
    case ScalarType::float32:
      return "float32: float64 moments";
    case ScalarType::float64:
      return "float64: float64 moments";
  }
  return "";
}

std::string describe_dataset(const InfoState& state, const Device& device) {
  const auto dataset = open_source(state.data, state.source, state.work);
  const DatasetInfo& info = dataset->info();
  const Device taken = suited(device, info, 0);
  const auto plan = plan_moments(info, 0, taken);
  Listing listing;
  listing.add("data set", info.name);
  listing.add("format", info.format);
  listing.add("split", info.split);
  listing.add("images", fmt::format("{} (N)", info.count));
  listing.add("shape", format_shape(info.shape));
  listing.add("classes", std::to_string(info.classes));
  listing.add("class names", names_of(info.class_names));
  listing.add("note", few_samples(info.count, info.shape));
  listing.add("values", scalar_name(info.scalar));
  const auto pretexts = parse_pretext(typical_pretexts);
  if (chosen_form(state.form, info, pretexts) == MomentsForm::dual) {
    listing.add("form", "dual: products of samples, N x N");
    const Device dual = suited_dual(device, info, pretexts);
    listing.add("moments", verdict(plan_dual_moments(info, pretexts, dual), dual));
    add_dual_plans(listing, dual_size(info, pretexts), pretexts, device);
    return listing.text();
  }
  listing.add("form", "primal: products of inputs, D x D");
  listing.add("moments", verdict(plan, taken));
  add_plans(listing, info.shape, info.classes, device);
  return listing.text();
}

void run(const InfoState& state) {
  const Device device = open_device({state.work.device, Verbosity::quiet});  // the listing has the reason
  if (state.data.empty()) {
    print(describe_program(device));
  } else if (is_moments_input(state.data, state.source)) {
    print(moments_file_form(state.data) == MomentsForm::dual ? describe_dual_moments(state.data, device)
                                                             : describe_moments(state.data, device));
  } else {
    print(describe_dataset(state, device));
  }
}

constexpr auto footer = R"(Examples:
  eigenlens info
  eigenlens info /usr/share/datasets/fashion-mnist
  eigenlens info train.safetensors

Without DATA every CUDA device is listed, and if there is none, why.
EIGENLENS_CUDA_LIBRARY names the CUDA part, libeigenlens_cuda.so, if it is not beside the library.

Of a data set the labels are read and the file lengths checked, not the images; of
folders of images the names, and the headers of at most 64 files.)";

}  // namespace

Command add_info_command(CLI::App& program) {
  auto state = std::make_shared<InfoState>();
  CLI::App* parser =
      program.add_subcommand("info", "Say what this program runs on, or what a data set or a moments file is");
  parser->add_option("DATA", state->data, "Data set or moments file; without it, version, memory and devices");
  add_form_option(*parser, state->form, "Default: auto");
  add_work_options(*parser, state->work);
  add_data_options(*parser, state->source);
  parser->footer(footer);
  return {parser, [state](const std::string&) { run(*state); }};
}

}  // namespace eigenlens::cli
