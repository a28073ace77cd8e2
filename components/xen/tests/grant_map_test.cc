// SPDX-License-Identifier: ISC
// The grant operations that need the hypervisor: the table's own frames, and another domain's pages.

#include <atman/xen/grant.h>

#include <sys/mman.h>

#include <atman/xen/hypercall.h>
#include <xen/errno.h>

#include "guest_fixture.h"

namespace {

class GrantMapTest : public GuestTest {
 protected:
  GrantMapTest() {
    // The peer grants us a page, for writing as entry 9 and for reading as entry 10, and domain 0 as entry 11.
    page_ = static_cast<uint8_t *>(at_fake_xen_page_alloc(xen_, kPeer));
    auto frame = static_cast<uint32_t>(at_fake_xen_frame(xen_, page_));
    grant_entry_v1_t *table = at_fake_xen_grant_table(xen_, kPeer, 1);
    table[9] = {GTF_permit_access, kGuest, frame};
    table[10] = {GTF_permit_access | GTF_readonly, kGuest, frame};
    table[11] = {GTF_permit_access, 0, frame};
    window_ = static_cast<uint8_t *>(mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    va_ = reinterpret_cast<uintptr_t>(window_);
  }

  ~GrantMapTest() override { munmap(window_, 4096); }

  uint8_t *page_, *window_;
  uintptr_t va_;
};

TEST_F(GrantMapTest, Map_ShowsThePeersPage) {
  at_xen_grant_mapping mapping{};
  at_fake_xen_reset_calls(xen_);
  page_[17] = 'p';
  ASSERT_EQ(at_xen_grant_map(&mapping, va_, kPeer, 9, 0), AT_OK);
  EXPECT_EQ(window_[17], 'p');
  window_[18] = 'q';
  EXPECT_EQ(page_[18], 'q');
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 1u);
  EXPECT_EQ(at_fake_xen_maps_in_use(xen_, kGuest), 1u);
  ASSERT_EQ(at_xen_grant_unmap(&mapping), AT_OK);
  EXPECT_EQ(at_fake_xen_maps_in_use(xen_, kGuest), 0u);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 2u);
}

TEST_F(GrantMapTest, MapReadonly_AsksForNoMoreThanReading) {
  at_xen_grant_mapping mapping{};
  EXPECT_EQ(at_xen_grant_map(&mapping, va_, kPeer, 10, 0), AT_INVALID) << "granted for reading";
  ASSERT_EQ(at_xen_grant_map(&mapping, va_, kPeer, 10, 1), AT_OK);
  page_[0] = 'r';
  EXPECT_EQ(window_[0], 'r');
  ASSERT_EQ(at_xen_grant_unmap(&mapping), AT_OK);
}

using GrantMapDeathTest = GrantMapTest;

TEST_F(GrantMapDeathTest, WriteThroughAReadonlyMapping_Dies) {
  at_xen_grant_mapping mapping{};
  ASSERT_EQ(at_xen_grant_map(&mapping, va_, kPeer, 10, 1), AT_OK);
  EXPECT_DEATH(window_[0] = 1, "");
  ASSERT_EQ(at_xen_grant_unmap(&mapping), AT_OK);
  EXPECT_DEATH(window_[0] = 1, "");
}

TEST_F(GrantMapTest, WhatCannotBeMapped_SaysWhyAndMapsNothing) {
  const struct {
    const char *what;
    uintptr_t va;
    at_xen_domid peer;
    at_xen_grant_ref ref;
    at_status status;
  } cases[] = {
      {"no such domain", va_, 6, 9, AT_NOT_FOUND},
      {"ourselves by nickname", va_, DOMID_SELF, 9, AT_NOT_FOUND},
      {"not granted", va_, kPeer, 8, AT_INVALID},
      {"granted to another", va_, kPeer, 11, AT_INVALID},
      {"just outside the table", va_, kPeer, AT_XEN_GRANTS_PER_FRAME, AT_INVALID},
      {"far outside the table", va_, kPeer, 0xffffffff, AT_INVALID},
      {"a crooked address", va_ + 8, kPeer, 9, AT_INVALID},
      {"no address", 0, kPeer, 9, AT_INVALID},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    at_xen_grant_mapping mapping = {1, 2};
    EXPECT_EQ(at_xen_grant_map(&mapping, c.va, c.peer, c.ref, 0), c.status);
    EXPECT_EQ(mapping.va, 1u);
    EXPECT_EQ(at_fake_xen_maps_in_use(xen_, kGuest), 0u);
  }
}

TEST_F(GrantMapTest, Unmap_OnlyWhatIsMapped) {
  at_xen_grant_mapping mapping{}, wrong;
  ASSERT_EQ(at_xen_grant_map(&mapping, va_, kPeer, 9, 0), AT_OK);
  wrong = mapping;
  wrong.handle += 1;
  EXPECT_EQ(at_xen_grant_unmap(&wrong), AT_INVALID);
  wrong = mapping;
  wrong.va += 4096;
  EXPECT_EQ(at_xen_grant_unmap(&wrong), AT_INVALID);
  EXPECT_EQ(at_xen_grant_unmap(&mapping), AT_OK);
  EXPECT_EQ(at_xen_grant_unmap(&mapping), AT_INVALID);
}

// The status of the operation itself, as Xen may answer it.
TEST_F(GrantMapTest, OperationStatus_BecomesAStatus) {
  const struct {
    int16_t operation;
    at_status status;
  } cases[] = {
      {GNTST_okay, AT_OK},
      {GNTST_general_error, AT_INVALID},
      {GNTST_bad_domain, AT_NOT_FOUND},
      {GNTST_bad_gntref, AT_INVALID},
      {GNTST_bad_handle, AT_INVALID},
      {GNTST_bad_virt_addr, AT_INVALID},
      {GNTST_no_device_space, AT_NO_SPACE},
      {GNTST_permission_denied, AT_DENIED},
      {GNTST_bad_page, AT_INVALID},
      {GNTST_eagain, AT_AGAIN},
      {GNTST_no_space, AT_NO_SPACE},
      {-1000, AT_INVALID},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.operation);
    auto answer = [](void *ctx, const unsigned long *a) {
      if (a[0] == GNTTABOP_map_grant_ref)
        reinterpret_cast<gnttab_map_grant_ref *>(a[1])->status = *static_cast<const int16_t *>(ctx);
      if (a[0] == GNTTABOP_unmap_grant_ref)
        reinterpret_cast<gnttab_unmap_grant_ref *>(a[1])->status = *static_cast<const int16_t *>(ctx);
      if (a[0] == GNTTABOP_setup_table)
        reinterpret_cast<gnttab_setup_table *>(a[1])->status = *static_cast<const int16_t *>(ctx);
      return 0L;
    };
    at_xen_grant_mapping mapping{};
    uint64_t frame;
    at_fake_xen_serve(xen_, __HYPERVISOR_grant_table_op, answer, const_cast<int16_t *>(&c.operation));
    EXPECT_EQ(at_xen_grant_map(&mapping, va_, kPeer, 9, 0), c.status);
    EXPECT_EQ(at_xen_grant_unmap(&mapping), c.status);
    EXPECT_EQ(at_xen_grant_table_frames(&frame, 1), c.status);
  }
}

TEST_F(GrantMapTest, HypercallFails_IsReported) {
  at_xen_grant_mapping mapping{};
  uint64_t frame;
  at_fake_xen_fail(xen_, __HYPERVISOR_grant_table_op, 1, true, XEN_EFAULT);
  EXPECT_EQ(at_xen_grant_map(&mapping, va_, kPeer, 9, 0), AT_INVALID);
  EXPECT_EQ(at_xen_grant_unmap(&mapping), AT_INVALID);
  at_fake_xen_fail(xen_, __HYPERVISOR_grant_table_op, 1, true, XEN_ENOSYS);
  EXPECT_EQ(at_xen_grant_table_frames(&frame, 1), AT_UNSUPPORTED);
}

TEST_F(GrantMapTest, TableFrames_AreTheTablesOwn) {
  uint64_t frames[4] = {0, 0, 0, 0};
  ASSERT_EQ(at_xen_grant_table_frames(frames, 3), AT_OK);
  auto *table = reinterpret_cast<uint8_t *>(at_fake_xen_grant_table(xen_, kGuest, 1));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(frames[i], at_fake_xen_frame(xen_, table + i * 4096));
  EXPECT_EQ(frames[3], 0u);
  EXPECT_EQ(at_xen_grant_table_frames(frames, 5), AT_INVALID) << "more than the domain may have";
}

}  // namespace
