// SPDX-License-Identifier: ISC
// The front end of a shared ring against a peer that writes any index and any response, also between two loads.
//
// Promised: a response is taken at most once for each request, never more are out than the ring holds, nothing outside
// the shared page is touched, and a broken ring stays broken.

#include <atman/fuzz/peer.h>
#include <atman/xen/ring.h>

#include <cstdlib>
#include <cstring>

namespace {

constexpr uint32_t kEntries = 16;
constexpr uint32_t kEntrySize = 12;

// The page as both sides see it: xen/io/ring.h.
struct Shared {
  uint32_t request_producer, request_event, response_producer, response_event;
  uint8_t pad[48];
  uint8_t entries[kEntries * kEntrySize];
};
static_assert(offsetof(Shared, entries) == AT_XEN_RING_HEADER, "where the entries begin");

void Interfere(at_fuzz_peer *peer, Shared *shared) {
  switch (at_fuzz_u8(peer) % 4) {
    case 0: shared->response_producer += at_fuzz_u8(peer) % 4; break;
    case 1: shared->response_producer = at_fuzz_u32(peer); break;
    case 2: shared->request_event = shared->request_producer + at_fuzz_u8(peer); break;
    case 3: at_fuzz_bytes(peer, shared->entries, kEntrySize); break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  alignas(8) Shared shared;
  at_fuzz_peer *peer = at_fuzz_begin(data, size);
  at_xen_ring ring;
  at_xen_ring_config config{};
  uint64_t put = 0, taken = 0;

  config.shared = &shared;
  config.entries = kEntries;
  config.entry_size = kEntrySize;
  config.request_size = 12;
  config.response_size = 4;
  config.start = at_fuzz_u32(peer);
  if (at_xen_ring_init(&ring, &config) != AT_OK) abort();
  at_fuzz_share(peer, &shared, sizeof shared);
  for (bool broken = false; !at_fuzz_is_over(peer);) {
    uint8_t entry[12] = {};
    at_status status = AT_AGAIN;
    switch (at_fuzz_u8(peer) % 6) {
      case 0:
        status = at_xen_ring_put(&ring, entry);
        put += status == AT_OK;
        break;
      case 1:
        status = at_xen_ring_take(&ring, entry);
        taken += status == AT_OK;
        break;
      case 2: at_xen_ring_push(&ring); break;
      case 3:
        if (at_xen_ring_arm(&ring) == 0 && broken) abort();
        break;
      default: Interfere(peer, &shared); break;
    }
    if (broken && status == AT_OK) abort();
    broken = broken || status == AT_PROTOCOL;
    if (taken > put || put - taken > kEntries) abort();
    if (at_xen_ring_room(&ring) + (put - taken) != kEntries && !broken) abort();
    if (at_xen_ring_outstanding(&ring) > kEntries) abort();
  }
  at_fuzz_unshare(peer);
  return 0;
}
