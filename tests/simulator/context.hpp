// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which device a thread's calls go to: that of its current context of the driver; without one, the device that it
/// chose last becomes current with the first call that needs one.
#pragma once

namespace eigenlens::simulator {

/// Throws a Refusal unless there is such a device.
void require_ordinal(int device);
/// Makes a context current if the thread has none.
int used_device();
/// Throws a Refusal unless the thread's calls go to this device; `what` belongs to it.
void require_used(int device, const char* what);

}  // namespace eigenlens::simulator
