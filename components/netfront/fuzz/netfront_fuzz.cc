// SPDX-License-Identifier: ISC
// The network driver against a back-end that writes any index, response and extra information into both rings, also
// between two loads of the driver's.
//
// Promised whatever it does: every call returns; a part that is handed out lies in a page that was offered and that
// nobody holds; a cookie comes back once; a device that has ended stays so, for the same reason. Connecting is not
// fuzzed here (XenStore has a fuzzer of its own): three devices are connected once, one for whole frames, one with all
// offloads and one of two queues, and each input begins with one of them as it was then.

#include <atman/fuzz/peer.h>
#include <atman/netfront/netfront.h>
#include <atman/netfront/queues.h>
#include <atman/testing/fake_netback.h>
#include <atman/testing/fake_xen.h>
#include <atman/testing/fake_xenstored.h>
#include <atman/xen/event.h>
#include <atman/xen/grant.h>
#include <atman/xenstore/xenstore.h>

#include <cstdlib>
#include <cstring>

#include <xen/io/netif.h>

namespace {

constexpr uint16_t kGuest = 5, kRxBuffers = 24, kTxBuffers = 8, kSlots = 24, kSharedPages = 4, kCookies = 32;
constexpr uint16_t kDevices = 3, kQueues = 2;
constexpr uint32_t kRing = 256, kPage = 4096;
constexpr int kCalls = 64;  // of an input: twice around the smallest ring, and many inputs a second

at_fake_xen *xen;
at_fake_xenstored *server;
at_xen_events events;
at_xen_grants grants;
at_xenstore store;
at_xen_port store_port, server_port;
at_fuzz_peer *peer;  // null while the devices connect
uint64_t now_ns;

struct Device {
  uint16_t count;  // of queues; a device of one is at_netfront_open()'s, and `queues` are its only part that is used
  at_netfront_queues several;
  at_netfront_queue queues[kQueues];
  at_netfront_buffer buffers[kQueues][kRxBuffers + kTxBuffers];
  at_netfront_slot slots[kQueues][kSlots];
  uint32_t shared_grants[kSharedPages];
  uint8_t *shared;
  alignas(8) uint8_t rings[kQueues][2][kPage];  // what was in the ring pages when it was connected
};
Device devices[kDevices], connected[kDevices];  // they do not move: XenStore's client knows where their watches are
Device *device;
uint16_t queue;  // that the back-end works at
bool held[kQueues][kRxBuffers];
enum { kFree, kUnderWay } cookies[kCookies];
uint8_t own_bytes[2 * kPage];

at_netfront &Front(uint16_t i) { return device->queues[i].front; }
netif_rx_sring *Rx() { return reinterpret_cast<netif_rx_sring *>(Front(queue).ring_pages[0].page); }
netif_tx_sring *Tx() { return reinterpret_cast<netif_tx_sring *>(Front(queue).ring_pages[1].page); }

// Why the device has ended: one queue's end is that of all, which the others may not know yet.
at_status Ended() {
  at_status ended = AT_OK;
  for (uint16_t i = 0; ended == AT_OK && i < device->count; ++i) ended = Front(i).ended;
  return ended;
}

void Require(bool promise) {
  if (!promise) abort();
}

void AnswerRx() {
  netif_rx_sring_entry *entry = &Rx()->ring[Rx()->rsp_prod % kRing];
  uint8_t how = at_fuzz_u8(peer);
  netif_rx_response response{};
  response.id = entry->req.id;
  response.status = static_cast<int16_t>(at_fuzz_u8(peer) + 1);
  if (how & 1) response.flags = at_fuzz_u8(peer);
  if (how & 2) response.offset = at_fuzz_u16(peer);
  if (how & 4) response.status = static_cast<int16_t>(at_fuzz_u16(peer));
  if ((how & 24) == 24) response.id = at_fuzz_u16(peer);
  if ((how & 224) == 32) {
    netif_extra_info extra{};
    extra.type = XEN_NETIF_EXTRA_TYPE_GSO;
    extra.u.gso.size = 1448;
    extra.u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4 + (how & 1);
    if (how & 4) at_fuzz_bytes(peer, &extra, sizeof extra);
    memcpy(&response, &extra, sizeof extra);
  }
  entry->rsp = response;
  Rx()->rsp_prod++;
}

void AnswerTx() {
  netif_tx_sring_entry *entry = &Tx()->ring[Tx()->rsp_prod % kRing];
  uint8_t how = at_fuzz_u8(peer);
  netif_tx_response response{};
  response.id = entry->req.id;
  response.status = static_cast<int16_t>(how % 4) - 2;  // every one that there is
  if (how & 4) response.status = NETIF_RSP_OKAY;
  if ((how & 24) == 24) response.id = at_fuzz_u16(peer);
  if ((how & 96) == 96) response.status = static_cast<int16_t>(at_fuzz_u16(peer));
  entry->rsp = response;
  Tx()->rsp_prod++;
}

void Interfere() {
  uint8_t what = at_fuzz_u8(peer);
  queue = (what >> 4) % device->count;
  switch (what % 16) {
    case 0: Rx()->rsp_prod = at_fuzz_u32(peer); break;
    case 1: Tx()->rsp_prod = at_fuzz_u32(peer); break;
    case 2: at_fuzz_bytes(peer, &Rx()->ring[at_fuzz_u8(peer)], sizeof(netif_rx_sring_entry)); break;
    case 3: at_fuzz_bytes(peer, &Tx()->ring[at_fuzz_u8(peer)], sizeof(netif_tx_sring_entry)); break;
    case 4: Rx()->req_event = Rx()->req_prod + at_fuzz_u8(peer); break;
    case 5: Tx()->req_event = Tx()->req_prod + at_fuzz_u8(peer); break;
    case 6:
    case 7:
    case 8:
    case 9: AnswerTx(); break;
    default: AnswerRx(); break;
  }
}

uint64_t Now(void *) { return peer != nullptr ? now_ns : at_fake_xen_now(xen); }

at_status Sleep(void *, uint64_t deadline) {
  if (peer == nullptr) return at_wait_sleep(at_xen_events_waiter(&events), deadline);
  if (++now_ns >= deadline || at_fuzz_is_over(peer)) return AT_TIMED_OUT;
  Interfere();
  return AT_OK;
}

void Wake(void *) {}

constexpr at_wait_ops kWait = {Now, Sleep, Wake};

void *AllocPage(void *) { return at_fake_xen_page_alloc(xen, kGuest); }
void FreePage(void *, void *page) { at_fake_xen_page_free(xen, page); }
uint64_t FrameOfPage(void *, const void *page) { return at_fake_xen_frame(xen, page); }
constexpr at_mm_pages_ops kPages = {AllocPage, FreePage, FrameOfPage};

void MakeGuest() {
  xen = at_fake_xen_create(nullptr);
  at_fake_xen_add_domain(xen, kGuest);
  at_fake_xen_enter(xen, kGuest);
  at_xen_events_init(&events, at_fake_xen_shared(xen, kGuest));
  at_xen_grants_init(&grants, at_fake_xen_grant_table(xen, kGuest, 1), AT_XEN_GRANTS_PER_FRAME);
  server = at_fake_xenstored_new(nullptr);
  auto *ring = static_cast<xenstore_domain_interface *>(AllocPage(nullptr));
  at_fake_xen_channel(xen, kGuest, &store_port, 0, &server_port);
  at_fake_xenstored_connect(
      server, kGuest, ring, [](void *) { at_fake_xen_notify(xen, 0, server_port); }, nullptr);
  auto serve = [](void *, uint64_t now) { return at_fake_xenstored_step(server) > 0 ? now : UINT64_MAX; };
  at_fake_xen_add_step(xen, 0, serve, nullptr);
  at_xenstore_config config{};
  config.ring = ring;
  config.notify = [](void *) { at_xen_event_notify(store_port); };
  config.wait = at_xen_events_waiter(&events);
  at_xenstore_init(&store, &config);
  Require(at_xen_event_adopt(&events, store_port) == AT_OK);
  auto on_event = [](void *) { at_xenstore_on_event(&store); };
  Require(at_xen_event_handle(&events, store_port, on_event, nullptr) == AT_OK);
}

void Connect(uint16_t index) {
  device = &devices[index];
  device->count = index == 2 ? kQueues : 1;
  at_fake_netback_config back{};
  back.xen = xen;
  back.store = server;
  back.domid = kGuest;
  back.index = index;
  back.mac = "00:16:3e:4d:4e:04";
  if (index == 2) back.max_queues = "2";
  at_fake_netback_new(&back);
  at_netfront_config config{};
  config.store = &store;
  config.events = &events;
  config.grants = &grants;
  config.pages = at_mm_pages{&kPages, nullptr};
  config.wait = at_wait{&kWait, nullptr};
  config.buffers = device->buffers[0];
  config.tx = at_netfront_tx();
  config.slots = device->slots[0];
  config.rx_buffers = kRxBuffers;
  config.tx_buffers = kTxBuffers;
  config.tx_slots = kSlots;
  config.index = index;
  config.ring_start = UINT32_MAX - 8;
  config.timeout_ns = 1000000000;
  for (uint16_t i = 0; i < kSharedPages; ++i) {
    auto *page = static_cast<uint8_t *>(AllocPage(nullptr));
    if (i == 0) device->shared = page;
  }
  config.shared = at_netfront_shared{device->shared, kSharedPages, device->shared_grants};
  if (index != 0) {
    config.offload = at_netfront_offload();
    config.features = AT_NETFRONT_SG | AT_NETFRONT_CSUM | AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6;
  }
  if (device->count > 1) {
    at_netfront_queues_config several{};
    several.front = config;
    several.queues = device->queues;
    several.count = kQueues;
    Require(at_netfront_queues_open(&device->several, &several) == AT_OK);
    Require(at_netfront_queues_count(&device->several) == kQueues);
  } else {
    Require(at_netfront_open(&Front(0), &config) == AT_OK);
  }
  for (queue = 0; queue < device->count; ++queue) {
    memcpy(device->rings[queue][0], Rx(), kPage);
    memcpy(device->rings[queue][1], Tx(), kPage);
  }
}

void Begin(uint8_t which) {
  uint8_t index = which & 2 ? 2 : which & 1;
  device = &devices[index];
  memcpy(device, &connected[index], sizeof *device);
  for (queue = 0; queue < device->count; ++queue) {
    memcpy(Rx(), device->rings[queue][0], kPage);
    memcpy(Tx(), device->rings[queue][1], kPage);
    at_fuzz_share(peer, Rx(), kPage);
    at_fuzz_share(peer, Tx(), kPage);
  }
  queue = 0;
  memset(held, 0, sizeof held);
  memset(cookies, 0, sizeof cookies);
  now_ns = 1;
}

void Receive(at_netdev dev) {
  at_netdev_part parts[AT_NETDEV_PARTS_MAX + 4];
  at_status before = Ended();
  size_t count = ~size_t{0};
  at_status status = at_netdev_recv(dev, parts, AT_NETDEV_PARTS_MAX + at_fuzz_u8(peer) % 5, &count);
  Require(count <= AT_NETDEV_PARTS_MAX + 4);
  Require(status == AT_OK || count == 0);
  Require(before == AT_OK || status == before);
  Require(count == 0 || (parts[count - 1].flags & AT_NETDEV_MORE) == 0);
  for (size_t i = 0; i < count; ++i) {
    uint32_t from = parts[i].token >> 16, index = parts[i].token & 0xffff;
    Require(from < device->count && index < kRxBuffers && !held[from][index]);
    held[from][index] = true;
    const uint8_t *page = device->buffers[from][index].page;
    Require(parts[i].size >= 1 && parts[i].data >= page && parts[i].data + parts[i].size <= page + kPage);
    Require((parts[i].flags & (AT_NETDEV_GSO4 | AT_NETDEV_GSO6)) == 0 || parts[i].gso_size != 0);
  }
}

void Release(at_netdev dev) {
  at_netdev_part part{};
  uint8_t which = at_fuzz_u8(peer);
  uint32_t from = which / kRxBuffers % device->count, index = which % kRxBuffers;
  if (!held[from][index]) return;
  held[from][index] = false;
  part.token = from << 16 | index;
  at_netdev_release(dev, &part, 1);
}

void Send(at_netdev dev) {
  at_netdev_piece pieces[3];
  at_netdev_frame frame{};
  uint8_t how = at_fuzz_u8(peer);
  uint8_t which = at_fuzz_u8(peer);
  uint32_t cookie = which % kCookies;
  memcpy(own_bytes + 12, "\x08\x00\x45", 3);
  own_bytes[23] = 17;                // UDP over IPv4, for who sends it from the beginning
  own_bytes[35] = which / kCookies;  // its port, by which it goes to one queue or the other
  frame.pieces = pieces;
  frame.count = static_cast<uint16_t>(how % 4);
  if (how & 4) frame.flags = AT_NETDEV_CSUM_BLANK;
  if (how & 8) frame.flags |= AT_NETDEV_GSO4;
  if (how & 16) frame.flags |= AT_NETDEV_GSO6;
  frame.gso_size = how >> 5;
  if (cookies[cookie] == kFree) frame.cookie = &cookies[cookie];
  for (uint16_t i = 0; i < frame.count; ++i) {
    uint16_t at = at_fuzz_u16(peer);
    bool shared = (at & 0x8000) != 0;
    pieces[i].data = (shared ? device->shared : own_bytes) + (at & 0xfff);
    pieces[i].size = at_fuzz_u16(peer) % (shared ? (kSharedPages - 1) * kPage : kPage);
  }
  if (at_netdev_send(dev, &frame) == AT_OK && frame.cookie != nullptr) cookies[cookie] = kUnderWay;
}

void TakeBack(at_netdev dev) {
  void *done[4];
  size_t count = ~size_t{0};
  at_status status = at_netdev_tx_done(dev, done, 4, &count);
  Require(count <= 4 && (status == AT_OK || status == Ended()));
  for (size_t i = 0; i < count; ++i) {
    auto *cookie = static_cast<decltype(&cookies[0])>(done[i]);
    Require(cookie >= cookies && cookie < cookies + kCookies && *cookie == kUnderWay);
    *cookie = kFree;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (xen == nullptr) {
    MakeGuest();
    for (uint16_t i = 0; i < kDevices; ++i) Connect(i);
    memcpy(connected, devices, sizeof connected);
  }
  peer = at_fuzz_begin(data, size);
  Begin(at_fuzz_u8(peer));
  at_netdev dev =
      device->count > 1 ? at_netfront_queues_netdev(&device->several) : at_netfront_netdev(&device->queues[0].front);
  for (int calls = 0; calls < kCalls && !at_fuzz_is_over(peer); ++calls) {
    at_status before = Ended();
    uint8_t what = at_fuzz_u8(peer);
    switch (what % 16) {
      case 0:
      case 1: Receive(dev); break;
      case 2: Release(dev); break;
      case 3: Send(dev); break;
      case 4: TakeBack(dev); break;
      case 5: at_netdev_flush(dev); break;
      case 6: at_netdev_wait(dev, what >> 5, now_ns + 4); break;
      case 7: at_netdev_arm(dev, what >> 5); break;
      case 8: {
        char text[AT_NETFRONT_REPORT_SIZE];
        Require(at_netfront_report(&Front(0), text, sizeof text) < sizeof text);
        break;
      }
      default: Interfere(); break;
    }
    Require(before == AT_OK || Ended() == before);
    uint64_t errors = 0;
    for (uint16_t i = 0; i < device->count; ++i) {
      Require(Front(i).tx_free_buffers <= kTxBuffers && Front(i).tx_free_slots <= kSlots);
      Require(Front(i).front_stats.protocol_errors <= 1);
      errors += Front(i).front_stats.protocol_errors;
    }
    Require((errors > 0) == (Ended() == AT_PROTOCOL));
  }
  at_fuzz_unshare(peer);
  peer = nullptr;
  return 0;
}
