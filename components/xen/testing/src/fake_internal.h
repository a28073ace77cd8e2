/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_FAKE_XEN_INTERNAL_H
#define ATMAN_FAKE_XEN_INTERNAL_H

/* What the files of the fake Xen share. */

#include <atman/testing/fake_xen.h>

#include <atman/xen/grant.h>
#include <atman/xen/grant_v2.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/vcpu.h>

#define FAKE_PAGE ((size_t)4096)
#define FAKE_DOMAINS 8u
#define FAKE_STEPS 16u
#define FAKE_HYPERCALLS 64u
#define FAKE_VIRQS 24u
#define FAKE_FIRST_FRAME 0x10000u /* so that a frame number is nobody's index */

/* Owners of a page that are no domain. */
#define FAKE_NOBODY DOMID_INVALID
#define FAKE_XEN DOMID_XEN

enum fake_port_state { FAKE_PORT_FREE, FAKE_PORT_UNBOUND, FAKE_PORT_INTERDOMAIN, FAKE_PORT_VIRQ };

struct fake_port {
    enum fake_port_state state;
    at_xen_domid remote;
    at_xen_port remote_port;
    uint32_t virq;
};

/* How many mappings of, and copies from or to, a grant there are. */
struct fake_pins {
    uint32_t readers;
    uint32_t writers;
};

struct fake_fifo;

struct fake_domain {
    bool exists;
    at_xen_domid id;
    shared_info_t *shared;
    struct fake_port *ports;
    grant_entry_v1_t *grants; /* the whole of what the table may grow to */
    struct fake_pins *pins;
    uint32_t grant_frames;
    uint32_t grant_version;
    grant_status_t *grant_states; /* of version 2; NULL until it was asked for */
    struct fake_fifo *fifo;       /* NULL: two-level */
    uint32_t pages;
    uint32_t page_limit; /* 0: none */
    struct vcpu_runstate_info runstate;
    struct vcpu_runstate_info *runstate_area; /* the guest's copy, or NULL */
    bool raised;                              /* a pending bit went from 0 to 1 since the domain began to block */
    int shutdown_reason;
    uint32_t calls[FAKE_HYPERCALLS];
};

struct fake_mapping {
    bool used;
    bool readonly;
    at_xen_domid mapper;
    at_xen_domid granter;
    at_xen_grant_ref ref;
    uint64_t frame;
    uint64_t va; /* where a hypercall asked for it; 0 for at_fake_xen_grant_map() */
};

struct fake_step {
    at_xen_domid domid;
    at_fake_xen_step_fn fn;
    void *ctx;
};

struct fake_service {
    at_fake_xen_serve_fn fn;
    void *ctx;
};

/* The order to fail hypercalls. */
struct fake_order {
    bool stands;
    bool on;
    at_xen_domid domid;
    unsigned long number;
    uint32_t nth;
    int error;
    uint32_t struck;
};

struct at_fake_xen {
    struct at_fake_xen_config config;
    int memory_fd; /* machine memory is a file, so that one page can be mapped at several addresses */
    uint8_t *memory;
    at_xen_domid *owners;
    uint64_t now_ns;
    uint64_t wall_seconds; /* the wall clock's time at system time 0 */
    uint32_t wall_ns;
    struct fake_domain domains[FAKE_DOMAINS];
    struct fake_step steps[FAKE_STEPS];
    uint32_t step_count;
    bool stepping;
    at_fake_xen_pace_fn pace;
    void *pace_ctx;
    struct fake_mapping *mappings;
    uint32_t mapping_count;
    struct fake_service services[FAKE_HYPERCALLS];
    struct fake_order order;
    char emergency[4096];
    size_t emergency_size;
};

/* Who calls: at_fake_xen_enter(). */
struct fake_current {
    struct at_fake_xen *xen;
    struct fake_domain *domain;
};
extern struct fake_current at_fake_xen_current_;

#define FAKE_REQUIRE(condition, reason) ((condition) ? (void)0 : at_panic("fake Xen: " reason))

/* The domain, or NULL. DOMID_SELF is `self`, if that is not NULL. */
struct fake_domain *at_fake_xen_find_(struct at_fake_xen *xen, at_xen_domid domid, struct fake_domain *self);

/* The domain; panics if there is none. */
struct fake_domain *at_fake_xen_domain_(const struct at_fake_xen *xen, at_xen_domid domid);

/* `count` adjacent pages for `owner`, zeroed. */
void *at_fake_xen_pages_(struct at_fake_xen *xen, at_xen_domid owner, uint32_t count);

/* The owner of a frame; FAKE_NOBODY if there is no such frame. */
at_xen_domid at_fake_xen_owner_(const struct at_fake_xen *xen, uint64_t frame);

/* Sets a port's pending bit as Xen does. */
void at_fake_xen_raise_(struct fake_domain *domain, at_xen_port port);

/* A port's pending bit, wherever it is. */
bool at_fake_xen_is_pending_(const struct fake_domain *domain, at_xen_port port);

/* In FIFO mode, of which only fake_fifo.c knows the inside: a port's event word; EVTCHNOP_*; its end. */
void at_fake_xen_fifo_raise_(struct fake_domain *domain, at_xen_port port);
bool at_fake_xen_fifo_is_pending_(const struct fake_domain *domain, at_xen_port port);
void at_fake_xen_fifo_clear_(struct fake_domain *domain, at_xen_port port);
long at_fake_xen_fifo_init_(struct at_fake_xen *xen, struct fake_domain *domain, struct evtchn_init_control *op);
long at_fake_xen_fifo_expand_(struct at_fake_xen *xen, struct fake_domain *domain,
                              const struct evtchn_expand_array *op);
long at_fake_xen_fifo_priority_(struct fake_domain *domain, const struct evtchn_set_priority *op);
void at_fake_xen_fifo_free_(struct fake_domain *domain);

/* Begins and ends a copy of `size` bytes at `offset` of a granted page, which is then at `*at`. GNTST_*. */
int at_fake_xen_copy_begin_(struct at_fake_xen *xen, uint8_t **at, at_xen_domid peer, at_xen_domid granter_id,
                            at_xen_grant_ref ref, uint32_t offset, uint32_t size, bool readonly);
void at_fake_xen_copy_end_(struct at_fake_xen *xen, at_xen_domid granter, at_xen_grant_ref ref, bool readonly);

/* The domain's vcpu is in RUNSTATE_* `state` from now on. */
void at_fake_xen_set_runstate_(struct at_fake_xen *xen, struct fake_domain *domain, int state);

/* The families of hypercalls, for `domain`; their results. */
long at_fake_xen_event_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command, void *argument);
long at_fake_xen_grant_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command, void *arguments,
                           unsigned long count);
long at_fake_xen_grant_table_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command,
                                 void *arguments, unsigned long count);
long at_fake_xen_vcpu_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command,
                          unsigned long vcpu, void *argument);
long at_fake_xen_memory_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command, void *argument);
long at_fake_xen_sched_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command, void *argument);

#endif /* ATMAN_FAKE_XEN_INTERNAL_H */
