/* SPDX-License-Identifier: ISC */
/* TCP between two stacks: that bytes arrive as they were. */
#include "connections.h"

namespace {

TEST_F(TcpTest, AConnection_CarriesBytesBothWays) {
  Establish();
  client.Send("ping");
  ASSERT_TRUE(Run([&] { return server.received == "ping"; }));
  server.Send("pong");
  ASSERT_TRUE(Run([&] { return client.received == "pong"; }));
}

/* Found by a fuzzer of frames: outside of a callback lwIP found nobody in the stack, which was a panic. */
TEST_F(TcpTest, TickSetFromOutside_Ticks) {
  static unsigned ticks;
  at_ip_tcp_events events = Connection::kEvents;

  ticks = 0;
  events.tick = [](at_ip_tcp *, void *) { ticks++; };
  Establish();
  at_ip_tcp_own(server.tcp, &events, &server);
  at_ip_tcp_set_tick(server.tcp, 1);
  EXPECT_TRUE(Run([] { return ticks >= 2; }));
  at_ip_tcp_set_tick(server.tcp, 0);
  at_ip_tcp_own(server.tcp, &Connection::kEvents, &server);
}

/* An answer and the end behind it were two segments, and two acknowledgements. */
TEST_F(TcpTest, WriteAndCloseOutsideOfABatch_AreOneSegment) {
  size_t segments = 0, taken;

  Establish();
  at_ip_tcp_set_delay(server.tcp, false);
  carries = [&](Bytes &, bool from_us) {
    segments += from_us;
    return true;
  };
  EXPECT_EQ(AT_OK, at_ip_tcp_write(server.tcp, &taken, "ans", 3, 0));
  EXPECT_EQ(AT_OK, at_ip_tcp_write(server.tcp, &taken, "wer", 3, 0));
  at_ip_tcp_close(server.tcp);
  server.tcp = nullptr;
  EXPECT_TRUE(Run([&] { return client.finished; }));
  EXPECT_EQ(1u, segments);
  EXPECT_EQ("answer", client.received);
  carries = nullptr;
}

/* What is in the list of those that were written to goes with the connection. */
TEST_F(TcpTest, WrittenOutsideOfABatch_AndGone_LeavesNothing) {
  size_t taken;

  Establish();
  EXPECT_EQ(AT_OK, at_ip_tcp_write(server.tcp, &taken, "a", 1, 0));
  at_ip_tcp_abort(server.tcp);
  server.tcp = nullptr;
  EXPECT_TRUE(Run([&] { return client.closed; }));
  EXPECT_EQ("", client.received);

  Connection again(kPeers);
  ASSERT_EQ(AT_OK, again.Connect(peer, us.Address(), 80));
  ASSERT_TRUE(Run([&] { return again.connected && server.tcp != nullptr; }));
  EXPECT_EQ(AT_OK, at_ip_tcp_write(server.tcp, &taken, "a", 1, 0));
  again.f.at_ip_tcp_abort(again.tcp);
  EXPECT_TRUE(Run([&] { return server.closed; }));
  server.tcp = client.tcp = nullptr;
}

TEST_F(TcpTest, AMegabyte_ArrivesAsItWas_BothWays) {
  std::string text = Pattern(1 << 20);

  Establish();
  client.Send(text);
  server.Send(text);
  ASSERT_TRUE(
      Run([&] { return server.received.size() == text.size() && client.received.size() == text.size(); }, 60000000000));
  EXPECT_TRUE(server.received == text);
  EXPECT_TRUE(client.received == text);
}

TEST_F(TcpTest, HeldData_KeepsTheStackBusy) {
  Establish();
  server.keeps = true;
  client.Send(Pattern(100000));
  ASSERT_TRUE(Run([&] { return server.received.size() == 100000; }));
  EXPECT_GT(us.Stats().rx_held, 0u) << "large frames stay in the driver's pages";
  EXPECT_GT(us.device.held, 0u);
  EXPECT_LE(us.device.held, us.device.info.rx_buffers / 2u) << "but no more than half of them";
  EXPECT_GT(us.Stats().rx_copied, 0u);
  EXPECT_EQ(AT_BUSY, at_ip_fini(us.ip));
  EXPECT_TRUE(server.closed);
  EXPECT_EQ(AT_CANCELLED, server.why);
  for (at_ip_data *data : server.data) at_ip_data_free(data);
  us.Stop();
  client.f.at_ip_tcp_abort(client.tcp);
  client.tcp = nullptr;
  peer.Stop();
}

TEST_F(TcpTest, BothFinish_BothAreToldItIsOver) {
  Establish();
  client.finishes = server.finishes = true;
  client.Send("a");
  ASSERT_TRUE(Run([&] { return server.finished; }));
  EXPECT_FALSE(server.closed) << "it may still send";
  server.Send("b");
  ASSERT_TRUE(Run([&] { return client.closed && server.closed; }));
  EXPECT_EQ("b", client.received);
  EXPECT_EQ(AT_OK, client.why);
  EXPECT_EQ(AT_OK, server.why);
}

TEST_F(TcpTest, Abort_IsAResetForTheOther) {
  Establish();
  at_ip_tcp_abort(server.tcp);
  server.tcp = nullptr;
  ASSERT_TRUE(Run([&] { return client.closed; }));
  EXPECT_EQ(AT_CLOSED, client.why);
}

TEST_F(TcpTest, EndOfTheStack_IsSentBeforeItsInterfaceGoes) {
  size_t flushes;

  Establish();
  flushes = us.device.flushes;
  us.Stop();
  EXPECT_EQ(1u, us.device.wire.size());
  EXPECT_EQ(flushes + 1, us.device.flushes);
  ASSERT_TRUE(Run([&] { return client.closed; }));
  EXPECT_EQ(AT_CLOSED, client.why);
}

TEST_F(TcpTest, PortWithoutListener_IsDenied) {
  ASSERT_EQ(AT_OK, client.Connect(peer, us.Address(), 81));
  ASSERT_TRUE(Run([&] { return client.closed; }));
  EXPECT_EQ(AT_DENIED, client.why);
}

TEST_F(TcpTest, PeerThatIsNotThere_TimesOut) {
  ASSERT_EQ(AT_OK, client.Connect(peer, at_ip_address_v4(10, 0, 0, 77), 80));
  ASSERT_TRUE(Run([&] { return client.closed; }, 400000000000));
  EXPECT_EQ(AT_TIMED_OUT, client.why);
}

TEST_F(TcpTest, SecondListener_IsRefused) {
  at_ip_address any = {};
  at_ip_tcp_listener *second;

  Listen();
  EXPECT_EQ(AT_EXISTS, at_ip_tcp_listen(
                           us.ip, &second, &any, 80, 1, [](at_ip_tcp *, void *) {}, nullptr));
}

/* In a callback of its own a connection may go: with the data that it was called for, or in `finished`. */
TEST_F(TcpTest, ClosingInACallback_IsSafe) {
  Establish();
  server.on_received = [&] {
    at_ip_tcp_abort(server.tcp);
    server.tcp = nullptr;
  };
  client.Send("x");
  ASSERT_TRUE(Run([&] { return client.closed; }));
  EXPECT_EQ(nullptr, server.tcp);
}

TEST_F(OffloadTest, TenMegabytes_GoOutInLargeSegments) {
  std::string text = Pattern(10 << 20);

  Establish();
  server.Send(text);
  ASSERT_TRUE(Run([&] { return client.received.size() == text.size(); }, 60000000000));
  EXPECT_TRUE(client.received == text);
  EXPECT_GT(us.device.gso_frames, 300u);
  EXPECT_LT(us.device.sent_frames, 1200u) << "7,400 segments of the wire";
  EXPECT_GT(us.device.in_place_frames, us.device.gso_frames - 1);
}

TEST_F(OffloadTest, Losses_LeaveTheBytesAsTheyWere) {
  std::string text = Pattern(2 << 20);

  Establish();
  Lose(37);
  server.Send(text);
  client.Send(text);
  ASSERT_TRUE(
      Run([&] { return client.received.size() == text.size() && server.received.size() == text.size(); }, 600000000000))
      << client.received.size() << " and " << server.received.size() << " bytes came";
  EXPECT_TRUE(client.received == text);
  EXPECT_TRUE(server.received == text);
}

TEST_F(OffloadTest, SmallReceiver_GetsWhatFits) {
  std::string text = Pattern(1 << 20);

  Establish();
  client.keeps = true; /* 256 KB, and then the window is shut */
  server.Send(text);
  EXPECT_FALSE(Run([&] { return client.received.size() == text.size(); }, 5000000000));
  while (client.received.size() < text.size()) {
    ASSERT_FALSE(client.data.empty());
    for (at_ip_data *data : client.data) {
      size_t size = client.f.at_ip_data_size(data);

      client.f.at_ip_data_free(data);
      client.f.at_ip_tcp_consumed(client.tcp, size);
    }
    client.data.clear();
    ASSERT_TRUE(Run([&] { return !client.data.empty(); }, 5000000000)) << client.received.size();
  }
  EXPECT_TRUE(client.received == text);
  for (at_ip_data *data : client.data) client.f.at_ip_data_free(data);
}

/* They go by no device, so nobody fills their checksums in. */
TEST_F(OffloadTest, BytesToOnesOwnAddress_Arrive) {
  at_ip_address six = {};

  Listen();
  ASSERT_TRUE(Run([&] { return at_ip_interface_address(us.interface, &six, AT_IP_V6) == AT_OK; }));
  for (const at_ip_address &to : {us.Address(), six}) {
    SCOPED_TRACE(unsigned(to.family));
    Connection own(kOurs);

    server.received.clear();
    server.closed = false;
    ASSERT_EQ(AT_OK, own.Connect(us, to, 80));
    EXPECT_TRUE(Run([&] { return own.connected; }));
    own.Send("ping");
    EXPECT_TRUE(Run([&] { return server.received == "ping"; }));
    at_ip_tcp_abort(own.tcp);
    EXPECT_TRUE(Run([&] { return server.closed; }));
  }
}

}  // namespace
