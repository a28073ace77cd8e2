/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_GUEST_CRASH_H
#define ATMAN_GUEST_CRASH_H

/*
 * The capsule: a page of the guest's memory in which its crash is told, for whoever has no console's log but a dump of
 * the memory (`xl dump-core`). Linked only into kernels that ask for it, by //platforms/xen_pv:guest_crash.
 *
 *     at_guest_capsule();                  first of all in main()
 *     at_guest_trace("request", number);   now and then
 *
 * A crash's report then ends with the build id, the last events and the ledger (<atman/guest.h>), on the console and in
 * the capsule. Every hypercall is an event by itself: its number, first argument and result, and who called. Each is
 * told with how long before the report it was. `./atman crash FILE DEBUG` tells a console's log or a dump with the
 * names of functions and lines.
 *
 * A stack overflow leaves no report: Xen cannot enter the guest without a stack, and ends it. Of a dump the same
 * command then tells the registers, the backtrace and the events, from where they lie in memory.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many events are kept: the last. */
#define AT_GUEST_TRACE_EVENTS 16

/*
 * at_guest_capsule makes the capsule, and tells the toolstack where the guest's memory is, without which `xl dump-core`
 * cannot write it down. Another call does nothing. Takes a page for each GiB of memory, and one; ends the guest with a
 * panic if there is none. What crashes before is reported on the console only. Never blocks.
 */
void at_guest_capsule(void);

/*
 * at_guest_trace notes an event: `what`, a word or a few that must stay valid, and a number that says more. May be
 * called from anywhere, also before at_guest_capsule(). Some ten instructions, and reading the TSC, which costs another
 * 1,200 where Xen emulates it (`tsc_mode` in xl.cfg).
 */
void at_guest_trace(const char *what, uint64_t value);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_GUEST_CRASH_H */
