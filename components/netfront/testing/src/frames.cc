// SPDX-License-Identifier: ISC
// How the fake back-end moves frames, and how it lies about them.

#include "netback.h"

#include <utility>

using namespace fake_netback;

namespace {

constexpr uint32_t kPage = 4096;
constexpr size_t kQueue = 1024;
constexpr size_t kKept = 64;

}  // namespace

bool at_fake_netback::Overran(bool overrun, uint32_t by, const char *what) {
  if (!overrun) return false;
  Fault(what, by);
  Disconnect();
  SetState(kClosing);
  return true;
}

void at_fake_netback::KeepPage(uint32_t ref, bool readonly) {
  Mapping mapping;
  if (hold_next && Map(&mapping, ref, readonly)) {
    held.push_back(mapping);
    hold_next = false;
  }
}

// A page to send is none of the back-end's to write: a writable mapping must fail. Looked at once per grant.
void at_fake_netback::CheckReadonly(uint32_t ref) {
  if (!checked_tx_grants.insert(ref).second) return;
  Mapping mapping;
  if (Map(&mapping, ref, false)) {
    Fault("tx page may be written", ref);
    Unmap(&mapping);
  }
}

void at_fake_netback::Queue(Frame frame) {
  if (to_guest.size() < kQueue) {
    to_guest.push_back(std::move(frame));
  } else {
    stats.lost++;
  }
}

bool at_fake_netback::AnswerRx(netif_rx_response response) {
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

void at_fake_netback::Send() {
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

bool at_fake_netback::AnswerTx(netif_tx_response response) {
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

bool at_fake_netback::TakeFrame(const netif_tx_request &request) {
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

void at_fake_netback::Receive() {
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

// Returns when it wants to run again.
uint64_t at_fake_netback::Step(uint64_t now) {
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
