/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_REQUEST_H
#define ATMAN_XENSTORE_REQUEST_H

/*
 * Requests in bursts: queue as many as you like, send them in one go, wait once. Whatever does not depend on each
 * other's answers costs one round trip together.
 *
 *     struct at_xenstore_request r[] = {
 *         {.op = AT_XENSTORE_READ, .dir = backend, .path = "state", .reply = state, .capacity = sizeof(state)},
 *         {.op = AT_XENSTORE_WRITE, .path = "data/ready", .data = "1", .data_size = 1},
 *     };
 *     at_status status = at_xenstore_call(xs, r, 2, deadline_ns);
 *     if (status == AT_OK) ... each r[i].status says how that request went
 *
 * A request is the caller's memory, and all it points at as well: neither may move or change between
 * at_xenstore_submit() and the return of at_xenstore_wait(). The server carries requests out in the order in which they
 * were submitted (xenstored does; the protocol does not promise it: use a transaction where it matters).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/list.h>
#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;
struct at_xenstore_watch;
struct at_xenstore_request;

/*
 * What a request asks for; the numbers are those of the wire, and these are all that a guest may ask for. What is not
 * here (XS_CONTROL, _INTRODUCE, _RELEASE, _IS_DOMAIN_INTRODUCED, _RESUME, _SET_TARGET) is for domains that manage
 * others: xenstored answers EACCES to a guest.
 */
enum at_xenstore_op {
    AT_XENSTORE_DIRECTORY = 1,         /* reply: names, each with its NUL */
    AT_XENSTORE_READ = 2,              /* reply: the value */
    AT_XENSTORE_GET_PERMISSIONS = 3,   /* reply: texts as "r0", each with its NUL */
    AT_XENSTORE_WATCH = 4,             /* `watch` is registered on the path; no data */
    AT_XENSTORE_UNWATCH = 5,           /* `watch` is removed; path is the watch's own */
    AT_XENSTORE_TRANSACTION_START = 6, /* path ""; reply: the number as text, with its NUL */
    AT_XENSTORE_TRANSACTION_END = 7,   /* path "T" (commit) or "F" (drop) */
    AT_XENSTORE_GET_DOMAIN_PATH = 10,  /* path: a domain's number as text; reply: its directory, with its NUL */
    AT_XENSTORE_WRITE = 11,            /* data: the value */
    AT_XENSTORE_MKDIR = 12,
    AT_XENSTORE_RM = 13,
    AT_XENSTORE_SET_PERMISSIONS = 14, /* data: texts as "r0", each with its NUL */
    AT_XENSTORE_RESET_WATCHES = 21,   /* path ""; see connection.h, which also forgets them here */
    AT_XENSTORE_DIRECTORY_PART = 22,  /* data: an offset as text, with its NUL; reply: see directory.h */
};

/*
 * Called once when `request` is done; its memory is the caller's again, to submit anew if need be. Runs where ring
 * events are handled (or in a blocking call of another thread): it may submit and wake, but must not block. Not called
 * for what at_xenstore_wait() abandons.
 */
typedef void (*at_xenstore_request_fn)(struct at_xenstore_request *request);

/* A request. Zero it, set the first group, submit it; read the second when it is done. */
struct at_xenstore_request {
    /* The caller's. */
    enum at_xenstore_op op;
    uint32_t transaction;            /* AT_XENSTORE_NO_TRANSACTION, or one that is open */
    const char *dir;                 /* directory that `path` is in; NULL: `path` stands alone */
    const char *path;                /* NUL-terminated */
    const void *data;                /* what follows the path, `data_size` bytes; may be NULL when 0 */
    size_t data_size;                /* bytes */
    struct at_xenstore_watch *watch; /* for AT_XENSTORE_WATCH and _UNWATCH */
    char *reply;                     /* where the answer goes, with a NUL behind it; for reads of all kinds */
    size_t capacity;                 /* of `reply`, bytes */
    at_xenstore_request_fn done;     /* NULL: at_xenstore_wait() is enough */
    void *ctx;                       /* for `done` */

    /* The answer. */
    size_t size;      /* of the answer, without the NUL behind it, even where `capacity` was too small for it */
    at_status status; /* once done: AT_OK, AT_TOO_BIG (`capacity`), or an error as told in xenstore.h */

    /* The client's. */
    struct at_list_node node;
    uint32_t id;
    uint32_t sent; /* bytes that are in the ring */
    bool pending;
};

/*
 * at_xenstore_submit queues `count` requests. They go out together, with whatever else is queued, at the next
 * at_xenstore_wait() or at_xenstore_on_event(): several groups submitted before one wait are one burst.
 *
 * Checks all before it queues any; when one is refused, nothing is queued, and what is returned is the `status` of each
 * as well. Returns AT_OK; AT_INVALID (no path, no watch or a watch already registered, no room for a reply that the op
 * has, pending already); AT_TOO_BIG (path or message over the limits); AT_CLOSED or AT_PROTOCOL (the connection has
 * ended). Never blocks; may be called from the function of a watch.
 */
at_status at_xenstore_submit(struct at_xenstore *xs, struct at_xenstore_request *requests, size_t count);

/*
 * at_xenstore_wait sends what is queued and blocks until each of `requests` is done. Requests that were never submitted
 * count as done.
 *
 * Returns AT_OK when the server answered each, whatever it said: look at their `status`. Otherwise AT_TIMED_OUT,
 * AT_DEADLOCK, AT_CLOSED or AT_PROTOCOL, and that is the `status` of those without an answer. In every case the memory
 * of all `requests` is the caller's again. A deadline in the past takes what has come and abandons the rest.
 *
 * A request of more than 1024 bytes that is abandoned when half of it is in the ring cannot be taken back: the
 * connection has then ended with AT_CLOSED.
 */
at_status at_xenstore_wait(struct at_xenstore *xs, struct at_xenstore_request *requests, size_t count,
                           uint64_t deadline_ns);

/* at_xenstore_call is at_xenstore_submit() and, if that was AT_OK, at_xenstore_wait(). */
at_status at_xenstore_call(struct at_xenstore *xs, struct at_xenstore_request *requests, size_t count,
                           uint64_t deadline_ns);

/* at_xenstore_request_is_done returns whether `request` is answered or failed: at_xenstore_wait() would not block. */
static inline bool at_xenstore_request_is_done(const struct at_xenstore_request *request)
{
    return !request->pending;
}

/* Bytes that at_xenstore_format_u32() needs. */
#define AT_XENSTORE_U32_SIZE 11

/* at_xenstore_format_u32 writes `value` in decimal with a NUL to `text` and returns the length without the NUL. */
size_t at_xenstore_format_u32(char text[AT_XENSTORE_U32_SIZE], uint32_t value);

/*
 * at_xenstore_parse_u32 reads `size` bytes at `text`, all of which must be decimal digits, into `*value`. Returns
 * AT_OK, AT_INVALID (none, or something else than digits) or AT_RANGE (over 32 bits); `*value` is then left alone.
 */
at_status at_xenstore_parse_u32(uint32_t *value, const char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XENSTORE_REQUEST_H */
