/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_GUEST_SOCKETS_H
#define ATMAN_GUEST_SOCKETS_H

/* BSD sockets on everything that a guest has: a composition, as an application could write it for itself. */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_guest_sockets makes socket() and getaddrinfo() work: it starts the scheduler, the stack of at_guest_ip() with
 * `words` (main's argv will do), and a thread that runs it. Call it first in main(). Blocks until the network devices
 * are connected, 10 seconds at most; addresses by DHCP may come later. A guest without what it needs ends with a panic
 * that says so, as one whose last network device ends.
 */
void at_guest_sockets(char *const *words);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_GUEST_SOCKETS_H */
