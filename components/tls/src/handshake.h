/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_HANDSHAKE_H
#define ATMAN_TLS_HANDSHAKE_H

/* The server's side of BearSSL's handshake, for at most AT_TLS_SERVER_SUITES cipher suites. */

#include <bearssl.h>

#define AT_TLS_SERVER_SUITES 4

/*
 * at_tls_server_reset is BearSSL's br_ssl_server_reset(), from its own sources, with a quarter of the instructions: see
 * server_handshake.c. Of the engine's suites the server must have kept those that it can sign for.
 */
int at_tls_server_reset(br_ssl_server_context *server);

#endif /* ATMAN_TLS_HANDSHAKE_H */
