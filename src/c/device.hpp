// SPDX-License-Identifier: Apache-2.0
/// \file
/// Devices of the C interface, and how work is run on them.
#pragma once

#include "eigenlens/device.hpp"
#include "eigenlens/eigenlens.h"
#include "eigenlens/progress.hpp"

struct eigenlens_device {
  eigenlens::Device device;
};

namespace eigenlens::c {

/// An eigenlens_run as the C++ interface takes it.
struct Run {
  Device device;
  Progress progress;  ///< empty: nobody watches
};

/// NULL, or without a device: auto, opened for this work. Errors: those of Device.
Run run_of(const eigenlens_run* run);
/// The progress alone, of work that takes no device.
Progress progress_of(const eigenlens_run* run);

}  // namespace eigenlens::c
