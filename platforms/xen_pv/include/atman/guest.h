/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_GUEST_H
#define ATMAN_GUEST_H

/*
 * What a guest has one of: its memory, its event channels, its grant table, its connection to XenStore.
 *
 * Each is made when it is first asked for, and is linked only into kernels that ask. All last until the guest ends; the
 * caller gets a pointer and never owns it. A host that lacks what is asked for, or memory too small to make it, is not
 * something that an application can mend: the guest then ends with a panic that says which. Not from event handlers.
 *
 * An application is the place where components meet: it passes these to the components' own functions, in whose headers
 * the rest of the contract is.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/panic.h>
#include <atman/base/status.h>
#include <atman/base/wait.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_mm_demand;
struct at_mm_frames;
struct at_mm_heap;
struct at_mm_ledger;
struct at_mm_memory;
struct at_mm_pages;
struct at_mm_space;
struct at_sched;
struct at_xen_console;
struct at_xen_events;
struct at_xen_grants;
struct at_xenstore;

/*
 * at_guest_frames returns the allocator of all memory that Xen gave and nobody uses. Memory beyond what the builder had
 * mapped is mapped 2 MiB at a time, as it is handed out for the first time.
 */
struct at_mm_frames *at_guest_frames(void);

/*
 * at_guest_pages returns the same memory as single pages, with their machine frames, for drivers (<atman/mm/pages.h>).
 */
struct at_mm_pages at_guest_pages(void);

/*
 * at_guest_memory returns the machine memory behind at_guest_frames() (<atman/mm/memory.h>), for a balloon or for
 * blocks that are contiguous in it, of order 9 at most.
 */
struct at_mm_memory at_guest_memory(void);

/*
 * at_guest_set_memory makes the domain `kib` KiB large, by a balloon of free pages of at_guest_frames(), or as large as
 * it was at the start when that is less. 64 pages stay free in any case. Returns AT_OK; AT_NO_MEMORY when not so much
 * is free, or the host has no more: it has then come as near as it could; or what Xen said.
 */
at_status at_guest_set_memory(uint64_t kib);

/*
 * at_guest_demand returns what makes demand-zero ranges (<atman/mm/demand.h>) of the window: a page of one becomes
 * memory when the guest first touches it. A touch when no memory is left is an exception like any other. The touch
 * needs 1.5 KiB of the stack that it happens on.
 */
struct at_mm_demand *at_guest_demand(void);

/*
 * at_guest_ledger returns the book of who holds what (<atman/mm/ledger.h>). It has an account of the pages that
 * at_guest_frames() has given out; the application opens others. Once it was asked for, a crash report ends with it.
 */
struct at_mm_ledger *at_guest_ledger(void);

/* at_guest_space returns the window of virtual pages for mapping machine frames (<atman/mm/space.h>): 64 MiB. */
struct at_mm_space *at_guest_space(void);

/* at_guest_heap returns the heap over at_guest_frames() (<atman/mm/heap.h>). */
struct at_mm_heap *at_guest_heap(void);

/*
 * at_guest_console returns the domain's console (<atman/xen/console.h>), for reading what is typed; at_console_write()
 * and stdout write to the same.
 */
struct at_xen_console *at_guest_console(void);

/* at_guest_events returns the domain's event channels (<atman/xen/event.h>). */
struct at_xen_events *at_guest_events(void);

/* at_guest_grants returns the domain's grant table (<atman/xen/grant.h>): 1,024 entries, less those Xen reserves. */
struct at_xen_grants *at_guest_grants(void);

/* at_guest_xenstore returns the client of the domain's XenStore (<atman/xenstore/xenstore.h>), connected. */
struct at_xenstore *at_guest_xenstore(void);

/*
 * at_guest_sched returns the scheduler (<atman/sched/thread.h>), whose main thread is the caller of the first call.
 * Ask for it before anything that waits is made, so that waiting lets other threads run.
 */
struct at_sched *at_guest_sched(void);

/*
 * at_guest_wait returns a place to wait in, for the configuration of a component: the scheduler's once at_guest_sched()
 * was called (then a thread sleeps and others run), the event channels' before (then the guest sleeps).
 */
struct at_wait at_guest_wait(void);

/*
 * at_guest_watchdog lets Xen end the guest, with reason watchdog, when its scheduler has stood still for `seconds`, at
 * least 1: when a thread keeps the CPU for so long, or the guest hangs. A timer of at_guest_sched() feeds it, so that
 * an idle guest wakes twice in that time. Lasts until the guest ends; another call changes the time. Panics when Xen
 * has no watchdog left.
 */
void at_guest_watchdog(uint32_t seconds);

/*
 * at_guest_reboot ends the guest as exit(0) does, but for the reason that the domain gives: reboot instead of poweroff,
 * upon which the toolstack starts it anew. Never returns.
 */
AT_NORETURN void at_guest_reboot(void);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_GUEST_H */
