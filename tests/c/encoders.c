/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders as arrays: shapes, and features that are what the header says they are. */
#include <math.h>

#include "check.h"

static double at(const eigenlens_array* m, int64_t i, int64_t j) {
  return ((const double*)m->data)[i * m->strides[0] + j * m->strides[1]];
}

/* The covariance of two features over the samples, by the moments: Eᵀ(G/N − x̄x̄ᵀ)E / std². */
static double covariance(const eigenlens_array* encoder, const eigenlens_array* gram, const double* mean, double std,
                         double count, int64_t p, int64_t q) {
  double sum = 0;
  int64_t i, j;
  for (i = 0; i < encoder->shape[0]; i++)
    for (j = 0; j < encoder->shape[0]; j++) {
      const double g = (double)((const int64_t*)gram->data)[i * gram->strides[0] + j * gram->strides[1]];
      sum += at(encoder, i, p) * (g / count - mean[i] * mean[j]) * at(encoder, j, q);
    }
  return sum / (std * std);
}

static void check_features(bench* b, const eigenlens_moments* moments, const eigenlens_result* result) {
  eigenlens_array encoder = EIGENLENS_ARRAY_INIT, gram = EIGENLENS_ARRAY_INIT;
  int64_t count = 0, p, q;
  const double* mean = reals_at(b, result, "/mean", &count);
  const double std = *reals_at(b, result, "/dataset/global_std", &count);
  OK(eigenlens_result_array(result, "/encoders/1/encoder", &encoder));
  CHECK(encoder.ndim == 2 && encoder.shape[0] == 64 && encoder.shape[1] == 5);
  OK(eigenlens_moments_array(moments, "gram", &gram));
  for (p = 0; p < 5; p++)
    for (q = 0; q < 5; q++) CHECK(fabs(covariance(&encoder, &gram, mean, std, 240, p, q) - (p == q ? 1 : 0)) < 1e-9);
}

void test_encoders(bench* b) {
  static const char* const pretexts[] = {"reconstruct", "mask:patch=2,ratio=0.5"};
  eigenlens_moments* moments = library_moments(b);
  eigenlens_encoder_options options = EIGENLENS_ENCODER_OPTIONS_INIT;
  eigenlens_result* result = NULL;
  eigenlens_array array = EIGENLENS_ARRAY_INIT;
  char* text = NULL;
  int64_t count = 0;
  options.pretexts = pretexts;
  options.pretext_count = 2;
  options.k = 5;
  options.folder = path_in(b->folder, "encoders");
  OK(eigenlens_encoders(moments, &options, NULL, &result));
  CHECK(strcmp(eigenlens_result_format(result), "eigenlens.encoders/1") == 0);
  CHECK(is_file(path_in(b->folder, "encoders/mask:patch=2,ratio=0.5/refit.npy")));
  check_features(b, moments, result);
  OK(eigenlens_result_array(result, "/encoders/0/decoder", &array));
  CHECK(array.shape[0] == 5 && array.shape[1] == 64);
  OK(eigenlens_result_array(result, "/encoders/0/refit", &array));
  CHECK(array.shape[0] == 5 && array.shape[1] == 64);
  OK(eigenlens_result_array(result, "/encoders/1/classifier", &array));
  CHECK(array.shape[0] == 5 && array.shape[1] == 4);
  CHECK(reals_at(b, result, "/frequency", &count) && count == 4);
  OK(eigenlens_result_table(result, NULL, &text));
  eigenlens_text_free(text);
  OK(eigenlens_result_plot(result, path_in(b->folder, "encoders.png")));
  CHECK(is_file(path_in(b->folder, "encoders.png")));
  EXPECT(EIGENLENS_USAGE, ".png", eigenlens_result_plot(result, path_in(b->folder, "encoders.svg")));
  OK(eigenlens_result_save(result, path_in(b->folder, "encoders.json"), NULL));
  EXPECT(EIGENLENS_USAGE, "have no CSV", eigenlens_result_csv(result, path_in(b->folder, "e.csv"), NULL));
  eigenlens_result_close(result);
  result = NULL;

  EXPECT(EIGENLENS_USAGE, "not empty", eigenlens_encoders(moments, &options, NULL, &result));
  options.folder = NULL;
  options.unlabelled = 1;
  OK(eigenlens_encoders(moments, &options, NULL, &result));
  EXPECT(EIGENLENS_USAGE, "classifier", eigenlens_result_array(result, "/encoders/1/classifier", &array));
  EXPECT(EIGENLENS_USAGE, "frequency", eigenlens_result_array(result, "/frequency", &array));
  eigenlens_result_close(result);
  result = NULL;
  options.k = 65;
  EXPECT(EIGENLENS_USAGE, "65", eigenlens_encoders(moments, &options, NULL, &result));
  options.k = -1;
  EXPECT(EIGENLENS_USAGE, "-1", eigenlens_encoders(moments, &options, NULL, &result));
  CHECK(result == NULL);
  eigenlens_moments_close(moments);
}
