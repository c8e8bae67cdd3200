/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets of the caller's functions: the same moments as the files, probes that read twice, and how they stop. */
#include "check.h"

/* Passes the batches of another data set on. */
typedef struct source {
  eigenlens_dataset* set;
  int rewound;
  int64_t given;
  int64_t stop_at; /* samples after which `next` returns `status`; -1: never */
  int32_t status;
  int32_t spoil; /* 1: wrong label, 2: wrong width, 3: CUDA memory, 4: ends early, 5: rewind fails */
} source;

static int32_t next(void* user_data, eigenlens_batch* batch) {
  static int32_t wrong[4096];
  source* s = (source*)user_data;
  if (s->stop_at >= 0 && s->given >= s->stop_at) return s->status;
  if (eigenlens_dataset_next(s->set, batch) != EIGENLENS_OK) return EIGENLENS_DATA;
  s->given += batch->count;
  if (s->spoil == 1 && batch->count > 0) {
    wrong[0] = 99;
    batch->labels = wrong;
  }
  if (s->spoil == 2) batch->dimension = 63;
  if (s->spoil == 3) batch->place = EIGENLENS_CUDA;
  if (s->spoil == 4) batch->count = 0;
  return 0;
}

static int32_t rewind_source(void* user_data) {
  source* s = (source*)user_data;
  s->rewound++;
  s->given = 0;
  return s->spoil == 5 ? EIGENLENS_IO : (int32_t)eigenlens_dataset_rewind(s->set);
}

static eigenlens_dataset* from(bench* b, source* s, const char* split) {
  eigenlens_dataset* set = NULL;
  eigenlens_reader reader = EIGENLENS_READER_INIT;
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  memset(s, 0, sizeof *s);
  s->stop_at = -1;
  s->set = library_set(b, split);
  OK(eigenlens_dataset_samples(s->set, &samples));
  reader.next = next;
  reader.rewind = rewind_source;
  reader.user_data = s;
  OK(eigenlens_dataset_from(&samples, &reader, &set));
  return set;
}

static void check_stops(bench* b) {
  source s;
  eigenlens_dataset* set = from(b, &s, NULL);
  eigenlens_moments* moments = NULL;
  s.stop_at = 100;
  s.status = 12345;
  s.stop_at = 0;
  EXPECT(EIGENLENS_CANCELLED, "returned 12345", eigenlens_moments_of(set, NULL, NULL, &moments));
  s.status = EIGENLENS_DATA;
  EXPECT(EIGENLENS_DATA, "next", eigenlens_moments_of(set, NULL, NULL, &moments));
  s.stop_at = -1;
  s.spoil = 1;
  EXPECT(EIGENLENS_DATA, "label 99", eigenlens_moments_of(set, NULL, NULL, &moments));
  s.spoil = 2;
  EXPECT(EIGENLENS_USAGE, "63 values", eigenlens_moments_of(set, NULL, NULL, &moments));
  s.spoil = 3;
  EXPECT(EIGENLENS_USAGE, "CUDA", eigenlens_moments_of(set, NULL, NULL, &moments));
  s.spoil = 4;
  EXPECT(EIGENLENS_DATA, "240 were announced", eigenlens_moments_of(set, NULL, NULL, &moments));
  s.spoil = 5;
  EXPECT(EIGENLENS_IO, "rewind", eigenlens_moments_of(set, NULL, NULL, &moments));
  CHECK(moments == NULL);
  s.spoil = 0;
  OK(eigenlens_moments_of(set, NULL, NULL, &moments)); /* a reader that was refused can go on */
  eigenlens_moments_close(moments);
  eigenlens_dataset_close(set);
  eigenlens_dataset_close(s.set);
}

static void check_arguments(bench* b) {
  eigenlens_dataset* set = NULL;
  eigenlens_reader reader = EIGENLENS_READER_INIT;
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  samples.width = 3;
  EXPECT(EIGENLENS_USAGE, "number", eigenlens_dataset_from(&samples, &reader, &set));
  samples.classes = 2;
  samples.count = 5;
  EXPECT(EIGENLENS_USAGE, "next of the reader is NULL", eigenlens_dataset_from(&samples, &reader, &set));
  reader.next = next;
  EXPECT(EIGENLENS_USAGE, "rewind of the reader is NULL", eigenlens_dataset_from(&samples, &reader, &set));
  CHECK(set == NULL);
}

void test_readers(bench* b) {
  source train, test;
  eigenlens_dataset *train_set = from(b, &train, NULL), *test_set = from(b, &test, "test"), *file_set;
  eigenlens_moments *moments = NULL, *expected = library_moments(b);
  eigenlens_moments* shards[3] = {NULL, NULL, NULL};
  eigenlens_batch batch = EIGENLENS_BATCH_INIT;
  eigenlens_array x = EIGENLENS_ARRAY_INIT, y = EIGENLENS_ARRAY_INIT;
  eigenlens_result *probed = NULL, *file_probed = NULL;
  eigenlens_sweep_options options = EIGENLENS_SWEEP_OPTIONS_INIT;
  const char* pretexts[] = {"reconstruct"};
  int i;
  OK(eigenlens_moments_of(train_set, NULL, NULL, &moments));
  OK(eigenlens_moments_array(moments, "gram", &x));
  OK(eigenlens_moments_array(expected, "gram", &y));
  CHECK(x.shape[0] == 64 && memcmp(x.data, y.data, 64 * 64 * 8) == 0);
  CHECK(train.rewound == 1);
  OK(eigenlens_dataset_next(train_set, &batch)); /* from the first sample on, whatever was read before */
  CHECK(train.rewound == 2 && batch.count > 0);
  OK(eigenlens_moments_shards(train_set, 3, NULL, shards));
  CHECK(train.rewound == 3 && shards[2]);
  OK(eigenlens_dataset_next(train_set, &batch));
  CHECK(train.rewound == 4 && batch.count > 0);
  for (i = 0; i < 3; i++) eigenlens_moments_close(shards[i]);

  options.pretexts = pretexts;
  options.pretext_count = 1;
  OK(eigenlens_probe(moments, test_set, &options, NULL, &probed));
  file_set = library_set(b, "test");
  OK(eigenlens_probe(moments, file_set, &options, NULL, &file_probed));
  OK(eigenlens_result_array(probed, "/curves/0/probe/top1", &x));
  OK(eigenlens_result_array(file_probed, "/curves/0/probe/top1", &y));
  CHECK(x.shape[0] == y.shape[0] && memcmp(x.data, y.data, (size_t)x.shape[0] * 8) == 0);
  eigenlens_result_close(probed);
  eigenlens_result_close(file_probed);
  eigenlens_moments_close(moments);
  eigenlens_moments_close(expected);
  eigenlens_dataset_close(file_set);
  eigenlens_dataset_close(train_set);
  eigenlens_dataset_close(test_set);
  eigenlens_dataset_close(train.set);
  eigenlens_dataset_close(test.set);
  check_stops(b);
  check_arguments(b);
}
