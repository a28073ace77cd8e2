/* SPDX-License-Identifier: ISC */
/* What a person wants to know when nothing arrives. Without printf, which is larger than the driver. */
#include <string.h>

#include <atman/base/bits.h>
#include <atman/xen/abi.h>
#include <atman/xen/ring.h>

#include "internal.h"

struct text {
    char *at;
    size_t left;
};

static void put(struct text *t, const char *word)
{
    size_t size = strlen(word);

    size = size < t->left ? size : t->left;
    memcpy(t->at, word, size);
    t->at += size;
    t->left -= size;
}

static void put_number(struct text *t, const char *before, uint32_t value, const char *after)
{
    char digits[AT_XENSTORE_U32_SIZE];

    at_xenstore_format_u32(digits, value);
    put(t, before);
    put(t, digits);
    put(t, after);
}

static void put_bits(struct text *t, const char *const *names, size_t count, uint32_t bits)
{
    if (bits == 0)
        put(t, " none");
    for (size_t i = 0; i < count; i++) {
        if (bits >> i & 1) {
            put(t, " ");
            put(t, names[i]);
        }
    }
    put(t, "\n");
}

/* The state that the back-end should be in or come to; of a device that did not open, what was waited for last. */
static enum at_xenbus_state expected_state(const struct at_netfront *nf)
{
    if (nf->phase == AT_NETFRONT_DONE)
        return at_netfront_has_carrier(nf) ? AT_XENBUS_CONNECTED : AT_XENBUS_CLOSED;
    return at_xenbus_backend_state(&nf->bus) < AT_XENBUS_INIT_WAIT ? AT_XENBUS_INIT_WAIT : AT_XENBUS_CONNECTED;
}

static void put_state(struct text *t, const struct at_netfront *nf)
{
    static const char *const phases[] = {"done", "device", "memory", "connect", "features"};

    put(t, nf->dir);
    if (!nf->taken)
        put(t, ": not open, last phase ");
    else if (nf->ended != AT_OK)
        put(t, ": ended, phase ");
    else
        put(t, at_netfront_has_carrier(nf) ? ": open, carrier on, phase " : ": open, carrier off, phase ");
    put(t, phases[nf->phase]);
    put(t, ", status ");
    put(t, at_status_name(nf->ended));
    put(t, "\nback-end ");
    put(t, nf->bus.backend);
    put(t, ": ");
    put(t, at_xenbus_state_name(at_xenbus_backend_state(&nf->bus)));
    put(t, at_xenbus_has_news(&nf->bus) ? ", changed since; expected " : "; expected ");
    put(t, at_xenbus_state_name(expected_state(nf)));
    put(t, "\n");
}

static void put_features(struct text *t, const struct at_netfront *nf)
{
    static const char *const ours[] = {"sg", "csum", "gso4", "gso6"};
    static const char *const theirs[AT_NETFRONT_OFFERS] = {
        [AT_NETFRONT_OFFERS_SG] = "sg",
        [AT_NETFRONT_OFFERS_GSO4] = "gso4",
        [AT_NETFRONT_OFFERS_GSO6] = "gso6",
        [AT_NETFRONT_OFFERS_CSUM6] = "csum6",
        [AT_NETFRONT_OFFERS_NO_CSUM4] = "no-csum4",
    };
    static const char *const agreed[] = {"shared", "parts", "csum4", "csum6", "gso4", "gso6"};

    put(t, "features asked for:");
    put_bits(t, ours, AT_COUNT_OF(ours), nf->config.features);
    put(t, "features offered:");
    put_bits(t, theirs, AT_COUNT_OF(theirs), nf->offered);
    put(t, "features to send with:");
    put_bits(t, agreed, AT_COUNT_OF(agreed), nf->info.features);
}

static void put_ring(struct text *t, const struct at_xen_ring *ring, uint32_t waiting)
{
    put_number(t, " requests ", ring->requests, "");
    put_number(t, ", shown ", ring->pushed, "");
    put_number(t, ", answers taken ", ring->responses, "");
    put_number(t, ", waiting ", waiting, "\n");
}

static void put_rx(struct text *t, const struct at_netfront *nf)
{
    static const char *const next[] = {"a frame", "a part", "an extra", "an extra, then a part"};
    uint32_t held = 0, waiting = at_netfront_unread(&nf->rx, &nf->ring_pages[0]);

    for (uint32_t i = 0; i < nf->config.rx_buffers; i++)
        held += nf->config.buffers[i].owner == AT_NETFRONT_USER;
    put(t, "rx:");
    put_ring(t, &nf->rx, waiting);
    put_number(t, "rx: ", held, " buffers with the user, ");
    put_number(t, "", nf->rx_begun, " in a frame that has begun, next is ");
    put(t, next[nf->rx_next]);
    put(t, "\n");
    if (nf->ended != AT_OK)
        return;
    if (held == nf->config.rx_buffers)
        put(t, "rx: the user holds every buffer\n");
    else if (waiting > 0)
        put(t, "rx: the user does not take what is there\n");
    else if (nf->rx.pushed == nf->rx.responses)
        put(t, "rx: the back-end has no buffer; those given back are not shown\n");
    else
        put(t, "rx: the back-end has buffers and fills none\n");
}

static void put_tx(struct text *t, const struct at_netfront *nf)
{
    uint32_t waiting = at_netfront_unread(&nf->tx, &nf->ring_pages[1]);

    if (nf->config.tx == NULL)
        return;
    put(t, "tx:");
    put_ring(t, &nf->tx, waiting);
    put_number(t, "tx: ", nf->tx_free_slots, " slots and ");
    put_number(t, "", nf->tx_free_buffers, " buffers free; wanted ");
    put_number(t, "", nf->tx_want_slots, " and ");
    put_number(t, "", nf->tx_want_buffers, "\n");
    if (nf->ended != AT_OK)
        return;
    if (nf->tx.requests != nf->tx.pushed)
        put(t, "tx: the user has not flushed\n");
    else if (waiting == 0 && nf->tx.pushed != nf->tx.responses)
        put(t, "tx: the back-end has frames and answers none\n");
    if (nf->tx_done != AT_NETFRONT_NONE)
        put(t, "tx: the user has not taken its cookies\n");
}

static void put_drops(struct text *t, const struct at_netdev_stats *stats)
{
    static const char *const why[AT_NETDEV_DROP_COUNT] = {
        [AT_NETDEV_DROP_RX_ERROR] = " rx error ",  [AT_NETDEV_DROP_RX_EMPTY] = ", rx empty ",
        [AT_NETDEV_DROP_RX_PARTS] = ", rx parts ", [AT_NETDEV_DROP_RX_CHECKSUM] = ", rx checksum ",
        [AT_NETDEV_DROP_TX_ERROR] = ", tx error ",
    };

    put(t, "dropped:");
    for (unsigned i = 0; i < AT_NETDEV_DROP_COUNT; i++)
        put_number(t, why[i], stats->dropped[i] < UINT32_MAX ? (uint32_t)stats->dropped[i] : UINT32_MAX, "");
    put(t, "\n");
}

size_t at_netfront_report(const struct at_netfront *nf, char *text, size_t capacity)
{
    struct text t = {text, capacity - 1};

    put_state(&t, nf);
    put_features(&t, nf);
    put_rx(&t, nf);
    put_tx(&t, nf);
    put_drops(&t, &nf->stats);
    put_number(&t, "port ", nf->port, ", told the back-end ");
    put_number(&t, "", (uint32_t)nf->front_stats.notifies, " times\n");
    *t.at = '\0';
    return (size_t)(t.at - text);
}
