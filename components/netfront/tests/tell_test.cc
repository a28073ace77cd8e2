// SPDX-License-Identifier: ISC
// How often the two ends of a device with queues.h notify each other: at most once for 32 packets while there is work,
// at once when there is none; and not at all for a guest that looks at the rings instead of sleeping.

#include "components/netfront/tests/wide.h"

namespace {

constexpr uint64_t kMicrosecond = 1000;
const std::string kFrame(60, 'f');

// A guest whose time passes while it looks at the clock, and that can be asked how often it was.
struct Polling : Wide {
  explicit Polling(uint16_t rx = 64, uint16_t tx = 64) : Wide(rx, tx) {
    static const at_wait_ops ops = {
        [](void *ctx) {
          auto *g = static_cast<Polling *>(ctx);
          at_fake_xen_advance(g->xen, kMicrosecond / 5);
          if (g->Now() >= g->next_step) g->next_step = at_fake_xen_run_steps(g->xen);
          return at_wait_now(at_xen_events_waiter(&g->events));
        },
        [](void *ctx, uint64_t deadline_ns) {
          auto *g = static_cast<Polling *>(ctx);
          g->sleeps += deadline_ns > g->Now();
          g->next_step = 0;
          return at_wait_sleep(at_xen_events_waiter(&g->events), deadline_ns);
        },
        [](void *ctx) { at_wait_wake(at_xen_events_waiter(&static_cast<Polling *>(ctx)->events)); },
    };
    config.wait = at_wait{&ops, this};
  }
  uint64_t sleeps = 0;
  uint64_t next_step = 0;  // of the peers
};

uint64_t Notifies(const Wide &g) {
  struct at_netfront_stats stats;
  at_netfront_queues_stats(&g.device, &stats);
  return stats.notifies;
}

at_status SendWithoutFlush(Wide *g) {
  at_netdev_piece piece{reinterpret_cast<const uint8_t *>(kFrame.data()), static_cast<uint32_t>(kFrame.size())};
  at_netdev_frame frame{&piece, 1, 0, 0, nullptr};
  return at_netdev_send(g->dev, &frame);
}

// A frame comes and one goes each time round, and the back-end has gone to sleep each time before.
TEST(NetfrontTell, UnderLoad_AtMostOneNotificationFor32Packets) {
  constexpr uint32_t kRounds = 1024;
  for (bool split : {false, true}) {
    for (uint16_t count : {1, 2}) {
      SCOPED_TRACE(count);
      Wide g(64, 64);
      g.ConnectQueues(count, split);
      g.RunPeers();
      uint64_t before = Notifies(g), from_guest = 0;
      for (uint32_t i = 0; i < kRounds; ++i) {
        at_netdev_part parts[AT_NETDEV_PARTS_MAX];
        size_t received;
        g.Inject(kFrame);
        g.RunPeers();
        ASSERT_EQ(SendWithoutFlush(&g), AT_OK);
        ASSERT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX), AT_OK) << "there is work";
        ASSERT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &received), AT_OK);
        ASSERT_EQ(received, 1u);
        at_netdev_release(g.dev, parts, received);
      }
      EXPECT_LE(Notifies(g) - before, 2 * kRounds / 32);
      from_guest = g.BackStats().from_guest;
      EXPECT_GE(from_guest, kRounds - 32) << "and it is told in time";
      EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX), AT_AGAIN);
      g.RunPeers();
      EXPECT_EQ(g.BackStats().from_guest, kRounds);
    }
  }
}

TEST(NetfrontTell, WithNothingLeftToDo_TheBackendIsToldAtOnce) {
  for (bool split : {false, true}) {
    Wide g;
    g.ConnectQueues(1, split);
    for (int i = 0; i < 20; ++i) {
      g.RunPeers();
      uint64_t before = Notifies(g);
      ASSERT_EQ(SendWithoutFlush(&g), AT_OK);
      switch (i % 4) {
        case 0: EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX), AT_AGAIN); break;
        case 1: at_netdev_wait(g.dev, AT_NETDEV_RX, g.Now() + kSecond / 1000); break;
        case 2: at_netdev_flush(g.dev); break;
        default: at_netdev_arm(g.dev, AT_NETDEV_RX | AT_NETDEV_DONE); break;
      }
      EXPECT_EQ(Notifies(g), before + 1);
      EXPECT_EQ(g.Taken(), kFrame);
    }
  }
}

// The back-end has no buffer left; a user that never waits gives one back and looks again.
TEST(NetfrontTell, BuffersGivenBackByAUserWhoPolls_AreTold) {
  Wide g(4, 1);
  g.ConnectQueues(1, true);
  for (int i = 0; i < 40; ++i) g.Inject(kFrame);
  size_t total = 0;
  for (int i = 0; i < 200 && total < 40; ++i) {
    at_netdev_part parts[AT_NETDEV_PARTS_MAX];
    size_t count;
    g.RunPeers();
    ASSERT_EQ(at_netdev_recv(g.dev, parts, AT_NETDEV_PARTS_MAX, &count), AT_OK);
    at_netdev_release(g.dev, parts, count);
    total += count;
  }
  EXPECT_EQ(total, 40u);
}

// Receives what trickles in, a microsecond apart; returns how many events the back-end raised for it.
uint64_t EventsFor(Polling *g, uint32_t frames, uint64_t poll_ns) {
  g->MakeBackend(AT_FAKE_NETBACK_TRICKLES);
  at_netfront_queues_config config = g->QueuesConfig(1, true);
  config.poll_ns = poll_ns;
  EXPECT_EQ(at_netfront_queues_open(&g->device, &config), AT_OK);
  g->dev = at_netfront_queues_netdev(&g->device);
  g->sleeps = 0;
  uint64_t before = g->BackStats().raised, notifies = Notifies(*g);
  for (uint32_t i = 0; i < frames; ++i) g->Inject(kFrame);
  for (uint32_t i = 0; i < frames; ++i) EXPECT_EQ(g->Receive(), kFrame);
  EXPECT_LE(Notifies(*g) - notifies, frames / 32) << "of buffers to receive in";
  return g->BackStats().raised - before;
}

TEST(NetfrontTell, AGuestThatPolls_IsNotNotifiedUnderLoad_NorDoesItSleep) {
  constexpr uint32_t kFrames = 512;
  {
    Polling sleeping;
    EXPECT_GT(EventsFor(&sleeping, kFrames, 0), kFrames / 32) << "as it is without";
  }
  Polling polling;
  EXPECT_LE(EventsFor(&polling, kFrames, 20 * kMicrosecond), kFrames / 32);
  EXPECT_LE(polling.sleeps, 1u);
}

TEST(NetfrontTell, PollingForNothing_EndsInASleep) {
  Polling g;
  g.MakeBackend();
  at_netfront_queues_config config = g.QueuesConfig(2, true);
  config.poll_ns = 50 * kMicrosecond;
  ASSERT_EQ(at_netfront_queues_open(&g.device, &config), AT_OK);
  g.dev = at_netfront_queues_netdev(&g.device);
  g.RunPeers();
  for (unsigned events : {AT_NETDEV_RX, AT_NETDEV_DONE, AT_NETDEV_RX | AT_NETDEV_DONE}) {
    SCOPED_TRACE(events);
    g.sleeps = 0;
    uint64_t start = g.Now();
    EXPECT_EQ(at_netdev_arm(g.dev, events), AT_AGAIN);
    EXPECT_GE(g.Now() - start, 50 * kMicrosecond);
    EXPECT_LE(g.Now() - start, 60 * kMicrosecond);
    start = g.Now();
    EXPECT_EQ(at_netdev_wait(g.dev, events, start + kSecond), AT_TIMED_OUT);
    EXPECT_EQ(g.sleeps, 1u);
    start = g.Now();
    EXPECT_EQ(at_netdev_wait(g.dev, events, start + 10 * kMicrosecond), AT_TIMED_OUT);
    EXPECT_LE(g.Now() - start, 20 * kMicrosecond) << "no longer than the deadline";
  }
  uint64_t start = g.Now();
  EXPECT_EQ(at_netdev_wait(g.dev, AT_NETDEV_TX, start + kSecond), AT_OK) << "there is room";
  EXPECT_LE(g.Now() - start, 5 * kMicrosecond);
}

TEST(NetfrontTell, BackendThatLeavesMeanwhile_IsNoticed) {
  Polling g;
  g.MakeBackend();
  at_netfront_queues_config config = g.QueuesConfig(1, false);
  config.poll_ns = 50 * kMicrosecond;
  ASSERT_EQ(at_netfront_queues_open(&g.device, &config), AT_OK);
  g.dev = at_netfront_queues_netdev(&g.device);
  at_fake_netback_close(g.back);
  at_status status;
  g.Receive(&status);
  EXPECT_EQ(status, AT_CLOSED);
  EXPECT_EQ(at_netdev_arm(g.dev, AT_NETDEV_RX), AT_CLOSED);
}

}  // namespace
