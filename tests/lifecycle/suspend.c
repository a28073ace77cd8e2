/* SPDX-License-Identifier: ISC */
/*
 * A guest that can be saved and restored, and says what it found afterwards: `restored` or `cancelled`, whether its
 * memory is what it was, how its clocks went on, and a random number. Ends when it is asked to.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <atman/base/clock.h>
#include <atman/base/entropy.h>
#include <atman/guest.h>
#include <atman/guest_suspend.h>
#include <atman/lifecycle/features.h>
#include <atman/lifecycle/lifecycle.h>
#include <atman/mm/frames.h>
#include <atman/xenstore/xenstore.h>

#define SECOND 1000000000u
#define PAGES 300

static struct at_lifecycle lifecycle;
static void *pages[PAGES];

/* Fills some pages with words that tell where they lie. */
static void fill(void)
{
    for (unsigned i = 0; i < PAGES; i++) {
        uint64_t *word;

        if (at_mm_frames_alloc(at_guest_frames(), &pages[i], 0) != AT_OK)
            break;
        word = pages[i];
        for (unsigned at = 0; at < AT_MM_PAGE_SIZE / sizeof(*word); at++)
            word[at] = (uint64_t)(uintptr_t)&word[at] * i;
    }
}

static unsigned wrong(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < PAGES && pages[i] != NULL; i++) {
        const uint64_t *word = pages[i];

        for (unsigned at = 0; at < AT_MM_PAGE_SIZE / sizeof(*word); at++)
            count += word[at] != (uint64_t)(uintptr_t)&word[at] * i;
    }
    return count;
}

/* An answer of XenStore's. */
static void show_domain(struct at_xenstore *xs, struct at_wait wait)
{
    char domid[16] = "";
    size_t size;
    at_status status = at_xenstore_read(xs, domid, sizeof(domid), &size, AT_XENSTORE_NO_TRANSACTION, "domid",
                                        at_wait_now(wait) + SECOND);

    printf("domain %s\n", status == AT_OK ? domid : at_status_name(status));
}

static void be_saved(struct at_xenstore *xs, struct at_wait wait)
{
    uint64_t before_ns = at_clock_now_ns(), wall_ns = at_clock_wall_ns(), random = 0;
    enum at_lifecycle_resumption how;
    at_status status = at_guest_suspend(&how, 5ull * SECOND);

    if (status != AT_OK) {
        printf("refused: %s\n", at_status_name(status));
        return;
    }
    (void)at_entropy_fill(&random, sizeof(random));
    printf("clock %s, wall %s, wrong words %u, random %016llx\n", at_clock_now_ns() > before_ns ? "on" : "back",
           at_clock_wall_ns() > wall_ns ? "on" : "back", wrong(), (unsigned long long)random);
    show_domain(xs, wait);
    (void)at_lifecycle_advertise(xs, AT_LIFECYCLE_CAN_POWEROFF | AT_LIFECYCLE_CAN_SUSPEND, at_wait_now(wait) + SECOND);
    puts(how == AT_LIFECYCLE_RESTORED ? "restored" : "cancelled");
}

int main(void)
{
    struct at_wait wait = at_guest_wait();
    struct at_xenstore *xs = at_guest_xenstore();

    at_guest_hooks();
    fill();
    if (at_lifecycle_start(&lifecycle, xs, wait, at_wait_now(wait) + SECOND) != AT_OK)
        return 1;
    show_domain(xs, wait);
    puts("ready");
    for (;;) {
        enum at_lifecycle_request request = at_lifecycle_requested(&lifecycle);

        if (request == AT_LIFECYCLE_SUSPEND) {
            at_lifecycle_clear(&lifecycle);
            be_saved(xs, wait);
        } else if (request != AT_LIFECYCLE_NONE) {
            return 0;
        } else {
            (void)at_wait_sleep(wait, at_wait_now(wait) + SECOND);
        }
    }
}
