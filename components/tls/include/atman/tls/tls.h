/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_TLS_H
#define ATMAN_TLS_TLS_H

/*
 * TLS connections: what carries bytes becomes private and authenticated (BearSSL over any stream).
 *
 * A connection lies between two streams: it speaks TLS over its carrier (TCP, a pipe in a test) and is itself a stream,
 * so whoever speaks a protocol over <atman/stream/stream.h> speaks it over TLS. TLS 1.2 (RFC 5246) with ephemeral keys
 * and authenticated encryption, unless a profile that is not the default says otherwise.
 *
 * Memory: the connection and its buffers are the caller's, nothing is allocated. The buffers bound what a peer can make
 * it hold. Everything that the configuration points at must outlive the connection.
 *
 * The stream: nothing is sent before the first call, and the handshake goes on in calls of any kind. A carrier that
 * ends without TLS's own end is a failure (AT_IO), never an end (AT_CLOSED). at_stream_finish() ends both directions,
 * as TLS 1.2 does; it leaves the carrier open. A failure is told by at_tls_failure_of(); the stream's status is then
 * AT_DENIED (a certificate was not accepted, or the peer accepted nothing of ours), AT_PROTOCOL (the peer broke TLS),
 * AT_TOO_BIG (its record is larger than our buffer), AT_IO (cut off), or what the carrier said.
 *
 * Not for: TLS 1.3, certificates of clients, renegotiation (refused), early data, several CPUs.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/span.h>
#include <atman/base/status.h>
#include <atman/stream/stream.h>
#include <atman/tls/failure.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_tls_cache;
struct at_tls_identity;
struct at_tls_profile;
struct at_tls_trust;

/* Sizes of buffers in bytes. */
#define AT_TLS_INPUT_FULL (16384 + 325) /* takes every record that TLS allows */
#define AT_TLS_INPUT_MIN (512 + 325)    /* takes records of 512 bytes; larger ones end the connection */
#define AT_TLS_OUTPUT_MIN (512 + 85)    /* sends records of 512 bytes */
#define AT_TLS_OUTPUT_FULL (16384 + 85)

/* A connection. Zero it; every member is the connection's own. Must not move while it is open. */
struct at_tls {
    struct at_stream carrier;
    void *engine;
    const char *const *protocols;
    struct at_span input, output;
    size_t memory_size;
    at_status output_status; /* why the carrier takes nothing more */
    at_status status;        /* what broke the connection */
    enum at_tls_failure failure;
    uint8_t alert;
    uint8_t finishing;
    uint8_t ended;
    uint8_t held; /* the carrier was told that more follows */
};

/* A connection as a server has it, and as a client has it. Both begin with what all functions take. */
struct at_tls_server {
    struct at_tls tls;
    uint64_t memory[520];
};

struct at_tls_client {
    struct at_tls tls;
    uint64_t memory[880];
};

/* A session that a client may take up again: 88 bytes that must stay secret. Zeroed: none. */
struct at_tls_session {
    uint64_t memory[11];
};

/*
 * What both sides are configured with. Half-duplex: with `output` empty, `input` serves both directions (at least
 * AT_TLS_INPUT_MIN); then nothing can be written while input lies unread, which suits protocols that take turns.
 */
struct at_tls_config {
    const struct at_tls_profile *profile; /* what is spoken; at_tls_modern() unless an old peer must be served */
    struct at_span input;                 /* at least AT_TLS_INPUT_MIN */
    struct at_span output;                /* at least AT_TLS_OUTPUT_MIN, or empty */
    const char *const *protocols;         /* application protocols (ALPN, RFC 7301) by preference, such as "http/1.1" */
    size_t protocol_count;                /* 0: says nothing about them */
};

/*
 * at_tls_server_open makes `server` the server's side of a connection over `carrier`, which proves itself by
 * `identity`. With `cache` (NULL: none) clients that come back skip the costly part. Never blocks, sends nothing yet.
 *
 * Returns AT_OK; AT_INVALID a buffer is too small; AT_UNSUPPORTED no entropy source, without which nothing is secret:
 * at_tls_failure_of() says so and the connection stays closed.
 */
at_status at_tls_server_open(struct at_tls_server *server, struct at_stream carrier, const struct at_tls_config *config,
                             const struct at_tls_identity *identity, struct at_tls_cache *cache);

/* What a client knows of the server it wants. */
struct at_tls_peer {
    const char *name;                 /* the host's name; it is sent (SNI, RFC 6066) and must be in the certificate */
    const struct at_tls_trust *trust; /* whose certificates are believed */
    uint64_t time_s;                  /* the time of day now, in seconds since 1970; certificates expire by it */
    const struct at_tls_session *session; /* to take up again if the server still knows it; NULL: none */
};

/*
 * at_tls_client_open makes `client` the client's side of a connection over `carrier` to `peer`. Never blocks, sends
 * nothing yet. `peer` itself and its session are only read now.
 *
 * Returns AT_OK; AT_INVALID a buffer is too small, the name is missing, or longer than 255 bytes; AT_UNSUPPORTED as
 * at_tls_server_open().
 */
at_status at_tls_client_open(struct at_tls_client *client, struct at_stream carrier, const struct at_tls_config *config,
                             const struct at_tls_peer *peer);

/* at_tls_stream returns the connection as a stream: of what the peer and we say in private. */
struct at_stream at_tls_stream(struct at_tls *tls);

/*
 * at_tls_handshake does what of the handshake can be done now. Calling it is optional. Never blocks.
 *
 * Returns AT_OK once the handshake is complete, with everything about the peer verified; AT_AGAIN while it is not (wait
 * for AT_STREAM_OUT on the connection's stream); or what broke it, as the stream's functions do.
 */
at_status at_tls_handshake(struct at_tls *tls);

/* at_tls_protocol returns the application protocol agreed on, one of `protocols`; NULL before the handshake or without.
 */
const char *at_tls_protocol(const struct at_tls *tls);

/*
 * at_tls_server_name returns the name of the host: for a client the one it asked for, for a server the one that the
 * client asked for, "" if it asked for none. The client's bytes may be anything but NUL. Valid while the connection is.
 */
const char *at_tls_server_name(const struct at_tls *tls);

/* at_tls_version and at_tls_suite return what was agreed on, as in RFC 5246 (0x0303) and IANA's list; before that 0. */
unsigned at_tls_version(const struct at_tls *tls);
unsigned at_tls_suite(const struct at_tls *tls);

/* at_tls_session_save copies what a later connection to the same server needs to `session`. After the handshake. */
void at_tls_session_save(const struct at_tls *tls, struct at_tls_session *session);

/* at_tls_failure_of returns why the connection broke or was refused; AT_TLS_FINE while it has not. */
enum at_tls_failure at_tls_failure_of(const struct at_tls *tls);

/* at_tls_alert returns the number of the alert by which the peer refused (RFC 5246, 7.2), for AT_TLS_REFUSED. */
unsigned at_tls_alert(const struct at_tls *tls);

/*
 * at_tls_close gives the connection's memory and buffers back to the caller and wipes them: keys and the last plain
 * text were in there. Sends nothing: for an orderly end, finish the stream and wait for AT_STREAM_DRAINED first. Also
 * after a failure; doing it again, or to a zeroed connection, changes nothing.
 */
void at_tls_close(struct at_tls *tls);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TLS_TLS_H */
