// SPDX-License-Identifier: ISC
#ifndef ATMAN_XEN_TESTS_EVENT_FIXTURE_H
#define ATMAN_XEN_TESTS_EVENT_FIXTURE_H

// A guest with a port table, and channels to its peer.

#include <functional>

#include <atman/xen/event.h>
#include <atman/xen/hypercall.h>

#include "guest_fixture.h"

class EventTest : public GuestTest {
 protected:
  // A channel to the peer whose guest end is adopted, with a handler that runs `fn`.
  struct Channel {
    at_xen_port port = 0, peers = 0;
    int ran = 0;
    std::function<void()> fn;
  };

  explicit EventTest(at_fake_xen_config config = {}) : GuestTest(config) { at_xen_events_init(&events_, shared_); }

  void Open(Channel *c) {
    at_fake_xen_channel(xen_, kGuest, &c->port, kPeer, &c->peers);
    ASSERT_EQ(at_xen_event_adopt(&events_, c->port), AT_OK);
    ASSERT_EQ(at_xen_event_handle(&events_, c->port, Run, c), AT_OK);
  }

  void Close(const Channel &c) { EXPECT_EQ(at_xen_event_close(&events_, c.port), AT_OK); }

  // The peer raises the guest's end.
  void Raise(const Channel &c) { at_fake_xen_notify(xen_, kPeer, c.peers); }

  static void Run(void *ctx) {
    auto *c = static_cast<Channel *>(ctx);
    c->ran++;
    if (c->fn) c->fn();
  }

  uint32_t Polls() const { return Calls(__HYPERVISOR_sched_op); }

  at_xen_events events_;
};

#endif  // ATMAN_XEN_TESTS_EVENT_FIXTURE_H
