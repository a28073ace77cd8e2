// SPDX-License-Identifier: ISC
// How a connection ends: of its own accord, on both sides, with input that nobody reads.

#include "fixture.h"

namespace {

class EndTest : public PairTest {};

TEST_F(EndTest, AfterFinish_NobodyWaits) {
  Connect();
  ASSERT_EQ(at_stream_finish(pair_.Client()), AT_OK);
  EXPECT_EQ(at_stream_finish(pair_.Client()), AT_OK) << "again";
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_IN, AT_NEVER), AT_OK);
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_OUT, AT_NEVER), AT_OK);
  EXPECT_EQ(at_tls_handshake(&pair_.client.tls), AT_CLOSED);
}

// Of an attacker, who needs no key to say that.
TEST_F(EndTest, CloseNotifyInTheClear_IsNoOrderlyEnd) {
  const std::string close_notify("\x15\x03\x03\x00\x02\x01\x00", 7);
  pair_.Open();
  EXPECT_EQ(at_tls_handshake(&pair_.client.tls), AT_AGAIN);
  ASSERT_EQ(WriteText(at_pipe_stream(&pair_.pipe, 0), close_notify), AT_OK);
  EXPECT_EQ(at_tls_handshake(&pair_.client.tls), AT_IO);
  EXPECT_EQ(ReadText(pair_.Client()), "AT_IO");
  EXPECT_EQ(pair_.ClientFailure(), AT_TLS_TRUNCATED);
}

TEST_F(EndTest, EndOfBothSides_IsOrderly) {
  Connect();
  ASSERT_EQ(WriteText(pair_.Client(), "last words"), AT_OK);
  ASSERT_EQ(at_stream_finish(pair_.Client()), AT_OK);
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_DRAINED, 0), AT_OK);
  EXPECT_EQ(ReadText(pair_.Client()), "AT_CLOSED") << "TLS 1.2 ends both directions";
  EXPECT_EQ(ReadText(pair_.Server()), "last words");
  EXPECT_EQ(ReadText(pair_.Server()), "AT_CLOSED");
  size_t written;
  EXPECT_EQ(at_stream_write(pair_.Server(), &written, at_const_span_of("x", 1), 0), AT_CLOSED);
  EXPECT_EQ(at_stream_finish(pair_.Server()), AT_OK);
  EXPECT_EQ(ReadText(pair_.Client()), "AT_CLOSED");
  EXPECT_EQ(pair_.ClientFailure(), AT_TLS_FINE);
  EXPECT_EQ(pair_.ServerFailure(), AT_TLS_FINE);
}

TEST_F(EndTest, FinishWithInputUnread_EndsInOrderAndDropsIt) {
  Connect();
  ASSERT_EQ(WriteText(pair_.Server(), "nobody reads this"), AT_OK);
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_IN, 0), AT_OK);
  ASSERT_EQ(at_stream_finish(pair_.Client()), AT_OK);
  EXPECT_EQ(ReadText(pair_.Client()), "AT_CLOSED");
  EXPECT_EQ(ReadText(pair_.Server()), "AT_CLOSED");
}

// What came after the text that was dropped passed for the continuation of what had been read.
TEST_F(EndTest, FinishThatHasNoRoomYet_EndsInputAndOutputAtOnce) {
  pair_.options.pipe = 2000;
  Connect();
  size_t written;
  const std::string text(3000, 'x');
  ASSERT_EQ(at_stream_write(pair_.Client(), &written, at_const_span_of(text.data(), text.size()), 0), AT_OK);
  ASSERT_EQ(WriteText(pair_.Server(), "dropped"), AT_OK);
  ASSERT_EQ(at_stream_finish(pair_.Client()), AT_AGAIN);
  ASSERT_EQ(WriteText(pair_.Server(), "must not be read"), AT_OK);
  EXPECT_EQ(ReadText(pair_.Client()), "AT_CLOSED");
  EXPECT_EQ(at_stream_write(pair_.Client(), &written, at_const_span_of("y", 1), 0), AT_CLOSED);
  EXPECT_EQ(at_tls_handshake(&pair_.client.tls), AT_CLOSED);
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_IN, AT_NEVER), AT_OK);
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_OUT, 5), AT_TIMED_OUT) << "there is no room yet";
  std::string got, more;
  for (int i = 0; i < 10 && (more = ReadText(pair_.Server())) != "AT_CLOSED"; i++) {
    if (more != "AT_AGAIN") got += more;
    at_stream_finish(pair_.Client());
  }
  EXPECT_EQ(more, "AT_CLOSED");
  EXPECT_EQ(got, text) << "and all of it arrives before the end";
}

}  // namespace
