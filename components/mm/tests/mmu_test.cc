// SPDX-License-Identifier: ISC
// The contract of <atman/mm/mmu.h>: batches, W^X, and undoing for every place in which the MMU may fail.

#include <atman/mm/mmu.h>

#include <memory>
#include <vector>

#include <atman/testing/fake_mmu.h>

#include "gtest/gtest.h"

namespace {

constexpr uintptr_t kBase = 0x7000000000;
constexpr size_t kPage = 4096;
constexpr uint32_t kRead = AT_MM_READ, kReadWrite = AT_MM_READ | AT_MM_WRITE, kReadExec = AT_MM_READ | AT_MM_EXEC;

class MmuTest : public ::testing::Test {
 protected:
  MmuTest() : fake_(new at_fake_mmu) {
    at_fake_mmu_init(fake_.get(), kBase);
    mmu_ = at_fake_mmu_seam(fake_.get());
    mmu_.ops->tables(mmu_.ctx, kBase, 256);
    for (size_t i = 0; i < 256; ++i) frames_.push_back(1000 + i);
  }
  void TearDown() override {
    EXPECT_EQ(at_fake_mmu_mapped(fake_.get()), 0u) << "a test left pages mapped";
    EXPECT_EQ(at_fake_mmu_aliases(fake_.get()), 0u);
  }

  at_status Map(size_t count, uint32_t prot) { return at_mm_mmu_map(&mmu_, kBase, frames_.data(), count, prot); }
  at_status Protect(size_t count, uint32_t prot) { return at_mm_mmu_protect(&mmu_, kBase, count, prot); }
  at_status Unmap(size_t count) { return at_mm_mmu_unmap(&mmu_, kBase, count); }
  void ExpectAll(size_t count, uint32_t prot) {
    for (size_t i = 0; i < count; ++i) {
      const void *va = reinterpret_cast<void *>(kBase + i * kPage);
      ASSERT_EQ(at_fake_mmu_prot(fake_.get(), va), prot) << i;
      ASSERT_EQ(at_fake_mmu_frame(fake_.get(), va), prot == AT_MM_NONE ? 0 : 1000 + i) << i;
    }
  }

  std::unique_ptr<at_fake_mmu> fake_;
  at_mm_mmu mmu_;
  std::vector<uint64_t> frames_;
};
using MmuDeathTest = MmuTest;

TEST_F(MmuTest, Ranges_TakeOneCallPerBatch) {
  const struct { size_t pages, calls; } cases[] = {{0, 0}, {1, 1}, {32, 1}, {33, 2}, {64, 2}, {100, 4}};
  for (const auto &c : cases) {
    SCOPED_TRACE(c.pages);
    size_t calls = fake_->calls;
    ASSERT_EQ(Map(c.pages, kReadWrite), AT_OK);
    ExpectAll(c.pages, kReadWrite);
    EXPECT_EQ(fake_->calls - calls, c.calls);
    ASSERT_EQ(Protect(c.pages, kRead), AT_OK);
    ExpectAll(c.pages, kRead);
    EXPECT_EQ(fake_->calls - calls, 2 * c.calls);
    ASSERT_EQ(Unmap(c.pages), AT_OK);
    ExpectAll(c.pages, AT_MM_NONE);
    EXPECT_EQ(fake_->calls - calls, 3 * c.calls);
  }
}

TEST_F(MmuTest, ForbiddenProtections_NeverReachTheMmu) {
  ASSERT_EQ(Map(4, kReadExec), AT_OK);
  size_t calls = fake_->calls;
  for (uint32_t prot : {AT_MM_NONE, AT_MM_WRITE | AT_MM_EXEC, 7u, 8u, 0x80000001u}) {
    SCOPED_TRACE(prot);
    EXPECT_EQ(at_mm_mmu_map(&mmu_, kBase + 8 * kPage, frames_.data(), 4, prot), AT_INVALID);
    EXPECT_EQ(Protect(4, prot), AT_INVALID);
  }
  EXPECT_EQ(fake_->calls, calls);
  EXPECT_EQ(Unmap(4), AT_OK);
}

TEST_F(MmuTest, UnalignedAddresses_AreRefused) {
  EXPECT_EQ(at_mm_mmu_map(&mmu_, kBase + 1, frames_.data(), 1, kRead), AT_INVALID);
  EXPECT_EQ(at_mm_mmu_unmap(&mmu_, kBase + 8, 1), AT_INVALID);
  EXPECT_EQ(at_mm_mmu_protect(&mmu_, kBase + 2048, 1, kRead), AT_INVALID);
  EXPECT_EQ(at_mm_guard(&mmu_, reinterpret_cast<void *>(kBase + 16)), AT_INVALID);
  EXPECT_EQ(at_mm_unguard(&mmu_, reinterpret_cast<void *>(kBase + 16), 1), AT_INVALID);
  EXPECT_EQ(fake_->calls, 0u);
}

TEST_F(MmuTest, FailingMap_ForEveryNMapsNothing) {
  size_t n = 0;
  do {
    SCOPED_TRACE(n);
    fake_->fail_update = ++n;
    at_status status = Map(100, kReadWrite);
    if (n <= 100) {
      EXPECT_EQ(status, AT_IO);
      EXPECT_EQ(at_fake_mmu_mapped(fake_.get()), 0u);
    } else {
      EXPECT_EQ(status, AT_OK);
    }
  } while (n <= 100);
  fake_->fail_update = 0;
  EXPECT_EQ(Unmap(100), AT_OK);
}

TEST_F(MmuTest, FailingProtect_ForEveryNChangesNothing) {
  ASSERT_EQ(Map(70, kReadWrite), AT_OK);
  for (size_t n = 1; n <= 70; ++n) {
    SCOPED_TRACE(n);
    fake_->fail_update = n;
    EXPECT_EQ(Protect(70, kRead), AT_IO);
    ExpectAll(70, kReadWrite);
  }
  fake_->fail_update = 71;
  EXPECT_EQ(Protect(70, kRead), AT_OK);
  EXPECT_EQ(Unmap(70), AT_IO);  // the one that is left of the countdown
  EXPECT_EQ(Unmap(70), AT_OK);
}

TEST_F(MmuTest, FailingUnmap_ForEveryNGoesOnAndCanBeRepeated) {
  for (size_t n = 1; n <= 70; ++n) {
    SCOPED_TRACE(n);
    ASSERT_EQ(Map(70, kRead), AT_OK);
    fake_->fail_update = n;
    EXPECT_EQ(Unmap(70), AT_IO);
    EXPECT_LE(at_fake_mmu_mapped(fake_.get()), size_t{AT_MM_MMU_BATCH}) << "the other batches are unmapped";
    EXPECT_EQ(Unmap(70), AT_OK);
    EXPECT_EQ(at_fake_mmu_mapped(fake_.get()), 0u);
  }
}

TEST_F(MmuTest, WhatXenRefuses_IsReportedAndUndone) {
  const struct {
    const char *what;
    uint64_t frame;
    uint8_t owner;
    uint32_t prot;
    at_status status;
  } cases[] = {
      {"another domain's frame", 7, AT_FAKE_MMU_FOREIGN, kRead, AT_DENIED},
      {"a page table, writable", 8, AT_FAKE_MMU_TABLE, kReadWrite, AT_DENIED},
      {"a page table, read-only", 9, AT_FAKE_MMU_TABLE, kRead, AT_OK},
      {"no frame of this machine", AT_FAKE_MMU_FRAMES, AT_FAKE_MMU_OWN, kRead, AT_RANGE},
      {"the largest number", UINT64_MAX, AT_FAKE_MMU_OWN, kRead, AT_RANGE},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    if (c.frame < AT_FAKE_MMU_FRAMES) fake_->owner[c.frame] = c.owner;
    frames_[40] = c.frame;
    EXPECT_EQ(Map(50, c.prot), c.status);
    EXPECT_EQ(at_fake_mmu_mapped(fake_.get()), c.status == AT_OK ? 50u : 0u);
    EXPECT_EQ(Unmap(50), AT_OK);
  }
}

TEST_F(MmuTest, Protect_WantsMappedPagesOfOneKind) {
  EXPECT_EQ(Protect(1, kRead), AT_NOT_FOUND);
  EXPECT_EQ(at_mm_mmu_protect(&mmu_, kBase + 600 * kPage, 1, kRead), AT_NOT_FOUND) << "no table";
  ASSERT_EQ(Map(3, kRead), AT_OK);
  EXPECT_EQ(Protect(4, kReadExec), AT_NOT_FOUND);
  ExpectAll(3, kRead);
  ASSERT_EQ(Protect(1, kReadExec), AT_OK);
  EXPECT_EQ(Protect(3, kReadWrite), AT_INVALID);
  ASSERT_EQ(Protect(1, kRead), AT_OK);
  EXPECT_EQ(Protect(3, kReadWrite), AT_OK);
  EXPECT_EQ(Unmap(3), AT_OK);

  at_mm_mmu_ops blind = *mmu_.ops;
  blind.lookup = nullptr;
  mmu_.ops = &blind;
  EXPECT_EQ(Protect(1, kRead), AT_UNSUPPORTED);
}

TEST_F(MmuTest, Guard_TakesThePageAwayAndBack) {
  auto *page = reinterpret_cast<void *>(kBase);
  ASSERT_EQ(Map(1, kReadWrite), AT_OK);
  fake_->fail_update = 1;
  EXPECT_EQ(at_mm_guard(&mmu_, page), AT_IO);
  EXPECT_EQ(at_fake_mmu_prot(fake_.get(), page), kReadWrite);
  EXPECT_EQ(at_mm_guard(&mmu_, page), AT_OK);
  EXPECT_EQ(at_fake_mmu_prot(fake_.get(), page), AT_MM_NONE);
  fake_->fail_update = 1;
  EXPECT_EQ(at_mm_unguard(&mmu_, page, 1000), AT_IO);
  EXPECT_EQ(at_fake_mmu_prot(fake_.get(), page), AT_MM_NONE);
  EXPECT_EQ(at_mm_unguard(&mmu_, page, 1000), AT_OK);
  ExpectAll(1, kReadWrite);
  EXPECT_EQ(Unmap(1), AT_OK);
}

TEST_F(MmuDeathTest, MmuThatRefusesToUndo_Panics) {
  fake_->dead = true;
  EXPECT_DEATH(Map(1, kRead), "undo a mapping");
  fake_->dead = false;
  ASSERT_EQ(Map(1, kRead), AT_OK);
  fake_->dead = true;
  EXPECT_DEATH(Protect(1, kReadExec), "undo a protection");
  EXPECT_EQ(Unmap(1), AT_IO);
  fake_->dead = false;
  EXPECT_EQ(Unmap(1), AT_OK);
}

TEST_F(MmuDeathTest, Fake_EndsWhatXenWouldEnd) {
  at_mm_pte_update bad[AT_MM_MMU_BATCH + 1] = {};
  auto update = [&](size_t count) { return mmu_.ops->update(mmu_.ctx, bad, count); };
  bad[0] = {kBase, 5, AT_MM_NONE};
  EXPECT_DEATH(update(1), "still holds a frame");
  bad[0] = {kBase, 5, AT_MM_WRITE | AT_MM_EXEC};
  EXPECT_DEATH(update(1), "writable and executable");
  EXPECT_DEATH(update(0), "batch");
  EXPECT_DEATH(update(AT_MM_MMU_BATCH + 1), "batch");
  bad[0] = {kBase + 600 * kPage, 5, AT_MM_READ};
  EXPECT_EQ(update(1), AT_NOT_FOUND) << "no table there";
  bad[0] = {kBase + size_t{AT_FAKE_MMU_PAGES} * kPage, 5, AT_MM_READ};
  EXPECT_EQ(update(1), AT_RANGE);
}

TEST_F(MmuTest, Fake_FindsAliases) {
  frames_[1] = frames_[0];
  ASSERT_EQ(Map(1, kReadWrite), AT_OK);
  ASSERT_EQ(at_mm_mmu_map(&mmu_, kBase + kPage, &frames_[1], 1, kReadExec), AT_OK);
  EXPECT_EQ(at_fake_mmu_aliases(fake_.get()), 1u);
  EXPECT_EQ(Unmap(2), AT_OK);
}

}  // namespace
