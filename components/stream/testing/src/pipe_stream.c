/* SPDX-License-Identifier: ISC */
#include <atman/testing/pipe_stream.h>

#include <string.h>

#include <atman/base/panic.h>

static size_t least(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

/* Whether this call, the `nth` from 1 on, is one that does nothing. */
static bool rests(const struct at_pipe_faults *faults, unsigned nth)
{
    return faults->every_other && nth % 2 == 1;
}

static uint64_t unread(const struct at_pipe_direction *d)
{
    uint64_t end = d->faults.cut_at != 0 && d->written > d->faults.cut_at ? d->faults.cut_at : d->written;

    return end > d->consumed ? end - d->consumed : 0;
}

static bool has_ended(const struct at_pipe_direction *d)
{
    return d->finished || (d->faults.cut_at != 0 && d->written >= d->faults.cut_at);
}

static size_t room(const struct at_pipe_direction *d)
{
    return d->size - (size_t)(d->written - d->consumed);
}

static at_status peek(void *ctx, struct at_const_span *bytes)
{
    struct at_pipe_direction *d = ((struct at_pipe_end *)ctx)->in;
    size_t start = (size_t)(d->consumed % d->size);
    uint64_t size = least(unread(d), d->size - start);

    *bytes = at_const_span_of(d->ring + start, 0);
    d->peeks++;
    if (d->faults.fail_peek != 0 && d->peeks >= d->faults.fail_peek)
        return d->faults.fail_status;
    if (size == 0)
        return has_ended(d) ? AT_CLOSED : AT_AGAIN;
    if (rests(&d->faults, d->peeks) && d->shown == 0)
        return AT_AGAIN;
    if (d->faults.chunk != 0)
        size = least(size, d->faults.chunk);
    if (d->faults.split_at > d->consumed)
        size = least(size, d->faults.split_at - d->consumed);
    d->shown = size;
    bytes->size = (size_t)size;
    return AT_OK;
}

static void consume(void *ctx, size_t size)
{
    struct at_pipe_end *end = ctx;

    AT_ASSERT(size <= end->in->shown);
    end->in->shown -= size;
    end->in->consumed += size;
    if (end->wait.ops != NULL)
        at_wait_wake(end->wait);
}

/* In two pieces where the ring's end is within them. */
static void put(struct at_pipe_direction *d, const uint8_t *data, size_t size)
{
    size_t start = (size_t)(d->written % d->size), before_end = (size_t)least(size, d->size - start);
    uint64_t flip_at = d->faults.flip_at;

    memcpy(d->ring + start, data, before_end);
    memcpy(d->ring, data + before_end, size - before_end);
    if (flip_at > d->written && flip_at - d->written <= size)
        d->ring[(flip_at - 1) % d->size] ^= 1;
    d->written += size;
}

/* What stands against writing, and counts the call. */
static at_status begin_write(struct at_pipe_direction *d)
{
    d->writes++;
    if (d->faults.fail_write != 0 && d->writes >= d->faults.fail_write)
        return d->faults.fail_status;
    return AT_OK;
}

static at_status write(void *ctx, size_t *written, struct at_const_span bytes, unsigned flags)
{
    struct at_pipe_end *end = ctx;
    struct at_pipe_direction *d = end->out;
    at_status status = begin_write(d);
    size_t size = least(bytes.size, room(d));

    (void)flags; /* nothing is ever held back */
    *written = 0;
    if (status != AT_OK)
        return status;
    if (d->finished)
        return AT_CLOSED;
    if (bytes.size == 0)
        return AT_OK;
    if (size == 0 || rests(&d->faults, d->writes))
        return AT_AGAIN;
    if (d->faults.chunk != 0)
        size = least(size, d->faults.chunk);
    put(d, bytes.data, size);
    if (d->faults.cut_at != 0 && d->consumed >= d->faults.cut_at)
        d->consumed = d->written; /* vanished */
    *written = size;
    if (end->wait.ops != NULL)
        at_wait_wake(end->wait);
    return AT_OK;
}

static at_status finish(void *ctx)
{
    struct at_pipe_end *end = ctx;
    at_status status = begin_write(end->out);

    if (status != AT_OK)
        return status;
    end->out->finished = true;
    if (end->wait.ops != NULL)
        at_wait_wake(end->wait);
    return AT_OK;
}

static bool is_ready(const struct at_pipe_end *end, unsigned events)
{
    const struct at_pipe_direction *in = end->in, *out = end->out;

    if ((events & AT_STREAM_IN) != 0 && (unread(in) > 0 || has_ended(in) || in->faults.fail_peek != 0))
        return true;
    if ((events & AT_STREAM_OUT) != 0 && (room(out) > 0 || out->finished || out->faults.fail_write != 0))
        return true;
    return (events & AT_STREAM_DRAINED) != 0;
}

static at_status wait(void *ctx, unsigned events, uint64_t deadline_ns)
{
    struct at_pipe_end *end = ctx;

    end->in->shown = 0;
    if (is_ready(end, events))
        return AT_OK;
    if (end->wait.ops == NULL)
        return deadline_ns == AT_NEVER ? AT_DEADLOCK : AT_TIMED_OUT;
    return at_wait_sleep(end->wait, deadline_ns);
}

void at_pipe_init(struct at_pipe *pipe, void *memory, size_t size, struct at_wait wait_in)
{
    AT_ASSERT(size >= 2);
    memset(pipe, 0, sizeof *pipe);
    for (unsigned i = 0; i < 2; i++) {
        pipe->direction[i].ring = (uint8_t *)memory + i * (size / 2);
        pipe->direction[i].size = size / 2;
        pipe->end[i].out = &pipe->direction[i];
        pipe->end[i].in = &pipe->direction[1 - i];
        pipe->end[i].wait = wait_in;
    }
}

struct at_stream at_pipe_stream(struct at_pipe *pipe, unsigned end)
{
    static const struct at_stream_ops ops = {peek, consume, write, finish, wait};

    AT_ASSERT(end < 2);
    return (struct at_stream){&ops, &pipe->end[end]};
}
