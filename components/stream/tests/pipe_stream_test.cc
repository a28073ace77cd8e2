// SPDX-License-Identifier: ISC
// The pipe keeps the contract of streams, however small and slow it is, and misbehaves as it is told to; the two
// helpers that wait.

#include <atman/testing/pipe_stream.h>

#include <cstring>
#include <string>
#include <vector>

#include <atman/testing/contract_gtest.h>
#include <atman/testing/stream_contract.h>

#include "gtest/gtest.h"

namespace {

struct Env {
  at_stream_contract_env env{};  // first: what the cases get
  at_pipe pipe{};
  std::vector<uint8_t> memory;

  Env(size_t size, at_pipe_faults faults) : memory(size) {
    at_pipe_init(&pipe, memory.data(), memory.size(), at_wait{});
    pipe.direction[0].faults = pipe.direction[1].faults = faults;
    env.a = at_pipe_stream(&pipe, 0);
    env.b = at_pipe_stream(&pipe, 1);
  }
};

bool Register(const char *suite, size_t size, at_pipe_faults faults) {
  return AtRegisterContract(
      suite, at_stream_contract, at_stream_contract_count, [=]() -> void * { return new Env(size, faults); },
      [](void *env) { delete static_cast<Env *>(env); });
}

at_pipe_faults Chunk(size_t chunk, bool every_other) {
  at_pipe_faults faults{};
  faults.chunk = chunk;
  faults.every_other = every_other;
  return faults;
}

const bool registered = Register("PipeContract", 8192, at_pipe_faults{}) &&
                        Register("PipeOfOneByteContract", 2, at_pipe_faults{}) &&
                        Register("SlowPipeContract", 200, Chunk(3, true));

class PipeTest : public ::testing::Test {
 protected:
  PipeTest() {
    at_pipe_init(&pipe_, memory_, sizeof memory_, at_wait{});
    a_ = at_pipe_stream(&pipe_, 0);
    b_ = at_pipe_stream(&pipe_, 1);
  }

  at_status Write(const std::string &text) {
    size_t written;
    return at_stream_write(a_, &written, at_const_span_of(text.data(), text.size()), 0);
  }

  // What one peek at the other end shows, consumed; or the name of what it says.
  std::string Read() {
    at_const_span bytes;
    at_status status = at_stream_peek(b_, &bytes);
    if (status != AT_OK) return at_status_name(status);
    std::string text(reinterpret_cast<const char *>(bytes.data), bytes.size);
    at_stream_consume(b_, bytes.size);
    return text;
  }

  uint8_t memory_[64];
  at_pipe pipe_;
  at_stream a_, b_;
};

TEST_F(PipeTest, SplitAt_EndsAPeekThere) {
  pipe_.direction[0].faults.split_at = 2;
  ASSERT_EQ(Write("abcde"), AT_OK);
  EXPECT_EQ(Read(), "ab");
  EXPECT_EQ(Read(), "cde");
}

TEST_F(PipeTest, FlipAt_ChangesOneByte) {
  pipe_.direction[0].faults.flip_at = 2;
  ASSERT_EQ(Write("aaa"), AT_OK);
  EXPECT_EQ(Read(), "a`a");
}

TEST_F(PipeTest, CutAt_EndsInputEarly_AndTheRestVanishes) {
  pipe_.direction[0].faults.cut_at = 3;
  ASSERT_EQ(Write("abcdef"), AT_OK);
  EXPECT_EQ(Read(), "abc");
  EXPECT_EQ(Read(), "AT_CLOSED");
  for (int i = 0; i < 100; ++i) ASSERT_EQ(Write("more than the ring"), AT_OK);
  EXPECT_EQ(Read(), "AT_CLOSED");
}

TEST_F(PipeTest, FailingCalls_FailFromTheNthOn) {
  pipe_.direction[0].faults.fail_write = 2;
  pipe_.direction[0].faults.fail_peek = 3;
  pipe_.direction[0].faults.fail_status = AT_IO;
  EXPECT_EQ(Write("ab"), AT_OK);
  EXPECT_EQ(Write("c"), AT_IO);
  EXPECT_EQ(at_stream_finish(a_), AT_IO);
  EXPECT_EQ(at_stream_wait(a_, AT_STREAM_OUT, AT_NEVER), AT_OK);
  EXPECT_EQ(Read(), "ab");
  EXPECT_EQ(Read(), "AT_AGAIN");
  EXPECT_EQ(Read(), "AT_IO");
  EXPECT_EQ(Read(), "AT_IO");
}

TEST_F(PipeTest, ConsumingMoreThanWasShown_EndsTheProgram) {
  ASSERT_EQ(Write("ab"), AT_OK);
  EXPECT_DEATH(at_stream_consume(b_, 1), "shown");
  at_const_span bytes;
  ASSERT_EQ(at_stream_peek(b_, &bytes), AT_OK);
  EXPECT_DEATH(at_stream_consume(b_, 3), "shown");
}

TEST_F(PipeTest, NobodyToWakeIt_WaitingEndsAtOnce) {
  EXPECT_EQ(at_stream_wait(a_, AT_STREAM_IN, 12345), AT_TIMED_OUT);
  EXPECT_EQ(at_stream_wait(a_, AT_STREAM_IN, AT_NEVER), AT_DEADLOCK);
}

// A sleeper for whom the other end does something.
struct Other {
  at_stream stream;
  int sleeps = 0, wakes = 0;
  at_status (*act)(Other *);

  at_wait Wait() {
    static const at_wait_ops ops = {
        [](void *) -> uint64_t { return 0; },
        [](void *ctx, uint64_t) -> at_status {
          auto *other = static_cast<Other *>(ctx);
          other->sleeps++;
          return other->act(other);
        },
        [](void *ctx) { static_cast<Other *>(ctx)->wakes++; },
    };
    return at_wait{&ops, this};
  }
};

TEST_F(PipeTest, Read_WaitsForTheFirstByteAndTakesNoMoreThanAsked) {
  Other other{b_, 0, 0, [](Other *o) {
                size_t written;
                return at_stream_write(o->stream, &written, at_const_span_of("xyz", 3), 0);
              }};
  pipe_.end[0].wait = pipe_.end[1].wait = other.Wait();
  char text[3] = "";
  size_t got = 9;
  EXPECT_EQ(at_stream_read(a_, &got, text, 2, AT_NEVER), AT_OK);
  EXPECT_EQ(std::string(text, got), "xy");
  EXPECT_EQ(other.sleeps, 1);
  EXPECT_EQ(at_stream_read(a_, &got, text, 2, AT_NEVER), AT_OK);
  EXPECT_EQ(std::string(text, got), "z");
  EXPECT_EQ(other.sleeps, 1) << "a byte was there";
}

TEST_F(PipeTest, Read_TellsWhyThereIsNothing) {
  char byte;
  size_t got = 9;
  EXPECT_EQ(at_stream_read(b_, &got, &byte, 1, 5), AT_TIMED_OUT);
  EXPECT_EQ(got, 0u);
  ASSERT_EQ(at_stream_finish(a_), AT_OK);
  got = 9;
  EXPECT_EQ(at_stream_read(b_, &got, &byte, 1, AT_NEVER), AT_CLOSED);
  EXPECT_EQ(got, 0u);
}

TEST_F(PipeTest, Send_WaitsForRoomUntilAllIsWritten) {
  Other other{b_, 0, 0, [](Other *o) {
                at_const_span bytes;
                at_status status = at_stream_peek(o->stream, &bytes);
                at_stream_consume(o->stream, bytes.size);
                return status;
              }};
  pipe_.end[0].wait = pipe_.end[1].wait = other.Wait();
  const std::string text(100, 'q');  // the ring holds 32
  EXPECT_EQ(at_stream_send(a_, at_const_span_of(text.data(), text.size()), 0, AT_NEVER), AT_OK);
  EXPECT_EQ(other.sleeps, 3);
  EXPECT_EQ(Read(), "qqqq");
}

TEST_F(PipeTest, Send_TellsWhyItCouldNot) {
  const std::string text(100, 'q');
  const at_const_span bytes = at_const_span_of(text.data(), text.size());
  EXPECT_EQ(at_stream_send(a_, bytes, 0, 5), AT_TIMED_OUT);
  pipe_.direction[0].faults.fail_write = 1;
  pipe_.direction[0].faults.fail_status = AT_IO;
  EXPECT_EQ(at_stream_send(a_, bytes, 0, 5), AT_IO);
}

}  // namespace
