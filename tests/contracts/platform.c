/* SPDX-License-Identifier: ISC */
/* What <atman/guest.h> and the platform's README promise to an application, as far as it can see it from inside. */

#include <stdint.h>
#include <string.h>

#include <atman/base/clock.h>
#include <atman/base/entropy.h>
#include <atman/guest.h>
#include <atman/mm/demand.h>
#include <atman/mm/heap.h>
#include <atman/mm/pages.h>
#include <atman/mm/space.h>
#include <atman/sched/thread.h>
#include <atman/xen/grant.h>

#include "runner.h"

#define MILLISECOND UINT64_C(1000000)

/* Through a function that is not inlined, as the ABI has it: a multiple of 16 where main() was called. */
static void main_is_called_as_the_abi_says(struct at_contract *t, void *env)
{
    uint32_t simd;
    uint16_t x87;
    uint64_t flags;

    AT_CHECK_EQ(t, *(uintptr_t *)env % 16, 0);
    __asm__ volatile("stmxcsr %0; fnstcw %1; pushf; pop %2" : "=m"(simd), "=m"(x87), "=r"(flags));
    AT_CHECK_EQ(t, simd & 0xffc0, 0x1f80);
    AT_CHECK_EQ(t, x87 & 0xf3f, 0x33f);
    AT_CHECK_EQ(t, flags & 0x400, 0);
}

/* From the guest's first moment: Xen's last update of its clock may be older than the guest. */
static void clock_runs_from_the_start(struct at_contract *t, void *env)
{
    uint64_t start_ns = at_clock_now_ns(), now_ns = start_ns;

    (void)env;
    for (unsigned i = 0; i < 1000000 && now_ns < start_ns + MILLISECOND / 10; i++)
        now_ns = at_clock_now_ns();
    AT_CHECK(t, now_ns >= start_ns + MILLISECOND / 10 && now_ns < start_ns + 10000 * MILLISECOND);
}

static void each_thing_is_made_once(struct at_contract *t, void *env)
{
    struct at_mm_heap_stats stats;
    void *object = at_mm_heap_alloc(at_guest_heap(), 1);

    (void)env;
    at_mm_heap_stats(at_guest_heap(), &stats);
    AT_CHECK_EQ(t, stats.live, 1);
    at_mm_heap_free(at_guest_heap(), object);
    AT_CHECK(t, at_guest_frames() == at_guest_frames());
    AT_CHECK(t, at_guest_space() == at_guest_space());
    AT_CHECK(t, at_guest_heap() == at_guest_heap());
    AT_CHECK(t, at_guest_events() == at_guest_events());
    AT_CHECK(t, at_guest_grants() == at_guest_grants());
    AT_CHECK(t, at_guest_xenstore() == at_guest_xenstore());
}

static void sizes_are_as_promised(struct at_contract *t, void *env)
{
    (void)env;
    AT_CHECK_EQ(t, at_mm_space_free_pages(at_guest_space()) * AT_MM_PAGE_SIZE, 64 << 20);
    AT_CHECK_EQ(t, at_xen_grants_available(at_guest_grants()), 1024 - 8); /* Xen reserves 8 */
}

static void pages_have_frames_of_their_own(struct at_contract *t, void *env)
{
    struct at_mm_pages pages = at_guest_pages();
    unsigned char *one = at_mm_pages_alloc(pages), *other = at_mm_pages_alloc(pages);
    uint64_t frame;
    void *window;

    (void)env;
    AT_REQUIRE(t, one != NULL && other != NULL);
    AT_CHECK(t, at_mm_pages_frame(pages, one) != at_mm_pages_frame(pages, other));
    AT_CHECK_EQ(t, at_mm_pages_frame(pages, one), at_mm_pages_frame(pages, one + AT_MM_PAGE_SIZE - 1));

    /* What is written by way of the frame is in the page, and in no other. */
    memset(one, 0, AT_MM_PAGE_SIZE);
    memset(other, 0, AT_MM_PAGE_SIZE);
    frame = at_mm_pages_frame(pages, one);
    AT_REQUIRE(t, at_mm_space_map(at_guest_space(), &window, &frame, 1, AT_MM_READ | AT_MM_WRITE) == AT_OK);
    memset(window, 0x5a, AT_MM_PAGE_SIZE);
    AT_CHECK_EQ(t, one[0], 0x5a);
    AT_CHECK_EQ(t, one[AT_MM_PAGE_SIZE - 1], 0x5a);
    AT_CHECK_EQ(t, other[0], 0);
    AT_CHECK_EQ(t, at_mm_space_unmap(at_guest_space(), window, 1), AT_OK);
    at_mm_pages_free(pages, one);
    at_mm_pages_free(pages, other);
}

#define DEMAND_PAGES 2000

/* Touched by reading, by writing and across a page's end, with values in registers of both kinds. */
static void demand_zero_ranges_become_memory_when_touched(struct at_contract *t, void *env)
{
    struct at_mm_frames_stats before, during, after;
    struct at_mm_demand_range range;
    volatile uint8_t *bytes;
    volatile double third = 1.0 / 3;
    void *va, *start;

    (void)env;
    /* Once, so that what the first fault makes is there. */
    AT_REQUIRE(t, at_mm_demand_reserve(at_guest_demand(), &range, &va, DEMAND_PAGES) == AT_OK);
    AT_REQUIRE(t, at_mm_demand_release(at_guest_demand(), &range) == AT_OK);
    at_mm_frames_stats(at_guest_frames(), &before);
    AT_REQUIRE(t, at_mm_demand_reserve(at_guest_demand(), &range, &start, DEMAND_PAGES) == AT_OK);
    bytes = start;
    for (size_t page = 0; page < DEMAND_PAGES; page += 100) {
        double sum = third * (double)page;

        AT_CHECK_EQ(t, bytes[page * AT_MM_PAGE_SIZE + page], 0);
        bytes[page * AT_MM_PAGE_SIZE + page] = (uint8_t)(page / 100 + 1);
        AT_CHECK(t, sum == third * (double)page);
    }
    *(volatile uint64_t *)(bytes + 51 * AT_MM_PAGE_SIZE - 4) = UINT64_MAX; /* two pages at once */
    memset((char *)start + 301 * AT_MM_PAGE_SIZE, 0x5a, 3 * AT_MM_PAGE_SIZE);
    at_mm_frames_stats(at_guest_frames(), &during);
    AT_CHECK_EQ(t, during.used, before.used + DEMAND_PAGES / 100 + 2 + 3);
    for (size_t page = 0; page < DEMAND_PAGES; page += 100)
        AT_CHECK_EQ(t, bytes[page * AT_MM_PAGE_SIZE + page], page / 100 + 1);
    AT_CHECK_EQ(t, at_mm_demand_release(at_guest_demand(), &range), AT_OK);
    at_mm_frames_stats(at_guest_frames(), &after);
    AT_CHECK_EQ(t, after.used, before.used);
}

/* To the last page, twice: what was freed can be had again. */
static void heap_says_when_it_is_exhausted(struct at_contract *t, void *env)
{
    struct at_mm_heap *heap = at_guest_heap();
    size_t count[2] = {0, 0};

    (void)env;
    for (int round = 0; round < 2; round++) {
        void **chain = NULL;
        void **object;

        while ((object = at_mm_heap_alloc(heap, 1000)) != NULL) {
            memset(object, round, 1000);
            *object = chain;
            chain = object;
            count[round]++;
        }
        AT_CHECK(t, at_mm_heap_alloc(heap, 100000) == NULL);
        while ((object = chain) != NULL) {
            chain = *object;
            at_mm_heap_free(heap, object);
        }
        at_mm_heap_trim(heap);
        object = at_mm_heap_alloc(heap, 100000);
        AT_CHECK(t, object != NULL);
        at_mm_heap_free(heap, object);
    }
    AT_CHECK(t, count[0] > 1000);                       /* of 4 MiB or more, most is there to be had */
    AT_CHECK(t, count[1] >= count[0] - count[0] / 100); /* a few pages may lie where no slab fits */
}

static void entropy_fills_what_it_is_asked_to(struct at_contract *t, void *env)
{
    uint8_t bytes[2][40];

    (void)env;
    for (size_t size = 0; size <= 32; size++) {
        size_t same = 0;

        memset(bytes, 0xee, sizeof(bytes));
        AT_CHECK_EQ(t, at_entropy_fill(bytes[0] + 1, size), AT_OK);
        AT_CHECK_EQ(t, at_entropy_fill(bytes[1] + 1, size), AT_OK);
        for (int i = 0; i < 2; i++)
            AT_CHECK(t, bytes[i][0] == 0xee && bytes[i][1 + size] == 0xee && bytes[i][39] == 0xee);
        for (size_t i = 1; i <= size; i++)
            same += bytes[0][i] == bytes[1][i] || bytes[0][i] == 0xee;
        AT_CHECK(t, size < 4 || same < size / 2 + 2); /* less often than once in 10^5 runs by chance */
    }
}

/* Without threads, waiting stops the guest, not for longer than said; nor for ever when nothing can come. */
static void waiting_without_threads_blocks_the_guest(struct at_contract *t, void *env)
{
    struct at_wait wait = at_guest_wait();
    uint64_t deadline = at_wait_now(wait) + 3 * MILLISECOND;

    (void)env;
    while (at_wait_sleep(wait, deadline) == AT_OK)
        continue;
    AT_CHECK(t, at_wait_now(wait) >= deadline);
}

static void *count(void *argument)
{
    ++*(int *)argument;
    return NULL;
}

/* The place to wait in becomes the scheduler's, also for whoever asks again. */
static void waiting_with_threads_lets_them_run(struct at_contract *t, void *env)
{
    struct at_sched_thread *thread;
    int ran = 0;

    (void)env;
    AT_REQUIRE(t, at_sched_thread_create(at_guest_sched(), &thread, "counter", count, &ran, 0) == AT_OK);
    AT_CHECK_EQ(t, ran, 0);
    AT_CHECK_EQ(t, at_wait_sleep(at_guest_wait(), at_wait_now(at_guest_wait()) + MILLISECOND), AT_TIMED_OUT);
    AT_CHECK_EQ(t, ran, 1);
    AT_CHECK_EQ(t, at_sched_thread_join(thread, NULL), AT_OK);
}

/* In this order: the heap takes all memory there is, and from the first thread on waiting is the scheduler's. */
static const struct at_contract_case cases[] = {
    {"ClockRunsFromTheStart", clock_runs_from_the_start},
    {"MainIsCalledAsTheAbiSays", main_is_called_as_the_abi_says},
    {"WaitingWithoutThreadsBlocksTheGuest", waiting_without_threads_blocks_the_guest},
    {"EachThingIsMadeOnce", each_thing_is_made_once},
    {"SizesAreAsPromised", sizes_are_as_promised},
    {"PagesHaveFramesOfTheirOwn", pages_have_frames_of_their_own},
    {"EntropyFillsWhatItIsAskedTo", entropy_fills_what_it_is_asked_to},
    {"DemandZeroRangesBecomeMemoryWhenTouched", demand_zero_ranges_become_memory_when_touched},
    {"HeapSaysWhenItIsExhausted", heap_says_when_it_is_exhausted},
    {"WaitingWithThreadsLetsThemRun", waiting_with_threads_lets_them_run},
};

int main(void)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

    return (int)run_contract(cases, sizeof(cases) / sizeof(cases[0]), &frame);
}
