/* SPDX-License-Identifier: ISC */
/* Records between the carrier and the engine. */
#include "internal.h"

#include <string.h>

void fail(struct at_tls *tls, enum at_tls_failure failure, at_status status)
{
    if (tls->status != AT_OK || tls->ended)
        return;
    tls->failure = failure;
    tls->status = status;
}

/* Asks the carrier to send what it was given with AT_STREAM_MORE. */
static void flush(struct at_tls *tls)
{
    size_t written;
    at_status status;

    if (!tls->held)
        return;
    tls->held = false;
    status = at_stream_write(tls->carrier, &written, at_const_span_of(NULL, 0), 0);
    if (status != AT_OK && status != AT_AGAIN)
        tls->output_status = status;
}

/* Hands one prepared piece to the carrier. False: nothing to send, or the carrier takes nothing now. */
static bool send_piece(struct at_tls *tls)
{
    size_t size, written;
    const unsigned char *record = br_ssl_engine_sendrec_buf(engine_of(tls), &size);
    at_status status;

    if (record == NULL || tls->output_status != AT_OK)
        return false;
    /* What follows at once (the rest of a flight, of a large write) shares packets with it: see flush(). */
    status = at_stream_write(tls->carrier, &written, at_const_span_of(record, size), AT_STREAM_MORE);
    if (status == AT_AGAIN) {
        flush(tls); /* it may be what it holds back that fills it */
        return false;
    }
    if (status != AT_OK) {
        tls->output_status = status;
        return false;
    }
    br_ssl_engine_sendrec_ack(engine_of(tls), written);
    tls->held = true;
    return true;
}

/* Takes one piece from the carrier. False: the engine wants nothing, or nothing is there. */
static bool receive_piece(struct at_tls *tls)
{
    struct at_const_span bytes;
    size_t room;
    unsigned char *record = br_ssl_engine_recvrec_buf(engine_of(tls), &room);
    at_status status;

    if (record == NULL)
        return false;
    status = at_stream_peek(tls->carrier, &bytes);
    if (status == AT_AGAIN)
        return false;
    if (status == AT_CLOSED && tls->finishing == FINISH_SAID) {
        tls->ended = true; /* we have said our end; RFC 5246 7.2.1 does not ask to wait for the peer's */
        return false;
    }
    if (status != AT_OK) {
        fail(tls, status == AT_CLOSED ? AT_TLS_TRUNCATED : AT_TLS_CARRIER, status == AT_CLOSED ? AT_IO : status);
        return false;
    }
    if (bytes.size > room)
        bytes.size = room;
    memcpy(record, bytes.data, bytes.size);
    at_stream_consume(tls->carrier, bytes.size);
    br_ssl_engine_recvrec_ack(engine_of(tls), bytes.size);
    return true;
}

/* Notes that the engine has closed itself, and why. */
static void note_end(struct at_tls *tls)
{
    int error = br_ssl_engine_last_error(engine_of(tls));
    at_status status;
    enum at_tls_failure failure;

    if (error == BR_ERR_OK) {
        if (!engine_of(tls)->incrypt && tls->finishing != FINISH_SAID)
            fail(tls, AT_TLS_TRUNCATED, AT_IO); /* an end in the clear: anybody could have said it */
        else if (tls->status == AT_OK)
            tls->ended = true;
        return;
    }
    if (error > BR_ERR_RECV_FATAL_ALERT && error < BR_ERR_RECV_FATAL_ALERT + 256)
        tls->alert = (uint8_t)(error - BR_ERR_RECV_FATAL_ALERT);
    failure = failure_of(error, &status);
    fail(tls, failure, status);
}

void pump_and_hold(struct at_tls *tls)
{
    bool progress = true;
    unsigned state;

    if (tls->status != AT_OK || tls->ended)
        return;
    while (progress) {
        progress = send_piece(tls); /* first, so that an answer is on its way before more is read */
        progress = (tls->status == AT_OK && !tls->ended && receive_piece(tls)) || progress;
    }
    state = br_ssl_engine_current_state(engine_of(tls));
    if (state == BR_SSL_CLOSED)
        note_end(tls);
    else if (tls->output_status != AT_OK && (state & BR_SSL_SENDREC) != 0 &&
             (state == BR_SSL_SENDREC || !is_established(tls)))
        fail(tls, AT_TLS_CARRIER, tls->output_status); /* it has to send before anything else, or for the handshake */
}

void pump(struct at_tls *tls)
{
    pump_and_hold(tls);
    if (tls->engine != NULL)
        flush(tls);
}
