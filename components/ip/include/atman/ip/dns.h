/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_DNS_H
#define ATMAN_IP_DNS_H

/*
 * Names to addresses. The servers are those of at_ip_settings and those that DHCP, DHCPv6 or a router named; one that
 * does not answer makes room for the next. Queries have random numbers and ports (RFC 5452), answers are kept as long
 * as they say.
 */

#include <stdbool.h>
#include <stddef.h>

#include <atman/base/status.h>
#include <atman/ip/address.h>
#include <atman/ip/ip.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The answer: AT_OK and an address, or AT_NOT_FOUND: there is no such name, or no server answered; `address` is then
 * NULL. Valid during the call.
 */
typedef void (*at_ip_dns_found_fn)(void *user, at_status status, const struct at_ip_address *address);

/*
 * at_ip_dns_lookup asks for the address of `name` (up to 255 bytes; an address as text is one as well), of `family`,
 * or, with AT_IP_ANY, of IPv4 and if there is none of IPv6. `found` is called once, later, unless the answer is known.
 *
 * Returns AT_OK the answer is in `*address`, and `found` is not called; AT_AGAIN `found` will be; AT_INVALID that is no
 * name; AT_NOT_FOUND no server is known; AT_NO_MEMORY too many questions at once.
 */
at_status at_ip_dns_lookup(struct at_ip *ip, struct at_ip_address *address, const char *name, enum at_ip_family family,
                           at_ip_dns_found_fn found, void *user);

/*
 * at_ip_dns_servers stores the servers that are asked, in their order, in `servers` and sets `*count` to how many.
 */
void at_ip_dns_servers(const struct at_ip *ip, struct at_ip_address servers[AT_IP_DNS_SERVERS_MAX], size_t *count);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_IP_DNS_H */
