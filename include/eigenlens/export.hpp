// SPDX-License-Identifier: Apache-2.0
/// \file
/// What libeigenlens shows: everything else is hidden.
#pragma once

#define EIGENLENS_API __attribute__((visibility("default")))
