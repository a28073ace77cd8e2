// SPDX-License-Identifier: ISC
// Both ends of TCP connections through the stack's own loopback interface, as streams.

#include <atman/tcp_stream/tcp_stream.h>

#include <memory>
#include <string>
#include <vector>

#include <atman/ip/ip.h>
#include <atman/mm/frames.h>
#include <atman/mm/heap.h>
#include <atman/testing/contract_gtest.h>
#include <atman/testing/fake_memory.h>
#include <atman/testing/stream_contract.h>

#include "gtest/gtest.h"

namespace {

constexpr uint16_t kPort = 4433;
constexpr uint64_t kStep = 1000000;

// Time moves when somebody sleeps.
struct Clock {
  uint64_t now_ns = 1000000000;

  at_wait Wait() {
    static const at_wait_ops ops = {
        [](void *ctx) { return static_cast<Clock *>(ctx)->now_ns; },
        [](void *ctx, uint64_t deadline_ns) -> at_status {
          auto *clock = static_cast<Clock *>(ctx);
          if (deadline_ns > clock->now_ns) clock->now_ns = std::min(deadline_ns, clock->now_ns + kStep);
          return AT_TIMED_OUT;
        },
        [](void *) {},
    };
    return at_wait{&ops, this};
  }
};

// A stack, and a connection from it to itself.
class Loop {
 public:
  Loop() : memory_(1024) {
    at_mm_frames_config config = memory_.Config();
    at_mm_frames_init(&frames_, &config);
    at_mm_heap_init(&heap_, &frames_, 1);
    at_ip_config ip_config{};
    ip_config.wait = clock_.Wait();
    ip_config.heap = &heap_;
    EXPECT_EQ(at_ip_init(&ip, &ip_config), AT_OK);
    const at_ip_address here = at_ip_address_v4(127, 0, 0, 1);
    EXPECT_EQ(at_ip_tcp_listen(ip, &listener_, &here, kPort, 4, Accepted, this), AT_OK);
    EXPECT_EQ(at_tcp_stream_connect(&client, ip, &here, kPort, at_ip_waiter(ip)), AT_OK);
  }

  ~Loop() {
    at_tcp_stream_close(&client);
    if (have_server) at_tcp_stream_close(&server);
    for (int i = 0; i < 10; ++i) Turn();  // what is under way on the loopback interface arrives
    at_ip_tcp_listener_close(listener_);
    EXPECT_EQ(at_ip_fini(ip), AT_OK);
    struct at_mm_heap_stats left;
    at_mm_heap_trim(&heap_);
    at_mm_heap_stats(&heap_, &left);
    EXPECT_EQ(left.live, 0u) << "something was left";
  }

  void Turn() { at_ip_run(ip, clock_.now_ns + kStep); }

  void Connect() {
    for (int i = 0; i < 100 && !(have_server && !client.connecting); ++i) Turn();
    ASSERT_TRUE(have_server);
  }

  at_stream Client() { return at_tcp_stream_stream(&client); }
  at_stream Server() { return at_tcp_stream_stream(&server); }

  // Takes all memory that is left, or gives it back.
  void Exhaust() {
    for (size_t size = 1 << 20; size >= 16; size /= 2) {
      while (void *taken = at_mm_heap_alloc(&heap_, size)) taken_.push_back(taken);
    }
  }

  void Recover() {
    for (void *taken : taken_) at_mm_heap_free(&heap_, taken);
    taken_.clear();
  }

  uint64_t Now() const { return clock_.now_ns; }

  at_ip *ip = nullptr;
  at_tcp_stream client{}, server{};
  bool have_server = false;

 private:
  static void Accepted(at_ip_tcp *tcp, void *user) {
    auto *self = static_cast<Loop *>(user);
    at_tcp_stream_own(&self->server, tcp, at_ip_waiter(self->ip));
    self->have_server = true;
  }

  Clock clock_;
  AtFakeMemory memory_;
  at_mm_frames frames_{};
  at_mm_heap heap_{};
  at_ip_tcp_listener *listener_ = nullptr;
  std::vector<void *> taken_;
};

struct Env {
  at_stream_contract_env env{};  // first: what the cases get
  Loop loop;

  explicit Env(bool client_is_a) {
    loop.Connect();
    env.a = client_is_a ? loop.Client() : loop.Server();
    env.b = client_is_a ? loop.Server() : loop.Client();
    env.turn = [](void *ctx) { static_cast<Env *>(ctx)->loop.Turn(); };
    env.ctx = this;
  }
};

bool Register(const char *suite, bool client_is_a) {
  return AtRegisterContract(
      suite, at_stream_contract, at_stream_contract_count, [=]() -> void * { return new Env(client_is_a); },
      [](void *env) { delete static_cast<Env *>(env); });
}

const bool registered = Register("TcpClientContract", true) && Register("TcpServerContract", false);

class TcpStreamTest : public ::testing::Test {
 protected:
  at_status Write(at_stream stream, const std::string &text) {
    size_t written;
    return at_stream_write(stream, &written, at_const_span_of(text.data(), text.size()), 0);
  }

  // All that comes, up to the status that ends it.
  std::string ReadAll(at_stream stream) {
    std::string text;
    at_const_span bytes;
    for (int idle = 0; idle < 100;) {
      const at_status status = at_stream_peek(stream, &bytes);
      if (status == AT_AGAIN) {
        loop_.Turn();
        ++idle;
        continue;
      }
      if (status != AT_OK) return text + at_status_name(status);
      text.append(reinterpret_cast<const char *>(bytes.data), bytes.size);
      at_stream_consume(stream, bytes.size);
    }
    return text + "AT_AGAIN";
  }

  Loop loop_;
};

TEST_F(TcpStreamTest, BeforeItIsConnected_ThereIsNothingAndNoRoom) {
  at_const_span bytes;
  size_t written;
  EXPECT_EQ(at_stream_peek(loop_.Client(), &bytes), AT_AGAIN);
  EXPECT_EQ(at_stream_write(loop_.Client(), &written, at_const_span_of("x", 1), 0), AT_AGAIN);
  EXPECT_EQ(at_stream_write(loop_.Client(), &written, at_const_span_of("", 0), 0), AT_OK) << "which needs no room";
  EXPECT_EQ(at_stream_finish(loop_.Client()), AT_AGAIN);
  EXPECT_EQ(at_stream_wait(loop_.Client(), AT_STREAM_OUT, AT_NEVER), AT_OK) << "the waiter runs the stack";
}

TEST_F(TcpStreamTest, NobodyListens_BothDirectionsSayWhy) {
  const at_ip_address here = at_ip_address_v4(127, 0, 0, 1);
  at_tcp_stream lost;
  ASSERT_EQ(at_tcp_stream_connect(&lost, loop_.ip, &here, kPort + 1, at_ip_waiter(loop_.ip)), AT_OK);
  EXPECT_EQ(ReadAll(at_tcp_stream_stream(&lost)), "AT_DENIED");
  EXPECT_EQ(Write(at_tcp_stream_stream(&lost), "x"), AT_DENIED);
  at_tcp_stream_close(&lost);
}

TEST_F(TcpStreamTest, Close_SendsWhatWasWrittenAndThenTheEnd) {
  loop_.Connect();
  ASSERT_EQ(Write(loop_.Client(), "farewell"), AT_OK);
  at_tcp_stream_close(&loop_.client);
  at_tcp_stream_close(&loop_.client);
  EXPECT_EQ(ReadAll(loop_.Server()), "farewellAT_CLOSED");
  EXPECT_EQ(ReadAll(loop_.Client()), "AT_CLOSED");
  EXPECT_EQ(Write(loop_.Client(), "x"), AT_CLOSED);
}

TEST_F(TcpStreamTest, Abort_IsNoEndToThePeer) {
  loop_.Connect();
  ASSERT_EQ(Write(loop_.Client(), "half"), AT_OK);
  loop_.Turn();
  at_tcp_stream_abort(&loop_.client);
  EXPECT_EQ(ReadAll(loop_.Server()), "halfAT_IO");
  EXPECT_EQ(Write(loop_.Server(), "x"), AT_IO);
}

TEST_F(TcpStreamTest, ConnectThatIsRefusedAtOnce_IsAStreamThatHasEnded) {
  const at_ip_address here = at_ip_address_v4(127, 0, 0, 1);
  at_tcp_stream lost;
  EXPECT_EQ(at_tcp_stream_connect(&lost, loop_.ip, &here, 0, at_ip_waiter(loop_.ip)), AT_INVALID);
  EXPECT_EQ(ReadAll(at_tcp_stream_stream(&lost)), "AT_CLOSED");
  EXPECT_EQ(Write(at_tcp_stream_stream(&lost), "x"), AT_CLOSED);
  at_tcp_stream_close(&lost);
}

TEST_F(TcpStreamTest, WhatHasEnded_IsNotWaitedFor) {
  loop_.Connect();
  at_tcp_stream_abort(&loop_.client);
  at_tcp_stream_abort(&loop_.client);
  for (unsigned events : {AT_STREAM_IN, AT_STREAM_OUT, AT_STREAM_DRAINED}) {
    EXPECT_EQ(at_stream_wait(loop_.Client(), events, AT_NEVER), AT_OK) << events;
  }
}

// The peer said that no more comes, and then forgets the connection: what it sent is complete all the same.
TEST_F(TcpStreamTest, ResetAfterTheEnd_DoesNotUndoIt) {
  loop_.Connect();
  ASSERT_EQ(Write(loop_.Server(), "all"), AT_OK);
  ASSERT_EQ(at_stream_finish(loop_.Server()), AT_OK);
  EXPECT_EQ(ReadAll(loop_.Client()), "allAT_CLOSED");
  at_tcp_stream_abort(&loop_.server);
  for (int i = 0; i < 10; ++i) loop_.Turn();
  EXPECT_EQ(ReadAll(loop_.Client()), "AT_CLOSED");
  EXPECT_EQ(Write(loop_.Client(), "x"), AT_CLOSED);
}

// TCP has room and no memory: who waited for room did not sleep, and went on for ever.
TEST_F(TcpStreamTest, WithoutMemory_WaitingForRoomSleeps) {
  loop_.Connect();
  loop_.Exhaust();
  ASSERT_EQ(Write(loop_.Client(), "x"), AT_AGAIN);
  const uint64_t before = loop_.Now();
  EXPECT_EQ(at_stream_wait(loop_.Client(), AT_STREAM_OUT, before + kStep), AT_TIMED_OUT);
  EXPECT_EQ(loop_.Now(), before + kStep);
  loop_.Recover();
  EXPECT_EQ(at_stream_wait(loop_.Client(), AT_STREAM_OUT, AT_NEVER), AT_OK);
  EXPECT_LT(loop_.Now(), before + 1000 * kStep) << "TCP asks for it twice a second";
  EXPECT_EQ(Write(loop_.Client(), "x"), AT_OK);
}

TEST_F(TcpStreamTest, UnreadBytes_AreCounted) {
  loop_.Connect();
  ASSERT_EQ(Write(loop_.Client(), "twelve bytes"), AT_OK);
  for (int i = 0; i < 10 && at_tcp_stream_unread(&loop_.server) == 0; ++i) loop_.Turn();
  EXPECT_EQ(at_tcp_stream_unread(&loop_.server), 12u);
  at_const_span bytes;
  ASSERT_EQ(at_stream_peek(loop_.Server(), &bytes), AT_OK);
  at_stream_consume(loop_.Server(), 5);
  EXPECT_EQ(at_tcp_stream_unread(&loop_.server), 7u);
  EXPECT_DEATH(at_stream_consume(loop_.Server(), 8), "piece.size");
}

TEST_F(TcpStreamTest, TooManyPieces_EndTheConnection) {
  loop_.Connect();
  for (int i = 0; i < 2 * AT_TCP_STREAM_PIECES; ++i) {
    Write(loop_.Client(), "x");
    loop_.Turn();
  }
  EXPECT_EQ(ReadAll(loop_.Server()), std::string(AT_TCP_STREAM_PIECES, 'x') + "AT_NO_SPACE");
}

}  // namespace
