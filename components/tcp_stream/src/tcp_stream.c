/* SPDX-License-Identifier: ISC */
#include <atman/tcp_stream/tcp_stream.h>

#include <string.h>

#include <atman/base/panic.h>
#include <atman/ip/data.h>

/* The next piece of what has come, into `piece`; false: all of it was consumed. */
static bool next_piece(struct at_tcp_stream *stream)
{
    while (stream->piece.size == 0 && stream->count > 0) {
        if (at_ip_data_piece(stream->data[stream->first], &stream->place, &stream->piece))
            continue; /* once more if it is empty */
        at_ip_data_free(stream->data[stream->first]);
        stream->first = (stream->first + 1) % AT_TCP_STREAM_PIECES;
        stream->count--;
        stream->place = NULL;
        stream->piece.size = 0;
    }
    return stream->piece.size > 0;
}

static at_status peek(void *ctx, struct at_const_span *bytes)
{
    struct at_tcp_stream *stream = ctx;

    *bytes = at_const_span_of(NULL, 0);
    if (next_piece(stream)) {
        *bytes = at_span_readonly(stream->piece);
        return AT_OK;
    }
    return stream->end == AT_OK ? AT_AGAIN : stream->end;
}

static void consume(void *ctx, size_t size)
{
    struct at_tcp_stream *stream = ctx;

    AT_ASSERT(size <= stream->piece.size);
    stream->piece.data += size;
    stream->piece.size -= size;
    stream->unread -= size;
    if (stream->piece.size == 0)
        next_piece(stream); /* so that the page of one that is used up goes back at once */
    if (size > 0 && stream->tcp != NULL)
        at_ip_tcp_consumed(stream->tcp, size);
}

/* Why nothing can be written. */
static at_status output_status(const struct at_tcp_stream *stream)
{
    if (stream->finishing)
        return AT_CLOSED;
    if (stream->tcp == NULL)
        return stream->end; /* which is set whenever the connection is taken away */
    return stream->connecting ? AT_AGAIN : AT_OK;
}

static at_status write(void *ctx, size_t *written, struct at_const_span bytes, unsigned flags)
{
    struct at_tcp_stream *stream = ctx;
    at_status status = output_status(stream);

    *written = 0;
    if (bytes.size == 0 && status == AT_AGAIN)
        return AT_OK;
    if (status != AT_OK)
        return status;
    status = at_ip_tcp_write(stream->tcp, written, bytes.data, bytes.size,
                             (flags & AT_STREAM_MORE) != 0 ? AT_IP_TCP_MORE : 0);
    return *written > 0 ? AT_OK : status;
}

static at_status finish(void *ctx)
{
    struct at_tcp_stream *stream = ctx;
    at_status status = output_status(stream);

    if (stream->finishing)
        return AT_OK;
    if (status != AT_OK)
        return status;
    status = at_ip_tcp_finish(stream->tcp);
    if (status == AT_NO_MEMORY)
        return AT_AGAIN;
    stream->finishing = status == AT_OK;
    return status;
}

static bool is_ready(const struct at_tcp_stream *stream, unsigned events)
{
    if ((events & AT_STREAM_IN) != 0 && (stream->unread > 0 || stream->end != AT_OK))
        return true;
    if ((events & AT_STREAM_OUT) != 0 && output_status(stream) != AT_AGAIN)
        return output_status(stream) != AT_OK || at_ip_tcp_room(stream->tcp) > 0;
    return (events & AT_STREAM_DRAINED) != 0; /* what was written is TCP's, which goes on by itself */
}

static at_status wait(void *ctx, unsigned events, uint64_t deadline_ns)
{
    struct at_tcp_stream *stream = ctx;

    return is_ready(stream, events) ? AT_OK : at_wait_sleep(stream->wait, deadline_ns);
}

static void connected(struct at_ip_tcp *tcp, void *user)
{
    struct at_tcp_stream *stream = user;

    (void)tcp;
    stream->connecting = false;
    at_wait_wake(stream->wait);
}

static void release(struct at_tcp_stream *stream)
{
    for (; stream->count > 0; stream->count--) {
        at_ip_data_free(stream->data[stream->first]);
        stream->first = (stream->first + 1) % AT_TCP_STREAM_PIECES;
    }
    stream->piece.size = 0;
    stream->unread = 0;
}

static void received(struct at_ip_tcp *tcp, void *user, struct at_ip_data *data)
{
    struct at_tcp_stream *stream = user;

    if (stream->count == AT_TCP_STREAM_PIECES) {
        at_ip_data_free(data);
        at_ip_tcp_abort(tcp);
        stream->tcp = NULL;
        stream->end = AT_NO_SPACE;
    } else {
        stream->data[(stream->first + stream->count++) % AT_TCP_STREAM_PIECES] = data;
        stream->unread += at_ip_data_size(data);
    }
    at_wait_wake(stream->wait);
}

static void finished(struct at_ip_tcp *tcp, void *user)
{
    struct at_tcp_stream *stream = user;

    (void)tcp;
    stream->end = AT_CLOSED;
    at_wait_wake(stream->wait);
}

static void sent(struct at_ip_tcp *tcp, void *user, size_t size)
{
    struct at_tcp_stream *stream = user;

    (void)tcp;
    (void)size;
    at_wait_wake(stream->wait);
}

static void closed(struct at_ip_tcp *tcp, void *user, at_status why)
{
    struct at_tcp_stream *stream = user;

    (void)tcp;
    stream->tcp = NULL;
    /* A reset is not the peer's orderly end, unless that came before. */
    if (stream->end == AT_OK)
        stream->end = why == AT_CLOSED ? AT_IO : why;
    at_wait_wake(stream->wait);
}

static const struct at_ip_tcp_events events = {
    .connected = connected, .received = received, .finished = finished, .sent = sent, .closed = closed};

void at_tcp_stream_own(struct at_tcp_stream *stream, struct at_ip_tcp *tcp, struct at_wait wait_in)
{
    memset(stream, 0, sizeof *stream);
    stream->tcp = tcp;
    stream->wait = wait_in;
    at_ip_tcp_own(tcp, &events, stream);
    at_ip_tcp_set_delay(tcp, false); /* the stream is told what belongs together: AT_STREAM_MORE */
}

at_status at_tcp_stream_connect(struct at_tcp_stream *stream, struct at_ip *ip, const struct at_ip_address *address,
                                uint16_t port, struct at_wait wait_in)
{
    at_status status;

    memset(stream, 0, sizeof *stream);
    stream->wait = wait_in;
    stream->connecting = true;
    stream->end = AT_CLOSED; /* should it fail */
    status = at_ip_tcp_connect(ip, &stream->tcp, address, port, &events, stream);
    if (status != AT_OK)
        return status;
    stream->end = AT_OK;
    at_ip_tcp_set_delay(stream->tcp, false);
    return AT_OK;
}

struct at_stream at_tcp_stream_stream(struct at_tcp_stream *stream)
{
    static const struct at_stream_ops ops = {peek, consume, write, finish, wait};

    return (struct at_stream){&ops, stream};
}

size_t at_tcp_stream_unread(const struct at_tcp_stream *stream)
{
    return stream->unread;
}

/* Leaves a stream that is closed. */
static struct at_ip_tcp *leave(struct at_tcp_stream *stream)
{
    struct at_ip_tcp *tcp = stream->tcp;

    release(stream);
    stream->tcp = NULL;
    stream->end = AT_CLOSED;
    return tcp;
}

void at_tcp_stream_close(struct at_tcp_stream *stream)
{
    struct at_ip_tcp *tcp = leave(stream);

    if (tcp != NULL)
        at_ip_tcp_close(tcp);
}

void at_tcp_stream_abort(struct at_tcp_stream *stream)
{
    struct at_ip_tcp *tcp = leave(stream);

    if (tcp != NULL)
        at_ip_tcp_abort(tcp);
}
