/* SPDX-License-Identifier: ISC */
/* The gate, and what blocks behind it. */

#include "fake_internal.h"

#include <atman/base/panic.h>
#include <atman/xen/hypercall.h>

#include <string.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/version.h>

#define NEVER UINT64_MAX
#define STEPS_PER_BLOCK 100000u
#define POLL_PORTS 128u

/* ---- peers and blocking ---- */

void at_fake_xen_pace(struct at_fake_xen *xen, at_fake_xen_pace_fn fn, void *ctx)
{
    xen->pace = fn;
    xen->pace_ctx = ctx;
}

void at_fake_xen_add_step(struct at_fake_xen *xen, at_xen_domid domid, at_fake_xen_step_fn fn, void *ctx)
{
    FAKE_REQUIRE(xen->step_count < FAKE_STEPS && !xen->stepping, "too many peers, or added from within one");
    at_fake_xen_domain_(xen, domid);
    xen->steps[xen->step_count++] = (struct fake_step){.domid = domid, .fn = fn, .ctx = ctx};
}

void at_fake_xen_remove_step(struct at_fake_xen *xen, at_fake_xen_step_fn fn, void *ctx)
{
    FAKE_REQUIRE(!xen->stepping, "a peer removed from within one");
    for (uint32_t i = 0; i < xen->step_count; i++) {
        if (xen->steps[i].fn == fn && xen->steps[i].ctx == ctx) {
            xen->step_count--;
            memmove(&xen->steps[i], &xen->steps[i + 1], (xen->step_count - i) * sizeof *xen->steps);
            return;
        }
    }
    at_panic("fake Xen: no such peer");
}

uint64_t at_fake_xen_run_steps(struct at_fake_xen *xen)
{
    struct fake_current caller = at_fake_xen_current_;
    uint64_t next_ns = NEVER;

    FAKE_REQUIRE(!xen->stepping, "peers run from within a peer");
    xen->stepping = true;
    for (uint32_t i = 0; i < xen->step_count; i++) {
        uint64_t wish_ns;

        at_fake_xen_enter(xen, xen->steps[i].domid);
        wish_ns = xen->steps[i].fn(xen->steps[i].ctx, xen->now_ns);
        if (wish_ns < next_ns)
            next_ns = wish_ns;
    }
    xen->stepping = false;
    at_fake_xen_current_ = caller;
    return next_ns;
}

static bool wants_upcall(const struct fake_domain *domain)
{
    const struct vcpu_info *vcpu = &domain->shared->vcpu_info[0];

    return vcpu->evtchn_upcall_pending && !vcpu->evtchn_upcall_mask;
}

/* What a blocked domain waits for. */
struct block {
    const at_xen_port *ports;
    unsigned count;
    bool any_event; /* Xen wakes a poller of other than one port at any event at all */
    uint64_t deadline_ns;
};

static bool is_over(const struct fake_domain *domain, const struct block *block)
{
    if (wants_upcall(domain) || (block->any_event && domain->raised))
        return true;
    for (unsigned i = 0; i < block->count; i++) {
        if (at_fake_xen_is_pending_(domain, block->ports[i]))
            return true;
    }
    return false;
}

/* Runs peers and moves time until the block is over, its deadline has come, or nothing is left that could end it. */
static long block(struct at_fake_xen *xen, struct fake_domain *domain, const struct block *block)
{
    FAKE_REQUIRE(!xen->stepping, "a peer blocks");
    domain->raised = false;
    for (unsigned i = 0; !is_over(domain, block); i++) {
        uint64_t next_ns;

        FAKE_REQUIRE(i < STEPS_PER_BLOCK, "peers run for ever while the domain blocks");
        next_ns = at_fake_xen_run_steps(xen);
        if (is_over(domain, block))
            break;
        if (xen->now_ns >= block->deadline_ns)
            break;
        if (next_ns > block->deadline_ns)
            next_ns = block->deadline_ns;
        if (xen->pace != NULL && next_ns > xen->now_ns) {
            next_ns = xen->pace(xen->pace_ctx, xen->now_ns, next_ns);
            i = 0; /* the world goes on, so the peers do */
        }
        if (next_ns == NEVER)
            return -XEN_EDEADLK;
        if (next_ns > xen->now_ns)
            at_fake_xen_advance(xen, next_ns - xen->now_ns);
    }
    return 0;
}

static long blocked(struct at_fake_xen *xen, struct fake_domain *domain, const struct block *what)
{
    long result;

    at_fake_xen_set_runstate_(xen, domain, RUNSTATE_blocked);
    result = block(xen, domain, what);
    at_fake_xen_set_runstate_(xen, domain, RUNSTATE_running);
    return result;
}

static long poll(struct at_fake_xen *xen, struct fake_domain *domain, const struct sched_poll *poll)
{
    struct block what = {
        .ports = poll->ports.p,
        .count = poll->nr_ports,
        .any_event = poll->nr_ports != 1,
        .deadline_ns = poll->timeout,
    };

    if (poll->nr_ports > POLL_PORTS)
        return -XEN_EINVAL;
    for (unsigned i = 0; i < poll->nr_ports; i++) {
        if (what.ports[i] >= xen->config.ports)
            return -XEN_EINVAL;
    }
    if (poll->timeout == 0)
        what.deadline_ns = NEVER;
    else if (poll->timeout > INT64_MAX)
        what.deadline_ns = 0; /* Xen's times are signed: this one is long past */
    return blocked(xen, domain, &what);
}

long at_fake_xen_sched_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command, void *argument)
{
    switch (command) {
    case SCHEDOP_yield:
        if (!xen->stepping)
            at_fake_xen_run_steps(xen);
        return 0;
    case SCHEDOP_block:
        domain->shared->vcpu_info[0].evtchn_upcall_mask = 0;
        return blocked(xen, domain, &(struct block){.deadline_ns = NEVER});
    case SCHEDOP_poll: return poll(xen, domain, argument);
    case SCHEDOP_shutdown:
        domain->shutdown_reason = (uint8_t)((const struct sched_shutdown *)argument)->reason;
        return 0;
    default: return -XEN_ENOSYS;
    }
}

/* ---- the gate ---- */

static long console_io(struct at_fake_xen *xen, const struct fake_domain *domain, unsigned long command, size_t size,
                       const char *text)
{
    size_t room = sizeof xen->emergency - 1 - xen->emergency_size;

    if (xen->config.release_build && domain->id != 0)
        return -XEN_EPERM;
    if (command != CONSOLEIO_write)
        return -XEN_ENOSYS;
    if (size > room)
        size = room;
    memcpy(xen->emergency + xen->emergency_size, text, size);
    xen->emergency_size += size;
    return 0;
}

/* Whether the standing order to fail hits this hypercall. */
static bool strikes(struct fake_order *order, const struct fake_domain *domain, unsigned long number)
{
    if (!order->stands || order->domid != domain->id || (order->number != AT_FAKE_XEN_ANY && order->number != number))
        return false;
    if (order->nth > 1) {
        order->nth--;
        return false;
    }
    order->stands = order->on;
    order->struck++;
    return true;
}

static long multicall(struct at_fake_xen *xen, struct fake_domain *domain, struct multicall_entry *entries,
                      unsigned long count);

static long serve(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long number, const unsigned long a[5])
{
    switch (number) {
    case __HYPERVISOR_event_channel_op: return at_fake_xen_event_op_(xen, domain, a[0], (void *)a[1]);
    case __HYPERVISOR_grant_table_op: return at_fake_xen_grant_op_(xen, domain, a[0], (void *)a[1], a[2]);
    case __HYPERVISOR_sched_op: return at_fake_xen_sched_op_(xen, domain, a[0], (void *)a[1]);
    case __HYPERVISOR_memory_op: return at_fake_xen_memory_op_(xen, domain, a[0], (void *)a[1]);
    case __HYPERVISOR_vcpu_op: return at_fake_xen_vcpu_op_(xen, domain, a[0], a[1], (void *)a[2]);
    case __HYPERVISOR_multicall: return multicall(xen, domain, (void *)a[0], a[1]);
    case __HYPERVISOR_console_io: return console_io(xen, domain, a[0], a[1], (const char *)a[2]);
    case __HYPERVISOR_xen_version: return a[0] == XENVER_version ? 4 << 16 | 17 : -XEN_ENOSYS;
    case __HYPERVISOR_set_trap_table: return 0;
    default: return -XEN_ENOSYS;
    }
}

/* One hypercall, or one of a multicall. */
static long make(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long number, const unsigned long a[5])
{
    if (strikes(&xen->order, domain, number))
        return -xen->order.error;
    if (xen->services[number].fn != NULL)
        return xen->services[number].fn(xen->services[number].ctx, a);
    return serve(xen, domain, number, a);
}

/* Its calls can fail one by one, and are not counted: they cost no entry. */
static long multicall(struct at_fake_xen *xen, struct fake_domain *domain, struct multicall_entry *entries,
                      unsigned long count)
{
    for (unsigned long i = 0; i < count; i++) {
        struct multicall_entry *entry = &entries[i];
        long result = -XEN_ENOSYS;

        if (entry->op == __HYPERVISOR_multicall)
            result = -XEN_EINVAL;
        else if (entry->op < FAKE_HYPERCALLS)
            result = make(xen, domain, entry->op, entry->args);
        entry->result = (xen_ulong_t)result;
    }
    return 0;
}

long at_xen_hypercall(unsigned long number, unsigned long a1, unsigned long a2, unsigned long a3, unsigned long a4,
                      unsigned long a5)
{
    const unsigned long arguments[5] = {a1, a2, a3, a4, a5};
    struct at_fake_xen *xen = at_fake_xen_current_.xen;
    struct fake_domain *domain = at_fake_xen_current_.domain;

    FAKE_REQUIRE(xen != NULL, "a hypercall while no domain is current: at_fake_xen_enter()");
    if (number >= FAKE_HYPERCALLS)
        return -XEN_ENOSYS;
    domain->calls[number]++;
    if (domain->shutdown_reason >= 0)
        return -XEN_ESRCH; /* a real domain would not run any more */
    return make(xen, domain, number, arguments);
}

/* ---- misbehaviour and observation ---- */

void at_fake_xen_fail(struct at_fake_xen *xen, unsigned long number, uint32_t nth, bool on, int error)
{
    FAKE_REQUIRE(nth == 0 || at_fake_xen_current_.xen == xen, "no domain is current whose hypercalls could fail");
    xen->order = (struct fake_order){.stands = nth != 0, .on = on, .number = number, .nth = nth, .error = error};
    if (nth != 0)
        xen->order.domid = at_fake_xen_current_.domain->id;
}

uint32_t at_fake_xen_failures(const struct at_fake_xen *xen)
{
    return xen->order.struck;
}

uint32_t at_fake_xen_calls(const struct at_fake_xen *xen, at_xen_domid domid, unsigned long number)
{
    const struct fake_domain *domain = at_fake_xen_domain_(xen, domid);
    uint32_t sum = 0;

    if (number != AT_FAKE_XEN_ANY)
        return number < FAKE_HYPERCALLS ? domain->calls[number] : 0;
    for (uint32_t i = 0; i < FAKE_HYPERCALLS; i++)
        sum += domain->calls[i];
    return sum;
}

void at_fake_xen_reset_calls(struct at_fake_xen *xen)
{
    for (uint32_t i = 0; i < FAKE_DOMAINS; i++)
        memset(xen->domains[i].calls, 0, sizeof xen->domains[i].calls);
}

void at_fake_xen_serve(struct at_fake_xen *xen, unsigned long number, at_fake_xen_serve_fn fn, void *ctx)
{
    FAKE_REQUIRE(number < FAKE_HYPERCALLS, "no such hypercall");
    xen->services[number] = (struct fake_service){.fn = fn, .ctx = ctx};
}

const char *at_fake_xen_emergency_text(const struct at_fake_xen *xen)
{
    return xen->emergency;
}
