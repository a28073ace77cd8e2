/* SPDX-License-Identifier: ISC */
/* What the cases of the contract have in common: frames that are known again, sent and received. */
#include <atman/base/bits.h>

#include <string.h>

#include "frames.h"

uint64_t contract_deadline(const struct at_netdev_contract_env *e)
{
    return e->deadline_ns != NULL ? e->deadline_ns(e->ctx) : 0;
}

bool contract_arrives(const struct at_netdev_contract_env *e)
{
    return e->arrival.ops != NULL;
}

/* 0x88b5 is the type for local experiments (IEEE 802). */
uint8_t *contract_fill(const struct at_netdev_contract_env *e, uint8_t *at, uint32_t size, uint8_t seed)
{
    const struct at_netdev_info *to = at_netdev_info(contract_arrives(e) ? e->arrival : e->dev);

    memcpy(at, to->mac, AT_NETDEV_MAC_SIZE);
    memcpy(at + AT_NETDEV_MAC_SIZE, at_netdev_info(e->dev)->mac, AT_NETDEV_MAC_SIZE);
    at[12] = 0x88;
    at[13] = 0xb5;
    for (uint32_t i = AT_NETDEV_HEADER_SIZE; i < size; i++)
        at[i] = (uint8_t)(seed + i + (i >> 8));
    return at;
}

bool contract_is_filled(const struct contract_received *frame, uint32_t size, uint8_t seed)
{
    if (frame->size != size)
        return false;
    for (uint32_t i = AT_NETDEV_HEADER_SIZE; i < size; i++) {
        if (frame->data[i] != (uint8_t)(seed + i + (i >> 8)))
            return false;
    }
    return true;
}

at_status contract_send(const struct at_netdev_contract_env *e, const struct at_netdev_frame *frame)
{
    uint64_t end = contract_deadline(e);
    at_status status = at_netdev_send(e->dev, frame);

    while (status == AT_AGAIN && at_netdev_wait(e->dev, AT_NETDEV_TX, end) == AT_OK)
        status = at_netdev_send(e->dev, frame);
    at_netdev_flush(e->dev);
    return status;
}

at_status contract_send_one(const struct at_netdev_contract_env *e, uint32_t size, uint8_t seed)
{
    const struct at_netdev_piece piece = {contract_fill(e, e->memory, size, seed), size};
    const struct at_netdev_frame frame = {.pieces = &piece, .count = 1};

    return contract_send(e, &frame);
}

size_t contract_copy_out(struct contract_received *frame, const struct at_netdev_part *parts)
{
    size_t n = 0;

    frame->size = 0;
    frame->flags = (uint16_t)(parts[0].flags & ~AT_NETDEV_MORE);
    frame->gso_size = parts[0].gso_size;
    do {
        if (frame->size + parts[n].size <= sizeof frame->data)
            memcpy(frame->data + frame->size, parts[n].data, parts[n].size);
        frame->size += parts[n].size;
    } while (parts[n++].flags & AT_NETDEV_MORE);
    frame->parts = (uint32_t)n;
    return n;
}

/* Whether these parts are a frame of somebody else's. */
static bool is_noise(const struct at_netdev_contract_env *e, const struct at_netdev_part *part)
{
    return e->noisy && (part->size < AT_NETDEV_HEADER_SIZE || part->data[12] != 0x88 || part->data[13] != 0xb5);
}

size_t contract_receive(const struct at_netdev_contract_env *e, struct contract_received *frames, size_t want,
                        struct at_netdev_part *held)
{
    struct at_netdev_part parts[AT_NETDEV_PARTS_MAX];
    uint64_t end = contract_deadline(e);
    size_t got = 0, count = 0;

    for (;;) {
        if (at_netdev_recv(e->arrival, parts, AT_NETDEV_PARTS_MAX, &count) != AT_OK)
            return got;
        for (size_t i = 0, n; i < count; i += n) {
            struct contract_received spare;
            bool noise = is_noise(e, &parts[i]);

            n = contract_copy_out(!noise && got < want ? &frames[got] : &spare, &parts[i]);
            if (held != NULL && !noise && got < want)
                held[got] = parts[i];
            else
                at_netdev_release(e->arrival, &parts[i], n);
            got += !noise;
        }
        if (got >= want)
            return got;
        if (count == 0 && at_netdev_wait(e->arrival, AT_NETDEV_RX, end) != AT_OK)
            return got;
    }
}

size_t contract_get_cookies(const struct at_netdev_contract_env *e, size_t want)
{
    uint64_t end = contract_deadline(e);
    size_t got = 0;

    while (got < want) {
        void *done[3];
        size_t count;

        if (at_netdev_tx_done(e->dev, done, AT_COUNT_OF(done), &count) != AT_OK)
            return got;
        for (size_t i = 0; i < count; i++)
            ++*(uint8_t *)done[i];
        got += count;
        if (count == 0 && at_netdev_wait(e->dev, AT_NETDEV_DONE, end) != AT_OK)
            return got;
    }
    return got;
}
