/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_XENSTORE_H
#define ATMAN_XENSTORE_XENSTORE_H

/*
 * XenStore: the small tree of text that Xen's tools and guests configure each other by, over one shared page.
 *
 * This header has the client and the calls that block; <atman/xenstore/request.h> sends many requests in one burst,
 * watch.h tells of changes, permission.h and transaction.h do what they say, xenbus.h shakes hands with a device.
 *
 * The client needs a ring page, a way to notify the other end, and a place to wait (<atman/base/wait.h>): no scheduler,
 * no heap. Any number of threads may ask at once; each reply goes straight into its caller's buffer. Blocking calls
 * come from wherever `wait` may sleep, at_xenstore_on_event() from the handler of the ring's event channel.
 *
 * A deadline is a moment of the clock of `wait` in nanoseconds, AT_NEVER for none. After AT_TIMED_OUT the request may
 * still have been carried out; its late answer is dropped.
 *
 * The other end is not trusted. A ring index, a header or a string that breaks the protocol ends the connection, never
 * the guest: every call from then on, and every one in progress, returns AT_PROTOCOL.
 *
 * Paths are absolute ("/tool") or relative to the guest's own directory ("device/vif/0"); they are checked for length
 * before anything is sent. Values are bytes. Not for bulk data: a value ends at 2 or 4 KiB, and an answer is a switch
 * to another domain and back.
 *
 * Source: <xen/io/xs_wire.h>, docs/misc/xenstore.txt and xenstore-ring.txt of Xen.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/list.h>
#include <atman/base/status.h>
#include <atman/base/wait.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xenstore_domain_interface;
struct at_xenstore_request;

/* Longest paths, in bytes without the NUL, and longest message without its header. */
#define AT_XENSTORE_ABSOLUTE_PATH_MAX 3072
#define AT_XENSTORE_RELATIVE_PATH_MAX 2048
#define AT_XENSTORE_PAYLOAD_MAX 4096

/* No transaction: the request stands for itself. */
#define AT_XENSTORE_NO_TRANSACTION 0u

struct at_xenstore_config {
    struct xenstore_domain_interface *ring; /* shared page; must outlive the client */
    void (*notify)(void *ctx);              /* tells the other end that the ring changed; must not call the client */
    void *notify_ctx;
    struct at_wait wait; /* where callers sleep; the client wakes it when an answer or a watch event came */
};

/* What the client has done and holds. The last three are 0 when nothing is left behind. */
struct at_xenstore_stats {
    uint32_t requests;     /* answered */
    uint32_t round_trips;  /* bursts: requests sent without an answer between them count once */
    uint32_t watch_events; /* received, stale ones included */
    uint32_t stale;        /* late answers and events of removed watches, dropped */
    uint32_t outstanding;  /* requests queued or without an answer, abandoned ones included */
    uint32_t watches;      /* registered */
    uint32_t transactions; /* started and neither committed nor dropped */
};

/* Transactions whose starter gave up, kept until the server was told to drop them: more than a guest may have open. */
#define AT_XENSTORE_ORPHANS_MAX 12

/* A client. Give it to at_xenstore_init(); every member is the client's. Must not move afterwards. 272 bytes. */
struct at_xenstore {
    struct {
        struct {
            uint32_t type, id, transaction, size; /* struct xsd_sockmsg */
        } header;
        uint32_t received;                   /* bytes of header and payload so far */
        uint32_t nuls;                       /* in the payload */
        struct at_xenstore_request *request; /* whose answer it is; NULL: nobody's */
        uint32_t text_size;
        char text[16]; /* a short payload, or a watch's token */
        char last;     /* byte of the payload */
    } incoming;
    bool answered;    /* an answer came since the last burst began */
    bool wake;        /* somebody who sleeps has to look */
    at_status status; /* AT_OK, or why the connection has ended */
    uint32_t request_producer;
    uint32_t reply_consumer;
    uint32_t last_id;
    uint32_t last_token;
    uint32_t abandoned; /* requests in the ring whose callers left */
    uint32_t orphan_count;
    struct at_list queued;  /* requests that are not wholly in the ring, oldest first */
    struct at_list sent;    /* requests that wait for an answer */
    struct at_list watches; /* struct at_xenstore_watch */
    struct at_xenstore_config config;
    struct at_xenstore_stats stats;
    uint32_t orphans[AT_XENSTORE_ORPHANS_MAX];
    char unknown_error[16];
};

/*
 * at_xenstore_init connects `xs` to `config->ring`, whatever its indices are; nothing is sent. What `config` points at
 * must outlive `xs`; `config` itself is copied. Indices that cannot be make it a client whose connection has ended.
 */
void at_xenstore_init(struct at_xenstore *xs, const struct at_xenstore_config *config);

/*
 * at_xenstore_close ends the connection from this side: every caller that waits gets AT_CLOSED, as does every later
 * call; watches are told once more and unlinked. The server is told nothing: remove watches before.
 */
void at_xenstore_close(struct at_xenstore *xs);

/* at_xenstore_status returns AT_OK, AT_CLOSED (by either side) or AT_PROTOCOL (the server broke it): for good. */
at_status at_xenstore_status(const struct at_xenstore *xs);

/*
 * at_xenstore_on_event takes what arrived and sends what waits for room. Call it from the handler of the ring's event
 * channel. Never blocks; moves at most one ring of bytes in each direction; calls the functions of watches that fired.
 */
void at_xenstore_on_event(struct at_xenstore *xs);

/* at_xenstore_stats copies the counters to `stats`. */
void at_xenstore_stats(const struct at_xenstore *xs, struct at_xenstore_stats *stats);

/*
 * The calls below send one request and block until it is answered. Besides what is said for each they return
 * AT_INVALID (empty path), AT_TOO_BIG (a path or message over the limits above; nothing was sent), AT_TIMED_OUT,
 * AT_DEADLOCK (from `wait`), AT_PROTOCOL or AT_CLOSED (the connection has ended), and what the server answers:
 * AT_NOT_FOUND, AT_DENIED, AT_QUOTA, AT_NO_MEMORY, AT_INVALID (bad characters in the path), AT_AGAIN (in a transaction
 * that lost), others by at_xenstore_error_status(). `transaction` is AT_XENSTORE_NO_TRANSACTION or from transaction.h.
 */

/*
 * at_xenstore_read copies the value at `path` to `value`, with a NUL behind it, and its length without the NUL to
 * `*size`. A value may hold NULs of its own: compare with strlen() where that matters.
 *
 * AT_TOO_BIG: `capacity` is less than the length plus one; `*size` says the length and `value` is unspecified.
 */
at_status at_xenstore_read(struct at_xenstore *xs, char *value, size_t capacity, size_t *size, uint32_t transaction,
                           const char *path, uint64_t deadline_ns);

/* at_xenstore_write stores `size` bytes of `value` at `path`, making the path where it does not exist. */
at_status at_xenstore_write(struct at_xenstore *xs, uint32_t transaction, const char *path, const void *value,
                            size_t size, uint64_t deadline_ns);

/* at_xenstore_mkdir makes `path`, with empty values on the way, unless it exists; what exists is left as it is. */
at_status at_xenstore_mkdir(struct at_xenstore *xs, uint32_t transaction, const char *path, uint64_t deadline_ns);

/*
 * at_xenstore_rm removes `path` and all below it. AT_OK as well when it does not exist but its parent does;
 * AT_NOT_FOUND when not even the parent exists.
 */
at_status at_xenstore_rm(struct at_xenstore *xs, uint32_t transaction, const char *path, uint64_t deadline_ns);

/*
 * at_xenstore_directory copies the names of the children of `path` to `names`, each ended by a NUL, `*size` bytes in
 * all; walk them with at_xenstore_next_name(). AT_TOO_BIG as for at_xenstore_read(), which needs one byte of room more
 * here too, and when the list is longer than a message.
 */
at_status at_xenstore_directory(struct at_xenstore *xs, char *names, size_t capacity, size_t *size,
                                uint32_t transaction, const char *path, uint64_t deadline_ns);

/* at_xenstore_next_name returns the name after `name` in `names`, the first for NULL, and NULL after the last. */
const char *at_xenstore_next_name(const char *names, size_t size, const char *name);

/*
 * at_xenstore_error_name returns XenStore's spelling of `status`, such as "ENOENT" for AT_NOT_FOUND, "OK" for AT_OK;
 * for what XenStore has no word for, errno's ("ETIMEDOUT", "EPROTO"), and "EIO" for what is no status. Constant, for
 * ever.
 */
const char *at_xenstore_error_name(at_status status);

/* at_xenstore_error_status returns the status for XenStore's error `name`, AT_IO for a name that it does not know. */
at_status at_xenstore_error_status(const char *name);

/*
 * at_xenstore_unknown_error returns the last error that the server named and at_xenstore_error_status() did not know,
 * cut at 15 characters; "" when there was none. Valid until the next such error.
 */
const char *at_xenstore_unknown_error(const struct at_xenstore *xs);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XENSTORE_XENSTORE_H */
