/* SPDX-License-Identifier: ISC */
/* What of netif.h's optional features is asked for, and what comes of it. */
#include <atman/xen/abi.h>

#include <xen/io/netif.h>

#include "internal.h"

#define LARGE (AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6)
#define PARTS (AT_NETFRONT_SG | AT_NETFRONT_CSUM)

static bool is_valid(const struct at_netfront_config *config)
{
    if ((config->features & ~(LARGE | PARTS)) != 0)
        return false;
    if ((config->features & LARGE) != 0 && (config->features & PARTS) != PARTS)
        return false;
    return (config->features & AT_NETFRONT_SG) == 0 ||
           (config->rx_buffers >= AT_NETFRONT_SG_LEAST &&
            (config->tx == NULL || config->tx_slots >= AT_NETFRONT_SG_LEAST));
}

static void ask(struct at_netfront_handshake *h)
{
    at_netfront_ask(h, "feature-sg", &h->offers[AT_NETFRONT_OFFERS_SG]);
    at_netfront_ask(h, "feature-gso-tcpv4", &h->offers[AT_NETFRONT_OFFERS_GSO4]);
    at_netfront_ask(h, "feature-gso-tcpv6", &h->offers[AT_NETFRONT_OFFERS_GSO6]);
    at_netfront_ask(h, "feature-ipv6-csum-offload", &h->offers[AT_NETFRONT_OFFERS_CSUM6]);
    at_netfront_ask(h, "feature-no-csum-offload", &h->offers[AT_NETFRONT_OFFERS_NO_CSUM4]);
}

/* Agrees on what is sent. Returns the most bytes that a frame may have. */
static uint32_t accept(const struct at_netfront_handshake *h)
{
    unsigned wanted = h->nf->config.features;
    unsigned offered = 0;
    bool parts = (wanted & AT_NETFRONT_SG) && h->offers[AT_NETFRONT_OFFERS_SG] == 1;
    bool csum4 = (wanted & AT_NETFRONT_CSUM) && h->offers[AT_NETFRONT_OFFERS_NO_CSUM4] == 0;
    bool csum6 = (wanted & AT_NETFRONT_CSUM) && h->offers[AT_NETFRONT_OFFERS_CSUM6] == 1;
    /* A large frame lies in parts, and only who cuts it up can fill in the checksums. */
    bool gso4 = (wanted & AT_NETFRONT_GSO4) && h->offers[AT_NETFRONT_OFFERS_GSO4] == 1 && parts && csum4;
    bool gso6 = (wanted & AT_NETFRONT_GSO6) && h->offers[AT_NETFRONT_OFFERS_GSO6] == 1 && parts && csum6;

    for (unsigned i = 0; i < AT_NETFRONT_OFFERS; i++)
        offered |= (unsigned)(h->offers[i] == 1) << i;
    h->nf->offered = (uint8_t)offered;
    if (h->nf->config.tx != NULL)
        h->nf->info.features = (uint16_t)((parts ? AT_NETDEV_TX_PARTS : 0u) | (csum4 ? AT_NETDEV_TX_CSUM4 : 0u) |
                                          (csum6 ? AT_NETDEV_TX_CSUM6 : 0u) | (gso4 ? AT_NETDEV_TX_GSO4 : 0u) |
                                          (gso6 ? AT_NETDEV_TX_GSO6 : 0u));
    return parts ? XEN_NETIF_MAX_TX_SIZE : AT_NETFRONT_PAGE_SIZE;
}

const struct at_netfront_offload *at_netfront_offload(void)
{
    static const struct at_netfront_offload offload = {
        .is_valid = is_valid,
        .ask = ask,
        .accept = accept,
        .recv = at_netfront_recv_parts,
    };

    return &offload;
}
