/* SPDX-License-Identifier: ISC */
/*
 * What a fuzzer calls before comparisons that are not to guide it, instead of libFuzzer's: nothing is kept. libFuzzer
 * itself makes use of 4 and 8 bytes only, unless -use_value_profile is asked for, but spends as much on the others.
 * bazel/fuzz.bzl says which are replaced.
 */
#include <stdint.h>

#define IGNORE(name, type)                                                                            \
    void __wrap___sanitizer_cov_trace_##name(type a, type b);                                         \
    __attribute__((no_sanitize("coverage"))) void __wrap___sanitizer_cov_trace_##name(type a, type b) \
    {                                                                                                 \
        (void)a, (void)b;                                                                             \
    }

IGNORE(cmp1, uint8_t)
IGNORE(const_cmp1, uint8_t)
IGNORE(cmp2, uint16_t)
IGNORE(const_cmp2, uint16_t)
IGNORE(cmp8, uint64_t)
IGNORE(const_cmp8, uint64_t)
