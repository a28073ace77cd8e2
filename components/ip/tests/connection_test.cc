/* SPDX-License-Identifier: ISC */
/* What a connection can be asked and told, and its ends. */
#include "clients.h"
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
    for (const char *text : {"a", "b"}) {
      at_ip_tcp_write(server.tcp, &taken, text, 1, 0);
      Run([] { return false; }, 0);
    }
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
  std::string text = Pattern(200), wanted;
  size_t taken;

  Establish();
  server.f.at_ip_tcp_write(server.tcp, &taken, "the first goes out by itself", 28, 0);
  for (size_t i = 0; i < text.size(); i += 2) { /* what lies together in memory goes out as one */
    ASSERT_EQ(AT_OK, at_ip_tcp_write(server.tcp, &taken, &text[i], 1, AT_IP_TCP_IN_PLACE));
    wanted += text[i];
  }
  EXPECT_TRUE(Run([&] { return client.received == "the first goes out by itself" + wanted; }));
}

/* What is queued has a bound in pieces, too. */
TEST_F(TcpTest, SmallPiecesInPlace_AreTakenUpToABound) {
  std::string text = Pattern(8000), wanted;
  size_t taken, i = 0;

  Establish();
  for (; i < text.size(); i += 2) {
    if (at_ip_tcp_write(server.tcp, &taken, &text[i], 1, AT_IP_TCP_IN_PLACE) != AT_OK) break;
    wanted += text[i];
  }
  EXPECT_LT(i, text.size());
  EXPECT_EQ(0u, at_ip_tcp_room(server.tcp));
  EXPECT_TRUE(Run([&] { return client.received == wanted; }));
  EXPECT_TRUE(Run([&] { return at_ip_tcp_room(server.tcp) > 0; }));
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

TEST_F(TcpTest, PortOfAConnection_IsNotListenedOn) {
  at_ip_address any = {}, theirs = peer.Address();
  at_ip_tcp_listener *peers, *ours;
  Connection one(kOurs);

  ASSERT_EQ(AT_OK, peer.f.at_ip_tcp_listen(
                       peer.ip, &peers, &any, 81, 4,
                       [](at_ip_tcp *tcp, void *user) { static_cast<Connection *>(user)->Own(tcp); }, &client));
  ASSERT_EQ(AT_OK, one.Connect(us, theirs, 81));
  EXPECT_EQ(AT_EXISTS,
            at_ip_tcp_listen(
                us.ip, &ours, &any, at_ip_tcp_local(one.tcp, nullptr), 1, [](at_ip_tcp *, void *) {}, nullptr));
  at_ip_tcp_abort(one.tcp);
  peer.f.at_ip_tcp_listener_close(peers);
}

/* lwIP sums what the device is not told to. */
TEST_F(OffloadTest, Datagrams_AreWholeAndSummed) {
  const at_ip_address any = {}, theirs = peer.Address();
  size_t datagrams = 0;
  at_ip_udp *udp;

  ASSERT_EQ(AT_OK, at_ip_udp_open(us.ip, &udp, &any, 9, nullptr, nullptr));
  carries = [&](Bytes &frame, bool from_us) {
    datagrams += from_us && frame[13] == 0 && frame[23] == 17;
    return true;
  };
  ASSERT_EQ(AT_OK, at_ip_udp_send(udp, &theirs, 9, "x", 1));
  EXPECT_TRUE(Run([&] { return datagrams == 1; }));
  at_ip_udp_close(udp);
}

/* To oneself nothing is cut, nor does a device see it. */
TEST_F(OffloadTest, AMegabyteToOneself_ArrivesAsItWas) {
  std::string text = Pattern(1 << 20);
  Connection one(kOurs);

  Listen();
  ASSERT_EQ(AT_OK, one.Connect(us, at_ip_address_v4(127, 0, 0, 1), 80));
  ASSERT_TRUE(Run([&] { return one.connected && server.connected; }));
  one.Send(text);
  ASSERT_TRUE(Run([&] { return server.received.size() == text.size(); }, 60000000000));
  EXPECT_TRUE(server.received == text);
  EXPECT_EQ(0u, us.device.gso_frames);
  at_ip_tcp_close(one.tcp);
}

/* In the pieces that it lies in, without a copy, it is the same. */
TEST_F(TcpTest, ReceivedPieces_AreTheBytesInTheirOrder) {
  std::string text = Pattern(20000), pieces, copy(100000, 0);

  Establish();
  server.keeps = true;
  client.Send(text);
  ASSERT_TRUE(Run([&] { return server.received.size() == text.size(); }));
  for (at_ip_data *data : server.data) {
    const void *place = nullptr;
    at_span piece;

    EXPECT_EQ(at_ip_data_size(data), at_ip_data_copy(data, 0, &copy[0], copy.size()));
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

/* With a client that is written out. */
using Client = ClientsTest;

TEST_F(Client, BytesThatCameBefore_AreNotGivenAgain) {
  static const at_ip_tcp_events events = {
      nullptr,
      [](at_ip_tcp *, void *user, at_ip_data *data) {
        const void *place = nullptr;
        at_span piece;

        while (at_ip_data_piece(data, &place, &piece)) {
          EXPECT_NE(0u, piece.size);
          static_cast<std::string *>(user)->append(reinterpret_cast<char *>(piece.data), piece.size);
        }
        at_ip_data_free(data);
      },
      nullptr,
      nullptr,
      nullptr,
      [](at_ip_tcp *, void *, at_status) {},
  };
  std::string text = Pattern(900), received;
  Segment s = Connect(Segment());

  Answer(s);
  at_ip_tcp_own(server_, &events, &received);
  s.data = text.substr(0, 500);
  Answers(s);
  s.data = text; /* the first 500 again, which are more than the stack keeps by itself */
  Answers(s);
  EXPECT_EQ(text, received);
  Abort();
}

TEST_F(Client, ClosingInFinished_IsSafe) {
  size_t before = Live();
  Segment s = Connect(Segment());

  Answer(s);
  s.flags = kFin | kAck;
  EXPECT_EQ(unsigned(kFin | kAck), Answers(s).back().flags);
  server_ = nullptr;
  s.flags = kAck;
  s.seq++;
  s.ack++;
  EXPECT_EQ(0u, Answers(s).size());
  EXPECT_EQ(before, Live());
}

}  // namespace
