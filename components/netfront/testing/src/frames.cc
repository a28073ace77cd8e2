// SPDX-License-Identifier: ISC
// How the fake back-end takes the guest's frames, and how it lies about them; and what it does when.

#include "netback.h"

#include <algorithm>
#include <utility>

using namespace fake_netback;

namespace {

constexpr uint32_t kPage = 4096;
constexpr size_t kKept = 64;
constexpr uint64_t kMicrosecond = 1000;

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

// Notes the ids of requests that are new in the ring; two of one kind there at once are a fault.
void at_fake_netback::ScanTx() {
  for (uint32_t produced = q->tx.Produced(); q->tx.scanned != produced; q->tx.scanned++) {
    netif_tx_request request = q->tx.At(q->tx.scanned);
    if (!q->tx.ids.insert(request.id).second) Fault("tx id twice in the ring", request.id);
    if ((request.flags & NETTXF_extra_info) && q->tx.scanned + 1 != produced) q->tx.scanned++;
  }
}

// Reads the request at `*at`, if there is one.
bool at_fake_netback::Take(uint32_t *at, netif_tx_request *request) {
  if (*at == q->tx.Produced()) {
    Fault("tx frame without its end", *at);
    return false;
  }
  *request = q->tx.At((*at)++);
  return true;
}

// Whether the flags of a frame's first request were negotiated.
bool at_fake_netback::Allowed(const netif_tx_request &request) {
  unsigned allowed = 0;
  if (!(config.behaviour & AT_FAKE_NETBACK_NO_SG)) allowed |= NETTXF_more_data;
  if (!(config.behaviour & AT_FAKE_NETBACK_NO_GSO)) allowed |= NETTXF_extra_info;
  if (!(config.behaviour & AT_FAKE_NETBACK_NO_CSUM)) allowed |= NETTXF_csum_blank | NETTXF_data_validated;
  if ((request.flags & ~allowed) == 0) return true;
  Fault("tx flags that were not negotiated", request.flags);
  return false;
}

bool at_fake_netback::TakeExtra(uint32_t *at, struct at_fake_netback_frame *about) {
  netif_tx_request place;
  netif_extra_info extra;
  if (!Take(at, &place)) return false;
  memcpy(&extra, &place, sizeof extra);
  if (extra.type != XEN_NETIF_EXTRA_TYPE_GSO || extra.flags != 0 || extra.u.gso.pad != 0 || extra.u.gso.features != 0) {
    Fault("tx extra information of another kind", extra.type);
  }
  if (extra.u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 && extra.u.gso.type != XEN_NETIF_GSO_TYPE_TCPV6) {
    Fault("tx segments of no protocol", extra.u.gso.type);
  }
  if (extra.u.gso.size == 0) Fault("tx segments of no bytes", 0);
  about->gso_type = extra.u.gso.type;
  about->gso_size = extra.u.gso.size;
  return true;
}

bool at_fake_netback::ReadPart(Frame *frame, const netif_tx_request &request, uint32_t size) {
  size_t before = frame->bytes.size();
  if (size == 0) Fault("tx part without bytes", request.id);
  if (request.offset + size > kPage) {
    Fault("tx frame leaves its page", request.offset + size);
    return false;
  }
  CheckReadonly(request.gref);
  frame->bytes.resize(before + size);
  if (at_fake_xen_grant_read(config.xen, frame->bytes.data() + before, 0, config.domid, request.gref, request.offset,
                             size) != GNTST_okay) {
    Fault("tx page cannot be read", request.gref);
    return false;
  }
  KeepPage(request.gref, true);
  return true;
}

// Reads a whole frame from `*at` on, as netif.h says it lies there: its first part, extra information, other parts.
bool at_fake_netback::TakeFrame(uint32_t *at, Frame *frame, std::vector<uint16_t> *ids, bool *extra) {
  std::vector<netif_tx_request> parts(1);
  bool good;
  if (!Take(at, &parts[0])) return false;
  good = Allowed(parts[0]);
  ids->push_back(parts[0].id);
  frame->about.csum_blank = (parts[0].flags & NETTXF_csum_blank) != 0;
  frame->about.csum_ok = (parts[0].flags & NETTXF_data_validated) != 0;
  *extra = (parts[0].flags & NETTXF_extra_info) != 0;
  if (*extra && !TakeExtra(at, &frame->about)) return false;
  if (*extra && !frame->about.csum_blank) Fault("tx segments with a checksum", parts[0].flags);
  uint32_t first_size = parts[0].size;
  while (parts.back().flags & NETTXF_more_data) {
    netif_tx_request next;
    if (!Take(at, &next)) return false;
    if (next.flags & ~NETTXF_more_data) Fault("tx flags on a later part", next.flags);
    if (next.size >= first_size) {
      Fault("tx parts larger than their frame", next.size);
      return false;
    }
    first_size -= next.size;
    ids->push_back(next.id);
    parts.push_back(next);
  }
  frame->about.part_size = static_cast<uint32_t>(parts.size());
  frame->about.size = parts[0].size;
  if (parts.size() > XEN_NETIF_NR_SLOTS_MIN) Fault("tx frame in too many parts", frame->about.part_size);
  parts[0].size = static_cast<uint16_t>(first_size);
  // As Linux does.
  if (first_size < 14) Fault("tx part without the whole Ethernet header", first_size);
  good = good && first_size >= 14;
  for (size_t i = 0; good && i < parts.size(); i++) good = ReadPart(frame, parts[i], parts[i].size);
  return good;
}

bool at_fake_netback::AnswerTx(uint16_t id, int16_t status) {
  bool lied = lie >= AT_FAKE_NETBACK_TX_ID && lie <= AT_FAKE_NETBACK_TX_PRODUCER;
  uint32_t producer_error = 0;
  netif_tx_response response{};
  response.id = id;
  response.status = status;
  q->tx.ids.erase(id);
  if (IsLie(AT_FAKE_NETBACK_TX_ID)) response.id = static_cast<uint16_t>(lie_argument);
  if (IsLie(AT_FAKE_NETBACK_TX_STATUS)) response.status = static_cast<int16_t>(lie_argument);
  if (IsLie(AT_FAKE_NETBACK_TX_PRODUCER)) producer_error = lie_argument;
  bool raise = q->tx.Respond(response, producer_error);
  if (IsLie(AT_FAKE_NETBACK_TX_TWICE)) raise |= q->tx.Respond(response);
  return raise || lied;
}

// Whether the next request is not about a frame but about a group.
bool at_fake_netback::IsGroupRequest() const {
  if (q->tx.Produced() - q->tx.consumed < 2 || !(q->tx.At(q->tx.consumed).flags & NETTXF_extra_info)) return false;
  netif_tx_request place = q->tx.At(q->tx.consumed + 1);
  netif_extra_info extra;
  memcpy(&extra, &place, sizeof extra);
  return extra.type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD || extra.type == XEN_NETIF_EXTRA_TYPE_MCAST_DEL;
}

// As Linux: the request is answered with what came of it, its extra information with NULL.
void at_fake_netback::TakeGroup() {
  netif_tx_request request = q->tx.At(q->tx.consumed), place = q->tx.At(q->tx.consumed + 1);
  netif_extra_info extra;
  memcpy(&extra, &place, sizeof extra);
  std::string mac(reinterpret_cast<const char *>(extra.u.mcast.addr), 6);
  bool adds = extra.type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD;
  bool good = !adds || (groups.size() < 64 && !(config.behaviour & AT_FAKE_NETBACK_FORGETS));
  q->tx.consumed += 2;
  if (!wishes.filter) Fault("tx group without a filter", extra.type);
  if (extra.flags != 0) Fault("tx extra information of another kind", extra.flags);
  if (request.flags != NETTXF_extra_info) Fault("tx flags on a group", request.flags);
  if (!(mac[0] & 1)) Fault("tx group that is none", extra.u.mcast.addr[0]);
  if (adds == (groups.count(mac) != 0)) Fault("tx group added or left twice", extra.type);
  if (adds && good) groups.insert(mac);
  if (!adds) groups.erase(mac);
  bool raise = AnswerTx(request.id, good ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
  raise |= q->tx.Respond(netif_tx_response{extra.type, NETIF_RSP_NULL});
  if (raise) Raise(q->tx_port);
}

// Takes all frames that are there. Returns false if it gave up on the front-end.
bool at_fake_netback::Receive() {
  bool raise = false;
  do {
    if (Overran(q->tx.Overrun(), q->tx.Produced(), "tx producer runs ahead")) return false;
    ScanTx();
    while (q->tx.consumed != q->tx.Produced()) {
      if (IsGroupRequest()) {
        TakeGroup();
        continue;
      }
      Frame frame{};
      std::vector<uint16_t> ids;
      bool extra = false;
      bool good = TakeFrame(&q->tx.consumed, &frame, &ids, &extra);
      for (size_t i = 0; i < ids.size(); i++) {
        raise |= AnswerTx(ids[i], good ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
        // Linux leaves in the place of extra information what lay there as the id.
        if (i == 0 && extra) raise |= q->tx.Respond(netif_tx_response{XEN_NETIF_EXTRA_TYPE_GSO, NETIF_RSP_NULL});
      }
      if (!good) continue;
      stats.from_guest++;
      frame.about.queue = static_cast<uint16_t>(q - &queues[0]);
      if (config.echo) {
        frame.about.part_size = 0;
        QueueFrame(std::move(frame));
      } else {
        from_guest.push_back(std::move(frame));
        if (from_guest.size() > kKept) from_guest.pop_front();
      }
    }
    q->tx.Write(&q->tx.shared->req_event, q->tx.consumed + 1);
  } while (q->tx.consumed != q->tx.Produced());
  if (raise) Raise(q->tx_port);
  return true;
}

// Takes what the guest told this queue of. Returns whether it has to wait before it may work.
bool at_fake_netback::TakeEvents(uint64_t now) {
  bool tx_event = at_fake_xen_take_event(config.xen, 0, q->tx_port);
  bool rx_event = q->rx_port == q->tx_port ? tx_event : at_fake_xen_take_event(config.xen, 0, q->rx_port);
  stats.events += tx_event;
  if (q->rx_port != q->tx_port) {
    stats.events += rx_event;
    stats.rx_events += rx_event;
  }
  if ((tx_event || rx_event) && !q->woken) q->work_at = now + config.latency_ns;
  q->woken |= tx_event || rx_event;
  q->looks_for_frames |= tx_event;
  if (rx_event) q->out_of_slots = false;
  return q->woken && now < q->work_at;
}

// What one queue does in a step. Returns when it wants to run again.
uint64_t at_fake_netback::Work(uint64_t now) {
  bool waits = TakeEvents(now);
  if (storm > 0) {
    storm--;
    Raise(q->rx_port);
  }
  if (waits) return q->work_at;
  bool looks = q->woken && q->looks_for_frames;
  q->woken = false;
  if (looks) {
    q->looks_for_frames = false;
    if (!Receive()) return now;
  }
  return Send() ? now + kMicrosecond : UINT64_MAX;
}

// Returns when it wants to run again.
uint64_t at_fake_netback::Step(uint64_t now) {
  if (frozen) return UINT64_MAX;
  if (Number("state") != front_state) {
    front_state = Number("state");
    FollowFrontend();
    return now;
  }
  if (closing) {
    closing = false;
    if (connected) Disconnect();
    SetState(kClosed);
    return now;
  }
  uint64_t next = UINT64_MAX;
  for (size_t i = 0; connected && i < queues.size(); i++) {
    q = &queues[i];
    next = std::min(next, Work(now));
  }
  return next;
}
