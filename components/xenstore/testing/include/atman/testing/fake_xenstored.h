/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_FAKE_XENSTORED_H
#define ATMAN_TESTING_FAKE_XENSTORED_H

/*
 * A xenstored inside the test's process, over the same ring page as the real one: nodes with owners and permissions,
 * transactions that conflict, watches, quotas. It does something only when it is told: at_fake_xenstored_step() takes
 * what guests have sent and answers it, so it can be a peer of the fake Xen or run while a client sleeps.
 *
 * It can be told to misbehave. dom0's own hand in the tree are the at_fake_xenstored_write()... functions.
 *
 * Models Xen 4.17's C xenstored: replies in the order of the requests; events of a change before the reply to it, but a
 * watch's first event after; an event that waits to be sent is not doubled; transactions lose when a node that they saw
 * was changed. Host only; allocates; not for concurrent use.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>
#include <atman/base/wait.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xenstore_domain_interface;
struct at_fake_xenstored;

/* Limits for guests (not for dom0), defaults as in Xen 4.17. 0 means the default. */
struct at_fake_xenstored_quota {
    uint32_t nodes;        /* owned by a guest: 1000; AT_QUOTA to the guest */
    uint32_t watches;      /* 128; AT_TOO_BIG (E2BIG) to the guest */
    uint32_t transactions; /* open at once: 10 */
    uint32_t value;        /* bytes of a value, with the names of the node's children: 2048 */
    uint32_t permissions;  /* entries of a node: 5 */
};

/* at_fake_xenstored_new makes a server with the roots that dom0's tools make. NULL `quota`: the defaults. */
struct at_fake_xenstored *at_fake_xenstored_new(const struct at_fake_xenstored_quota *quota);

/* at_fake_xenstored_free ends it; connections are forgotten, their ring pages left as they are. */
void at_fake_xenstored_free(struct at_fake_xenstored *server);

/*
 * at_fake_xenstored_connect introduces guest `domid` with its `ring` and makes /local/domain/<domid> and, in it, what
 * the toolstack makes for a guest: `data`, `device` and `control/shutdown`, which it owns, and `name`, `domid`, which
 * it may read. `notify` (may be NULL) is called when the server changed the ring: the guest's event. Called again for
 * the same guest it is a new connection, as after a restore: requests, transactions and watches of the old are gone.
 */
void at_fake_xenstored_connect(struct at_fake_xenstored *server, uint16_t domid, struct xenstore_domain_interface *ring,
                               void (*notify)(void *ctx), void *notify_ctx);

/*
 * at_fake_xenstored_step takes and answers what is there, for every guest. Returns how many bytes it moved; 0 when
 * there is nothing that it can do.
 */
size_t at_fake_xenstored_step(struct at_fake_xenstored *server);

/*
 * at_fake_xenstored_write, _remove and _permit are dom0's hand: absolute paths, no permissions or quotas, watches fire.
 * They return what a guest would get.
 */
at_status at_fake_xenstored_write(struct at_fake_xenstored *server, const char *path, const char *value);
at_status at_fake_xenstored_remove(struct at_fake_xenstored *server, const char *path);
at_status at_fake_xenstored_permit(struct at_fake_xenstored *server, const char *path, const char *list); /* "n0 r5" */

/* at_fake_xenstored_value returns the value at `path`, NULL when there is no such node. Valid until the next change. */
const char *at_fake_xenstored_value(struct at_fake_xenstored *server, const char *path);

/*
 * at_fake_xenstored_on_change calls `fn` for every committed change at or below `prefix`, by whoever made it: a backend
 * in dom0 that watches its frontend. `fn` may use dom0's hand. The list is kept until the server is freed.
 */
void at_fake_xenstored_on_change(struct at_fake_xenstored *server, const char *prefix,
                                 void (*fn)(void *ctx, const char *path), void *ctx);

/* What a server can do wrong. Each counts messages that go out to guests, from the next one, which is 0. */
enum at_fake_xenstored_fault {
    AT_FAKE_XENSTORED_NONE,
    AT_FAKE_XENSTORED_WRONG_ID,          /* answers a request that nobody made */
    AT_FAKE_XENSTORED_WRONG_TRANSACTION, /* with another transaction's number */
    AT_FAKE_XENSTORED_WRONG_TYPE,        /* with the type of another request */
    AT_FAKE_XENSTORED_UNKNOWN_TYPE,      /* with a type that does not exist */
    AT_FAKE_XENSTORED_TOO_LONG,          /* a header that announces 4097 bytes */
    AT_FAKE_XENSTORED_HUGE,              /* a header that announces 0xffffffff bytes */
    AT_FAKE_XENSTORED_UNTERMINATED,      /* the payload's last byte, a NUL, is missing */
    AT_FAKE_XENSTORED_EMPTY,             /* the payload is missing */
    AT_FAKE_XENSTORED_EXTRA_NUL,         /* a NUL in front of the payload */
    AT_FAKE_XENSTORED_GARBAGE,           /* the payload is 0xff bytes */
    AT_FAKE_XENSTORED_TWICE,             /* the same message two times */
    AT_FAKE_XENSTORED_LOST,              /* the message is not sent */
    AT_FAKE_XENSTORED_SILENT,            /* this and every later message is not sent, and nothing is read any more */
    AT_FAKE_XENSTORED_PRODUCER_LIES,     /* the reply producer jumps 1025 bytes beyond the consumer */
    AT_FAKE_XENSTORED_CONSUMER_LIES,     /* the request consumer jumps beyond the producer */
    AT_FAKE_XENSTORED_ERROR_INDICATOR,   /* the ring's error field says that the server has closed it */
};

/* at_fake_xenstored_misbehave does `fault` at message number `nth` from now (0: the next). */
void at_fake_xenstored_misbehave(struct at_fake_xenstored *server, enum at_fake_xenstored_fault fault, uint32_t nth);

/* at_fake_xenstored_fail answers request number `nth` from now (0: the next) with error `name` and does not do it. */
void at_fake_xenstored_fail(struct at_fake_xenstored *server, uint32_t nth, const char *name);

/*
 * at_fake_xenstored_fail_from answers so request number `nth` from now and every later one, until one of these two is
 * called again. The end of a transaction and of a watch are left out: a server that is out of everything can still take
 * something back.
 */
void at_fake_xenstored_fail_from(struct at_fake_xenstored *server, uint32_t nth, const char *name);

/* at_fake_xenstored_dribble limits each step to `bytes` in each direction; 0: no limit. */
void at_fake_xenstored_dribble(struct at_fake_xenstored *server, uint32_t bytes);

/* at_fake_xenstored_offer_reconnection lets the guests that are connected begin anew, as oxenstored does. */
void at_fake_xenstored_offer_reconnection(struct at_fake_xenstored *server);

/*
 * at_fake_xenstored_restart is a server that was started again: the tree is there, what guests had asked for is not,
 * and a guest is not listened to before it connects anew.
 */
void at_fake_xenstored_restart(struct at_fake_xenstored *server);

/* at_fake_xenstored_event sends a watch event with these very bytes to guest `domid`: true or invented. */
void at_fake_xenstored_event(struct at_fake_xenstored *server, uint16_t domid, const void *payload, size_t size);

/* What guest `domid` holds at the server, and what it has asked. All 0 for one that is not connected. */
struct at_fake_xenstored_held {
    uint32_t watches;
    uint32_t transactions;
    uint32_t nodes; /* owned by it */
    uint32_t requests;
};
void at_fake_xenstored_held(const struct at_fake_xenstored *server, uint16_t domid,
                            struct at_fake_xenstored_held *held);

/*
 * A waiting place for clients of one server in virtual time. Sleeping runs `on_sleep`, then the server; when neither
 * did anything it moves time to the deadline. It calls `on_event` after the server has moved bytes.
 */
struct at_fake_xenstored_clock {
    struct at_fake_xenstored *server;
    void (*on_event)(void *ctx); /* the event's handler: at_xenstore_on_event(); may be NULL */
    void *event_ctx;
    bool (*on_sleep)(void *ctx); /* what other threads do meanwhile; returns whether it did something; may be NULL */
    void *sleep_ctx;
    uint64_t now_ns;
    uint64_t sleeps;
    uint64_t wakes;
    bool woken;
    bool strict; /* set: nothing but a call of wake() ends a sleep before its time, as in a thread's wait queue */
};

/* at_fake_xenstored_wait returns the waiting place that `clock` is. */
struct at_wait at_fake_xenstored_wait(struct at_fake_xenstored_clock *clock);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_FAKE_XENSTORED_H */
