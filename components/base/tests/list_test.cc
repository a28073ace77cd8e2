// SPDX-License-Identifier: ISC
// The contract of <atman/base/list.h>: order, what linking leaves behind, and misuse that must not go unseen.

#include <atman/base/list.h>

#include <vector>

#include "gtest/gtest.h"

namespace {

struct Item {
  int before = 0;  // so that the node is not at the item's address
  at_list_node node{};
  int name = 0;
};

class ListTest : public ::testing::Test {
 protected:
  ListTest() {
    at_list_init(&list_);
    for (int i = 0; i < 4; ++i) items_[i].name = i;
  }

  // The names in the list, forwards; walking backwards must give the same.
  std::vector<int> Names() {
    std::vector<int> names;
    for (at_list_node *n = at_list_first(&list_); n; n = at_list_next(&list_, n)) {
      names.push_back(AT_CONTAINER_OF(n, Item, node)->name);
    }
    std::vector<int> backwards;
    for (at_list_node *n = list_.head.prev; n != &list_.head; n = n->prev) {
      backwards.insert(backwards.begin(), AT_CONTAINER_OF(n, Item, node)->name);
    }
    EXPECT_EQ(names, backwards);
    return names;
  }

  at_list list_;
  Item items_[4];
};

using ListDeathTest = ListTest;

TEST_F(ListTest, NewList_IsEmpty) {
  EXPECT_TRUE(at_list_is_empty(&list_));
  EXPECT_EQ(at_list_first(&list_), nullptr);
  EXPECT_EQ(at_list_pop_front(&list_), nullptr);
}

TEST_F(ListTest, Pushing_KeepsTheOrder) {
  at_list_push_back(&list_, &items_[1].node);
  at_list_push_back(&list_, &items_[2].node);
  at_list_push_front(&list_, &items_[0].node);
  EXPECT_EQ(Names(), (std::vector<int>{0, 1, 2}));
  EXPECT_FALSE(at_list_is_empty(&list_));
  at_list_insert_before(&items_[1].node, &items_[3].node);
  EXPECT_EQ(Names(), (std::vector<int>{0, 3, 1, 2}));
}

TEST_F(ListTest, Removing_TakesOutOneAndUnlinksIt) {
  for (int gone = 0; gone < 3; ++gone) {
    SCOPED_TRACE(gone);
    at_list_init(&list_);
    std::vector<int> rest;
    for (int i = 0; i < 3; ++i) {
      items_[i].node = {};
      at_list_push_back(&list_, &items_[i].node);
      if (i != gone) rest.push_back(i);
    }
    EXPECT_TRUE(at_list_is_linked(&items_[gone].node));
    at_list_remove(&items_[gone].node);
    EXPECT_FALSE(at_list_is_linked(&items_[gone].node));
    EXPECT_EQ(Names(), rest);
    at_list_push_front(&list_, &items_[gone].node);
    EXPECT_EQ(AT_CONTAINER_OF(at_list_first(&list_), Item, node), &items_[gone]) << "linking again failed";
  }
}

TEST_F(ListTest, PoppingAll_GivesThemInOrderAndEmptiesTheList) {
  for (auto &item : items_) at_list_push_back(&list_, &item.node);
  for (auto &item : items_) EXPECT_EQ(at_list_pop_front(&list_), &item.node);
  EXPECT_TRUE(at_list_is_empty(&list_));
}

TEST_F(ListTest, NextTakenFirst_AllowsRemovingWhileWalking) {
  for (auto &item : items_) at_list_push_back(&list_, &item.node);
  at_list_node *next;
  for (at_list_node *n = at_list_first(&list_); n; n = next) {
    next = at_list_next(&list_, n);
    if (AT_CONTAINER_OF(n, Item, node)->name % 2) at_list_remove(n);
  }
  EXPECT_EQ(Names(), (std::vector<int>{0, 2}));
}

TEST_F(ListTest, ContainerOf_KeepsConst) {
  const at_list_node *node = &items_[2].node;
  EXPECT_EQ(AT_CONTAINER_OF(node, const Item, node)->name, 2);
}

TEST_F(ListDeathTest, Misuse_Panics) {
  at_list_push_back(&list_, &items_[0].node);
  at_list_push_back(&list_, &items_[1].node);
  EXPECT_DEATH(at_list_push_back(&list_, &items_[0].node), "list.c:.*is_linked") << "linking twice";
  EXPECT_DEATH(at_list_remove(&items_[2].node), "list.c:.*is_linked") << "removing what is in no list";
  EXPECT_DEATH(at_list_insert_before(&items_[2].node, &items_[3].node), "list.c") << "a place in no list";

  items_[0].node.next = &items_[3].node;  // what a stray write does
  EXPECT_DEATH(at_list_remove(&items_[0].node), "list.c") << "neighbours that do not point back";
  EXPECT_DEATH(at_list_remove(&items_[1].node), "list.c") << "neighbours that do not point back";
  EXPECT_DEATH(at_list_insert_before(&items_[1].node, &items_[2].node), "list.c");
}

}  // namespace
