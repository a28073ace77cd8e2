/* SPDX-License-Identifier: ISC */
/* From nothing to Connected: the driver's part of the handshake whose order is xenbus's. */
#include <string.h>

#include <atman/base/bits.h>
#include <atman/xen/abi.h>
#include <atman/xen/event.h>
#include <atman/xen/ring.h>

#include <xen/io/netif.h>

#include "internal.h"

#define MTU_DEFAULT 1500u
#define MTU_LEAST 68u                        /* RFC 791 */
#define HEADERS (AT_NETDEV_HEADER_SIZE + 4u) /* with a VLAN tag */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads "00:16:3e:00:00:00" and nothing else; a group address is nobody's own. */
static bool parse_mac(uint8_t mac[AT_NETDEV_MAC_SIZE], const char *text)
{
    for (int i = 0; i < AT_NETDEV_MAC_SIZE; i++, text += 3) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);

        if (low < 0 || text[2] != (i == AT_NETDEV_MAC_SIZE - 1 ? '\0' : ':'))
            return false;
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return (mac[0] & 1) == 0;
}

/* Says what the device is, once the back-end has said what it can: frames of up to `most` bytes. */
static void describe(struct at_netfront *nf, uint32_t mtu, uint32_t most)
{
    if (nf->config.tx != NULL && nf->config.tx_buffers < most / AT_NETFRONT_PAGE_SIZE + 1)
        most = nf->config.tx_buffers * AT_NETFRONT_PAGE_SIZE; /* all of a frame may have to be copied */
    if (mtu < MTU_LEAST || mtu > most - HEADERS)
        mtu = MTU_DEFAULT; /* netif.h: a front-end is free to ignore it */
    nf->info.mtu = (uint16_t)mtu;
    nf->info.rx_buffers = nf->config.rx_buffers;
    nf->info.features |= AT_NETDEV_SHARED;
    if (nf->config.tx == NULL)
        return;
    nf->info.max_frame = mtu + HEADERS;
    nf->info.tx_slots = nf->config.tx_slots;
    if (nf->info.features & (AT_NETDEV_TX_GSO4 | AT_NETDEV_TX_GSO6))
        nf->info.max_gso = most;
}

/* Makes both rings, also on a device that only receives: the back-end wants to see two. */
at_status at_netfront_init_rings(struct at_netfront *nf)
{
    struct at_xen_ring_config config = {
        .shared = nf->ring_pages[0].page,
        .entries = AT_NETFRONT_BUFFERS_MAX,
        .entry_size = sizeof(union netif_rx_sring_entry),
        .request_size = sizeof(struct netif_rx_request),
        .response_size = sizeof(struct netif_rx_response),
        .start = nf->config.ring_start,
    };
    at_status status = at_xen_ring_init(&nf->rx, &config);

    config.shared = nf->ring_pages[1].page;
    config.entry_size = sizeof(union netif_tx_sring_entry);
    config.request_size = sizeof(struct netif_tx_request);
    config.response_size = sizeof(struct netif_tx_response);
    return status == AT_OK ? at_xen_ring_init(&nf->tx, &config) : status;
}

/* What is published, in this order: two grants, the port, and what we can take. */
static const char published[] = "tx-ring-ref\0"
                                "rx-ring-ref\0"
                                "event-channel\0"
                                "request-rx-copy\0"
                                "feature-rx-notify\0"
                                "feature-no-csum-offload\0"
                                "feature-sg\0"
                                "feature-ipv6-csum-offload\0"
                                "feature-gso-tcpv4\0"
                                "feature-gso-tcpv6";

/*
 * The values. Also of what we cannot take: whoever had the device before (a boot loader, we ourselves) may have said
 * otherwise, and such keys stay.
 */
static void fill_in(const struct at_netfront *nf, uint32_t *value)
{
    unsigned features = nf->config.features;

    *value++ = nf->ring_pages[1].grant;
    *value++ = nf->ring_pages[0].grant;
    *value++ = nf->port;
    *value++ = 1;
    *value++ = 1;
    *value++ = (features & AT_NETFRONT_CSUM) == 0;
    for (; features != 0; features >>= 1) /* the others are AT_NETFRONT_SG and so on, bit by bit */
        *value++ = features & 1;
}

at_status at_netfront_publish(struct at_netfront_handshake *h)
{
    struct at_netfront *nf = h->nf;
    at_status status = at_xen_event_alloc_unbound(nf->config.events, &nf->port, nf->peer);

    if (status == AT_OK)
        status = at_xen_event_handle(nf->config.events, nf->port, at_netfront_on_event, nf);
    if (status != AT_OK)
        return status;
    fill_in(nf, h->published);
    nf->phase = AT_NETFRONT_CONNECT;
    return AT_OK;
}

/* xenbus has read the device's own keys and knows whose grants and port these will be. */
static at_status prepare(void *ctx, uint16_t backend_id)
{
    struct at_netfront_handshake *h = ctx;
    struct at_netfront *nf = h->nf;
    at_status status;

    if (!parse_mac(nf->info.mac, h->mac))
        return AT_PROTOCOL;
    nf->phase = AT_NETFRONT_MEMORY;
    nf->peer = backend_id;
    status = at_netfront_buffers_give(nf);
    if (status == AT_OK)
        status = at_netfront_init_rings(nf);
    if (status != AT_OK)
        return status;
    at_netfront_rx_start(nf);
    if (nf->config.tx != NULL)
        status = nf->config.tx->open(nf);
    return status == AT_OK ? at_netfront_publish(h) : status;
}

at_status at_netfront_accept(void *ctx)
{
    struct at_netfront_handshake *h = ctx;
    const struct at_netfront_offload *offload = h->nf->config.offload;

    h->nf->phase = AT_NETFRONT_FEATURES;
    describe(h->nf, h->mtu, offload != NULL ? offload->accept(h) : AT_NETFRONT_PAGE_SIZE);
    return h->rx_copy == 1 ? AT_OK : AT_UNSUPPORTED;
}

void at_netfront_ask(struct at_netfront_handshake *h, const char *name, uint32_t *number)
{
    struct at_xenbus_key *key = &h->device.backend[h->device.backend_count++];

    key->name = name;
    key->number = number;
    key->optional = true;
}

at_status at_netfront_connect(struct at_netfront *nf, at_status (*prepare_fn)(void *ctx, uint16_t backend_id),
                              at_status (*accept_fn)(void *ctx))
{
    const char *name = published;
    struct at_netfront_handshake h = {.nf = nf, .mtu = MTU_DEFAULT};
    struct at_xenbus_key own[] = {
        {.name = "mac", .text = h.mac, .capacity = sizeof h.mac},
        {.name = "mtu", .number = &h.mtu, .optional = true},
    };

    h.device.own = own;
    h.device.own_count = AT_COUNT_OF(own);
    h.device.publish = h.publish;
    h.device.publish_count = AT_NETFRONT_PUBLISHED;
    h.device.backend = h.backend;
    h.device.prepare = prepare_fn;
    h.device.accept = accept_fn;
    h.device.ctx = &h;
    for (size_t i = 0; i < AT_NETFRONT_PUBLISHED; i++, name += strlen(name) + 1) {
        h.publish[i].name = name;
        h.publish[i].number = &h.published[i];
    }
    at_netfront_ask(&h, "feature-rx-copy", &h.rx_copy);
    if (nf->config.offload != NULL)
        nf->config.offload->ask(&h);
    nf->bus.changed = at_netfront_on_event;
    nf->bus.changed_ctx = nf;
    return at_xenbus_connect(&nf->bus, nf->config.store, nf->dir, &h.device,
                             at_clock_after(at_wait_now(nf->config.wait), nf->config.timeout_ns));
}

static bool is_valid_tx(const struct at_netfront_config *config)
{
    if (config->tx == NULL)
        return config->tx_buffers == 0 && config->tx_slots == 0 && config->shared.pages == 0;
    return config->tx_buffers >= 1 && config->tx_buffers <= AT_NETFRONT_BUFFERS_MAX && config->slots != NULL &&
           config->tx_slots >= 1 && config->tx_slots <= AT_NETFRONT_BUFFERS_MAX &&
           (config->shared.pages == 0 || (config->shared.base != NULL && config->shared.grants != NULL &&
                                          (uintptr_t)config->shared.base % AT_NETFRONT_PAGE_SIZE == 0));
}

static bool is_valid(const struct at_netfront_config *config)
{
    return config->store != NULL && config->events != NULL && config->grants != NULL && config->pages.ops != NULL &&
           config->wait.ops != NULL && config->buffers != NULL && config->rx_buffers >= 1 &&
           config->rx_buffers <= AT_NETFRONT_BUFFERS_MAX && is_valid_tx(config) &&
           (config->offload != NULL ? config->offload->is_valid(config) : config->features == 0);
}

at_status at_netfront_open(struct at_netfront *nf, const struct at_netfront_config *config)
{
    at_status status;

    if (nf->taken || !is_valid(config))
        return AT_INVALID;
    __builtin_memset(nf, 0, sizeof *nf); /* in place, which freestanding code would not be: it takes less than a call */
    nf->config = *config;
    memset(config->buffers, 0, ((size_t)config->rx_buffers + config->tx_buffers) * sizeof *config->buffers);
    if (config->shared.pages > 0) /* 0 is nobody's grant: Xen reserves it */
        memset(config->shared.grants, 0, config->shared.pages * sizeof *config->shared.grants);
    __builtin_memcpy(nf->dir, "device/vif/", 11);
    at_xenstore_format_u32(nf->dir + 11, config->index);

    nf->taken = true;
    nf->phase = AT_NETFRONT_DEVICE;
    status = at_netfront_connect(nf, prepare, at_netfront_accept);
    if (status == AT_OK) {
        nf->phase = AT_NETFRONT_DONE;
        return AT_OK;
    }
    (void)at_netfront_close(nf, 0); /* what cannot be taken back is counted, and the caller is told why it failed */
    return status;
}

const char *at_netfront_backend(const struct at_netfront *nf)
{
    return nf->bus.backend;
}

enum at_netfront_phase at_netfront_phase(const struct at_netfront *nf)
{
    return (enum at_netfront_phase)nf->phase;
}
