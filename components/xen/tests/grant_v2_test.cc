// SPDX-License-Identifier: ISC
// Grants in a version 2 table: whole frames of any number, parts, and what a peer still holds when they end.

#include <atman/xen/grant_v2.h>

#include <set>
#include <vector>

#include <atman/xen/grant_table.h>

#include "guest_fixture.h"

namespace {

constexpr uint32_t kEntries = AT_XEN_GRANTS_V2_PER_FRAME;

class GrantV2Test : public GuestTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(at_xen_grant_table_set_version(2), AT_OK);
    const grant_status_t *states;
    table_ = at_fake_xen_grant_table_v2(xen_, kGuest, 1, &states);
    at_xen_grants_v2_init(&grants_, table_, states, kEntries);
    page_ = static_cast<uint8_t *>(at_fake_xen_page_alloc(xen_, kGuest));
    frame_ = at_fake_xen_frame(xen_, page_);
  }

  void TearDown() override {
    EXPECT_EQ(at_xen_grants_v2_available(&grants_), kEntries - 8) << "a test left a grant";
    EXPECT_EQ(at_fake_xen_maps_in_use(xen_, kPeer), 0u);
    at_fake_xen_page_free(xen_, page_);
    GuestTest::TearDown();
  }

  int Reads(at_xen_grant_ref ref, uint32_t offset, uint32_t size) {
    char out[4096];
    return at_fake_xen_grant_read(xen_, out, kPeer, kGuest, ref, offset, size);
  }
  int Writes(at_xen_grant_ref ref, uint32_t offset, uint32_t size) {
    char data[4096] = "written";
    return at_fake_xen_grant_write(xen_, kPeer, kGuest, ref, offset, data, size);
  }

  grant_entry_v2_t *table_ = nullptr;
  at_xen_grants_v2 grants_{};
  uint8_t *page_ = nullptr;
  uint64_t frame_ = 0;
};

TEST_F(GrantV2Test, Give_LetsThePeerReadAndWriteUntilTheEnd) {
  at_xen_grant_ref ref = 0;
  at_fake_xen_reset_calls(xen_);
  ASSERT_EQ(at_xen_grant_v2_give(&grants_, &ref, kPeer, frame_, 0), AT_OK);
  EXPECT_EQ(Writes(ref, 0, 8), GNTST_okay);
  EXPECT_EQ(page_[0], 'w');
  EXPECT_EQ(Reads(ref, 0, 4096), GNTST_okay);
  ASSERT_EQ(at_xen_grant_v2_end(&grants_, ref), AT_OK);
  EXPECT_EQ(Reads(ref, 0, 1), GNTST_general_error);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 0u);

  ASSERT_EQ(at_xen_grant_v2_give(&grants_, &ref, kPeer, frame_, 1), AT_OK);
  EXPECT_EQ(Reads(ref, 0, 1), GNTST_okay);
  EXPECT_EQ(Writes(ref, 0, 1), GNTST_general_error);
  ASSERT_EQ(at_xen_grant_v2_end(&grants_, ref), AT_OK);
}

TEST_F(GrantV2Test, FramesBeyondVersionOne_AreNamed) {
  at_xen_grant_ref ref = 0;
  ASSERT_EQ(at_xen_grant_v2_give(&grants_, &ref, kPeer, uint64_t{1} << 40, 0), AT_OK);
  EXPECT_EQ(table_[ref].full_page.frame, uint64_t{1} << 40);
  ASSERT_EQ(at_xen_grant_v2_end(&grants_, ref), AT_OK);
}

TEST_F(GrantV2Test, Part_IsReachedByCopyingAndNothingElseIs) {
  at_xen_grant_ref ref = 0;
  ASSERT_EQ(at_xen_grant_v2_give_part(&grants_, &ref, kPeer, frame_, 100, 50, 0), AT_OK);
  const struct {
    uint32_t offset, size;
    int result;
  } cases[] = {{100, 50, GNTST_okay},         {149, 1, GNTST_okay},          {99, 1, GNTST_general_error},
               {99, 51, GNTST_general_error}, {150, 1, GNTST_general_error}, {100, 51, GNTST_general_error},
               {0, 4096, GNTST_general_error}};
  for (const auto &c : cases) {
    SCOPED_TRACE(::testing::Message() << c.offset << " + " << c.size);
    EXPECT_EQ(Reads(ref, c.offset, c.size), c.result);
    EXPECT_EQ(Writes(ref, c.offset, c.size), c.result);
  }
  void *theirs;
  grant_handle_t handle;
  EXPECT_EQ(at_fake_xen_grant_map(xen_, &theirs, &handle, kPeer, kGuest, ref, true), GNTST_general_error);
  ASSERT_EQ(at_xen_grant_v2_end(&grants_, ref), AT_OK);
  // The same entry serves a whole page again.
  at_xen_grant_ref whole = 0;
  ASSERT_EQ(at_xen_grant_v2_give(&grants_, &whole, kPeer, frame_, 0), AT_OK);
  EXPECT_EQ(whole, ref);
  EXPECT_EQ(Reads(whole, 0, 4096), GNTST_okay);
  ASSERT_EQ(at_xen_grant_v2_end(&grants_, whole), AT_OK);
}

TEST_F(GrantV2Test, WhatIsNoPartOfAPage_IsRefused) {
  const struct { uint16_t offset, size; } cases[] = {{0, 0}, {4096, 1}, {4095, 2}, {1, 4096}, {65535, 65535}};
  at_xen_grant_ref ref = 99;
  for (const auto &c : cases)
    EXPECT_EQ(at_xen_grant_v2_give_part(&grants_, &ref, kPeer, frame_, c.offset, c.size, 0), AT_INVALID);
  EXPECT_EQ(ref, 99u);
}

TEST_F(GrantV2Test, EndWhileMapped_ClosesTheGrantAndIsBusyUntilThePeerLetsGo) {
  for (bool readonly : {false, true}) {
    SCOPED_TRACE(readonly);
    at_xen_grant_ref ref = 0;
    void *theirs;
    grant_handle_t one, two;
    ASSERT_EQ(at_xen_grant_v2_give(&grants_, &ref, kPeer, frame_, 0), AT_OK);
    ASSERT_EQ(at_fake_xen_grant_map(xen_, &theirs, &one, kPeer, kGuest, ref, readonly), GNTST_okay);
    uint32_t available = at_xen_grants_v2_available(&grants_);
    EXPECT_EQ(at_xen_grant_v2_end(&grants_, ref), AT_BUSY);
    EXPECT_EQ(at_xen_grant_v2_end(&grants_, ref), AT_BUSY);
    EXPECT_EQ(at_xen_grants_v2_available(&grants_), available) << "the entry is not used for another page";
    EXPECT_EQ(at_fake_xen_grant_map(xen_, &theirs, &two, kPeer, kGuest, ref, true), GNTST_general_error);
    ASSERT_EQ(at_fake_xen_grant_unmap(xen_, kPeer, one), GNTST_okay);
    EXPECT_EQ(at_xen_grant_v2_end(&grants_, ref), AT_OK);
  }
}

TEST_F(GrantV2Test, End_RefusesWhatIsNoLiveGrant) {
  at_xen_grant_ref ref = 0;
  ASSERT_EQ(at_xen_grant_v2_give(&grants_, &ref, kPeer, frame_, 0), AT_OK);
  ASSERT_EQ(at_xen_grant_v2_end(&grants_, ref), AT_OK);
  for (at_xen_grant_ref bad : {ref, ref + 1, 0u, 7u, kEntries, 0xffffffffu}) {
    SCOPED_TRACE(bad);
    EXPECT_EQ(at_xen_grant_v2_end(&grants_, bad), AT_INVALID);
  }
}

TEST_F(GrantV2Test, Full_EveryEntryIsUsedOnceAndAgainAfterItsEnd) {
  std::set<at_xen_grant_ref> refs;
  at_xen_grant_ref ref = 0;
  for (uint32_t i = 0; i < kEntries - 8; ++i) {
    ASSERT_EQ(at_xen_grant_v2_give(&grants_, &ref, kPeer, frame_, 0), AT_OK);
    ASSERT_TRUE(refs.insert(ref).second);
  }
  EXPECT_EQ(*refs.begin(), 8u);
  EXPECT_EQ(*refs.rbegin(), kEntries - 1);
  EXPECT_EQ(at_xen_grant_v2_give(&grants_, &ref, kPeer, frame_, 0), AT_NO_SPACE);
  for (at_xen_grant_ref again : {8u, 100u, kEntries - 1}) ASSERT_EQ(at_xen_grant_v2_end(&grants_, again), AT_OK);
  std::set<at_xen_grant_ref> reused;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(at_xen_grant_v2_give(&grants_, &ref, kPeer, frame_, 0), AT_OK);
    reused.insert(ref);
  }
  EXPECT_EQ(reused, (std::set<at_xen_grant_ref>{8, 100, kEntries - 1}));
  for (auto used : refs) ASSERT_EQ(at_xen_grant_v2_end(&grants_, used), AT_OK);
}

TEST_F(GrantV2Test, TooSmallATable_HasNoGrants) {
  at_xen_grants_v2 small;
  at_xen_grant_ref ref = 0;
  at_xen_grants_v2_init(&small, table_, nullptr, 3);
  EXPECT_EQ(at_xen_grants_v2_available(&small), 0u);
  EXPECT_EQ(at_xen_grant_v2_give(&small, &ref, kPeer, frame_, 0), AT_NO_SPACE);
}

}  // namespace
