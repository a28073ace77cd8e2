// SPDX-License-Identifier: ISC
// The C interface of the fake xenstored: dom0's hand, and the test's.

#include <atman/testing/fake_xenstored.h>

#include <algorithm>
#include <memory>

#include <atman/xenstore/xenstore.h>

#include "server.h"

using fake::Error;
using fake::Guest;

struct at_fake_xenstored *at_fake_xenstored_new(const struct at_fake_xenstored_quota *quota) {
  at_fake_xenstored_quota q = quota ? *quota : at_fake_xenstored_quota{};
  if (!q.nodes) q.nodes = 1000;
  if (!q.watches) q.watches = 128;
  if (!q.transactions) q.transactions = 10;
  if (!q.value) q.value = 2048;
  if (!q.permissions) q.permissions = 5;
  auto *server = new at_fake_xenstored(q);
  for (const char *path : {"/tool", "/local/domain/0"}) server->store.MakeDirectory(0, nullptr, path);
  return server;
}

void at_fake_xenstored_free(struct at_fake_xenstored *server) { delete server; }

void at_fake_xenstored_connect(struct at_fake_xenstored *server, uint16_t domid, struct xenstore_domain_interface *ring,
                               void (*notify)(void *ctx), void *notify_ctx) {
  auto &guests = server->guests;
  guests.erase(std::remove_if(guests.begin(), guests.end(), [&](const auto &old) { return old->domid == domid; }),
               guests.end());
  auto guest = std::make_unique<Guest>();
  guest->domid = domid;
  guest->ring = ring;
  guest->notify = notify;
  guest->notify_ctx = notify_ctx;
  std::string home = "/local/domain/" + std::to_string(domid), own = "n" + std::to_string(domid);
  std::string readable = "n0 r" + std::to_string(domid);
  const std::pair<const char *, const char *> nodes[] = {
      {"", ""},      {"/name", "guest"}, {"/domid", nullptr},       {"/device", ""},
      {"/data", ""}, {"/control", ""},   {"/control/shutdown", ""},
  };
  for (const auto &n : nodes) {
    std::string path = home + n.first;
    bool owned = path == home + "/data" || path == home + "/device" || path == home + "/control/shutdown";
    at_fake_xenstored_write(server, path.c_str(), n.second ? n.second : std::to_string(domid).c_str());
    at_fake_xenstored_permit(server, path.c_str(), (owned ? own : readable).c_str());
  }
  server->guests.push_back(std::move(guest));
}

size_t at_fake_xenstored_step(struct at_fake_xenstored *server) {
  size_t moved = 0;
  for (const auto &guest : server->guests) moved += server->Step(guest.get());
  return moved;
}

static at_status Done(struct at_fake_xenstored *server, Error error) {
  server->Fire();
  server->Tell();
  return error ? at_xenstore_error_status(error) : AT_OK;
}

at_status at_fake_xenstored_write(struct at_fake_xenstored *server, const char *path, const char *value) {
  return Done(server, server->store.Write(0, nullptr, path, value));
}

at_status at_fake_xenstored_remove(struct at_fake_xenstored *server, const char *path) {
  return Done(server, server->store.Remove(0, nullptr, path));
}

at_status at_fake_xenstored_permit(struct at_fake_xenstored *server, const char *path, const char *list) {
  std::string texts = std::string(list) + ' ';
  std::replace(texts.begin(), texts.end(), ' ', '\0');
  std::vector<fake::Permission> parsed;
  if (!ParsePermissions(&parsed, fake::Strings(texts))) return AT_INVALID;
  return Done(server, server->store.SetPermissions(0, nullptr, path, parsed));
}

const char *at_fake_xenstored_value(struct at_fake_xenstored *server, const char *path) {
  auto it = server->store.tree().find(path);
  return it == server->store.tree().end() ? nullptr : it->second.value.c_str();
}

void at_fake_xenstored_on_change(struct at_fake_xenstored *server, const char *prefix,
                                 void (*fn)(void *ctx, const char *path), void *ctx) {
  server->observers.push_back({prefix, fn, ctx});
}

void at_fake_xenstored_misbehave(struct at_fake_xenstored *server, enum at_fake_xenstored_fault fault, uint32_t nth) {
  server->fault = fault;
  server->fault_in = nth;
}

void at_fake_xenstored_fail(struct at_fake_xenstored *server, uint32_t nth, const char *name) {
  server->fail_in = nth;
  server->fail_name = name;
  server->fails_on = false;
}

void at_fake_xenstored_fail_from(struct at_fake_xenstored *server, uint32_t nth, const char *name) {
  at_fake_xenstored_fail(server, nth, name);
  server->fails_on = true;
}

void at_fake_xenstored_dribble(struct at_fake_xenstored *server, uint32_t bytes) { server->dribble = bytes; }

void at_fake_xenstored_offer_reconnection(struct at_fake_xenstored *server) {
  for (const auto &guest : server->guests) guest->ring->server_features |= XENSTORE_SERVER_FEATURE_RECONNECTION;
}

void at_fake_xenstored_restart(struct at_fake_xenstored *server) {
  for (const auto &guest : server->guests) {
    guest->Forget();
    guest->silent = true;
  }
}

void at_fake_xenstored_event(struct at_fake_xenstored *server, uint16_t domid, const void *payload, size_t size) {
  server->Send(server->Find(domid), XS_WATCH_EVENT, 0, 0, std::string(static_cast<const char *>(payload), size));
}

void at_fake_xenstored_held(const struct at_fake_xenstored *server, uint16_t domid,
                            struct at_fake_xenstored_held *held) {
  const Guest *g = server->Find(domid);
  *held = {};
  if (!g) return;
  held->watches = static_cast<uint32_t>(g->watches.size());
  held->transactions = static_cast<uint32_t>(g->transactions.size());
  held->nodes = server->store.Owned(domid);
  held->requests = g->requests;
}
