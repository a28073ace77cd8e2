/* SPDX-License-Identifier: ISC */
#include <atman/base/bits.h>

#include <string.h>

#include "frames.h"

#define BATCH 16
#define ROUNDS 4 /* of waiting: being woken for nothing is allowed, but not for ever */

static void info_is_sane(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    const struct at_netdev_info *info = at_netdev_info(e->dev);
    unsigned gso = info->features & (AT_NETDEV_TX_GSO4 | AT_NETDEV_TX_GSO6);

    AT_CHECK_EQ(t, info->mac[0] & 1, 0); /* a station, not a group */
    AT_CHECK(t, info->mtu >= 68);        /* RFC 791's least */
    AT_CHECK(t, info->max_frame >= info->mtu + AT_NETDEV_HEADER_SIZE + 4u);
    AT_CHECK_EQ(t, info->max_gso != 0, gso != 0);
    AT_CHECK(t, gso == 0 || info->max_gso >= info->max_frame);
    AT_CHECK(t, info->rx_buffers > 0);
    AT_CHECK(t, info->tx_slots > 0);
}

static void nothing_there_receives_nothing_and_times_out(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct at_netdev_part parts[AT_NETDEV_PARTS_MAX];
    at_status status = AT_OK;
    size_t count = 1;

    if (!contract_arrives(e) || e->noisy)
        return;
    AT_CHECK_EQ(t, at_netdev_recv(e->arrival, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
    AT_CHECK_EQ(t, count, 0);
    at_netdev_release(e->arrival, NULL, 0);
    AT_CHECK_EQ(t, at_netdev_arm(e->arrival, AT_NETDEV_RX), AT_AGAIN);
    for (int i = 0; i < ROUNDS && status == AT_OK; i++)
        status = at_netdev_wait(e->arrival, AT_NETDEV_RX, 0);
    AT_CHECK_EQ(t, status, AT_TIMED_OUT);
}

static void room_is_found_without_waiting(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;

    AT_REQUIRE(t, contract_send_one(e, 60, 0) == AT_OK);
    AT_CHECK_EQ(t, at_netdev_wait(e->dev, AT_NETDEV_TX, contract_deadline(e)), AT_OK);
    if (at_netdev_info(e->dev)->tx_slots > 1)
        AT_CHECK_EQ(t, at_netdev_arm(e->dev, AT_NETDEV_TX), AT_OK);
    if (contract_arrives(e)) {
        struct contract_received frame;

        AT_CHECK_EQ(t, contract_receive(e, &frame, 1, NULL), 1);
    }
}

static void bad_frames_are_refused(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    const struct at_netdev_info *info = at_netdev_info(e->dev);
    uint8_t *data = contract_fill(e, e->memory, 60, 1);
    struct at_netdev_piece many[AT_NETDEV_PARTS_MAX + 1];
    const struct at_netdev_piece whole[] = {{data, 60}}, runt[] = {{data, AT_NETDEV_HEADER_SIZE - 1}};
    const struct at_netdev_piece hollow[] = {{data, 60}, {data, 0}}, large[] = {{data, info->max_frame + 1}};
    const struct at_netdev_piece larger[] = {{data, 60}, {data, info->max_frame - 59}};
    const struct at_netdev_piece wraps[] = {{data, 60}, {data, UINT32_MAX - 29}}, huge[] = {{data, UINT32_MAX}};
    const uint16_t gso = AT_NETDEV_GSO4 | AT_NETDEV_CSUM_BLANK;
    const struct {
        struct at_netdev_frame frame;
        at_status status;
    } cases[] = {
        {{.pieces = whole, .count = 0}, AT_INVALID},
        {{.pieces = runt, .count = 1}, AT_INVALID},
        {{.pieces = hollow, .count = 2}, AT_INVALID},
        {{.pieces = whole, .count = 1, .flags = AT_NETDEV_MORE}, AT_INVALID},
        {{.pieces = whole, .count = 1, .flags = AT_NETDEV_CSUM_OK}, AT_INVALID},
        {{.pieces = whole, .count = 1, .flags = 0x8000}, AT_INVALID},
        {{.pieces = whole, .count = 1, .flags = gso}, AT_INVALID},
        {{.pieces = whole, .count = 1, .flags = AT_NETDEV_GSO4, .gso_size = 1000}, AT_INVALID},
        {{.pieces = whole, .count = 1, .flags = gso | AT_NETDEV_GSO6, .gso_size = 1000}, AT_INVALID},
        {{.pieces = large, .count = 1}, AT_TOO_BIG},
        {{.pieces = larger, .count = 2}, AT_TOO_BIG},
        {{.pieces = wraps, .count = 2}, AT_TOO_BIG},
        {{.pieces = huge, .count = 1}, AT_TOO_BIG},
        {{.pieces = many, .count = AT_NETDEV_PARTS_MAX + 1}, AT_TOO_BIG},
    };
    struct at_netdev_stats before, after;
    void *cookie;
    size_t count = 1;

    for (size_t i = 0; i < AT_COUNT_OF(many); i++)
        many[i] = (struct at_netdev_piece){data + i, 2};
    at_netdev_stats(e->dev, &before);
    for (size_t i = 0; i < AT_COUNT_OF(cases); i++) {
        struct at_netdev_frame frame = cases[i].frame;

        AT_CHECK_EQ(t, at_netdev_send(e->dev, &frame), cases[i].status);
        frame.cookie = t;
        AT_CHECK_EQ(t, at_netdev_send(e->dev, &frame), cases[i].status);
    }
    at_netdev_stats(e->dev, &after);
    AT_CHECK_EQ(t, after.tx_frames, before.tx_frames);
    AT_CHECK_EQ(t, at_netdev_tx_done(e->dev, &cookie, 1, &count), AT_OK);
    AT_CHECK_EQ(t, count, 0);
}

static void frames_of_every_size_arrive_unchanged(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    const uint32_t sizes[] = {AT_NETDEV_HEADER_SIZE, 15, 60, 127, 128, 129, 1000, at_netdev_info(e->dev)->max_frame};
    struct at_netdev_stats before, after;
    struct contract_received frame;

    for (uint32_t i = 0; contract_arrives(e) && i < AT_COUNT_OF(sizes); i++) {
        uint32_t size = sizes[i] < sizeof frame.data ? sizes[i] : (uint32_t)sizeof frame.data;

        at_netdev_stats(e->dev, &before);
        AT_REQUIRE(t, contract_send_one(e, size, (uint8_t)i) == AT_OK);
        contract_fill(e, e->memory, size, (uint8_t)(i + 100)); /* the bytes were the user's again at once */
        AT_REQUIRE(t, contract_receive(e, &frame, 1, NULL) == 1);
        AT_CHECK(t, contract_is_filled(&frame, size, (uint8_t)i));
        at_netdev_stats(e->dev, &after);
        AT_CHECK_EQ(t, after.tx_frames - before.tx_frames, 1);
        AT_CHECK_EQ(t, after.tx_bytes - before.tx_bytes, size);
        AT_CHECK_EQ(t, after.tx_copied_bytes - before.tx_copied_bytes, size);
    }
}

static void what_is_handed_over_is_counted(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct at_netdev_stats before, after;
    struct contract_received frame;

    if (!contract_arrives(e) || e->noisy)
        return;
    at_netdev_stats(e->arrival, &before);
    AT_REQUIRE(t, contract_send_one(e, 77, 1) == AT_OK);
    AT_REQUIRE(t, contract_receive(e, &frame, 1, NULL) == 1);
    at_netdev_stats(e->arrival, &after);
    AT_CHECK_EQ(t, after.rx_frames - before.rx_frames, 1);
    AT_CHECK_EQ(t, after.rx_bytes - before.rx_bytes, 77);
}

static void frames_in_pieces_arrive_as_one(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    const uint32_t size = 1400;
    struct contract_received frame;

    for (uint32_t count = 1; count <= AT_NETDEV_PARTS_MAX; count++) {
        for (int in_place = 0; in_place < 2; in_place++) {
            struct at_netdev_piece pieces[AT_NETDEV_PARTS_MAX];
            uint8_t came = 0;
            /* Each piece on a page of its own, at another offset, cut from a frame that is made at the end. */
            uint8_t *made = contract_fill(e, e->memory + 22u * 4096, size, (uint8_t)count);
            uint32_t each = size / count, at = 0;
            const struct at_netdev_frame out = {
                .pieces = pieces, .count = (uint16_t)count, .cookie = in_place ? &came : NULL};

            for (uint32_t i = 0; i < count; i++) {
                uint32_t n = i + 1 < count ? each : size - at;
                uint8_t *place = e->memory + i * 4096u + 17u * (i + 1);

                memcpy(place, made + at, n);
                pieces[i] = (struct at_netdev_piece){place, n};
                at += n;
            }
            AT_REQUIRE(t, contract_send(e, &out) == AT_OK);
            if (in_place)
                AT_REQUIRE(t, contract_get_cookies(e, 1) == 1 && came == 1);
            if (!contract_arrives(e))
                continue;
            AT_REQUIRE(t, contract_receive(e, &frame, 1, NULL) == 1);
            AT_CHECK(t, contract_is_filled(&frame, size, (uint8_t)count));
        }
    }
}

static void piece_over_the_end_of_a_page_arrives_unchanged(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct contract_received frame;

    for (uint32_t before = 1; before < 100; before += 7) {
        uint8_t came = 0;
        const struct at_netdev_piece piece = {contract_fill(e, e->memory + 4096 - before, 100, (uint8_t)before), 100};
        const struct at_netdev_frame out = {.pieces = &piece, .count = 1, .cookie = &came};

        AT_REQUIRE(t, contract_send(e, &out) == AT_OK);
        AT_REQUIRE(t, contract_get_cookies(e, 1) == 1 && came == 1);
        if (!contract_arrives(e))
            continue;
        AT_CHECK_EQ(t, contract_receive(e, &frame, 1, NULL) == 1 ? before : 0, before);
        AT_CHECK(t, contract_is_filled(&frame, 100, (uint8_t)before));
    }
}

static void each_cookie_comes_back_once(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    uint8_t came[3 * BATCH] = {0};
    struct contract_received frame;
    size_t sent = 0, got = 0;

    for (size_t i = 0; i < AT_COUNT_OF(came); i++) {
        uint8_t *place = contract_fill(e, e->memory + (i % BATCH) * 4096u, 200, 7);
        const struct at_netdev_piece piece = {place, 200};
        struct at_netdev_frame out = {.pieces = &piece, .count = 1, .cookie = i % 3 == 2 ? NULL : &came[i]};
        at_status status;

        while ((status = at_netdev_send(e->dev, &out)) == AT_AGAIN) {
            AT_REQUIRE(t, at_netdev_wait(e->dev, AT_NETDEV_TX, contract_deadline(e)) == AT_OK);
            got += got < sent ? contract_get_cookies(e, 1) : 0;
        }
        AT_REQUIRE(t, status == AT_OK);
        at_netdev_flush(e->dev);
        sent += out.cookie != NULL;
        if (contract_arrives(e))
            AT_REQUIRE(t, contract_receive(e, &frame, 1, NULL) == 1);
    }
    (void)contract_get_cookies(e, sent - got);
    for (size_t i = 0; i < AT_COUNT_OF(came); i++)
        AT_CHECK_EQ(t, came[i], i % 3 != 2);
}

static void more_than_fits_is_again_and_goes_on(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    uint32_t many = 4u * at_netdev_info(e->dev)->tx_slots;
    const struct at_netdev_piece piece = {contract_fill(e, e->memory, 60, 3), 60};
    const struct at_netdev_frame out = {.pieces = &piece, .count = 1};
    at_status status = AT_OK;
    struct contract_received frame;

    for (uint32_t i = 0; i < many && status == AT_OK; i++)
        status = at_netdev_send(e->dev, &out); /* not shown to the peer, which so cannot answer before the flush */
    AT_CHECK(t, status == AT_OK || status == AT_AGAIN);
    AT_CHECK_EQ(t, at_netdev_wait(e->dev, AT_NETDEV_TX, contract_deadline(e)), AT_OK);
    if (contract_arrives(e)) {
        while (contract_receive(e, &frame, 1, NULL) > 0) /* as many as the arrival has buffers for */
            AT_CHECK(t, contract_is_filled(&frame, 60, 3));
    }
    AT_CHECK_EQ(t, contract_send_one(e, 61, 4), AT_OK);
    if (contract_arrives(e)) {
        AT_REQUIRE(t, contract_receive(e, &frame, 1, NULL) == 1);
        AT_CHECK(t, contract_is_filled(&frame, 61, 4));
    }
}

static void held_parts_keep_their_bytes_and_order(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct at_netdev_part held[BATCH];
    static struct contract_received got[BATCH]; /* more than a guest's stack holds */
    uint32_t n = BATCH;

    if (!contract_arrives(e))
        return;
    n = at_netdev_info(e->arrival)->rx_buffers < n ? at_netdev_info(e->arrival)->rx_buffers : n;
    for (uint32_t i = 0; i < n; i++)
        AT_REQUIRE(t, contract_send_one(e, 100 + i, (uint8_t)i) == AT_OK);
    AT_CHECK_EQ(t, contract_receive(e, got, n, held), n);
    for (uint32_t i = 0; i < n; i++) {
        (void)contract_copy_out(&got[i], &held[i]);
        AT_CHECK(t, contract_is_filled(&got[i], 100 + i, (uint8_t)i));
    }
    for (uint32_t i = n; i > 0; i--) /* any order will do */
        at_netdev_release(e->arrival, &held[i - 1], 1);
}

static void sending_and_receiving_for_long_needs_no_more_buffers(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct contract_received frame;
    uint32_t many = 0;

    if (contract_arrives(e))
        many = 3u * (at_netdev_info(e->arrival)->rx_buffers + at_netdev_info(e->dev)->tx_slots);
    for (uint32_t i = 0; i < many; i++) {
        AT_REQUIRE(t, contract_send_one(e, 64 + i % 64, (uint8_t)i) == AT_OK);
        AT_REQUIRE(t, contract_receive(e, &frame, 1, NULL) == 1);
        AT_REQUIRE(t, contract_is_filled(&frame, 64 + i % 64, (uint8_t)i));
    }
}

static void holding_every_part_stops_receiving_until_release(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    struct at_netdev_part held[BATCH];
    struct contract_received frame;
    uint16_t rx_buffers = contract_arrives(e) ? at_netdev_info(e->arrival)->rx_buffers : BATCH + 1;

    if (rx_buffers > BATCH || e->noisy)
        return;
    for (uint32_t i = 0; i < rx_buffers; i++) {
        AT_REQUIRE(t, contract_send_one(e, 80 + i, (uint8_t)i) == AT_OK);
        AT_REQUIRE(t, contract_receive(e, &frame, 1, &held[i]) == 1);
    }
    AT_REQUIRE(t, contract_send_one(e, 70, 99) == AT_OK);
    AT_CHECK_EQ(t, contract_receive(e, &frame, 1, NULL), 0);
    for (uint32_t i = 0; i < rx_buffers; i++) {
        (void)contract_copy_out(&frame, &held[i]);
        AT_CHECK(t, contract_is_filled(&frame, 80 + i, (uint8_t)i));
    }
    at_netdev_release(e->arrival, held, rx_buffers);
    while (contract_receive(e, &frame, 1, NULL) > 0) /* that frame may have been lost or kept: a device may do either */
        AT_CHECK(t, contract_is_filled(&frame, 70, 99));
    AT_REQUIRE(t, contract_send_one(e, 71, 98) == AT_OK);
    AT_REQUIRE(t, contract_receive(e, &frame, 1, NULL) == 1);
    AT_CHECK(t, contract_is_filled(&frame, 71, 98));
}

/* Not on a noisy device: who segments a frame there looks into it, and these are of no protocol. */
static void offloads_arrive_as_they_were_sent(struct at_contract *t, void *env)
{
    const struct at_netdev_contract_env *e = env;
    const struct at_netdev_info *info = at_netdev_info(e->dev);
    const struct {
        uint16_t feature, flags, gso_size;
    } cases[] = {
        {AT_NETDEV_TX_CSUM4, AT_NETDEV_CSUM_BLANK, 0},
        {AT_NETDEV_TX_GSO4, AT_NETDEV_CSUM_BLANK | AT_NETDEV_GSO4, 1000},
        {AT_NETDEV_TX_GSO6, AT_NETDEV_CSUM_BLANK | AT_NETDEV_GSO6, 1},
    };
    struct contract_received frame;

    for (size_t i = 0; contract_arrives(e) && !e->noisy && i < AT_COUNT_OF(cases); i++) {
        uint32_t size = cases[i].gso_size != 0 ? 4096 : 1000;
        const struct at_netdev_piece piece = {contract_fill(e, e->memory + 4000, size, (uint8_t)i), size};
        const struct at_netdev_frame out = {
            .pieces = &piece, .count = 1, .flags = cases[i].flags, .gso_size = cases[i].gso_size};

        if ((info->features & cases[i].feature) == 0)
            continue;
        AT_REQUIRE(t, contract_send(e, &out) == AT_OK);
        AT_REQUIRE(t, contract_receive(e, &frame, 1, NULL) == 1);
        AT_CHECK(t, contract_is_filled(&frame, size, (uint8_t)i));
        AT_CHECK_EQ(t, frame.flags, cases[i].flags | AT_NETDEV_CSUM_OK);
        AT_CHECK_EQ(t, frame.gso_size, cases[i].gso_size);
    }
}

const struct at_contract_case at_netdev_contract[] = {
    {"InfoIsSane", info_is_sane},
    {"NothingThere_ReceivesNothingAndTimesOut", nothing_there_receives_nothing_and_times_out},
    {"Room_IsFoundWithoutWaiting", room_is_found_without_waiting},
    {"BadFrames_AreRefused", bad_frames_are_refused},
    {"FramesOfEverySize_ArriveUnchanged", frames_of_every_size_arrive_unchanged},
    {"WhatIsHandedOver_IsCounted", what_is_handed_over_is_counted},
    {"FramesInPieces_ArriveAsOne", frames_in_pieces_arrive_as_one},
    {"PieceOverTheEndOfAPage_ArrivesUnchanged", piece_over_the_end_of_a_page_arrives_unchanged},
    {"EachCookie_ComesBackOnce", each_cookie_comes_back_once},
    {"MoreThanFits_IsAgainAndGoesOn", more_than_fits_is_again_and_goes_on},
    {"HeldParts_KeepTheirBytesAndOrder", held_parts_keep_their_bytes_and_order},
    {"SendingAndReceivingForLong_NeedsNoMoreBuffers", sending_and_receiving_for_long_needs_no_more_buffers},
    {"HoldingEveryPart_StopsReceivingUntilRelease", holding_every_part_stops_receiving_until_release},
    {"Offloads_ArriveAsTheyWereSent", offloads_arrive_as_they_were_sent},
};

const size_t at_netdev_contract_count = AT_COUNT_OF(at_netdev_contract);
