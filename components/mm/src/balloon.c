/* SPDX-License-Identifier: ISC */
#include <atman/mm/balloon.h>

#include <string.h>

#include "internal.h"

void at_mm_balloon_init(struct at_mm_balloon *balloon, struct at_mm_frames *frames, struct at_mm_memory memory,
                        size_t reserve)
{
    *balloon = (struct at_mm_balloon){.frames = frames, .memory = memory, .reserve = reserve, .hint = SIZE_MAX};
}

size_t at_mm_balloon_pages(const struct at_mm_balloon *balloon)
{
    return balloon->pages;
}

/*
 * Moves up to a batch of free pages into the balloon. Who gets the memory next may read what is in it (Xen clears
 * pages of domains that have ended, and no others): so what somebody has freed is wiped. AT_OK if all `wanted` went.
 */
static at_status give_batch(struct at_mm_balloon *balloon, size_t wanted)
{
    struct at_mm_frames *frames = balloon->frames;
    size_t virgin = frames->frontier;
    size_t page[AT_MM_MEMORY_BATCH], count = 0, done = 0;
    void *address[AT_MM_MEMORY_BATCH];
    at_status status = AT_OK, given;

    while (count < wanted && frames->total - frames->used - count > balloon->reserve) {
        status = at_mm_frame_get(frames, &page[count], 0);
        if (status != AT_OK)
            break;
        address[count] = at_mm_frame_address(frames, page[count]);
        if (page[count] < virgin && frames->taken != frames->used)
            memset(address[count], 0, AT_MM_PAGE_SIZE);
        count++;
    }
    if (count == 0)
        return status == AT_OK ? AT_NO_MEMORY : status;
    given = balloon->memory.ops->give(balloon->memory.ctx, &done, address, count);
    AT_ASSERT(done <= count);
    for (size_t i = 0; i < count; ++i) {
        if (i >= done) {
            at_mm_frame_put(frames, page[i], 1);
            continue;
        }
        frames->state[page[i]] = AT_MM_STATE_GIVEN;
        balloon->hint = page[i] < balloon->hint ? page[i] : balloon->hint;
    }
    balloon->pages += done;
    frames->total -= done;
    if (done < count)
        return given == AT_OK ? AT_AGAIN : given;
    return status == AT_OK && count < wanted ? AT_NO_MEMORY : status;
}

/* Moves up to a batch of pages out of the balloon, the lowest first. AT_OK if all `wanted` came. */
static at_status take_batch(struct at_mm_balloon *balloon, size_t wanted)
{
    struct at_mm_frames *frames = balloon->frames;
    size_t page[AT_MM_MEMORY_BATCH], count = 0, done = 0;
    size_t at = balloon->hint;
    void *address[AT_MM_MEMORY_BATCH];
    at_status status;

    while (count < wanted) {
        const uint8_t *state = memchr(frames->state + at, AT_MM_STATE_GIVEN, frames->frontier - at);

        AT_ASSERT(state); /* there are as many as balloon->pages says */
        page[count] = (size_t)(state - frames->state);
        address[count] = at_mm_frame_address(frames, page[count]);
        at = page[count++] + 1;
    }
    status = balloon->memory.ops->take(balloon->memory.ctx, &done, address, count);
    AT_ASSERT(done <= count);
    for (size_t i = 0; i < done; ++i)
        at_mm_frame_put(frames, page[i], 1);
    balloon->hint = done < count ? page[done] : at;
    balloon->pages -= done;
    frames->total += done;
    if (done < count)
        return status == AT_OK ? AT_NO_MEMORY : status;
    return AT_OK;
}

at_status at_mm_balloon_set(struct at_mm_balloon *balloon, size_t pages)
{
    at_status status = AT_OK;
    bool asked = false;

    while (status == AT_OK && balloon->pages != pages) {
        bool give = balloon->pages < pages;
        size_t left = give ? pages - balloon->pages : balloon->pages - pages;
        size_t batch = left < AT_MM_MEMORY_BATCH ? left : AT_MM_MEMORY_BATCH;

        status = give ? give_batch(balloon, batch) : take_batch(balloon, batch);
        if (give && status == AT_NO_MEMORY && !asked && at_mm_frame_shortage(balloon->frames)) {
            asked = true;
            status = AT_OK;
        }
    }
    return status;
}
