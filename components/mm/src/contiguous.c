/* SPDX-License-Identifier: ISC */
#include <atman/mm/memory.h>

#include <string.h>

at_status at_mm_contiguous_alloc(struct at_mm_frames *frames, struct at_mm_memory memory, void **block, uint64_t *frame,
                                 unsigned order, unsigned address_bits)
{
    at_status status;
    void *taken;

    if (!memory.ops->exchange)
        return AT_UNSUPPORTED;
    status = at_mm_frames_alloc(frames, &taken, order);
    if (status != AT_OK)
        return status;
    if (frames->taken != frames->used) /* something was freed, and who gets the pages given for these reads it */
        memset(taken, 0, AT_MM_PAGE_SIZE << order);
    status = memory.ops->exchange(memory.ctx, frame, taken, order, address_bits);
    if (status == AT_OK)
        *block = taken;
    else
        at_mm_frames_free(frames, taken, order);
    return status;
}
