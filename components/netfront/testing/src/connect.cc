// SPDX-License-Identifier: ISC
// How the fake back-end connects and leaves: its states, its keys in XenStore, what it maps and binds.

#include "netback.h"

#include <atman/testing/fake_xenstored.h>
#include <atman/xen/hypercall.h>

#include <cstdlib>

using namespace fake_netback;

void at_fake_netback::Put(const std::string &path, const std::string &value, const std::string &permissions) {
  at_fake_xenstored_write(config.store, path.c_str(), value.c_str());
  at_fake_xenstored_permit(config.store, path.c_str(), permissions.c_str());
}

void at_fake_netback::SetState(int to) {
  state = to;
  at_fake_xenstored_write(config.store, (back + "/state").c_str(), std::to_string(to).c_str());
}

// A number of the front-end's; -1 if there is none.
int64_t at_fake_netback::Number(const std::string &key) const {
  const char *value = at_fake_xenstored_value(config.store, (front + "/" + key).c_str());
  if (value == nullptr || *value == '\0') return -1;
  return strtoll(value, nullptr, 10);
}

bool at_fake_netback::Map(Mapping *mapping, uint32_t ref, bool readonly) {
  return at_fake_xen_grant_map(config.xen, &mapping->page, &mapping->handle, 0, config.domid, ref, readonly) ==
         GNTST_okay;
}

void at_fake_netback::Unmap(Mapping *mapping) {
  if (mapping->page != nullptr) at_fake_xen_grant_unmap(config.xen, 0, mapping->handle);
  mapping->page = nullptr;
}

void at_fake_netback::UnmapAll() {
  for (Queue &queue : queues) {
    Unmap(&queue.tx_map);
    Unmap(&queue.rx_map);
  }
  for (Mapping &mapping : held) Unmap(&mapping);
  held.clear();
}

bool at_fake_netback::Refuse(const char *why) {
  Fault(why, 0);
  return false;
}

bool at_fake_netback::Bind(const std::string &key, evtchn_port_t *port) {
  evtchn_bind_interdomain bind{};
  bind.remote_dom = config.domid;
  bind.remote_port = static_cast<evtchn_port_t>(Number(key));
  if (at_xen_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, reinterpret_cast<unsigned long>(&bind),
                       0, 0, 0) != 0) {
    return Refuse("the event channel cannot be bound");
  }
  *port = bind.local_port;
  return true;
}

// Connects a queue whose keys are in `dir`, "" or "queue-0/". As Linux: split channels if there are two.
bool at_fake_netback::ConnectQueue(const std::string &dir) {
  int64_t tx_ref = Number(dir + "tx-ring-ref"), rx_ref = Number(dir + "rx-ring-ref");
  bool split = !(config.behaviour & AT_FAKE_NETBACK_NO_SPLIT) && Number(dir + "event-channel-tx") >= 0 &&
               Number(dir + "event-channel-rx") >= 0;
  queues.emplace_back();
  q = &queues.back();
  if (tx_ref < 0 || rx_ref < 0) return Refuse("ring not published");
  if (!split && Number(dir + "event-channel") < 0) return Refuse("event channel not published");
  if (!Map(&q->tx_map, static_cast<uint32_t>(tx_ref), false) ||
      !Map(&q->rx_map, static_cast<uint32_t>(rx_ref), false)) {
    return Refuse("a ring's grant cannot be mapped");
  }
  if (!Bind(dir + (split ? "event-channel-tx" : "event-channel"), &q->tx_port)) return false;
  q->rx_port = q->tx_port;
  if (split && !Bind(dir + "event-channel-rx", &q->rx_port)) return false;
  q->tx.Attach(q->tx_map.page);
  q->rx.Attach(q->rx_map.page);
  q->woken = q->looks_for_frames = true;
  return true;
}

bool at_fake_netback::Connect() {
  int64_t count = Number("multi-queue-num-queues");
  if (Number("request-rx-copy") != 1) return Refuse("request-rx-copy is not 1");
  if (Number("feature-rx-notify") != 1) return Refuse("feature-rx-notify is not 1");
  wishes.sg = Number("feature-sg") == 1;
  wishes.csum4 = Number("feature-no-csum-offload") != 1;
  wishes.csum6 = Number("feature-ipv6-csum-offload") == 1;
  wishes.gso4 = Number("feature-gso-tcpv4") == 1;
  wishes.gso6 = Number("feature-gso-tcpv6") == 1;
  wishes.filter = Number("request-multicast-control") == 1;
  if (wishes.filter && (config.behaviour & AT_FAKE_NETBACK_NO_FILTER)) return Refuse("a filter that is not offered");
  if ((wishes.gso4 || wishes.gso6) && !wishes.sg) return Refuse("large frames without feature-sg");
  if (count == -1) count = 1;
  if (count < 1 || count > strtoll(config.max_queues != nullptr ? config.max_queues : "1", nullptr, 10)) {
    return Refuse("more queues than there are");
  }
  connected = true;
  groups.clear();
  queues.clear();
  for (int64_t i = 0; connected && i < count; i++) {
    if (!ConnectQueue(count == 1 ? "" : "queue-" + std::to_string(i) + "/")) Disconnect();
  }
  return connected;
}

void at_fake_netback::ClosePort(evtchn_port_t port) {
  evtchn_close close{};
  close.port = port;
  if (port == 0) return;
  at_xen_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_close, reinterpret_cast<unsigned long>(&close), 0, 0, 0);
}

void at_fake_netback::Disconnect() {
  connected = false;
  checked_tx_grants.clear();
  for (Queue &queue : queues) {
    queue.answers.clear();
    ClosePort(queue.tx_port);
    if (queue.rx_port != queue.tx_port) ClosePort(queue.rx_port);
    queue.tx_port = queue.rx_port = 0;
  }
  if (!(config.behaviour & AT_FAKE_NETBACK_KEEPS_MAPS)) UnmapAll();
}

// One step of Linux's set_backend_state() from where the back-end is; false when it cannot go on.
bool at_fake_netback::StepTowards(int64_t wanted) {
  switch (state) {
    case kInitialising: SetState(wanted == kClosed ? kClosed : kInitWait); return true;
    case kClosed: SetState(wanted == kClosing ? kClosing : kInitWait); return true;
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
    case kClosing: SetState(kClosed); return true;
    default: return false;
  }
}

// What Linux's frontend_changed() wants for each state of the front-end.
void at_fake_netback::FollowFrontend() {
  int64_t wanted = Number("state");
  if (config.behaviour & AT_FAKE_NETBACK_SILENT) return;
  if (wanted == kInitialising) wanted = kInitWait;
  if (wanted < kInitWait || wanted == kInitialised || wanted > kClosed) return;
  while (state != wanted && StepTowards(wanted)) {
  }
}
