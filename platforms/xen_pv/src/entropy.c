/* SPDX-License-Identifier: ISC */
/* The entropy seam on RDRAND, which Xen offers to PV guests as it is (Intel SDM volume 1, section 7.3.17). */

#include <atman/base/entropy.h>

#include <cpuid.h>
#include <stdint.h>
#include <string.h>

/* What the manual asks for: a generator that fails ten times in a row is broken, not busy. */
#define TRIES 10

static int random_word(uint64_t *word)
{
    unsigned char ok;
    int tries = TRIES;

    do
        __asm__ volatile("rdrand %0; setc %1" : "=r"(*word), "=qm"(ok) : : "cc");
    while (!ok && --tries > 0);
    return ok;
}

at_status at_entropy_fill(void *out, size_t size)
{
    unsigned eax, ebx, ecx, edx;
    uint8_t *next = out;

    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_RDRND))
        return AT_UNSUPPORTED;
    while (size > 0) {
        uint64_t word;
        size_t part = size < sizeof(word) ? size : sizeof(word);

        if (!random_word(&word)) {
            memset(out, 0, (size_t)(next - (uint8_t *)out)); /* a caller that forgets to look gets no half-random key */
            return AT_IO;
        }
        memcpy(next, &word, part);
        next += part;
        size -= part;
    }
    return AT_OK;
}
