/* SPDX-License-Identifier: Apache-2.0 */
/* Specifications, masks and plans: what needs no data. */
#include <stdint.h>

#include "check.h"

void test_pretexts(bench* b) {
  static const char* const sweep[] = {"reconstruct"};
  static const char* const large[] = {"mask:patch=9,ratio=0.5"};
  eigenlens_samples images = EIGENLENS_SAMPLES_INIT;
  eigenlens_sweep_options options = EIGENLENS_SWEEP_OPTIONS_INIT;
  uint8_t masks[10][4];
  int64_t patches = 0;
  char* json = NULL;
  int i;
  OK(eigenlens_pretexts("mask:patch=4,ratio=0:0.5:2", &json));
  CHECK(strcmp(json, "[\"mask:patch=4,ratio=0\",\"mask:patch=4,ratio=0.5\"]") == 0);
  eigenlens_text_free(json);
  json = NULL;
  EXPECT(EIGENLENS_USAGE, "masq", eigenlens_pretexts("masq:patch=4", &json));
  CHECK(json == NULL);

  images.height = images.width = 8;
  images.classes = 3;
  OK(eigenlens_draw_masks("blocks:patch=4,ratio=0.5", &images, 10, &patches, NULL));
  CHECK(patches == 4);
  memset(masks, 7, sizeof masks);
  OK(eigenlens_draw_masks("grid:patch=4,every=2", &images, 10, &patches, &masks[0][0]));
  for (i = 0; i < 10; i++) CHECK(masks[i][0] + masks[i][1] + masks[i][2] + masks[i][3] == 1);
  EXPECT(EIGENLENS_USAGE, "expected one",
         eigenlens_draw_masks("blocks:patch=4,ratio=0.2:0.4:2", &images, 1, &patches, NULL));
  EXPECT(EIGENLENS_USAGE, "0 masks", eigenlens_draw_masks("grid:patch=4,every=2", &images, 0, &patches, &masks[0][0]));
  EXPECT(EIGENLENS_USAGE, NULL, eigenlens_draw_masks("reconstruct", &images, 1, &patches, NULL));

  options.pretexts = sweep;
  options.pretext_count = 1;
  OK(eigenlens_plan(&images, &options, NULL, &json));
  CHECK(strstr(json, "\"bytes\":") && strstr(json, "\"fits\":true") && strstr(json, "\"lanes\":") &&
        strstr(json, "\"text\":"));
  eigenlens_text_free(json);
  json = NULL;
  options.pretexts = large;
  EXPECT(EIGENLENS_USAGE, "patch", eigenlens_plan(&images, &options, NULL, &json));
  images.height = -8;
  EXPECT(EIGENLENS_USAGE, "at least 1", eigenlens_plan(&images, &options, NULL, &json));
  CHECK(json == NULL);
}
