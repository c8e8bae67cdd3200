/* SPDX-License-Identifier: Apache-2.0 */
/* Structs of other versions: smaller ones, larger ones, and those that were never initialised. */
#include <stddef.h>

#include "check.h"

/* As a newer header might have it. */
typedef struct newer_device_options {
  eigenlens_device_options known;
  int64_t added[3];
} newer_device_options;

typedef struct newer_array {
  eigenlens_array known;
  int64_t added;
} newer_array;

static void check_newer(bench* b) {
  newer_device_options options;
  eigenlens_device* device = NULL;
  memset(&options, 0, sizeof options);
  options.known.struct_size = sizeof options;
  options.known.name = "cpu";
  OK(eigenlens_device_open(&options.known, &device)); /* what is new is not used */
  eigenlens_device_close(device);
  device = NULL;
  options.added[2] = 1;
  EXPECT(EIGENLENS_USAGE, "newer eigenlens", eigenlens_device_open(&options.known, &device));
  options.known.struct_size = 0;
  EXPECT(EIGENLENS_USAGE, "struct_size is 0", eigenlens_device_open(&options.known, &device));
  options.known.struct_size = (size_t)-1;
  EXPECT(EIGENLENS_USAGE, "_INIT", eigenlens_device_open(&options.known, &device));
  CHECK(device == NULL);
}

/* An older header knew less: what it did not know has its default, whatever lies behind the struct. */
static void check_older(bench* b) {
  static const char* const pretexts[] = {"reconstruct"};
  eigenlens_moments* moments = library_moments(b);
  eigenlens_sweep_options options = EIGENLENS_SWEEP_OPTIONS_INIT;
  eigenlens_device_options device_options = EIGENLENS_DEVICE_OPTIONS_INIT;
  eigenlens_device* device = NULL;
  eigenlens_result* result = NULL;
  options.struct_size = offsetof(eigenlens_sweep_options, mode);
  options.pretexts = pretexts;
  options.pretext_count = 1;
  options.mode = 77;
  options.largest_k = -5;
  OK(eigenlens_sweep(moments, &options, NULL, &result));
  eigenlens_result_close(result);
  eigenlens_moments_close(moments);
  device_options.struct_size = offsetof(eigenlens_device_options, threads);
  device_options.name = "cpu";
  device_options.threads = -9;
  device_options.memory = -9;
  OK(eigenlens_device_open(&device_options, &device));
  eigenlens_device_close(device);
}

/* Structs that are filled: no more than the caller has room for. */
static void check_filled(bench* b) {
  eigenlens_moments* moments = library_moments(b);
  eigenlens_array small = EIGENLENS_ARRAY_INIT;
  newer_array large;
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  small.struct_size = offsetof(eigenlens_array, shape);
  small.shape[0] = -11;
  OK(eigenlens_moments_array(moments, "gram", &small));
  CHECK(small.ndim == 2 && small.data && small.shape[0] == -11);
  memset(&large, 0x5a, sizeof large);
  large.known.struct_size = sizeof large;
  large.added = 42;
  OK(eigenlens_moments_array(moments, "gram", &large.known));
  CHECK(large.known.shape[0] == 64 && large.added == 42 && large.known.struct_size == sizeof large);
  small.struct_size = 0;
  EXPECT(EIGENLENS_USAGE, "struct_size is 0", eigenlens_moments_array(moments, "gram", &small));
  samples.struct_size = 3;
  EXPECT(EIGENLENS_USAGE, "struct_size is 3", eigenlens_moments_samples(moments, &samples));
  eigenlens_moments_close(moments);
}

void test_versions(bench* b) {
  check_newer(b);
  check_older(b);
  check_filled(b);
}
