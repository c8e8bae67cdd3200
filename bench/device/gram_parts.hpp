// SPDX-License-Identifier: Apache-2.0
/// \file
/// The exact Gram matrix of bytes in its parts, each alone: what src/backend/cuda/gram_u8.cpp queues, kernel by kernel.
#pragma once

#include "device/ceilings.hpp"
#include "device/samples.hpp"

namespace eigenlens::bench {

/// Adds a row a part: its time for all samples, from that of one slice, and its share of the floor.
void report_gram_parts(Report& report, const Samples& samples, const Ceilings& ceilings, int runs);

}  // namespace eigenlens::bench
