/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_SERVER_HANDSHAKE_H
#define ATMAN_TLS_SERVER_HANDSHAKE_H

/* BearSSL's handshake of servers from its own sources, once more, under other names. For server_handshake.c alone. */
#pragma GCC system_header /* how upstream writes C is upstream's business */

#include <inner.h>

#undef BR_MAX_CIPHER_SUITES /* what the structures were declared with stays: more room than is used */
#define BR_MAX_CIPHER_SUITES AT_TLS_SERVER_SUITES

#define br_ssl_hs_server_init_main at_tls_hs_server_init_main
#define br_ssl_hs_server_run at_tls_hs_server_run
#define br_ssl_server_reset at_tls_server_reset
#define br_ssl_server_zero at_tls_server_zero

void br_ssl_server_zero(br_ssl_server_context *cc);

#include <ssl_hs_server.c>

#include <ssl/ssl_server.c>

#endif /* ATMAN_TLS_SERVER_HANDSHAKE_H */
