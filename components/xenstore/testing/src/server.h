// SPDX-License-Identifier: ISC
#ifndef ATMAN_XENSTORE_TESTING_SRC_SERVER_H
#define ATMAN_XENSTORE_TESTING_SRC_SERVER_H

// The fake xenstored behind its C interface: connections, messages, and what is told to whom.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <xen/io/xs_wire.h>

#include <atman/testing/fake_xenstored.h>

#include "store.h"

namespace fake {

struct Watch {
  std::string path;
  std::string token;
  std::string base;  // what a relative path was relative to, with its slash
};

struct Message {
  std::string bytes;
  bool event;
};

struct Guest {
  uint16_t domid;
  xenstore_domain_interface *ring;
  void (*notify)(void *);
  void *notify_ctx;
  std::string in;
  std::deque<Message> out;
  size_t out_sent = 0;
  std::vector<Watch> watches;
  std::map<uint32_t, std::unique_ptr<Transaction>> transactions;
  uint32_t next_transaction = 1;
  uint32_t requests = 0;
  bool silent = false;

  void Forget() {
    in.clear();
    out.clear();
    out_sent = 0;
    watches.clear();
    transactions.clear();
  }
};

struct Observer {
  std::string prefix;
  void (*fn)(void *, const char *);
  void *ctx;
};

// The strings in `payload`, each ended by its NUL; what follows the last NUL is left out.
std::vector<std::string> Strings(const std::string &payload);

}  // namespace fake

struct at_fake_xenstored {
  explicit at_fake_xenstored(const at_fake_xenstored_quota &limits) : quota(limits), store(limits) {}

  at_fake_xenstored_quota quota;
  fake::Store store;
  std::vector<std::unique_ptr<fake::Guest>> guests;
  std::vector<fake::Observer> observers;
  std::deque<std::string> untold;
  bool telling = false;
  at_fake_xenstored_fault fault = AT_FAKE_XENSTORED_NONE;
  uint32_t fault_in = 0;
  uint32_t fail_in = 0;
  std::string fail_name;
  bool fails_on = false;
  uint32_t dribble = 0;

  fake::Guest *Find(uint16_t domid) const {
    for (const auto &guest : guests) {
      if (guest->domid == domid) return guest.get();
    }
    return nullptr;
  }

  void Send(fake::Guest *g, uint32_t type, uint32_t id, uint32_t transaction, const std::string &payload);
  void SendEvent(fake::Guest *g, const std::string &path, const std::string &token);
  void Fire();
  void Tell();
  fake::Error Handle(fake::Guest *g, uint32_t type, uint32_t number, const std::string &payload, std::string *reply);
  fake::Error HandleWatch(fake::Guest *g, bool add, const std::string &payload);
  fake::Error HandleEnd(fake::Guest *g, uint32_t number, const std::string &payload);
  fake::Error HandlePart(fake::Guest *g, fake::Transaction *t, const std::vector<std::string> &strings,
                         std::string *reply);
  bool Refuses(uint32_t type, std::string *name);
  void Reconnect(fake::Guest *g);
  void Process(fake::Guest *g);
  size_t Step(fake::Guest *g);
};

#endif /* ATMAN_XENSTORE_TESTING_SRC_SERVER_H */
