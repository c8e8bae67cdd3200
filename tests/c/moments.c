/* SPDX-License-Identifier: Apache-2.0 */
/* Accumulators and moments: batches of the caller's, arrays, files, sums and differences. */
#include <stdint.h>

#include "check.h"

#define COUNT 50
#define WIDTH 6

static uint8_t pixels[COUNT][WIDTH];
static int32_t labels[COUNT];

static void draw(void) {
  unsigned state = 12345;
  int i, j;
  for (i = 0; i < COUNT; i++) {
    labels[i] = i % 3;
    for (j = 0; j < WIDTH; j++) {
      state = state * 1103515245u + 12345u;
      pixels[i][j] = (uint8_t)(state >> 16);
    }
  }
}

static eigenlens_samples vectors(void) {
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  samples.name = "drawn";
  samples.width = WIDTH;
  return samples;
}

static eigenlens_batch some(int first, int count) {
  eigenlens_batch batch = EIGENLENS_BATCH_INIT;
  batch.count = count;
  batch.dimension = WIDTH;
  batch.values = pixels[first];
  batch.labels = labels + first;
  return batch;
}

static eigenlens_moments* sum_of(bench* b, int first, int last, int step) {
  eigenlens_accumulator* sums = NULL;
  eigenlens_moments* moments = NULL;
  eigenlens_samples samples = vectors();
  OK(eigenlens_accumulator_open(&samples, NULL, &sums));
  for (; first < last; first += step) {
    eigenlens_batch batch = some(first, first + step < last ? step : last - first);
    OK(eigenlens_accumulator_add(sums, &batch));
  }
  OK(eigenlens_accumulator_finish(sums, &moments));
  eigenlens_accumulator_close(sums);
  return moments;
}

static int same(bench* b, const eigenlens_moments* a, const eigenlens_moments* c, const char* name) {
  eigenlens_array x = EIGENLENS_ARRAY_INIT, y = EIGENLENS_ARRAY_INIT;
  size_t bytes = 8;
  int i;
  OK(eigenlens_moments_array(a, name, &x));
  OK(eigenlens_moments_array(c, name, &y));
  if (x.ndim != y.ndim || x.scalar != y.scalar) return 0;
  for (i = 0; i < x.ndim; i++) {
    if (x.shape[i] != y.shape[i] || x.strides[i] != y.strides[i]) return 0;
    bytes *= (size_t)x.shape[i];
  }
  return memcmp(x.data, y.data, bytes) == 0;
}

/* Against sums that a child could check. */
static void check_sums(bench* b, const eigenlens_moments* moments) {
  eigenlens_array gram = EIGENLENS_ARRAY_INIT, cross = EIGENLENS_ARRAY_INIT;
  int64_t expected = 0, of_class = 0;
  int i;
  for (i = 0; i < COUNT; i++) {
    expected += (int64_t)pixels[i][2] * pixels[i][4];
    if (labels[i] == 1) of_class += pixels[i][5];
  }
  OK(eigenlens_moments_array(moments, "gram", &gram));
  CHECK(gram.ndim == 2 && gram.shape[0] == WIDTH && gram.shape[1] == WIDTH && gram.scalar == EIGENLENS_INT64);
  CHECK(((const int64_t*)gram.data)[2 * gram.strides[0] + 4 * gram.strides[1]] == expected);
  OK(eigenlens_moments_array(moments, "cross", &cross));
  CHECK(cross.shape[0] == 3 && cross.shape[1] == WIDTH);
  CHECK(((const int64_t*)cross.data)[1 * cross.strides[0] + 5 * cross.strides[1]] == of_class);
}

static void check_files(bench* b, const eigenlens_moments* moments) {
  const char* path = path_in(b->folder, "moments.safetensors");
  eigenlens_moments* loaded = NULL;
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  char* json = NULL;
  OK(eigenlens_moments_save(moments, path));
  OK(eigenlens_moments_load(path, &loaded));
  CHECK(same(b, moments, loaded, "gram") && same(b, moments, loaded, "sum"));
  OK(eigenlens_moments_samples(loaded, &samples));
  CHECK(samples.count == COUNT && samples.classes == 3 && samples.width == WIDTH && samples.scalar == EIGENLENS_UINT8);
  CHECK(strcmp(samples.name, "drawn") == 0);
  OK(eigenlens_moments_describe(loaded, &json));
  CHECK(strstr(json, "\"form\":\"primal\"") && strstr(json, "\"arithmetic\":\"exact\"") && strstr(json, "\"gram\""));
  eigenlens_text_free(json);
  eigenlens_moments_close(loaded);
  loaded = NULL;
  EXPECT(EIGENLENS_IO, "nothing.safetensors",
         eigenlens_moments_load(path_in(b->folder, "nothing.safetensors"), &loaded));
  EXPECT(EIGENLENS_DATA, NULL, eigenlens_moments_load(path_in(b->library, "train-labels-idx1-ubyte"), &loaded));
  EXPECT(EIGENLENS_IO, NULL, eigenlens_moments_save(moments, path_in(b->folder, "no/such/folder")));
  CHECK(loaded == NULL);
}

static void check_refusals(bench* b) {
  eigenlens_accumulator* sums = NULL;
  eigenlens_moments* moments = NULL;
  eigenlens_samples samples = vectors();
  eigenlens_batch batch = some(0, 10);
  int32_t wrong[10] = {0, 1, 2, 3, 4, 5, 6, -7, 8, 9};
  OK(eigenlens_accumulator_open(&samples, NULL, &sums));
  EXPECT(EIGENLENS_DATA, "no samples", eigenlens_accumulator_finish(sums, &moments));
  OK(eigenlens_accumulator_add(sums, &batch));
  batch.labels = wrong;
  EXPECT(EIGENLENS_DATA, "sample 17 has label -7", eigenlens_accumulator_add(sums, &batch));
  batch = some(10, 10);
  batch.dimension = WIDTH - 1;
  EXPECT(EIGENLENS_DATA, "5 features", eigenlens_accumulator_add(sums, &batch));
  batch = some(10, 10);
  batch.scalar = EIGENLENS_FLOAT32;
  EXPECT(EIGENLENS_USAGE, "float32", eigenlens_accumulator_add(sums, &batch));
  batch.scalar = 17;
  EXPECT(EIGENLENS_USAGE, "scalar 17", eigenlens_accumulator_add(sums, &batch));
  batch = some(10, 10);
  batch.place = EIGENLENS_CUDA; /* the accumulator is on the CPU */
  EXPECT(EIGENLENS_USAGE, NULL, eigenlens_accumulator_add(sums, &batch));
  batch.place = 5;
  EXPECT(EIGENLENS_USAGE, "place 5", eigenlens_accumulator_add(sums, &batch));
  batch = some(10, 10);
  batch.values = NULL;
  EXPECT(EIGENLENS_USAGE, "values", eigenlens_accumulator_add(sums, &batch));
  batch.count = -1;
  EXPECT(EIGENLENS_USAGE, "-1", eigenlens_accumulator_add(sums, &batch));
  batch = some(10, COUNT - 10);
  OK(eigenlens_accumulator_add(sums, &batch));
  OK(eigenlens_accumulator_finish(sums, &moments));
  check_sums(b, moments); /* what was refused is not in them */
  eigenlens_moments_close(moments);
  eigenlens_accumulator_close(sums);
  sums = NULL;
  samples.width = 0;
  EXPECT(EIGENLENS_USAGE, "at least 1", eigenlens_accumulator_open(&samples, NULL, &sums));
  samples.width = INT64_MAX;
  EXPECT(EIGENLENS_USAGE, "not more than", eigenlens_accumulator_open(&samples, NULL, &sums));
  samples = vectors();
  samples.width = (int64_t)1 << 22;
  EXPECT(EIGENLENS_MEMORY, "moments of D", eigenlens_accumulator_open(&samples, NULL, &sums));
  CHECK(sums == NULL);
}

static void check_floats(bench* b) {
  static double values[COUNT][WIDTH];
  eigenlens_accumulator* sums = NULL;
  eigenlens_moments* moments = NULL;
  eigenlens_samples samples = vectors();
  eigenlens_array gram = EIGENLENS_ARRAY_INIT;
  eigenlens_batch batch = some(0, COUNT);
  char* json = NULL;
  int i, j;
  for (i = 0; i < COUNT; i++)
    for (j = 0; j < WIDTH; j++) values[i][j] = pixels[i][j] / 7.0;
  samples.scalar = batch.scalar = EIGENLENS_FLOAT64;
  batch.values = values;
  batch.labels = NULL; /* one class */
  OK(eigenlens_accumulator_open(&samples, NULL, &sums));
  values[3][2] = values[3][2] / 0.0;
  EXPECT(EIGENLENS_DATA, "sample 3", eigenlens_accumulator_add(sums, &batch));
  values[3][2] = 1;
  OK(eigenlens_accumulator_add(sums, &batch));
  OK(eigenlens_accumulator_finish(sums, &moments));
  OK(eigenlens_moments_array(moments, "gram", &gram));
  CHECK(gram.scalar == EIGENLENS_FLOAT64);
  OK(eigenlens_moments_describe(moments, &json));
  CHECK(strstr(json, "\"arithmetic\":\"float64\"") && strstr(json, "\"classes\":1") && strstr(json, "\"shift\""));
  eigenlens_text_free(json);
  eigenlens_moments_close(moments);
  moments = NULL;
  values[3][2] = 1e200;
  OK(eigenlens_accumulator_add(sums, &batch));
  EXPECT(EIGENLENS_DATA, "overflow float64", eigenlens_accumulator_finish(sums, &moments));
  EXPECT(EIGENLENS_DATA, "no samples", eigenlens_accumulator_finish(sums, &moments)); /* they are gone */
  CHECK(moments == NULL);
  eigenlens_accumulator_close(sums);
}

static void check_forms(bench* b) {
  eigenlens_dataset* set = library_set(b, "test");
  eigenlens_moments* dual = NULL;
  eigenlens_moments* sum = NULL;
  eigenlens_moments* loaded = NULL;
  eigenlens_result* result = NULL;
  eigenlens_moments_options options = EIGENLENS_MOMENTS_OPTIONS_INIT;
  const char* pretexts[] = {"mask:patch=2,ratio=0.5"};
  eigenlens_array array = EIGENLENS_ARRAY_INIT;
  char* json = NULL;
  options.form = "dual";
  options.pretexts = pretexts;
  options.pretext_count = 1;
  OK(eigenlens_moments_of(set, &options, NULL, &dual));
  OK(eigenlens_moments_array(dual, "whitened.0", &array));
  CHECK(array.shape[0] == 80 && array.shape[1] == 80 && array.scalar == EIGENLENS_FLOAT64);
  OK(eigenlens_moments_array(dual, "labels", &array));
  CHECK(array.shape[0] == 80 && array.scalar == EIGENLENS_INT64);
  EXPECT(EIGENLENS_USAGE, "primal form", eigenlens_moments_merge(dual, dual, &sum));
  EXPECT(EIGENLENS_USAGE, "primal form", eigenlens_impact(dual, NULL, NULL, &result));
  OK(eigenlens_moments_save(dual, path_in(b->folder, "dual.safetensors")));
  OK(eigenlens_moments_load(path_in(b->folder, "dual.safetensors"), &loaded));
  OK(eigenlens_moments_describe(loaded, &json));
  CHECK(strstr(json, "\"form\":\"dual\"") != NULL);
  eigenlens_text_free(json);
  CHECK(same(b, dual, loaded, "gram") && same(b, dual, loaded, "constant_pixels"));
  options.form = "triple";
  EXPECT(EIGENLENS_USAGE, "triple", eigenlens_moments_of(set, &options, NULL, &sum));
  CHECK(sum == NULL && result == NULL);
  eigenlens_moments_close(loaded);
  eigenlens_moments_close(dual);
  eigenlens_dataset_close(set);
}

void test_moments(bench* b) {
  eigenlens_moments *all, *head, *tail, *sum = NULL, *difference = NULL;
  eigenlens_array array = EIGENLENS_ARRAY_INIT;
  draw();
  all = sum_of(b, 0, COUNT, COUNT);
  head = sum_of(b, 0, 20, 3);
  tail = sum_of(b, 20, COUNT, 7);
  check_sums(b, all);
  OK(eigenlens_moments_merge(head, tail, &sum));
  CHECK(same(b, all, sum, "gram") && same(b, all, sum, "cross") && same(b, all, sum, "class_counts"));
  OK(eigenlens_moments_subtract(sum, tail, &difference));
  CHECK(same(b, head, difference, "gram") && same(b, head, difference, "count"));
  EXPECT(EIGENLENS_USAGE, "samples of class", eigenlens_moments_subtract(head, all, &difference));
  EXPECT(EIGENLENS_USAGE, "gram", eigenlens_moments_array(all, "grams", &array));
  check_files(b, all);
  check_refusals(b);
  check_floats(b);
  check_forms(b);
  eigenlens_moments_close(all);
  eigenlens_moments_close(head);
  eigenlens_moments_close(tail);
  eigenlens_moments_close(sum);
  eigenlens_moments_close(difference);
}
