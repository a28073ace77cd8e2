/* SPDX-License-Identifier: ISC */
/* What all questions need: addresses of the loopback, a connection, and how an answer is written. */
#ifndef ATMAN_TESTS_SOCKETS_ASK_H
#define ATMAN_TESTS_SOCKETS_ASK_H

#include <netinet/in.h>
#include <sys/socket.h>

#define PORT 4711

/* error_name returns the name of a value of errno. */
const char *error_name(int error);

/* tell writes what a call returned: its result, or the name of its error. */
void tell(const char *what, long result);

/* tell_ready writes what poll() says of `fd` within a second. */
void tell_ready(const char *what, int fd);

/* wait_for waits two seconds at most until one of `events` is there. */
void wait_for(int fd, short events);

/* local returns the loopback's address with a port; bind_to and connect_to call by it. */
struct sockaddr_in local(int port);
long bind_to(int fd, int port);
long connect_to(int fd, int port);

/* pair makes a listener on PORT, which it returns, and a connection to it: both its ends. close_all closes the three.
 */
int pair(int ends[2]);
void close_all(int listener, const int ends[2]);

#endif /* ATMAN_TESTS_SOCKETS_ASK_H */
