// SPDX-License-Identifier: Apache-2.0
/// \file
/// A device that no name opens: a backend made by hand, such as one with another eigensolver.
#pragma once

#include <memory>

#include "backend/backend.hpp"
#include "eigenlens/device.hpp"

namespace eigenlens {

Device device_of(std::shared_ptr<Backend> backend);

}  // namespace eigenlens
