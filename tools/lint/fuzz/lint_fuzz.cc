/* SPDX-License-Identifier: ISC */
/* Any bytes as a kernel: whatever they are, it is looked at to its end and no byte beyond. */
#include <cstddef>
#include <cstdint>

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
