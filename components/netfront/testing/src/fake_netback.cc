// SPDX-License-Identifier: ISC
// The back-end's half of netif.h, written from the header and from how Linux's netback walks its states.

#include <atman/testing/fake_netback.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include <atman/testing/fake_xen.h>
#include <atman/testing/fake_xenstored.h>
#include <atman/xen/abi.h>
#include <atman/xen/hypercall.h>

#include <xen/event_channel.h>
#include <xen/io/netif.h>

namespace {

constexpr uint32_t kEntries = 256;
constexpr uint32_t kPage = 4096;
constexpr size_t kQueue = 1024;
constexpr size_t kKept = 64;
enum State { kInitialising = 1, kInitWait = 2, kInitialised = 3, kConnected = 4, kClosing = 5, kClosed = 6 };

using Frame = std::vector<uint8_t>;

struct Mapping {
  void *page = nullptr;
  grant_handle_t handle = 0;
};

// One direction's ring as the back-end sees it. Shared indices are read and written through volatile: the guest's side
// of them lives in another "domain".
template <typename Sring, typename Request, typename Response>
struct BackRing {
  Sring *shared = nullptr;
  uint32_t consumed = 0;   // requests taken
  uint32_t responded = 0;  // responses made
  uint32_t scanned = 0;    // requests whose ids were checked
  std::set<uint16_t> ids;  // in the ring, not answered

  void Attach(void *page) {
    shared = static_cast<Sring *>(page);
    // Like Linux since 5.12: an index that is not 0 is taken over.
    consumed = responded = scanned = Read(&shared->rsp_prod);
    ids.clear();
  }
  static uint32_t Read(const RING_IDX *index) { return *const_cast<const volatile RING_IDX *>(index); }
  static void Write(RING_IDX *index, uint32_t value) { *const_cast<volatile RING_IDX *>(index) = value; }
  uint32_t Produced() const { return Read(&shared->req_prod); }
  bool Overrun() const { return Produced() - responded > kEntries; }
  Request At(uint32_t index) const {
    Request request;
    memcpy(&request, Entry(index), sizeof request);
    return request;
  }
  void *Entry(uint32_t index) const {
    return reinterpret_cast<uint8_t *>(&shared->ring[0]) + (index % kEntries) * sizeof shared->ring[0];
  }
  // Makes one more response; returns whether the guest wants an event for it.
  bool Respond(const Response &response, uint32_t producer_error = 0) {
    memcpy(Entry(responded), &response, sizeof response);
    uint32_t old = responded++;
    Write(&shared->rsp_prod, responded + producer_error);
    return responded - Read(&shared->rsp_event) < responded - old;
  }
};

}  // namespace

struct at_fake_netback {
  at_fake_netback_config config{};
  std::string front, back;
  BackRing<netif_rx_sring, netif_rx_request, netif_rx_response> rx;
  BackRing<netif_tx_sring, netif_tx_request, netif_tx_response> tx;
  Mapping tx_map, rx_map;
  std::vector<Mapping> held;
  std::set<uint32_t> checked_tx_grants;
  evtchn_port_t port = 0;
  std::deque<Frame> to_guest, from_guest;
  int state = 0;
  bool front_changed = false;
  bool connected = false;
  bool frozen = false;
  bool woken = false;
  bool out_of_slots = false;
  bool hold_next = false;
  bool closing = false;
  uint64_t work_at = 0;
  uint32_t storm = 0;
  enum at_fake_netback_lie lie = AT_FAKE_NETBACK_HONEST;
  uint32_t lie_argument = 0;
  struct at_fake_netback_stats stats{};
  std::string last_fault;

  void Fault(const char *what, uint32_t value) {
    stats.faults++;
    last_fault = std::string(what) + " (" + std::to_string(value) + ")";
  }

  void Put(const std::string &path, const std::string &value, const std::string &permissions) {
    at_fake_xenstored_write(config.store, path.c_str(), value.c_str());
    at_fake_xenstored_permit(config.store, path.c_str(), permissions.c_str());
  }

  void SetState(int to) {
    state = to;
    at_fake_xenstored_write(config.store, (back + "/state").c_str(), std::to_string(to).c_str());
  }

  // A number of the front-end's; -1 if there is none.
  int64_t Number(const char *key) const {
    const char *value = at_fake_xenstored_value(config.store, (front + "/" + key).c_str());
    if (value == nullptr || *value == '\0') return -1;
    return strtoll(value, nullptr, 10);
  }

  bool Map(Mapping *mapping, uint32_t ref, bool readonly) {
    return at_fake_xen_grant_map(config.xen, &mapping->page, &mapping->handle, 0, config.domid, ref, readonly) ==
           GNTST_okay;
  }

  void Unmap(Mapping *mapping) {
    if (mapping->page != nullptr) at_fake_xen_grant_unmap(config.xen, 0, mapping->handle);
    mapping->page = nullptr;
  }

  void UnmapAll() {
    Unmap(&tx_map);
    Unmap(&rx_map);
    for (Mapping &mapping : held) Unmap(&mapping);
    held.clear();
  }

  void Disconnect() {
    connected = false;
    woken = false;
    checked_tx_grants.clear();
    if (port != 0) {
      evtchn_close close{};
      close.port = port;
      at_xen_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_close, reinterpret_cast<unsigned long>(&close), 0, 0, 0);
      port = 0;
    }
    if (!(config.behaviour & AT_FAKE_NETBACK_KEEPS_MAPS)) UnmapAll();
  }

  bool Connect() {
    int64_t tx_ref = Number("tx-ring-ref"), rx_ref = Number("rx-ring-ref"), remote = Number("event-channel");
    if (tx_ref < 0 || rx_ref < 0 || remote < 0) return Refuse("ring or event channel not published");
    if (Number("request-rx-copy") != 1) return Refuse("request-rx-copy is not 1");
    if (Number("feature-rx-notify") != 1) return Refuse("feature-rx-notify is not 1");
    if (Number("feature-no-csum-offload") != 1) return Refuse("feature-no-csum-offload is not 1");
    if (!Map(&tx_map, static_cast<uint32_t>(tx_ref), false) || !Map(&rx_map, static_cast<uint32_t>(rx_ref), false)) {
      UnmapAll();
      return Refuse("a ring's grant cannot be mapped");
    }
    evtchn_bind_interdomain bind{};
    bind.remote_dom = config.domid;
    bind.remote_port = static_cast<evtchn_port_t>(remote);
    if (at_xen_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain,
                         reinterpret_cast<unsigned long>(&bind), 0, 0, 0) != 0) {
      UnmapAll();
      return Refuse("the event channel cannot be bound");
    }
    port = bind.local_port;
    tx.Attach(tx_map.page);
    rx.Attach(rx_map.page);
    connected = true;
    woken = true;
    out_of_slots = false;
    work_at = 0;
    return true;
  }

  bool Refuse(const char *why) {
    Fault(why, 0);
    return false;
  }

  // One step of Linux's set_backend_state() from where the back-end is; false when it cannot go on.
  bool StepTowards(int64_t wanted) {
    switch (state) {
      case kInitialising:
        SetState(wanted == kClosed ? kClosed : kInitWait);
        return true;
      case kClosed:
        SetState(wanted == kClosing ? kClosing : kInitWait);
        return true;
      case kInitWait:
        if (wanted == kConnected && (config.behaviour & AT_FAKE_NETBACK_CLOSES)) {
          SetState(kClosing);
          return false;
        }
        if (wanted == kConnected && !Connect()) return false;
        SetState(wanted == kConnected ? kConnected : kClosing);
        return true;
      case kConnected:
        if (config.behaviour & AT_FAKE_NETBACK_NEVER_CLOSES) return false;
        Disconnect();
        SetState(kClosing);
        return true;
      case kClosing:
        SetState(kClosed);
        return true;
      default:
        return false;
    }
  }

  // What Linux's frontend_changed() wants for each state of the front-end.
  void FollowFrontend() {
    int64_t wanted = Number("state");
    if (config.behaviour & AT_FAKE_NETBACK_SILENT) return;
    if (wanted == kInitialising) wanted = kInitWait;
    if (wanted < kInitWait || wanted == kInitialised || wanted > kClosed) return;
    while (state != wanted && StepTowards(wanted)) {
    }
  }

  void Raise() { at_fake_xen_notify(config.xen, 0, port); }

  bool IsLie(enum at_fake_netback_lie which) {
    if (lie != which) return false;
    lie = AT_FAKE_NETBACK_HONEST;
    return true;
  }

  // Notes the ids of requests that are new in the ring; two of one kind there at once are a fault.
  template <typename Ring>
  void Scan(Ring *ring, const char *what) {
    for (uint32_t produced = ring->Produced(); ring->scanned != produced; ring->scanned++) {
      uint16_t id = ring->At(ring->scanned).id;
      if (!ring->ids.insert(id).second) Fault(what, id);
    }
  }

  bool Overran(bool overrun, uint32_t by, const char *what) {
    if (!overrun) return false;
    Fault(what, by);
    Disconnect();
    SetState(kClosing);
    return true;
  }

  void Send() {
    bool raise = false;
    while (connected && !to_guest.empty()) {
      if (Overran(rx.Overrun(), rx.Produced(), "rx producer runs ahead")) return;
      if (rx.Produced() == rx.consumed) {
        rx.Write(&rx.shared->req_event, rx.consumed + 1);
        out_of_slots = true;
        break;
      }
      Scan(&rx, "rx id twice in the ring");
      netif_rx_request request = rx.At(rx.consumed++);
      const Frame &frame = to_guest.front();
      netif_rx_response response{};
      response.id = request.id;
      response.status = static_cast<int16_t>(frame.size());
      int result = at_fake_xen_grant_write(config.xen, 0, config.domid, request.gref, 0, frame.data(),
                                           static_cast<uint32_t>(frame.size()));
      if (result != GNTST_okay) {
        Fault("rx page cannot be written", request.gref);
        response.status = NETIF_RSP_ERROR;
      }
      KeepPage(request.gref, false);
      to_guest.pop_front();
      stats.to_guest++;
      raise |= AnswerRx(response);
    }
    if (raise && connected) Raise();
  }

  bool AnswerRx(netif_rx_response response) {
    bool lied = lie >= AT_FAKE_NETBACK_RX_ID && lie <= AT_FAKE_NETBACK_RX_PRODUCER;
    uint32_t producer_error = 0;
    rx.ids.erase(response.id);
    if (IsLie(AT_FAKE_NETBACK_RX_ID)) response.id = static_cast<uint16_t>(lie_argument);
    if (IsLie(AT_FAKE_NETBACK_RX_OFFSET)) response.offset = static_cast<uint16_t>(lie_argument);
    if (IsLie(AT_FAKE_NETBACK_RX_STATUS)) response.status = static_cast<int16_t>(lie_argument);
    if (IsLie(AT_FAKE_NETBACK_RX_FLAGS)) response.flags = static_cast<uint16_t>(lie_argument);
    if (IsLie(AT_FAKE_NETBACK_RX_PRODUCER)) producer_error = lie_argument;
    bool raise = rx.Respond(response, producer_error);
    if (IsLie(AT_FAKE_NETBACK_RX_TWICE)) raise |= rx.Respond(response);
    return raise || lied;
  }

  void Receive() {
    bool raise = false;
    do {
      if (Overran(tx.Overrun(), tx.Produced(), "tx producer runs ahead")) return;
      Scan(&tx, "tx id twice in the ring");
      while (tx.consumed != tx.Produced()) {
        netif_tx_request request = tx.At(tx.consumed++);
        netif_tx_response response{};
        response.id = request.id;
        response.status = TakeFrame(request) ? NETIF_RSP_OKAY : NETIF_RSP_ERROR;
        raise |= AnswerTx(response);
      }
      tx.Write(&tx.shared->req_event, tx.consumed + 1);
    } while (tx.consumed != tx.Produced());
    if (raise) Raise();
  }

  bool AnswerTx(netif_tx_response response) {
    bool lied = lie >= AT_FAKE_NETBACK_TX_ID && lie <= AT_FAKE_NETBACK_TX_PRODUCER;
    uint32_t producer_error = 0;
    tx.ids.erase(response.id);
    if (IsLie(AT_FAKE_NETBACK_TX_ID)) response.id = static_cast<uint16_t>(lie_argument);
    if (IsLie(AT_FAKE_NETBACK_TX_STATUS)) response.status = static_cast<int16_t>(lie_argument);
    if (IsLie(AT_FAKE_NETBACK_TX_PRODUCER)) producer_error = lie_argument;
    bool raise = tx.Respond(response, producer_error);
    if (IsLie(AT_FAKE_NETBACK_TX_TWICE)) raise |= tx.Respond(response);
    return raise || lied;
  }

  bool TakeFrame(const netif_tx_request &request) {
    if (request.flags != 0) Fault("tx flags that were not negotiated", request.flags);
    if (request.size < 14) Fault("tx frame without an Ethernet header", request.size);
    if (request.offset + request.size > kPage) {
      Fault("tx frame leaves its page", request.offset + request.size);
      return false;
    }
    CheckReadonly(request.gref);
    Frame frame(request.size);
    if (at_fake_xen_grant_read(config.xen, frame.data(), 0, config.domid, request.gref, request.offset, request.size) !=
        GNTST_okay) {
      Fault("tx page cannot be read", request.gref);
      return false;
    }
    KeepPage(request.gref, true);
    stats.from_guest++;
    if (config.echo) {
      Queue(std::move(frame));
    } else {
      from_guest.push_back(std::move(frame));
      if (from_guest.size() > kKept) from_guest.pop_front();
    }
    return true;
  }

  // A page to send is none of the back-end's to write: a writable mapping must fail. Looked at once per grant.
  void CheckReadonly(uint32_t ref) {
    if (!checked_tx_grants.insert(ref).second) return;
    Mapping mapping;
    if (Map(&mapping, ref, false)) {
      Fault("tx page may be written", ref);
      Unmap(&mapping);
    }
  }

  void KeepPage(uint32_t ref, bool readonly) {
    Mapping mapping;
    if (hold_next && Map(&mapping, ref, readonly)) {
      held.push_back(mapping);
      hold_next = false;
    }
  }

  void Queue(Frame frame) {
    if (to_guest.size() < kQueue) {
      to_guest.push_back(std::move(frame));
    } else {
      stats.lost++;
    }
  }

  // Returns when it wants to run again.
  uint64_t Step(uint64_t now) {
    if (frozen) return UINT64_MAX;
    if (front_changed) {
      front_changed = false;
      FollowFrontend();
      return now;
    }
    if (closing) {
      closing = false;
      if (connected) Disconnect();
      SetState(kClosed);
      return now;
    }
    if (!connected) return UINT64_MAX;
    if (at_fake_xen_take_event(config.xen, 0, port)) {
      stats.events++;
      if (!woken) work_at = now + config.latency_ns;
      woken = true;
      out_of_slots = false;
    }
    if (storm > 0) {
      storm--;
      Raise();
    }
    if (woken && now < work_at) return work_at;
    if (woken) {
      woken = false;
      Receive();
    }
    if (!out_of_slots) Send();
    return UINT64_MAX;
  }
};

namespace {

uint64_t Step(void *ctx, uint64_t now) { return static_cast<at_fake_netback *>(ctx)->Step(now); }

}  // namespace

at_fake_netback *at_fake_netback_new(const at_fake_netback_config *config) {
  auto *nb = new at_fake_netback;
  nb->config = *config;
  std::string guest = std::to_string(config->domid), index = std::to_string(config->index);
  nb->front = "/local/domain/" + guest + "/device/vif/" + index;
  nb->back = "/local/domain/0/backend/vif/" + guest + "/" + index;
  std::string front_rights = "n" + guest + " r0", back_rights = "n0 r" + guest;

  nb->Put(nb->front, "", front_rights);
  nb->Put(nb->front + "/backend", nb->back, front_rights);
  nb->Put(nb->front + "/backend-id", "0", front_rights);
  nb->Put(nb->front + "/state", "1", front_rights);
  nb->Put(nb->front + "/handle", index, front_rights);
  if (config->mac != nullptr) nb->Put(nb->front + "/mac", config->mac, front_rights);
  if (config->mtu != nullptr) nb->Put(nb->front + "/mtu", config->mtu, front_rights);
  if (config->ip != nullptr) nb->Put(nb->front + "/ip", config->ip, front_rights);
  if (!(config->behaviour & AT_FAKE_NETBACK_ABSENT)) {
    nb->Put(nb->back, "", back_rights);
    nb->Put(nb->back + "/frontend", nb->front, back_rights);
    nb->Put(nb->back + "/frontend-id", guest, back_rights);
    nb->Put(nb->back + "/online", "1", back_rights);
    nb->Put(nb->back + "/feature-sg", "1", back_rights);
    nb->Put(nb->back + "/feature-gso-tcpv4", "1", back_rights);
    nb->Put(nb->back + "/feature-rx-flip", "0", back_rights);
    nb->Put(nb->back + "/feature-rx-copy", config->behaviour & AT_FAKE_NETBACK_NO_RX_COPY ? "0" : "1", back_rights);
    nb->Put(nb->back + "/feature-split-event-channels", "1", back_rights);
    nb->Put(nb->back + "/multi-queue-max-queues", "1", back_rights);
    nb->state = config->behaviour & AT_FAKE_NETBACK_WAS_IN_USE ? kClosed : kInitWait;
    nb->Put(nb->back + "/state", std::to_string(nb->state), back_rights);
    at_fake_xenstored_on_change(
        config->store, (nb->front + "/state").c_str(),
        [](void *ctx, const char *) { static_cast<at_fake_netback *>(ctx)->front_changed = true; }, nb);
    at_fake_xen_add_step(config->xen, 0, Step, nb);
  }
  return nb;
}

void at_fake_netback_free(at_fake_netback *nb) {
  if (!(nb->config.behaviour & AT_FAKE_NETBACK_ABSENT)) at_fake_xen_remove_step(nb->config.xen, Step, nb);
  nb->UnmapAll();
  delete nb;
}

bool at_fake_netback_is_connected(const at_fake_netback *nb) { return nb->connected; }

void at_fake_netback_inject(at_fake_netback *nb, const void *data, uint32_t size) {
  auto *bytes = static_cast<const uint8_t *>(data);
  nb->Queue(Frame(bytes, bytes + size));
}

uint32_t at_fake_netback_take(at_fake_netback *nb, void *frame) {
  if (nb->from_guest.empty()) return 0;
  auto size = static_cast<uint32_t>(nb->from_guest.front().size());
  memcpy(frame, nb->from_guest.front().data(), size);
  nb->from_guest.pop_front();
  return size;
}

void at_fake_netback_let_go(at_fake_netback *nb) { nb->UnmapAll(); }

void at_fake_netback_hold(at_fake_netback *nb) { nb->hold_next = true; }

void at_fake_netback_freeze(at_fake_netback *nb, bool frozen) { nb->frozen = frozen; }

void at_fake_netback_storm(at_fake_netback *nb, uint32_t count) { nb->storm = count; }

void at_fake_netback_close(at_fake_netback *nb) {
  // The port is closed by the next step, when domain 0 is the one that calls; until then nothing is done with it.
  nb->SetState(kClosing);
  nb->closing = true;
}

void at_fake_netback_lie(at_fake_netback *nb, enum at_fake_netback_lie lie, uint32_t argument) {
  nb->lie = lie;
  nb->lie_argument = argument;
}

void at_fake_netback_stats(const at_fake_netback *nb, struct at_fake_netback_stats *stats) { *stats = nb->stats; }

uint64_t at_fake_netback_faults(const at_fake_netback *nb) { return nb->stats.faults; }

const char *at_fake_netback_last_fault(const at_fake_netback *nb) { return nb->last_fault.c_str(); }
