// SPDX-License-Identifier: Apache-2.0
/// \file
/// Ctrl-C: the first asks the work to stop cleanly, the second kills.
#pragma once

namespace eigenlens::cli {

/// From now on SIGINT and SIGTERM set a flag; the next one of either has its usual effect. A signal that the caller of
/// this program had set to be ignored (nohup, a job in the background) stays ignored. SIGPIPE is ignored: writes report
/// it.
void watch_interrupts();

/// The signal that came, or 0.
int interrupt_signal() noexcept;

}  // namespace eigenlens::cli
