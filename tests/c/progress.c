/* SPDX-License-Identifier: Apache-2.0 */
/* The progress function sees every kind of work, and stops it. */
#include "check.h"

typedef struct watcher {
  int64_t calls;
  int64_t stop_after; /* -1: never */
  int reading, other;
} watcher;

static int32_t watch(void* user_data, const char* stage, int64_t done, int64_t total, const char* unit) {
  watcher* w = (watcher*)user_data;
  w->calls++;
  if (strcmp(stage, "reading") == 0)
    w->reading++;
  else
    w->other++;
  if (done < 0 || (total > 0 && done > total) || unit[0] == '\0') w->stop_after = 0; /* shows as a failure */
  return w->stop_after >= 0 && w->calls > w->stop_after;
}

void test_progress(bench* b) {
  static const char* const pretexts[] = {"reconstruct", "mask:patch=2,ratio=0.5"};
  watcher w = {0, -1, 0, 0};
  eigenlens_run run = EIGENLENS_RUN_INIT;
  eigenlens_device* device = NULL;
  eigenlens_device_options cpu = EIGENLENS_DEVICE_OPTIONS_INIT;
  eigenlens_dataset* set = library_set(b, NULL);
  eigenlens_moments *moments = NULL, *stopped = NULL;
  eigenlens_moments* shards[2] = {NULL, NULL};
  eigenlens_sweep_options sweep = EIGENLENS_SWEEP_OPTIONS_INIT;
  eigenlens_impact_options impact = EIGENLENS_IMPACT_OPTIONS_INIT;
  eigenlens_bands_options bands = EIGENLENS_BANDS_OPTIONS_INIT;
  eigenlens_generate_options generate = EIGENLENS_GENERATE_OPTIONS_INIT;
  eigenlens_result* result = NULL;
  cpu.name = "cpu";
  OK(eigenlens_device_open(&cpu, &device));
  run.device = device;
  run.progress = watch;
  run.user_data = &w;
  sweep.pretexts = impact.pretexts = pretexts;
  sweep.pretext_count = impact.pretext_count = 2;
  OK(eigenlens_moments_of(set, NULL, &run, &moments));
  CHECK(w.reading > 0 && w.other == 0);
  OK(eigenlens_sweep(moments, &sweep, &run, &result));
  CHECK(w.other > 0);
  eigenlens_result_close(result);
  result = NULL;

  w.stop_after = w.calls = 0;
  EXPECT(EIGENLENS_CANCELLED, "cancelled", eigenlens_moments_of(set, NULL, &run, &stopped));
  EXPECT(EIGENLENS_CANCELLED, NULL, eigenlens_moments_shards(set, 2, &run, shards));
  EXPECT(EIGENLENS_CANCELLED, NULL, eigenlens_sweep(moments, &sweep, &run, &result));
  EXPECT(EIGENLENS_CANCELLED, NULL, eigenlens_probe(moments, set, &sweep, &run, &result));
  EXPECT(EIGENLENS_CANCELLED, NULL, eigenlens_impact(moments, &impact, &run, &result));
  EXPECT(EIGENLENS_CANCELLED, NULL, eigenlens_frontier(moments, NULL, &run, &result));
  EXPECT(EIGENLENS_CANCELLED, NULL, eigenlens_learning(moments, 0, &run, &result));
  EXPECT(EIGENLENS_CANCELLED, NULL, eigenlens_bands(moments, &bands, &run, &result));
  EXPECT(EIGENLENS_CANCELLED, NULL,
         eigenlens_advise((const eigenlens_moments* const*)&moments, 1, NULL, &run, &result));
  generate.count = 100000;
  EXPECT(EIGENLENS_CANCELLED, NULL, eigenlens_generate(path_in(b->folder, "never"), &generate, &run));
  CHECK(!is_file(path_in(b->folder, "never/train-images-idx3-ubyte")));
  CHECK(!stopped && !shards[0] && !result);

  w.stop_after = 2; /* in the middle */
  w.calls = 0;
  EXPECT(EIGENLENS_CANCELLED, NULL, eigenlens_sweep(moments, &sweep, &run, &result));
  CHECK(w.calls == 3 && !result);
  w.stop_after = -1;
  OK(eigenlens_sweep(moments, &sweep, &run, &result)); /* and what was stopped can be done again */
  eigenlens_result_close(result);
  eigenlens_moments_close(moments);
  eigenlens_dataset_close(set);
  eigenlens_device_close(device);
}
