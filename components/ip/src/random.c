/* SPDX-License-Identifier: ISC */
/* Numbers that must not be guessed. */

#include <string.h>

#include <atman/base/entropy.h>

#include "internal.h"

#include "lwip_hooks.h"
#define LWIP_INCLUDED_POLARSSL_MD5 1 /* without the rest of PPP */
#include "netif/ppp/polarssl/md5.h"

at_status at_ip_random_init(struct at_ip *ip)
{
    return at_entropy_fill(ip->secret, sizeof(ip->secret));
}

/* The source worked when the stack was made, which is refused otherwise. */
uint32_t at_ip_random(void)
{
    uint32_t number;

    if (at_entropy_fill(&number, sizeof(number)) != AT_OK)
        at_panic("ip: the source of entropy has gone");
    return number;
}

/* RFC 6056, 3.2: the dynamic ports. */
uint16_t at_ip_random_port(void)
{
    return (uint16_t)(49152 + at_ip_random() % 16384);
}

/* RFC 6528, 3: a clock of 4 microseconds plus a keyed hash of the connection's two ends. */
uint32_t at_ip_initial_sequence(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote,
                                uint16_t remote_port)
{
    struct {
        struct at_ip_address local, remote;
        uint16_t local_port, remote_port;
        uint8_t secret[sizeof(at_ip_the->secret)];
    } ends;
    md5_context md5;
    uint8_t digest[16];
    uint32_t hash;

    memset(&ends, 0, sizeof(ends));
    at_ip_from_lwip(&ends.local, local);
    at_ip_from_lwip(&ends.remote, remote);
    ends.local_port = local_port;
    ends.remote_port = remote_port;
    memcpy(ends.secret, at_ip_the->secret, sizeof(ends.secret));
    md5_starts(&md5);
    md5_update(&md5, (const unsigned char *)&ends, sizeof(ends));
    md5_finish(&md5, digest);
    memcpy(&hash, digest, sizeof(hash));
    return hash + (uint32_t)(at_ip_the->now_ns / 4000);
}
