/* SPDX-License-Identifier: ISC */
/* The Nth allocation of the stack's fails, for every N, once and from then on: nothing breaks, nothing is left, whoever
 * asked is told, and it works afterwards. */
#include "failing.h"

#include <atman/ip/dns.h>

namespace {

/* DHCPv6 and the group of all systems were missing without a word. */
TEST_F(MemoryTest, AStack_IsThereOrNot) {
  at_ip_settings dhcp = {};
  size_t whole;

  dhcp.dhcp = dhcp.ipv6 = true;
  for (bool shares : {false, true}) {
    us.shares = shares;
    ASSERT_EQ(AT_OK, us.Start(&dhcp));
    Run([] { return false; }, 3000000000);
    whole = Live();
    us.Stop();
    ForEveryN([&] {
      at_status status;

      Fails();
      status = us.Start(&dhcp);
      FailsNoMore();
      if (status == AT_OK) {
        Run([] { return false; }, 3000000000);
        EXPECT_LE(whole, Live()) << "something is missing of it";
        us.Stop();
      }
      EXPECT_TRUE(status == AT_OK || (struck_ && status == AT_NO_MEMORY)) << status;
      EXPECT_EQ(0u, Live());
    });
  }
}

/* Each is called where the Nth allocation fails, and then where none does. */
TEST_F(MemoryTest, AnOperation_IsDoneOrNot) {
  const at_ip_address any = {}, group = at_ip_address_v4(224, 0, 0, 99), theirs = peer.Address();
  at_ip_address group6, found;
  at_ip_tcp_listener *listener;
  Connection connection(kOurs);
  at_ip_udp *udp = nullptr, *opened;
  Bytes datagram(20000);
  auto nothing = [](at_ip_udp *, void *, at_ip_data *data, const at_ip_address *, uint16_t) { at_ip_data_free(data); };
  const struct {
    const char *what;
    std::function<at_status()> act;
    at_status success;
  } operations[] = {
      {"listen",
       [&] {
         return at_ip_tcp_listen(
             us.ip, &listener, &any, 80, 1, [](at_ip_tcp *, void *) {}, nullptr);
       },
       AT_OK},
      {"connect", [&] { return connection.Connect(us, theirs, 80); }, AT_OK},
      {"open a socket", [&] { return at_ip_udp_open(us.ip, &opened, &any, 0, nothing, nullptr); }, AT_OK},
      {"send a datagram", [&] { return at_ip_udp_send(udp, &theirs, 7, datagram.data(), 100); }, AT_OK},
      {"send fragments", [&] { return at_ip_udp_send(udp, &theirs, 7, datagram.data(), datagram.size()); }, AT_OK},
      {"ask for a name",
       [&] {
         return at_ip_dns_lookup(
             us.ip, &found, "a.example", AT_IP_V4, [](void *, at_status, const at_ip_address *) {}, nullptr);
       },
       AT_AGAIN},
      {"join a group", [&] { return at_ip_interface_join(us.interface, &group); }, AT_OK},
      {"join a group of IPv6", [&] { return at_ip_interface_join(us.interface, &group6); }, AT_OK},
  };

  ASSERT_EQ(AT_OK, at_ip_address_parse(&group6, "ff02::99"));
  for (const auto &operation : operations) {
    SCOPED_TRACE(operation.what);
    ForEveryN([&] {
      size_t before;
      at_status status;

      StartUs();
      ASSERT_EQ(AT_OK, at_ip_udp_open(us.ip, &udp, &any, 9, nothing, nullptr));
      before = Live();
      Fails();
      status = operation.act();
      FailsNoMore();
      if (status != operation.success) {
        EXPECT_TRUE(struck_);
        EXPECT_EQ(AT_NO_MEMORY, status);
        Run([] { return false; }, 1000000000); /* fragments before the one that failed are on their way */
        EXPECT_GE(before, Live()) << "something is left of it";
        EXPECT_EQ(operation.success, operation.act()) << "and it works afterwards";
      }
      us.Stop();
    });
  }
}

/* Beside the first one, which is as it was. */
TEST_F(MemoryTest, AnotherInterface_IsThereOrNot) {
  at_ip_settings settings = {};
  Device device(7);

  settings.address = at_ip_address_v4(10, 0, 1, 1);
  settings.prefix = 24;
  settings.ipv6 = true;
  ForEveryN([&] {
    at_ip_interface *second;
    at_status status;
    size_t before;

    StartUs();
    before = Live();
    Fails();
    status = at_ip_interface_add(us.ip, &second, device.netdev(), &settings);
    FailsNoMore();
    if (status != AT_OK) {
      EXPECT_TRUE(struck_);
      EXPECT_EQ(AT_NO_MEMORY, status);
      EXPECT_EQ(before, Live());
      EXPECT_EQ(nullptr, at_ip_interface_next(us.interface));
    }
    us.Stop();
  });
}

TEST_F(MemoryTest, Sockets_HaveABound) {
  const at_ip_address any = {};
  std::vector<at_ip_udp *> all;
  at_ip_udp *udp;

  StartUs();
  while (at_ip_udp_open(us.ip, &udp, &any, 0, nullptr, nullptr) == AT_OK) {
    all.push_back(udp);
    ASSERT_GT(1000u, all.size());
  }
  EXPECT_EQ(AT_NO_MEMORY, at_ip_udp_open(us.ip, &udp, &any, 0, nullptr, nullptr));
  EXPECT_LT(200u, all.size());
  at_ip_udp_close(all.back());
  EXPECT_EQ(AT_OK, at_ip_udp_open(us.ip, &all.back(), &any, 0, nullptr, nullptr));
  for (at_ip_udp *each : all) at_ip_udp_close(each);
  us.Stop();
}

/* lwIP's calloc (port/lwipopts.h). */
extern "C" void *at_ip_sent_calloc(size_t count, size_t size);
extern "C" void at_ip_sent_free(void *object);

TEST_F(MemoryTest, Calloc_GivesZerosOrNothing) {
  StartUs();
  for (bool fails : {false, false, true}) {
    failure.nth = 1;
    failure.goes_on = true;
    if (fails) Fails();
    uint8_t *bytes = static_cast<uint8_t *>(at_ip_sent_calloc(10, 20));

    FailsNoMore();
    ASSERT_EQ(fails, bytes == nullptr);
    if (fails) continue;
    EXPECT_EQ(Bytes(200), Bytes(bytes, bytes + 200));
    at_ip_sent_free(memset(bytes, 7, 200)); /* what the next one would get */
  }
  us.Stop();
}

/* A server with one client: connect, bytes both ways, finish. */
class ConversationTest : public MemoryTest {
 protected:
  void Converse(const std::function<void()> &when_connected) {
    const std::string text(30000, 'x');
    at_ip_address any = {};
    at_ip_tcp_listener *listener;
    Connection client(kPeers);
    bool has_finished = false;

    server_.reset(new Connection(kOurs));
    client.finishes = true;
    ASSERT_EQ(AT_OK, at_ip_tcp_listen(
                         us.ip, &listener, &any, 80, 4,
                         [](at_ip_tcp *tcp, void *user) {
                           auto &server = static_cast<ConversationTest *>(user)->server_;

                           server->Own(tcp);
                           server->Send(std::string(30000, 'y'));
                         },
                         this));
    ASSERT_EQ(AT_OK, client.Connect(peer, us.Address(), 80));
    client.Send(text);
    when_connected();
    Run(
        [&] {
          if (!has_finished && server_->tcp != nullptr && server_->unsent.empty())
            has_finished = at_ip_tcp_finish(server_->tcp) == AT_OK;
          return client.closed && (client.why != AT_OK || server_->closed);
        },
        300000000000);
    EXPECT_TRUE(client.closed);
    is_whole_ = client.received.size() == text.size() && server_->received == text;
    EXPECT_TRUE(is_whole_ || client.why != AT_OK) << "an end that looks well";
    if (server_->tcp != nullptr) at_ip_tcp_abort(server_->tcp);
    at_ip_tcp_listener_close(listener);
    Run([] { return false; }, 200000000); /* the last acknowledgement */
  }

  std::unique_ptr<Connection> server_;
  bool is_whole_ = false;
};

TEST_F(ConversationTest, Conversation_IsWholeOrReset_AndTheNextIsWhole) {
  ForEveryN([&] {
    StartUs();
    Converse([&] {
      Fails();
      Run([&] { return false; }, 1000000000);
      FailsNoMore();
    });
    if (failure.goes_on || struck_) {
      Converse([] {});
      EXPECT_TRUE(is_whole_);
    }
    us.Stop();
  });
}

/* An address was never heard of again whose group had found no memory when it began to be used. */
TEST_F(MemoryTest, GroupsOfAddresses_AreJoined_OnceThereIsMemory) {
  const Bytes group = {0x33, 0x33, 0xff, 0, 0, 1}; /* of the link-local address */

  us.device.Filter(64);
  StartUs(); /* which waits until it is in use */
  EXPECT_TRUE(us.device.IsMember(group));
  us.Stop();
  failure.nth = 1;
  failure.goes_on = true;
  StartUs([&] { Fails(); });
  EXPECT_FALSE(us.device.IsMember(group));
  FailsNoMore();
  EXPECT_TRUE(Run([&] { return us.device.IsMember(group); }, 2000000000));
}

}  // namespace
