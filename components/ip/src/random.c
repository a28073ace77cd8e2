/* SPDX-License-Identifier: ISC */
/* Numbers that must not be guessed. */

#include <string.h>

#include <atman/base/entropy.h>

#include "internal.h"

#include "bearssl_hash.h"
#include "lwip_hooks.h"

at_status at_ip_random_init(struct at_ip *ip)
{
    at_status status = at_entropy_fill(ip->time_wait.key, sizeof(ip->time_wait.key));

    return status == AT_OK ? at_ip_reseed(ip) : status;
}

at_status at_ip_reseed(struct at_ip *ip)
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

uint32_t at_ip_hash(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port,
                    const void *more, size_t size)
{
    struct { /* 52 bytes: with its padding one block of MD5 */
        uint8_t secret[sizeof(at_ip_the->secret)];
        uint8_t local[16], remote[16];
        uint16_t local_port, remote_port;
    } ends;
    br_md5_context md5;
    uint8_t digest[br_md5_SIZE];
    uint32_t hash;

    memset(&ends, 0, sizeof(ends));
    memcpy(ends.secret, at_ip_the->secret, sizeof(ends.secret));
    memcpy(ends.local, ip_2_ip6(local)->addr, IP_IS_V6(local) ? 16 : 4);
    memcpy(ends.remote, ip_2_ip6(remote)->addr, IP_IS_V6(remote) ? 16 : 4);
    ends.local_port = local_port;
    ends.remote_port = remote_port;
    br_md5_init(&md5);
    br_md5_update(&md5, &ends, sizeof(ends));
    br_md5_update(&md5, more, size);
    br_md5_out(&md5, digest);
    memcpy(&hash, digest, sizeof(hash));
    return hash;
}

/* RFC 6528, 3: a clock of 4 microseconds plus a keyed hash of the connection's two ends; or a SYN cookie. */
uint32_t at_ip_initial_sequence(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote,
                                uint16_t remote_port)
{
    if (at_ip_the->is_cookie_due) {
        at_ip_the->is_cookie_due = false;
        return at_ip_the->cookie;
    }
    return at_ip_hash(local, local_port, remote, remote_port, NULL, 0) + (uint32_t)(at_ip_the->now_ns / 4000);
}
