/* SPDX-License-Identifier: Apache-2.0 */
/* Results as documents, arrays, files, tables and pictures; results that were loaded from files. */
#include <stdlib.h>

#include "check.h"

static eigenlens_result* sweep_two(bench* b) {
  static const char* const pretexts[] = {"reconstruct", "mask:patch=2,ratio=0.5"};
  eigenlens_sweep_options options = EIGENLENS_SWEEP_OPTIONS_INIT;
  eigenlens_moments* moments = library_moments(b);
  eigenlens_result* result = NULL;
  options.pretexts = pretexts;
  options.pretext_count = 2;
  OK(eigenlens_sweep(moments, &options, NULL, &result));
  eigenlens_moments_close(moments); /* a result needs nothing of what it was made of */
  return result;
}

static char* contents(const char* path) {
  FILE* file = fopen(path, "rb");
  char* text = NULL;
  long size;
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  size = ftell(file);
  rewind(file);
  text = (char*)malloc((size_t)size + 1);
  if (text && fread(text, 1, (size_t)size, file) == (size_t)size) text[size] = '\0';
  fclose(file);
  return text;
}

static void check_options(bench* b, const eigenlens_result* result) {
  static const int64_t k[] = {1, 4, 16}, beyond = 65;
  static const char* const pairs[] = {"command", "a test", "version", "9.9"};
  eigenlens_result_options options = EIGENLENS_RESULT_OPTIONS_INIT;
  char* json = NULL;
  char* text;
  options.k = k;
  options.k_count = 3;
  options.provenance = pairs;
  options.provenance_count = 4;
  OK(eigenlens_result_json(result, &options, &json));
  CHECK(strstr(json, "\"provenance\":{\"command\":\"a test\",\"version\":\"0.") !=
        NULL); /* facts are not overwritten */
  CHECK(strstr(json, "\"k\":[1,4,16],") != NULL);
  OK(eigenlens_result_save(result, path_in(b->folder, "some.json"), &options));
  text = contents(path_in(b->folder, "some.json"));
  CHECK(text && strcmp(text, json) == 0);
  free(text);
  eigenlens_text_free(json);
  OK(eigenlens_result_csv(result, path_in(b->folder, "some.csv"), &options));
  text = contents(path_in(b->folder, "some.csv"));
  CHECK(text && strncmp(text, "pretext,kind,", 13) == 0);
  free(text);
  OK(eigenlens_result_table(result, &options, &json));
  CHECK(strstr(json, "mask:patch=2,ratio=0.5") != NULL);
  eigenlens_text_free(json);
  json = NULL;
  options.provenance_count = 3;
  EXPECT(EIGENLENS_USAGE, "3 texts", eigenlens_result_json(result, &options, &json));
  options.provenance_count = 0;
  options.k = NULL;
  EXPECT(EIGENLENS_USAGE, "k of the result options is NULL", eigenlens_result_json(result, &options, &json));
  options.k = &beyond;
  options.k_count = 1;
  EXPECT(EIGENLENS_USAGE, "K = 65", eigenlens_result_json(result, &options, &json));
  EXPECT(EIGENLENS_USAGE, "K = 65", eigenlens_result_csv(result, path_in(b->folder, "no.csv"), &options));
  EXPECT(EIGENLENS_IO, NULL, eigenlens_result_save(result, path_in(b->folder, "no/such.json"), NULL));
  CHECK(json == NULL && !is_file(path_in(b->folder, "no.csv")));
}

static void check_pointers(bench* b, const eigenlens_result* result) {
  eigenlens_array first = EIGENLENS_ARRAY_INIT, again = EIGENLENS_ARRAY_INIT;
  OK(eigenlens_result_array(result, "/curves/1/alignment", &first));
  OK(eigenlens_result_array(result, "/curves/0/alignment", &again));
  CHECK(first.ndim == 1 && first.strides[0] == 1 && first.data != again.data);
  OK(eigenlens_result_array(result, "/curves/1/alignment", &again));
  CHECK(first.data == again.data);
  OK(eigenlens_result_array(result, "/dataset/shape", &again));
  CHECK(again.shape[0] == 3 && again.scalar == EIGENLENS_INT64 && ((const int64_t*)again.data)[2] == 8);
  OK(eigenlens_result_array(result, "/dataset/global_std", &again));
  CHECK(again.ndim == 0 && *(const double*)again.data > 1);
  EXPECT(EIGENLENS_USAGE, "leads to '/curves/1', which has",
         eigenlens_result_array(result, "/curves/1/alignmnt", &again));
  EXPECT(EIGENLENS_USAGE, "which has 2 entries", eigenlens_result_array(result, "/curves/2", &again));
  EXPECT(EIGENLENS_USAGE, "which has 2 entries", eigenlens_result_array(result, "/curves/01", &again));
  EXPECT(EIGENLENS_USAGE, "which has 2 entries", eigenlens_result_array(result, "/curves/-", &again));
  EXPECT(EIGENLENS_USAGE, "no numbers at '/curves/0'", eigenlens_result_array(result, "/curves/0", &again));
  EXPECT(EIGENLENS_USAGE, "no numbers at '/curves'", eigenlens_result_array(result, "/curves", &again));
  EXPECT(EIGENLENS_USAGE, "no numbers at '/format'", eigenlens_result_array(result, "/format", &again));
  EXPECT(EIGENLENS_USAGE, "no numbers at ''", eigenlens_result_array(result, "", &again));
  EXPECT(EIGENLENS_USAGE, "no JSON pointer", eigenlens_result_array(result, "curves", &again));
  EXPECT(EIGENLENS_USAGE, "leads to the document", eigenlens_result_array(result, "/~1a~0b", &again));
}

static void check_loaded(bench* b, const eigenlens_result* result) {
  static const int64_t k[] = {1};
  const char* path = path_in(b->folder, "all.json");
  eigenlens_result_options options = EIGENLENS_RESULT_OPTIONS_INIT;
  eigenlens_result* loaded = NULL;
  eigenlens_array x = EIGENLENS_ARRAY_INIT, y = EIGENLENS_ARRAY_INIT;
  char *json = NULL, *same = NULL;
  OK(eigenlens_result_save(result, path, NULL));
  OK(eigenlens_result_load(path, &loaded));
  CHECK(strcmp(eigenlens_result_format(loaded), "eigenlens.curves/1") == 0);
  OK(eigenlens_result_json(result, NULL, &json));
  OK(eigenlens_result_json(loaded, NULL, &same));
  CHECK(strcmp(json, same) == 0);
  OK(eigenlens_result_array(result, "/curves/1/reconstruction/refit", &x));
  OK(eigenlens_result_array(loaded, "/curves/1/reconstruction/refit", &y));
  CHECK(x.shape[0] == y.shape[0] && memcmp(x.data, y.data, (size_t)x.shape[0] * 8) == 0);
  eigenlens_text_free(json);
  eigenlens_text_free(same);
  json = NULL;
  OK(eigenlens_result_save(loaded, path_in(b->folder, "copy.json"), NULL));
  EXPECT(EIGENLENS_USAGE, "no CSV", eigenlens_result_csv(loaded, path_in(b->folder, "copy.csv"), NULL));
  EXPECT(EIGENLENS_USAGE, "no table", eigenlens_result_table(loaded, NULL, &json));
  options.k = k;
  options.k_count = 1;
  EXPECT(EIGENLENS_USAGE, "its own K", eigenlens_result_json(loaded, &options, &json));
  CHECK(json == NULL);
  eigenlens_result_close(loaded);
  loaded = NULL;
  EXPECT(EIGENLENS_IO, "nothing.json", eigenlens_result_load(path_in(b->folder, "nothing.json"), &loaded));
  EXPECT(EIGENLENS_DATA, "not JSON", eigenlens_result_load(path_in(b->library, "train-labels-idx1-ubyte"), &loaded));
  CHECK(loaded == NULL);
}

static void check_foreign(bench* b, const char* text, const char* words) {
  const char* path = path_in(b->folder, "foreign.json");
  eigenlens_result* loaded = NULL;
  FILE* file = fopen(path, "wb");
  CHECK(file != NULL);
  if (!file) return;
  fputs(text, file);
  fclose(file);
  EXPECT(EIGENLENS_DATA, words, eigenlens_result_load(path, &loaded));
  CHECK(loaded == NULL);
}

/* A whole number that int64 does not hold is a float64. */
static void check_large(bench* b) {
  const char* path = path_in(b->folder, "large.json");
  eigenlens_result* loaded = NULL;
  eigenlens_array x = EIGENLENS_ARRAY_INIT;
  FILE* file = fopen(path, "wb");
  CHECK(file != NULL);
  if (!file) return;
  fputs("{\"format\": \"eigenlens.curves/1\", \"seed\": 18446744073709551615, \"n\": 9223372036854775807}", file);
  fclose(file);
  OK(eigenlens_result_load(path, &loaded));
  OK(eigenlens_result_array(loaded, "/seed", &x));
  CHECK(x.scalar == EIGENLENS_FLOAT64 && *(const double*)x.data == 18446744073709551616.0);
  OK(eigenlens_result_array(loaded, "/n", &x));
  CHECK(x.scalar == EIGENLENS_INT64 && *(const int64_t*)x.data == INT64_MAX);
  eigenlens_result_close(loaded);
}

void test_results(bench* b) {
  eigenlens_result* result = sweep_two(b);
  eigenlens_status drawn;
  check_options(b, result);
  check_pointers(b, result);
  check_loaded(b, result);
  check_large(b);
  check_foreign(b, "[1, 2]", "a result of eigenlens");
  check_foreign(b, "{\"format\": \"else\"}", "eigenlens.curves/1");
  check_foreign(b, "{\"format\": 3}", "a text");
  EXPECT(EIGENLENS_USAGE, ".png", eigenlens_result_plot(result, path_in(b->folder, "c.jpg")));
  drawn = eigenlens_result_plot(result, path_in(b->folder, "c.svg"));
  CHECK(drawn == EIGENLENS_UNAVAILABLE || (drawn == EIGENLENS_OK && is_file(path_in(b->folder, "c.svg"))));
  CHECK(strcmp(eigenlens_result_format(NULL), "") == 0);
  eigenlens_result_close(result);
}
