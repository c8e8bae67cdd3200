/* SPDX-License-Identifier: Apache-2.0 */
/* The C interface, as a C99 program sees it: eigenlens_c_tests TOPIC FOLDER. */
#include <stdlib.h>

#include "check.h"

typedef struct topic {
  const char* name;
  void (*run)(bench* b);
} topic;

static const topic topics[] = {{"devices", test_devices},       {"datasets", test_datasets},
                               {"readers", test_readers},       {"moments", test_moments},
                               {"operations", test_operations}, {"encoders", test_encoders},
                               {"results", test_results},       {"bands", test_bands},
                               {"reports", test_reports},       {"pretexts", test_pretexts},
                               {"progress", test_progress},     {"versions", test_versions},
                               {"nulls", test_nulls},           {"fashion_mnist", test_fashion_mnist}};

void fail(bench* b, const char* file, int line, const char* what) {
  b->failures++;
  fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

void expect_status(bench* b, const char* file, int line, const char* what, eigenlens_status got,
                   eigenlens_status expected, const char* words) {
  const char* sentence = eigenlens_last_error();
  if (got == expected && (got == EIGENLENS_OK || (sentence[0] != '\0' && (!words || strstr(sentence, words))))) return;
  fail(b, file, line, what);
  fprintf(stderr, "  status %d, expected %d%s%s: %s\n", (int)got, (int)expected, words ? " with the words " : "",
          words ? words : "", sentence);
}

const char* path_in(const char* folder, const char* name) {
  static char paths[8][4096];
  static int next = 0;
  next = (next + 1) % 8;
  snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
  return paths[next];
}

int is_file(const char* path) {
  FILE* file = fopen(path, "rb");
  if (file) fclose(file);
  return file != NULL;
}

eigenlens_dataset* library_set(bench* b, const char* split) {
  eigenlens_dataset* set = NULL;
  eigenlens_dataset_options options = EIGENLENS_DATASET_OPTIONS_INIT;
  options.split = split;
  OK(eigenlens_dataset_open(b->library, &options, &set));
  return set;
}

eigenlens_moments* library_moments(bench* b) {
  eigenlens_dataset* set = library_set(b, NULL);
  eigenlens_moments* moments = NULL;
  OK(eigenlens_moments_of(set, NULL, NULL, &moments));
  eigenlens_dataset_close(set);
  return moments;
}

const double* reals_at(bench* b, const eigenlens_result* result, const char* pointer, int64_t* count) {
  eigenlens_array array = EIGENLENS_ARRAY_INIT;
  OK(eigenlens_result_array(result, pointer, &array));
  CHECK(array.scalar == EIGENLENS_FLOAT64);
  *count = array.ndim == 0 ? 1 : array.shape[0];
  return (const double*)array.data;
}

static int make_library(bench* b) {
  eigenlens_generate_options options = EIGENLENS_GENERATE_OPTIONS_INIT;
  options.count = 240;
  options.test_count = 80;
  options.height = options.width = 8;
  options.classes = 4;
  OK(eigenlens_generate(b->library, &options, NULL));
  return b->failures;
}

int main(int argc, char** argv) {
  bench b = {NULL, NULL, 0, 0};
  char library[4096];
  size_t i;
  if (argc != 3) {
    fprintf(stderr, "usage: eigenlens_c_tests TOPIC FOLDER\n");
    return 2;
  }
  b.folder = argv[2];
  snprintf(library, sizeof library, "%s/library", b.folder);
  b.library = library;
  for (i = 0; i < sizeof topics / sizeof topics[0]; i++) {
    if (strcmp(topics[i].name, argv[1]) != 0) continue;
    if (make_library(&b) == 0) topics[i].run(&b);
    fprintf(stderr, "%s: %d failures\n", argv[1], b.failures);
    return b.failures ? EXIT_FAILURE : b.skipped ? 77 : EXIT_SUCCESS;
  }
  fprintf(stderr, "there is no topic %s\n", argv[1]);
  return 2;
}
