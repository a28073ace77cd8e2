/* SPDX-License-Identifier: ISC */
/* What a connection can be asked and told, and its ends. */
#include "connections.h"

namespace {

TEST_F(TcpTest, Ends_AreNamed) {
  at_ip_address address;

  Establish();
  EXPECT_EQ(80, at_ip_tcp_local(server.tcp, nullptr));
  EXPECT_EQ(80, at_ip_tcp_local(server.tcp, &address));
  EXPECT_EQ(0, memcmp(us.Address().bytes, address.bytes, 4));
  EXPECT_LE(49152, at_ip_tcp_remote(server.tcp, nullptr));
  at_ip_tcp_remote(server.tcp, &address);
  EXPECT_EQ(0, memcmp(peer.Address().bytes, address.bytes, 4));
}

TEST_F(TcpTest, WhatContradictsItself_IsInvalid) {
  at_ip_address any = {}, strange = us.Address();
  at_ip_tcp_listener *other;
  at_ip_tcp *tcp;
  const at_ip_tcp_events &events = Connection::kEvents;
  auto listen = [&](const at_ip_address &address, uint16_t port, unsigned backlog) {
    return at_ip_tcp_listen(
        us.ip, &other, &address, port, backlog, [](at_ip_tcp *, void *) {}, nullptr);
  };

  strange.family = 77;
  EXPECT_EQ(AT_INVALID, listen(any, 0, 1));
  EXPECT_EQ(AT_INVALID, listen(any, 80, 0));
  EXPECT_EQ(AT_INVALID, listen(any, 80, 256));
  EXPECT_EQ(AT_INVALID, listen(strange, 80, 1));
  EXPECT_EQ(AT_INVALID, at_ip_tcp_connect(us.ip, &tcp, &any, 80, &events, nullptr));
  EXPECT_EQ(AT_INVALID, at_ip_tcp_connect(us.ip, &tcp, &strange, 80, &events, nullptr));
  strange = peer.Address();
  EXPECT_EQ(AT_INVALID, at_ip_tcp_connect(us.ip, &tcp, &strange, 0, &events, nullptr));
}

TEST_F(TcpTest, NothingIsFinished_BeforeItIsConnected) {
  Connection early(kOurs);

  ASSERT_EQ(AT_OK, early.Connect(us, at_ip_address_v4(10, 0, 0, 77), 80));
  EXPECT_EQ(AT_CLOSED, at_ip_tcp_finish(early.tcp));
  at_ip_tcp_abort(early.tcp);
}

/* `closed` may still call everything: the connection is gone, and nothing else happens. */
TEST_F(TcpTest, CallsInClosed_DoNothing) {
  at_ip_tcp_events events = Connection::kEvents;
  static bool is_closed;

  is_closed = false;
  events.closed = [](at_ip_tcp *tcp, void *user, at_status) {
    size_t taken = 1;

    EXPECT_EQ(AT_CLOSED, at_ip_tcp_write(tcp, &taken, "x", 1, 0));
    EXPECT_EQ(0u, taken);
    EXPECT_EQ(0u, at_ip_tcp_room(tcp));
    EXPECT_EQ(AT_CLOSED, at_ip_tcp_finish(tcp));
    EXPECT_EQ(0, at_ip_tcp_local(tcp, nullptr));
    EXPECT_EQ(0, at_ip_tcp_remote(tcp, nullptr));
    at_ip_tcp_consumed(tcp, 1);
    at_ip_tcp_set_delay(tcp, true);
    at_ip_tcp_set_keepalive(tcp, 1, 1, 1);
    at_ip_tcp_set_tick(tcp, 1);
    at_ip_tcp_close(tcp);
    at_ip_tcp_abort(tcp);
    static_cast<Connection *>(user)->tcp = nullptr;
    is_closed = true;
  };
  Establish();
  at_ip_tcp_own(server.tcp, &events, &server);
  client.f.at_ip_tcp_abort(client.tcp);
  client.tcp = nullptr;
  EXPECT_TRUE(Run([] { return is_closed; }));
}

/* Nagle: of two small writes the second waits for the first one's acknowledgement. */
TEST_F(TcpTest, SmallWrites_WaitUnlessTheyNeedNot) {
  for (bool delays : {true, false}) {
    size_t frames = 0, taken;

    SCOPED_TRACE(delays);
    if (delays) Establish();
    at_ip_tcp_set_delay(server.tcp, delays);
    carries = [&](Bytes &, bool from_us) {
      frames += from_us;
      return false;
    };
    at_ip_tcp_write(server.tcp, &taken, "a", 1, 0);
    at_ip_tcp_write(server.tcp, &taken, "b", 1, 0);
    Run([] { return false; }, 0);
    EXPECT_EQ(delays ? 1u : 2u, frames);
    carries = nullptr;
    Run([] { return false; }, 10000000000);
  }
  EXPECT_EQ("abab", client.received);
}

TEST_F(TcpTest, MoreToCome_GoesOutTogether_AlsoInPlace) {
  size_t frames = 0, taken;

  Establish();
  at_ip_tcp_set_delay(server.tcp, false);
  carries = [&](Bytes &, bool from_us) {
    frames += from_us;
    return true;
  };
  EXPECT_EQ(AT_OK, at_ip_tcp_write(server.tcp, &taken, "head, ", 6, AT_IP_TCP_MORE));
  EXPECT_EQ(AT_OK, at_ip_tcp_write(server.tcp, &taken, "body", 4, AT_IP_TCP_IN_PLACE));
  Run([] { return false; }, 0);
  EXPECT_EQ(1u, frames);
  EXPECT_TRUE(Run([&] { return client.received == "head, body"; }));
  carries = nullptr;
}

TEST_F(TcpTest, SilentPeer_IsAskedAndGivenUp_OnlyWhereThatIsWanted) {
  Establish();
  at_ip_tcp_set_keepalive(server.tcp, 10, 5, 3);
  EXPECT_FALSE(Run([&] { return server.closed; }, 100000000000)) << "it answers";
  carries = [](Bytes &, bool) { return false; };
  at_ip_tcp_set_keepalive(server.tcp, 0, 0, 0);
  EXPECT_FALSE(Run([&] { return server.closed; }, 100000000000));
  at_ip_tcp_set_keepalive(server.tcp, 10, 5, 3);
  EXPECT_TRUE(Run([&] { return server.closed; }, 100000000000));
  EXPECT_EQ(AT_TIMED_OUT, server.why);
}

TEST_F(TcpTest, WritesAndReads_OfMoreThanSixtyFourKilobytesAtOnce) {
  std::string text = Pattern(100000);
  size_t taken;

  Establish();
  server.keeps = true;
  client.Send(text);
  ASSERT_TRUE(Run([&] { return server.received.size() == text.size(); }));
  for (at_ip_data *data : server.data) at_ip_data_free(data);
  at_ip_tcp_consumed(server.tcp, text.size());
  EXPECT_EQ(AT_AGAIN, at_ip_tcp_write(server.tcp, &taken, std::string(400000, 'x').data(), 400000, AT_IP_TCP_MORE));
  EXPECT_GT(taken, 65535u);
  EXPECT_LT(at_ip_tcp_room(server.tcp), 400000 - taken);
  EXPECT_TRUE(Run([&] { return client.received.size() == taken; }));
}

TEST_F(TcpTest, AfterItsEnd_NothingIsWritten) {
  size_t taken;

  Establish();
  EXPECT_EQ(AT_OK, at_ip_tcp_finish(server.tcp));
  EXPECT_EQ(AT_CLOSED, at_ip_tcp_write(server.tcp, &taken, "x", 1, 0));
  EXPECT_EQ(AT_CLOSED, at_ip_tcp_finish(server.tcp));
  EXPECT_TRUE(Run([&] { return client.finished; }));
}

/* A frame of more pieces than a device takes is sent as a copy. */
TEST_F(TcpTest, ManySmallPiecesInPlace_GoOut) {
  std::string text = Pattern(200);
  size_t taken;

  Establish();
  for (const char &byte : text) ASSERT_EQ(AT_OK, at_ip_tcp_write(server.tcp, &taken, &byte, 1, AT_IP_TCP_IN_PLACE));
  EXPECT_TRUE(Run([&] { return client.received == text; }));
}

TEST_F(TcpTest, WhatBreaksTheContract_IsAPanic) {
  Establish();
  EXPECT_DEATH(at_ip_tcp_set_tick(server.tcp, 121), "seconds");
}

TEST_F(TcpTest, AcceptedConnectionThatNobodyOwns_IsAPanic) {
  at_ip_address any = {};

  ASSERT_EQ(AT_OK, at_ip_tcp_listen(
                       us.ip, &listener, &any, 80, 16, [](at_ip_tcp *, void *) {}, nullptr));
  ASSERT_EQ(AT_OK, client.Connect(peer, us.Address(), 80));
  EXPECT_DEATH(Run([] { return false; }, 1000000000), "events");
}

/* Members of at_ip_tcp_events that may be NULL are. */
TEST_F(TcpTest, EventsThatNobodyWants_AreNotMissed) {
  at_ip_tcp_events few = {};
  Connection one(kOurs);
  at_ip_address theirs = peer.Address(), any = {};
  at_ip_tcp_listener *peers;
  size_t taken;

  few.received = Connection::kEvents.received;
  few.closed = Connection::kEvents.closed;
  ASSERT_EQ(AT_OK, peer.f.at_ip_tcp_listen(
                       peer.ip, &peers, &any, 81, 4,
                       [](at_ip_tcp *tcp, void *user) { static_cast<Connection *>(user)->Own(tcp); }, &client));
  ASSERT_EQ(AT_OK, at_ip_tcp_connect(us.ip, &one.tcp, &theirs, 81, &few, &one));
  ASSERT_TRUE(Run([&] { return client.connected; }));
  EXPECT_EQ(AT_OK, at_ip_tcp_write(one.tcp, &taken, "x", 1, 0));
  at_ip_tcp_set_tick(one.tcp, 1); /* without `tick` */
  client.finishes = true;
  client.Send("y");
  ASSERT_TRUE(Run([&] { return client.received == "x" && one.received == "y"; }));
  Run([] { return false; }, 2000000000);
  at_ip_tcp_close(one.tcp);
  peer.f.at_ip_tcp_listener_close(peers);
}

/* In the pieces that it lies in, without a copy, it is the same. */
TEST_F(TcpTest, ReceivedPieces_AreTheBytesInTheirOrder) {
  std::string text = Pattern(20000), pieces;

  Establish();
  server.keeps = true;
  client.Send(text);
  ASSERT_TRUE(Run([&] { return server.received.size() == text.size(); }));
  for (at_ip_data *data : server.data) {
    const void *place = nullptr;
    at_span piece;

    while (at_ip_data_piece(data, &place, &piece)) pieces.append(reinterpret_cast<char *>(piece.data), piece.size);
    EXPECT_EQ(0u, at_ip_data_copy(data, at_ip_data_size(data), &place, 1)) << "behind its end";
    at_ip_data_free(data);
  }
  EXPECT_TRUE(pieces == text);
  at_ip_tcp_consumed(server.tcp, text.size());
}

TEST_F(OffloadTest, TwoMegabytesOverIpv6_GoOutInLargeSegments) {
  std::string text = Pattern(2 << 20);
  at_ip_address ours, theirs;

  Listen();
  ASSERT_TRUE(Run([&] {
    return at_ip_interface_address(us.interface, &ours, AT_IP_V6) == AT_OK &&
           peer.f.at_ip_interface_address(peer.interface, &theirs, AT_IP_V6) == AT_OK;
  }));
  ours.zone = theirs.zone;
  ASSERT_EQ(AT_OK, client.Connect(peer, ours, 80));
  ASSERT_TRUE(Run([&] { return client.connected && server.connected; }));
  server.Send(text);
  ASSERT_TRUE(Run([&] { return client.received.size() == text.size(); }, 60000000000));
  EXPECT_TRUE(client.received == text);
  EXPECT_GT(us.device.gso_frames, 50u);
  EXPECT_LT(us.device.sent_frames, 400u);
}

}  // namespace
