/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTS_SOCKETS_CASES_H
#define ATMAN_TESTS_SOCKETS_CASES_H

/* socket_cases asks all questions and writes the answers to standard output. Uses port 4711 of the loopback. */
void socket_cases(void);

/* message_cases asks those about sendmsg() and recvmsg(), select(), and peers of IPv6. */
void message_cases(void);

#endif /* ATMAN_TESTS_SOCKETS_CASES_H */
