/* SPDX-License-Identifier: Apache-2.0 */
/* Bands: the table alone, and with a test set, folders and a sheet. */
#include "check.h"

void test_bands(bench* b) {
  static const double top[] = {0.75}, bottom[] = {0.25, 0.25}, beyond[] = {1.5};
  eigenlens_dataset *train = library_set(b, NULL), *test = library_set(b, "test"), *band = NULL;
  eigenlens_moments* moments = library_moments(b);
  eigenlens_bands_options options = EIGENLENS_BANDS_OPTIONS_INIT;
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  eigenlens_result* result = NULL;
  char* text = NULL;
  int64_t count = 0;
  OK(eigenlens_bands(moments, NULL, NULL, &result));
  CHECK(strcmp(eigenlens_result_format(result), "eigenlens.bands/1") == 0);
  CHECK(reals_at(b, result, "/alignment", &count) && count > 50);
  EXPECT(EIGENLENS_USAGE, "have no CSV", eigenlens_result_csv(result, path_in(b->folder, "b.csv"), NULL));
  OK(eigenlens_result_table(result, NULL, &text));
  eigenlens_text_free(text);
  eigenlens_result_close(result);
  result = NULL;

  options.top = top;
  options.top_count = 1;
  options.bottom = bottom;
  options.bottom_count = 1;
  options.test = test;
  options.source = train;
  options.folder = path_in(b->folder, "bands");
  options.sheet = path_in(b->folder, "sheet.png");
  OK(eigenlens_bands(moments, &options, NULL, &result));
  CHECK(reals_at(b, result, "/accuracy_top", &count) && count > 50);
  CHECK(is_file(path_in(b->folder, "sheet.png")));
  OK(eigenlens_dataset_open(path_in(b->folder, "bands/top-0.75"), NULL, &band));
  OK(eigenlens_dataset_samples(band, &samples));
  CHECK(samples.count == 240 && samples.classes == 4);
  eigenlens_dataset_close(band);
  eigenlens_result_close(result);
  result = NULL;

  EXPECT(EIGENLENS_USAGE, "is not empty", eigenlens_bands(moments, &options, NULL, &result));
  options.folder = NULL;
  options.sheet = path_in(b->folder, "sheet.jpg");
  EXPECT(EIGENLENS_USAGE, "must end in .png", eigenlens_bands(moments, &options, NULL, &result));
  options.sheet = path_in(b->folder, "other.png");
  options.source = NULL;
  EXPECT(EIGENLENS_USAGE, "wants bands", eigenlens_bands(moments, &options, NULL, &result));
  options.sheet = NULL;
  options.bottom_count = 2;
  EXPECT(EIGENLENS_USAGE, "bottom-0.25 is asked for twice", eigenlens_bands(moments, &options, NULL, &result));
  options.bottom_count = 0;
  options.top = beyond;
  EXPECT(EIGENLENS_USAGE, "1.5", eigenlens_bands(moments, &options, NULL, &result));
  CHECK(result == NULL && !is_file(path_in(b->folder, "other.png")));
  eigenlens_moments_close(moments);
  eigenlens_dataset_close(train);
  eigenlens_dataset_close(test);
}
