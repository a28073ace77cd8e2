// SPDX-License-Identifier: ISC
#ifndef ATMAN_NETFRONT_TESTS_GUEST_H
#define ATMAN_NETFRONT_TESTS_GUEST_H

// Domain 5 of a fake Xen with everything that netfront needs, a fake xenstored and a fake netback beside it, and the
// teardown that proves that nothing is left: no page, grant, mapping, port or watch, and no fault of ours seen by the
// peer.

#include <atman/netdev/group.h>
#include <atman/netfront/netfront.h>
#include <atman/netfront/queues.h>

#include <atman/testing/fake_netback.h>
#include <atman/testing/fake_xen.h>
#include <atman/testing/fake_xenstored.h>
#include <atman/xen/event.h>
#include <atman/xen/grant.h>
#include <atman/xenstore/restore.h>
#include <atman/xenstore/xenstore.h>

#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"

constexpr uint16_t kGuest = 5;
constexpr uint64_t kSecond = 1000000000;
constexpr uint32_t kMemoryPages = 24;
constexpr char kMac[] = "00:16:3e:4d:4e:04";

class Guest {
 public:
  explicit Guest(uint16_t rx_buffers = 32, uint16_t tx_buffers = 16, uint16_t tx_slots = 0)
      : buffers(rx_buffers + tx_buffers + 1), slots((tx_slots != 0 ? tx_slots : tx_buffers) + 1) {
    // Behind the last buffer and slot lies what looks like one in the ring: an index that is one too far finds it.
    buffers.back().owner = 1;
    slots.back().owner = 1;
    at_fake_xen_config sizes{};
    sizes.pages = 2048;
    xen = at_fake_xen_create(&sizes);
    at_fake_xen_add_domain(xen, kGuest);
    at_fake_xen_enter(xen, kGuest);
    at_xen_events_init(&events, at_fake_xen_shared(xen, kGuest));
    at_xen_grants_init(&grants, at_fake_xen_grant_table(xen, kGuest, 2), 2 * AT_XEN_GRANTS_PER_FRAME);
    ConnectStore();
    config.store = &store;
    config.events = &events;
    config.grants = &grants;
    config.pages = at_mm_pages{&kPageOps, this};
    config.wait = at_xen_events_waiter(&events);
    config.buffers = buffers.data();
    config.rx_buffers = rx_buffers;
    config.tx_buffers = tx_buffers;
    config.tx = at_netfront_tx();
    config.slots = slots.data();
    config.tx_slots = tx_slots != 0 ? tx_slots : tx_buffers;
    for (uint32_t i = 0; i < kMemoryPages; ++i) {
      auto *page = static_cast<uint8_t *>(at_fake_xen_page_alloc(xen, kGuest));
      if (i == 0) memory = page;
      EXPECT_EQ(page, memory + 4096 * i) << "the fake Xen hands its pages out in a row";
    }
    config.timeout_ns = 5 * kSecond;
    back_config.xen = xen;
    back_config.store = server;
    back_config.domid = kGuest;
    back_config.mac = kMac;
    ports_before_ = at_fake_xen_ports_in_use(xen, kGuest);
    pages_before_ = at_fake_xen_pages_in_use(xen, kGuest);
    grants_before_ = at_fake_xen_grants_in_use(xen, kGuest);
  }

  Guest(const Guest &) = delete;

  ~Guest() {
    EXPECT_EQ(at_netfront_close(&front, Now() + kSecond), AT_OK);
    EXPECT_EQ(at_netfront_queues_close(&device, Now() + kSecond), AT_OK);
    ExpectNothingLeft();
    if (back != nullptr) {
      if (!front_may_be_wrong) {
        EXPECT_EQ(at_fake_netback_faults(back), 0u) << at_fake_netback_last_fault(back);
      }
      at_fake_netback_free(back);
    }
    at_fake_xen_remove_step(xen, ServeStore, this);
    at_fake_xenstored_free(server);
    at_fake_xen_destroy(xen);
  }

  void ExpectNothingLeft() {
    EXPECT_EQ(at_fake_xen_maps_in_use(xen, 0), 0u) << "the back-end still maps pages";
    EXPECT_EQ(at_fake_xen_grants_in_use(xen, kGuest), grants_before_) << "a grant is left";
    EXPECT_EQ(at_fake_xen_ports_in_use(xen, kGuest), ports_before_) << "a port is left";
    EXPECT_EQ(at_fake_xen_pages_in_use(xen, kGuest), pages_before_) << "a page is left";
    struct at_fake_xenstored_held held;
    ::at_fake_xenstored_held(server, kGuest, &held);
    EXPECT_EQ(held.watches, 0u) << "a watch is left";
  }

  void MakeBackend(unsigned behaviour = 0) {
    back_config.behaviour = behaviour;
    back = at_fake_netback_new(&back_config);
  }

  // To be called before the device is opened.
  void Share() { config.shared = at_netfront_shared{memory, kMemoryPages, memory_grants}; }
  void Want(uint16_t features) {
    config.offload = at_netfront_offload();
    config.features = features;
  }

  // A device that works. `behaviour` may say how its back-end ends.
  void Connect(unsigned behaviour = 0) {
    MakeBackend(behaviour);
    ASSERT_EQ(at_netfront_open(&front, &config), AT_OK) << at_netfront_phase(&front);
    dev = at_netfront_netdev(&front);
  }

  // What a device of several queues, or with split channels, is opened with.
  at_netfront_queues_config QueuesConfig(uint16_t count, bool split) {
    buffers.resize(count * static_cast<size_t>(config.rx_buffers + config.tx_buffers) + 1);
    slots.resize(count * static_cast<size_t>(config.tx_slots) + 1);
    buffers.back().owner = slots.back().owner = 1;
    at_netfront_queues_config wide{};
    wide.front = config;
    wide.front.buffers = buffers.data();
    wide.front.slots = slots.data();
    wide.queues = queues;
    wide.count = count;
    wide.split = split;
    if (group_count > 0) {
      wide.multicast = at_netfront_multicast();
      wide.groups = groups;
      wide.group_count = group_count;
    }
    return wide;
  }

  // Such a device, that works.
  void ConnectQueues(uint16_t count, bool split, unsigned behaviour = 0) {
    MakeBackend(behaviour);
    at_netfront_queues_config wide = QueuesConfig(count, split);
    ASSERT_EQ(at_netfront_queues_open(&device, &wide), AT_OK) << at_netfront_phase(&queues[0].front);
    dev = at_netfront_queues_netdev(&device);
  }

  uint64_t Now() const { return at_fake_xen_now(xen); }

  uint32_t RoundTrips() const {
    struct at_xenstore_stats stats;
    at_xenstore_stats(&store, &stats);
    return stats.round_trips;
  }

  struct at_netfront_stats FrontStats() const {
    struct at_netfront_stats stats;
    at_netfront_stats(&front, &stats);
    return stats;
  }

  struct at_netdev_stats DevStats() const {
    struct at_netdev_stats stats;
    at_netdev_stats(dev, &stats);
    return stats;
  }

  struct at_fake_netback_stats BackStats() const {
    struct at_fake_netback_stats stats;
    at_fake_netback_stats(back, &stats);
    return stats;
  }

  void Inject(const std::string &bytes) {
    at_fake_netback_inject(back, bytes.data(), static_cast<uint32_t>(bytes.size()));
  }

  void Inject(const at_fake_netback_frame &about, const std::string &bytes) {
    at_fake_netback_frame frame = about;
    frame.data = bytes.data();
    frame.size = static_cast<uint32_t>(bytes.size());
    at_fake_netback_inject_frame(back, &frame);
  }

  // Waits for one frame and returns its parts, which the caller holds; none and the status when there is none within a
  // second. Frames that came with it are kept for the next call.
  std::vector<at_netdev_part> ReceiveParts(at_status *status = nullptr) {
    at_status result = AT_OK;
    for (uint64_t end = Now() + kSecond; result == AT_OK && received.empty();) {
      at_netdev_part parts[64];
      size_t count = 0;
      result = at_netdev_recv(dev, parts, 64, &count);
      received.insert(received.end(), parts, parts + count);
      if (result == AT_OK && count == 0) result = at_netdev_wait(dev, AT_NETDEV_RX, end);
    }
    if (status != nullptr) *status = received.empty() ? result : AT_OK;
    size_t n = 0;
    while (n < received.size() && (received[n++].flags & AT_NETDEV_MORE)) {
    }
    std::vector<at_netdev_part> frame(received.begin(), received.begin() + n);
    received.erase(received.begin(), received.begin() + n);
    return frame;
  }

  // Waits for a frame and returns its bytes; "" and the status when there is none within a second.
  std::string Receive(at_status *status = nullptr) {
    std::string bytes;
    std::vector<at_netdev_part> parts = ReceiveParts(status);
    for (const at_netdev_part &part : parts) bytes.append(reinterpret_cast<char *>(part.data), part.size);
    at_netdev_release(dev, parts.data(), parts.size());
    return bytes;
  }

  // Sends these bytes, once there is room, and tells the back-end.
  at_status Send(const std::string &bytes, void *cookie = nullptr, uint16_t flags = 0, uint16_t gso_size = 0) {
    at_netdev_piece piece{reinterpret_cast<const uint8_t *>(bytes.data()), static_cast<uint32_t>(bytes.size())};
    return SendPieces({piece}, cookie, flags, gso_size);
  }

  at_status SendPieces(const std::vector<at_netdev_piece> &pieces, void *cookie = nullptr, uint16_t flags = 0,
                       uint16_t gso_size = 0) {
    at_netdev_frame frame{pieces.data(), static_cast<uint16_t>(pieces.size()), flags, gso_size, cookie};
    at_status status = at_netdev_send(dev, &frame);
    for (uint64_t end = Now() + kSecond; status == AT_AGAIN;) {
      status = at_netdev_wait(dev, AT_NETDEV_TX, end);
      if (status == AT_OK) status = at_netdev_send(dev, &frame);
    }
    at_netdev_flush(dev);
    return status;
  }

  // What the back-end got next; "" when nothing.
  std::string Taken(at_fake_netback_frame *about = nullptr) {
    RunPeers();
    std::vector<char> bytes(65536);
    return std::string(bytes.data(), at_fake_netback_take(back, bytes.data(), about));
  }

  void RunPeers() {
    for (int i = 0; i < 8; ++i) at_fake_xen_run_steps(xen);
  }

  // XenStore of a domain that was restored: another server, over the same ring and port.
  void RestoreStore() {
    const at_xen_port_move moves[] = {{store_port_, store_port_}};
    at_xen_events_restored(&events, moves, 1, nullptr);
    IntroduceStore(store.config.ring);
    at_xenstore_restored(&store);
  }

  std::string Node(const std::string &path) {
    const char *value = at_fake_xenstored_value(server, path.c_str());
    return value != nullptr ? value : "(none)";
  }

  at_fake_xen *xen;
  at_fake_xenstored *server;
  at_fake_netback_config back_config{};
  at_fake_netback *back = nullptr;
  bool front_may_be_wrong = false;  // the test makes the front-end look guilty
  uint32_t fail_page = 0;           // this many pages from now one is refused; 0 = never
  at_xen_events events;
  at_xen_grants grants;
  at_xenstore store;
  std::vector<at_netfront_buffer> buffers;
  std::vector<at_netfront_slot> slots;
  std::vector<at_netdev_part> received;  // and not returned by ReceiveParts() yet
  uint8_t *memory = nullptr;             // kMemoryPages, shared with the back-end by Share()
  uint32_t memory_grants[kMemoryPages];
  at_netfront_config config{};
  at_netfront front{};
  uint16_t group_count = 0;  // not 0: such a device filters groups
  at_netfront_group groups[AT_NETFRONT_GROUPS_MAX]{};
  at_netfront_queue queues[AT_NETFRONT_QUEUES_MAX]{};
  at_netfront_queues device{};
  at_netdev dev{};

 private:
  void ConnectStore() {
    server = at_fake_xenstored_new(nullptr);
    auto *ring = static_cast<xenstore_domain_interface *>(at_fake_xen_page_alloc(xen, kGuest));
    at_fake_xen_channel(xen, kGuest, &store_port_, 0, &server_port_);
    IntroduceStore(ring);
    at_fake_xen_add_step(xen, 0, ServeStore, this);
    at_xenstore_config store_config{};
    store_config.ring = ring;
    store_config.notify = [](void *ctx) { at_xen_event_notify(static_cast<Guest *>(ctx)->store_port_); };
    store_config.notify_ctx = this;
    store_config.wait = at_xen_events_waiter(&events);
    at_xenstore_init(&store, &store_config);
    EXPECT_EQ(at_xen_event_adopt(&events, store_port_), AT_OK);
    auto on_event = [](void *ctx) { at_xenstore_on_event(static_cast<at_xenstore *>(ctx)); };
    EXPECT_EQ(at_xen_event_handle(&events, store_port_, on_event, &store), AT_OK);
  }

  void IntroduceStore(xenstore_domain_interface *ring) {
    at_fake_xenstored_connect(
        server, kGuest, ring,
        [](void *ctx) {
          auto *g = static_cast<Guest *>(ctx);
          at_fake_xen_notify(g->xen, 0, g->server_port_);
        },
        this);
  }

  static uint64_t ServeStore(void *ctx, uint64_t now) {
    return at_fake_xenstored_step(static_cast<Guest *>(ctx)->server) > 0 ? now : UINT64_MAX;
  }

  static void *AllocPage(void *ctx) {
    auto *g = static_cast<Guest *>(ctx);
    if (g->fail_page != 0 && --g->fail_page == 0) return nullptr;
    return at_fake_xen_page_alloc(g->xen, kGuest);
  }

  static void FreePage(void *ctx, void *page) { at_fake_xen_page_free(static_cast<Guest *>(ctx)->xen, page); }

  static uint64_t FrameOfPage(void *ctx, const void *page) {
    return at_fake_xen_frame(static_cast<Guest *>(ctx)->xen, page);
  }

  static constexpr at_mm_pages_ops kPageOps = {AllocPage, FreePage, FrameOfPage};

  at_xen_port store_port_ = 0, server_port_ = 0;
  uint32_t ports_before_ = 0, pages_before_ = 0, grants_before_ = 0;
};

#endif  // ATMAN_NETFRONT_TESTS_GUEST_H
