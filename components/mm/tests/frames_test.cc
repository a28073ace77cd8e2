// SPDX-License-Identifier: ISC
// The contract of <atman/mm/frames.h>: what is touched when, what heals, what is refused; on memory that faults when
// it is touched too early, and against a model. What ends the program is in frames_hostile_test.cc.

#include <atman/mm/frames.h>
#include <atman/testing/seed.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "frames_fixture.h"
#include "sign.h"

namespace {

TEST_F(FramesTest, Init_TouchesNothingOfATerabyte) {
  // Neither page nor state byte exists: the state pointer leads nowhere.
  at_mm_frames_config config{};
  config.base = reinterpret_cast<void *>(uintptr_t{1} << 40);
  config.pages = size_t{1} << 28;
  config.state = reinterpret_cast<uint8_t *>(8);
  at_mm_frames_init(&frames_, &config);
  EXPECT_EQ(Stats(frames_).virgin, size_t{1} << 28);
  EXPECT_EQ(Try(0), AT_NO_MEMORY) << "there is no grow";
}

TEST_F(FramesTest, SinglePages_TakeVirginPagesOneByOne) {
  Start(64);
  std::vector<char *> pages;
  for (size_t i = 0; i < 10; ++i) {
    pages.push_back(Alloc(0));
    EXPECT_EQ(pages[i], memory_->base() + i * kPage);
    EXPECT_EQ(memory_->ready(), i + 1) << "no page before it is needed";
  }
  for (char *page : pages) Free(page, 0);
  EXPECT_EQ(Alloc(0), pages.back()) << "the page freed last is warm";
  Free(pages.back(), 0);
  EXPECT_EQ(memory_->ready(), 10u);
}

TEST_F(FramesTest, ReadyPages_AreUsedWithoutGrowing) {
  Start(64, 64);
  for (unsigned order = 0; order <= 6; ++order) EXPECT_EQ(Try(order), AT_OK);
  EXPECT_EQ(memory_->grows(), 0u);
}

TEST_F(FramesTest, Blocks_AreAlignedByAddressWhateverTheBase) {
  for (size_t skew : {0u, 1u, 7u, 1000u, 1023u}) {
    SCOPED_TRACE(skew);
    Start(4096, 0, 0, skew);
    char *blocks[AT_MM_ORDER_MAX + 1];
    for (unsigned order = 0; order <= AT_MM_ORDER_MAX; ++order) {
      blocks[order] = Alloc(order);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(blocks[order]) % (kPage << order), 0u);
      blocks[order][(kPage << order) - 1] = 1;
    }
    for (unsigned order = 0; order <= AT_MM_ORDER_MAX; ++order) Free(blocks[order], order);
  }
}

TEST_F(FramesTest, AllFreed_TheLargestBlockIsThereAgain) {
  for (unsigned order = 0; order < 4; ++order) {
    SCOPED_TRACE(order);
    const AtSeed seed(order);
    Start(kLargest);
    std::vector<char *> pages;
    for (size_t i = 0; i < kLargest; ++i) pages.push_back(Alloc(0));
    EXPECT_EQ(Try(0), AT_NO_MEMORY);
    if (order == 1) std::reverse(pages.begin(), pages.end());
    if (order > 1) std::shuffle(pages.begin(), pages.end(), std::mt19937(seed.value()));
    for (char *page : pages) Free(page, 0);
    char *block = Alloc(AT_MM_ORDER_MAX);
    EXPECT_EQ(block, memory_->base());
    Free(block, AT_MM_ORDER_MAX);
    EXPECT_EQ(Stats(frames_).free_blocks[AT_MM_ORDER_MAX], 1u);
  }
}

TEST_F(FramesTest, FreePages_AreMergedBeforeVirginOnesAreTouched) {
  Start(2 * kLargest);
  char *first = Alloc(0), *second = Alloc(0);
  Free(first, 0);
  Free(second, 0);
  char *pair = Alloc(1);
  EXPECT_EQ(pair, memory_->base());
  EXPECT_EQ(memory_->ready(), 2u);
  Free(pair, 1);
}

TEST_F(FramesTest, UnalignedFrontier_WhatIsSkippedServesLater) {
  Start(32);
  char *page = Alloc(0), *block = Alloc(3);
  EXPECT_EQ(block, memory_->base() + 8 * kPage);
  EXPECT_EQ(Stats(frames_).free, 7u);
  char *skipped = Alloc(2);
  EXPECT_EQ(skipped, memory_->base() + 4 * kPage);
  EXPECT_EQ(memory_->ready(), 16u);
  Free(page, 0);
  Free(block, 3);
  Free(skipped, 2);
  EXPECT_EQ(Try(4), AT_OK);
  EXPECT_EQ(memory_->ready(), 16u);
}

TEST_F(FramesTest, EndOfMemory_IsUsedToTheLastPageAndNotBeyond) {
  for (size_t pages : {0u, 1u, 5u, 1023u, 1025u, 2000u}) {
    SCOPED_TRACE(pages);
    Start(pages);
    std::vector<std::pair<char *, unsigned>> blocks;
    for (unsigned order = AT_MM_ORDER_MAX + 1; order-- > 0;) {
      void *block;
      while (at_mm_frames_alloc(&frames_, &block, order) == AT_OK)
        blocks.emplace_back(static_cast<char *>(block), order);
    }
    EXPECT_EQ(Stats(frames_).used, pages);
    EXPECT_EQ(Stats(frames_).peak, pages);
    for (auto &b : blocks) Free(b.first, b.second);
  }
}

TEST_F(FramesTest, FailingGrow_ForEveryNIsReportedAndLeavesThingsWhole) {
  for (size_t n = 1;; ++n) {
    SCOPED_TRACE(n);
    Start(64);
    memory_->fail_grow = n;
    memory_->fail_after = n % 3;  // half-way: some pages came
    std::vector<char *> blocks;
    at_status failed = AT_OK;
    for (int i = 0; i < 20; ++i) {
      void *block = this;
      at_status status = at_mm_frames_alloc(&frames_, &block, 1);
      if (status == AT_OK) {
        blocks.push_back(static_cast<char *>(block));
      } else {
        EXPECT_EQ(status, AT_QUOTA) << "what grow said";
        EXPECT_EQ(block, this);
        failed = status;
      }
    }
    EXPECT_EQ(Stats(frames_).used, 2 * blocks.size());
    for (char *block : blocks) Free(block, 1);
    if (memory_->fail_grow > 0) break;  // N was more than there are calls
    EXPECT_TRUE(failed != AT_OK || memory_->fail_after == 2) << "two pages were all that was asked for";
  }
}

TEST_F(FramesTest, GrowingMoreThanAskedFor_SavesCalls) {
  Start(1000);
  memory_->extra_pages = 63;
  std::vector<char *> pages;
  for (int i = 0; i < 640; ++i) pages.push_back(Alloc(0));
  EXPECT_EQ(memory_->grows(), 10u);
  for (char *page : pages) Free(page, 0);
}

TEST_F(FramesTest, PagesBeforeTheFirst_AreLeftAloneUntilAdded) {
  Start(256, 128, 100);
  EXPECT_EQ(Stats(frames_).total, 156u);
  char *page = Alloc(0);
  EXPECT_EQ(page, memory_->base() + 100 * kPage);
  Free(page, 0);

  at_mm_frames_add(&frames_, 64, 32);  // a gap remains behind it,
  EXPECT_EQ(Stats(frames_).total, 188u);
  char *block = Alloc(5);
  EXPECT_EQ(block, memory_->base() + 64 * kPage);
  Free(block, 5);

  at_mm_frames_add(&frames_, 96, 4);  // which is closed,
  at_mm_frames_add(&frames_, 0, 64);  // and the rest comes
  EXPECT_EQ(Stats(frames_).total, 256u);
  block = Alloc(7);
  EXPECT_EQ(block, memory_->base()) << "what was added merges with what was there";
  Free(block, 7);
  block = Alloc(8);
  EXPECT_EQ(block, memory_->base());
  Free(block, 8);
}

TEST_F(FramesTest, Shortage_IsAskedOnceAndHelps) {
  struct Cache {
    at_mm_frames *frames;
    std::vector<char *> pages;
    int asked;
  } cache{&frames_, {}, 0};
  Start(8);
  at_mm_frames_on_shortage(
      &frames_,
      [](void *ctx) {
        auto *cache = static_cast<Cache *>(ctx);
        cache->asked++;
        for (char *page : cache->pages) at_mm_frames_free(cache->frames, page, 0);
        cache->pages.clear();
      },
      &cache);
  for (int i = 0; i < 8; ++i) cache.pages.push_back(Alloc(0));
  EXPECT_EQ(cache.asked, 0);
  EXPECT_EQ(Try(3), AT_OK);
  EXPECT_EQ(cache.asked, 1);
  EXPECT_EQ(Try(4), AT_NO_MEMORY);
  EXPECT_EQ(cache.asked, 2) << "once per request";
  at_mm_frames_on_shortage(&frames_, nullptr, nullptr);
  EXPECT_EQ(Try(4), AT_NO_MEMORY);
  EXPECT_EQ(cache.asked, 2);
}

TEST_F(FramesTest, FewPages_WaitUnmerged) {
  Start(512);
  std::vector<char *> pages;
  for (int i = 0; i < 512; ++i) pages.push_back(Alloc(0));
  for (char *page : pages) Free(page, 0);
  EXPECT_LE(Stats(frames_).free_blocks[0], size_t{AT_MM_QUICK_MAX} + 1);
}

TEST_F(FramesTest, Peak_IsTheMostAtOnce) {
  Start(64);
  char *a = Alloc(3), *b = Alloc(2);
  Free(a, 3);
  EXPECT_EQ(Stats(frames_).peak, 12u);
  a = Alloc(0);
  EXPECT_EQ(Stats(frames_).peak, 12u);
  Free(a, 0);
  Free(b, 2);
}

TEST_F(FramesTest, RandomUse_AgreesWithAModel) {
  for (unsigned fixed : {1u, 2u, 3u}) {
    const AtSeed seed(fixed);
    Start(3000, 100, 0, seed.value() % 100 * 333);
    std::mt19937 random(seed.value());
    std::map<char *, unsigned> live;
    size_t used = 0;
    for (int step = 0; step < 20000; ++step) {
      bool grow_phase = step / 2500 % 2 == 0;
      if (live.empty() || random() % 8 < (grow_phase ? 5u : 3u)) {
        unsigned order = std::min(random() % 11, random() % 11) * (random() % 4 != 0);
        void *got;
        if (at_mm_frames_alloc(&frames_, &got, order) != AT_OK) continue;
        auto *block = static_cast<char *>(got);
        size_t size = kPage << order;
        ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % size, 0u);
        ASSERT_GE(block, memory_->base());
        ASSERT_LE(block + size, memory_->base() + 3000 * kPage);
        auto next = live.lower_bound(block);
        if (next != live.end()) {
          ASSERT_LE(block + size, next->first);
        }
        if (next != live.begin()) {
          auto before = std::prev(next);
          ASSERT_LE(before->first + (kPage << before->second), block);
        }
        live[block] = order;
        used += size_t{1} << order;
        Sign(block, block);
        Sign(block + size - sizeof(uintptr_t), block);
      } else {
        auto victim = std::next(live.begin(), random() % live.size());
        char *block = victim->first;
        size_t size = kPage << victim->second;
        ASSERT_TRUE(IsSigned(block, block));
        ASSERT_TRUE(IsSigned(block + size - sizeof(uintptr_t), block));
        Free(block, victim->second);
        used -= size_t{1} << victim->second;
        live.erase(victim);
      }
      if (step % 500 == 0) {
        ASSERT_EQ(Stats(frames_).used, used);
      }
    }
    for (auto &b : live) Free(b.first, b.second);
    std::vector<char *> largest;
    void *block;
    while (at_mm_frames_alloc(&frames_, &block, AT_MM_ORDER_MAX) == AT_OK) {
      largest.push_back(static_cast<char *>(block));
    }
    EXPECT_GE(largest.size(), 3000 / kLargest - 1) << "everything merged again";
    for (char *b : largest) Free(b, AT_MM_ORDER_MAX);
  }
}

}  // namespace
