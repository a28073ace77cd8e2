/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_SOCKETS_SOCKETS_H
#define ATMAN_SOCKETS_SOCKETS_H

/*
 * BSD sockets and getaddrinfo() on the TCP/IP stack: what is below <sys/socket.h> and <netdb.h> of the C library.
 *
 * After at_sockets_start() socket() and all that follows work as POSIX says, with Linux's constants and error numbers;
 * README.md has what differs. Somebody must run the stack meanwhile: a thread whose function is at_ip_run().
 *
 * A socket is the C library's file (<atman/libc/file.h>), which does all the waiting; here nothing blocks but
 * getaddrinfo().
 */

#include <atman/base/status.h>
#include <atman/base/wait.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_ip;
struct at_mm_heap;

/* Most connections that wait for accept(), whatever listen() was told. */
#define AT_SOCKETS_BACKLOG_MAX 255

/*
 * Most bytes of datagrams that wait to be received on one socket, and of 256 datagrams at most; what comes then is
 * lost, as POSIX lets it.
 */
#define AT_SOCKETS_DATAGRAMS_MAX 65536

/* What the sockets are made of. All of it must outlive the program's last use of them. */
struct at_sockets_config {
    struct at_ip *ip;
    struct at_mm_heap *heap; /* a few hundred bytes a socket, and 48 for each piece of data that waits to be read */
    struct at_wait wait;     /* where getaddrinfo() sleeps */
};

/*
 * at_sockets_start makes socket() and getaddrinfo() work on config->ip. Once; a further call replaces the stack for
 * sockets that are made from then on. Never blocks.
 */
void at_sockets_start(const struct at_sockets_config *config);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_SOCKETS_SOCKETS_H */
