/* SPDX-License-Identifier: ISC */
/* From nothing to Connected: the driver's part of the handshake whose order is xenbus's. */
#include <string.h>

#include <atman/base/bits.h>
#include <atman/xen/event.h>

#include "internal.h"

#define MTU_DEFAULT 1500u
#define MTU_LEAST 68u /* RFC 791 */
#define HEADERS (AT_NETDEV_HEADER_SIZE + 4u) /* with a VLAN tag */

/* What goes through XenStore. Lives as long as at_netfront_open() runs. */
struct handshake {
    struct at_netfront *nf;
    char mac[sizeof "00:16:3e:00:00:00"];
    uint32_t mtu;
    uint32_t rx_copy;
    uint32_t one;
};

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

static bool describe(struct at_netfront *nf, const struct handshake *h)
{
    uint32_t mtu = h->mtu;

    if (mtu < MTU_LEAST || mtu > AT_NETFRONT_PAGE_SIZE - HEADERS)
        mtu = MTU_DEFAULT; /* netif.h: a front-end is free to ignore it */
    nf->info.mtu = (uint16_t)mtu;
    nf->info.max_frame = (uint16_t)(mtu + HEADERS);
    nf->info.flags = AT_NETDEV_SHARED;
    nf->info.rx_buffers = nf->config.rx_buffers;
    nf->info.tx_buffers = nf->config.tx_buffers;
    return parse_mac(nf->info.mac, h->mac);
}

/* xenbus has read the device's own keys and knows whose grants and port these will be. */
static at_status prepare(void *ctx, uint16_t backend_id)
{
    struct handshake *h = ctx;
    struct at_netfront *nf = h->nf;
    at_status status;

    if (!describe(nf, h))
        return AT_PROTOCOL;
    nf->phase = AT_NETFRONT_MEMORY;
    nf->peer = backend_id;
    status = at_netfront_buffers_give(nf);
    if (status == AT_OK)
        status = at_xen_event_alloc_unbound(nf->config.events, &nf->port, backend_id);
    if (status == AT_OK)
        status = at_xen_event_handle(nf->config.events, nf->port, at_netfront_on_event, nf);
    if (status == AT_OK)
        status = at_netfront_rx_start(nf, nf->config.ring_start);
    if (status == AT_OK)
        status = at_netfront_tx_start(nf, nf->config.ring_start);
    if (status != AT_OK)
        return status;
    nf->phase = AT_NETFRONT_CONNECT;
    return AT_OK;
}

static at_status accept(void *ctx)
{
    struct handshake *h = ctx;

    h->nf->phase = AT_NETFRONT_FEATURES;
    return h->rx_copy == 1 ? AT_OK : AT_UNSUPPORTED;
}

static at_status connect(struct at_netfront *nf)
{
    struct handshake h = {.nf = nf, .mtu = MTU_DEFAULT, .one = 1};
    struct at_xenbus_key own[] = {
        {.name = "mac", .text = h.mac, .capacity = sizeof h.mac},
        {.name = "mtu", .number = &h.mtu, .optional = true},
    };
    struct at_xenbus_key publish[] = {
        {.name = "tx-ring-ref", .number = &nf->ring_pages[1].grant},
        {.name = "rx-ring-ref", .number = &nf->ring_pages[0].grant},
        {.name = "event-channel", .number = &nf->port},
        {.name = "request-rx-copy", .number = &h.one},
        {.name = "feature-rx-notify", .number = &h.one},
        {.name = "feature-no-csum-offload", .number = &h.one},
    };
    struct at_xenbus_key backend[] = {
        {.name = "feature-rx-copy", .number = &h.rx_copy, .optional = true},
    };
    const struct at_xenbus_device device = {
        .own = own,
        .own_count = AT_COUNT_OF(own),
        .publish = publish,
        .publish_count = AT_COUNT_OF(publish),
        .backend = backend,
        .backend_count = AT_COUNT_OF(backend),
        .prepare = prepare,
        .accept = accept,
        .ctx = &h,
    };

    nf->bus.changed = at_netfront_on_event;
    nf->bus.changed_ctx = nf;
    return at_xenbus_connect(&nf->bus, nf->config.store, nf->dir, &device,
                             at_clock_after(at_wait_now(nf->config.wait), nf->config.timeout_ns));
}

static bool is_valid(const struct at_netfront_config *config)
{
    return config->store != NULL && config->events != NULL && config->grants != NULL && config->pages.ops != NULL &&
           config->wait.ops != NULL && config->buffers != NULL && config->rx_buffers >= 1 &&
           config->rx_buffers <= AT_NETFRONT_BUFFERS_MAX && config->tx_buffers >= 1 &&
           config->tx_buffers <= AT_NETFRONT_BUFFERS_MAX;
}

at_status at_netfront_open(struct at_netfront *nf, const struct at_netfront_config *config)
{
    at_status status;

    if (nf->taken || !is_valid(config))
        return AT_INVALID;
    memset(nf, 0, sizeof *nf);
    nf->config = *config;
    memset(config->buffers, 0, ((size_t)config->rx_buffers + config->tx_buffers) * sizeof *config->buffers);
    memcpy(nf->dir, "device/vif/", 11);
    at_xenstore_format_u32(nf->dir + 11, config->index);

    nf->taken = true;
    nf->phase = AT_NETFRONT_DEVICE;
    status = connect(nf);
    if (status == AT_OK) {
        nf->phase = AT_NETFRONT_DONE;
        return AT_OK;
    }
    nf->ended = AT_CLOSED;
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
