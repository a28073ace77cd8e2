/* SPDX-License-Identifier: ISC */
#include <atman/testing/netdev_contract.h>

#include <atman/base/bits.h>

#include <string.h>

#define BATCH 16

/* A frame with a recognisable body, from the device to itself; 0x88b5 is the type for local experiments (IEEE 802). */
static void fill(struct at_netdev dev, struct at_netdev_frame *frame, uint32_t size, uint8_t seed)
{
    memcpy(frame->data, at_netdev_info(dev)->mac, AT_NETDEV_MAC_SIZE);
    memcpy(frame->data + AT_NETDEV_MAC_SIZE, at_netdev_info(dev)->mac, AT_NETDEV_MAC_SIZE);
    frame->data[12] = 0x88;
    frame->data[13] = 0xb5;
    for (uint32_t i = AT_NETDEV_HEADER_SIZE; i < size; i++)
        frame->data[i] = (uint8_t)(seed + i);
    frame->size = size;
}

static bool is_filled(const struct at_netdev_frame *frame, uint32_t size, uint8_t seed)
{
    if (frame->size != size || frame->data[12] != 0x88 || frame->data[13] != 0xb5)
        return false;
    for (uint32_t i = AT_NETDEV_HEADER_SIZE; i < size; i++) {
        if (frame->data[i] != (uint8_t)(seed + i))
            return false;
    }
    return true;
}

static uint64_t deadline(const struct at_netdev_contract_env *e)
{
    return e->deadline_ns != NULL ? e->deadline_ns(e->ctx) : 0;
}

/* Takes one transmit buffer, waiting for it if need be. */
static bool take_one(const struct at_netdev_contract_env *e, struct at_netdev_frame *frame)
{
    uint64_t end = deadline(e);
    size_t count = 0;

    do {
        if (at_netdev_tx_take(e->dev, frame, 1, &count) != AT_OK)
            return false;
    } while (count == 0 && at_netdev_wait(e->dev, AT_NETDEV_TX, end) == AT_OK);
    return count == 1;
}

/* Takes every transmit buffer there is. The earlier cases' frames may still be under way. */
static size_t take_all(const struct at_netdev_contract_env *e, struct at_netdev_frame *frames, size_t capacity)
{
    size_t total = 0;

    while (total < capacity && take_one(e, &frames[total]))
        total++;
    return total;
}

static bool receive_one(const struct at_netdev_contract_env *e, struct at_netdev_frame *frame)
{
    uint64_t end = deadline(e);
    size_t count = 0;

    do {
        if (at_netdev_recv(e->dev, frame, 1, &count) != AT_OK)
            return false;
    } while (count == 0 && at_netdev_wait(e->dev, AT_NETDEV_RX, end) == AT_OK);
    return count == 1;
}

static bool send_one(const struct at_netdev_contract_env *e, uint32_t size, uint8_t seed)
{
    struct at_netdev_frame frame;

    if (!take_one(e, &frame))
        return false;
    fill(e->dev, &frame, size, seed);
    return at_netdev_send(e->dev, &frame, 1) == AT_OK;
}

static void info_is_sane(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    const struct at_netdev_info *info = at_netdev_info(e->dev);

    AT_CHECK_EQ(t, info->mac[0] & 1, 0); /* a station, not a group */
    AT_CHECK(t, info->mtu >= 68);        /* RFC 791's least */
    AT_CHECK(t, info->max_frame >= info->mtu + AT_NETDEV_HEADER_SIZE + 4);
    AT_CHECK(t, info->rx_buffers > 0);
    AT_CHECK(t, info->tx_buffers > 0);
}

static void no_room_receives_nothing(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    size_t count = 1;

    AT_CHECK_EQ(t, at_netdev_recv(e->dev, NULL, 0, &count), AT_OK);
    AT_CHECK_EQ(t, count, 0);
    at_netdev_release(e->dev, NULL, 0);
}

static void nothing_there_receives_nothing_and_times_out(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct at_netdev_frame frame;
    at_status status = AT_OK;
    size_t count = 1;

    if (!e->echoes)
        return;
    AT_CHECK_EQ(t, at_netdev_recv(e->dev, &frame, 1, &count), AT_OK);
    AT_CHECK_EQ(t, count, 0);
    for (int i = 0; i < 4 && status == AT_OK; i++) /* being woken for nothing is allowed, but not for ever */
        status = at_netdev_wait(e->dev, AT_NETDEV_RX, 0);
    AT_CHECK_EQ(t, status, AT_TIMED_OUT);
}

static void free_buffers_are_found_without_waiting(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct at_netdev_frame frame;

    AT_REQUIRE(t, take_one(e, &frame));
    at_netdev_tx_return(e->dev, &frame, 1);
    AT_CHECK_EQ(t, at_netdev_wait(e->dev, AT_NETDEV_TX, 0), AT_OK);
}

static void buffers_are_distinct_and_have_room(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    const struct at_netdev_info *info = at_netdev_info(e->dev);
    struct at_netdev_frame frames[BATCH];
    size_t want = info->tx_buffers < BATCH ? info->tx_buffers : BATCH;
    size_t count = take_all(e, frames, want);

    AT_CHECK_EQ(t, count, want);
    for (size_t i = 0; i < count; i++) {
        AT_CHECK_EQ(t, frames[i].size, 0);
        fill(e->dev, &frames[i], info->max_frame, (uint8_t)(7 * i));
    }
    for (size_t i = 0; i < count; i++)
        AT_CHECK(t, is_filled(&frames[i], info->max_frame, (uint8_t)(7 * i)));
    at_netdev_tx_return(e->dev, frames, count);
}

static void returned_buffers_come_again(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct at_netdev_frame frame;

    for (unsigned i = 0; i < 2u * at_netdev_info(e->dev)->tx_buffers; i++) {
        AT_REQUIRE(t, take_one(e, &frame));
        at_netdev_tx_return(e->dev, &frame, 1);
    }
}

static void bad_sizes_are_refused_and_stay_held(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct at_netdev_stats before, after;
    struct at_netdev_frame frame;

    AT_REQUIRE(t, take_one(e, &frame));
    at_netdev_stats(e->dev, &before);
    fill(e->dev, &frame, AT_NETDEV_HEADER_SIZE, 1);
    frame.size = AT_NETDEV_HEADER_SIZE - 1;
    AT_CHECK_EQ(t, at_netdev_send(e->dev, &frame, 1), AT_INVALID);
    frame.size = at_netdev_info(e->dev)->max_frame + 1u;
    AT_CHECK_EQ(t, at_netdev_send(e->dev, &frame, 1), AT_TOO_BIG);
    frame.size = UINT32_MAX;
    AT_CHECK_EQ(t, at_netdev_send(e->dev, &frame, 1), AT_TOO_BIG);
    at_netdev_stats(e->dev, &after);
    AT_CHECK_EQ(t, after.tx_frames, before.tx_frames);
    at_netdev_tx_return(e->dev, &frame, 1); /* ends the program unless it is still held */
}

static void one_bad_size_refuses_the_whole_batch(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct at_netdev_stats before, after;
    struct at_netdev_frame frames[2];

    if (at_netdev_info(e->dev)->tx_buffers < 2)
        return;
    AT_REQUIRE(t, take_one(e, &frames[0]) && take_one(e, &frames[1]));
    at_netdev_stats(e->dev, &before);
    fill(e->dev, &frames[0], 60, 1);
    fill(e->dev, &frames[1], 60, 1);
    frames[1].size = 0;
    AT_CHECK_EQ(t, at_netdev_send(e->dev, frames, 2), AT_INVALID);
    at_netdev_stats(e->dev, &after);
    AT_CHECK_EQ(t, after.tx_frames, before.tx_frames);
    at_netdev_tx_return(e->dev, frames, 2);
}

static void frames_of_every_size_arrive_unchanged(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    const uint32_t sizes[] = {AT_NETDEV_HEADER_SIZE, 15, 60, 127, 128, 129, 1000, at_netdev_info(e->dev)->max_frame};
    struct at_netdev_stats before, after;
    struct at_netdev_frame frame;

    for (uint32_t i = 0; e->echoes && i < AT_COUNT_OF(sizes); i++) {
        at_netdev_stats(e->dev, &before);
        AT_REQUIRE(t, send_one(e, sizes[i], (uint8_t)i));
        AT_REQUIRE(t, receive_one(e, &frame));
        AT_CHECK(t, is_filled(&frame, sizes[i], (uint8_t)i));
        at_netdev_release(e->dev, &frame, 1);
        at_netdev_stats(e->dev, &after);
        AT_CHECK_EQ(t, after.tx_frames - before.tx_frames, 1);
        AT_CHECK_EQ(t, after.tx_bytes - before.tx_bytes, sizes[i]);
        AT_CHECK_EQ(t, after.rx_frames - before.rx_frames, 1);
        AT_CHECK_EQ(t, after.rx_bytes - before.rx_bytes, sizes[i]);
    }
}

static void held_frames_keep_their_bytes_and_order(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    const struct at_netdev_info *info = at_netdev_info(e->dev);
    struct at_netdev_frame sent[BATCH], got[BATCH];
    size_t n = info->rx_buffers < BATCH ? info->rx_buffers : BATCH;
    size_t received = 0;

    if (!e->echoes)
        return;
    n = n < info->tx_buffers ? n : info->tx_buffers;
    n = take_all(e, sent, n);
    for (size_t i = 0; i < n; i++)
        fill(e->dev, &sent[i], (uint32_t)(100 + i), (uint8_t)i);
    AT_REQUIRE(t, at_netdev_send(e->dev, sent, n) == AT_OK);
    while (received < n && receive_one(e, &got[received]))
        received++;
    AT_CHECK_EQ(t, received, n);
    for (size_t i = 0; i < received; i++)
        AT_CHECK(t, is_filled(&got[i], (uint32_t)(100 + i), (uint8_t)i));
    for (size_t i = received; i > 0; i--) /* any order will do */
        at_netdev_release(e->dev, &got[i - 1], 1);
}

static void sending_and_receiving_for_long_needs_no_more_buffers(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    const struct at_netdev_info *info = at_netdev_info(e->dev);
    struct at_netdev_frame frame;

    for (uint32_t i = 0; e->echoes && i < 3u * (info->rx_buffers + info->tx_buffers); i++) {
        AT_REQUIRE(t, send_one(e, 64 + i % 64, (uint8_t)i));
        AT_REQUIRE(t, receive_one(e, &frame));
        AT_REQUIRE(t, is_filled(&frame, 64 + i % 64, (uint8_t)i));
        at_netdev_release(e->dev, &frame, 1);
    }
}

static void holding_every_received_frame_stops_receiving_until_release(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct at_netdev_frame held[BATCH], frame;
    uint16_t rx_buffers = at_netdev_info(e->dev)->rx_buffers;

    if (!e->echoes || rx_buffers > BATCH)
        return;
    for (uint32_t i = 0; i < rx_buffers; i++) {
        AT_REQUIRE(t, send_one(e, 80 + i, (uint8_t)i));
        AT_REQUIRE(t, receive_one(e, &held[i]));
    }
    AT_REQUIRE(t, send_one(e, 70, 99));
    AT_CHECK(t, !receive_one(e, &frame));
    for (uint32_t i = 0; i < rx_buffers; i++)
        AT_CHECK(t, is_filled(&held[i], 80 + i, (uint8_t)i));
    at_netdev_release(e->dev, held, rx_buffers);
    while (receive_one(e, &frame)) { /* that frame may have been lost or kept: a device may do either */
        AT_CHECK(t, is_filled(&frame, 70, 99));
        at_netdev_release(e->dev, &frame, 1);
    }
    AT_REQUIRE(t, send_one(e, 71, 98));
    AT_REQUIRE(t, receive_one(e, &frame));
    AT_CHECK(t, is_filled(&frame, 71, 98));
    at_netdev_release(e->dev, &frame, 1);
}

const struct at_contract_case at_netdev_contract[] = {
    {"InfoIsSane", info_is_sane},
    {"NoRoom_ReceivesNothing", no_room_receives_nothing},
    {"NothingThere_ReceivesNothingAndTimesOut", nothing_there_receives_nothing_and_times_out},
    {"FreeBuffers_AreFoundWithoutWaiting", free_buffers_are_found_without_waiting},
    {"Buffers_AreDistinctAndHaveRoom", buffers_are_distinct_and_have_room},
    {"ReturnedBuffers_ComeAgain", returned_buffers_come_again},
    {"BadSizes_AreRefusedAndStayHeld", bad_sizes_are_refused_and_stay_held},
    {"OneBadSize_RefusesTheWholeBatch", one_bad_size_refuses_the_whole_batch},
    {"FramesOfEverySize_ArriveUnchanged", frames_of_every_size_arrive_unchanged},
    {"HeldFrames_KeepTheirBytesAndOrder", held_frames_keep_their_bytes_and_order},
    {"SendingAndReceivingForLong_NeedsNoMoreBuffers", sending_and_receiving_for_long_needs_no_more_buffers},
    {"HoldingEveryReceivedFrame_StopsReceivingUntilRelease",
     holding_every_received_frame_stops_receiving_until_release},
};

const size_t at_netdev_contract_count = AT_COUNT_OF(at_netdev_contract);
