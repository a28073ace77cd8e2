/* SPDX-License-Identifier: ISC */
#include "queues.h"

#include <string.h>

#include <atman/base/bits.h>
#include <atman/netdev/group.h>

#include "segments.h"

#define FLOWS 16u
#define FRAMES 8u /* of each flow */
#define FIRST_PORT 1000u
#define PORT_AT (14u + 20u) /* of UDP over IPv4 without options */
#define PAYLOAD 100u
#define GROUP_FRAME 60u
#define TRIES 50
#define GROUP_TYPE 0x88b5u /* for experiments: IEEE 802 */

static void queues_and_channels_are_negotiated(struct at_contract *t, void *env)
{
    const struct queues_env *e = env;

    AT_CHECK_EQ(t, at_netfront_queues_count(e->sender), QUEUES);
    AT_CHECK_EQ(t, at_netfront_queues_count(e->receiver), QUEUES);
    AT_CHECK(t, at_netfront_queues_is_split(e->sender));
    AT_CHECK(t, at_netfront_queues_is_split(e->receiver));
}

static uint64_t sent_by(const struct at_netfront_queues *device, unsigned i)
{
    struct at_netdev_stats stats;

    at_netdev_stats(at_netfront_netdev(&device->config.queues[i].front), &stats);
    return stats.tx_frames;
}

/* Frame `n` of a flow; the number is its last byte. */
static at_status send(const struct at_netdev_contract_env *e, unsigned flow, uint8_t n)
{
    struct segment out = {.payload = PAYLOAD};
    struct at_netdev_piece piece = {e->memory, 0};
    const struct at_netdev_frame frame = {.pieces = &piece, .count = 1, .flags = AT_NETDEV_CSUM_BLANK};

    memcpy(out.to, at_netdev_info(e->arrival)->mac, sizeof out.to);
    memcpy(out.from, at_netdev_info(e->dev)->mac, sizeof out.from);
    piece.size = segment_make(e->memory, &out);
    e->memory[PORT_AT] = (uint8_t)((FIRST_PORT + flow) >> 8);
    e->memory[PORT_AT + 1] = (uint8_t)(FIRST_PORT + flow);
    e->memory[piece.size - 1] = n;
    return at_netdev_send(e->dev, &frame);
}

/* Judges what arrived: the next frame of its flow, or another's. Returns whether it was one of ours. */
static bool judge(struct at_contract *t, const struct at_netdev_part *part, uint8_t *next)
{
    uint8_t head[PORT_AT + 2];
    unsigned flow;

    if (part->size <= sizeof head)
        return false;
    memcpy(head, part->data, sizeof head);
    flow = (unsigned)(head[PORT_AT] << 8 | head[PORT_AT + 1]) - FIRST_PORT;
    if (head[12] != 0x08 || head[13] != 0x00 || head[23] != 17 || flow >= FLOWS)
        return false;
    AT_CHECK_EQ(t, part->data[part->size - 1], next[flow]);
    next[flow]++;
    return true;
}

static void flows_are_spread_and_keep_their_order(struct at_contract *t, void *env)
{
    const struct queues_env *q = env;
    const struct at_netdev_contract_env *e = &q->contract;
    uint64_t before[QUEUES], end = e->deadline_ns(e->ctx);
    uint8_t next[FLOWS] = {0};
    unsigned arrived = 0;

    for (unsigned i = 0; i < QUEUES; i++)
        before[i] = sent_by(q->sender, i);
    for (uint8_t n = 0; n < FRAMES; n++) {
        for (unsigned flow = 0; flow < FLOWS; flow++) {
            while (send(e, flow, n) == AT_AGAIN)
                AT_REQUIRE(t, at_netdev_wait(e->dev, AT_NETDEV_TX, end) == AT_OK);
        }
        at_netdev_flush(e->dev);
        while (arrived < (n + 1u) * FLOWS && at_netdev_wait(e->arrival, AT_NETDEV_RX, end) == AT_OK) {
            struct at_netdev_part parts[2 * AT_NETDEV_PARTS_MAX];
            size_t count;

            AT_REQUIRE(t, at_netdev_recv(e->arrival, parts, AT_COUNT_OF(parts), &count) == AT_OK);
            for (size_t i = 0; i < count; i++)
                arrived += judge(t, &parts[i], next);
            at_netdev_release(e->arrival, parts, count);
        }
    }
    AT_CHECK_EQ(t, arrived, FLOWS * FRAMES);
    for (unsigned i = 0; i < QUEUES; i++)
        AT_CHECK(t, sent_by(q->sender, i) > before[i]);
}

/* Whether a frame to `group`, sent now, arrives; one to the receiver's own address that is sent behind it shows when.
 */
static bool arrives(struct at_contract *t, const struct at_netdev_contract_env *e, const uint8_t *group)
{
    const struct at_netdev_piece piece = {e->memory, GROUP_FRAME};
    const struct at_netdev_frame frame = {.pieces = &piece, .count = 1};
    uint64_t end = e->deadline_ns(e->ctx);
    bool seen = false, ended = false;

    memset(e->memory, 0, GROUP_FRAME);
    memcpy(e->memory + AT_NETDEV_MAC_SIZE, at_netdev_info(e->dev)->mac, AT_NETDEV_MAC_SIZE);
    e->memory[12] = GROUP_TYPE >> 8;
    e->memory[13] = (uint8_t)GROUP_TYPE;
    memcpy(e->memory, group, AT_NETDEV_MAC_SIZE);
    AT_CHECK(t, at_netdev_send(e->dev, &frame) == AT_OK);
    memcpy(e->memory, at_netdev_info(e->arrival)->mac, AT_NETDEV_MAC_SIZE);
    AT_CHECK(t, at_netdev_send(e->dev, &frame) == AT_OK);
    at_netdev_flush(e->dev);
    while (!ended && at_netdev_wait(e->arrival, AT_NETDEV_RX, end) == AT_OK) {
        struct at_netdev_part parts[2 * AT_NETDEV_PARTS_MAX];
        size_t count;

        if (at_netdev_recv(e->arrival, parts, AT_COUNT_OF(parts), &count) != AT_OK)
            break;
        for (size_t i = 0; i < count; i++) {
            const uint8_t *data = parts[i].data;

            if (parts[i].size < GROUP_FRAME || data[12] != GROUP_TYPE >> 8 || data[13] != (uint8_t)GROUP_TYPE)
                continue;
            seen |= memcmp(data, group, AT_NETDEV_MAC_SIZE) == 0;
            ended |= memcmp(data, at_netdev_info(e->arrival)->mac, AT_NETDEV_MAC_SIZE) == 0;
        }
        at_netdev_release(e->arrival, parts, count);
    }
    AT_CHECK(t, ended);
    return seen;
}

/* Joins or leaves, and sees that it has come true soon: the back-end takes the request when it comes to it. */
static void change(struct at_contract *t, const struct at_netdev_contract_env *e, const uint8_t *group, bool joins)
{
    at_status status = joins ? at_netdev_group_join(e->arrival, group) : at_netdev_group_leave(e->arrival, group);
    bool done = false;

    AT_CHECK(t, status == AT_OK);
    at_netdev_flush(e->arrival);
    for (int i = 0; i < TRIES && !done; i++)
        done = arrives(t, e, group) == joins;
    AT_CHECK(t, done);
}

static void groups_are_delivered_while_they_are_joined(struct at_contract *t, void *env)
{
    static const uint8_t everybody[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t groups[2][AT_NETDEV_MAC_SIZE] = {{0x33, 0x33, 0, 0, 0x12, 0x34}, {0x01, 0, 0x5e, 1, 2, 3}};
    const struct queues_env *q = env;
    const struct at_netdev_contract_env *e = &q->contract;

    AT_REQUIRE(t, at_netfront_queues_filters(q->receiver));
    AT_CHECK(t, arrives(t, e, everybody));
    for (int i = 0; i < 2; i++) {
        AT_CHECK(t, !arrives(t, e, groups[i]));
        change(t, e, groups[i], true);
        AT_CHECK(t, !arrives(t, e, groups[1 - i]));
        change(t, e, groups[i], false);
    }
}

const struct at_contract_case queues_cases[] = {
    {"QueuesAndChannels_AreNegotiated", queues_and_channels_are_negotiated},
    {"Flows_AreSpread_AndKeepTheirOrder", flows_are_spread_and_keep_their_order},
    {"Groups_AreDelivered_WhileTheyAreJoined", groups_are_delivered_while_they_are_joined},
};
const size_t queues_case_count = AT_COUNT_OF(queues_cases);
