/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTS_SOCKETS_CASES_H
#define ATMAN_TESTS_SOCKETS_CASES_H

/* socket_cases asks all questions and writes the answers to standard output. Uses port 4711 of the loopback. */
void socket_cases(void);

#endif /* ATMAN_TESTS_SOCKETS_CASES_H */
