/* SPDX-License-Identifier: ISC */
#include <atman/guest.h>
#include <atman/mm/ledger.h>

#include "internal.h"

static struct at_mm_ledger ledger;

static void write(void *ctx, const char *text, size_t size)
{
    (void)ctx;
    at_xen_pv_write_bytes(text, size);
}

static void print(void)
{
    at_xen_pv_last_words = NULL;
    at_mm_ledger_print(&ledger, write, NULL);
}

struct at_mm_ledger *at_guest_ledger(void)
{
    static struct at_mm_account frames;

    if (frames.owner == NULL) {
        at_mm_ledger_init(&ledger);
        at_mm_account_open_read(&ledger, &frames, "frames", at_mm_account_read_frames, at_guest_frames());
        at_xen_pv_last_words = print;
    }
    return &ledger;
}
