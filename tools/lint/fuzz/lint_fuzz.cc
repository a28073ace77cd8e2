/* SPDX-License-Identifier: ISC */
/*
 * For libFuzzer: any bytes as a kernel. Under clang:
 *
 *     bazel build --config=fuzz //tools/lint:lint_fuzz
 *     bazel-bin/tools/lint/lint_fuzz -max_total_time=60 FOLDER_WITH_KERNELS
 */
extern "C" {
#include "../src/lint.h"
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lint_report report = {[](void *, lint_level, const char *) {}, nullptr, 0, 0};

  lint({data, size}, &report);
  (void)lint_inspect(
      {data, size}, [](void *, const char *, const char *) {}, nullptr);
  return 0;
}
