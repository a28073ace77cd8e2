// SPDX-License-Identifier: ISC
// FIFO event channels: the switch, what is pending across it, and every way in which a port can sit in a queue.

#include <atman/xen/fifo.h>
#include <atman/testing/seed.h>

#include <cstring>
#include <random>
#include <set>
#include <vector>

#include <xen/errno.h>

#include "event_fixture.h"

namespace {

class FifoTest : public EventTest {
 protected:
  static constexpr uint32_t kPages = 6;  // of event words, that a test may map

  explicit FifoTest(at_fake_xen_config config = {}) : EventTest(config) {
    control_ = static_cast<uint8_t *>(at_fake_xen_page_alloc(xen_, kGuest));
    for (auto &page : pages_) page = static_cast<event_word_t *>(at_fake_xen_page_alloc(xen_, kGuest));
  }

  void TearDown() override {
    at_fake_xen_page_free(xen_, control_);
    for (auto page : pages_) at_fake_xen_page_free(xen_, page);
    GuestTest::TearDown();
  }

  at_xen_fifo_config Config(uint32_t offset = 64) {
    return {reinterpret_cast<evtchn_fifo_control_block *>(control_ + offset), at_fake_xen_frame(xen_, control_),
            pages_[0], at_fake_xen_frame(xen_, pages_[0])};
  }

  void Switch() {
    at_xen_fifo_config config = Config();
    ASSERT_EQ(at_xen_fifo_init(&fifo_, &events_, &config), AT_OK);
  }

  uint64_t PageFrame(uint32_t page) { return at_fake_xen_frame(xen_, pages_[page]); }

  at_xen_fifo fifo_{};
  uint8_t *control_;
  event_word_t *pages_[kPages];  // adjacent: the fake hands pages out in their order
};

TEST_F(FifoTest, Switch_CostsTwoHypercallsAndKeepsWhatIsPending) {
  Channel a, b;
  Open(&a);
  Open(&b);
  Raise(b);
  at_fake_xen_reset_calls(xen_);
  Switch();
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 2u);
  EXPECT_EQ(at_xen_fifo_ports(&fifo_), 1024u);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 1u);
  EXPECT_EQ(a.ran, 0);
  EXPECT_EQ(b.ran, 1);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 2u) << "dispatching makes no hypercall";
  Close(a);
  Close(b);
}

TEST_F(FifoTest, Switch_RefusedLeavesTwoLevelPortsAtWork) {
  const struct {
    const char *what;
    uint32_t offset;
    bool foreign;
    at_status status;
  } cases[] = {
      {"not aligned", 60, false, AT_INVALID},
      {"over the page's end", 4096 - 64, false, AT_INVALID},
      {"another domain's frame", 64, true, AT_INVALID},
  };
  Channel c;
  Open(&c);
  for (const auto &bad : cases) {
    SCOPED_TRACE(bad.what);
    at_xen_fifo_config config = Config(bad.offset);
    if (bad.foreign) config.control_frame = at_fake_xen_frame(xen_, at_fake_xen_shared(xen_, kPeer));
    EXPECT_EQ(at_xen_fifo_init(&fifo_, &events_, &config), bad.status);
    Raise(c);
    EXPECT_EQ(at_xen_events_dispatch(&events_), 1u);
  }
  Close(c);
}

TEST_F(FifoTest, EveryHypercallOfTheSwitchFails_AndEventsAreKept) {
  Channel c;
  Open(&c);
  at_xen_fifo_config config = Config();
  at_fake_xen_fail(xen_, AT_FAKE_XEN_ANY, 1, false, XEN_ENOSYS);
  EXPECT_EQ(at_xen_fifo_init(&fifo_, &events_, &config), AT_UNSUPPORTED);
  Raise(c);
  EXPECT_EQ(at_xen_events_dispatch(&events_), 1u) << "two-level still";
  at_fake_xen_fail(xen_, AT_FAKE_XEN_ANY, 2, false, XEN_EINVAL);
  EXPECT_EQ(at_xen_fifo_init(&fifo_, &events_, &config), AT_INVALID);
  Raise(c);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 0u) << "no words yet";
  EXPECT_EQ(at_xen_fifo_expand(&fifo_, config.words_frame), AT_OK);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 1u);
  Close(c);
}

TEST_F(FifoTest, TwoLevelDomain_HasNoPrioritiesAndNoArray) {
  Channel c;
  Open(&c);
  EXPECT_EQ(at_xen_fifo_set_priority(c.port, 3), AT_UNSUPPORTED);
  EXPECT_EQ(at_xen_fifo_expand(&fifo_, PageFrame(0)), AT_UNSUPPORTED);
  EXPECT_EQ(at_xen_fifo_ports(&fifo_), 0u);
  Close(c);
}

class NoFifoTest : public FifoTest {
 protected:
  NoFifoTest() : FifoTest(WithoutFifo()) {}
  static at_fake_xen_config WithoutFifo() {
    at_fake_xen_config config{};
    config.no_fifo = true;
    return config;
  }
};

TEST_F(NoFifoTest, Switch_IsUnsupported) {
  at_xen_fifo_config config = Config();
  EXPECT_EQ(at_xen_fifo_init(&fifo_, &events_, &config), AT_UNSUPPORTED);
}

TEST_F(FifoTest, HandlerRaisesItsOwnPort_RunsOnceACallAndBehindTheOthers) {
  Switch();
  Channel storm, other;
  Open(&storm);
  Open(&other);
  storm.fn = [&] {
    Raise(storm);
    if (storm.ran == 1) Raise(other);
  };
  Raise(storm);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 1u) << "the storm's second event is first in the queue now";
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 2u);
  EXPECT_EQ(storm.ran, 2);
  EXPECT_EQ(other.ran, 1);
  storm.fn = nullptr;
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 1u);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 0u);
  Close(storm);
  Close(other);
}

TEST_F(FifoTest, StormOfAHighPriority_DoesNotStarveALowOne) {
  Switch();
  Channel storm, other;
  Open(&storm);
  Open(&other);
  ASSERT_EQ(at_xen_fifo_set_priority(storm.port, EVTCHN_FIFO_PRIORITY_MAX), AT_OK);
  storm.fn = [&] { Raise(storm); };
  Raise(other);
  Raise(storm);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 2u);
  EXPECT_EQ(other.ran, 1);
  storm.fn = nullptr;
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 1u);
  Close(storm);
  Close(other);
}

TEST_F(FifoTest, HandlerRaisesAMaskedPort_WithoutEnd) {
  Switch();
  Channel masked, busy;
  Open(&masked);
  Open(&busy);
  ASSERT_EQ(at_xen_event_mask(&events_, masked.port), AT_OK);
  busy.fn = [&] { Raise(masked); };
  for (int i = 0; i < 3; ++i) {
    Raise(busy);
    EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 1u);
  }
  ASSERT_EQ(at_xen_event_unmask(&events_, masked.port), AT_OK);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 1u);
  EXPECT_EQ(masked.ran, 1);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 0u);
  Close(masked);
  Close(busy);
}

// One masks and raises itself and, behind its neighbour, is set aside; another unmasks it: it has run in this call.
TEST_F(FifoTest, UnmaskedAgainInTheSameCall_RunsInTheNext) {
  Switch();
  Channel first, neighbour, last;
  for (Channel *c : {&first, &neighbour, &last}) Open(c);
  for (Channel *c : {&first, &neighbour}) {
    ASSERT_EQ(at_xen_fifo_set_priority(c->port, EVTCHN_FIFO_PRIORITY_MAX), AT_OK);
  }
  first.fn = [&] {
    ASSERT_EQ(at_xen_event_mask(&events_, first.port), AT_OK);
    Raise(first);
  };
  last.fn = [&] { ASSERT_EQ(at_xen_event_unmask(&events_, first.port), AT_OK); };
  for (Channel *c : {&first, &neighbour, &last}) Raise(*c);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 3u);
  EXPECT_EQ(first.ran, 1);
  first.fn = nullptr;
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 1u);
  EXPECT_EQ(first.ran, 2);
  for (Channel *c : {&first, &neighbour, &last}) Close(*c);
}

TEST_F(FifoTest, HandlersCloseAndBindWhatIsLinked) {
  Switch();
  Channel closer, closed, fresh;
  Open(&closer);
  Open(&closed);
  closer.fn = [&] {
    Close(closed);
    Open(&fresh);  // gets the port that was just closed, still in the queue
  };
  Raise(closer);
  Raise(closed);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 1u);
  EXPECT_EQ(fresh.port, closed.port);
  EXPECT_EQ(closed.ran, 0);
  EXPECT_EQ(fresh.ran, 0) << "the event was its predecessor's";
  Raise(fresh);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 1u);
  EXPECT_EQ(fresh.ran, 1);
  Close(closer);
  Close(fresh);
}

TEST_F(FifoTest, Wait_SleepsInOneHypercallUntilThePeerRaises) {
  Switch();
  Channel c;
  Open(&c);
  Peer peer(xen_, kPeer, [&](uint64_t now_ns) {
    if (now_ns >= 3 * kMs + 1000 * kMs && c.ran == 0) at_fake_xen_notify(xen_, kPeer, c.peers);
    return c.ran == 0 ? 3 * kMs + 1000 * kMs : kForever;
  });
  at_fake_xen_reset_calls(xen_);
  at_wait wait = at_xen_fifo_waiter(&fifo_);
  EXPECT_EQ(at_wait_sleep(wait, AT_NEVER), AT_OK);
  EXPECT_EQ(c.ran, 1);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 1u);
  EXPECT_EQ(at_wait_now(wait), Now());
  EXPECT_EQ(at_wait_sleep(wait, Now() + kMs), AT_TIMED_OUT);
  EXPECT_EQ(at_xen_fifo_wait(&fifo_, 0), AT_TIMED_OUT);
  Close(c);
  EXPECT_EQ(at_xen_fifo_wait(&fifo_, AT_NEVER), AT_DEADLOCK);
}

class ManyPortsTest : public FifoTest {
 protected:
  ManyPortsTest() : FifoTest(Many()) {}
  static at_fake_xen_config Many() {
    at_fake_xen_config config{};
    config.ports = 5000;
    return config;
  }
};

// Two-level event channels end at 4,096.
TEST_F(ManyPortsTest, PortsBeyondTwoLevels_ArriveOnceTheArrayReaches) {
  std::vector<at_xen_port> filler;
  Switch();
  for (;;) {
    evtchn_alloc_unbound op{};
    op.dom = DOMID_SELF;
    op.remote_dom = kPeer;
    ASSERT_EQ(at_xen_event_channel_op(EVTCHNOP_alloc_unbound, &op), 0);
    filler.push_back(op.port);
    if (op.port == 4500) break;
  }
  at_xen_port near = 0, far = 0;
  int ran = 0;
  auto count = [](void *ctx) { ++*static_cast<int *>(ctx); };
  ASSERT_EQ(at_xen_event_alloc_unbound(&events_, &near, kGuest), AT_OK);
  ASSERT_EQ(at_xen_event_bind_interdomain(&events_, &far, kGuest, near), AT_OK);
  ASSERT_GT(far, 4096u);
  ASSERT_EQ(at_xen_event_handle(&events_, far, count, &ran), AT_OK);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 0u) << "no word for it";
  for (uint32_t page = 1; page < 5; ++page) ASSERT_EQ(at_xen_fifo_expand(&fifo_, PageFrame(page)), AT_OK);
  EXPECT_EQ(at_xen_fifo_ports(&fifo_), 5120u);
  EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 1u);
  ASSERT_EQ(at_xen_event_notify(near), AT_OK);
  EXPECT_EQ(at_xen_fifo_wait(&fifo_, AT_NEVER), AT_OK);
  EXPECT_EQ(ran, 2);
  EXPECT_EQ(at_xen_event_close(&events_, far), AT_OK);
  EXPECT_EQ(at_xen_event_close(&events_, near), AT_OK);
  for (auto port : filler) {
    evtchn_close op{port};
    ASSERT_EQ(at_xen_event_channel_op(EVTCHNOP_close, &op), 0);
  }
}

// Against a set of what ought to be pending, in any order of raising, masking, closing and changing priorities.
TEST_F(FifoTest, AnySequence_LosesNoEventAndMakesNone) {
  for (unsigned fixed = 0; fixed < 40; ++fixed) {
    const AtSeed seed(fixed);
    std::mt19937 random(seed.value());
    if (fixed == 0) Switch();
    std::vector<Channel> channels(12);
    std::set<size_t> pending, masked;
    for (auto &c : channels) Open(&c);
    for (int step = 0; step < 400; ++step) {
      size_t i = random() % channels.size();
      Channel &c = channels[i];
      switch (random() % 7) {
        case 0:
        case 1:
        case 2:
          Raise(c);
          pending.insert(i);
          break;
        case 3:
          ASSERT_EQ(masked.count(i) ? at_xen_event_unmask(&events_, c.port) : at_xen_event_mask(&events_, c.port),
                    AT_OK);
          if (!masked.erase(i)) masked.insert(i);
          break;
        case 4: ASSERT_EQ(at_xen_fifo_set_priority(c.port, random() % 16), AT_OK); break;
        case 5: {
          evtchn_close peers{c.peers};
          Close(c);
          at_fake_xen_enter(xen_, kPeer);
          ASSERT_EQ(at_xen_event_channel_op(EVTCHNOP_close, &peers), 0);
          at_fake_xen_enter(xen_, kGuest);
          Open(&c);
          pending.erase(i);
          masked.erase(i);
          break;
        }
        default: {
          std::vector<int> before;
          unsigned expected = 0;
          for (auto &each : channels) before.push_back(each.ran);
          for (size_t p : pending) expected += !masked.count(p);
          ASSERT_EQ(at_xen_fifo_dispatch(&fifo_), expected);
          for (size_t p = 0; p < channels.size(); ++p) {
            bool runs = pending.count(p) && !masked.count(p);
            ASSERT_EQ(channels[p].ran - before[p], runs ? 1 : 0) << p;
            if (runs) pending.erase(p);
          }
        }
      }
    }
    for (auto &c : channels) {
      evtchn_close peers{c.peers};
      Close(c);
      at_fake_xen_enter(xen_, kPeer);
      at_xen_event_channel_op(EVTCHNOP_close, &peers);
      at_fake_xen_enter(xen_, kGuest);
    }
    EXPECT_EQ(at_xen_fifo_dispatch(&fifo_), 0u);
  }
}

}  // namespace
