// SPDX-License-Identifier: ISC
// What goes over the carrier: how large records are, and when they are handed over.

#include "fixture.h"

#include <algorithm>

namespace {

class RecordsTest : public PairTest {};

TEST_F(RecordsTest, MoreToCome_SharesOneRecord) {
  Connect();
  size_t written;
  ASSERT_EQ(at_stream_write(pair_.Client(), &written, at_const_span_of("head", 4), AT_STREAM_MORE), AT_OK);
  EXPECT_EQ(ReadText(pair_.Server()), "AT_AGAIN");
  ASSERT_EQ(WriteText(pair_.Client(), "body"), AT_OK);
  EXPECT_EQ(ReadText(pair_.Server()), "headbody");
  ASSERT_EQ(at_stream_write(pair_.Client(), &written, at_const_span_of("held", 4), AT_STREAM_MORE), AT_OK);
  ASSERT_EQ(at_stream_write(pair_.Client(), &written, at_const_span_of(nullptr, 0), 0), AT_OK);
  EXPECT_EQ(ReadText(pair_.Server()), "held");
}

// The lengths of the records in what was sent since `from`.
std::vector<size_t> Records(const at_pipe_direction &direction, uint64_t from) {
  std::vector<size_t> sizes;
  auto at = [&](uint64_t i) { return direction.ring[i % direction.size]; };
  for (; from < direction.written; from += 5 + sizes.back()) sizes.push_back(size_t{at(from + 3)} << 8 | at(from + 4));
  return sizes;
}

// They were as small as the server's input buffer, whatever its output buffer.
TEST_F(RecordsTest, ServersRecords_AreAsLargeAsItsOutputBufferOrAsTheClientAsks) {
  const size_t overhead = 24;  // AES-GCM: a nonce and a tag
  const struct {
    size_t input, client_input, output, record;
  } cases[] = {
      {AT_TLS_INPUT_MIN, AT_TLS_INPUT_FULL, 8192 + 85, 8192}, {2048 + 325, AT_TLS_INPUT_FULL, 8191 + 85, 4096},
      {AT_TLS_INPUT_FULL, AT_TLS_INPUT_FULL, 20000, 16384},   {AT_TLS_INPUT_FULL, 1024 + 325, AT_TLS_OUTPUT_FULL, 1024},
      {1024 + 325, 1024 + 325, AT_TLS_OUTPUT_FULL, 1024},     {AT_TLS_INPUT_FULL, 4096 + 325, 4096 + 85, 4096},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.record);
    Pair pair;
    pair.options.server_input = c.input;
    pair.options.input = c.client_input;
    pair.options.server_output = c.output;
    pair.Open();
    pair.Shake();
    ASSERT_EQ(pair.client_status, AT_OK);
    const uint64_t before = pair.pipe.direction[0].written;
    const std::string text(17000, 'r');
    size_t written;
    ASSERT_EQ(at_stream_write(pair.Server(), &written, at_const_span_of(text.data(), text.size()), 0), AT_OK);
    ASSERT_EQ(written, text.size());
    size_t largest = 0;
    for (size_t size : Records(pair.pipe.direction[0], before)) largest = std::max(largest, size);
    EXPECT_EQ(largest, c.record + overhead);
  }
}

// A carrier that holds back what more is to follow, and counts how often it was asked to send.
struct Holder {
  at_stream below;
  std::string held;
  int asked = 0;

  static at_status Write(void *ctx, size_t *written, at_const_span bytes, unsigned flags) {
    auto *self = static_cast<Holder *>(ctx);
    self->held.append(reinterpret_cast<const char *>(bytes.data), bytes.size);
    *written = bytes.size;
    if ((flags & AT_STREAM_MORE) != 0) return AT_OK;
    self->asked++;
    size_t sent;
    EXPECT_EQ(at_stream_write(self->below, &sent, at_const_span_of(self->held.data(), self->held.size()), 0), AT_OK);
    EXPECT_EQ(sent, self->held.size());
    self->held.clear();
    return AT_OK;
  }
};

at_stream Holding(Holder *holder) {
  static const at_stream_ops ops = {
      [](void *ctx, at_const_span *bytes) { return at_stream_peek(static_cast<Holder *>(ctx)->below, bytes); },
      [](void *ctx, size_t size) { at_stream_consume(static_cast<Holder *>(ctx)->below, size); },
      Holder::Write,
      [](void *ctx) { return at_stream_finish(static_cast<Holder *>(ctx)->below); },
      [](void *ctx, unsigned events, uint64_t deadline_ns) {
        return at_stream_wait(static_cast<Holder *>(ctx)->below, events, deadline_ns);
      },
  };
  return at_stream{&ops, holder};
}

TEST_F(RecordsTest, RecordsOfOneWrite_AreHandedOverTogether) {
  pair_.options.server_output = AT_TLS_OUTPUT_MIN;
  pair_.Open();
  Holder holder{pair_.server.tls.carrier, ""};
  pair_.server.tls.carrier = Holding(&holder);
  pair_.Shake();
  ASSERT_EQ(pair_.client_status, AT_OK);
  const std::string text(5000, 't');
  size_t written;
  holder.asked = 0;
  ASSERT_EQ(at_stream_write(pair_.Server(), &written, at_const_span_of(text.data(), text.size()), 0), AT_OK);
  EXPECT_EQ(written, text.size());
  EXPECT_EQ(holder.asked, 1);
  ASSERT_EQ(at_stream_write(pair_.Server(), &written, at_const_span_of(text.data(), text.size()), AT_STREAM_MORE),
            AT_OK);
  EXPECT_EQ(holder.asked, 1) << "more follows";
  EXPECT_FALSE(holder.held.empty());
  EXPECT_EQ(at_stream_wait(pair_.Server(), AT_STREAM_IN, 0), AT_TIMED_OUT);
  EXPECT_EQ(holder.asked, 2) << "whoever waits cannot hold anything back";
  EXPECT_TRUE(holder.held.empty());
}

}  // namespace
