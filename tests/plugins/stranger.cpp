// SPDX-License-Identifier: Apache-2.0
// A library that is none of ours: it can be opened and has nothing that we look for.
extern "C" __attribute__((visibility("default"))) int stranger() { return 0; }
