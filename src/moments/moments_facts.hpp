// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the moments files of both forms have in common: their names, and all but their products (docs/formats.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/moments.hpp"
#include "moments/safetensors.hpp"

namespace eigenlens {

inline constexpr const char* primal_format = "eigenlens.moments/1";
/// A version of its own, so that a reader which knows the primal form alone refuses it as one.
inline constexpr const char* dual_format = "eigenlens.moments/2";

/// primal or dual. Error(data) for another format.
MomentsForm form_of(const safetensors::Reader& file);

/// Format, arithmetic, data set, class names, and who wrote it.
safetensors::Metadata facts_metadata(const char* format, Arithmetic arithmetic, const std::string& dataset,
                                     const std::vector<std::string>& class_names);

// Readers; each throws Error(data) that names the tensor or key and what was expected.
void expect_shape(const safetensors::Reader& file, const std::string& name, safetensors::Element element,
                  const std::vector<std::int64_t>& expected);
void expect_finite(const safetensors::Reader& file, const std::string& name, const double* values, std::int64_t count);
Arithmetic read_arithmetic(const safetensors::Reader& file);
std::vector<std::string> read_class_names(const safetensors::Reader& file, std::int64_t classes);
/// Each at least 1; their product fits 64 bits.
ImageShape read_extents(safetensors::Reader& file);
/// C numbers that add up to count.
std::vector<std::int64_t> read_class_counts(safetensors::Reader& file, std::int64_t classes, std::int64_t count);

}  // namespace eigenlens
