// SPDX-License-Identifier: ISC
// The grant table as a whole: its size, growing under live grants, its version.

#include <atman/xen/grant_table.h>

#include <vector>

#include <atman/xen/grant_v2.h>
#include <atman/xen/hypercall.h>
#include <xen/errno.h>

#include "guest_fixture.h"

namespace {

class GrantTableTest : public GuestTest {
 protected:
  explicit GrantTableTest(at_fake_xen_config config = {}) : GuestTest(config) {}
};

TEST_F(GrantTableTest, Limit_SaysHowFarTheTableIsAndMayGo) {
  uint32_t frames = 0, most = 0;
  ASSERT_EQ(at_xen_grant_table_limit(&frames, &most), AT_OK);
  EXPECT_EQ(frames, 1u);
  EXPECT_EQ(most, 4u);
  uint64_t list[3];
  ASSERT_EQ(at_xen_grant_table_frames(list, 3), AT_OK);
  ASSERT_EQ(at_xen_grant_table_limit(&frames, &most), AT_OK);
  EXPECT_EQ(frames, 3u);
  at_fake_xen_fail(xen_, __HYPERVISOR_grant_table_op, 1, false, XEN_EFAULT);
  EXPECT_EQ(at_xen_grant_table_limit(&frames, &most), AT_INVALID);
  EXPECT_EQ(frames, 3u);
}

TEST_F(GrantTableTest, Grow_KeepsWhatIsGivenFreeAndSetAside) {
  grant_entry_v1_t *table = at_fake_xen_grant_table(xen_, kGuest, 1);
  at_xen_grants grants;
  at_xen_grants_init(&grants, table, 512);
  std::vector<at_xen_grant_ref> refs(504);
  for (auto &ref : refs) ASSERT_EQ(at_xen_grant_give(&grants, &ref, kPeer, 7), AT_OK);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(at_xen_grant_end(&grants, refs[i * 3]), AT_OK);
  ASSERT_EQ(at_xen_grants_reserve(&grants, 4), AT_OK);
  EXPECT_EQ(at_xen_grants_available(&grants), 0u);

  ASSERT_EQ(at_fake_xen_grant_table(xen_, kGuest, 4), table) << "the fake's is in one piece";
  ASSERT_EQ(at_xen_grants_grow(&grants, table, 4 * 512), AT_OK);
  EXPECT_EQ(at_xen_grants_available(&grants), 3u * 512);
  EXPECT_EQ(at_xen_grants_grow(&grants, table, 2 * 512), AT_INVALID);
  EXPECT_EQ(at_xen_grants_available(&grants), 3u * 512);
  ASSERT_EQ(at_xen_grants_unreserve(&grants, 4), AT_OK);
  at_xen_grant_ref last = 0;
  for (uint32_t i = 0; i < 3 * 512 + 4; ++i) ASSERT_EQ(at_xen_grant_give(&grants, &last, kPeer, 7), AT_OK);
  EXPECT_EQ(last, 4u * 512 - 1);
  EXPECT_EQ(at_xen_grant_give(&grants, &last, kPeer, 7), AT_NO_SPACE);
  for (at_xen_grant_ref ref = 8; ref < 4 * 512; ++ref) ASSERT_EQ(at_xen_grant_end(&grants, ref), AT_OK);
}

TEST_F(GrantTableTest, Version_ChangesAndKeepsTheToolstacksEntries) {
  grant_entry_v1_t *table = at_fake_xen_grant_table(xen_, kGuest, 1);
  uint32_t version = 0;
  ASSERT_EQ(at_xen_grant_table_version(&version), AT_OK);
  EXPECT_EQ(version, 1u);
  table[1] = {GTF_permit_access, 0, 77};
  table[9] = {GTF_permit_access, kPeer, 78};
  ASSERT_EQ(at_xen_grant_table_set_version(2), AT_OK);
  ASSERT_EQ(at_xen_grant_table_version(&version), AT_OK);
  EXPECT_EQ(version, 2u);
  const grant_status_t *states;
  grant_entry_v2_t *v2 = at_fake_xen_grant_table_v2(xen_, kGuest, 1, &states);
  EXPECT_EQ(v2[1].full_page.frame, 77u);
  EXPECT_EQ(v2[1].hdr.flags, GTF_permit_access);
  EXPECT_EQ(v2[9].hdr.flags, 0) << "all others are emptied";
  ASSERT_EQ(at_xen_grant_table_set_version(1), AT_OK);
  EXPECT_EQ(table[1].frame, 77u);
  table[1] = {};
  EXPECT_EQ(at_xen_grant_table_set_version(0), AT_INVALID);
  EXPECT_EQ(at_xen_grant_table_set_version(3), AT_INVALID);
}

TEST_F(GrantTableTest, Version_IsBusyWhileAGrantIsUsed) {
  grant_entry_v1_t *table = at_fake_xen_grant_table(xen_, kGuest, 1);
  void *page = at_fake_xen_page_alloc(xen_, kGuest), *theirs;
  table[9] = {GTF_permit_access, kPeer, static_cast<uint32_t>(at_fake_xen_frame(xen_, page))};
  grant_handle_t handle;
  ASSERT_EQ(at_fake_xen_grant_map(xen_, &theirs, &handle, kPeer, kGuest, 9, false), GNTST_okay);
  EXPECT_EQ(at_xen_grant_table_set_version(2), AT_BUSY);
  ASSERT_EQ(at_fake_xen_grant_unmap(xen_, kPeer, handle), GNTST_okay);
  EXPECT_EQ(at_xen_grant_table_set_version(2), AT_OK);
  at_fake_xen_page_free(xen_, page);
}

TEST_F(GrantTableTest, StatusFrames_AreVersionTwosAndNoMoreThanThereAre) {
  uint64_t frames[2] = {0, 0};
  EXPECT_EQ(at_xen_grant_table_status_frames(frames, 1), AT_INVALID) << "version 1 has none";
  ASSERT_EQ(at_xen_grant_table_set_version(2), AT_OK);
  ASSERT_EQ(at_xen_grant_table_status_frames(frames, 1), AT_OK);
  const grant_status_t *states;
  at_fake_xen_grant_table_v2(xen_, kGuest, 1, &states);
  EXPECT_EQ(frames[0], at_fake_xen_frame(xen_, states));
  EXPECT_EQ(at_xen_grant_table_status_frames(frames, 2), AT_INVALID);
}

class GrantsV1OnlyTest : public GrantTableTest {
 protected:
  GrantsV1OnlyTest() : GrantTableTest(Only()) {}
  static at_fake_xen_config Only() {
    at_fake_xen_config config{};
    config.grants_v1_only = true;
    return config;
  }
};

TEST_F(GrantsV1OnlyTest, VersionTwo_IsUnsupported) {
  EXPECT_EQ(at_xen_grant_table_set_version(2), AT_UNSUPPORTED);
  EXPECT_EQ(at_xen_grant_table_set_version(1), AT_OK);
}

}  // namespace
