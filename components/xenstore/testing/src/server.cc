// SPDX-License-Identifier: ISC
// Rings and messages of the fake xenstored. What the messages do is store.cc's; what goes wrong on purpose is here.

#include "server.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <utility>

using fake::Change;
using fake::Error;
using fake::Guest;

namespace fake {

std::vector<std::string> Strings(const std::string &payload) {
  std::vector<std::string> found;
  size_t from = 0, nul;
  while ((nul = payload.find('\0', from)) != std::string::npos) {
    found.push_back(payload.substr(from, nul - from));
    from = nul + 1;
  }
  return found;
}

}  // namespace fake

namespace {

std::string Base(const Guest *g) { return "/local/domain/" + std::to_string(g->domid) + "/"; }

std::string Absolute(const Guest *g, const std::string &path) {
  return path.empty() || path[0] == '/' ? path : Base(g) + path;
}

std::string Pack(uint32_t type, uint32_t id, uint32_t transaction, uint32_t size, const std::string &payload) {
  xsd_sockmsg header{type, id, transaction, size};
  return std::string(reinterpret_cast<const char *>(&header), sizeof(header)) + payload;
}

}  // namespace

// Queues a message, or what is sent in its place.
void at_fake_xenstored::Send(Guest *g, uint32_t type, uint32_t id, uint32_t transaction, const std::string &original) {
  std::string payload = original;
  uint32_t announced = static_cast<uint32_t>(payload.size());
  at_fake_xenstored_fault now = AT_FAKE_XENSTORED_NONE;
  bool event = type == XS_WATCH_EVENT;
  if (fault != AT_FAKE_XENSTORED_NONE && fault_in-- == 0) std::swap(now, fault);
  switch (now) {
    case AT_FAKE_XENSTORED_WRONG_ID: id += 1000; break;
    case AT_FAKE_XENSTORED_WRONG_TRANSACTION: transaction += 1; break;
    case AT_FAKE_XENSTORED_WRONG_TYPE: type = type == XS_READ ? XS_DIRECTORY : XS_READ; break;
    case AT_FAKE_XENSTORED_UNKNOWN_TYPE: type = 0xabad1dea; break;
    case AT_FAKE_XENSTORED_TOO_LONG: announced = XENSTORE_PAYLOAD_MAX + 1; break;
    case AT_FAKE_XENSTORED_HUGE: announced = UINT32_MAX; break;
    case AT_FAKE_XENSTORED_UNTERMINATED: payload.resize(payload.empty() ? 0 : --announced); break;
    case AT_FAKE_XENSTORED_EMPTY: payload.clear(), announced = 0; break;
    case AT_FAKE_XENSTORED_EXTRA_NUL: payload.insert(0, 1, '\0'), announced++; break;
    case AT_FAKE_XENSTORED_GARBAGE: payload.assign(payload.size(), '\xff'); break;
    case AT_FAKE_XENSTORED_TWICE: g->out.push_back({Pack(type, id, transaction, announced, payload), event}); break;
    case AT_FAKE_XENSTORED_LOST: return;
    case AT_FAKE_XENSTORED_SILENT: g->silent = true; return;
    case AT_FAKE_XENSTORED_PRODUCER_LIES: g->ring->rsp_prod = g->ring->rsp_cons + 1025, g->silent = true; return;
    case AT_FAKE_XENSTORED_CONSUMER_LIES: g->ring->req_cons = g->ring->req_prod + 1, g->silent = true; return;
    case AT_FAKE_XENSTORED_ERROR_INDICATOR:
      g->ring->server_features |= XENSTORE_SERVER_FEATURE_ERROR;
      g->ring->error = XENSTORE_ERROR_COMM;
      g->silent = true;
      return;
    case AT_FAKE_XENSTORED_NONE: break;
  }
  g->out.push_back({Pack(type, id, transaction, announced, payload), event});
}

void at_fake_xenstored::SendEvent(Guest *g, const std::string &path, const std::string &token) {
  std::string payload = path + '\0' + token + '\0';
  if (payload.size() > XENSTORE_PAYLOAD_MAX) return;
  std::string bytes = Pack(XS_WATCH_EVENT, 0, 0, static_cast<uint32_t>(payload.size()), payload);
  for (size_t i = g->out_sent != 0; i < g->out.size(); ++i) {
    if (g->out[i].event && g->out[i].bytes == bytes) return;
  }
  Send(g, XS_WATCH_EVENT, 0, 0, payload);
}

// Events for what has changed in the store.
void at_fake_xenstored::Fire() {
  for (const Change &change : store.TakeChanges()) {
    for (const auto &g : guests) {
      if (!store.MayWatch(g->domid, change)) continue;
      for (const fake::Watch &w : g->watches) {
        if (change.exact ? change.path != w.path : !fake::IsChild(change.path, w.path)) continue;
        SendEvent(g.get(), change.path.substr(w.base.size()), w.token);
      }
    }
    untold.push_back(change.path);
  }
}

// dom0's own watchers run when the guest's request is done, and may change the store again.
void at_fake_xenstored::Tell() {
  if (telling) return;
  telling = true;
  while (!untold.empty()) {
    std::string path = untold.front();
    untold.pop_front();
    for (size_t i = 0; i < observers.size(); ++i) {
      fake::Observer o = observers[i];
      if (fake::IsChild(path, o.prefix)) o.fn(o.ctx, path.c_str());
    }
  }
  telling = false;
}

Error at_fake_xenstored::HandleWatch(Guest *g, bool add, const std::string &payload) {
  std::vector<std::string> s = fake::Strings(payload);
  if (s.size() != 2) return "EINVAL";
  bool relative = !s[0].empty() && s[0][0] != '/' && s[0][0] != '@';
  std::string path = relative ? Absolute(g, s[0]) : s[0];
  auto same = [&](const fake::Watch &w) { return w.path == path && w.token == s[1]; };
  auto it = std::find_if(g->watches.begin(), g->watches.end(), same);
  if (!add) {
    if (it == g->watches.end()) return "ENOENT";
    g->watches.erase(it);
    return nullptr;
  }
  if (path[0] != '@' && !fake::IsValidPath(path)) return "EINVAL";
  if (it != g->watches.end()) return "EEXIST";
  if (g->watches.size() >= quota.watches) return "E2BIG";
  g->watches.push_back({path, s[1], relative ? Base(g) : ""});
  return nullptr;
}

Error at_fake_xenstored::HandleEnd(Guest *g, uint32_t number, const std::string &payload) {
  if (payload != std::string("T\0", 2) && payload != std::string("F\0", 2)) return "EINVAL";
  auto it = g->transactions.find(number);
  if (it == g->transactions.end()) return "ENOENT";
  std::unique_ptr<fake::Transaction> t = std::move(it->second);
  g->transactions.erase(it);
  return payload[0] == 'T' ? store.Commit(t.get()) : nullptr;
}

// As much of a list from `offset` on as fits a message, behind its generation; one NUL more when that was the rest.
Error at_fake_xenstored::HandlePart(Guest *g, fake::Transaction *t, const std::vector<std::string> &strings,
                                    std::string *reply) {
  std::string names;
  if (strings.size() != 2) return "EINVAL";
  if (Error error = store.List(&names, g->domid, t, Absolute(g, strings[0]))) return error;
  size_t offset = std::strtoul(strings[1].c_str(), nullptr, 10);
  *reply = std::to_string(std::hash<std::string>{}(names)) + '\0';
  size_t room = XENSTORE_PAYLOAD_MAX - reply->size() - 1;
  while (offset < names.size()) {
    size_t length = std::strlen(&names[offset]) + 1;
    if (length > room) return nullptr;
    reply->append(names, offset, length);
    room -= length;
    offset += length;
  }
  *reply += '\0';
  return nullptr;
}

// Begins anew with a guest that asks for it.
void at_fake_xenstored::Reconnect(Guest *g) {
  g->Forget();
  g->silent = false;
  g->ring->req_cons = g->ring->req_prod = g->ring->rsp_cons = g->ring->rsp_prod = 0;
  g->ring->connection = XENSTORE_CONNECTED;
  if (g->notify) g->notify(g->notify_ctx);
}

Error at_fake_xenstored::Handle(Guest *g, uint32_t type, uint32_t number, const std::string &payload,
                                std::string *reply) {
  std::vector<std::string> strings = fake::Strings(payload);
  bool one = strings.size() == 1 && payload.back() == '\0';
  fake::Transaction *t = nullptr;
  if (number != 0 && type != XS_WATCH && type != XS_UNWATCH) {
    auto it = g->transactions.find(number);
    if (it == g->transactions.end()) return "ENOENT";
    t = it->second.get();
  }
  if (strings.empty()) return "EINVAL";
  std::string path = Absolute(g, strings[0]);
  std::vector<fake::Permission> list;
  Error error;
  *reply = std::string("OK\0", 3);
  switch (type) {
    case XS_READ: return reply->clear(), one ? store.Read(reply, g->domid, t, path) : "EINVAL";
    case XS_DIRECTORY: return reply->clear(), one ? store.List(reply, g->domid, t, path) : "EINVAL";
    case XS_WRITE: return store.Write(g->domid, t, path, payload.substr(strings[0].size() + 1));
    case XS_MKDIR: return one ? store.MakeDirectory(g->domid, t, path) : "EINVAL";
    case XS_RM: return one ? store.Remove(g->domid, t, path) : "EINVAL";
    case XS_WATCH: return HandleWatch(g, true, payload);
    case XS_UNWATCH: return HandleWatch(g, false, payload);
    case XS_TRANSACTION_END: return HandleEnd(g, number, payload);
    case XS_DIRECTORY_PART: return HandlePart(g, t, strings, reply);
    case XS_GET_DOMAIN_PATH:
      *reply = "/local/domain/" + std::to_string(std::strtoul(strings[0].c_str(), nullptr, 10)) + '\0';
      return one ? nullptr : "EINVAL";
    case XS_RESET_WATCHES: return g->watches.clear(), g->transactions.clear(), nullptr;
    case XS_GET_PERMS:
      error = one ? store.GetPermissions(&list, g->domid, t, path) : "EINVAL";
      reply->clear();
      for (const fake::Permission &p : list) *reply += PermissionText(p) + '\0';
      return error;
    case XS_SET_PERMS:
      strings.erase(strings.begin());
      if (!ParsePermissions(&list, strings)) return "EINVAL";
      if (!list.empty() && list[0].domid != 0 && !Find(list[0].domid)) return "ENOENT";
      return store.SetPermissions(g->domid, t, path, list);
    case XS_TRANSACTION_START: {
      if (t) return "EBUSY";
      if (g->transactions.size() > quota.transactions) return "ENOSPC";
      auto fresh = std::make_unique<fake::Transaction>();
      fresh->tree = store.tree();
      *reply = std::to_string(g->next_transaction) + '\0';
      g->transactions[g->next_transaction++] = std::move(fresh);
      return nullptr;
    }
    case XS_CONTROL:
    case XS_INTRODUCE:
    case XS_RELEASE:
    case XS_IS_DOMAIN_INTRODUCED:
    case XS_RESUME:
    case XS_SET_TARGET: return "EACCES";  // for domains that manage others
    default: return "ENOSYS";
  }
}

// Answers the messages that are complete.
// Whether this request is one that a test wants to fail, and the error's name.
bool at_fake_xenstored::Refuses(uint32_t type, std::string *name) {
  if (fail_name.empty()) return false;
  if (fail_in > 0) {
    --fail_in;
    return false;
  }
  if (fails_on && (type == XS_TRANSACTION_END || type == XS_UNWATCH)) return false;
  *name = fail_name;
  if (!fails_on) fail_name.clear();
  return true;
}

void at_fake_xenstored::Process(Guest *g) {
  xsd_sockmsg header;
  while (!g->silent && g->in.size() >= sizeof(header)) {
    std::memcpy(&header, g->in.data(), sizeof(header));
    if (header.len > XENSTORE_PAYLOAD_MAX) {
      g->silent = true;
      return;
    }
    if (g->in.size() < sizeof(header) + header.len) return;
    std::string payload = g->in.substr(sizeof(header), header.len), reply;
    g->in.erase(0, sizeof(header) + header.len);
    g->requests++;
    Error error;
    if (Refuses(header.type, &reply)) {
      error = reply.c_str();
    } else {
      error = Handle(g, header.type, header.tx_id, payload, &reply);
    }
    if (!error && reply.size() > XENSTORE_PAYLOAD_MAX) error = "E2BIG";
    Fire();
    if (error)
      Send(g, XS_ERROR, header.req_id, header.tx_id, std::string(error) + '\0');
    else
      Send(g, header.type, header.req_id, header.tx_id, reply);
    if (!error && header.type == XS_WATCH) {
      const std::vector<std::string> s = fake::Strings(payload);
      SendEvent(g, s[0], s[1]);
    }
    Tell();
  }
}

size_t at_fake_xenstored::Step(Guest *g) {
  xenstore_domain_interface *ring = g->ring;
  size_t moved = 0;
  if ((ring->server_features & XENSTORE_SERVER_FEATURE_RECONNECTION) && ring->connection == XENSTORE_RECONNECT) {
    Reconnect(g);
    return 1;
  }
  if (!g->silent) {
    uint32_t n = ring->req_prod - ring->req_cons;
    if (n > XENSTORE_RING_SIZE) g->silent = true;
    if (dribble != 0) n = std::min(n, dribble);
    for (uint32_t i = 0; !g->silent && i < n; ++i, ++moved) g->in += ring->req[MASK_XENSTORE_IDX(ring->req_cons++)];
  }
  Process(g);
  uint32_t room = XENSTORE_RING_SIZE - (ring->rsp_prod - ring->rsp_cons);
  if (dribble != 0) room = std::min(room, dribble);
  while (!g->out.empty() && room != 0 && room <= XENSTORE_RING_SIZE) {
    const std::string &bytes = g->out.front().bytes;
    ring->rsp[MASK_XENSTORE_IDX(ring->rsp_prod)] = bytes[g->out_sent++];
    ring->rsp_prod++, moved++, room--;
    if (g->out_sent == bytes.size()) g->out.pop_front(), g->out_sent = 0;
  }
  if (moved != 0 && g->notify) g->notify(g->notify_ctx);
  return moved;
}
