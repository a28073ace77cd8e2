/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_STREAM_STREAM_H
#define ATMAN_STREAM_STREAM_H

/*
 * What a byte stream is: the seam between what carries bytes (a TCP connection, TLS over another stream, a pipe in a
 * test) and what speaks a protocol over it. Bytes go both ways, in order, and each direction ends by itself.
 *
 * Input is looked at where the stream has it (peek, consume) and so is not copied; output is copied once, into the
 * stream. Nothing but at_stream_wait() blocks. A stream may work only while it is called: output that it took and could
 * not pass on yet goes on in a later call of any kind, so wait for AT_STREAM_DRAINED before the stream is given up. A
 * half-duplex stream (see tls) takes no output while input lies there unread: consume first.
 *
 * Two ends of input that must not be confused: AT_CLOSED is the peer's own orderly end, after its last byte; every
 * other failure means that bytes may be missing. Both stay as they are once told.
 *
 * Opening, closing for good and aborting belong to whoever made the stream, with the functions of what it is made of.
 * Calls are made from one scheduler's threads or handlers, one call at a time. Times are of the monotonic clock.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/clock.h>
#include <atman/base/span.h>
#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What at_stream_wait() waits for. */
#define AT_STREAM_IN 1u      /* at_stream_peek() has something to say: bytes, the end, a failure */
#define AT_STREAM_OUT 2u     /* at_stream_write() has something to say: room, or why there will be none */
#define AT_STREAM_DRAINED 4u /* nothing that was written is left in this stream's own buffers, or it failed */

/* Flags of at_stream_write(). */
#define AT_STREAM_MORE 1u /* more follows at once: the stream may hold the bytes back to send fewer, larger pieces */

/* What a stream implements. Each member's contract is that of the function of its name below. All must be set. */
struct at_stream_ops {
    at_status (*peek)(void *ctx, struct at_const_span *bytes);
    void (*consume)(void *ctx, size_t size);
    at_status (*write)(void *ctx, size_t *written, struct at_const_span bytes, unsigned flags);
    at_status (*finish)(void *ctx);
    at_status (*wait)(void *ctx, unsigned events, uint64_t deadline_ns);
};

/* A stream: passed by value, owns nothing. Valid while what it is made of is open. */
struct at_stream {
    const struct at_stream_ops *ops;
    void *ctx;
};

/*
 * at_stream_peek makes `*bytes` the oldest input that has not been consumed, at least one byte and not always all that
 * has arrived. It is the stream's memory, valid until the next at_stream_consume() or at_stream_wait(); a peer may have
 * written anything there. Never blocks. Peeking again without consuming shows the same bytes, perhaps more of them.
 *
 * Returns AT_OK; with `*bytes` empty AT_AGAIN (nothing now), AT_CLOSED (the peer finished, and all of it was consumed),
 * or what broke the stream, such as AT_PROTOCOL or AT_IO.
 */
static inline at_status at_stream_peek(struct at_stream stream, struct at_const_span *bytes)
{
    return stream.ops->peek(stream.ctx, bytes);
}

/*
 * at_stream_consume gives the first `size` bytes of the last peek back to the stream: they are done with. Never blocks,
 * cannot fail. More bytes than were shown: the program ends.
 */
static inline void at_stream_consume(struct at_stream stream, size_t size)
{
    stream.ops->consume(stream.ctx, size);
}

/*
 * at_stream_write copies the first bytes of `bytes` into the stream and sets `*written` to how many: with AT_OK at
 * least one unless `bytes` is empty, and not always all. They are sent without a further request unless `flags` has
 * AT_STREAM_MORE; an empty write without it sends what was held back. Never blocks.
 *
 * Returns AT_OK; with `*written` 0 AT_AGAIN (no room now: wait for AT_STREAM_OUT), AT_CLOSED (the peer takes no more,
 * or at_stream_finish() was called), or what broke the stream.
 */
static inline at_status at_stream_write(struct at_stream stream, size_t *written, struct at_const_span bytes,
                                        unsigned flags)
{
    return stream.ops->write(stream.ctx, written, bytes, flags);
}

/*
 * at_stream_finish ends the output: after what was written, the peer finds the orderly end. Input goes on, unless the
 * protocol ends both directions at once, as TLS 1.2 does. Never blocks. Doing it again changes nothing.
 *
 * Returns AT_OK; AT_AGAIN when there is no room to say so yet (wait for AT_STREAM_OUT, then once more); or what broke
 * the stream.
 */
static inline at_status at_stream_finish(struct at_stream stream)
{
    return stream.ops->finish(stream.ctx);
}

/*
 * at_stream_wait blocks until one of `events` (AT_STREAM_IN, AT_STREAM_OUT, AT_STREAM_DRAINED) may be there, or
 * `deadline_ns` (AT_NEVER: none; in the past: only looks). It may return AT_OK for nothing: look again. Only when
 * AT_STREAM_DRAINED alone is waited for, which nothing else shows, AT_OK is certain.
 *
 * Returns AT_OK, also when the stream has ended or failed, which the other functions tell; AT_TIMED_OUT; AT_DEADLOCK
 * nothing could ever wake it.
 */
static inline at_status at_stream_wait(struct at_stream stream, unsigned events, uint64_t deadline_ns)
{
    return stream.ops->wait(stream.ctx, events, deadline_ns);
}

/*
 * at_stream_read copies up to `size` bytes of input (at least 1) to `out` and sets `*got` to how many, waiting for the
 * first of them until `deadline_ns`. Returns AT_OK with `*got` at least 1, as many as one peek shows; or with `*got` 0
 * what at_stream_peek() or at_stream_wait() returned.
 */
at_status at_stream_read(struct at_stream stream, size_t *got, void *out, size_t size, uint64_t deadline_ns);

/*
 * at_stream_send writes all of `bytes` with `flags` as at_stream_write() has them, waiting for room until
 * `deadline_ns`. Not for half-duplex streams whose peer may be sending: that waits for ever. Returns AT_OK; or what
 * at_stream_write() or at_stream_wait() returned, and then nobody knows how much was sent.
 */
at_status at_stream_send(struct at_stream stream, struct at_const_span bytes, unsigned flags, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_STREAM_STREAM_H */
