/* SPDX-License-Identifier: ISC */
/* The handshake: a table of what to do, and the bursts that do it. */

#include <string.h>

#include <atman/xenstore/xenbus.h>
#include <atman/xenstore/xenstore.h>

/* Domain ids from here on are no domains (DOMID_FIRST_RESERVED of <xen/xen.h>). */
#define DOMID_END 0x7ff0u

/* An event that the server found to be there already is not sent: so now and then look without one. */
#define LOOK_AGAIN_NS 500000000u

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

/* Requests that cannot even be queued have that as their status: it is looked at with the others, in judge_*(). */
static void read_keys(struct at_xenbus *bus, const char *dir, struct at_xenbus_key *keys, size_t count)
{
    for (struct at_xenbus_key *key = keys; key < keys + count; key++) {
        bool number = key->number != NULL;

        key->request = (struct at_xenstore_request){.op = AT_XENSTORE_READ,
                                                    .dir = dir,
                                                    .path = key->name,
                                                    .reply = number ? key->digits : key->text,
                                                    .capacity = number ? sizeof(key->digits) : key->capacity};
        (void)at_xenstore_submit(bus->xs, &key->request, 1);
    }
}

static void write_keys(struct at_xenbus *bus, struct at_xenbus_key *keys, size_t count)
{
    for (struct at_xenbus_key *key = keys; key < keys + count; key++) {
        const char *text = key->text;

        if (key->number != NULL) {
            at_xenstore_format_u32(key->digits, *key->number);
            text = key->digits;
        }
        key->request = (struct at_xenstore_request){
            .op = AT_XENSTORE_WRITE, .dir = bus->dir, .path = key->name, .data = text, .data_size = strlen(text)};
        (void)at_xenstore_submit(bus->xs, &key->request, 1);
    }
}

/* Stores the value of a key that was read. Only one that may be missing may be missing. */
static at_status judge_key(struct at_xenbus_key *key)
{
    const struct at_xenstore_request *request = &key->request;
    at_status status = request->status;

    if (status == AT_OK && request->op == AT_XENSTORE_READ) {
        if (key->number != NULL)
            status = at_xenstore_parse_u32(key->number, key->digits, request->size);
        else if (strlen(key->text) != request->size)
            status = AT_INVALID;
    }
    key->status = status;
    if (request->op == AT_XENSTORE_READ) {
        if (status == AT_NOT_FOUND && key->optional)
            return AT_OK;
        if (status == AT_NOT_FOUND || status == AT_INVALID || status == AT_RANGE || status == AT_TOO_BIG)
            return AT_PROTOCOL;
    }
    return status;
}

/* Waits for the answers to `keys`: their memory is ours again whatever is returned, which is the first thing wrong. */
static at_status wait_keys(struct at_xenbus *bus, struct at_xenbus_key *keys, size_t count, uint64_t deadline_ns)
{
    at_status result = AT_OK;

    for (struct at_xenbus_key *key = keys; key < keys + count; key++) {
        (void)at_xenstore_wait(bus->xs, &key->request, 1, deadline_ns);
        at_status status = judge_key(key);
        if (result == AT_OK)
            result = status;
    }
    return result;
}

/* Takes over what was read as the backend's state. */
static at_status judge_state(struct at_xenbus *bus, const struct at_xenstore_request *look)
{
    uint32_t state = AT_XENBUS_UNKNOWN;
    at_status status = look->status;

    /* When the toolstack has removed all of it, not even its absence is the guest's to see. */
    if (status == AT_NOT_FOUND || status == AT_DENIED) {
        bus->backend_state = bus->seen ? AT_XENBUS_CLOSED : AT_XENBUS_UNKNOWN;
        return AT_OK;
    }
    if (status == AT_OK)
        status = at_xenstore_parse_u32(&state, look->reply, look->size);
    if (status == AT_INVALID || status == AT_RANGE || status == AT_TOO_BIG || state > AT_XENBUS_RECONFIGURED)
        return AT_PROTOCOL;
    if (status == AT_OK) {
        bus->backend_state = (uint8_t)state;
        bus->seen = true;
    }
    return status;
}

static at_status burst(struct at_xenbus *bus, const struct at_xenbus_device *device, unsigned what,
                       enum at_xenbus_state state, uint64_t deadline_ns)
{
    char own = (char)('0' + state);
    char digits[AT_XENSTORE_U32_SIZE];
    struct at_xenstore_request watch = {.op = what & REGISTER ? AT_XENSTORE_WATCH : AT_XENSTORE_UNWATCH,
                                        .dir = bus->backend,
                                        .path = "state",
                                        .watch = &bus->watch};
    struct at_xenstore_request look = {
        .op = AT_XENSTORE_READ, .dir = bus->backend, .path = "state", .reply = digits, .capacity = sizeof(digits)};
    struct at_xenstore_request tell = {
        .op = AT_XENSTORE_WRITE, .dir = bus->dir, .path = "state", .data = &own, .data_size = 1};
    size_t reads = what & KEYS ? device->backend_count : 0;
    size_t writes = what & ANNOUNCE ? device->publish_count : 0;
    at_status result, status;

    if (what & (REGISTER | UNREGISTER))
        (void)at_xenstore_submit(bus->xs, &watch, 1);
    if (what & LOOK)
        (void)at_xenstore_submit(bus->xs, &look, 1);
    if (reads != 0)
        read_keys(bus, bus->backend, device->backend, reads);
    if (writes != 0)
        write_keys(bus, device->publish, writes);
    if (what & TELL)
        (void)at_xenstore_submit(bus->xs, &tell, 1);

    (void)at_xenstore_wait(bus->xs, &watch, 1, deadline_ns);
    (void)at_xenstore_wait(bus->xs, &look, 1, deadline_ns);
    (void)at_xenstore_wait(bus->xs, &tell, 1, deadline_ns);
    result = watch.status;
    if ((what & LOOK) && (status = judge_state(bus, &look)) != AT_OK && result == AT_OK)
        result = status;
    if (reads != 0) /* judged when the backend has come far enough to have written them all */
        bus->keys = wait_keys(bus, device->backend, reads, deadline_ns);
    status = writes != 0 ? wait_keys(bus, device->publish, writes, deadline_ns) : AT_OK;
    if (result == AT_OK)
        result = status;
    return result == AT_OK ? tell.status : result;
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

static at_status accept(struct at_xenbus *bus, const struct at_xenbus_device *device)
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
        case PUBLISH:
            status = publish(bus, device, deadline_ns);
            break;
        case RESET:
            if (!bus->reset)
                status = burst(bus, device, TELL, AT_XENBUS_INITIALISING, deadline_ns);
            bus->reset = true;
            if (status == AT_OK)
                status = wait_and_look(bus, device, deadline_ns);
            break;
        case WAIT:
            status = wait_and_look(bus, device, deadline_ns);
            break;
        case ACCEPT:
            status = accept(bus, device);
            break;
        case LEAVE:
            bus->phase = CLOSED;
            status = burst(bus, device, TELL | LOOK, AT_XENBUS_CLOSED, deadline_ns);
            break;
        case LOST:
            return AT_CLOSED;
        case DONE:
            return AT_OK;
        }
        if (status != AT_OK)
            return status;
    }
}

/* First of all: who and where the backend is, and what the driver wants to know of its own directory. */
static at_status find(struct at_xenbus *bus, const struct at_xenbus_device *device, uint64_t deadline_ns)
{
    uint32_t id = DOMID_END;
    struct at_xenbus_key keys[] = {
        {.name = "backend", .text = bus->backend, .capacity = sizeof(bus->backend)},
        {.name = "backend-id", .number = &id},
    };

    read_keys(bus, bus->dir, keys, 2);
    read_keys(bus, bus->dir, device->own, device->own_count);
    at_status status = wait_keys(bus, keys, 2, deadline_ns);
    at_status own = wait_keys(bus, device->own, device->own_count, deadline_ns);
    if (keys[0].status == AT_NOT_FOUND)
        return AT_NOT_FOUND;
    if (status == AT_OK && (id >= DOMID_END || bus->backend[0] != '/'))
        return AT_PROTOCOL;
    bus->backend_id = (uint16_t)id;
    return status == AT_OK ? own : status;
}

/* The first look at the backend, which for most drivers says everything there is to say already. */
static at_status open(struct at_xenbus *bus, const struct at_xenbus_device *device, uint64_t deadline_ns)
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

    at_status status = find(bus, device, deadline_ns);
    if (status == AT_OK)
        status = open(bus, device, deadline_ns);
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
    status = burst(bus, NULL, LOOK, 0, deadline_ns);
    if (status != AT_OK) {
        bus->watch.pending = 1; /* what was heard has still to be looked at */
        return status;
    }
    return actions[CONNECTED][bus->backend_state] == DONE ? AT_OK : AT_CLOSED;
}

at_status at_xenbus_disconnect(struct at_xenbus *bus, uint64_t deadline_ns)
{
    static const struct at_xenbus_device no_keys;
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
