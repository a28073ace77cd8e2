// SPDX-License-Identifier: ISC
// The contract suite against the fake. The same suite runs in a kernel against the xenstored of a real Xen.

#include <atman/testing/xenstore_contract.h>

#include <cstdint>

#include <xen/io/xs_wire.h>

#include <string>

#include <atman/testing/contract_gtest.h>
#include <atman/testing/fake_xenstored.h>
#include <atman/xenstore/xenstore.h>

namespace {

struct World {
  at_xenstore_contract_env env{};  // first: what the cases get
  xenstore_domain_interface ring{};
  at_fake_xenstored_clock clock{};
  at_xenstore xs{};
};

void *MakeWorld() {
  auto *w = new World;
  w->clock.server = at_fake_xenstored_new(nullptr);
  w->clock.on_event = [](void *xs) { at_xenstore_on_event(static_cast<at_xenstore *>(xs)); };
  w->clock.event_ctx = &w->xs;
  at_fake_xenstored_connect(w->clock.server, 7, &w->ring, nullptr, nullptr);
  at_xenstore_config config{};
  config.ring = &w->ring;
  config.notify = [](void *) {};
  config.wait = at_fake_xenstored_wait(&w->clock);
  at_xenstore_init(&w->xs, &config);
  w->env = {&w->xs, "data", "/tool/many"};
  at_fake_xenstored_write(w->clock.server, "/tool/many", "");
  at_fake_xenstored_permit(w->clock.server, "/tool/many", "r0");
  for (int i = 0; i < AT_XENSTORE_CONTRACT_NAMES; ++i)
    at_fake_xenstored_write(w->clock.server, ("/tool/many/" AT_XENSTORE_CONTRACT_NAME + std::to_string(i)).c_str(), "");
  return w;
}

void DropWorld(void *env) {
  auto *w = static_cast<World *>(env);
  struct at_fake_xenstored_held held;
  at_fake_xenstored_held(w->clock.server, 7, &held);
  EXPECT_EQ(held.watches, 0u);
  EXPECT_EQ(held.transactions, 0u);
  EXPECT_EQ(held.nodes, 3u) << "a case left a node";
  at_fake_xenstored_free(w->clock.server);
  delete w;
}

const bool registered =
    AtRegisterContract("FakeXenstored", at_xenstore_contract_cases, at_xenstore_contract_count, MakeWorld, DropWorld) &&
    AtRegisterContract("FakeXenstoredMore", at_xenstore_more_contract_cases, at_xenstore_more_contract_count, MakeWorld,
                       DropWorld);

}  // namespace
