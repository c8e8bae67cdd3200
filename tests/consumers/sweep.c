/* SPDX-License-Identifier: Apache-2.0 */
/* What a C program that uses eigenlens does: the same as sweep.cpp. */
#include <eigenlens/eigenlens.h>
#include <stdio.h>

int main(void) {
  const char* const pretexts[] = {"mask:patch=2,ratio=0.5"};
  eigenlens_dataset* data = NULL;
  eigenlens_moments* moments = NULL;
  eigenlens_result* result = NULL;
  eigenlens_sweep_options options = EIGENLENS_SWEEP_OPTIONS_INIT;
  char* table = NULL;
  eigenlens_status status;
  options.pretexts = pretexts;
  options.pretext_count = 1;
  printf("eigenlens %s\n", eigenlens_version());
  status = eigenlens_dataset_open("generate:count=300,shape=1x8x8,classes=3", NULL, &data);
  if (status == EIGENLENS_OK) status = eigenlens_moments_of(data, NULL, NULL, &moments);
  if (status == EIGENLENS_OK) status = eigenlens_sweep(moments, &options, NULL, &result);
  if (status == EIGENLENS_OK) status = eigenlens_result_table(result, NULL, &table);
  if (status == EIGENLENS_OK)
    printf("%s", table);
  else
    fprintf(stderr, "%s\n", eigenlens_last_error());
  eigenlens_text_free(table);
  eigenlens_result_close(result);
  eigenlens_moments_close(moments);
  eigenlens_dataset_close(data);
  return (int)status;
}
