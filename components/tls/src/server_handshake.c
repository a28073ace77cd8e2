/* SPDX-License-Identifier: ISC */
/*
 * BearSSL's handshake of servers with a shorter list of suites. It looks every one of BR_MAX_CIPHER_SUITES places up in
 * its table of suites, the empty ones as well, by an interpreter that takes 600 instructions a step: 1.4 million for a
 * connection, with 48 places. The order of that table is third_party/bearssl_suites.awk's.
 */
#include "handshake.h"

#include "server_handshake.h"
