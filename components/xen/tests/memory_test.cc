// SPDX-License-Identifier: ISC
// The contract of <atman/xen/memory.h>, on the fake Xen.

#include <atman/xen/memory.h>

#include <set>
#include <vector>

#include <atman/xen/grant.h>
#include <xen/errno.h>

#include "gtest/gtest.h"
#include "guest_fixture.h"

namespace {

class MemoryTest : public GuestTest {
 protected:
  static constexpr uint64_t kFirstFrame = 0x10000;

  MemoryTest() : GuestTest(Small()) {}

  static at_fake_xen_config Small() {
    at_fake_xen_config config{};
    config.pages = 256;
    return config;
  }

  std::vector<uint64_t> Pages(size_t count) {
    std::vector<uint64_t> frames;
    for (size_t i = 0; i < count; ++i) frames.push_back(at_fake_xen_frame(xen_, at_fake_xen_page_alloc(xen_, kGuest)));
    return frames;
  }
  void Free(const std::vector<uint64_t> &frames) {
    for (uint64_t frame : frames) at_fake_xen_page_free(xen_, at_fake_xen_address(xen_, frame));
  }
  uint32_t InUse() { return at_fake_xen_pages_in_use(xen_, kGuest); }
};

TEST_F(MemoryTest, DecreaseAndPopulate_MoveTheReservation) {
  auto frames = Pages(10);
  uint64_t pages = 0;
  size_t done = 0;
  EXPECT_EQ(at_xen_memory_current(&pages), AT_OK);
  EXPECT_EQ(pages, 10u);
  EXPECT_EQ(at_xen_memory_decrease(&done, frames.data(), 10), AT_OK);
  EXPECT_EQ(done, 10u);
  EXPECT_EQ(InUse(), 0u);
  std::vector<uint64_t> back = {100, 101, 102};  // page numbers
  EXPECT_EQ(at_xen_memory_populate(&done, back.data(), back.size()), AT_OK);
  EXPECT_EQ(done, 3u);
  EXPECT_EQ(std::set<uint64_t>(back.begin(), back.end()).size(), 3u);
  for (uint64_t frame : back) EXPECT_NE(at_fake_xen_address(xen_, frame), nullptr);
  EXPECT_EQ(InUse(), 3u);
  Free(back);
}

TEST_F(MemoryTest, FrameThatIsNotOurs_StopsTheDecreaseThere) {
  auto frames = Pages(4);
  uint64_t theirs = at_fake_xen_frame(xen_, at_fake_xen_page_alloc(xen_, kPeer));
  const uint64_t list[] = {frames[0], frames[1], theirs, frames[2]};
  size_t done = 9;
  EXPECT_EQ(at_xen_memory_decrease(&done, list, 4), AT_AGAIN);
  EXPECT_EQ(done, 2u);
  EXPECT_EQ(InUse(), 2u);
  EXPECT_EQ(at_xen_memory_decrease(&done, list, 1), AT_AGAIN) << "it went already";
  EXPECT_EQ(done, 0u);
  Free({frames[2], frames[3], theirs});
}

TEST_F(MemoryTest, FrameThatAPeerMaps_DoesNotGo) {
  auto frames = Pages(1);
  at_xen_grants grants;
  at_xen_grant_ref ref;
  grant_handle_t handle;
  void *page;
  size_t done;
  at_xen_grants_init(&grants, at_fake_xen_grant_table(xen_, kGuest, 1), AT_XEN_GRANTS_PER_FRAME);
  ASSERT_EQ(at_xen_grant_give(&grants, &ref, kPeer, frames[0]), AT_OK);
  ASSERT_EQ(at_fake_xen_grant_map(xen_, &page, &handle, kPeer, kGuest, ref, false), GNTST_okay);
  EXPECT_EQ(at_xen_memory_decrease(&done, frames.data(), 1), AT_AGAIN);
  ASSERT_EQ(at_fake_xen_grant_unmap(xen_, kPeer, handle), GNTST_okay);
  ASSERT_EQ(at_xen_grant_end(&grants, ref), AT_OK);
  EXPECT_EQ(at_xen_memory_decrease(&done, frames.data(), 1), AT_OK);
}

TEST_F(MemoryTest, LimitAndAFullHost_StopThePopulate) {
  uint64_t pages = 0;
  size_t done = 0;
  at_fake_xen_set_page_limit(xen_, kGuest, 2);
  EXPECT_EQ(at_xen_memory_limit(&pages), AT_OK);
  EXPECT_EQ(pages, 2u);
  std::vector<uint64_t> list(300, 7);
  EXPECT_EQ(at_xen_memory_populate(&done, list.data(), 3), AT_NO_MEMORY);
  EXPECT_EQ(done, 2u);
  at_fake_xen_set_page_limit(xen_, kGuest, 0);
  size_t more = 0;
  EXPECT_EQ(at_xen_memory_populate(&more, list.data() + done, 298), AT_NO_MEMORY);
  EXPECT_LT(more, 298u);
  list.resize(done + more);
  Free(list);
}

TEST_F(MemoryTest, Exchange_GivesAnAlignedBlockBelowTheAddress) {
  auto hole = Pages(3);
  auto frames = Pages(8);
  Free(hole);
  uint64_t first = 0;
  ASSERT_EQ(at_xen_memory_exchange(&first, frames.data(), 3, 50, 0), AT_OK);
  EXPECT_EQ(first % 8, 0u);
  EXPECT_EQ(InUse(), 8u);
  for (uint64_t i = 0; i < 8; ++i) frames[i] = first + i;
  EXPECT_EQ(at_xen_memory_exchange(&first, frames.data(), 3, 50, 28), AT_NO_MEMORY) << "the fake has none so low";
  EXPECT_EQ(at_xen_memory_exchange(&first, frames.data(), 3, 50, 29), AT_OK);
  for (uint64_t i = 0; i < 8; ++i) frames[i] = first + i;
  EXPECT_EQ(at_xen_memory_exchange(&first, frames.data(), 10, 50, 0), AT_DENIED);
  frames[7] = kFirstFrame + 255;
  EXPECT_EQ(at_xen_memory_exchange(&first, frames.data(), 3, 50, 0), AT_INVALID) << "a frame that is not ours";
  EXPECT_EQ(InUse(), 8u);
  frames[7] = frames[6] + 1;
  Free(frames);
}

TEST_F(MemoryTest, AnyFailure_HasAName) {
  uint64_t value = 1;
  size_t done = 9;
  at_fake_xen_fail(xen_, __HYPERVISOR_memory_op, 1, true, XEN_ENOMEM);
  EXPECT_EQ(at_xen_memory_decrease(&done, &value, 1), AT_NO_MEMORY);
  EXPECT_EQ(done, 0u);
  EXPECT_EQ(at_xen_memory_populate(&done, &value, 1), AT_NO_MEMORY);
  EXPECT_EQ(at_xen_memory_exchange(&value, &value, 0, 0, 0), AT_NO_MEMORY);
  EXPECT_EQ(at_xen_memory_current(&value), AT_NO_MEMORY);
  EXPECT_EQ(at_xen_memory_limit(&value), AT_NO_MEMORY);
  EXPECT_EQ(value, 1u);
}

}  // namespace
