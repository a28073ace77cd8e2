/* SPDX-License-Identifier: ISC */
/* The engine: when it sleeps, what wakes it, and what ends it. */
#include "loops.h"

#include <atman/host/seams.h>
#include <atman/ip/dns.h>

namespace {

TEST_F(LoopTest, WithNothingThatCouldHappen_IsADeadlock) { EXPECT_EQ(AT_DEADLOCK, Run(AT_NEVER)); }

TEST_F(LoopTest, Stop_EndsTheSleep_OrTheNextOne) {
  at_ip_stop(ip_);
  EXPECT_EQ(AT_OK, Run(AT_NEVER));
  EXPECT_EQ(0u, sleeper_.wakes);
  sleeper_.meanwhile = [this] { at_ip_stop(ip_); };
  EXPECT_EQ(AT_OK, Run(1000000000));
  EXPECT_EQ(1u, sleeper_.wakes);
}

TEST_F(LoopTest, Waiter_RunsTheStack) {
  at_wait wait = at_ip_waiter(ip_);

  EXPECT_EQ(sleeper_.now_ns, at_wait_now(wait));
  EXPECT_EQ(AT_TIMED_OUT, at_wait_sleep(wait, sleeper_.now_ns + 1000000000));
  sleeper_.meanwhile = [&] { at_wait_wake(wait); };
  EXPECT_EQ(AT_OK, at_wait_sleep(wait, sleeper_.now_ns + 1000000000));
}

/* What a thread sends while the stack sleeps goes out when its call returns, and wakes the stack for an earlier timer.
 */
TEST_F(LoopTest, CallWhileItSleeps_IsFlushed_AndItsTimerKept) {
  static const at_ip_tcp_events events = {
      nullptr, [](at_ip_tcp *, void *, at_ip_data *) {}, nullptr, nullptr,
      nullptr, [](at_ip_tcp *, void *, at_status) {},
  };
  at_ip_address any = {}, to = at_ip_address_v4(10, 0, 0, 9), all = at_ip_address_v4(255, 255, 255, 255);
  at_ip_tcp *tcp = nullptr;
  at_ip_udp *udp;
  size_t sent = 0, flushes = 0;

  Add(first_, 0);
  Run(5000000000);
  sleeper_.meanwhile = [&] {
    if (tcp != nullptr) return;
    EXPECT_EQ(AT_OK, at_ip_udp_open(ip_, &udp, &any, 9, nullptr, nullptr));
    EXPECT_EQ(AT_OK, at_ip_udp_send(udp, &all, 9, "x", 1));
    at_ip_udp_close(udp);
    EXPECT_EQ(0u, sleeper_.wakes) << "that needs no timer";
    sent = first_.sent_frames;
    flushes = first_.flushes;
    EXPECT_EQ(AT_OK, at_ip_tcp_connect(ip_, &tcp, &to, 80, &events, nullptr));
    EXPECT_EQ(sent + 1, first_.sent_frames) << "a question for the address";
    EXPECT_EQ(flushes + 1, first_.flushes);
    EXPECT_EQ(1u, sleeper_.wakes) << "TCP's timer is earlier than the one it sleeps for";
  };
  Run(2000000000);
  EXPECT_NE(nullptr, tcp);
}

/* It waited for the next timer: for a second, or a quarter of one. */
TEST_F(LoopTest, DatagramToOneselfWhileItSleeps_ArrivesAtOnce) {
  at_ip_address any = {}, to = at_ip_address_v4(127, 0, 0, 1);
  unsigned sent = 0, arrived = 0;
  at_ip_udp *udp;

  ASSERT_EQ(AT_OK, at_ip_udp_open(
                       ip_, &udp, &any, 9,
                       [](at_ip_udp *, void *user, at_ip_data *data, const at_ip_address *, uint16_t) {
                         ++*static_cast<unsigned *>(user);
                         at_ip_data_free(data);
                       },
                       &arrived));
  Add(first_, 0);
  Run(5000000000);
  sleeper_.meanwhile = [&] {
    if (sent++ > 0) return;
    EXPECT_EQ(AT_OK, at_ip_udp_send(udp, &to, 9, "x", 1));
    EXPECT_EQ(1u, sleeper_.wakes);
  };
  Run(1);
  EXPECT_EQ(1u, arrived);
  at_ip_udp_close(udp);
}

/* What is written then is sent in a batch of its own. */
TEST_F(LoopTest, WriteWhileItSleeps_WakesIt) {
  static at_ip_tcp *server, *client;
  static std::string received;
  static const at_ip_tcp_events events = {
      nullptr,
      [](at_ip_tcp *tcp, void *, at_ip_data *data) {
        received.resize(at_ip_data_size(data));
        at_ip_data_copy(data, 0, &received[0], received.size());
        at_ip_data_free(data);
        at_ip_tcp_consumed(tcp, received.size());
      },
      nullptr,
      nullptr,
      nullptr,
      [](at_ip_tcp *, void *, at_status) {},
  };
  at_ip_address any = {}, to = at_ip_address_v4(127, 0, 0, 1);
  at_ip_tcp_listener *listener;
  unsigned writes = 0;
  size_t taken;

  Add(first_, 0);
  ASSERT_EQ(AT_OK, at_ip_tcp_listen(
                       ip_, &listener, &any, 80, 1,
                       [](at_ip_tcp *tcp, void *) { at_ip_tcp_own(server = tcp, &events, nullptr); }, nullptr));
  ASSERT_EQ(AT_OK, at_ip_tcp_connect(ip_, &client, &to, 80, &events, nullptr));
  Run(1000000000);
  ASSERT_NE(nullptr, server);
  sleeper_.meanwhile = [&] {
    if (writes++ > 0) return;
    sleeper_.wakes = 0;
    EXPECT_EQ(AT_OK, at_ip_tcp_write(server, &taken, "x", 1, 0));
    EXPECT_EQ(1u, sleeper_.wakes);
  };
  Run(1);
  EXPECT_EQ("x", received);
  at_ip_tcp_abort(client);
  at_ip_tcp_abort(server);
}

/* Nobody is believed to be where he was five minutes ago. */
TEST_F(LoopTest, CallWhileItRests_FindsTheTablesAged) {
  const Bytes reply = {2, 0, 0, 0, 0, 1, 2, 0,  0, 0, 0, 9, 8, 6, 0, 1, 8, 0,  6, 4, 0,
                       2, 2, 0, 0, 0, 0, 9, 10, 0, 0, 9, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1};
  at_ip_address any = {}, to = at_ip_address_v4(10, 0, 0, 9);
  std::vector<uint8_t> types;
  at_ip_udp *udp;

  Add(first_, 0);
  Run(5000000000);
  ASSERT_EQ(AT_OK, at_ip_udp_open(ip_, &udp, &any, 9, nullptr, nullptr));
  ASSERT_EQ(AT_OK, at_ip_udp_send(udp, &to, 9, "x", 1));
  first_.Arrive(reply);
  Run(301000000000 - sleeper_.now_ns);
  sleeper_.meanwhile = [&] {
    first_.wire.clear();
    sleeper_.now_ns = 329000000000; /* the stack would sleep to 330 */
    EXPECT_EQ(AT_OK, at_ip_udp_send(udp, &to, 9, "x", 1));
    for (const Bytes &frame : first_.wire) types.push_back(frame[13]);
    sleeper_.meanwhile = nullptr;
  };
  Run(1);
  EXPECT_EQ(std::vector<uint8_t>{6}, types) << "a question for the address";
}

/* More than it takes at once: it goes on, with a turn for the others between. */
TEST_F(LoopTest, ManyFrames_AreTakenInTurns) {
  Add(first_, 0);
  Run(5000000000);
  for (int i = 0; i < 200; i++) first_.Arrive(Bytes(14));
  sleeper_.sleeps = 0;
  Run(0);
  EXPECT_EQ(0u, first_.held);
  first_.Arrive(Bytes(14));
  for (int i = 0; i < 199; i++) first_.Arrive(Bytes(14));
  sleeper_.meanwhile = [&] { EXPECT_EQ(0u, first_.held); };
  Run(1);
  EXPECT_LE(3u, sleeper_.sleeps);
}

TEST_F(LoopTest, FrameThatWaits_GoesOutWhenThereIsRoom) {
  at_ip_address any = {}, all = at_ip_address_v4(255, 255, 255, 255);
  at_ip_udp *udp;

  Add(first_, 0);
  Run(5000000000);
  first_.wire.clear();
  first_.ring = 0;
  ASSERT_EQ(AT_OK, at_ip_udp_open(ip_, &udp, &any, 9, nullptr, nullptr));
  ASSERT_EQ(AT_OK, at_ip_udp_send(udp, &all, 9, "x", 1));
  sleeper_.meanwhile = [&] {
    EXPECT_EQ(unsigned(AT_NETDEV_RX | AT_NETDEV_TX), first_.armed_for) << "the device wakes it";
    first_.ring = 64;
  };
  Run(1000000000);
  EXPECT_EQ(1u, first_.wire.size());
}

TEST_F(LoopTest, SendingToADeviceThatHasEnded_IsRefused) {
  at_ip_address any = {}, all = at_ip_address_v4(255, 255, 255, 255);
  struct at_ip_stats stats;
  at_ip_udp *udp;

  Add(first_, 0);
  first_.ended = AT_CLOSED;
  ASSERT_EQ(AT_OK, at_ip_udp_open(ip_, &udp, &any, 9, nullptr, nullptr));
  EXPECT_EQ(AT_NO_MEMORY, at_ip_udp_send(udp, &all, 9, "x", 1));
  at_ip_interface_stats(at_ip_interface_first(ip_), &stats);
  EXPECT_EQ(1u, stats.tx_dropped);
}

TEST_F(LoopTest, EndOfTheLastDevice_EndsTheRun) {
  Add(first_, 0);
  Add(second_, 1);
  first_.ended = AT_CLOSED;
  EXPECT_EQ(AT_TIMED_OUT, Run(3000000000)) << "there is another";
  second_.ended = AT_PROTOCOL;
  EXPECT_EQ(AT_PROTOCOL, Run(3000000000));
  EXPECT_EQ(AT_PROTOCOL, Run(3000000000)) << "and stays so";
}

TEST_F(LoopTest, FrameThatWaitsForADeviceThatEnds_IsDropped) {
  at_ip_address any = {}, to = at_ip_address_v4(10, 0, 0, 9), all = at_ip_address_v4(255, 255, 255, 255);
  at_ip_udp *udp;

  Add(first_, 0);
  Run(5000000000);
  ASSERT_EQ(AT_OK,
            at_ip_udp_open(
                ip_, &udp, &any, 9,
                [](at_ip_udp *, void *, at_ip_data *data, const at_ip_address *, uint16_t) { at_ip_data_free(data); },
                nullptr));
  EXPECT_EQ(9, at_ip_udp_port(udp));
  first_.ring = 0;
  EXPECT_EQ(AT_OK, at_ip_udp_send(udp, &all, 9, "x", 1));
  EXPECT_EQ(AT_OK, at_ip_udp_send(udp, &to, 9, "x", 1));
  first_.ended = AT_CLOSED;
  EXPECT_EQ(AT_CLOSED, Run(1000000000));
}

TEST_F(LoopTest, FramesThatWait_AreGoneWithTheStack) {
  at_ip_address any = {}, all = at_ip_address_v4(255, 255, 255, 255);
  at_ip_udp *udp;

  Add(first_, 0);
  ASSERT_EQ(AT_OK,
            at_ip_udp_open(
                ip_, &udp, &any, 9,
                [](at_ip_udp *, void *, at_ip_data *data, const at_ip_address *, uint16_t) { at_ip_data_free(data); },
                nullptr));
  first_.ring = 0;
  EXPECT_EQ(AT_OK, at_ip_udp_send(udp, &all, 9, "x", 1)); /* and the destructor finds nothing left */
}

TEST_F(LoopTest, WithoutADevice_NothingLeadsAnywhere) {
  static const at_ip_tcp_events events = {
      nullptr, [](at_ip_tcp *, void *, at_ip_data *) {}, nullptr, nullptr,
      nullptr, [](at_ip_tcp *, void *, at_status) {},
  };
  at_ip_address any = {}, to = at_ip_address_v4(10, 0, 0, 9), found;
  at_ip_udp *udp;
  at_ip_tcp *tcp;

  ASSERT_EQ(AT_OK, at_ip_udp_open(ip_, &udp, &any, 9, nullptr, nullptr));
  EXPECT_EQ(AT_NOT_FOUND, at_ip_udp_send(udp, &to, 9, "x", 1));
  EXPECT_EQ(AT_NOT_FOUND, at_ip_tcp_connect(ip_, &tcp, &to, 80, &events, nullptr));
  EXPECT_EQ(AT_NOT_FOUND,
            at_ip_dns_lookup(
                ip_, &found, "a.example", AT_IP_ANY, [](void *, at_status, const at_ip_address *) {}, nullptr));
}

/* Nobody may wait inside of a callback. */
TEST_F(LoopTest, RunInItself_IsAPanic) {
  static at_ip *ip;

  ip = ip_;
  sleeper_.meanwhile = [] { at_ip_run(ip, 0); };
  EXPECT_DEATH(Run(1000000000), "running");
}

/* Nor may `closed` wait for what is being removed. */
TEST_F(LoopTest, RunWhileTheStackEnds_IsAPanic) {
  static at_ip *ip;
  static const at_ip_tcp_events events = {
      nullptr, [](at_ip_tcp *, void *, at_ip_data *) {},
      nullptr, nullptr,
      nullptr, [](at_ip_tcp *, void *, at_status) { at_ip_run(ip, AT_NEVER); },
  };
  at_ip_address to = at_ip_address_v4(10, 0, 0, 9);
  at_ip_tcp *tcp;

  ip = ip_;
  Add(first_, 0);
  ASSERT_EQ(AT_OK, at_ip_tcp_connect(ip_, &tcp, &to, 80, &events, nullptr));
  EXPECT_DEATH(at_ip_fini(ip_), "is_inside");
  at_ip_tcp_abort(tcp);
}

/* lwIP's own functions are for the stack's glue, which enters it first. */
extern "C" struct udp_pcb *udp_new(void);
TEST_F(LoopTest, LwipCalledFromOutside_IsAPanic) { EXPECT_DEATH(udp_new(), "depth"); }

/* Without a source of entropy nothing could be kept from being guessed. */
class EntropyTest : public LoopTest {
 protected:
  ~EntropyTest() override { at_host_entropy_redirect(nullptr, nullptr); }
};

TEST_F(EntropyTest, NoEntropy_NoStack) {
  at_ip_config config = {};

  ASSERT_EQ(AT_OK, at_ip_fini(ip_));
  at_host_entropy_redirect([](void *, void *, size_t) -> at_status { return AT_UNSUPPORTED; }, nullptr);
  config.wait = sleeper_.wait();
  config.heap = &heap_;
  EXPECT_EQ(AT_UNSUPPORTED, at_ip_init(&ip_, &config));
  at_host_entropy_redirect(nullptr, nullptr);
  EXPECT_EQ(AT_OK, at_ip_init(&ip_, &config));
}

TEST_F(EntropyTest, EntropyThatEnds_IsAPanic) {
  at_ip_address any = {};
  at_ip_udp *udp;

  at_host_entropy_redirect([](void *, void *, size_t) -> at_status { return AT_UNSUPPORTED; }, nullptr);
  EXPECT_DEATH(at_ip_udp_open(ip_, &udp, &any, 0, nullptr, nullptr), "entropy");
}

/* A source that repeats itself finds one port of each family, and then none. */
TEST_F(EntropyTest, NoFreePort_IsSaid) {
  at_ip_address any = {}, four = at_ip_address_v4(10, 0, 0, 9), six = {AT_IP_V6, 0, {}};
  at_ip_udp *udp;
  at_ip_tcp *one, *two;
  static const at_ip_tcp_events events = {
      nullptr, [](at_ip_tcp *, void *, at_ip_data *) {}, nullptr, nullptr,
      nullptr, [](at_ip_tcp *, void *, at_status) {},
  };

  Add(first_, 0);
  six.bytes[15] = 1;
  at_host_entropy_redirect(
      [](void *, void *out, size_t size) -> at_status {
        memset(out, 7, size);
        return AT_OK;
      },
      nullptr);
  EXPECT_EQ(AT_OK, at_ip_udp_open(ip_, &udp, &any, 0, nullptr, nullptr));
  EXPECT_EQ(AT_NO_SPACE, at_ip_udp_open(ip_, &udp, &any, 0, nullptr, nullptr));
  for (const at_ip_address &to : {four, six}) {
    EXPECT_EQ(AT_OK, at_ip_tcp_connect(ip_, &one, &to, 80, &events, nullptr));
    EXPECT_EQ(AT_NO_SPACE, at_ip_tcp_connect(ip_, &two, &to, 80, &events, nullptr)) << unsigned(to.family);
  }
}

}  // namespace
