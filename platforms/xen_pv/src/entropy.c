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

static int has_rdrand(void)
{
    unsigned eax, ebx, ecx, edx;

    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_RDRND);
}

at_status at_entropy_fill(void *out, size_t size)
{
    int usable = has_rdrand();
    size_t done = 0;

    while (usable && done < size) {
        uint64_t word;
        size_t part = size - done < sizeof(word) ? size - done : sizeof(word);

        usable = random_word(&word);
        memcpy((uint8_t *)out + done, &word, part);
        done += part;
    }
    if (usable)
        return AT_OK;
    memset(out, 0, size); /* a caller that forgets to look gets no half-random key */
    return AT_UNSUPPORTED;
}
