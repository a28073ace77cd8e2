/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_INTERNAL_H
#define ATMAN_TLS_INTERNAL_H

#include <stdbool.h>

#include <bearssl.h>

#include <atman/tls/tls.h>

/* What the objects of the public headers hold in their `memory`. The engine is the first member of both of BearSSL's.
 */
struct client_memory {
    br_ssl_client_context client;
    br_x509_minimal_context validator;
};

/* at_tls.finishing: at_stream_finish() was called; and the engine was told to say our end. */
enum { FINISH_ASKED = 1, FINISH_SAID };

static inline br_ssl_engine_context *engine_of(const struct at_tls *tls)
{
    return (br_ssl_engine_context *)tls->engine; /* the cast is for tests, which are C++ */
}

/* is_established says whether application data may flow: the handshake is complete. */
static inline bool is_established(const struct at_tls *tls)
{
    return tls->engine != NULL && (engine_of(tls)->application_data & 1) != 0;
}

/*
 * begin makes a connection of its parts: its engine, which BearSSL has zeroed in `memory`, gets the profile, protocols,
 * buffers and entropy. Statuses as at_tls_server_open().
 */
at_status begin(struct at_tls *tls, struct at_stream carrier, const struct at_tls_config *config, void *memory,
                size_t memory_size);

/* give_up is what an open that failed returns: the connection is closed, and says why. */
at_status give_up(struct at_tls *tls, enum at_tls_failure failure, at_status status);

/* keep_suites drops the suites that are signed with anything but ECDSA, or with `ecdsa` false those that are. */
void keep_suites(br_ssl_engine_context *engine, bool ecdsa);

/*
 * pump moves records between the carrier and the engine until neither goes on. pump_and_hold lets the carrier hold the
 * last of them back, for more follows: the next pump() sends them.
 */
void pump(struct at_tls *tls);
void pump_and_hold(struct at_tls *tls);

/* fail ends the connection, unless it has ended. */
void fail(struct at_tls *tls, enum at_tls_failure failure, at_status status);

/* failure_of names BearSSL's error, and says which status the stream's functions return for it. */
enum at_tls_failure failure_of(int error, at_status *status);

#endif /* ATMAN_TLS_INTERNAL_H */
