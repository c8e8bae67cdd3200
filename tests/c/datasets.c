/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets from paths: what they are, batches, rewinding, files that are left out, generated ones. */
#include "check.h"

static int64_t read_to_end(bench* b, eigenlens_dataset* set, unsigned* sum) {
  eigenlens_batch batch = EIGENLENS_BATCH_INIT;
  int64_t count = 0, i;
  *sum = 0;
  for (;;) {
    OK(eigenlens_dataset_next(set, &batch));
    if (batch.count == 0 || b->failures) return count;
    CHECK(batch.dimension == 64 && batch.scalar == EIGENLENS_UINT8 && batch.place == EIGENLENS_HOST);
    for (i = 0; i < batch.count * batch.dimension; i++) *sum = *sum * 31u + ((const unsigned char*)batch.values)[i];
    for (i = 0; i < batch.count; i++) CHECK(batch.labels[i] >= 0 && batch.labels[i] < 4);
    count += batch.count;
  }
}

static void check_damaged(bench* b) {
  eigenlens_dataset* set = NULL;
  eigenlens_dataset_options options = EIGENLENS_DATASET_OPTIONS_INIT;
  EXPECT(EIGENLENS_IO, NULL, eigenlens_dataset_open(path_in(b->folder, "nothing"), NULL, &set));
  options.split = "moon";
  EXPECT(EIGENLENS_USAGE, "moon", eigenlens_dataset_open(b->library, &options, &set));
  options.split = NULL;
  options.format = "parchment";
  EXPECT(EIGENLENS_USAGE, "parchment", eigenlens_dataset_open(b->library, &options, &set));
  options.format = "npy";
  options.labels = "none";
  EXPECT(EIGENLENS_DATA, NULL, eigenlens_dataset_open(path_in(b->library, "train-labels-idx1-ubyte"), &options, &set));
  options.format = options.labels = NULL;
  options.batch = -3;
  EXPECT(EIGENLENS_USAGE, "-3", eigenlens_dataset_open(b->library, &options, &set));
  CHECK(set == NULL);
}

static void check_generate(bench* b) {
  eigenlens_generate_options options = EIGENLENS_GENERATE_OPTIONS_INIT;
  CHECK(options.count == 60000 && options.test_count == 10000 && options.height == 28 && options.seed == 1);
  options.classes = 17;
  EXPECT(EIGENLENS_USAGE, "17", eigenlens_generate(path_in(b->folder, "g"), &options, NULL));
  options.classes = 2;
  options.count = options.test_count = 3;
  EXPECT(EIGENLENS_IO, NULL, eigenlens_generate(path_in(b->library, "train-labels-idx1-ubyte/sub"), &options, NULL));
}

void test_datasets(bench* b) {
  eigenlens_dataset* set = library_set(b, NULL);
  eigenlens_dataset_options options = EIGENLENS_DATASET_OPTIONS_INIT;
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  eigenlens_batch batch = EIGENLENS_BATCH_INIT;
  unsigned first, second;
  char* json = NULL;
  OK(eigenlens_dataset_samples(set, &samples));
  CHECK(samples.count == 240 && samples.classes == 4 && samples.height == 8 && samples.width == 8);
  batch.struct_size = 2;
  EXPECT(EIGENLENS_USAGE, "struct_size is 2", eigenlens_dataset_next(set, &batch)); /* and no batch is lost */
  batch.struct_size = sizeof batch;
  CHECK(samples.channels == 1 && samples.scalar == EIGENLENS_UINT8 && samples.name && !samples.class_names);
  CHECK(read_to_end(b, set, &first) == 240);
  OK(eigenlens_dataset_next(set, &batch));
  CHECK(batch.count == 0);
  OK(eigenlens_dataset_rewind(set));
  CHECK(read_to_end(b, set, &second) == 240 && first == second);
  OK(eigenlens_dataset_skipped(set, &json));
  CHECK(strcmp(json, "[]") == 0);
  eigenlens_text_free(json);
  eigenlens_dataset_close(set);

  options.split = "test";
  options.batch = 7;
  set = NULL;
  OK(eigenlens_dataset_open(b->library, &options, &set));
  OK(eigenlens_dataset_next(set, &batch));
  CHECK(batch.count == 7);
  eigenlens_dataset_close(set);
  check_damaged(b);
  check_generate(b);
}
