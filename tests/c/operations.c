/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation on moments: what its result holds, and what it refuses. */
#include <math.h>

#include "check.h"

static const char* const two[] = {"reconstruct", "mask:patch=2,ratio=0.25:0.75:2"};

static eigenlens_sweep_options sweep_options(void) {
  eigenlens_sweep_options options = EIGENLENS_SWEEP_OPTIONS_INIT;
  options.pretexts = two;
  options.pretext_count = 2;
  return options;
}

static void check_sweep(bench* b, const eigenlens_moments* moments) {
  eigenlens_sweep_options options = sweep_options();
  eigenlens_result* result = NULL;
  eigenlens_array rank = EIGENLENS_ARRAY_INIT;
  const double* alignment;
  int64_t count = 0, i;
  OK(eigenlens_sweep(moments, &options, NULL, &result));
  CHECK(strcmp(eigenlens_result_format(result), "eigenlens.curves/1") == 0);
  OK(eigenlens_result_array(result, "/dataset/rank", &rank));
  CHECK(rank.ndim == 0 && rank.scalar == EIGENLENS_INT64);
  alignment = reals_at(b, result, "/curves/2/alignment", &count);
  CHECK(count == *(const int64_t*)rank.data);
  for (i = 0; i < count; i++) CHECK(alignment[i] >= 0 && alignment[i] <= 1 + 1e-12);
  eigenlens_result_close(result);
  result = NULL;
  options.mode = EIGENLENS_ACCURATE;
  OK(eigenlens_sweep(moments, &options, NULL, &result));
  eigenlens_result_close(result);
  result = NULL;
  options.mode = 9;
  EXPECT(EIGENLENS_USAGE, "mode 9", eigenlens_sweep(moments, &options, NULL, &result));
  options = sweep_options();
  options.largest_k = 65;
  EXPECT(EIGENLENS_USAGE, "65", eigenlens_sweep(moments, &options, NULL, &result));
  options.largest_k = -1;
  EXPECT(EIGENLENS_USAGE, "largest_k -1", eigenlens_sweep(moments, &options, NULL, &result));
  options = sweep_options();
  options.pretext_count = 0;
  EXPECT(EIGENLENS_USAGE, "no pretext", eigenlens_sweep(moments, &options, NULL, &result));
  EXPECT(EIGENLENS_USAGE, "no pretext", eigenlens_sweep(moments, NULL, NULL, &result));
  CHECK(result == NULL);
}

static void check_shards(bench* b) {
  eigenlens_dataset* set = library_set(b, NULL);
  eigenlens_moments* shards[4] = {NULL, NULL, NULL, NULL};
  eigenlens_sweep_options options = sweep_options();
  eigenlens_advice_options advice = EIGENLENS_ADVICE_OPTIONS_INIT;
  eigenlens_result* result = NULL;
  int64_t count = 0, i;
  OK(eigenlens_moments_shards(set, 4, NULL, shards));
  OK(eigenlens_jackknife((const eigenlens_moments* const*)shards, 4, &options, NULL, &result));
  CHECK(reals_at(b, result, "/curves/1/jackknife/gain_se", &count) && count > 0);
  eigenlens_result_close(result);
  result = NULL;
  EXPECT(EIGENLENS_USAGE, "not 1",
         eigenlens_jackknife((const eigenlens_moments* const*)shards, 1, &options, NULL, &result));
  EXPECT(EIGENLENS_USAGE, "no pretext",
         eigenlens_jackknife((const eigenlens_moments* const*)shards, 4, NULL, NULL, &result));
  EXPECT(EIGENLENS_USAGE, "101", eigenlens_moments_shards(set, 101, NULL, shards));
  advice.k = 5;
  OK(eigenlens_advise((const eigenlens_moments* const*)shards, 4, &advice, NULL, &result));
  CHECK(strcmp(eigenlens_result_format(result), "eigenlens.advice/1") == 0);
  CHECK(reals_at(b, result, "/ranked/0/gain_se", &count) && count > 0);
  eigenlens_result_close(result);
  result = NULL;
  advice.unlabelled = 1;
  OK(eigenlens_advise((const eigenlens_moments* const*)shards, 1, &advice, NULL, &result));
  CHECK(reals_at(b, result, "/ranked/0/max_sin", &count) && count == 1);
  eigenlens_result_close(result);
  result = NULL;
  EXPECT(EIGENLENS_USAGE, "one shard or more", eigenlens_advise(NULL, 0, NULL, NULL, &result));
  advice.k = -4;
  EXPECT(EIGENLENS_USAGE, "k -4", eigenlens_advise((const eigenlens_moments* const*)shards, 4, &advice, NULL, &result));
  CHECK(result == NULL);
  for (i = 0; i < 4; i++) eigenlens_moments_close(shards[i]);
  eigenlens_dataset_close(set);
}

static void check_probe(bench* b, const eigenlens_moments* moments) {
  eigenlens_dataset* test = library_set(b, "test");
  eigenlens_sweep_options options = sweep_options();
  eigenlens_result* result = NULL;
  const double* top1;
  int64_t count = 0;
  options.ridge = 0.5;
  OK(eigenlens_probe(moments, test, &options, NULL, &result));
  top1 = reals_at(b, result, "/curves/0/probe/top1", &count);
  CHECK(count > 0 && top1[count - 1] > 0.25 && top1[count - 1] <= 1);
  eigenlens_result_close(result);
  result = NULL;
  options.ridge = -1;
  EXPECT(EIGENLENS_USAGE, "ridge", eigenlens_probe(moments, test, &options, NULL, &result));
  CHECK(result == NULL);
  eigenlens_dataset_close(test);
}

static void check_impact(bench* b, const eigenlens_moments* moments) {
  static const int64_t k[] = {3, 5, 9};
  eigenlens_impact_options options = EIGENLENS_IMPACT_OPTIONS_INIT;
  eigenlens_result* result = NULL;
  int64_t count = 0;
  options.pretexts = two;
  options.pretext_count = 2;
  options.k = k;
  options.k_count = 3;
  OK(eigenlens_impact(moments, &options, NULL, &result));
  CHECK(reals_at(b, result, "/impacts/1/max_sin", &count) && count == 3);
  eigenlens_result_close(result);
  result = NULL;
  options.k_count = 0; /* every K */
  OK(eigenlens_impact(moments, &options, NULL, &result));
  CHECK(reals_at(b, result, "/impacts/1/max_sin", &count) && count > 50);
  eigenlens_result_close(result);
  result = NULL;
  options.k = NULL;
  options.couplings = 1;
  OK(eigenlens_impact(moments, &options, NULL, &result));
  CHECK(reals_at(b, result, "/impacts/1/coupling", &count) && count > 50);
  eigenlens_result_close(result);
  result = NULL;
  options.k_count = 2;
  EXPECT(EIGENLENS_USAGE, "is NULL", eigenlens_impact(moments, &options, NULL, &result));
  CHECK(result == NULL);
}

static void check_frontier(bench* b, const eigenlens_moments* moments) {
  static const double lambdas[] = {0.01, 1};
  eigenlens_frontier_options options = EIGENLENS_FRONTIER_OPTIONS_INIT;
  eigenlens_result* result = NULL;
  eigenlens_array encoder = EIGENLENS_ARRAY_INIT, stored = EIGENLENS_ARRAY_INIT;
  const double* lambda;
  int64_t count = 0;
  OK(eigenlens_frontier(moments, NULL, NULL, &result));
  lambda = reals_at(b, result, "/points/26/lambda", &count);
  CHECK(count == 1 && isinf(lambda[0])); /* 25 of the command line, and both limits */
  EXPECT(EIGENLENS_USAGE, "27 entries", eigenlens_result_array(result, "/points/27/lambda", &encoder));
  EXPECT(EIGENLENS_USAGE, "maps", eigenlens_result_array(result, "/maps/0/encoder", &encoder));
  eigenlens_result_close(result);
  result = NULL;
  options.lambdas = lambdas;
  options.lambda_count = 2;
  options.maps_k = 5;
  options.folder = path_in(b->folder, "maps");
  OK(eigenlens_frontier(moments, &options, NULL, &result));
  OK(eigenlens_result_array(result, "/maps/1/encoder", &encoder));
  CHECK(encoder.ndim == 2 && encoder.shape[0] == 64 && encoder.shape[1] == 5);
  CHECK(encoder.strides[0] == 1 && encoder.strides[1] == 64 && encoder.scalar == EIGENLENS_FLOAT64);
  OK(eigenlens_result_array(result, "/maps/3/decoder", &stored));
  CHECK(stored.shape[0] == 5 && stored.shape[1] == 64);
  OK(eigenlens_result_array(result, "/maps/3/classifier", &stored));
  CHECK(stored.shape[0] == 5 && stored.shape[1] == 4);
  CHECK(reals_at(b, result, "/mean", &count) && count == 64);
  CHECK(reals_at(b, result, "/frequency", &count) && count == 4);
  CHECK(is_file(path_in(b->folder, "maps/lambda-0.01/encoder.npy")) && is_file(path_in(b->folder, "maps/mean.npy")));
  eigenlens_result_close(result);
  result = NULL;
  EXPECT(EIGENLENS_USAGE, "not empty", eigenlens_frontier(moments, &options, NULL, &result));
  options.maps_k = 0;
  EXPECT(EIGENLENS_USAGE, "maps_k 0", eigenlens_frontier(moments, &options, NULL, &result));
  CHECK(result == NULL);
}

void test_operations(bench* b) {
  eigenlens_moments* moments = library_moments(b);
  eigenlens_result* result = NULL;
  int64_t count = 0;
  check_sweep(b, moments);
  check_shards(b);
  check_probe(b, moments);
  check_impact(b, moments);
  check_frontier(b, moments);
  OK(eigenlens_learning(moments, 0, NULL, &result));
  CHECK(*reals_at(b, result, "/initial", &count) == 1e-4);
  CHECK(reals_at(b, result, "/target", &count) && count > 10);
  eigenlens_result_close(result);
  result = NULL;
  EXPECT(EIGENLENS_USAGE, NULL, eigenlens_learning(moments, 0.9, NULL, &result));
  CHECK(result == NULL);
  eigenlens_moments_close(moments);
}
