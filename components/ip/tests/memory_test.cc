/* SPDX-License-Identifier: ISC */
/* The Nth allocation of the stack's fails, for every N, once and from then on: nothing breaks, nothing is left, whoever
 * asked is told, and it works afterwards. */
#include "stacks.h"

#include <atman/ip/dns.h>

namespace {

/* What at_mm_heap_alloc() does for our stack; the peer's takes from its own heap. */
struct Failure {
  const at_mm_heap *spared = nullptr;
  bool is_on = false;
  bool goes_on = false;
  size_t nth = 0;
  size_t count = 0; /* of allocations since it is on */

  bool Strikes() { return is_on && (++count == nth || (goes_on && count > nth)); }
};

Failure failure;

}  // namespace

/* The linker's --wrap (BUILD) leads the component's calls here. */
extern "C" void *__real_at_mm_heap_alloc(at_mm_heap *heap, size_t size);
extern "C" void *__wrap_at_mm_heap_alloc(at_mm_heap *heap, size_t size) {
  return heap != failure.spared && failure.Strikes() ? nullptr : __real_at_mm_heap_alloc(heap, size);
}

namespace {

class MemoryTest : public StacksTest {
 protected:
  void SetUp() override {
    failure = Failure();
    failure.spared = &peer.heap;
    peer.shares = false;
    ASSERT_EQ(AT_OK, peer.Start());
  }

  /* Calls `act`, which returns whether an allocation failed in it, for every N until none did. */
  void ForEveryN(const std::function<void()> &act) {
    for (bool goes_on : {false, true}) {
      for (size_t n = 1; n < 2000; n++) {
        SCOPED_TRACE((goes_on ? "from allocation " : "allocation ") + std::to_string(n));
        failure.nth = n;
        failure.goes_on = goes_on;
        struck_ = false;
        act();
        if (HasFatalFailure()) return;
        ASSERT_TRUE(struck_ || n > 1) << "it allocates nothing";
        if (!struck_) break;
      }
    }
  }

  void Fails() {
    failure.is_on = true;
    failure.count = 0;
  }

  void FailsNoMore() {
    failure.is_on = false;
    struck_ = failure.count >= failure.nth;
  }

  /* Where nothing fails yet. */
  void StartUs() {
    at_ip_settings settings = {};

    settings.address = us.Address();
    settings.prefix = 24;
    settings.ipv6 = true;
    settings.dns[0] = at_ip_address_v4(10, 0, 0, 77); /* nobody */
    ASSERT_EQ(AT_OK, us.Start(&settings));
    Run([] { return false; }, 2000000000);
  }

  size_t Live() {
    struct at_mm_heap_stats stats;

    at_mm_heap_stats(&us.heap, &stats);
    return stats.live;
  }

  bool struck_ = false; /* an allocation failed between the last Fails() and FailsNoMore() */
};

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

}  // namespace
