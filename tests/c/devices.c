/* SPDX-License-Identifier: Apache-2.0 */
/* Version, devices, and the error text of a thread. */
#include "check.h"

void test_devices(bench* b) {
  eigenlens_device* device = NULL;
  eigenlens_device_options options = EIGENLENS_DEVICE_OPTIONS_INIT;
  char* json = NULL;
  CHECK(strncmp(eigenlens_version(), "0.", 2) == 0 && strstr(eigenlens_version(), "(git "));
  CHECK(eigenlens_interface() == EIGENLENS_INTERFACE);
  CHECK(strcmp(eigenlens_last_error(), "") == 0);

  options.name = "cpu";
  options.threads = 1;
  options.memory = (int64_t)1 << 30;
  OK(eigenlens_device_open(&options, &device));
  OK(eigenlens_device_describe(device, &json));
  CHECK(strstr(json, "\"device\":\"cpu\"") && strstr(json, "\"threads\":1,"));
  CHECK(strstr(json, "\"memory_budget\":1073741824") && strstr(json, "\"chosen\":\"cpu, because it was asked for\""));
  CHECK(strstr(json, "\"notice\":\"\"") && strstr(json, "\"blas\":"));
  eigenlens_text_free(json);
  eigenlens_device_close(device);

  device = NULL;
  OK(eigenlens_device_open(NULL, &device));
  eigenlens_device_close(device);

  device = NULL;
  options.name = "abacus";
  EXPECT(EIGENLENS_USAGE, "abacus", eigenlens_device_open(&options, &device));
  options.name = "cuda:17";
  EXPECT(EIGENLENS_UNAVAILABLE, NULL, eigenlens_device_open(&options, &device));
  options.name = "cpu";
  options.threads = -1;
  EXPECT(EIGENLENS_USAGE, "-1", eigenlens_device_open(&options, &device));
  CHECK(device == NULL);
  CHECK(strstr(eigenlens_last_error(), "-1") != NULL);

  OK(eigenlens_cuda_survey(&json));
  CHECK(strstr(json, "\"devices\":[") && strstr(json, "\"versions\":{") && strstr(json, "\"obstacle\":"));
  eigenlens_text_free(json);
  eigenlens_text_free(NULL);
}
