// SPDX-License-Identifier: ISC
// The contract of <atman/mm/demand.h>, on a fake MMU; real page faults are the platform's test.

#include <atman/mm/demand.h>

#include <cstring>
#include <vector>

#include <atman/testing/fake_memory.h>
#include <atman/testing/fake_mmu.h>

#include "gtest/gtest.h"

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kPages = 64;
constexpr size_t kWindow = 200;
constexpr uint64_t kFirstFrame = 100;

class DemandTest : public ::testing::Test {
 protected:
  DemandTest() : memory_(kPages), map_(AT_MM_SPACE_WORDS(kWindow)) {
    at_mm_frames_config config = memory_.Config();
    at_mm_frames_init(&frames_, &config);
    at_fake_mmu_init(&mmu_, 0x7000000000);
    at_mm_space_config window{mmu_.base, kWindow, map_.data(), at_fake_mmu_seam(&mmu_)};
    at_mm_space_init(&space_, &window);
    source_ = {&frames_, FrameOf, this};
    at_mm_demand_init(&demand_, &space_, at_mm_pages_from_frames(&source_), PageOf, this);
  }
  void TearDown() override {
    struct at_mm_frames_stats stats;
    at_mm_frames_stats(&frames_, &stats);
    EXPECT_EQ(stats.used, 0u) << "a test left pages";
    EXPECT_EQ(at_fake_mmu_mapped(&mmu_), 0u);
    EXPECT_EQ(at_mm_space_free_pages(&space_), kWindow);
  }
  static uint64_t FrameOf(void *ctx, const void *page) {
    return kFirstFrame + (static_cast<const char *>(page) - static_cast<DemandTest *>(ctx)->memory_.base()) / kPage;
  }
  static void *PageOf(void *ctx, uint64_t frame) {
    return static_cast<DemandTest *>(ctx)->memory_.base() + (frame - kFirstFrame) * kPage;
  }
  char *Reserve(at_mm_demand_range *range, size_t count) {
    void *va = nullptr;
    EXPECT_EQ(at_mm_demand_reserve(&demand_, range, &va, count), AT_OK);
    return static_cast<char *>(va);
  }
  at_status Touch(const char *va) { return at_mm_demand_touch(&demand_, va); }

  AtFakeMemory memory_;
  at_mm_frames frames_;
  at_fake_mmu mmu_;
  std::vector<uint64_t> map_;
  at_mm_space space_;
  at_mm_frame_pages source_;
  at_mm_demand demand_;
};

TEST_F(DemandTest, TouchedPages_BecomeZeroesAndOthersDoNot) {
  at_mm_demand_range range;
  char *va = Reserve(&range, 100);
  EXPECT_EQ(at_fake_mmu_mapped(&mmu_), 0u);
  for (size_t page : {0u, 7u, 40u, 99u}) {
    EXPECT_EQ(Touch(va + page * kPage + 123), AT_OK);
    EXPECT_EQ(at_fake_mmu_prot(&mmu_, va + page * kPage), AT_MM_READ | AT_MM_WRITE);
    auto *content = static_cast<char *>(PageOf(this, at_fake_mmu_frame(&mmu_, va + page * kPage)));
    EXPECT_EQ(content[0], 0);
    EXPECT_EQ(memcmp(content, content + 1, kPage - 1), 0);
    EXPECT_EQ(Touch(va + page * kPage), AT_EXISTS);
  }
  EXPECT_EQ(at_fake_mmu_mapped(&mmu_), 4u);
  EXPECT_EQ(at_mm_demand_release(&demand_, &range), AT_OK);
  EXPECT_EQ(Touch(va), AT_NOT_FOUND);
}

TEST_F(DemandTest, AddressOutsideEveryRange_IsNotFound) {
  at_mm_demand_range first, second;
  char *a = Reserve(&first, 2), *b = Reserve(&second, 2);
  EXPECT_EQ(Touch(a - 1), AT_NOT_FOUND);
  EXPECT_EQ(Touch(b + 2 * kPage), AT_NOT_FOUND);
  EXPECT_EQ(Touch(nullptr), AT_NOT_FOUND);
  EXPECT_EQ(Touch(reinterpret_cast<char *>(~uintptr_t{0})), AT_NOT_FOUND);
  EXPECT_EQ(Touch(a + 2 * kPage - 1), AT_OK);
  EXPECT_EQ(Touch(b), AT_OK);
  EXPECT_EQ(at_mm_demand_release(&demand_, &first), AT_OK);
  EXPECT_EQ(Touch(a), AT_NOT_FOUND);
  EXPECT_EQ(Touch(b + kPage), AT_OK);
  EXPECT_EQ(at_mm_demand_release(&demand_, &second), AT_OK);
}

TEST_F(DemandTest, RunningOut_IsAStatusAndNothingIsLost) {
  at_mm_demand_range range, other;
  char *va = Reserve(&range, 100);
  void *none;
  for (size_t i = 0; i < kPages; ++i) EXPECT_EQ(Touch(va + i * kPage), AT_OK);
  EXPECT_EQ(Touch(va + kPages * kPage), AT_NO_MEMORY);
  EXPECT_EQ(at_mm_demand_reserve(&demand_, &other, &none, kWindow), AT_NO_SPACE);
  EXPECT_EQ(at_mm_demand_reserve(&demand_, &other, &none, 0), AT_INVALID);
  EXPECT_EQ(at_mm_demand_release(&demand_, &range), AT_OK);
}

TEST_F(DemandTest, FailingMmuAtAnyEntry_HoldsNothingMore) {
  for (size_t nth = 1; nth <= 40; ++nth) {
    SCOPED_TRACE(nth);
    at_mm_demand_range range;
    char *va = Reserve(&range, 40);
    mmu_.fail_update = 1;
    EXPECT_EQ(Touch(va), AT_IO);
    EXPECT_EQ(at_fake_mmu_mapped(&mmu_), 0u);
    for (size_t i = 0; i < 40; i += 3) EXPECT_EQ(Touch(va + i * kPage), AT_OK);
    mmu_.fail_update = nth;
    at_status status = at_mm_demand_release(&demand_, &range);
    mmu_.fail_update = 0;
    if (status != AT_OK) {
      EXPECT_EQ(at_mm_demand_release(&demand_, &range), AT_OK);
    }
  }
  at_mm_demand_range range;
  void *va;
  mmu_.fail_tables = 1;
  EXPECT_EQ(at_mm_demand_reserve(&demand_, &range, &va, 40), AT_NO_MEMORY);
}

}  // namespace
