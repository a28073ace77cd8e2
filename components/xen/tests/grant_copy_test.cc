// SPDX-License-Identifier: ISC
// Copying to and from another domain's pages.

#include <atman/xen/grant_copy.h>

#include <cstring>

#include <atman/xen/hypercall.h>
#include <xen/errno.h>

#include "guest_fixture.h"

namespace {

class GrantCopyTest : public GuestTest {
 protected:
  GrantCopyTest() {
    theirs_ = static_cast<char *>(at_fake_xen_page_alloc(xen_, kPeer));
    ours_ = static_cast<char *>(at_fake_xen_page_alloc(xen_, kGuest));
    frame_ = at_fake_xen_frame(xen_, ours_);
    auto frame = static_cast<uint32_t>(at_fake_xen_frame(xen_, theirs_));
    grant_entry_v1_t *table = at_fake_xen_grant_table(xen_, kPeer, 1);
    table[9] = {GTF_permit_access, kGuest, frame};
    table[10] = {GTF_permit_access | GTF_readonly, kGuest, frame};
    table[11] = {GTF_permit_access, 0, frame};
    memcpy(theirs_ + 1000, "theirs", 6);
    memcpy(ours_ + 2000, "ours", 4);
  }

  void TearDown() override {
    grant_entry_v1_t *table = at_fake_xen_grant_table(xen_, kPeer, 1);
    for (int ref : {9, 10, 11}) EXPECT_EQ(table[ref].flags & (GTF_reading | GTF_writing), 0) << "still busy";
    at_fake_xen_page_free(xen_, ours_);
    GuestTest::TearDown();
  }

  char *theirs_, *ours_;
  uint64_t frame_;
};

TEST_F(GrantCopyTest, BytesGoBothWays_InOneHypercallEach) {
  at_fake_xen_reset_calls(xen_);
  EXPECT_EQ(at_xen_grant_copy_in(frame_, 10, kPeer, 9, 1000, 6), AT_OK);
  EXPECT_EQ(memcmp(ours_ + 9, "\0theirs\0", 8), 0);
  EXPECT_EQ(at_xen_grant_copy_in(frame_, 20, kPeer, 10, 1000, 6), AT_OK);
  EXPECT_EQ(at_xen_grant_copy_out(kPeer, 9, 4092, frame_, 2000, 4), AT_OK);
  EXPECT_EQ(memcmp(theirs_ + 4091, "\0ours", 5), 0);
  EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 3u);
}

TEST_F(GrantCopyTest, WhatCannotBe_CopiesNothing) {
  const struct {
    const char *what;
    uint64_t frame;
    uint16_t offset;
    at_xen_domid peer;
    at_xen_grant_ref ref;
    uint16_t peer_offset, size;
    at_status status;
  } cases[] = {
      {"a grant for reading only", frame_, 2000, kPeer, 10, 0, 4, AT_INVALID},
      {"somebody else's grant", frame_, 2000, kPeer, 11, 0, 4, AT_INVALID},
      {"no grant", frame_, 2000, kPeer, 12, 0, 4, AT_INVALID},
      {"beyond the table", frame_, 2000, kPeer, 1000000, 0, 4, AT_INVALID},
      {"no domain", frame_, 2000, 99, 9, 0, 4, AT_NOT_FOUND},
      {"over our page's end", frame_, 4094, kPeer, 9, 0, 4, AT_INVALID},
      {"over their page's end", frame_, 2000, kPeer, 9, 4094, 4, AT_INVALID},
      {"a frame that is not ours", at_fake_xen_frame(xen_, theirs_), 2000, kPeer, 9, 0, 4, AT_INVALID},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(at_xen_grant_copy_out(c.peer, c.ref, c.peer_offset, c.frame, c.offset, c.size), c.status);
    EXPECT_EQ(theirs_[0], 0);
    EXPECT_EQ(theirs_[4095], 0);
  }
  at_fake_xen_fail(xen_, __HYPERVISOR_grant_table_op, 1, false, XEN_ENOMEM);
  EXPECT_EQ(at_xen_grant_copy_in(frame_, 0, kPeer, 9, 1000, 6), AT_NO_MEMORY);
  EXPECT_EQ(ours_[0], 0);
}

}  // namespace
