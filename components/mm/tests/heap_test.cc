// SPDX-License-Identifier: ISC
// The contract of <atman/mm/heap.h>, with memory that runs short, and with callers that get it wrong.

#include <atman/mm/heap.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <set>
#include <vector>

#include <atman/mm/run.h>
#include <atman/testing/fake_memory.h>
#include <atman/testing/seed.h>

#include "gtest/gtest.h"
#include "heap_fixture.h"

namespace {

using HeapDeathTest = HeapTest;

TEST_F(HeapTest, EverySize_RoundsUpByAnEighthAtMost) {
  Start(4096);
  size_t last = 0;
  for (size_t size = 1; size <= 40000; size += size < 9000 ? 1 : 997) {
    char *object = Alloc(size);
    ASSERT_NE(object, nullptr);
    size_t usable = Usable(object);
    ASSERT_GE(usable, size);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(object) % 16, 0u);
    if (size <= 128) {
      ASSERT_LT(usable, size + 16);
    } else if (size <= AT_MM_HEAP_SMALL) {
      ASSERT_LE(usable * 8, size * 9);
    } else {
      ASSERT_LT(usable, size + kPage);
    }
    ASSERT_GE(usable, std::min(last, size)) << "larger sizes never get less";
    last = usable;
    Free(object);
  }
}

TEST_F(HeapTest, EveryClass_AcceptsItsObjectsAndNothingBetween) {
  for (size_t size : {32u, 48u, 64u, 144u, 240u, 288u, 512u, 704u, 832u, 1024u, 1792u, 2048u, 4608u, 7168u, 8192u}) {
    SCOPED_TRACE(size);
    Start(2048);
    std::set<char *> objects;
    while (objects.size() * size < 700000) objects.insert(Alloc(size));
    for (auto it = objects.begin(), next = std::next(it); next != objects.end(); ++it, ++next) {
      ASSERT_GE(*next - *it, static_cast<ptrdiff_t>(size)) << "objects overlap";
    }
    char *first = *objects.begin();
    EXPECT_DEATH(Free(first + 8), "not the start");
    EXPECT_DEATH(Free(first + 16), "not the start");
    for (char *object : objects) Free(object);
    at_mm_heap_trim(&heap_);
    EXPECT_EQ(Stats().pages, 0u);
  }
}

TEST_F(HeapTest, SmallGuest_TakesAPagePerClassAtFirst) {
  Start(160);
  std::vector<char *> objects;
  for (size_t size : {16u, 40u, 100u, 200u, 300u, 500u, 1000u}) {
    objects.push_back(Alloc(size));
    EXPECT_EQ(Stats().pages, objects.size());
    EXPECT_EQ(memory_->ready(), objects.size()) << "and touches no other";
  }
  for (char *object : objects) Free(object);
}

TEST_F(HeapTest, Alignment_UpToTheLargestBlock) {
  Start(8192, 11);
  for (size_t alignment = 1; alignment <= (size_t{4} << 20); alignment *= 2) {
    SCOPED_TRACE(alignment);
    for (size_t size : {0u, 1u, 15u, 100u, 513u, 4095u, 8192u, 8193u, 100000u}) {
      SCOPED_TRACE(size);
      std::vector<void *> objects;
      for (int i = 0; i < 3; ++i) {
        void *object = at_mm_heap_alloc_aligned(&heap_, alignment, size);
        ASSERT_NE(object, nullptr);
        ASSERT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
        ASSERT_GE(Usable(object), size);
        memset(object, 1, size);
        objects.push_back(object);
      }
      for (void *object : objects) Free(object);
    }
  }
  for (size_t alignment : {size_t{0}, size_t{3}, size_t{24}, size_t{8} << 20, size_t{1} << 63, SIZE_MAX}) {
    EXPECT_EQ(at_mm_heap_alloc_aligned(&heap_, alignment, 16), nullptr) << alignment;
  }
  for (size_t alignment : {1u, 16u, 64u, 4096u, 8192u}) {
    EXPECT_EQ(at_mm_heap_alloc_aligned(&heap_, alignment, SIZE_MAX), nullptr) << alignment;
    EXPECT_EQ(at_mm_heap_alloc_aligned(&heap_, alignment, PTRDIFF_MAX), nullptr) << alignment;
  }
}

TEST_F(HeapTest, Calloc_ChecksTheProduct) {
  Start(64);
  const struct {
    size_t count, size;
  } cases[] = {
      {SIZE_MAX, 2}, {2, SIZE_MAX}, {SIZE_MAX, SIZE_MAX}, {size_t{1} << 32, size_t{1} << 32}, {3, SIZE_MAX / 2},
  };
  for (const auto &c : cases) EXPECT_EQ(at_mm_heap_calloc(&heap_, c.count, c.size), nullptr) << c.count;
  void *none = at_mm_heap_calloc(&heap_, 0, SIZE_MAX);
  EXPECT_NE(none, nullptr);
  Free(none);
}

TEST_F(HeapTest, Realloc_LargeBuffersGrowWhereTheyAre) {
  Start(4096);
  char *buffer = Alloc(10000);
  memset(buffer, 3, 10000);
  char *grown = static_cast<char *>(at_mm_heap_realloc(&heap_, buffer, 10 << 20));
  EXPECT_EQ(grown, buffer);
  EXPECT_EQ(grown[9999], 3);
  EXPECT_EQ(Stats().pages, 2560u);
  grown = static_cast<char *>(at_mm_heap_realloc(&heap_, grown, 9000));
  EXPECT_EQ(grown, buffer);
  EXPECT_EQ(Stats().pages, 3u);
  EXPECT_EQ(Stats().peak_pages, 2560u);
  char *wall = Alloc(10000);
  ASSERT_EQ(wall, grown + 4 * kPage);
  EXPECT_EQ(at_mm_heap_realloc(&heap_, grown, 4 * kPage), grown);
  char *moved = static_cast<char *>(at_mm_heap_realloc(&heap_, grown, 5 * kPage));
  EXPECT_NE(moved, grown);
  EXPECT_EQ(moved[8999], 3);
  Free(moved);
  Free(wall);
}

TEST_F(HeapTest, Realloc_ShrinkingNeverFails) {
  Start(8);
  char *buffer = Alloc(5 * kPage);
  ASSERT_NE(buffer, nullptr);
  std::vector<char *> rest;
  for (size_t size : {size_t{8192}, size_t{16}}) {
    while (char *object = Alloc(size)) rest.push_back(object);
  }
  EXPECT_EQ(at_mm_heap_realloc(&heap_, buffer, 3 * kPage), buffer);
  while (char *object = Alloc(16)) rest.push_back(object);
  EXPECT_EQ(at_mm_heap_realloc(&heap_, buffer, 100), buffer) << "no memory to move it to: it stays";
  EXPECT_EQ(at_mm_heap_realloc(&heap_, buffer, 6 * kPage), nullptr);
  EXPECT_EQ(Usable(buffer), 3 * kPage) << "and is unchanged after a failure";
  Free(buffer);
  for (char *object : rest) Free(object);
}

TEST_F(HeapTest, TenThousandObjects_TakeATenthMoreThanTheyHold) {
  Start(4096);
  const AtSeed seed(1);
  std::mt19937 random(seed.value());
  std::vector<char *> objects;
  size_t bytes = 0;
  for (int i = 0; i < 10000; ++i) {
    size_t size = 16 + random() % 1009;
    objects.push_back(Alloc(size));
    bytes += size;
  }
  EXPECT_LT(Stats().pages * kPage, bytes * 11 / 10);
  for (char *object : objects) Free(object);
}

TEST_F(HeapTest, LongChurn_LeavesLessThanASixthIdle) {
  Start(4096);
  const AtSeed seed(1);
  std::mt19937 random(seed.value());
  std::vector<std::pair<char *, size_t>> objects;
  size_t bytes = 0, most = 0;
  for (int i = 0; i < 500000; ++i) {
    size_t size = 16 + random() % 1009;
    if (i < 10000) {
      objects.emplace_back(Alloc(size), size);
    } else {
      auto &victim = objects[random() % objects.size()];
      bytes -= victim.second;
      Free(victim.first);
      victim = {Alloc(size), size};
    }
    bytes += size;
    most = std::max(most, bytes);
  }
  EXPECT_LT(Stats().peak_pages * kPage, most + most / 6);
  for (auto &object : objects) Free(object.first);
}

// What is borrowed from a larger class is aligned like what was asked for, and at most twice as long.
TEST_F(HeapTest, BorrowedObjects_KeepTheirAlignment) {
  Start(4096);
  std::vector<char *> objects, borrowed;
  for (int i = 0; i < 4000; ++i) objects.push_back(Alloc(240));
  for (char *object : objects) Free(object);
  size_t before = Stats().pages;
  for (int i = 0; i < 50; ++i) {
    borrowed.push_back(Alloc(200));
    EXPECT_LE(Usable(borrowed.back()), 400u);
    borrowed.push_back(static_cast<char *>(at_mm_heap_alloc_aligned(&heap_, 64, 150)));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(borrowed.back()) % 64, 0u);
  }
  EXPECT_EQ(Usable(borrowed.front()), 240u) << "nothing was borrowed: the test shows nothing";
  EXPECT_LE(Stats().pages, before + 3) << "for the aligned ones";
  for (char *object : borrowed) Free(object);
}

TEST_F(HeapTest, EmptySlabs_GoBackToTheFrames) {
  const AtSeed seed(1);
  Start(4096);
  std::vector<char *> objects;
  for (int i = 0; i < 10000; ++i) objects.push_back(Alloc(500));
  size_t full = Stats().pages;
  std::shuffle(objects.begin(), objects.end(), std::mt19937(seed.value()));
  for (char *object : objects) Free(object);
  auto stats = Stats();
  EXPECT_EQ(stats.live, 0u);
  EXPECT_LE(stats.cached, 512u) << "the cache is bounded";
  EXPECT_LT(stats.pages, full * 2 / 3);
  at_mm_heap_trim(&heap_);
  EXPECT_EQ(Stats().pages, 0u);
}

TEST_F(HeapTest, Shortage_EmptiesTheCaches) {
  Start(160);
  std::vector<char *> objects;
  for (size_t size = 16; size <= 4096; size += size / 4) {
    for (int i = 0; i < 8; ++i) objects.push_back(Alloc(size));
  }
  for (char *object : objects) Free(object);
  EXPECT_GT(Stats().pages, 10u);
  void *all;
  ASSERT_EQ(at_mm_run_alloc(&frames_, &all, 160, 0), AT_NO_MEMORY) << "runs are naturally aligned";
  ASSERT_EQ(at_mm_run_alloc(&frames_, &all, 128, 0), AT_OK) << "another user of the frames asks the heap";
  EXPECT_EQ(Stats().pages, 0u);
  at_mm_run_free(&frames_, all);
}

TEST_F(HeapTest, FailingGrow_FromEveryNOnIsNullAndLosesNothing) {
  size_t refused;
  for (size_t n = 1; n == 1 || refused > 0; ++n) {
    SCOPED_TRACE(n);
    Start(600);
    memory_->fail_grow = n;
    memory_->fail_on = true;
    std::vector<char *> objects;
    refused = 0;
    for (int pass = 0; pass < 2; ++pass) {
      for (size_t size = 10; size < 60000; size += size / 2) {
        char *object = static_cast<char *>(at_mm_heap_realloc(&heap_, nullptr, size / 2));
        char *grown = static_cast<char *>(at_mm_heap_realloc(&heap_, object, size));
        refused += !grown;
        if (!grown) grown = object;
        if (grown) objects.push_back(grown);
      }
      memory_->fail_grow = 0;  // the second time there is memory
      if (pass == 0) {
        objects.push_back(Alloc(50000));
        EXPECT_NE(objects.back(), nullptr);
      }
    }
    for (char *object : objects) Free(object);
  }
}

TEST_F(HeapTest, FailingGrowOnce_IsOvercomeByAskingTheCaches) {
  for (size_t n = 1; n < 40; ++n) {
    SCOPED_TRACE(n);
    Start(600);
    memory_->fail_grow = n;
    std::vector<char *> objects;
    for (size_t size = 10; size < 60000; size += size / 2) {
      objects.push_back(Alloc(size));
      EXPECT_NE(objects.back(), nullptr);
    }
    for (char *object : objects) Free(object);
  }
}

TEST_F(HeapTest, OutOfMemory_IsNullAndEverythingStillWorks) {
  Start(50);
  const AtSeed seed(3);
  std::mt19937 random(seed.value());
  std::vector<char *> objects;
  for (int round = 0; round < 20; ++round) {
    int refused = 0;
    while (refused < 20) {
      char *object = Alloc(1 + random() % (random() % 5 ? 600 : 20000));
      if (object) objects.push_back(object);
      refused += !object;
    }
    EXPECT_EQ(Alloc(200 * kPage), nullptr);
    std::shuffle(objects.begin(), objects.end(), random);
    for (size_t keep = objects.size() / 3; objects.size() > keep; objects.pop_back()) Free(objects.back());
  }
  for (char *object : objects) Free(object);
}

TEST_F(HeapDeathTest, HostileFrees_Panic) {
  Start(256);
  char *object = Alloc(100), *freed = Alloc(100), *large = Alloc(20000), *gone = Alloc(20000);
  void *block;
  ASSERT_EQ(at_mm_frames_alloc(&frames_, &block, 0), AT_OK);
  Free(freed);
  Free(gone);
  char *slab = object - reinterpret_cast<uintptr_t>(object) % kPage;
  const struct {
    const char *what;
    void *address;
    const char *reason;
  } cases[] = {
      {"twice", freed, "twice"},
      {"the middle of an object", object + 16, "not the start"},
      {"one byte off", object + 1, "not the start"},
      {"the last byte", object + 99, "not the start"},
      {"the slab's header", slab, "not the start"},
      {"the slab's header, second word", slab + 16, "not the start"},
      {"a large one twice", gone, "free already|twice"},
      {"the middle of a large one", large + kPage, "middle"},
      {"the middle of its first page", large + 16, "middle"},
      {"a page of the frames'", block, "wrong function"},
      {"the stack", &block, "never allocated"},
      {"a constant", const_cast<char *>("text"), "never allocated"},
      {"virgin memory", memory_->base() + 255 * kPage, "never allocated"},
      {"nearly NULL", reinterpret_cast<void *>(16), "never allocated"},
      {"the last address there is", reinterpret_cast<void *>(~uintptr_t{15}), "never allocated"},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_DEATH(Free(c.address), c.reason);
    if (c.address != freed) {
      EXPECT_DEATH(Usable(c.address), "");
      EXPECT_DEATH(at_mm_heap_realloc(&heap_, c.address, 10), "");
    }
  }
  EXPECT_DEATH(at_mm_frames_free(&frames_, slab, 0), "wrong function");
  Free(object);
  Free(large);
  at_mm_frames_free(&frames_, block, 0);
}

TEST_F(HeapDeathTest, TwiceLater_IsStillSeen) {
  Start(256);
  std::vector<char *> objects;
  for (int i = 0; i < 1000; ++i) objects.push_back(Alloc(64));
  for (int i = 0; i < 1000; i += 2) Free(objects[i]);
  EXPECT_DEATH(Free(objects[0]), "twice") << "it is back in its slab";
  EXPECT_DEATH(Free(objects[998]), "twice") << "it is in the cache";
  for (int i = 1; i < 1000; i += 2) Free(objects[i]);
  at_mm_heap_trim(&heap_);
  EXPECT_DEATH(Free(objects[0]), "twice|free already") << "its slab is gone";
}

TEST_F(HeapDeathTest, WritingAfterFree_IsSeenWhenTheObjectIsUsedAgain) {
  Start(64);
  char *object = Alloc(64);
  Free(object);
  EXPECT_DEATH((memset(object, 0x41, 64), Alloc(64)), "written to after");
  EXPECT_DEATH((memset(object, 0x41, 64), at_mm_heap_trim(&heap_)), "written to after");
}

TEST_F(HeapTest, AnObjectsContent_IsNeverTakenForAFreeOne) {
  // Whatever the last owner left in it, a live object is live; the mark of a free one does not stay.
  Start(64);
  char *object = Alloc(64);
  Free(object);
  uintptr_t mark;
  memcpy(&mark, object + sizeof(void *), sizeof(mark));
  char *again = Alloc(64);
  ASSERT_EQ(again, object);
  uintptr_t now;
  memcpy(&now, again + sizeof(void *), sizeof(now));
  EXPECT_NE(now, mark);
  Free(again);
}

}  // namespace
