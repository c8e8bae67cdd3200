// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "commands.hpp"
#include "console.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/mask_moments.hpp"
#include "options.hpp"
#include "output_path.hpp"

namespace eigenlens::cli {
namespace {

constexpr std::int64_t shown_side_by_side = 6;
constexpr std::int64_t widest_grid = 32;

struct MasksState {
  std::string specification;
  std::string shape;
  std::int64_t count = shown_side_by_side;
  std::string out;
  Verbosity verbosity = Verbosity::normal;
};

/// The first masks side by side, a character a patch: # shown, . hidden.
std::string picture(const Dense<std::uint8_t>& masks, std::int64_t rows, std::int64_t cols) {
  const std::int64_t count = std::min(masks.cols(), shown_side_by_side);
  std::string text;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t m = 0; m < count; ++m) {
      if (m > 0) text += "   ";
      for (std::int64_t col = 0; col < cols; ++col) text += masks(row * cols + col, m) != 0 ? '#' : '.';
    }
    text += '\n';
  }
  return text;
}

/// "40.2 % of the patches are shown, each in 22.1 % to 58.9 % of the masks; exact."
std::string summary(const MaskMoments& moments) {
  double mean = 0;
  for (const double p : moments.first) mean += p / static_cast<double>(moments.first.size());
  const auto [least, most] = std::minmax_element(moments.first.begin(), moments.first.end());
  const std::string source = moments.draws == 0 ? std::string("exact")
                                                : fmt::format("of {} masks, standard error at most {:.2g} %",
                                                              moments.draws, 100 * moments.first_error.largest);
  return fmt::format("{:.1f} % of the patches are shown, each in {:.1f} % to {:.1f} % of the masks ({}).\n", 100 * mean,
                     100 * *least, 100 * *most, source);
}

void run(const MasksState& state) {
  const std::vector<Pretext> pretexts = parse_pretext(state.specification);
  if (pretexts.size() != 1)
    throw Error(ErrorCode::usage,
                fmt::format("'{}' is {} pretexts: expected one", state.specification, pretexts.size()));
  const Pretext& pretext = pretexts.front();
  const ImageShape shape = parse_shape(state.shape);
  if (!state.out.empty()) require_writable({state.out}, {pretext.file});
  const MaskMoments moments = mask_moments(pretext, shape);
  const Dense<std::uint8_t> masks = draw_masks(pretext, shape, state.count);
  const std::int64_t rows = (shape.height + pretext.patch_height - 1) / pretext.patch_height;
  const std::int64_t cols = (shape.width + pretext.patch_width - 1) / pretext.patch_width;
  if (!state.out.empty()) {
    save_masks(masks, state.out);
    note(state.verbosity, fmt::format("wrote {}", state.out));
    if (state.verbosity == Verbosity::quiet) return;
  }
  print((cols <= widest_grid ? picture(masks, rows, cols) + "\n" : std::string()) + summary(moments));
}

constexpr auto footer = R"(Examples:
  eigenlens masks blocks:patch=16,ratio=0.4 --shape 3x224x224
  eigenlens masks multiblock:patch=4 --shape 28x28 --count 1000 --out masks.npy

SPEC is blocks, multiblock, grid, centre, crop or masks, as eigenlens sweep --help explains.)";

}  // namespace

Command add_masks_command(CLI::App& program) {
  auto state = std::make_shared<MasksState>();
  CLI::App* parser = program.add_subcommand("masks", "Look at the masks of a pretext, or write them");
  parser->add_option("SPEC", state->specification, "Pretext with masks of any kind")->required();
  parser->add_option("--shape", state->shape, "Size of an image: HxW or CxHxW")->type_name("SHAPE")->required();
  parser->add_option("--count", state->count, "Masks to draw; default 6")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100000000}).description(""));
  parser->add_option("-o,--out", state->out, "Write the masks as .npy, a row each, 1 = shown")->type_name("FILE");
  add_quiet_option(*parser, state->verbosity);
  parser->footer(footer);
  return {parser, [state](const std::string&) { run(*state); }};
}

}  // namespace eigenlens::cli
