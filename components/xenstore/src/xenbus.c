/* SPDX-License-Identifier: ISC */
/* The handshake: a table of what to do, and the bursts that do it. */

#include <string.h>

#include <atman/xenstore/xenbus.h>
#include <atman/xenstore/xenstore.h>

/* Domain ids from here on are no domains (DOMID_FIRST_RESERVED of <xen/xen.h>). */
#define DOMID_END 0x7ff0u

/* An event that the server found to be there already is not sent: so now and then look without one. */
#define LOOK_AGAIN_NS 500000000u

static const char state_key[] = "state";

/* Where this side is; a row of the table. */
enum phase {
    ABSENT,    /* not connected, nothing is watched */
    START,     /* the backend is watched, nothing is published */
    PUBLISHED, /* everything is, with state = Connected */
    CONNECTED, /* on both sides */
    CLOSING,
    CLOSED,
    PHASE_COUNT
};

enum action {
    WAIT,    /* for a change, then look */
    PUBLISH, /* the driver's keys, and state = Connected */
    RESET,   /* a backend that is still bound to somebody else: state = Initialising, so that it starts again */
    ACCEPT,  /* the backend is connected: let the driver judge it */
    LEAVE,   /* state = Closed */
    LOST,    /* the backend has gone */
    DONE     /* where we wanted to be */
};

static const uint8_t actions[PHASE_COUNT][AT_XENBUS_RECONFIGURED + 1] = {
    /*            Unknown Initialising InitWait Initialised Connected Closing Closed Reconfiguring Reconfigured */
    [ABSENT] = {DONE, DONE, DONE, DONE, DONE, DONE, DONE, DONE, DONE},
    [START] = {WAIT, WAIT, PUBLISH, PUBLISH, RESET, RESET, RESET, WAIT, WAIT},
    [PUBLISHED] = {WAIT, WAIT, WAIT, WAIT, ACCEPT, LOST, LOST, WAIT, WAIT},
    [CONNECTED] = {LOST, LOST, LOST, LOST, DONE, LOST, LOST, DONE, DONE},
    [CLOSING] = {LEAVE, LEAVE, LEAVE, LEAVE, WAIT, LEAVE, LEAVE, WAIT, WAIT},
    [CLOSED] = {DONE, DONE, DONE, DONE, WAIT, WAIT, DONE, WAIT, WAIT},
};

/* What a burst is made of, in the order in which the server carries it out. */
enum {
    REGISTER = 1 << 0,   /* the watch on the backend's state */
    UNREGISTER = 1 << 1, /* or its end */
    LOOK = 1 << 2,       /* read the backend's state */
    KEYS = 1 << 3,       /* and the driver's keys beside it */
    ANNOUNCE = 1 << 4,   /* write the driver's keys */
    TELL = 1 << 5,       /* write our state */
};

/* For bursts that are only about states. */
static const struct at_xenbus_device no_keys;

/* Keys that are asked for or told together. */
struct group {
    enum at_xenstore_op op;
    const char *dir;
    struct at_xenbus_key *keys;
    size_t count;
};

/* A request that cannot even be queued has that as its status, which is looked at with the others. */
static void ask(struct at_xenbus *bus, const struct group *group)
{
    for (struct at_xenbus_key *key = group->keys; key < group->keys + group->count; key++) {
        struct at_xenstore_request *r = &key->request;

        memset(r, 0, sizeof(*r));
        r->op = group->op;
        r->dir = group->dir;
        r->path = key->name;
        r->reply = key->text;
        r->capacity = key->capacity;
        if (key->number != NULL) {
            r->reply = key->digits;
            r->capacity = sizeof(key->digits);
        }
        if (group->op == AT_XENSTORE_WRITE) {
            if (key->number != NULL)
                at_xenstore_format_u32(key->digits, *key->number);
            r->data = r->reply;
            r->data_size = strlen(r->reply);
        }
        (void)at_xenstore_submit(bus->xs, r, 1);
    }
}

/* Stores the value of a key that was read. Only one that may be missing may be missing. */
static at_status judge(struct at_xenbus_key *key)
{
    const struct at_xenstore_request *r = &key->request;
    at_status status = r->status;

    if (r->op == AT_XENSTORE_READ && status == AT_OK) {
        if (key->number != NULL)
            status = at_xenstore_parse_u32(key->number, key->digits, r->size);
        else if (strlen(key->text) != r->size)
            status = AT_INVALID;
    }
    key->status = status;
    if (r->op == AT_XENSTORE_WRITE)
        return status;
    switch (status) {
    case AT_NOT_FOUND:
    case AT_DENIED: /* when all of a directory is gone, not even that is the guest's to know */
        return key->optional ? AT_OK : AT_PROTOCOL;
    case AT_INVALID:
    case AT_RANGE:
    case AT_TOO_BIG: return AT_PROTOCOL;
    default: return status;
    }
}

/* Waits for a group. Its memory is ours again whatever is returned, which is the first thing that is wrong. */
static at_status await(struct at_xenbus *bus, const struct group *group, uint64_t deadline_ns)
{
    at_status result = AT_OK;

    for (struct at_xenbus_key *key = group->keys; key < group->keys + group->count; key++) {
        (void)at_xenstore_wait(bus->xs, &key->request, 1, deadline_ns);
        at_status status = judge(key);
        if (result == AT_OK)
            result = status;
    }
    return result;
}

static at_status burst(struct at_xenbus *bus, const struct at_xenbus_device *device, unsigned what,
                       enum at_xenbus_state own, uint64_t deadline_ns)
{
    uint32_t state = AT_XENBUS_UNKNOWN, own_state = own;
    struct at_xenbus_key look = {.name = state_key, .number = &state, .optional = true};
    struct at_xenbus_key tell = {.name = state_key, .number = &own_state};
    struct at_xenstore_request watch = {.op = what & REGISTER ? AT_XENSTORE_WATCH : AT_XENSTORE_UNWATCH,
                                        .dir = bus->backend,
                                        .path = state_key,
                                        .watch = &bus->watch};
    enum { LOOKED, READ, WRITTEN, TOLD, GROUPS };
    const struct group groups[GROUPS] = {
        {AT_XENSTORE_READ, bus->backend, &look, what & LOOK ? 1 : 0},
        {AT_XENSTORE_READ, bus->backend, device->backend, what & KEYS ? device->backend_count : 0},
        {AT_XENSTORE_WRITE, bus->dir, device->publish, what & ANNOUNCE ? device->publish_count : 0},
        {AT_XENSTORE_WRITE, bus->dir, &tell, what & TELL ? 1 : 0},
    };
    at_status result;

    if (what & (REGISTER | UNREGISTER))
        (void)at_xenstore_submit(bus->xs, &watch, 1);
    for (int i = 0; i < GROUPS; i++)
        ask(bus, &groups[i]);
    (void)at_xenstore_wait(bus->xs, &watch, 1, deadline_ns);
    result = watch.status;
    for (int i = 0; i < GROUPS; i++) {
        at_status status = await(bus, &groups[i], deadline_ns);

        if (i == READ && groups[i].count != 0)
            bus->keys = status; /* it counts when the backend has come far enough to have written them all */
        else if (result == AT_OK)
            result = status;
    }
    if (!(what & LOOK) || result != AT_OK)
        return result;
    if (state > AT_XENBUS_RECONFIGURED)
        return AT_PROTOCOL;
    if (look.status == AT_OK)
        bus->seen = true;
    else if (bus->seen)
        state = AT_XENBUS_CLOSED; /* it was there, and is no more */
    bus->backend_state = (uint8_t)state;
    return AT_OK;
}

/* Sleeps until the backend's state may have changed, and looks. */
static at_status wait_and_look(struct at_xenbus *bus, const struct at_xenbus_device *device, uint64_t deadline_ns)
{
    uint64_t now_ns = at_wait_now(bus->xs->config.wait);
    at_status status;

    if (now_ns >= deadline_ns)
        return AT_TIMED_OUT; /* whatever happens meanwhile: a state that changes all the time is no progress */
    if (deadline_ns - now_ns <= LOOK_AGAIN_NS) {
        status = at_xenstore_watch_wait(bus->xs, &bus->watch, deadline_ns);
    } else {
        status = at_xenstore_watch_wait(bus->xs, &bus->watch, now_ns + LOOK_AGAIN_NS);
        if (status == AT_TIMED_OUT)
            status = AT_OK;
    }
    return status == AT_OK ? burst(bus, device, LOOK | KEYS, 0, deadline_ns) : status;
}

/* The driver gets its rings ready, once. */
static at_status prepare(struct at_xenbus *bus, const struct at_xenbus_device *device)
{
    if (bus->prepared)
        return AT_OK;
    bus->prepared = true;
    return device->prepare != NULL ? device->prepare(device->ctx, bus->backend_id) : AT_OK;
}

static at_status publish(struct at_xenbus *bus, const struct at_xenbus_device *device, uint64_t deadline_ns)
{
    at_status status = bus->keys != AT_OK ? bus->keys : prepare(bus, device);

    if (status == AT_OK) {
        bus->phase = PUBLISHED;
        status = burst(bus, device, ANNOUNCE | TELL, AT_XENBUS_CONNECTED, deadline_ns);
    }
    return status == AT_OK ? wait_and_look(bus, device, deadline_ns) : status;
}

static at_status accept_backend(struct at_xenbus *bus, const struct at_xenbus_device *device)
{
    bus->phase = CONNECTED;
    if (bus->keys != AT_OK)
        return bus->keys;
    return device->accept != NULL ? device->accept(device->ctx) : AT_OK;
}

/* Does what the table says until there is nothing left to do. */
static at_status run(struct at_xenbus *bus, const struct at_xenbus_device *device, uint64_t deadline_ns)
{
    for (;;) {
        at_status status = AT_OK;

        switch ((enum action)actions[bus->phase][bus->backend_state]) {
        case PUBLISH: status = publish(bus, device, deadline_ns); break;
        case RESET:
            if (!bus->reset)
                status = burst(bus, device, TELL, AT_XENBUS_INITIALISING, deadline_ns);
            bus->reset = true;
            if (status == AT_OK)
                status = wait_and_look(bus, device, deadline_ns);
            break;
        case WAIT: status = wait_and_look(bus, device, deadline_ns); break;
        case ACCEPT: status = accept_backend(bus, device); break;
        case LEAVE:
            bus->phase = CLOSED;
            status = burst(bus, device, TELL | LOOK, AT_XENBUS_CLOSED, deadline_ns);
            break;
        case LOST: return AT_CLOSED;
        case DONE: return AT_OK;
        }
        if (status != AT_OK)
            return status;
    }
}

/* First of all: who and where the backend is, and what the driver wants to know of its own directory. */
static at_status find_backend(struct at_xenbus *bus, const struct at_xenbus_device *device, uint64_t deadline_ns)
{
    uint32_t id = DOMID_END;
    struct at_xenbus_key keys[] = {
        {.name = "backend", .text = bus->backend, .capacity = sizeof(bus->backend)},
        {.name = "backend-id", .number = &id},
    };
    const struct group where = {AT_XENSTORE_READ, bus->dir, keys, 2};
    const struct group drivers = {AT_XENSTORE_READ, bus->dir, device->own, device->own_count};

    ask(bus, &where);
    ask(bus, &drivers);
    at_status status = await(bus, &where, deadline_ns);
    at_status own = await(bus, &drivers, deadline_ns);
    if (keys[0].status == AT_NOT_FOUND || keys[0].status == AT_DENIED)
        return AT_NOT_FOUND;
    if (status == AT_OK && (id >= DOMID_END || bus->backend[0] != '/'))
        return AT_PROTOCOL;
    bus->backend_id = (uint16_t)id;
    return status == AT_OK ? own : status;
}

/* The first look at the backend, which for most drivers says everything there is to say already. */
static at_status first_look(struct at_xenbus *bus, const struct at_xenbus_device *device, uint64_t deadline_ns)
{
    at_status status = device->keys_first ? AT_OK : prepare(bus, device);

    if (status != AT_OK)
        return status;
    bus->phase = START;
    status = burst(bus, device, REGISTER | LOOK | (device->keys_first ? KEYS : ANNOUNCE | TELL), AT_XENBUS_CONNECTED,
                   deadline_ns);
    /* The state was read after the watch was registered: the event that every watch begins with tells nothing. */
    if (bus->watch.pending != 0)
        bus->watch.pending--;
    if (status == AT_OK && !device->keys_first && actions[START][bus->backend_state] != RESET)
        bus->phase = PUBLISHED;
    return status;
}

static void tell_driver(struct at_xenstore_watch *watch)
{
    struct at_xenbus *bus = AT_CONTAINER_OF(watch, struct at_xenbus, watch);

    if (bus->changed != NULL)
        bus->changed(bus->changed_ctx);
}

at_status at_xenbus_connect(struct at_xenbus *bus, struct at_xenstore *xs, const char *dir,
                            const struct at_xenbus_device *device, uint64_t deadline_ns)
{
    *bus = (struct at_xenbus){.changed = bus->changed, .changed_ctx = bus->changed_ctx, .xs = xs, .dir = dir};
    bus->watch.fn = tell_driver;

    at_status status = find_backend(bus, device, deadline_ns);
    if (status == AT_OK)
        status = first_look(bus, device, deadline_ns);
    if (status == AT_OK)
        status = run(bus, device, deadline_ns);
    if (status != AT_OK && bus->phase != ABSENT) {
        bus->phase = ABSENT;
        (void)burst(bus, device, TELL | UNREGISTER, AT_XENBUS_CLOSED,
                    at_wait_now(xs->config.wait) + AT_XENBUS_GRACE_NS);
    }
    return status;
}

at_status at_xenbus_poll(struct at_xenbus *bus, uint64_t deadline_ns)
{
    at_status status;

    if (bus->phase != CONNECTED)
        return AT_CLOSED;
    if (at_xenstore_watch_take(&bus->watch) == 0)
        return at_xenstore_status(bus->xs);
    status = burst(bus, &no_keys, LOOK, 0, deadline_ns);
    if (status != AT_OK) {
        bus->watch.pending = 1; /* what was heard has still to be looked at */
        return status;
    }
    return actions[CONNECTED][bus->backend_state] == DONE ? AT_OK : AT_CLOSED;
}

at_status at_xenbus_disconnect(struct at_xenbus *bus, uint64_t deadline_ns)
{
    at_status status;

    if (bus->phase == ABSENT)
        return AT_OK;
    bus->phase = CLOSING;
    status = burst(bus, &no_keys, TELL | LOOK, AT_XENBUS_CLOSING, deadline_ns);
    if (status == AT_OK)
        status = run(bus, &no_keys, deadline_ns);
    (void)burst(bus, &no_keys, bus->phase == CLOSED ? UNREGISTER : UNREGISTER | TELL, AT_XENBUS_CLOSED,
                at_wait_now(bus->xs->config.wait) + AT_XENBUS_GRACE_NS);
    bus->phase = ABSENT;
    return status;
}

void at_xenbus_forget(struct at_xenbus *bus)
{
    if (at_list_is_linked(&bus->watch.node))
        at_list_remove(&bus->watch.node);
    bus->watch.pending = 0;
    bus->phase = ABSENT;
}
