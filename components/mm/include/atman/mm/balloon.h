/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_BALLOON_H
#define ATMAN_MM_BALLOON_H

/*
 * Balloon: free pages whose memory the machine's owner gets back, and how they return.
 *
 * A page in the balloon is a page of the frame allocator's without memory behind it. Its state byte says so; nothing
 * else is kept of it, so a balloon of any size needs no memory. Only free pages are given: caches are asked for theirs
 * first, and nobody's pages are taken away. Nothing that anybody has freed is in them: a page is wiped before it goes,
 * unless nobody ever had it.
 *
 * Not for: making a guest larger than it was when it started.
 */

#include <stddef.h>

#include <atman/mm/memory.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A balloon. Every member is private. */
struct at_mm_balloon {
    struct at_mm_frames *frames;
    struct at_mm_memory memory;
    size_t reserve;
    size_t pages;
    size_t hint; /* no page below it is in the balloon */
};

/*
 * at_mm_balloon_init makes `balloon` empty, over `frames`, which must outlive it. It never leaves fewer than `reserve`
 * pages free or virgin for the guest's own use. One balloon for each frame allocator. O(1).
 */
void at_mm_balloon_init(struct at_mm_balloon *balloon, struct at_mm_frames *frames, struct at_mm_memory memory,
                        size_t reserve);

/*
 * at_mm_balloon_set makes the balloon `pages` large: gives memory back or takes it, a batch at a time.
 *
 * Returns AT_OK; AT_NO_MEMORY when fewer than that can be spared, or the machine has no more; or what the seam
 * returned. It has then come as near as it could and can be called again: at_mm_balloon_pages() says how near.
 * O(bytes in the pages to be moved), and taking reads one byte for each page between those in the balloon.
 */
at_status at_mm_balloon_set(struct at_mm_balloon *balloon, size_t pages);

/* at_mm_balloon_pages returns how many pages are in the balloon. */
size_t at_mm_balloon_pages(const struct at_mm_balloon *balloon);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_MM_BALLOON_H */
