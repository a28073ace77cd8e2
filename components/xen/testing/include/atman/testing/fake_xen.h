/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_FAKE_XEN_H
#define ATMAN_TESTING_FAKE_XEN_H

/*
 * A model of Xen inside one process, behind at_xen_hypercall(): what a PV guest sees of the hypervisor, for tests.
 *
 * It models domains with their shared_info, machine pages and who owns them, event channels and grant tables of both
 * kinds with Xen's rules for what is busy, XENMEM_* as far as ballooning goes, SCHEDOP_*, the version, Xen's own
 * console, multicalls, a vcpu's run states, and virtual time. Time stands still until a domain blocks or the test moves
 * it, so a run is the same every time. There are no threads: peers are step functions that run whenever the current
 * domain blocks or yields.
 * Everything else answers -ENOSYS, or whatever the test installs.
 *
 * Linking it defines at_xen_hypercall(). A misuse of these functions (an unknown domain, a page that is none) panics.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/xen/abi.h>
#include <xen/grant_table.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_fake_xen;

/* What a fake Xen is made of. Zero for the defaults. */
struct at_fake_xen_config {
    uint32_t pages;        /* of machine memory in all; 0 = 1024 */
    uint32_t ports;        /* a domain can have, port 0 included, at most 131072, two-level 4096; 0 = 256 */
    uint32_t grant_frames; /* a domain's table can grow to; 0 = 4 */
    uint64_t start_ns;     /* the system time at first; 0 = 1 s */
    bool no_fifo;          /* a Xen that has no FIFO event channels */
    bool grants_v1_only;   /* no domain may have a version 2 grant table */
    bool release_build;    /* deny CONSOLEIO_write to all but domain 0, as a Xen without debugging does */
};

/* at_fake_xen_create makes a hypervisor with domain 0 and no other; `config` may be NULL. No domain is current. */
struct at_fake_xen *at_fake_xen_create(const struct at_fake_xen_config *config);

/* at_fake_xen_destroy ends it and all its memory; its current domain, if any, is left. */
void at_fake_xen_destroy(struct at_fake_xen *xen);

/* ---- domains ---- */

/* at_fake_xen_add_domain makes a domain with a shared_info as a domain builder leaves it, and no other page. */
void at_fake_xen_add_domain(struct at_fake_xen *xen, at_xen_domid domid);

/* at_fake_xen_enter makes `domid` the domain that calls: at_xen_hypercall() is served to it until the next enter. */
void at_fake_xen_enter(struct at_fake_xen *xen, at_xen_domid domid);

/* at_fake_xen_leave makes no domain current: at_xen_hypercall() then panics. */
void at_fake_xen_leave(void);

/* at_fake_xen_shared returns the domain's shared_info. */
shared_info_t *at_fake_xen_shared(struct at_fake_xen *xen, at_xen_domid domid);

/* at_fake_xen_shutdown_reason returns the SHUTDOWN_* with which the domain ended, -1 while it has not. */
int at_fake_xen_shutdown_reason(const struct at_fake_xen *xen, at_xen_domid domid);

/* ---- machine memory: one range of host memory, frame numbers in its order ---- */

/* at_fake_xen_page_alloc gives the domain a page, zeroed. Panics when machine memory is used up. */
void *at_fake_xen_page_alloc(struct at_fake_xen *xen, at_xen_domid domid);

/* at_fake_xen_page_free takes a page back. Panics if a peer still maps it: on Xen it would still write to it. */
void at_fake_xen_page_free(struct at_fake_xen *xen, void *page);

/* at_fake_xen_frame returns the machine frame number of an address in machine memory. */
uint64_t at_fake_xen_frame(const struct at_fake_xen *xen, const void *address);

/* at_fake_xen_address returns the address of a machine frame, NULL if there is no such frame. */
void *at_fake_xen_address(const struct at_fake_xen *xen, uint64_t frame);

/* at_fake_xen_pages_in_use returns how many pages at_fake_xen_page_alloc() gave the domain and are not free again. */
uint32_t at_fake_xen_pages_in_use(const struct at_fake_xen *xen, at_xen_domid domid);

/* at_fake_xen_set_page_limit lets the domain have at most so many pages by XENMEM_populate_physmap; 0: any number. */
void at_fake_xen_set_page_limit(struct at_fake_xen *xen, at_xen_domid domid, uint32_t pages);

/* ---- time ---- */

/* at_fake_xen_now returns the virtual system time in ns: what every domain's clock reads. */
uint64_t at_fake_xen_now(const struct at_fake_xen *xen);

/* at_fake_xen_advance moves it. Runs nothing. */
void at_fake_xen_advance(struct at_fake_xen *xen, uint64_t ns);

/* at_fake_xen_steal moves it as well, while the domain's vcpu would run but another has its CPU. Runs nothing. */
void at_fake_xen_steal(struct at_fake_xen *xen, at_xen_domid domid, uint64_t ns);

/* at_fake_xen_set_wall makes the wall clock show this time now (at system time at_fake_xen_now()). */
void at_fake_xen_set_wall(struct at_fake_xen *xen, uint64_t seconds, uint32_t nanoseconds);

/* ---- peers ---- */

/*
 * A peer: does what it can do at `now_ns` and returns when it wants to run again though no event comes; UINT64_MAX for
 * never. It runs as its own domain (its hypercalls are that domain's), and must not block.
 */
typedef uint64_t (*at_fake_xen_step_fn)(void *ctx, uint64_t now_ns);

/* at_fake_xen_add_step makes `fn(ctx)` a peer that runs as `domid`. At most 16. */
void at_fake_xen_add_step(struct at_fake_xen *xen, at_xen_domid domid, at_fake_xen_step_fn fn, void *ctx);

/* at_fake_xen_remove_step takes it out again. Not from within a step. */
void at_fake_xen_remove_step(struct at_fake_xen *xen, at_fake_xen_step_fn fn, void *ctx);

/*
 * at_fake_xen_run_steps runs every peer once, in the order they were added; returns the earliest time they asked for.
 */
uint64_t at_fake_xen_run_steps(struct at_fake_xen *xen);

/*
 * When a domain blocks with nothing pending, the fake runs the peers, over and over, moving time to whatever comes
 * first: the time a peer asked for or the domain's deadline. When nothing can come any more, where a real domain would
 * sleep for ever, SCHEDOP_poll and SCHEDOP_block return -EDEADLK. Peers that run 100,000 times in one block panic.
 */

/*
 * Called where time would move from `now_ns` to `until_ns` (UINT64_MAX: for ever) because nothing else is left to do.
 * Returns the time to move to, UINT64_MAX if nothing will ever come. Peers run again afterwards.
 */
typedef uint64_t (*at_fake_xen_pace_fn)(void *ctx, uint64_t now_ns, uint64_t until_ns);

/* at_fake_xen_pace lets `fn(ctx, ...)` say how time passes while a domain blocks: really, for instance. NULL: at once.
 */
void at_fake_xen_pace(struct at_fake_xen *xen, at_fake_xen_pace_fn fn, void *ctx);

/* ---- event channels, as a toolstack or a peer uses them ---- */

/* at_fake_xen_channel connects two domains: `*port_a` of `a` with `*port_b` of `b`. Nothing is pending. */
void at_fake_xen_channel(struct at_fake_xen *xen, at_xen_domid a, at_xen_port *port_a, at_xen_domid b,
                         at_xen_port *port_b);

/* at_fake_xen_notify is EVTCHNOP_send by `domid`. */
void at_fake_xen_notify(struct at_fake_xen *xen, at_xen_domid domid, at_xen_port port);

/* at_fake_xen_take_event clears the pending bit of a domain's port and returns whether it was set. */
bool at_fake_xen_take_event(struct at_fake_xen *xen, at_xen_domid domid, at_xen_port port);

/* at_fake_xen_raise_virq raises VIRQ_* on a domain's vcpu 0; nothing happens if it is not bound. */
void at_fake_xen_raise_virq(struct at_fake_xen *xen, at_xen_domid domid, uint32_t virq);

/* at_fake_xen_ports_in_use returns how many ports of the domain are open: for a teardown that finds leaks. */
uint32_t at_fake_xen_ports_in_use(const struct at_fake_xen *xen, at_xen_domid domid);

/* ---- grants, as a peer uses them. Results are GNTST_*. ---- */

/* at_fake_xen_grant_table grows the domain's table to `frames` frames and returns it, mapped in one piece. */
grant_entry_v1_t *at_fake_xen_grant_table(struct at_fake_xen *xen, at_xen_domid domid, uint32_t frames);

/* at_fake_xen_grant_table_v2 is that of a domain that has switched to version 2; the entries' states in `*states`. */
grant_entry_v2_t *at_fake_xen_grant_table_v2(struct at_fake_xen *xen, at_xen_domid domid, uint32_t frames,
                                             const grant_status_t **states);

/*
 * at_fake_xen_grant_map maps what `granter` granted to `mapper` as `ref`: `*page` is the granter's own page (that a
 * read-only mapping is not written through is the caller's word), `*handle` names the mapping.
 */
int at_fake_xen_grant_map(struct at_fake_xen *xen, void **page, grant_handle_t *handle, at_xen_domid mapper,
                          at_xen_domid granter, at_xen_grant_ref ref, bool readonly);

/* at_fake_xen_grant_unmap undoes a mapping. */
int at_fake_xen_grant_unmap(struct at_fake_xen *xen, at_xen_domid mapper, grant_handle_t handle);

/* at_fake_xen_grant_read copies out of a granted page, as GNTTABOP_copy does. */
int at_fake_xen_grant_read(struct at_fake_xen *xen, void *out, at_xen_domid peer, at_xen_domid granter,
                           at_xen_grant_ref ref, uint32_t offset, uint32_t size);

/* at_fake_xen_grant_write copies into a granted page, as GNTTABOP_copy does. */
int at_fake_xen_grant_write(struct at_fake_xen *xen, at_xen_domid peer, at_xen_domid granter, at_xen_grant_ref ref,
                            uint32_t offset, const void *data, uint32_t size);

/* at_fake_xen_grants_in_use returns how many entries of the domain's table are valid. */
uint32_t at_fake_xen_grants_in_use(const struct at_fake_xen *xen, at_xen_domid domid);

/* at_fake_xen_maps_in_use returns how many grants the domain maps. */
uint32_t at_fake_xen_maps_in_use(const struct at_fake_xen *xen, at_xen_domid domid);

/* ---- misbehaviour and observation ---- */

/* Any hypercall, for the functions below. */
#define AT_FAKE_XEN_ANY (~0ul)

/*
 * at_fake_xen_fail makes the `nth` next hypercall `number` of the current domain (1 = the very next) return -`error`
 * without effect; with `on` all after it as well. 0 for `nth` calls it off. One such order stands at a time.
 */
void at_fake_xen_fail(struct at_fake_xen *xen, unsigned long number, uint32_t nth, bool on, int error);

/* at_fake_xen_failures returns how often the standing order struck: 0 ends a loop that fails the Nth call. */
uint32_t at_fake_xen_failures(const struct at_fake_xen *xen);

/* at_fake_xen_calls returns how many hypercalls `number` the domain made since at_fake_xen_reset_calls(). */
uint32_t at_fake_xen_calls(const struct at_fake_xen *xen, at_xen_domid domid, unsigned long number);

/* at_fake_xen_reset_calls sets all domains' counts to 0. */
void at_fake_xen_reset_calls(struct at_fake_xen *xen);

/* What serves a hypercall instead of the fake. */
typedef long (*at_fake_xen_serve_fn)(void *ctx, const unsigned long arguments[5]);

/* at_fake_xen_serve makes `fn(ctx, ...)` serve hypercall `number` (below 64) of every domain; NULL undoes it. */
void at_fake_xen_serve(struct at_fake_xen *xen, unsigned long number, at_fake_xen_serve_fn fn, void *ctx);

/* at_fake_xen_emergency_text returns what was sent to Xen's own console: at most the first 4095 bytes, with a NUL. */
const char *at_fake_xen_emergency_text(const struct at_fake_xen *xen);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_FAKE_XEN_H */
