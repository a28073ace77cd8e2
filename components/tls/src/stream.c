/* SPDX-License-Identifier: ISC */
/* The connection as a stream. */
#include "internal.h"

#include <string.h>

#include <atman/base/panic.h>

/* Why there is no more input. */
static at_status input_status(const struct at_tls *tls)
{
    if (tls->status != AT_OK)
        return tls->status;
    return tls->ended || tls->finishing ? AT_CLOSED : AT_AGAIN;
}

/* What can be read. Whoever finishes reads no more: what comes after some that was dropped must not pass for the next.
 */
static const unsigned char *plain_text(const struct at_tls *tls, size_t *size)
{
    *size = 0;
    return tls->engine == NULL || tls->finishing ? NULL : br_ssl_engine_recvapp_buf(engine_of(tls), size);
}

static at_status peek(void *ctx, struct at_const_span *bytes)
{
    struct at_tls *tls = ctx;

    bytes->data = plain_text(tls, &bytes->size);
    if (bytes->size > 0)
        return AT_OK;
    pump(tls);
    bytes->data = plain_text(tls, &bytes->size);
    return bytes->size > 0 ? AT_OK : input_status(tls);
}

static void consume(void *ctx, size_t size)
{
    struct at_tls *tls = ctx;
    size_t there;

    if (size == 0)
        return;
    plain_text(tls, &there);
    AT_ASSERT(size <= there);
    br_ssl_engine_recvapp_ack(engine_of(tls), size);
}

/* Why nothing can be written. */
static at_status output_status(const struct at_tls *tls)
{
    if (tls->status != AT_OK)
        return tls->status;
    if (tls->output_status != AT_OK)
        return tls->output_status;
    return tls->ended || tls->finishing ? AT_CLOSED : AT_AGAIN;
}

static at_status write(void *ctx, size_t *written, struct at_const_span bytes, unsigned flags)
{
    struct at_tls *tls = ctx;
    unsigned char *record;
    size_t room;

    *written = 0;
    pump_and_hold(tls);
    if (output_status(tls) != AT_AGAIN) {
        pump(tls); /* what it holds back may say why */
        return output_status(tls);
    }
    while (bytes.size > 0 && (record = br_ssl_engine_sendapp_buf(engine_of(tls), &room)) != NULL) {
        if (room > bytes.size)
            room = bytes.size;
        memcpy(record, bytes.data, room);
        br_ssl_engine_sendapp_ack(engine_of(tls), room); /* encrypts the record when it is full */
        *written += room;
        bytes.data += room;
        bytes.size -= room;
        if (bytes.size > 0)
            pump_and_hold(tls);
    }
    if ((flags & AT_STREAM_MORE) == 0 && (bytes.size == 0 || *written > 0))
        br_ssl_engine_flush(engine_of(tls), 0);
    if ((flags & AT_STREAM_MORE) != 0 && bytes.size == 0)
        pump_and_hold(tls);
    else
        pump(tls);
    return bytes.size > 0 && *written == 0 ? output_status(tls) : AT_OK;
}

static at_status finish(void *ctx)
{
    struct at_tls *tls = ctx;
    size_t size;

    pump(tls);
    if (tls->finishing == FINISH_SAID || tls->ended)
        return AT_OK;
    if (tls->status != AT_OK)
        return tls->status;
    if (br_ssl_engine_recvapp_buf(engine_of(tls), &size) != NULL) {
        br_ssl_engine_recvapp_ack(engine_of(tls), size); /* nobody will read it, nor what follows */
        tls->finishing = FINISH_ASKED;
    }
    br_ssl_engine_flush(engine_of(tls), 0);
    pump(tls);
    if (tls->status != AT_OK)
        return tls->status;
    if (tls->output_status != AT_OK)
        return tls->output_status;
    tls->finishing = FINISH_ASKED;
    if (br_ssl_engine_sendrec_buf(engine_of(tls), &size) != NULL)
        return AT_AGAIN; /* the record of our end has no place yet */
    tls->finishing = FINISH_SAID;
    br_ssl_engine_close(engine_of(tls));
    pump(tls);
    return tls->status;
}

static bool is_ready(const struct at_tls *tls, unsigned events)
{
    size_t size;

    if (tls->status != AT_OK || tls->ended)
        return true;
    if ((events & AT_STREAM_IN) != 0 && (plain_text(tls, &size) != NULL || tls->finishing))
        return true;
    return (events & AT_STREAM_OUT) != 0 && (tls->output_status != AT_OK || tls->finishing == FINISH_SAID ||
                                             br_ssl_engine_sendapp_buf(engine_of(tls), &size) != NULL);
}

/* Waits until all records are with the carrier, and the carrier has none of them left. */
static at_status drain(struct at_tls *tls, uint64_t deadline_ns)
{
    size_t size;

    if (tls->status == AT_OK && !tls->ended)
        br_ssl_engine_flush(engine_of(tls), 0);
    pump(tls);
    while (tls->status == AT_OK && tls->output_status == AT_OK && !tls->ended &&
           br_ssl_engine_sendrec_buf(engine_of(tls), &size) != NULL) {
        at_status status = at_stream_wait(tls->carrier, AT_STREAM_OUT, deadline_ns);

        if (status != AT_OK)
            return status;
        pump(tls);
    }
    if (tls->status != AT_OK || tls->output_status != AT_OK)
        return AT_OK;
    return at_stream_wait(tls->carrier, AT_STREAM_DRAINED, deadline_ns);
}

static at_status wait(void *ctx, unsigned events, uint64_t deadline_ns)
{
    struct at_tls *tls = ctx;
    unsigned carrier = 0;
    size_t size;

    if ((events & (AT_STREAM_IN | AT_STREAM_OUT)) == 0)
        return drain(tls, deadline_ns);
    pump(tls);
    if (is_ready(tls, events))
        return AT_OK;
    if (br_ssl_engine_sendrec_buf(engine_of(tls), &size) != NULL)
        carrier |= tls->output_status == AT_OK ? AT_STREAM_OUT : 0;
    else
        carrier |= events & AT_STREAM_DRAINED;
    if (br_ssl_engine_recvrec_buf(engine_of(tls), &size) != NULL)
        carrier |= AT_STREAM_IN;
    if (carrier == 0)
        return AT_DEADLOCK; /* half-duplex, and what was read stands in the way of what would be written */
    return at_stream_wait(tls->carrier, carrier, deadline_ns);
}

struct at_stream at_tls_stream(struct at_tls *tls)
{
    static const struct at_stream_ops ops = {peek, consume, write, finish, wait};

    return (struct at_stream){&ops, tls};
}

at_status at_tls_handshake(struct at_tls *tls)
{
    pump(tls);
    if (tls->status != AT_OK)
        return tls->status;
    if (tls->ended || tls->finishing)
        return AT_CLOSED;
    return is_established(tls) ? AT_OK : AT_AGAIN;
}
