/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_CONSOLE_H
#define ATMAN_XEN_CONSOLE_H

/*
 * The PV console: two byte rings shared with xenconsoled, and Xen's own console for what comes before.
 *
 * Works alone: it needs no struct at_xen_events but to listen, and blocks by polling its own port. Bytes pass as they
 * are, without newline translation. xenconsoled is a peer like any other: its indices are checked, and when it stops
 * reading, a writer waits a bounded time once, then drops and counts until there is room again.
 *
 * Not safe against another CPU. Source: <xen/io/console.h>.
 */

#include <stddef.h>

#include <atman/base/status.h>
#include <atman/xen/abi.h>
#include <atman/xen/event.h>
#include <xen/io/console.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How long one write waits for room before it drops what is left. xenconsoled may pause a busy guest for 0.2 s. */
#define AT_XEN_CONSOLE_PATIENCE_NS UINT64_C(2000000000)

/* A console. Memory of the caller's; every member but `dropped`, which may be read, is the component's own. */
struct at_xen_console {
    struct xencons_interface *ring;
    shared_info_t *shared;
    at_xen_port port;
    uint32_t out_prod; /* ours, kept where the peer cannot change them */
    uint32_t in_cons;
    uint8_t stalled; /* a writer lost patience, and there was no room since */
    uint8_t broken;
    uint64_t dropped; /* bytes that were never written, since init */
};

/*
 * at_xen_console_init binds `console` to the mapped `ring`, whose event channel is `port`; `ring` and `shared` must
 * stay mapped. It goes on where the ring stands. Whether somebody else adopts the port for reading is no matter.
 */
void at_xen_console_init(struct at_xen_console *console, struct xencons_interface *ring, shared_info_t *shared,
                         at_xen_port port);

/*
 * at_xen_console_write puts `size` bytes of `text` on the ring, in pieces when they exceed it, and notifies the peer.
 * Blocks for room, at most AT_XEN_CONSOLE_PATIENCE_NS in all, and not at all while the peer has taken nothing since the
 * last write that lost patience.
 *
 * Returns AT_OK when all bytes are on the ring. Otherwise the rest was dropped and counted: AT_TIMED_OUT, AT_PROTOCOL
 * when the peer's indices are impossible (the console is then broken and drops everything), or what Xen said to
 * SCHEDOP_poll.
 */
at_status at_xen_console_write(struct at_xen_console *console, const char *text, size_t size);

/*
 * at_xen_console_read copies at most `size` bytes of what was typed to `text`, and their number to `*got`; 0 when there
 * are none. Never blocks. Returns AT_OK, or AT_PROTOCOL (`*got` is 0).
 */
at_status at_xen_console_read(struct at_xen_console *console, char *text, size_t *got, size_t size);

/*
 * at_xen_console_listen lets `fn(ctx)` run as an event handler of `events` when something may have been typed, or room
 * made: read until nothing comes, then wait. Adopts the console's port if `events` has not yet; in place of the handler
 * it had. The console goes on working without `events` as well.
 *
 * Returns AT_OK, AT_NO_SPACE (`events` is full). No hypercall.
 */
at_status at_xen_console_listen(struct at_xen_console *console, struct at_xen_events *events, at_xen_event_fn fn,
                                void *ctx);

/*
 * at_xen_console_restored is for a domain that was saved and restored: the ring goes on where it stood, its event
 * channel is `port` now.
 */
void at_xen_console_restored(struct at_xen_console *console, at_xen_port port);

/*
 * at_xen_console_flush blocks until the peer has taken all that was written, or `deadline_ns` of Xen's system time
 * (at_xen_clock_read(); AT_NEVER is allowed). To be called before shutdown: what is on the ring then may be lost.
 * Returns AT_OK, AT_TIMED_OUT, AT_PROTOCOL, or what Xen said to SCHEDOP_poll.
 */
at_status at_xen_console_flush(struct at_xen_console *console, uint64_t deadline_ns);

/*
 * at_xen_console_early_write sends `text` to Xen's own console by hypercall, before any ring is mapped. Never blocks.
 * Returns AT_OK, or AT_DENIED: a hypervisor built without debugging refuses it to all but dom0.
 */
at_status at_xen_console_early_write(const char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_CONSOLE_H */
