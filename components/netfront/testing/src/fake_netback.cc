// SPDX-License-Identifier: ISC
// The public face of the fake back-end, and the toolstack that makes its device.

#include "netback.h"

#include <atman/testing/fake_xenstored.h>

using namespace fake_netback;

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
  if (!(config->behaviour & AT_FAKE_NETBACK_ABSENT)) {
    nb->Put(nb->back, "", back_rights);
    nb->Put(nb->back + "/frontend", nb->front, back_rights);
    nb->Put(nb->back + "/frontend-id", guest, back_rights);
    nb->Put(nb->back + "/online", "1", back_rights);
    auto offer = [&](const char *key, unsigned unless) {
      nb->Put(nb->back + "/" + key, config->behaviour & unless ? "0" : "1", back_rights);
    };
    offer("feature-sg", AT_FAKE_NETBACK_NO_SG);
    offer("feature-gso-tcpv4", AT_FAKE_NETBACK_NO_GSO);
    offer("feature-gso-tcpv6", AT_FAKE_NETBACK_NO_GSO);
    offer("feature-ipv6-csum-offload", AT_FAKE_NETBACK_NO_CSUM);
    if (config->behaviour & AT_FAKE_NETBACK_NO_CSUM) nb->Put(nb->back + "/feature-no-csum-offload", "1", back_rights);
    nb->Put(nb->back + "/feature-rx-flip", "0", back_rights);
    nb->Put(nb->back + "/feature-rx-copy", config->behaviour & AT_FAKE_NETBACK_NO_RX_COPY ? "0" : "1", back_rights);
    offer("feature-multicast-control", AT_FAKE_NETBACK_NO_FILTER);
    offer("feature-split-event-channels", AT_FAKE_NETBACK_NO_SPLIT);
    nb->Put(nb->back + "/multi-queue-max-queues", config->max_queues != nullptr ? config->max_queues : "1",
            back_rights);
    if (config->ip != nullptr) nb->Put(nb->back + "/ip", config->ip, back_rights);
    nb->state = config->behaviour & AT_FAKE_NETBACK_WAS_IN_USE ? kClosed : kInitWait;
    nb->Put(nb->back + "/state", std::to_string(nb->state), back_rights);
    nb->front_state = nb->Number("state");
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
  at_fake_netback_frame frame{};
  frame.data = data;
  frame.size = size;
  at_fake_netback_inject_frame(nb, &frame);
}

void at_fake_netback_inject_frame(at_fake_netback *nb, const struct at_fake_netback_frame *frame) {
  auto *bytes = static_cast<const uint8_t *>(frame->data);
  nb->QueueFrame(Frame{*frame, std::vector<uint8_t>(bytes, bytes + frame->size)});
}

uint32_t at_fake_netback_take(at_fake_netback *nb, void *bytes, struct at_fake_netback_frame *frame) {
  if (nb->from_guest.empty()) return 0;
  const Frame &oldest = nb->from_guest.front();
  auto size = static_cast<uint32_t>(oldest.bytes.size());
  memcpy(bytes, oldest.bytes.data(), size);
  if (frame != nullptr) *frame = oldest.about;
  if (frame != nullptr) frame->data = bytes;
  nb->from_guest.pop_front();
  return size;
}

uint32_t at_fake_netback_groups(const at_fake_netback *nb) { return static_cast<uint32_t>(nb->groups.size()); }

bool at_fake_netback_has_group(const at_fake_netback *nb, const uint8_t mac[6]) {
  return nb->groups.count(std::string(reinterpret_cast<const char *>(mac), 6)) != 0;
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
