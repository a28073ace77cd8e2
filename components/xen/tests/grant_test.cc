// SPDX-License-Identifier: ISC
// The grant table: what an entry says, what is refused, and what the peer still holds.

#include <atman/xen/grant.h>

#include <set>
#include <vector>

#include "guest_fixture.h"

namespace {

constexpr uint32_t kEntries = AT_XEN_GRANTS_PER_FRAME;
constexpr uint32_t kUsable = kEntries - 8;

class GrantTest : public GuestTest {
 protected:
  GrantTest() : table_(at_fake_xen_grant_table(xen_, kGuest, 1)) {
    at_xen_grants_init(&grants_, table_, kEntries);
    page_ = static_cast<uint8_t *>(at_fake_xen_page_alloc(xen_, kGuest));
    frame_ = at_fake_xen_frame(xen_, page_);
  }

  void TearDown() override {
    EXPECT_EQ(at_xen_grants_available(&grants_), kUsable) << "a test left a grant or a reservation";
    EXPECT_EQ(at_fake_xen_maps_in_use(xen_, kPeer), 0u);
    at_fake_xen_page_free(xen_, page_);
    GuestTest::TearDown();
  }

  int PeerWrites(at_xen_grant_ref ref, const char *text) {
    return at_fake_xen_grant_write(xen_, kPeer, kGuest, ref, 0, text, strlen(text));
  }
  int PeerReads(at_xen_grant_ref ref) {
    char out[4];
    return at_fake_xen_grant_read(xen_, out, kPeer, kGuest, ref, 0, sizeof out);
  }

  grant_entry_v1_t *table_;
  at_xen_grants grants_;
  uint8_t *page_;
  uint64_t frame_;
};

TEST_F(GrantTest, Give_LetsThePeerReadAndWriteUntilTheEnd) {
  at_xen_grant_ref ref = 0;
  at_fake_xen_reset_calls(xen_);
  ASSERT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, frame_), AT_OK);
  EXPECT_EQ(PeerWrites(ref, "hi"), GNTST_okay);
  EXPECT_EQ(page_[0], 'h');
  EXPECT_EQ(PeerReads(ref), GNTST_okay);
  EXPECT_EQ(at_xen_grant_end(&grants_, ref), AT_OK);
  EXPECT_EQ(PeerWrites(ref, "no"), GNTST_general_error);
  EXPECT_EQ(PeerReads(ref), GNTST_general_error);
  EXPECT_EQ(page_[0], 'h');
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u) << "giving and ending need no hypercall";
}

TEST_F(GrantTest, GiveReadonly_RefusesWrites) {
  at_xen_grant_ref ref = 0;
  ASSERT_EQ(at_xen_grant_give_readonly(&grants_, &ref, kPeer, frame_), AT_OK);
  EXPECT_EQ(PeerReads(ref), GNTST_okay);
  EXPECT_EQ(PeerWrites(ref, "no"), GNTST_general_error);
  EXPECT_EQ(at_xen_grant_end(&grants_, ref), AT_OK);
}

TEST_F(GrantTest, Give_IsForThatPeerOnly) {
  at_xen_grant_ref ref = 0;
  char byte;
  ASSERT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, frame_), AT_OK);
  EXPECT_EQ(at_fake_xen_grant_read(xen_, &byte, 0, kGuest, ref, 0, 1), GNTST_general_error);
  EXPECT_EQ(at_xen_grant_end(&grants_, ref), AT_OK);
}

TEST_F(GrantTest, ReservedEntries_AreLeftAlone) {
  std::vector<grant_entry_v1_t> table(kEntries);
  for (int i = 0; i < 8; ++i) table[i] = {0x5555, 0x6666, 0x77777777};
  at_xen_grants grants;
  at_xen_grants_init(&grants, table.data(), kEntries);
  std::vector<at_xen_grant_ref> refs(kUsable);
  for (auto &ref : refs) ASSERT_EQ(at_xen_grant_give(&grants, &ref, kPeer, 1), AT_OK);
  for (auto ref : refs) ASSERT_EQ(at_xen_grant_end(&grants, ref), AT_OK);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(table[i].flags, 0x5555);
    EXPECT_EQ(table[i].domid, 0x6666);
    EXPECT_EQ(table[i].frame, 0x77777777u);
  }
}

TEST_F(GrantTest, Init_DoesNotTouchTheTable) {
  std::vector<grant_entry_v1_t> table(kEntries, grant_entry_v1_t{0, 0x6666, 0x77777777});
  at_xen_grants grants;
  at_xen_grants_init(&grants, table.data(), kEntries);
  for (const auto &entry : table) ASSERT_EQ(entry.frame, 0x77777777u);
}

TEST_F(GrantTest, TooSmallATable_HasNoGrants) {
  for (uint32_t entries : {0u, 1u, 8u}) {
    SCOPED_TRACE(entries);
    at_xen_grants grants;
    at_xen_grant_ref ref;
    at_xen_grants_init(&grants, table_, entries);
    EXPECT_EQ(at_xen_grants_available(&grants), 0u);
    EXPECT_EQ(at_xen_grant_give(&grants, &ref, kPeer, frame_), AT_NO_SPACE);
  }
}

TEST_F(GrantTest, Full_EveryEntryIsUsedOnceAndAgainAfterItsEnd) {
  std::set<at_xen_grant_ref> refs;
  at_xen_grant_ref ref = 0;
  for (uint32_t i = 0; i < kUsable; ++i) {
    ASSERT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, frame_), AT_OK);
    ASSERT_TRUE(refs.insert(ref).second) << ref << " was given twice";
  }
  EXPECT_EQ(*refs.begin(), 8u);
  EXPECT_EQ(*refs.rbegin(), kEntries - 1);
  EXPECT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, frame_), AT_NO_SPACE);

  for (at_xen_grant_ref again : {8u, 100u, kEntries - 1}) ASSERT_EQ(at_xen_grant_end(&grants_, again), AT_OK);
  EXPECT_EQ(at_xen_grants_available(&grants_), 3u);
  std::set<at_xen_grant_ref> reused;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, frame_), AT_OK);
    reused.insert(ref);
  }
  EXPECT_EQ(reused, (std::set<at_xen_grant_ref>{8, 100, kEntries - 1}));
  EXPECT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, frame_), AT_NO_SPACE);
  for (auto used : refs) ASSERT_EQ(at_xen_grant_end(&grants_, used), AT_OK);
}

TEST_F(GrantTest, End_RefusesWhatIsNoLiveGrant) {
  at_xen_grant_ref ref = 0, other = 0;
  ASSERT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, frame_), AT_OK);
  ASSERT_EQ(at_xen_grant_give(&grants_, &other, kPeer, frame_), AT_OK);
  ASSERT_EQ(at_xen_grant_end(&grants_, ref), AT_OK);
  const struct {
    const char *what;
    at_xen_grant_ref ref;
  } cases[] = {
      {"ended already", ref},     {"console's", 0},           {"the last reserved", 7},
      {"never given", other + 1}, {"just outside", kEntries}, {"far outside", 0xffffffff},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(at_xen_grant_end(&grants_, c.ref), AT_INVALID);
    EXPECT_EQ(at_xen_grants_available(&grants_), kUsable - 1);
  }
  EXPECT_EQ(at_xen_grant_end(&grants_, other), AT_OK);
}

// What the toolstack granted to xenconsoled and xenstored on the domain's behalf.
TEST_F(GrantTest, End_LeavesTheToolstacksGrantsAlone) {
  for (at_xen_grant_ref ref : {GNTTAB_RESERVED_CONSOLE, GNTTAB_RESERVED_XENSTORE, GNTTAB_NR_RESERVED_ENTRIES - 1}) {
    SCOPED_TRACE(ref);
    table_[ref] = {GTF_permit_access, 0, static_cast<uint32_t>(frame_)};
    EXPECT_EQ(at_xen_grant_end(&grants_, ref), AT_INVALID);
    EXPECT_EQ(table_[ref].flags, GTF_permit_access);
    table_[ref] = {};
  }
}

TEST_F(GrantTest, EndWhileMapped_IsBusyAndChangesNothing) {
  for (bool readonly : {false, true}) {
    SCOPED_TRACE(readonly ? "mapped for reading" : "mapped for writing");
    at_xen_grant_ref ref = 0;
    grant_handle_t one, two;
    void *page;
    ASSERT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, frame_), AT_OK);
    ASSERT_EQ(at_fake_xen_grant_map(xen_, &page, &one, kPeer, kGuest, ref, readonly), GNTST_okay);
    ASSERT_EQ(at_fake_xen_grant_map(xen_, &page, &two, kPeer, kGuest, ref, readonly), GNTST_okay);
    EXPECT_EQ(page, page_);
    EXPECT_EQ(at_xen_grant_end(&grants_, ref), AT_BUSY);
    EXPECT_EQ(PeerReads(ref), GNTST_okay) << "the grant is as it was";
    ASSERT_EQ(at_fake_xen_grant_unmap(xen_, kPeer, one), GNTST_okay);
    EXPECT_EQ(at_xen_grant_end(&grants_, ref), AT_BUSY) << "mapped twice, unmapped once";
    ASSERT_EQ(at_fake_xen_grant_unmap(xen_, kPeer, two), GNTST_okay);
    EXPECT_EQ(at_xen_grant_end(&grants_, ref), AT_OK);
  }
}

TEST_F(GrantTest, FramesBeyondVersionOne_AreOutOfRange) {
  at_xen_grant_ref ref = 99;
  EXPECT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, uint64_t{1} << 32), AT_RANGE);
  EXPECT_EQ(at_xen_grant_give_readonly(&grants_, &ref, kPeer, UINT64_MAX), AT_RANGE);
  EXPECT_EQ(ref, 99u);
  ASSERT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, 0xffffffff), AT_OK);
  EXPECT_EQ(table_[ref].frame, 0xffffffffu);
  EXPECT_EQ(at_xen_grant_end(&grants_, ref), AT_OK);
}

TEST_F(GrantTest, Reserve_SetsAsideForWhoUnreserves) {
  at_xen_grant_ref ref = 0, other = 0;
  EXPECT_EQ(at_xen_grants_reserve(&grants_, kUsable + 1), AT_NO_SPACE);
  EXPECT_EQ(at_xen_grants_reserve(&grants_, 0xffffffff), AT_NO_SPACE);
  EXPECT_EQ(at_xen_grants_available(&grants_), kUsable);
  ASSERT_EQ(at_xen_grants_reserve(&grants_, kUsable - 1), AT_OK);
  EXPECT_EQ(at_xen_grants_reserve(&grants_, 2), AT_NO_SPACE);
  ASSERT_EQ(at_xen_grant_give(&grants_, &other, kPeer, frame_), AT_OK);
  EXPECT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, frame_), AT_NO_SPACE);

  ASSERT_EQ(at_xen_grants_unreserve(&grants_, 1), AT_OK);
  ASSERT_EQ(at_xen_grant_give(&grants_, &ref, kPeer, frame_), AT_OK);
  EXPECT_EQ(at_xen_grants_available(&grants_), 0u);

  EXPECT_EQ(at_xen_grants_unreserve(&grants_, kUsable - 1), AT_INVALID);
  EXPECT_EQ(at_xen_grants_unreserve(&grants_, kUsable - 2), AT_OK);
  EXPECT_EQ(at_xen_grants_unreserve(&grants_, 1), AT_INVALID);
  EXPECT_EQ(at_xen_grant_end(&grants_, ref), AT_OK);
  EXPECT_EQ(at_xen_grant_end(&grants_, other), AT_OK);
}

}  // namespace
