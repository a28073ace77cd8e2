// SPDX-License-Identifier: ISC
// The XenStore client against a server that writes what it likes into the ring, and changes it while it is read.
//
// Promised whatever it does: every call returns, memory stays the client's, a broken connection stays broken, and the
// memory of a request that came back is never written again.

#include <atman/fuzz/peer.h>
#include <atman/xenstore/permission.h>
#include <atman/xenstore/request.h>
#include <atman/xenstore/transaction.h>
#include <atman/xenstore/watch.h>
#include <atman/xenstore/xenstore.h>

#include <sanitizer/asan_interface.h>

#include <cstdlib>
#include <cstring>

#include <xen/io/xs_wire.h>

namespace {

constexpr unsigned kCalls = 40;  // of one client

struct World {
  at_fuzz_peer *peer;
  at_xenstore xs;
  uint64_t now = 1;
  alignas(4096) xenstore_domain_interface ring;
};

// Puts `size` bytes into the reply ring as far as an honest server would.
void Reply(World *world, const void *data, uint32_t size) {
  auto *bytes = static_cast<const char *>(data);
  xenstore_domain_interface *ring = &world->ring;
  while (size-- > 0 && ring->rsp_prod - ring->rsp_cons < XENSTORE_RING_SIZE) {
    ring->rsp[MASK_XENSTORE_IDX(ring->rsp_prod)] = *bytes++;
    ring->rsp_prod++;
  }
}

// An answer to the oldest request, right in all but what the bits of `how` and the input choose.
void Answer(World *world, uint8_t how) {
  at_list_node *oldest = at_list_first(&world->xs.sent);
  at_fuzz_peer *peer = world->peer;
  char payload[64] = "OK";
  uint32_t size = 3;
  xsd_sockmsg header{};
  if (oldest != nullptr) {
    at_xenstore_request *request = AT_CONTAINER_OF(oldest, at_xenstore_request, node);
    header.type = request->op;
    header.req_id = request->id;
  }
  if (how & 1) {
    size = at_fuzz_u8(peer) % sizeof payload;
    memset(payload, '1', sizeof payload);
    if (size > 0) payload[size - 1] = '\0';
  }
  if (how & 2) at_fuzz_bytes(peer, payload, size);
  if (how & 4) header.type = at_fuzz_u8(peer);
  if (how & 8) header.req_id = at_fuzz_u8(peer);
  if (how & 16) header.tx_id = at_fuzz_u8(peer);
  header.len = (how & 20) == 20 ? at_fuzz_u32(peer) : size;
  Reply(world, &header, sizeof header);
  Reply(world, payload, size);
}

void Serve(World *world) {
  at_fuzz_peer *peer = world->peer;
  uint8_t what = at_fuzz_u8(peer);
  switch (what & 7) {
    case 0:
    case 1:
    case 2:
    case 3:
      world->ring.req_cons = world->ring.req_prod;
      Answer(world, what >> 3);
      break;
    case 4: {
      char raw[32];
      uint32_t size = at_fuzz_u8(peer) % sizeof raw;
      at_fuzz_bytes(peer, raw, size);
      Reply(world, raw, size);
      break;
    }
    case 5: world->ring.rsp_prod = at_fuzz_u32(peer); break;
    case 6: world->ring.req_cons += at_fuzz_u16(peer); break;
    case 7:
      world->ring.server_features = at_fuzz_u8(peer);
      world->ring.error = at_fuzz_u8(peer);
      break;
  }
}

uint64_t Now(void *ctx) { return static_cast<World *>(ctx)->now; }

at_status Sleep(void *ctx, uint64_t deadline) {
  auto *world = static_cast<World *>(ctx);
  if (++world->now >= deadline || at_fuzz_is_over(world->peer)) {
    world->now = deadline;
    return AT_TIMED_OUT;
  }
  Serve(world);
  return AT_OK;
}

void Wake(void *) {}

constexpr at_wait_ops kWait = {Now, Sleep, Wake};

// Memory for calls. Between calls it is gone, for the sanitizer too: to allocate it for each took a third of the time.
alignas(8) char text[48];
alignas(8) at_xenstore_watch the_watch;

void Lend() {
  __asan_unpoison_memory_region(text, sizeof text);
  __asan_unpoison_memory_region(&the_watch, sizeof the_watch);
  the_watch = {};
}

void TakeBack() {
  __asan_poison_memory_region(text, sizeof text);
  __asan_poison_memory_region(&the_watch, sizeof the_watch);
}

// One call of the client's, with memory that is gone when it has returned.
void Call(World *world) {
  at_xenstore *xs = &world->xs;
  uint64_t deadline = world->now + at_fuzz_u8(world->peer) % 16;
  size_t size = 0;
  uint32_t transaction = 0;
  at_xenstore_permission permissions[2];
  at_xenstore_watch *watch = &the_watch;

  Lend();
  switch (at_fuzz_u8(world->peer) % 8) {
    case 0: at_xenstore_read(xs, text, 48, &size, 0, "data/a", deadline); break;
    case 1: at_xenstore_directory(xs, text, 48, &size, 0, "device", deadline); break;
    case 2: at_xenstore_write(xs, 0, "data/a", "value", 5, deadline); break;
    case 3: at_xenstore_get_permissions(xs, permissions, 2, &size, 0, "data", deadline); break;
    case 4:
      if (at_xenstore_transaction_start(xs, &transaction, deadline) == AT_OK) {
        at_xenstore_transaction_end(xs, transaction, true, deadline);
      }
      break;
    case 5:
      at_xenstore_watch_add(xs, watch, "control/shutdown", nullptr, deadline);
      at_xenstore_watch_wait(xs, watch, deadline);
      at_xenstore_watch_remove(xs, watch, deadline);
      break;
    case 6: {
      memset(text, 'x', 48);
      at_xenstore_request requests[2] = {};
      requests[0].op = AT_XENSTORE_READ;
      requests[0].path = "a";
      requests[0].reply = text;
      requests[0].capacity = 24;
      requests[1] = requests[0];
      requests[1].reply = text + 24;
      at_xenstore_call(xs, requests, 2, deadline);
      if (requests[0].pending || requests[1].pending) abort();
      break;
    }
    case 7: at_xenstore_on_event(xs); break;
  }
  TakeBack();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static World world;

  world.peer = at_fuzz_begin(data, size);
  world.now = 1;
  memset(&world.ring, 0, sizeof world.ring);
  world.ring.req_cons = world.ring.req_prod = world.ring.rsp_prod = world.ring.rsp_cons = at_fuzz_u32(world.peer);
  at_xenstore_config config{};
  config.ring = &world.ring;
  config.notify = [](void *) {};
  config.wait = at_wait{&kWait, &world};
  at_xenstore_init(&world.xs, &config);
  at_fuzz_share(world.peer, &world.ring, sizeof world.ring);
  for (unsigned i = 0; i < kCalls && !at_fuzz_is_over(world.peer); i++) {
    at_status before = at_xenstore_status(&world.xs);
    Call(&world);
    if (before != AT_OK && at_xenstore_status(&world.xs) != before) abort();
  }
  at_xenstore_close(&world.xs);
  at_fuzz_unshare(world.peer);
  struct at_xenstore_stats stats;
  ::at_xenstore_stats(&world.xs, &stats);
  if (stats.outstanding != 0 || stats.watches != 0) abort();
  return 0;
}
