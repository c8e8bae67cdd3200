// SPDX-License-Identifier: Apache-2.0
/// \file
/// What every report writes: the columns of a curve, the latent dimensions asked for, and numbers that are numbers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// One quantity of a curve, by its name in files.
struct Column {
  const char* name;
  std::vector<double> Curve::*values;
};

inline constexpr std::array<Column, 8> curve_columns = {{{"alignment", &Curve::alignment},
                                                         {"alignment_figure", &Curve::alignment_figure},
                                                         {"alignment_noisy", &Curve::alignment_noisy},
                                                         {"reconstruction_denoise", &Curve::reconstruction_denoise},
                                                         {"reconstruction_clean", &Curve::reconstruction_clean},
                                                         {"reconstruction_refit", &Curve::reconstruction_refit},
                                                         {"eigenvalue", &Curve::eigenvalues},
                                                         {"relative_gap", &Curve::relative_gap}}};

/// One quantity of a curve's jackknife, by its name in files.
struct SamplingColumn {
  const char* name;
  std::vector<double> JackknifeErrors::*values;
};

inline constexpr std::array<SamplingColumn, 5> sampling_columns = {
    {{"alignment_se", &JackknifeErrors::alignment_se},
     {"alignment_low", &JackknifeErrors::alignment_low},
     {"alignment_high", &JackknifeErrors::alignment_high},
     {"gain", &JackknifeErrors::gain},
     {"gain_se", &JackknifeErrors::gain_se}}};

const char* kind_name(PretextKind kind);
const char* channels_name(ChannelMode mode);
/// Whether patches and channels, the ratio, sigma or the count mean anything for this kind.
bool has_patch(PretextKind kind);
bool has_ratio(PretextKind kind);

/// The K to write of this curve: those asked for, ascending and each once, or all. Throws Error(usage) for a K below 1
/// or beyond the curve's rank, and for a curve whose columns differ in length; Error(numerical) for a value that is not
/// finite.
std::vector<std::int64_t> selected_k(const Curve& curve, const ReportOptions& options);

/// A text as a cell of a CSV file: names of files may hold quotes.
std::string csv_quoted(const std::string& text);

/// The value itself; Error(numerical), with the name, if it is not finite: a file never holds NaN.
double finite(double value, const char* name);
/// The same of every value.
const std::vector<double>& finite_list(const std::vector<double>& values, const char* name);

}  // namespace eigenlens
