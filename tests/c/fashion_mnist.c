/* SPDX-License-Identifier: Apache-2.0 */
/* The real images, where they are installed: batch by batch the same moments as the files, and the known figures. */
#include <math.h>

#include "check.h"

void test_fashion_mnist(bench* b) {
  static const char* const pretexts[] = {"reconstruct", "mask:patch=4,ratio=0.75"};
  const char* folder = "/usr/share/datasets/fashion-mnist";
  eigenlens_dataset* set = NULL;
  eigenlens_accumulator* sums = NULL;
  eigenlens_moments *added = NULL, *read = NULL;
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  eigenlens_batch batch = EIGENLENS_BATCH_INIT;
  eigenlens_array x = EIGENLENS_ARRAY_INIT, y = EIGENLENS_ARRAY_INIT;
  eigenlens_sweep_options options = EIGENLENS_SWEEP_OPTIONS_INIT;
  eigenlens_result* result = NULL;
  const double* alignment;
  int64_t count = 0;
  if (eigenlens_dataset_open(folder, NULL, &set) != EIGENLENS_OK) {
    fprintf(stderr, "skipped: %s\n", eigenlens_last_error());
    b->skipped = 1;
    return;
  }
  OK(eigenlens_dataset_samples(set, &samples));
  CHECK(samples.count == 60000 && samples.classes == 10);
  OK(eigenlens_accumulator_open(&samples, NULL, &sums));
  do {
    OK(eigenlens_dataset_next(set, &batch));
    OK(eigenlens_accumulator_add(sums, &batch));
  } while (batch.count > 0 && b->failures == 0);
  OK(eigenlens_accumulator_finish(sums, &added));
  OK(eigenlens_moments_of(set, NULL, NULL, &read));
  OK(eigenlens_moments_array(added, "gram", &x));
  OK(eigenlens_moments_array(read, "gram", &y));
  CHECK(x.shape[0] == 784 && memcmp(x.data, y.data, 784 * 784 * 8) == 0);

  options.pretexts = pretexts;
  options.pretext_count = 2;
  OK(eigenlens_sweep(added, &options, NULL, &result));
  alignment = reals_at(b, result, "/curves/0/alignment", &count);
  CHECK(count == 784 && fabs(alignment[63] - 0.9214) < 1e-4); /* the README's table */
  alignment = reals_at(b, result, "/curves/1/alignment", &count);
  CHECK(count == 784 && fabs(alignment[63] - 0.8943) < 1e-4);
  eigenlens_result_close(result);
  eigenlens_moments_close(added);
  eigenlens_moments_close(read);
  eigenlens_accumulator_close(sums);
  eigenlens_dataset_close(set);
}
