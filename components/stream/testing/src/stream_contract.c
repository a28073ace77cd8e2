/* SPDX-License-Identifier: ISC */
#include <atman/testing/stream_contract.h>

#include <atman/base/bits.h>

#define TURNS 100000 /* after so many without progress a case gives up */

static void turn(const struct at_stream_contract_env *e)
{
    if (e->turn != NULL)
        e->turn(e->ctx);
}

/* The byte at `offset` of the pattern that is sent: no short period, so that a shifted piece is seen. */
static uint8_t pattern(size_t offset)
{
    return (uint8_t)(offset * 7 + (offset >> 8));
}

static at_status peek(const struct at_stream_contract_env *e, struct at_stream s, struct at_const_span *bytes)
{
    at_status status = AT_AGAIN;

    for (int i = 0; i < TURNS && status == AT_AGAIN; i++) {
        if (i > 0)
            turn(e);
        status = at_stream_peek(s, bytes);
    }
    return status;
}

static at_status write(const struct at_stream_contract_env *e, struct at_stream s, size_t *written,
                       struct at_const_span bytes)
{
    at_status status = AT_AGAIN;

    for (int i = 0; i < TURNS && status == AT_AGAIN; i++) {
        if (i > 0)
            turn(e);
        status = at_stream_write(s, written, bytes, 0);
    }
    return status;
}

static at_status finish(const struct at_stream_contract_env *e, struct at_stream s)
{
    at_status status = AT_AGAIN;

    for (int i = 0; i < TURNS && status == AT_AGAIN; i++) {
        if (i > 0)
            turn(e);
        status = at_stream_finish(s);
    }
    return status;
}

/* Reads at `s` what is there and checks that it continues the pattern at `*received`. False: nothing came. */
static bool receive_some(struct at_contract *t, struct at_stream s, size_t *received)
{
    struct at_const_span bytes;

    if (at_stream_peek(s, &bytes) != AT_OK)
        return false;
    AT_CHECK(t, bytes.size > 0);
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i] != pattern(*received + i)) {
            AT_CHECK_EQ(t, bytes.data[i], pattern(*received + i));
            break;
        }
    }
    *received += bytes.size;
    at_stream_consume(s, bytes.size);
    return true;
}

/* Sends `total` bytes of the pattern in pieces of `piece` from one end to the other. */
static void carry(struct at_contract *t, const struct at_stream_contract_env *e, struct at_stream from,
                  struct at_stream to, size_t total, size_t piece)
{
    uint8_t out[512];
    size_t sent = 0, received = 0;
    int idle = 0;

    while (received < total && idle < TURNS) {
        size_t size = total - sent < piece ? total - sent : piece, written = 0;
        at_status status;

        for (size_t i = 0; i < size; i++)
            out[i] = pattern(sent + i);
        if (size > 0) {
            status = at_stream_write(from, &written, at_const_span_of(out, size), sent + size < total);
            AT_REQUIRE(t, status == AT_OK || status == AT_AGAIN);
            AT_REQUIRE(t, status == AT_OK ? written > 0 && written <= size : written == 0);
            sent += written;
        }
        idle = receive_some(t, to, &received) || written > 0 ? 0 : idle + 1;
        turn(e);
    }
    AT_CHECK_EQ(t, received, total);
}

static void nothing_sent_nothing_there(struct at_contract *t, void *env)
{
    const struct at_stream_contract_env *e = env;
    struct at_const_span bytes = {NULL, 1};

    AT_CHECK_EQ(t, at_stream_peek(e->a, &bytes), AT_AGAIN);
    AT_CHECK_EQ(t, bytes.size, 0);
    AT_CHECK_EQ(t, at_stream_wait(e->a, AT_STREAM_IN, 0), AT_TIMED_OUT);
}

static void room_and_drained_are_found_without_waiting(struct at_contract *t, void *env)
{
    const struct at_stream_contract_env *e = env;

    AT_CHECK_EQ(t, at_stream_wait(e->a, AT_STREAM_OUT, 0), AT_OK);
    AT_CHECK_EQ(t, at_stream_wait(e->a, AT_STREAM_DRAINED, 0), AT_OK);
}

static void empty_write_takes_nothing(struct at_contract *t, void *env)
{
    const struct at_stream_contract_env *e = env;
    size_t written = 1;

    AT_CHECK_EQ(t, at_stream_write(e->a, &written, at_const_span_of(NULL, 0), 0), AT_OK);
    AT_CHECK_EQ(t, written, 0);
}

static void bytes_arrive_in_order_both_ways(struct at_contract *t, void *env)
{
    const struct at_stream_contract_env *e = env;

    carry(t, e, e->a, e->b, 50000, 512);
    carry(t, e, e->b, e->a, 50000, 512);
}

static void single_bytes_arrive_in_order(struct at_contract *t, void *env)
{
    const struct at_stream_contract_env *e = env;

    carry(t, e, e->a, e->b, 300, 1);
    carry(t, e, e->b, e->a, 300, 1);
}

static void peek_shows_the_same_until_it_is_consumed(struct at_contract *t, void *env)
{
    const struct at_stream_contract_env *e = env;
    struct at_const_span bytes;
    size_t written;

    for (uint8_t letter = 'a'; letter <= 'c'; letter++) {
        AT_REQUIRE(t, write(e, e->a, &written, at_const_span_of(&letter, 1)) == AT_OK);
        AT_REQUIRE(t, peek(e, e->b, &bytes) == AT_OK);
        AT_CHECK_EQ(t, bytes.data[0], letter);
        AT_REQUIRE(t, peek(e, e->b, &bytes) == AT_OK);
        AT_CHECK_EQ(t, bytes.data[0], letter);
        at_stream_consume(e->b, 0);
        AT_REQUIRE(t, peek(e, e->b, &bytes) == AT_OK);
        AT_CHECK_EQ(t, bytes.data[0], letter);
        at_stream_consume(e->b, 1);
    }
}

static void nobody_reads_the_writer_finds_a_bound(struct at_contract *t, void *env)
{
    const struct at_stream_contract_env *e = env;
    static const uint8_t zeroes[4096];
    size_t written, total = 0;
    int idle = 0;

    while (total < (64u << 20) && idle < 1000) {
        at_status status = at_stream_write(e->a, &written, at_const_span_of(zeroes, sizeof zeroes), 0);

        AT_REQUIRE(t, status == AT_OK || status == AT_AGAIN);
        idle = status == AT_OK ? 0 : idle + 1;
        total += written;
        turn(e);
    }
    AT_CHECK(t, idle == 1000);
}

static void finished_end_is_found_after_the_last_byte(struct at_contract *t, void *env)
{
    const struct at_stream_contract_env *e = env;
    struct at_const_span bytes;
    size_t written;

    AT_REQUIRE(t, write(e, e->a, &written, at_const_span_of("z", 1)) == AT_OK);
    AT_REQUIRE(t, finish(e, e->a) == AT_OK);
    AT_CHECK_EQ(t, finish(e, e->a), AT_OK);
    AT_CHECK_EQ(t, at_stream_write(e->a, &written, at_const_span_of("y", 1), 0), AT_CLOSED);
    AT_CHECK_EQ(t, written, 0);
    AT_REQUIRE(t, peek(e, e->b, &bytes) == AT_OK);
    AT_CHECK_EQ(t, bytes.size, 1);
    at_stream_consume(e->b, 1);
    AT_CHECK_EQ(t, peek(e, e->b, &bytes), AT_CLOSED);
    AT_CHECK_EQ(t, bytes.size, 0);
    AT_CHECK_EQ(t, at_stream_peek(e->b, &bytes), AT_CLOSED);
    AT_CHECK_EQ(t, at_stream_wait(e->b, AT_STREAM_IN, AT_NEVER), AT_OK);
}

const struct at_contract_case at_stream_contract[] = {
    {"NothingSent_NothingThere", nothing_sent_nothing_there},
    {"RoomAndDrained_AreFoundWithoutWaiting", room_and_drained_are_found_without_waiting},
    {"EmptyWrite_TakesNothing", empty_write_takes_nothing},
    {"Bytes_ArriveInOrderBothWays", bytes_arrive_in_order_both_ways},
    {"SingleBytes_ArriveInOrder", single_bytes_arrive_in_order},
    {"Peek_ShowsTheSameUntilItIsConsumed", peek_shows_the_same_until_it_is_consumed},
    {"NobodyReads_TheWriterFindsABound", nobody_reads_the_writer_finds_a_bound},
    {"FinishedEnd_IsFoundAfterTheLastByte", finished_end_is_found_after_the_last_byte},
};

const size_t at_stream_contract_count = AT_COUNT_OF(at_stream_contract);
