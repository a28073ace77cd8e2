// SPDX-License-Identifier: ISC

#include "store.h"

#include <cstdlib>

namespace fake {
namespace {

std::string ParentOf(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

unsigned AccessOf(uint16_t domid, const std::vector<Permission> &list) {
  if (domid == 0 || list[0].domid == domid) return kRead | kWrite | kOwner;
  for (size_t i = 1; i < list.size(); ++i) {
    if (list[i].domid == domid) return list[i].access;
  }
  return list[0].access;
}

// The nodes below `path`, deepest last.
std::vector<std::string> Below(const Tree &tree, const std::string &path) {
  std::vector<std::string> found;
  std::string prefix = path == "/" ? path : path + "/";
  for (auto it = tree.lower_bound(prefix); it != tree.end() && it->first.compare(0, prefix.size(), prefix) == 0; ++it) {
    if (it->first != path) found.push_back(it->first);
  }
  return found;
}

}  // namespace

bool ParsePermissions(std::vector<Permission> *out, const std::vector<std::string> &texts) {
  static const std::string letters = "nrwb";
  for (const std::string &text : texts) {
    size_t access = text.empty() ? std::string::npos : letters.find(text[0]);
    char *end = nullptr;
    unsigned long domid = text.size() < 2 ? 65536 : std::strtoul(text.c_str() + 1, &end, 10);
    if (access == std::string::npos || domid > 65535 || *end != '\0') return false;
    out->push_back({static_cast<uint16_t>(domid), static_cast<unsigned>(access)});
  }
  return true;
}

std::string PermissionText(const Permission &p) { return "nrwb"[p.access & 3] + std::to_string(p.domid); }

bool IsChild(const std::string &path, const std::string &parent) {
  return parent == "/" || path == parent || path.compare(0, parent.size() + 1, parent + "/") == 0;
}

bool IsValidPath(const std::string &path) {
  static const char kAllowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/_@";
  if (path.empty() || path[0] != '/' || (path.size() > 1 && path.back() == '/')) return false;
  return path.find("//") == std::string::npos && path.size() <= 3072 &&
         path.find_first_not_of(kAllowed) == std::string::npos;
}

// Notes what a transaction bases itself on, before it changes it.
void Store::See(Transaction *t, const std::string &path) {
  if (!t) return;
  auto it = t->tree.find(path);
  t->seen.insert({path, it == t->tree.end() ? 0 : it->second.generation});
}

// Makes `path` differ from what anybody has seen of it.
void Store::Touch(Transaction *t, const std::string &path) {
  See(t, path);
  if (t) t->written.insert(path);
  auto it = View(t).find(path);
  if (it != View(t).end()) it->second.generation = ++generation_;
}

void Store::Changed(Transaction *t, Change change) {
  if (t)
    t->changes.push_back(std::move(change));
  else
    changes_.push_back(std::move(change));
}

Error Store::Find(Node **node, uint16_t domid, Transaction *t, const std::string &path, unsigned access) {
  if (!IsValidPath(path)) return "EINVAL";
  See(t, path);
  Tree &tree = View(t);
  auto it = tree.find(path);
  if (it != tree.end()) {
    *node = &it->second;
    return (AccessOf(domid, it->second.permissions) & access) == access ? nullptr : "EACCES";
  }
  // Whether it is missing is told only to those who may see its nearest relative.
  std::string above = path;
  do {
    above = ParentOf(above);
  } while (tree.find(above) == tree.end());
  return (AccessOf(domid, tree[above].permissions) & access) != 0 ? "ENOENT" : "EACCES";
}

Error Store::Create(Node **node, uint16_t domid, Transaction *t, const std::string &path) {
  Tree &tree = View(t);
  std::string parent = ParentOf(path);
  Node *above = nullptr;
  if (tree.find(parent) == tree.end()) {
    if (Error error = Create(&above, domid, t, parent)) return error;
  }
  if (domid != 0) {
    // A node is stored with the names of its children: that is how many a guest's may have.
    std::string names;
    List(&names, 0, t, parent);
    if (tree[parent].value.size() + names.size() + (path.size() - parent.size()) >= quota_.value) return "ENOSPC";
    uint32_t owned = 0;
    for (const auto &entry : tree) owned += entry.second.permissions[0].domid == domid;
    if (owned >= quota_.nodes) return "ENOSPC";
  }
  Node made;
  made.permissions = tree[parent].permissions;
  if (domid != 0) made.permissions[0].domid = domid;
  Touch(t, parent);
  *node = &(tree[path] = made);
  Touch(t, path);
  return nullptr;
}

Error Store::Read(std::string *value, uint16_t domid, Transaction *t, const std::string &path) {
  Node *node;
  Error error = Find(&node, domid, t, path, kRead);
  if (!error) *value = node->value;
  return error;
}

Error Store::List(std::string *names, uint16_t domid, Transaction *t, const std::string &path) {
  Node *node;
  if (Error error = Find(&node, domid, t, path, kRead)) return error;
  size_t skip = path == "/" ? 1 : path.size() + 1;
  for (const std::string &child : Below(View(t), path)) {
    std::string name = child.substr(skip);
    if (name.find('/') == std::string::npos) *names += name + '\0';
  }
  return nullptr;
}

Error Store::Write(uint16_t domid, Transaction *t, const std::string &path, const std::string &value) {
  Node *node;
  Error error = Find(&node, domid, t, path, kWrite);
  if (error && std::string(error) != "ENOENT") return error;
  if (domid != 0 && value.size() >= quota_.value) return "ENOSPC";
  if (error && (error = Create(&node, domid, t, path))) return error;
  node->value = value;
  Touch(t, path);
  Changed(t, {path, false, node->permissions});
  return nullptr;
}

Error Store::MakeDirectory(uint16_t domid, Transaction *t, const std::string &path) {
  Node *node;
  Error error = Find(&node, domid, t, path, kWrite);
  if (!error || std::string(error) != "ENOENT") return error;
  if ((error = Create(&node, domid, t, path))) return error;
  Changed(t, {path, false, node->permissions});
  return nullptr;
}

Error Store::Remove(uint16_t domid, Transaction *t, const std::string &path) {
  Node *node;
  Tree &tree = View(t);
  Error error = Find(&node, domid, t, path, kWrite);
  if (path == "/") return "EINVAL";
  if (error && std::string(error) == "ENOENT") return tree.count(ParentOf(path)) ? nullptr : error;
  if (error) return error;
  Change change{path, false, node->permissions};
  for (const std::string &child : Below(tree, path)) {
    Touch(t, child);
    Changed(t, {child, true, tree[child].permissions});
    tree.erase(child);
  }
  Touch(t, path);
  tree.erase(path);
  Touch(t, ParentOf(path));
  Changed(t, std::move(change));
  return nullptr;
}

Error Store::GetPermissions(std::vector<Permission> *out, uint16_t domid, Transaction *t, const std::string &path) {
  Node *node;
  Error error = Find(&node, domid, t, path, kRead);
  if (!error) *out = node->permissions;
  return error;
}

Error Store::SetPermissions(uint16_t domid, Transaction *t, const std::string &path,
                            const std::vector<Permission> &list) {
  Node *node;
  if (list.empty()) return "EINVAL";
  if (domid != 0 && list.size() > quota_.permissions) return "ENOSPC";
  if (Error error = Find(&node, domid, t, path, kWrite | kOwner)) return error;
  if (domid != 0 && list[0].domid != node->permissions[0].domid) return "EPERM";
  Change change{path, false, node->permissions};
  node->permissions = list;
  Touch(t, path);
  Changed(t, std::move(change));
  return nullptr;
}

Error Store::Commit(Transaction *t) {
  for (const auto &seen : t->seen) {
    auto it = tree_.find(seen.first);
    if ((it == tree_.end() ? 0 : it->second.generation) != seen.second) return "EAGAIN";
  }
  for (const std::string &path : t->written) {
    auto it = t->tree.find(path);
    if (it == t->tree.end())
      tree_.erase(path);
    else
      tree_[path] = it->second;
  }
  for (Change &change : t->changes) changes_.push_back(std::move(change));
  return nullptr;
}

bool Store::MayWatch(uint16_t domid, const Change &change) const {
  if (AccessOf(domid, change.before) & kRead) return true;
  auto it = tree_.find(change.path);
  if (it == tree_.end()) it = tree_.find(ParentOf(change.path));
  return it != tree_.end() && (AccessOf(domid, it->second.permissions) & kRead) != 0;
}

uint32_t Store::Owned(uint16_t domid) const {
  uint32_t owned = 0;
  for (const auto &entry : tree_) owned += entry.second.permissions[0].domid == domid;
  return owned;
}

}  // namespace fake
