// SPDX-License-Identifier: ISC
#ifndef ATMAN_XENSTORE_TESTING_SRC_STORE_H
#define ATMAN_XENSTORE_TESTING_SRC_STORE_H

// The tree behind the fake xenstored: nodes, permissions, transactions, and who is to be told of what. No protocol.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <atman/testing/fake_xenstored.h>

namespace fake {

// An error by the name it has on the wire; nullptr: none.
using Error = const char *;

enum : unsigned { kRead = 1, kWrite = 2, kOwner = 4 };

struct Permission {
  uint16_t domid;
  unsigned access;
};

// Texts as "r7", one after the other; false when one is none.
bool ParsePermissions(std::vector<Permission> *out, const std::vector<std::string> &texts);
std::string PermissionText(const Permission &p);

struct Node {
  std::string value;
  std::vector<Permission> permissions;
  uint64_t generation = 0;
};

using Tree = std::map<std::string, Node>;

// A node that changed; `exact`: it went with a node above it, which only a watch on this very node is told.
struct Change {
  std::string path;
  bool exact;
  std::vector<Permission> before;
};

struct Transaction {
  Tree tree;
  std::map<std::string, uint64_t> seen;  // generation when the transaction began; 0: absent
  std::set<std::string> written;
  std::vector<Change> changes;
};

// Absolute paths throughout; `domid` 0 may do everything.
class Store {
 public:
  explicit Store(const at_fake_xenstored_quota &quota) : quota_(quota) { tree_["/"] = Node{"", {{0, 0}}, 1}; }

  Error Read(std::string *value, uint16_t domid, Transaction *t, const std::string &path);
  Error List(std::string *names, uint16_t domid, Transaction *t, const std::string &path);
  Error Write(uint16_t domid, Transaction *t, const std::string &path, const std::string &value);
  Error MakeDirectory(uint16_t domid, Transaction *t, const std::string &path);
  Error Remove(uint16_t domid, Transaction *t, const std::string &path);
  Error GetPermissions(std::vector<Permission> *out, uint16_t domid, Transaction *t, const std::string &path);
  Error SetPermissions(uint16_t domid, Transaction *t, const std::string &path, const std::vector<Permission> &list);
  Error Commit(Transaction *t);

  // What was changed in the shared tree since this was last called.
  std::vector<Change> TakeChanges() { return std::exchange(changes_, {}); }
  bool MayWatch(uint16_t domid, const Change &change) const;
  uint32_t Owned(uint16_t domid) const;
  const Tree &tree() const { return tree_; }

 private:
  Tree &View(Transaction *t) { return t ? t->tree : tree_; }
  void See(Transaction *t, const std::string &path);
  void Touch(Transaction *t, const std::string &path);
  void Changed(Transaction *t, Change change);
  Error Find(Node **node, uint16_t domid, Transaction *t, const std::string &path, unsigned access);
  Error Create(Node **node, uint16_t domid, Transaction *t, const std::string &path);

  at_fake_xenstored_quota quota_;
  Tree tree_;
  uint64_t generation_ = 1;
  std::vector<Change> changes_;
};

bool IsChild(const std::string &path, const std::string &parent);
bool IsValidPath(const std::string &path);

}  // namespace fake

#endif /* ATMAN_XENSTORE_TESTING_SRC_STORE_H */
