/* SPDX-License-Identifier: ISC */
/* What a fuzzer that no comparison of 8 bytes guides calls before each of them (bazel/fuzz.bzl): nothing is kept. */
#include <stdint.h>

void __wrap___sanitizer_cov_trace_cmp8(uint64_t a, uint64_t b);
void __wrap___sanitizer_cov_trace_const_cmp8(uint64_t a, uint64_t b);

__attribute__((no_sanitize("coverage"))) void __wrap___sanitizer_cov_trace_cmp8(uint64_t a, uint64_t b)
{
    (void)a, (void)b;
}

__attribute__((no_sanitize("coverage"))) void __wrap___sanitizer_cov_trace_const_cmp8(uint64_t a, uint64_t b)
{
    (void)a, (void)b;
}
