/* SPDX-License-Identifier: Apache-2.0 */
/** \file
 * Checks for tests of the C interface: each failure is a line, and the program's exit status counts them.
 */
#ifndef EIGENLENS_TESTS_C_CHECK_H
#define EIGENLENS_TESTS_C_CHECK_H

#include <stdio.h>
#include <string.h>

#include "eigenlens/eigenlens.h"

/** What a topic works with. */
typedef struct bench {
  const char* folder;  /**< an empty one of its own */
  const char* library; /**< a generated data set: 240 training and 80 test images of 8 × 8, 4 classes, IDX */
  int failures;
  int skipped; /**< other than 0: what the topic needs is not there */
} bench;

/** The topics, a file each. */
void test_devices(bench* b);
void test_datasets(bench* b);
void test_readers(bench* b);
void test_moments(bench* b);
void test_operations(bench* b);
void test_encoders(bench* b);
void test_results(bench* b);
void test_bands(bench* b);
void test_reports(bench* b);
void test_pretexts(bench* b);
void test_progress(bench* b);
void test_versions(bench* b);
void test_nulls(bench* b);
void test_fashion_mnist(bench* b);

/** Says where a check failed. */
void fail(bench* b, const char* file, int line, const char* what);
/** A status that was expected, with words that its sentence must have (NULL: none). */
void expect_status(bench* b, const char* file, int line, const char* what, eigenlens_status got,
                   eigenlens_status expected, const char* words);
/** FOLDER/name; lives until the eighth call after it. */
const char* path_in(const char* folder, const char* name);
/** 1 if the file is there. */
int is_file(const char* path);
/** Moments of the library's training images. */
eigenlens_moments* library_moments(bench* b);
/** A data set of the library's; split NULL: train. */
eigenlens_dataset* library_set(bench* b, const char* split);
/** The numbers at a pointer, which must be float64; NULL and a failure otherwise. */
const double* reals_at(bench* b, const eigenlens_result* result, const char* pointer, int64_t* count);

#define CHECK(condition)                                         \
  do {                                                           \
    if (!(condition)) fail((b), __FILE__, __LINE__, #condition); \
  } while (0)
#define EXPECT(expected, words, call) expect_status((b), __FILE__, __LINE__, #call, (call), (expected), (words))
#define OK(call) EXPECT(EIGENLENS_OK, NULL, call)

#endif
