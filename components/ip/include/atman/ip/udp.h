/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_UDP_H
#define ATMAN_IP_UDP_H

/* UDP by events. A socket is the stack's object from at_ip_udp_open() to at_ip_udp_close(). */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>
#include <atman/ip/address.h>
#include <atman/ip/data.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_ip;
struct at_ip_udp;

/* The most that at_ip_udp_send() takes: a datagram of 65,535 bytes with its header and IPv4's; 20 less over IPv6. */
#define AT_IP_UDP_MAX 65507u

/* A datagram. `data` is the callee's: at_ip_data_free() gives it back. The addresses are valid during the call. */
typedef void (*at_ip_udp_received_fn)(struct at_ip_udp *udp, void *user, struct at_ip_data *data,
                                      const struct at_ip_address *from, uint16_t from_port);

/*
 * at_ip_udp_open makes a socket that takes the datagrams for `port` of `address` (AT_IP_ANY: of every address). With
 * port 0 it is one chosen at random (RFC 6056, 3.3.1).
 *
 * Returns AT_OK; AT_INVALID; AT_EXISTS the port is taken; AT_NO_SPACE no free port was found; AT_NO_MEMORY.
 */
at_status at_ip_udp_open(struct at_ip *ip, struct at_ip_udp **udp, const struct at_ip_address *address, uint16_t port,
                         at_ip_udp_received_fn received, void *user);

/*
 * at_ip_udp_send sends one datagram, a copy of `bytes`, to `port` of `to`; in fragments if it must.
 *
 * Returns AT_OK it was sent, which does not mean that it arrives; AT_INVALID; AT_TOO_BIG; AT_NOT_FOUND no interface
 * leads there; AT_NO_MEMORY.
 */
at_status at_ip_udp_send(struct at_ip_udp *udp, const struct at_ip_address *to, uint16_t port, const void *bytes,
                         size_t size);

/* at_ip_udp_port returns the socket's own port. */
uint16_t at_ip_udp_port(const struct at_ip_udp *udp);

/* at_ip_udp_close ends the socket. Also in its callback. Never blocks. */
void at_ip_udp_close(struct at_ip_udp *udp);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_IP_UDP_H */
