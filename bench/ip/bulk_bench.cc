/* SPDX-License-Identifier: ISC */

/*
 * Bulk TCP between two stacks in one process, with all offloads, on one core: what the component's code can do where
 * no hypervisor and no other kernel takes its share. One sends from memory in place, the other looks at each piece and
 * gives it back; every byte is copied once, between the devices. The first mebibytes are compared with what was sent,
 * then the clock runs. Best of several rounds, because a shared machine only ever makes things slower.
 */

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include "card.h"
#include "lwipopts.h"
#include "stacks.h"

namespace {

const uint64_t kCompared = 64 << 20; /* bytes */
const uint64_t kBytes = 4ull << 30;  /* of a round */
const int kRounds = 7;
const uint16_t kPort = 9;
const size_t kCardPages = 1024; /* that a sender may be ahead */
const size_t kPattern = 251 * 4096;

uint64_t Now(void *) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return uint64_t(now.tv_sec) * 1000000000u + uint64_t(now.tv_nsec);
}

at_wait Waiter() {
  static const at_wait_ops ops = {Now, [](void *, uint64_t) -> at_status { return AT_OK; }, [](void *) {}};

  return {&ops, nullptr};
}

void Must(bool good, const char *what) {
  if (good) return;
  fprintf(stderr, "the bench is broken: %s\n", what);
  exit(1);
}

/* A stack, its memory and its device. */
struct Side {
  Side(const Functions &functions, Card &device, uint8_t number)
      : f(functions), card(device), memory(kPages), shared((kSharedPages + 1) * AT_MM_PAGE_SIZE) {
    at_mm_frames_config pages = memory.Config();
    at_ip_config config = {};
    at_ip_settings settings = {};
    uintptr_t start = (reinterpret_cast<uintptr_t>(shared.data()) + AT_MM_PAGE_SIZE - 1) & ~(AT_MM_PAGE_SIZE - 1);

    at_mm_frames_init(&frames, &pages);
    at_mm_heap_init(&heap, &frames, number);
    config.wait = Waiter();
    config.heap = &heap;
    config.shared = at_span_of(reinterpret_cast<void *>(start), kSharedPages * AT_MM_PAGE_SIZE);
    Must(f.at_ip_init(&ip, &config) == AT_OK, "no stack");
    settings.address = at_ip_address_v4(10, 0, 0, number);
    settings.prefix = 24;
    Must(f.at_ip_interface_add(ip, &interface, card.netdev(), &settings) == AT_OK, "no interface");
  }

  const Functions &f;
  Card &card;
  AtFakeMemory memory;
  std::vector<uint8_t> shared;
  at_mm_frames frames = {};
  at_mm_heap heap = {};
  at_ip *ip = nullptr;
  at_ip_interface *interface = nullptr;
};

struct Transfer {
  Side &from, &to;
  std::vector<uint8_t> pattern;
  uint64_t written = 0, received = 0;

  Transfer(Side &sender, Side &receiver) : from(sender), to(receiver), pattern(kPattern) {
    for (size_t i = 0; i < kPattern; i++) pattern[i] = uint8_t(i % 251);
  }

  void Write(at_ip_tcp *tcp) {
    at_status status = AT_OK;

    while (status == AT_OK && from.f.at_ip_tcp_room(tcp) > 0) {
      size_t at = written % kPattern, taken;

      status = from.f.at_ip_tcp_write(tcp, &taken, pattern.data() + at, kPattern - at, AT_IP_TCP_IN_PLACE);
      written += taken;
    }
  }

  void Read(at_ip_tcp *tcp, at_ip_data *data) {
    size_t size = to.f.at_ip_data_size(data);

    if (received < kCompared) {
      std::vector<uint8_t> bytes(size);

      to.f.at_ip_data_copy(data, 0, bytes.data(), size);
      for (size_t i = 0; i < size; i++) Must(bytes[i] == (received + i) % 251, "bytes came that were not sent");
    }
    received += size;
    to.f.at_ip_data_free(data);
    to.f.at_ip_tcp_consumed(tcp, size);
  }

  void RunUntil(uint64_t bytes) {
    while (received < bytes) {
      from.f.at_ip_run(from.ip, 0);
      to.f.at_ip_run(to.ip, 0);
    }
  }
};

void Closed(at_ip_tcp *, void *, at_status) { Must(false, "the connection ended"); }

}  // namespace

int main() {
  Card one(1, kCardPages), other(2, kCardPages);
  one.Join(&other);
  other.Join(&one);
  Side us(kOurs, one, 1), peer(kPeers, other, 2);
  Transfer transfer(us, peer);
  at_ip_tcp_events sends = {}, receives = {};
  at_ip_address any = {}, address = at_ip_address_v4(10, 0, 0, 2);
  at_ip_tcp_listener *listener;
  at_ip_tcp *tcp;
  double best = 0, frame_bytes = 0;

  sends.connected = [](at_ip_tcp *t, void *user) { static_cast<Transfer *>(user)->Write(t); };
  sends.sent = [](at_ip_tcp *t, void *user, size_t) { static_cast<Transfer *>(user)->Write(t); };
  sends.received = [](at_ip_tcp *, void *, at_ip_data *) { Must(false, "the receiver answered"); };
  receives.received = [](at_ip_tcp *t, void *user, at_ip_data *data) { static_cast<Transfer *>(user)->Read(t, data); };
  sends.closed = receives.closed = Closed;
  struct Accept {
    const at_ip_tcp_events *events;
    Transfer *transfer;
  } accept = {&receives, &transfer};
  Must(peer.f.at_ip_tcp_listen(
           peer.ip, &listener, &any, kPort, 1,
           [](at_ip_tcp *t, void *user) {
             Accept *a = static_cast<Accept *>(user);

             a->transfer->to.f.at_ip_tcp_own(t, a->events, a->transfer);
           },
           &accept) == AT_OK,
       "nobody listens");
  Must(us.f.at_ip_tcp_connect(us.ip, &tcp, &address, kPort, &sends, &transfer) == AT_OK, "no connection");
  transfer.RunUntil(kCompared);
  for (int round = 0; round < kRounds; round++) {
    uint64_t begin_ns = Now(nullptr), begin = transfer.received, frames = us.card.frames;

    transfer.RunUntil(begin + kBytes);
    double gigabits = double(transfer.received - begin) * 8 / double(Now(nullptr) - begin_ns);

    if (gigabits <= best) continue;
    best = gigabits;
    frame_bytes = double(transfer.received - begin) / double(us.card.frames - frames);
  }
  printf("window %u KiB: %.1f Gb/s (best of %d rounds of %llu GiB; %.0f bytes a frame)\n", unsigned(TCP_WND) / 1024,
         best, kRounds, static_cast<unsigned long long>(kBytes >> 30), frame_bytes);
  return 0;
}
