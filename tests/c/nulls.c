/* SPDX-License-Identifier: Apache-2.0 */
/* NULL where something is needed is EIGENLENS_USAGE with a sentence, in every place of every function. */
#include <stdint.h>

#include "check.h"

#define NULLED(call) EXPECT(EIGENLENS_USAGE, "NULL", call)

static void check_sources(bench* b, eigenlens_dataset* set, const eigenlens_samples* samples) {
  eigenlens_dataset* opened = NULL;
  eigenlens_accumulator* sums = NULL;
  eigenlens_batch batch = EIGENLENS_BATCH_INIT;
  eigenlens_reader reader = EIGENLENS_READER_INIT;
  char* json = NULL;
  NULLED(eigenlens_device_open(NULL, NULL));
  NULLED(eigenlens_device_describe(NULL, &json));
  NULLED(eigenlens_cuda_survey(NULL));
  NULLED(eigenlens_dataset_open(NULL, NULL, &opened));
  NULLED(eigenlens_dataset_open(b->library, NULL, NULL));
  NULLED(eigenlens_dataset_from(NULL, &reader, &opened));
  NULLED(eigenlens_dataset_from(samples, NULL, &opened));
  NULLED(eigenlens_dataset_from(samples, &reader, NULL));
  NULLED(eigenlens_dataset_samples(NULL, NULL));
  NULLED(eigenlens_dataset_samples(set, NULL));
  NULLED(eigenlens_dataset_next(NULL, &batch));
  NULLED(eigenlens_dataset_next(set, NULL));
  NULLED(eigenlens_dataset_rewind(NULL));
  NULLED(eigenlens_dataset_skipped(NULL, &json));
  NULLED(eigenlens_dataset_skipped(set, NULL));
  NULLED(eigenlens_generate(NULL, NULL, NULL));
  NULLED(eigenlens_accumulator_open(NULL, NULL, &sums));
  NULLED(eigenlens_accumulator_open(samples, NULL, NULL));
  NULLED(eigenlens_accumulator_add(NULL, &batch));
  OK(eigenlens_accumulator_open(samples, NULL, &sums));
  NULLED(eigenlens_accumulator_add(sums, NULL));
  NULLED(eigenlens_accumulator_finish(sums, NULL));
  NULLED(eigenlens_accumulator_finish(NULL, NULL));
  eigenlens_accumulator_close(sums);
  CHECK(opened == NULL && json == NULL);
}

static void check_moments(bench* b, eigenlens_dataset* set, const eigenlens_moments* moments) {
  static const char* const holes[] = {"reconstruct", NULL};
  eigenlens_moments_options options = EIGENLENS_MOMENTS_OPTIONS_INIT;
  eigenlens_moments* made = NULL;
  eigenlens_array array = EIGENLENS_ARRAY_INIT;
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  char* json = NULL;
  NULLED(eigenlens_moments_of(NULL, NULL, NULL, &made));
  NULLED(eigenlens_moments_of(set, NULL, NULL, NULL));
  options.pretexts = holes;
  options.pretext_count = 2;
  NULLED(eigenlens_moments_of(set, &options, NULL, &made));
  options.pretexts = NULL;
  NULLED(eigenlens_moments_of(set, &options, NULL, &made));
  NULLED(eigenlens_moments_shards(NULL, 2, NULL, &made));
  NULLED(eigenlens_moments_shards(set, 2, NULL, NULL));
  NULLED(eigenlens_moments_merge(NULL, moments, &made));
  NULLED(eigenlens_moments_merge(moments, NULL, &made));
  NULLED(eigenlens_moments_merge(moments, moments, NULL));
  NULLED(eigenlens_moments_subtract(NULL, moments, &made));
  NULLED(eigenlens_moments_subtract(moments, NULL, &made));
  NULLED(eigenlens_moments_subtract(moments, moments, NULL));
  NULLED(eigenlens_moments_save(NULL, path_in(b->folder, "m")));
  NULLED(eigenlens_moments_save(moments, NULL));
  NULLED(eigenlens_moments_load(NULL, &made));
  NULLED(eigenlens_moments_load(path_in(b->folder, "m"), NULL));
  NULLED(eigenlens_moments_samples(NULL, &samples));
  NULLED(eigenlens_moments_samples(moments, NULL));
  NULLED(eigenlens_moments_array(NULL, "gram", &array));
  NULLED(eigenlens_moments_array(moments, NULL, &array));
  NULLED(eigenlens_moments_array(moments, "gram", NULL));
  NULLED(eigenlens_moments_describe(NULL, &json));
  NULLED(eigenlens_moments_describe(moments, NULL));
  CHECK(made == NULL && json == NULL);
}

static void check_operations(bench* b, eigenlens_dataset* set, const eigenlens_moments* moments) {
  const eigenlens_moments* const shards[] = {moments, NULL};
  eigenlens_result* made = NULL;
  NULLED(eigenlens_sweep(NULL, NULL, NULL, &made));
  NULLED(eigenlens_sweep(moments, NULL, NULL, NULL));
  NULLED(eigenlens_jackknife(NULL, 2, NULL, NULL, &made));
  NULLED(eigenlens_jackknife(shards, 2, NULL, NULL, &made));
  NULLED(eigenlens_jackknife(shards, 2, NULL, NULL, NULL));
  NULLED(eigenlens_probe(NULL, set, NULL, NULL, &made));
  NULLED(eigenlens_probe(moments, NULL, NULL, NULL, &made));
  NULLED(eigenlens_probe(moments, set, NULL, NULL, NULL));
  NULLED(eigenlens_encoders(NULL, NULL, NULL, &made));
  NULLED(eigenlens_encoders(moments, NULL, NULL, NULL));
  NULLED(eigenlens_impact(NULL, NULL, NULL, &made));
  NULLED(eigenlens_impact(moments, NULL, NULL, NULL));
  NULLED(eigenlens_frontier(NULL, NULL, NULL, &made));
  NULLED(eigenlens_frontier(moments, NULL, NULL, NULL));
  NULLED(eigenlens_advise(NULL, 2, NULL, NULL, &made));
  NULLED(eigenlens_advise(shards, 2, NULL, NULL, &made));
  NULLED(eigenlens_advise(shards, 1, NULL, NULL, NULL));
  NULLED(eigenlens_learning(NULL, 0, NULL, &made));
  NULLED(eigenlens_learning(moments, 0, NULL, NULL));
  NULLED(eigenlens_bands(NULL, NULL, NULL, &made));
  NULLED(eigenlens_bands(moments, NULL, NULL, NULL));
  CHECK(made == NULL);
}

static void check_results(bench* b, const eigenlens_moments* moments, const eigenlens_samples* samples) {
  const char* none[] = {NULL};
  eigenlens_result *result = NULL, *loaded = NULL;
  eigenlens_array array = EIGENLENS_ARRAY_INIT;
  uint8_t masks[64];
  int64_t patches = 0;
  char* text = NULL;
  OK(eigenlens_learning(moments, 0, NULL, &result));
  NULLED(eigenlens_result_load(NULL, &loaded));
  NULLED(eigenlens_result_load(path_in(b->folder, "r"), NULL));
  NULLED(eigenlens_result_json(NULL, NULL, &text));
  NULLED(eigenlens_result_json(result, NULL, NULL));
  NULLED(eigenlens_result_array(NULL, "/k", &array));
  NULLED(eigenlens_result_array(result, NULL, &array));
  NULLED(eigenlens_result_array(result, "/time", NULL));
  NULLED(eigenlens_result_save(NULL, path_in(b->folder, "r"), NULL));
  NULLED(eigenlens_result_save(result, NULL, NULL));
  NULLED(eigenlens_result_csv(NULL, path_in(b->folder, "r"), NULL));
  NULLED(eigenlens_result_csv(result, NULL, NULL));
  NULLED(eigenlens_result_table(NULL, NULL, &text));
  NULLED(eigenlens_result_table(result, NULL, NULL));
  NULLED(eigenlens_result_plot(NULL, path_in(b->folder, "r.svg")));
  NULLED(eigenlens_result_plot(result, NULL));
  NULLED(eigenlens_report(NULL, 1, path_in(b->folder, "r.html"), NULL));
  NULLED(eigenlens_report(none, 1, path_in(b->folder, "r.html"), NULL));
  NULLED(eigenlens_report(none, 0, NULL, NULL));
  NULLED(eigenlens_pretexts(NULL, &text));
  NULLED(eigenlens_pretexts("reconstruct", NULL));
  NULLED(eigenlens_draw_masks(NULL, samples, 1, &patches, masks));
  NULLED(eigenlens_draw_masks("grid:patch=4,every=2", NULL, 1, &patches, masks));
  NULLED(eigenlens_draw_masks("grid:patch=4,every=2", samples, 1, NULL, masks));
  NULLED(eigenlens_plan(NULL, NULL, NULL, &text));
  NULLED(eigenlens_plan(samples, NULL, NULL, NULL));
  CHECK(loaded == NULL && text == NULL);
  eigenlens_result_close(result);
}

void test_nulls(bench* b) {
  eigenlens_dataset* set = library_set(b, NULL);
  eigenlens_moments* moments = library_moments(b);
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  OK(eigenlens_moments_samples(moments, &samples));
  check_sources(b, set, &samples);
  check_moments(b, set, moments);
  check_operations(b, set, moments);
  check_results(b, moments, &samples);
  eigenlens_device_close(NULL);
  eigenlens_dataset_close(NULL);
  eigenlens_accumulator_close(NULL);
  eigenlens_moments_close(NULL);
  eigenlens_result_close(NULL);
  eigenlens_moments_close(moments);
  eigenlens_dataset_close(set);
}
