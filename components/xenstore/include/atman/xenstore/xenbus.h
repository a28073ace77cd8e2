/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_XENBUS_H
#define ATMAN_XENSTORE_XENBUS_H

/*
 * The handshake of a frontend with its backend, for any kind of device, as one table: own state x backend's state ->
 * what to do. From nothing to Connected takes three round trips:
 *
 *     1  read `backend`, `backend-id` and the driver's keys in the device's own directory
 *        -> prepare(): the driver grants its rings to that domain, binds its event channel, fills in what to publish
 *     2  watch and read the backend's state, publish the driver's keys, and state = Connected last
 *     3  once the watch fires: read the backend's state and the driver's keys in its directory
 *        -> accept(): the driver judges them
 *
 * A driver that has to know the backend's keys before it publishes sets `keys_first` and pays one round trip more.
 *
 * The driver's tables live as long as the call; struct at_xenbus as long as the device. Everything that blocks does so
 * in the client's waiting place, up to a deadline. What the backend says is copied once and checked.
 *
 * Source: <xen/io/xenbus.h>; the order of states as Linux's backends walk it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>
#include <atman/xenstore/request.h>
#include <atman/xenstore/watch.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xenstore;

/* Device states, as written in XenStore. Unknown stands for a backend that is not there as well. */
enum at_xenbus_state {
    AT_XENBUS_UNKNOWN = 0,
    AT_XENBUS_INITIALISING = 1,
    AT_XENBUS_INIT_WAIT = 2,
    AT_XENBUS_INITIALISED = 3,
    AT_XENBUS_CONNECTED = 4,
    AT_XENBUS_CLOSING = 5,
    AT_XENBUS_CLOSED = 6,
    AT_XENBUS_RECONFIGURING = 7,
    AT_XENBUS_RECONFIGURED = 8,
};

/* at_xenbus_state_name returns the name in Xen's spelling, "InitWait"; "Unknown" for what is no state. */
const char *at_xenbus_state_name(enum at_xenbus_state state);

/*
 * A key and where its value goes to or comes from: a number (`number` set) or a text (`text` set).
 *
 *     uint32_t copy = 0;
 *     struct at_xenbus_key keys[] = {{.name = "feature-rx-copy", .number = &copy, .optional = true}};
 */
struct at_xenbus_key {
    const char *name;
    uint32_t *number; /* decimal */
    char *text;       /* read: `capacity` bytes, NUL-terminated afterwards; published: NUL-terminated */
    size_t capacity;  /* bytes of `text`, when reading */
    bool optional;    /* may be missing: the value is then left as the caller set it */

    /* The engine's. */
    at_status status; /* after reading: AT_OK, AT_NOT_FOUND, or what was wrong with it */
    struct at_xenstore_request request;
    char digits[AT_XENSTORE_U32_SIZE];
};

/* What a driver tells about its device. All of it is needed only during at_xenbus_connect(). */
struct at_xenbus_device {
    struct at_xenbus_key *own; /* read from the device's own directory, first of all */
    size_t own_count;
    struct at_xenbus_key *publish; /* written to it before state = Connected; read after prepare() */
    size_t publish_count;
    struct at_xenbus_key *backend; /* read from the backend's directory */
    size_t backend_count;
    bool keys_first; /* `backend` is read before prepare(), when the backend is at InitWait; and again when Connected */
    at_status (*prepare)(void *ctx, uint16_t backend_id); /* called once; NULL: nothing to do */
    at_status (*accept)(void *ctx);                       /* NULL: everything is right */
    void *ctx;
};

/* Longest backend path, with its NUL. */
#define AT_XENBUS_PATH_SIZE 80

/* The state of a connection. Zero it, then at_xenbus_connect(). Must not move while connected. 192 bytes. */
struct at_xenbus {
    void (*changed)(void *ctx); /* the caller's, may be NULL: something changed at the backend, call at_xenbus_poll() */
    void *changed_ctx;

    /* The engine's. */
    struct at_xenstore *xs;
    const char *dir;
    struct at_xenstore_watch watch;
    uint8_t phase;         /* row of the table */
    uint8_t backend_state; /* enum at_xenbus_state, as last read */
    bool seen;             /* the backend has been there */
    bool reset;            /* a backend left over from an earlier frontend was told to start again */
    bool prepared;         /* the driver was asked to */
    at_status keys;        /* what was wrong with the backend's keys when they were last read */
    uint16_t backend_id;
    char backend[AT_XENBUS_PATH_SIZE];
};

/*
 * at_xenbus_connect brings the device in `dir` ("device/vif/0"), which must stay valid while connected, to Connected.
 * Blocks, up to `deadline_ns`. A backend that is still connected to an earlier frontend is first told to start again.
 *
 * Returns AT_OK; otherwise nothing is watched, what was published is withdrawn by state = Closed (waiting for at most
 * AT_XENBUS_GRACE_NS more), and the driver has to take its grants back with care: the backend may have mapped them.
 *   AT_NOT_FOUND  there is no such device
 *   AT_TIMED_OUT  the backend never connected; at_xenbus_backend_state() says how far it came
 *   AT_CLOSED     the backend closed or vanished in the middle, or the connection to XenStore ended
 *   AT_PROTOCOL   the backend told nonsense: no state, a key that is no number or must be there and is not
 *   others        from prepare(), from accept(), or from the client
 */
at_status at_xenbus_connect(struct at_xenbus *bus, struct at_xenstore *xs, const char *dir,
                            const struct at_xenbus_device *device, uint64_t deadline_ns);

/* How long a failed handshake may take, beyond its deadline, to say so to the backend: 100 ms. */
#define AT_XENBUS_GRACE_NS 100000000u

/*
 * at_xenbus_poll says whether the connection still stands. Returns at once while nothing was heard from the backend;
 * else blocks for one round trip. Returns AT_OK; AT_CLOSED (the backend is closing, closed or gone: disconnect);
 * AT_PROTOCOL (it told nonsense: disconnect); or what the client returned.
 */
at_status at_xenbus_poll(struct at_xenbus *bus, uint64_t deadline_ns);

/* at_xenbus_has_news returns whether the backend was heard from since it was last looked at. Never blocks. */
static inline bool at_xenbus_has_news(const struct at_xenbus *bus)
{
    return bus->watch.pending != 0;
}

/*
 * at_xenbus_disconnect walks Closing and Closed with the backend and removes the watch. Does nothing when not
 * connected. Blocks, up to `deadline_ns`. Returns AT_OK when the backend has closed or is gone, so that it maps
 * nothing any more; AT_TIMED_OUT or others when that is not known: the device is closed on this side all the same.
 */
at_status at_xenbus_disconnect(struct at_xenbus *bus, uint64_t deadline_ns);

/*
 * at_xenbus_forget makes `bus` not connected without a word to the backend: the domain was restored, and the backend is
 * not there any more. Nothing is watched afterwards. To be called before at_xenstore_rewatch(). Never blocks.
 */
void at_xenbus_forget(struct at_xenbus *bus);

/* at_xenbus_backend_state returns the backend's state as last read. Never blocks. */
static inline enum at_xenbus_state at_xenbus_backend_state(const struct at_xenbus *bus)
{
    return (enum at_xenbus_state)bus->backend_state;
}

/* at_xenbus_backend_id returns the domain of the backend, once prepare() was called. */
static inline uint16_t at_xenbus_backend_id(const struct at_xenbus *bus)
{
    return bus->backend_id;
}

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XENSTORE_XENBUS_H */
