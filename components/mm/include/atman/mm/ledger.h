/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_LEDGER_H
#define ATMAN_MM_LEDGER_H

/*
 * Ledger: who holds how much of what a guest has little of: pages, event-channel ports, grants.
 *
 * An account is an owner's: a driver, a thread, a part of the application. What it holds is either charged to it as it
 * takes and gives back (at_mm_pages_from_account() does so for a driver's pages), or read from where it is counted
 * anyway, by a function. A test opens the books before and closes them after; a crash report prints them.
 *
 * Nothing here allocates or blocks, so it can be printed when nothing else works any more.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/list.h>
#include <atman/base/status.h>
#include <atman/mm/heap.h>
#include <atman/mm/pages.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is counted. */
enum at_mm_ledger_kind { AT_MM_LEDGER_PAGES, AT_MM_LEDGER_PORTS, AT_MM_LEDGER_GRANTS, AT_MM_LEDGER_KINDS };

/* Stores how much of each kind an owner holds now. Must not open or close accounts. */
typedef void (*at_mm_account_read_fn)(void *ctx, size_t held[AT_MM_LEDGER_KINDS]);

/* An owner's account. Memory of the caller's; every member is private. Must not move while it is open. */
struct at_mm_account {
    struct at_list_node node;
    const char *owner;
    size_t held[AT_MM_LEDGER_KINDS];
    size_t peak[AT_MM_LEDGER_KINDS];
    at_mm_account_read_fn read; /* or NULL: it is charged */
    void *ctx;
};

/* All accounts. Every member is private. */
struct at_mm_ledger {
    struct at_list accounts;
};

/* at_mm_ledger_init makes `ledger` empty. */
void at_mm_ledger_init(struct at_mm_ledger *ledger);

/* at_mm_account_open enters an account under the name `owner`, which must outlive it; it holds nothing yet. */
void at_mm_account_open(struct at_mm_ledger *ledger, struct at_mm_account *account, const char *owner);

/*
 * at_mm_account_open_read enters an account whose holdings `read(ctx, ...)` tells. It is not charged, and its peaks are
 * the highest that were ever read.
 */
void at_mm_account_open_read(struct at_mm_ledger *ledger, struct at_mm_account *account, const char *owner,
                             at_mm_account_read_fn read, void *ctx);

/*
 * at_mm_account_close takes `account` out of its ledger. Returns AT_OK, or AT_BUSY while it holds anything: it then
 * stays, for a leak that is closed is a leak that nobody finds.
 */
at_status at_mm_account_close(struct at_mm_account *account);

/* at_mm_account_charge says that the owner took `count` more of `kind`. O(1). */
void at_mm_account_charge(struct at_mm_account *account, enum at_mm_ledger_kind kind, size_t count);

/* at_mm_account_credit says that it gave `count` of them back; more than it holds panics. O(1). */
void at_mm_account_credit(struct at_mm_account *account, enum at_mm_ledger_kind kind, size_t count);

/* at_mm_account_held returns how much of `kind` the owner holds now. */
size_t at_mm_account_held(struct at_mm_account *account, enum at_mm_ledger_kind kind);

/* at_mm_account_read_frames and at_mm_account_read_heap read the pages that a frame allocator has given out, and those
 * that a heap holds; `ctx` is the struct at_mm_frames, the struct at_mm_heap. */
void at_mm_account_read_frames(void *ctx, size_t held[AT_MM_LEDGER_KINDS]);
void at_mm_account_read_heap(void *ctx, size_t held[AT_MM_LEDGER_KINDS]);

/* Pages of `inner` that are charged to `account`. The caller's; it must outlive the pages and not move. */
struct at_mm_account_pages {
    struct at_mm_account *account;
    struct at_mm_pages inner;
};

/* at_mm_pages_from_account returns `source`, with both its members set, as a source of pages. */
struct at_mm_pages at_mm_pages_from_account(struct at_mm_account_pages *source);

/* Takes `size` bytes of text, which are no string. */
typedef void (*at_mm_ledger_write_fn)(void *ctx, const char *text, size_t size);

/*
 * at_mm_ledger_print writes a line of at most 80 bytes for each account, in the order in which they were opened, to
 * `write(ctx, ...)`: "ledger: OWNER: pages 12 (peak 20), ports 1 (peak 1)"; kinds of which the owner never held any are
 * left out, and a long owner is cut.
 */
void at_mm_ledger_print(struct at_mm_ledger *ledger, at_mm_ledger_write_fn write, void *ctx);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_MM_LEDGER_H */
