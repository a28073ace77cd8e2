// SPDX-License-Identifier: ISC
// The console against a peer that moves its indices and the bytes as it likes, also between two loads.
//
// Promised: what is written returns within its patience, what is read was in the ring, nothing outside it is touched,
// and a broken console says so for ever.

#include <atman/base/clock.h>
#include <atman/fuzz/peer.h>
#include <atman/xen/console.h>
#include <atman/xen/hypercall.h>

#include <cstdlib>
#include <cstring>

#include <xen/event_channel.h>
#include <xen/sched.h>

namespace {

struct World {
  at_fuzz_peer *peer;
  shared_info_t shared;
  alignas(4096) xencons_interface ring;
} world;

void Interfere() {
  xencons_interface *ring = &world.ring;
  switch (at_fuzz_u8(world.peer) % 5) {
    case 0: ring->out_cons = ring->out_prod; break;
    case 1: ring->in_prod += at_fuzz_u8(world.peer); break;
    case 2: ring->out_cons += at_fuzz_u8(world.peer); break;
    case 3: ring->in_prod = at_fuzz_u32(world.peer); break;
    case 4: ring->out_cons = at_fuzz_u32(world.peer); break;
  }
}

// Time passes in millions of nanoseconds wherever it is asked for or waited for.
void Pass(uint64_t ns) { world.shared.vcpu_info[0].time.system_time += ns; }

}  // namespace

long at_xen_hypercall(unsigned long number, unsigned long a1, unsigned long, unsigned long, unsigned long,
                      unsigned long) {
  if (number == __HYPERVISOR_sched_op && a1 == SCHEDOP_poll) {
    Pass(1000000);
    if (at_fuzz_is_over(world.peer)) Pass(1000000000);
    Interfere();
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char text[4096] = "text";
  xencons_interface *ring = &world.ring;

  world.peer = at_fuzz_begin(data, size);
  memset(&world.shared, 0, sizeof world.shared);
  ring->in_prod = ring->in_cons = ring->out_prod = ring->out_cons = at_fuzz_u32(world.peer);
  at_xen_console console;
  at_xen_console_init(&console, ring, &world.shared, 3);
  at_fuzz_share(world.peer, ring, sizeof *ring);
  for (bool broken = false; !at_fuzz_is_over(world.peer);) {
    at_status status = AT_AGAIN;
    size_t got = 0;
    uint8_t amount;
    switch (at_fuzz_u8(world.peer) % 4) {
      case 0: status = at_xen_console_write(&console, text, 1u + at_fuzz_u8(world.peer) * 16u); break;
      case 1: {
        amount = at_fuzz_u8(world.peer);
        char *typed = static_cast<char *>(malloc(amount + 1u));
        status = at_xen_console_read(&console, typed, &got, amount);
        if (got > amount || got > sizeof ring->in) abort();
        free(typed);
        break;
      }
      case 2: status = at_xen_console_flush(&console, world.shared.vcpu_info[0].time.system_time + 5000000); break;
      case 3: Interfere(); break;
    }
    if (broken && status == AT_OK) abort();
    broken = broken || status == AT_PROTOCOL;
  }
  at_fuzz_unshare(world.peer);
  return 0;
}
