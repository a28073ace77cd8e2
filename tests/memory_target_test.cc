// SPDX-License-Identifier: ISC
// What lifecycle and mm make together: the toolstack writes memory/target, and a balloon on a fake machine follows it.

#include <atman/lifecycle/memory.h>

#include <xen/io/xs_wire.h>

#include <atman/mm/balloon.h>
#include <atman/testing/fake_machine.h>
#include <atman/testing/fake_memory.h>
#include <atman/testing/fake_xenstored.h>
#include <atman/xenstore/xenstore.h>

#include "gtest/gtest.h"

namespace {

constexpr uint16_t kGuest = 5;
constexpr size_t kPages = 512;

struct Guest {
  Guest() {
    at_mm_frames_config config = memory.Config();
    at_mm_frames_init(&frames, &config);
    at_mm_balloon_init(&balloon, &frames, machine.Seam(), 16);
  }
  static void Follow(void *ctx, uint32_t kib) {
    (void)at_mm_balloon_set(&static_cast<Guest *>(ctx)->balloon, kib / 4 < kPages ? kPages - kib / 4 : 0);
  }

  AtFakeMemory memory{kPages};
  AtFakeMachine machine{&memory, kPages};
  at_mm_frames frames;
  at_mm_balloon balloon;
};

TEST(MemoryTargetTest, Balloon_FollowsBothWays) {
  xenstore_domain_interface ring{};
  at_fake_xenstored *server = at_fake_xenstored_new(nullptr);
  at_fake_xenstored_clock clock{};
  at_lifecycle_memory memory;
  at_xenstore xs;
  Guest guest;
  clock.server = server;
  clock.on_event = [](void *ctx) { at_xenstore_on_event(static_cast<at_xenstore *>(ctx)); };
  clock.event_ctx = &xs;
  at_fake_xenstored_connect(server, kGuest, &ring, nullptr, nullptr);
  at_xenstore_config config{};
  config.ring = &ring;
  config.notify = [](void *) {};
  config.wait = at_fake_xenstored_wait(&clock);
  at_xenstore_init(&xs, &config);

  ASSERT_EQ(at_lifecycle_memory_start(&memory, &xs, Guest::Follow, &guest, 1000000000), AT_OK);
  const struct {
    const char *kib;
    size_t given;
  } cases[] = {{"2048", 0}, {"1024", 256}, {"1536", 128}, {"4", kPages - 16}, {"4096", 0}};
  for (const auto &c : cases) {
    SCOPED_TRACE(c.kib);
    ASSERT_EQ(at_fake_xenstored_write(server, "/local/domain/5/memory/target", c.kib), AT_OK);
    do {
      at_xenstore_on_event(&xs);
    } while (at_fake_xenstored_step(server) != 0);
    at_xenstore_on_event(&xs);
    EXPECT_EQ(guest.machine.given(), c.given);
  }
  EXPECT_EQ(at_lifecycle_memory_stop(&memory, clock.now_ns + 1000000000), AT_OK);
  at_fake_xenstored_free(server);
}

}  // namespace
