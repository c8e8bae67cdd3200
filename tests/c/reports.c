/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML report of result files. */
#include "check.h"

void test_reports(bench* b) {
  static const char* const pretexts[] = {"reconstruct", "mask:patch=2,ratio=0.5"};
  const char* curves = path_in(b->folder, "curves.json");
  const char* learned = path_in(b->folder, "learning.json");
  const char* page = path_in(b->folder, "report.html");
  const char *both[2], *pictures[3];
  eigenlens_moments* moments = library_moments(b);
  eigenlens_sweep_options sweep = EIGENLENS_SWEEP_OPTIONS_INIT;
  eigenlens_report_options options = EIGENLENS_REPORT_OPTIONS_INIT;
  eigenlens_result* result = NULL;
  sweep.pretexts = pretexts;
  sweep.pretext_count = 2;
  OK(eigenlens_sweep(moments, &sweep, NULL, &result));
  OK(eigenlens_result_save(result, curves, NULL));
  eigenlens_result_close(result);
  OK(eigenlens_learning(moments, 0, NULL, &result));
  OK(eigenlens_result_save(result, learned, NULL));
  eigenlens_result_close(result);
  eigenlens_moments_close(moments);
  both[0] = curves;
  both[1] = learned;
  options.title = "A title of its own";
  OK(eigenlens_report(both, 2, page, &options));
  CHECK(is_file(page));
  EXPECT(EIGENLENS_USAGE, NULL, eigenlens_report(both, 0, page, NULL));
  both[1] = path_in(b->folder, "nothing.json");
  EXPECT(EIGENLENS_IO, "nothing.json", eigenlens_report(both, 2, page, NULL));
  pictures[0] = curves; /* no PNG */
  pictures[1] = "curves";
  pictures[2] = "more";
  options.pictures = pictures;
  options.picture_count = 2;
  EXPECT(EIGENLENS_DATA, "PNG", eigenlens_report(both, 1, page, &options));
  options.picture_count = 3;
  EXPECT(EIGENLENS_USAGE, "3 texts", eigenlens_report(both, 1, page, &options));
}
