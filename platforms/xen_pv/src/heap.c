/* SPDX-License-Identifier: ISC */
#include <stdint.h>

#include <atman/base/entropy.h>
#include <atman/guest.h>
#include <atman/mm/heap.h>

struct at_mm_heap *at_guest_heap(void)
{
    static struct at_mm_heap heap __attribute__((aligned(64)));
    static int ready;

    if (!ready) {
        uintptr_t secret;

        /* Without a source it is 0: overwritten links are then still found, though not hard to forge. */
        at_entropy_fill(&secret, sizeof(secret));
        at_mm_heap_init(&heap, at_guest_frames(), secret);
        ready = 1;
    }
    return &heap;
}
