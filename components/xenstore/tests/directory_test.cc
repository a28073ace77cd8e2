// SPDX-License-Identifier: ISC
// Lists that are longer than a message.

#include <atman/xenstore/directory.h>

#include <set>
#include <string>
#include <vector>

#include "fixture.h"

namespace {

class DirectoryTest : public XenStoreTest {
 protected:
  void Make(int count) {
    for (int i = 0; i < count; ++i)
      at_fake_xenstored_write(server_, (HOME "/data/list/" + std::string(90, 'x') + std::to_string(i)).c_str(), "");
  }

  at_status List(std::set<std::string> *found, size_t capacity = 20000, uint32_t transaction = 0) {
    std::vector<char> names(capacity + 1, '#');
    size_t size = 99;
    at_status status = at_xenstore_list(&xs_, names.data(), capacity, &size, transaction, "data/list", Deadline());
    EXPECT_EQ(names[capacity], '#') << "beyond the room";
    EXPECT_TRUE(status == AT_OK || size == 0);
    found->clear();
    const char *name = nullptr;
    while ((name = at_xenstore_next_name(names.data(), size, name)) != nullptr) found->insert(name);
    return status;
  }
};

TEST_F(DirectoryTest, ListsOfAnyLength_AreWhole) {
  std::set<std::string> found;
  EXPECT_EQ(List(&found), AT_NOT_FOUND);
  at_fake_xenstored_write(server_, HOME "/data/list", "");
  at_fake_xenstored_permit(server_, HOME "/data/list", "n0 r5");
  EXPECT_EQ(List(&found), AT_OK);
  EXPECT_TRUE(found.empty());
  for (int count : {1, 43, 44, 150}) {
    SCOPED_TRACE(count);
    Make(count);
    uint32_t requests = Held().requests;
    EXPECT_EQ(List(&found), AT_OK);
    EXPECT_EQ(found.size(), static_cast<size_t>(count));
    EXPECT_EQ(Held().requests - requests, static_cast<uint32_t>(count == 150 ? 4 : count == 44 ? 2 : 1));
  }
}

TEST_F(DirectoryTest, RoomThatIsTooSmall_IsSaid) {
  std::set<std::string> found;
  Make(100);
  size_t names = 10 * 92 + 90 * 93;
  at_fake_xenstored_permit(server_, HOME "/data/list", "n0 r5");
  for (size_t capacity : {size_t{0}, size_t{31}, size_t{32}, size_t{4000}, names - 1})
    EXPECT_EQ(List(&found, capacity), AT_TOO_BIG) << capacity;
  EXPECT_EQ(List(&found, names + AT_XENSTORE_LIST_EXTRA), AT_OK);
  EXPECT_EQ(found.size(), 100u);
}

TEST_F(DirectoryTest, ChangedInBetween_BeginsAnew) {
  std::set<std::string> found;
  Make(100);
  at_fake_xenstored_permit(server_, HOME "/data/list", "n0 r5");
  meanwhile_ = [&] {  // the first part is under way
    at_fake_xenstored_step(server_);
    at_fake_xenstored_write(server_, HOME "/data/list/a-new-one", "");
  };
  EXPECT_EQ(List(&found), AT_OK);
  EXPECT_EQ(found.size(), 101u);
  EXPECT_EQ(found.count("a-new-one"), 1u);
}

TEST_F(DirectoryTest, ChangedInEveryTry_IsGivenUp) {
  std::set<std::string> found;
  Make(100);
  at_fake_xenstored_permit(server_, HOME "/data/list", "n0 r5");
  int changes = 0;
  std::function<void()> change = [&] {
    at_fake_xenstored_step(server_);
    at_fake_xenstored_write(server_, (HOME "/data/list/new-" + std::to_string(changes++)).c_str(), "");
    meanwhile_ = change;
  };
  meanwhile_ = change;
  EXPECT_EQ(List(&found, 60000), AT_AGAIN);
  EXPECT_GE(changes, AT_XENSTORE_LIST_TRIES);
  meanwhile_ = nullptr;
}

TEST_F(DirectoryTest, ServerWithoutParts_IsUnsupported) {
  std::set<std::string> found;
  at_fake_xenstored_fail(server_, 0, "ENOSYS");
  EXPECT_EQ(List(&found), AT_UNSUPPORTED);
  EXPECT_EQ(at_xenstore_status(&xs_), AT_OK);
}

// Whoever else waits has to be told, and no event may ever come that would.
TEST_F(DirectoryTest, AnswerThatIsNone_WakesWhoeverElseWaits) {
  Make(2);
  std::set<std::string> found;
  ASSERT_EQ(List(&found), AT_OK);
  const uint64_t before = clock_.wakes;
  ASSERT_EQ(List(&found), AT_OK);
  const uint64_t of_one = clock_.wakes - before;
  at_fake_xenstored_misbehave(server_, AT_FAKE_XENSTORED_GARBAGE, 0);
  ASSERT_EQ(List(&found), AT_PROTOCOL);
  EXPECT_EQ(clock_.wakes - before, 2 * of_one + 1);
  at_fake_xenstored_step(server_);
  ring_.rsp_cons = ring_.rsp_prod;
}

TEST_F(DirectoryTest, AnswersThatAreNone_EndTheConnection) {
  Make(2);
  at_fake_xenstored_permit(server_, HOME "/data/list", "n0 r5");
  for (auto fault : {AT_FAKE_XENSTORED_GARBAGE, AT_FAKE_XENSTORED_EMPTY, AT_FAKE_XENSTORED_UNTERMINATED}) {
    SCOPED_TRACE(fault);
    std::set<std::string> found;
    Connect();
    at_fake_xenstored_misbehave(server_, fault, 0);
    at_status status = List(&found);
    if (fault == AT_FAKE_XENSTORED_UNTERMINATED) {  // one NUL less: only not the end yet; what follows says that it was
      EXPECT_TRUE(status == AT_OK || status == AT_PROTOCOL);
    } else {
      EXPECT_EQ(status, AT_PROTOCOL);
    }
    at_fake_xenstored_step(server_);
    ring_.rsp_cons = ring_.rsp_prod;
  }
}

}  // namespace
