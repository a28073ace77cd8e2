// SPDX-License-Identifier: ISC
// The stack against a network that sends what it likes: frames of any bytes, and frames that are right in all but what
// the input chooses, so that they come deep into open connections; while time passes, the application writes, reads and
// closes, and the device is slow.
//
// Promised whatever comes: what the stack sends is whole and has right checksums, the device's contract is kept, and
// when the stack ends nothing is left, neither objects in its heap nor parts of the device's ring.

#include <atman/host/seams.h>
#include <atman/ip/data.h>
#include <atman/ip/dns.h>
#include <atman/ip/ip.h>
#include <atman/ip/tcp.h>
#include <atman/ip/udp.h>
#include <atman/mm/heap.h>
#include <atman/testing/fake_memory.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "network.h"

namespace {

constexpr size_t kConnections = 4;  // that the application has; more are refused

struct Application {
  at_ip_tcp *tcp;
  size_t unconsumed;
};

struct World {
  Network network;
  Clock clock;
  std::unique_ptr<Device> device;
  at_ip *ip;
  at_ip_interface *interface;
  at_ip_tcp_listener *listener;
  at_ip_udp *udp;
  Application connections[kConnections];
  std::vector<at_ip_data *> data;
};

World *the_world;

void Run(World *world) {
  at_ip_run(world->ip, 0);
  for (; !world->device->wire.empty(); world->device->wire.pop_front()) {
    if (!HasRightChecksums(world->device->wire.front())) abort();
    Learn(&world->network, world->device->wire.front());
  }
}

Application *ApplicationOf(void *user) { return static_cast<Application *>(user); }

const at_ip_tcp_events kEvents = {
    [](at_ip_tcp *, void *) {},
    [](at_ip_tcp *, void *user, at_ip_data *data) {
      ApplicationOf(user)->unconsumed += at_ip_data_size(data);
      the_world->data.push_back(data);
    },
    [](at_ip_tcp *, void *) {},
    [](at_ip_tcp *, void *, size_t) {},
    [](at_ip_tcp *, void *) {},
    [](at_ip_tcp *, void *user, at_status) { ApplicationOf(user)->tcp = nullptr; },
};

void Accepted(at_ip_tcp *tcp, void *) {
  for (Application &application : the_world->connections) {
    if (application.tcp != nullptr) continue;
    application = {tcp, 0};
    at_ip_tcp_own(tcp, &kEvents, &application);
    return;
  }
  at_ip_tcp_abort(tcp);
}

void FreeData(World *world) {
  for (at_ip_data *data : world->data) {
    uint8_t bytes[64];

    at_ip_data_copy(data, at_ip_data_size(data) / 2, bytes, sizeof bytes);
    at_ip_data_free(data);
  }
  world->data.clear();
}

void ActOn(World *world, Application *application, uint8_t what) {
  static const uint8_t text[8192] = {};
  at_ip_tcp *tcp = application->tcp;
  size_t taken = 0;

  switch (what & 7) {
    case 0: at_ip_tcp_write(tcp, &taken, text, at_fuzz_u16(world->network.peer) % sizeof text, what >> 6); break;
    case 1:
      FreeData(world);
      at_ip_tcp_consumed(tcp, application->unconsumed);
      application->unconsumed = 0;
      break;
    case 2: at_ip_tcp_finish(tcp); break;
    case 3:
      at_ip_tcp_close(tcp);
      application->tcp = nullptr;
      break;
    case 4:
      at_ip_tcp_abort(tcp);
      application->tcp = nullptr;
      break;
    case 5: at_ip_tcp_set_delay(tcp, (what & 64) != 0); break;
    case 6: at_ip_tcp_set_keepalive(tcp, 1 + (what >> 6), 1, 2); break;
    default: at_ip_tcp_set_tick(tcp, what >> 6); break;
  }
}

// The application acts: on a connection that is open, or it opens one, sends a datagram, asks for a name.
void Act(World *world) {
  uint8_t what = at_fuzz_u8(world->network.peer);
  Application *application = &world->connections[what >> 3 & 3];
  at_ip_address to = at_ip_address_v4(10, 0, 0, 9);
  at_ip_address found;

  if (application->tcp != nullptr && (what & 32) == 0) {
    ActOn(world, application, what);
  } else if ((what & 7) == 0 && application->tcp == nullptr) {
    *application = {nullptr, 0};
    if (at_ip_tcp_connect(world->ip, &application->tcp, &to, world->network.links[2].remote, &kEvents, application) !=
        AT_OK)
      application->tcp = nullptr;
  } else if ((what & 7) == 1) {
    at_ip_udp_send(world->udp, &to, 9, "datagram", 8);
  } else if ((what & 7) == 2) {
    char name[] = "a.example";

    name[0] = char('a' + (what >> 6));
    at_ip_dns_lookup(
        world->ip, &found, name, AT_IP_ANY, [](void *, at_status, const at_ip_address *) {}, nullptr);
  } else if ((what & 7) == 3) {
    FreeData(world);
  }
}

// How long nothing happens: mostly so short that tables are aged once or twice, which costs more than a frame; the
// longest is beyond what is caught up with.
uint64_t Pause(uint8_t how) {
  const uint64_t longer[] = {5, 10, 30, 64};

  return (how < 28 ? 1 + how / 14 : longer[how - 28]) * 1000000000;
}

void Step(World *world) {
  uint8_t what = at_fuzz_u8(world->network.peer);

  switch (what & 7) {
    case 0: world->clock.now_ns += uint64_t(1 + (what >> 3)) * 50000000; break;
    case 1: world->clock.now_ns += Pause(what >> 3); break;
    case 2: Act(world); break;
    case 3:
      world->device->ring = (what & 8) != 0 ? 0 : 64;
      world->device->keeps_cookies = (what & 16) != 0;
      world->device->part_size = (what & 32) != 0 ? 97 : 4096;
      world->device->says_checksum_ok = (what & 64) != 0;
      break;
    default: world->device->Arrive(NextFrame(&world->network)); break;
  }
  Run(world);
}

void Start(World *world, at_mm_heap *heap, uint8_t how) {
  at_ip_config config = {};
  at_ip_settings settings = {};
  at_ip_address any = {};
  alignas(AT_MM_PAGE_SIZE) static uint8_t shared[64 * AT_MM_PAGE_SIZE];

  world->device.reset(new Device(1));
  if ((how & 1) != 0) {
    world->device->info.features |= AT_NETDEV_TX_CSUM4 | AT_NETDEV_TX_CSUM6 | AT_NETDEV_TX_GSO4 | AT_NETDEV_TX_GSO6;
    world->device->info.max_gso = 65535;
  }
  config.wait = world->clock.wait();
  config.heap = heap;
  if ((how & 2) != 0) config.shared = at_span_of(shared, sizeof shared);
  if (at_ip_init(&world->ip, &config) != AT_OK) abort();
  settings.ipv6 = true;
  settings.dhcp = (how & 4) != 0;
  if (!settings.dhcp) {
    settings.address = at_ip_address_v4(10, 0, 0, 1);
    settings.prefix = 24;
    settings.dns[0] = at_ip_address_v4(10, 0, 0, 9);
  }
  if (at_ip_interface_add(world->ip, &world->interface, world->device->netdev(), &settings) != AT_OK ||
      at_ip_tcp_listen(world->ip, &world->listener, &any, 80, (how & 8) != 0 ? 1 : 4, Accepted, nullptr) != AT_OK ||
      at_ip_udp_open(
          world->ip, &world->udp, &any, 7,
          [](at_ip_udp *, void *, at_ip_data *data, const at_ip_address *, uint16_t) {
            the_world->data.push_back(data);
          },
          nullptr) != AT_OK)
    abort();
  for (uint16_t i = 0; i < kLinks; i++) world->network.links[i] = {80, uint16_t(1000 + i), 1, 0};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static AtFakeMemory memory(4096);
  static at_mm_frames frames;
  static at_mm_heap *heap = [] {
    static at_mm_heap made;
    at_mm_frames_config config = memory.Config();
    at_mm_frames_init(&frames, &config);
    at_mm_heap_init(&made, &frames, 1);
    return &made;
  }();
  static uint8_t next_random;
  World world = {};

  next_random = 0;  // the same input does the same again
  at_host_entropy_redirect(
      [](void *, void *out, size_t bytes) -> at_status {
        for (size_t i = 0; i < bytes; i++) static_cast<uint8_t *>(out)[i] = next_random++;
        return AT_OK;
      },
      nullptr);
  the_world = &world;
  world.network.peer = at_fuzz_begin(data, size);
  Start(&world, heap, at_fuzz_u8(world.network.peer));
  while (!at_fuzz_is_over(world.network.peer)) Step(&world);
  FreeData(&world);
  world.device->keeps_cookies = false;  // what a device still reads would rightly be abandoned to it
  if (at_ip_fini(world.ip) != AT_OK) abort();
  if (!world.device->faults.empty() || world.device->held != 0) abort();
  struct at_mm_heap_stats left;
  at_mm_heap_stats(heap, &left);  // the heap keeps its pages for the next input
  if (left.live != 0) abort();
  return 0;
}
