/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TCP_STREAM_TCP_STREAM_H
#define ATMAN_TCP_STREAM_TCP_STREAM_H

/*
 * A TCP connection of `ip` as a stream: what its events bring is kept until it is read, without copying.
 *
 * A stream works on between calls, whenever the stack runs. What it waits in is the caller's: at_ip_waiter() in a
 * program of events, a wait queue under threads while another thread runs the stack. Every event wakes that place, so a
 * `wake` of the caller's own learns which of many streams has something to say.
 *
 * Trust: what at_stream_peek() shows may lie in a page that the network's back end can still write (see
 * <atman/ip/data.h>). Copy what is checked. tls does: it copies records before it looks at them.
 *
 * Not for: a peer that sends thousands of small pieces to somebody who does not read. At most AT_TCP_STREAM_PIECES are
 * kept; one more and the connection is aborted (AT_NO_SPACE).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>
#include <atman/base/wait.h>
#include <atman/ip/tcp.h>
#include <atman/stream/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AT_TCP_STREAM_PIECES 256 /* more than a window of full segments has */

/* A stream, in the caller's memory. Every member is its own. Must not move while it is open. */
struct at_tcp_stream {
    struct at_ip_tcp *tcp; /* NULL: gone */
    struct at_wait wait;
    struct at_ip_data *data[AT_TCP_STREAM_PIECES]; /* received and not consumed, oldest first from `first` on */
    unsigned first, count;
    const void *place;    /* where in data[first] the next piece begins; NULL: at its beginning */
    struct at_span piece; /* what of the present piece has not been consumed */
    size_t unread;        /* bytes that came and were not consumed */
    at_status end;        /* why nothing more comes; AT_OK: more may */
    bool connecting;
    bool finishing; /* the end has been said */
};

/*
 * at_tcp_stream_own makes `stream` of `tcp`, a connection that has just been accepted, and takes its events from
 * whoever had them. Never blocks.
 */
void at_tcp_stream_own(struct at_tcp_stream *stream, struct at_ip_tcp *tcp, struct at_wait wait);

/*
 * at_tcp_stream_connect begins to connect `stream` to `port` of `address`. Until that succeeds there is no input and no
 * room for output; if it fails, both say why. Never blocks. Statuses as at_ip_tcp_connect(); unless AT_OK, `stream` is
 * closed.
 */
at_status at_tcp_stream_connect(struct at_tcp_stream *stream, struct at_ip *ip, const struct at_ip_address *address,
                                uint16_t port, struct at_wait wait);

/* at_tcp_stream_stream returns `stream` as a stream. */
struct at_stream at_tcp_stream_stream(struct at_tcp_stream *stream);

/*
 * at_tcp_stream_unread returns how many bytes have come that were not consumed. Closing with some left resets the
 * connection, which may take from the peer what it has not read yet: consume them first, until the peer's end.
 */
size_t at_tcp_stream_unread(const struct at_tcp_stream *stream);

/*
 * at_tcp_stream_close ends the connection: what was written is still sent, then the end, by the stack alone. The memory
 * is the caller's again. at_tcp_stream_abort resets it instead. Never block; doing it again changes nothing.
 */
void at_tcp_stream_close(struct at_tcp_stream *stream);
void at_tcp_stream_abort(struct at_tcp_stream *stream);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TCP_STREAM_TCP_STREAM_H */
