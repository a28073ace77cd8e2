// SPDX-License-Identifier: ISC
// How the fake back-end gives frames to the guest, and how it lies about them.

#include "netback.h"

#include <algorithm>
#include <utility>

using namespace fake_netback;

namespace {

constexpr uint32_t kPage = 4096;
constexpr size_t kQueue = 1024;

}  // namespace

void at_fake_netback::QueueFrame(Frame frame) {
  if (to_guest.size() < kQueue) {
    to_guest.push_back(std::move(frame));
  } else {
    stats.lost++;
  }
}

// How many requests the frame takes.
uint32_t at_fake_netback::Slots(const Frame &frame) const {
  uint32_t part = frame.about.part_size != 0 ? frame.about.part_size : kPage;
  auto size = static_cast<uint32_t>(frame.bytes.size());
  return std::max(1u, (size + part - 1) / part) + (frame.about.gso_type != 0);
}

bool at_fake_netback::IsWanted(const Frame &frame) const {
  if (frame.about.gso_type == XEN_NETIF_GSO_TYPE_TCPV4) return wishes.gso4;
  if (frame.about.gso_type == XEN_NETIF_GSO_TYPE_TCPV6) return wishes.gso6;
  return wishes.sg || Slots(frame) == 1;
}

bool at_fake_netback::IsFiltered(const Frame &frame) const {
  std::string to(frame.bytes.begin(), frame.bytes.begin() + std::min<size_t>(frame.bytes.size(), 6));
  return wishes.filter && to.size() == 6 && (to[0] & 1) && to != std::string(6, '\xff') && groups.count(to) == 0;
}

// Notes the ids of requests that are new in the ring; two of one kind there at once are a fault.
void at_fake_netback::ScanRx() {
  for (uint32_t produced = q->rx.Produced(); q->rx.scanned != produced; q->rx.scanned++) {
    uint16_t id = q->rx.At(q->rx.scanned).id;
    if (!q->rx.ids.insert(id).second) Fault("rx id twice in the ring", id);
  }
}

// Writes the frame into the guest's pages and makes the responses for it.
void at_fake_netback::AnswerRx(const Frame &frame) {
  uint32_t part = frame.about.part_size != 0 ? frame.about.part_size : kPage, at = 0;
  auto left = static_cast<uint32_t>(frame.bytes.size());
  bool first = true;
  do {
    netif_rx_request request = q->rx.At(q->rx.consumed++);
    uint32_t size = std::min(left, part);
    netif_rx_response response{};
    response.id = request.id;
    response.status = static_cast<int16_t>(size);
    const uint8_t *bytes = frame.bytes.data() + at;
    if (size > 0 && at_fake_xen_grant_write(config.xen, 0, config.domid, request.gref, 0, bytes, size) != GNTST_okay) {
      Fault("rx page cannot be written", request.gref);
      response.status = NETIF_RSP_ERROR;
    }
    KeepPage(request.gref, false);
    at += size;
    left -= size;
    if (left > 0) response.flags |= NETRXF_more_data;
    if (first && frame.about.csum_ok) response.flags |= NETRXF_data_validated;
    if (first && frame.about.csum_blank && wishes.csum4) response.flags |= NETRXF_csum_blank | NETRXF_data_validated;
    if (first && frame.about.gso_type != 0) response.flags |= NETRXF_extra_info;
    q->answers.push_back({request.id, false, response});
    if (first && frame.about.gso_type != 0) {
      netif_extra_info extra{};
      extra.type = XEN_NETIF_EXTRA_TYPE_GSO;
      extra.u.gso.type = frame.about.gso_type;
      extra.u.gso.size = frame.about.gso_size;
      memcpy(&response, &extra, sizeof extra);
      q->answers.push_back({q->rx.At(q->rx.consumed++).id, true, response});
    }
    first = false;
  } while (left > 0);
}

// Shows the guest the oldest response; returns whether it wants an event.
bool at_fake_netback::Show() {
  Answer answer = q->answers.front();
  uint32_t producer_error = 0;
  bool lied = false;
  q->answers.pop_front();
  q->rx.ids.erase(answer.id);
  if (answer.is_extra) {
    netif_extra_info extra;
    memcpy(&extra, &answer.response, sizeof extra);
    if (IsLie(AT_FAKE_NETBACK_RX_EXTRA_TYPE)) extra.type = static_cast<uint8_t>(lie_argument), lied = true;
    if (IsLie(AT_FAKE_NETBACK_RX_EXTRA_FLAGS)) extra.flags = static_cast<uint8_t>(lie_argument), lied = true;
    if (IsLie(AT_FAKE_NETBACK_RX_GSO_TYPE)) extra.u.gso.type = static_cast<uint8_t>(lie_argument), lied = true;
    if (IsLie(AT_FAKE_NETBACK_RX_GSO_SIZE)) extra.u.gso.size = static_cast<uint16_t>(lie_argument), lied = true;
    memcpy(&answer.response, &extra, sizeof extra);
    return q->rx.Respond(answer.response) || lied;
  }
  lied = lie >= AT_FAKE_NETBACK_RX_ID && lie <= AT_FAKE_NETBACK_RX_PRODUCER;
  if (IsLie(AT_FAKE_NETBACK_RX_ID)) answer.response.id = static_cast<uint16_t>(lie_argument);
  if (IsLie(AT_FAKE_NETBACK_RX_OFFSET)) answer.response.offset = static_cast<uint16_t>(lie_argument);
  if (IsLie(AT_FAKE_NETBACK_RX_STATUS)) answer.response.status = static_cast<int16_t>(lie_argument);
  if (IsLie(AT_FAKE_NETBACK_RX_FLAGS)) answer.response.flags = static_cast<uint16_t>(lie_argument);
  if (IsLie(AT_FAKE_NETBACK_RX_PRODUCER)) producer_error = lie_argument;
  bool raise = q->rx.Respond(answer.response, producer_error);
  if (IsLie(AT_FAKE_NETBACK_RX_TWICE)) raise |= q->rx.Respond(answer.response);
  return raise || lied;
}

// Gives the guest what it has buffers for. Returns whether there is more to show later.
bool at_fake_netback::Send() {
  bool raise = false;
  auto is_for_it = [this](const Frame &frame) { return &queues[frame.about.queue % queues.size()] == q; };
  while (connected && !q->out_of_slots) {
    auto oldest = std::find_if(to_guest.begin(), to_guest.end(), is_for_it);
    if (oldest == to_guest.end()) break;
    if (Overran(q->rx.Overrun(), q->rx.Produced(), "rx producer runs ahead")) return false;
    const Frame &frame = *oldest;
    if (!IsWanted(frame) || IsFiltered(frame)) {
      (IsFiltered(frame) ? stats.filtered : stats.lost)++;
      to_guest.erase(oldest);
      continue;
    }
    if (q->rx.Produced() - q->rx.consumed < Slots(frame)) {
      q->rx.Write(&q->rx.shared->req_event, q->rx.Produced() + 1);
      q->out_of_slots = q->rx.Produced() - q->rx.consumed < Slots(frame);
      continue;
    }
    ScanRx();
    AnswerRx(frame);
    stats.to_guest++;
    to_guest.erase(oldest);
  }
  while (connected && !q->answers.empty()) {
    raise |= Show();
    if (config.behaviour & AT_FAKE_NETBACK_TRICKLES) break;
  }
  if (raise && connected) Raise(q->rx_port);
  return !q->answers.empty();
}
