// SPDX-License-Identifier: ISC
// The contract of <atman/mm/run.h>: lengths without headers, nothing wasted, in place where there is room.

#include <atman/mm/run.h>
#include <atman/testing/seed.h>

#include <cstring>
#include <map>
#include <memory>
#include <random>

#include <atman/testing/fake_memory.h>

#include "gtest/gtest.h"
#include "sign.h"

namespace {

constexpr size_t kPage = 4096;

class RunTest : public ::testing::Test {
 protected:
  void Start(size_t pages, size_t skew = 0) {
    memory_ = std::make_unique<AtFakeMemory>(pages, 0, skew);
    at_mm_frames_config config = memory_->Config();
    at_mm_frames_init(&frames_, &config);
  }
  void TearDown() override { EXPECT_EQ(Used(), 0u) << "a test left pages allocated"; }

  size_t Used() {
    struct at_mm_frames_stats stats;
    at_mm_frames_stats(&frames_, &stats);
    EXPECT_EQ(stats.total, stats.used + stats.free + stats.virgin);
    return stats.used;
  }
  char *Alloc(size_t pages, unsigned align_order = 0) {
    void *run = nullptr;
    EXPECT_EQ(at_mm_run_alloc(&frames_, &run, pages, align_order), AT_OK) << pages;
    return static_cast<char *>(run);
  }
  void Free(void *run) { at_mm_run_free(&frames_, run); }
  size_t Pages(void *run) { return at_mm_run_pages(&frames_, run); }
  at_status Resize(void *run, size_t pages) { return at_mm_run_resize(&frames_, run, pages); }

  std::unique_ptr<AtFakeMemory> memory_;
  at_mm_frames frames_;
};
using RunDeathTest = RunTest;

TEST_F(RunTest, EveryLength_IsKeptExactly) {
  for (size_t pages = 1; pages <= 400; pages += pages < 35 ? 1 : 41) {
    SCOPED_TRACE(pages);
    Start(1024);
    char *first = Alloc(pages), *second = Alloc(pages);
    EXPECT_EQ(Pages(first), pages);
    EXPECT_EQ(Pages(second), pages);
    EXPECT_EQ(Used(), 2 * pages);
    Free(first);
    EXPECT_EQ(Pages(second), pages);
    Free(second);
    char *all = Alloc(1024);
    Free(all);
  }
}

TEST_F(RunTest, Tail_ServesOthers) {
  Start(8);
  char *run = Alloc(5);
  EXPECT_EQ(Used(), 5u);
  char *pair = Alloc(2), *page = Alloc(1);
  EXPECT_EQ(Used(), 8u);
  Free(run);
  Free(pair);
  Free(page);
}

TEST_F(RunTest, Alignment_IsKept) {
  Start(8192, 3);
  for (unsigned order = 0; order <= AT_MM_ORDER_MAX; ++order) {
    SCOPED_TRACE(order);
    char *run = Alloc(3, order);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(run) % (kPage << order), 0u);
    EXPECT_EQ(Pages(run), 3u);
    Free(run);
  }
  void *run;
  EXPECT_EQ(at_mm_run_alloc(&frames_, &run, 1, AT_MM_ORDER_MAX + 1), AT_INVALID);
  EXPECT_EQ(at_mm_run_alloc(&frames_, &run, 0, 0), AT_INVALID);
}

TEST_F(RunTest, LargerThanTheLargestBlock_UsesNeighbours) {
  Start(10 * 1024, 5);
  char *page = Alloc(1), *large = Alloc(2500), *larger = Alloc(3 * 1024);
  EXPECT_EQ(Pages(large), 2500u);
  EXPECT_EQ(Used(), 1 + 2500 + 3 * 1024u);
  large[0] = large[2500 * kPage - 1] = 1;
  Free(large);
  char *again = Alloc(2 * 1024 + 1);
  EXPECT_EQ(again, large) << "the gap that was freed is found";
  Free(again);
  Free(larger);
  Free(page);
}

TEST_F(RunTest, ImpossibleLengths_TouchNothing) {
  Start(5000);
  for (size_t pages : {size_t{5001}, size_t{100000}, SIZE_MAX, SIZE_MAX / 4096, size_t{1} << 52}) {
    SCOPED_TRACE(pages);
    void *run;
    EXPECT_EQ(at_mm_run_alloc(&frames_, &run, pages, 0), AT_NO_MEMORY);
  }
  EXPECT_EQ(memory_->ready(), 0u);
  Start(5000, 5);  // three blocks of the largest order lie in it
  void *run;
  EXPECT_EQ(at_mm_run_alloc(&frames_, &run, 3 * 1024 + 1, 0), AT_NO_MEMORY);
  EXPECT_EQ(memory_->ready(), 0u);
  Free(Alloc(3 * 1024));
}

TEST_F(RunTest, FailingGrow_ForEveryN) {
  for (size_t pages : {5u, 3000u}) {
    for (size_t n = 1;; ++n) {
      SCOPED_TRACE(n);
      Start(8192, 9);
      memory_->fail_grow = n;
      void *run = nullptr;
      at_status status = at_mm_run_alloc(&frames_, &run, pages, 0);
      if (status == AT_OK) {
        EXPECT_GT(memory_->fail_grow, 0u);
        Free(run);
        break;
      }
      EXPECT_EQ(status, AT_QUOTA);
      EXPECT_EQ(Used(), 0u);
      Free(Alloc(pages));
    }
  }
}

TEST_F(RunTest, Shortage_IsAskedForLargeRunsToo) {
  struct Cache {
    at_mm_frames *frames;
    void *run;
  } cache{&frames_, nullptr};
  Start(2048);
  cache.run = Alloc(1500);
  at_mm_frames_on_shortage(
      &frames_,
      [](void *ctx) {
        auto *cache = static_cast<Cache *>(ctx);
        if (cache->run) at_mm_run_free(cache->frames, cache->run);
        cache->run = nullptr;
      },
      &cache);
  char *run = Alloc(2048);
  EXPECT_EQ(cache.run, nullptr);
  Free(run);
}

TEST_F(RunTest, Resize_InPlaceUpToWhatIsTaken) {
  Start(64);
  char *run = Alloc(4);
  void *wall;
  ASSERT_EQ(at_mm_frames_alloc(&frames_, &wall, 0), AT_OK);
  EXPECT_EQ(wall, run + 4 * kPage);
  EXPECT_EQ(Resize(run, 5), AT_NO_SPACE);
  EXPECT_EQ(Pages(run), 4u);
  EXPECT_EQ(Resize(run, 1), AT_OK);
  EXPECT_EQ(Used(), 2u);
  EXPECT_EQ(Resize(run, 3), AT_OK);
  EXPECT_EQ(Used(), 4u);
  EXPECT_EQ(Resize(run, 3), AT_OK) << "the same length";
  EXPECT_EQ(Resize(run, 0), AT_INVALID);
  at_mm_frames_free(&frames_, wall, 0);
  EXPECT_EQ(Resize(run, 60), AT_OK) << "across quick, free and virgin pages";
  EXPECT_EQ(Used(), 60u);
  EXPECT_EQ(Resize(run, 65), AT_NO_SPACE) << "beyond the end";
  EXPECT_EQ(Resize(run, SIZE_MAX), AT_NO_SPACE);
  memory_->fail_grow = 1;
  EXPECT_EQ(Resize(run, 64), memory_->ready() == 64 ? AT_OK : AT_QUOTA);
  Free(run);
  Free(Alloc(64));
}

TEST_F(RunTest, RandomUse_AgreesWithAModel) {
  for (unsigned fixed : {1u, 2u, 3u}) {
    const AtSeed seed(fixed);
    Start(6000, seed.value() % 100 * 77);
    std::mt19937 random(seed.value());
    std::map<char *, size_t> live;
    size_t used = 0;
    auto fits = [&](char *run, size_t pages) {
      auto next = live.upper_bound(run);
      return next == live.end() || run + pages * kPage <= next->first;
    };
    for (int step = 0; step < 6000; ++step) {
      size_t pages = 1 + (random() % 40 == 0 ? random() % 3000 : random() % (1u << random() % 8));
      unsigned kind = random() % (step / 1000 % 2 ? 5 : 3);
      void *got;
      if (kind == 0 || live.empty()) {
        if (at_mm_run_alloc(&frames_, &got, pages, 0) != AT_OK) continue;
        auto *run = static_cast<char *>(got);
        auto next = live.lower_bound(run);
        if (next != live.begin()) {
          ASSERT_LE(std::prev(next)->first + std::prev(next)->second * kPage, run);
        }
        ASSERT_TRUE(fits(run, pages));
        live[run] = pages;
        used += pages;
        Sign(run, run);
        continue;
      }
      auto victim = std::next(live.begin(), random() % live.size());
      char *run = victim->first;
      ASSERT_TRUE(IsSigned(run, run));
      if (kind == 1) {
        if (Resize(run, pages) == AT_OK) {
          ASSERT_TRUE(fits(run, pages));
          used += pages - victim->second;
          victim->second = pages;
          run[pages * kPage - 1] = 1;
        } else {
          ASSERT_GT(pages, victim->second) << "shrinking cannot fail";
        }
        ASSERT_EQ(Pages(run), victim->second);
      } else {
        Free(run);
        used -= victim->second;
        live.erase(victim);
      }
      ASSERT_EQ(Used(), used);
    }
    for (auto &run : live) Free(run.first);
    Free(Alloc(4 * 1024));
  }
}

TEST_F(RunDeathTest, WhatIsNoRun_Panics) {
  Start(64);
  char *run = Alloc(5), *freed = Alloc(3);
  void *block;
  ASSERT_EQ(at_mm_frames_alloc(&frames_, &block, 2), AT_OK);
  Free(freed);
  const struct {
    const char *what;
    char *address;
    const char *reason;
  } cases[] = {
      {"twice", freed, "free already"},
      {"a block", static_cast<char *>(block), "wrong function"},
      {"its inner page", run + kPage, "from the middle"},
      {"its second part", run + 4 * kPage, "from the middle"},
      {"the middle of a page", run + 16, "from the middle"},
      {"a foreign pointer", memory_->base() + 64 * kPage, "never allocated"},
      {"NULL", nullptr, "never allocated"},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_DEATH(Free(c.address), c.reason);
    EXPECT_DEATH(Pages(c.address), c.reason);
    EXPECT_DEATH(Resize(c.address, 1), c.reason);
  }
  EXPECT_DEATH(at_mm_frames_free(&frames_, run, 2), "wrong function");
  EXPECT_DEATH(at_mm_frames_free(&frames_, run, 16 + 2), "wrong") << "an order that looks like a run's mark";
  at_mm_frames_free(&frames_, block, 2);
  Free(run);
}

}  // namespace
