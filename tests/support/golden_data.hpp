// SPDX-License-Identifier: Apache-2.0
/// \file
/// Curves computed by another program, where this machine has them: in $EIGENLENS_SHARED or beside the source folder.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "eigenlens/pretext.hpp"
#include "support/npz.hpp"
#include "support/samples.hpp"

namespace eigenlens::test {

/// A file of the golden folder ("small.npz"), or nothing if this machine does not have it.
std::optional<std::filesystem::path> golden_data(const std::string& file);

/// The pretext of every curve in the archive, by the curve's name: mask_p2_r0.5, mae_p4_m1of4, gauss_0.1, ...
std::map<std::string, Pretext> golden_pretexts(const Npz& npz);

/// The images and labels of an archive that contains them (small.npz).
Samples golden_samples(const Npz& npz);

}  // namespace eigenlens::test
