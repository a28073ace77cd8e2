/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_ADDRESS_H
#define ATMAN_IP_ADDRESS_H

/* Addresses of IPv4 and IPv6, as values. */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Enough for any address as text, with its zone and the final zero. */
#define AT_IP_ADDRESS_TEXT 50

enum at_ip_family {
    AT_IP_ANY = 0, /* no address in particular: every address of the guest, IPv4 and IPv6 */
    AT_IP_V4 = 4,
    AT_IP_V6 = 6,
};

/* An address. Zeroed memory is AT_IP_ANY. */
struct at_ip_address {
    uint8_t family;    /* enum at_ip_family */
    uint8_t zone;      /* of a link-local IPv6 address: the interface's number (at_ip_interface_number()); else 0 */
    uint8_t bytes[16]; /* in the order of the wire; of IPv4 the first four */
};

/* at_ip_address_v4 returns the address a.b.c.d. */
static inline struct at_ip_address at_ip_address_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    struct at_ip_address address = {AT_IP_V4, 0, {a, b, c, d}};

    return address;
}

/*
 * at_ip_address_parse reads `text`, such as "10.0.0.2" or "2001:db8::1", into `address`.
 *
 * Returns AT_OK; AT_INVALID if it is neither (names are for <atman/ip/dns.h>). Never blocks.
 */
at_status at_ip_address_parse(struct at_ip_address *address, const char *text);

/*
 * at_ip_address_format writes `address` as text (RFC 5952 for IPv6, without a zone), "*" for AT_IP_ANY, and returns
 * `text`. Never blocks.
 */
char *at_ip_address_format(char text[AT_IP_ADDRESS_TEXT], const struct at_ip_address *address);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_IP_ADDRESS_H */
