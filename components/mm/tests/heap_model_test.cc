// SPDX-License-Identifier: ISC
// The heap against a model: a map of what is live, how large it is and what it holds, through random use.

#include <atman/mm/heap.h>
#include <atman/testing/seed.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>

#include "gtest/gtest.h"
#include "heap_fixture.h"

namespace {

class HeapModelTest : public HeapTest {
 protected:
  struct Object {
    size_t size;
    uint8_t fill;
  };

  static bool Holds(const char *p, const Object &o) {
    return o.size == 0 || (static_cast<uint8_t>(p[0]) == o.fill && memcmp(p, p + 1, o.size - 1) == 0);
  }

  // Takes in what the heap gave: it overlaps nothing that is live.
  void Insert(char *p, size_t size) {
    auto next = live_.lower_bound(p);
    size_t usable = Usable(p);
    ASSERT_GE(usable, size);
    if (next != live_.end()) {
      ASSERT_LE(p + usable, next->first);
    }
    if (next != live_.begin()) {
      ASSERT_LE(std::prev(next)->first + Usable(std::prev(next)->first), p);
    }
    auto fill = static_cast<uint8_t>(random_());
    memset(p, fill, size);
    live_[p] = {size, fill};
  }

  size_t AnySize() {
    unsigned kind = random_() % 20;
    return kind == 0 ? random_() % 200000 : kind < 4 ? random_() % 9000 : random_() % 600;
  }

  void Allocate(unsigned kind, size_t size) {
    size_t alignment = size_t{1} << random_() % 14;
    void *got = kind == 0   ? at_mm_heap_calloc(&heap_, 1, size)
                : kind == 1 ? at_mm_heap_alloc_aligned(&heap_, alignment, size)
                            : Alloc(size);
    if (!got) return;
    auto *p = static_cast<char *>(got);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(p) % (kind == 1 ? alignment : 16), 0u);
    if (kind == 0) {
      ASSERT_TRUE(Holds(p, {size, 0}));
    }
    Insert(p, size);
  }

  // Frees an object, or makes it `size` bytes long.
  void Change(bool resize, size_t size) {
    auto victim = std::next(live_.begin(), random_() % live_.size());
    auto [p, object] = *victim;
    ASSERT_TRUE(Holds(p, object));
    if (!resize) {
      Free(p);
      live_.erase(p);
      return;
    }
    char *q = static_cast<char *>(at_mm_heap_realloc(&heap_, p, size));
    if (!q) return;
    live_.erase(p);
    ASSERT_TRUE(Holds(q, {std::min(size, object.size), object.fill}));
    Insert(q, size);
  }

  void FreeAll() {
    for (auto &o : live_) {
      EXPECT_TRUE(Holds(o.first, o.second));
      Free(o.first);
    }
    live_.clear();
  }

  std::map<char *, Object> live_;
  std::mt19937 random_;
};

TEST_F(HeapModelTest, RandomUse_AgreesWithAModel) {
  for (unsigned fixed : {1u, 2u, 3u}) {
    const AtSeed seed(fixed);
    Start(8192, seed.value() % 100 * 100);
    random_.seed(seed.value());
    for (int step = 0; step < 30000; ++step) {
      unsigned kind = random_() % (step / 3000 % 2 ? 8 : 6);  // filling and emptying take turns
      size_t size = AnySize();
      if (kind < 3 || live_.empty()) {
        ASSERT_NO_FATAL_FAILURE(Allocate(kind, size));
      } else {
        ASSERT_NO_FATAL_FAILURE(Change(kind == 3, size));
      }
      if (step % 100 == 0) {
        ASSERT_EQ(Stats().live, live_.size());
      }
    }
    size_t bytes = 0;
    for (auto &o : live_) bytes += Usable(o.first);
    EXPECT_GE(Stats().live_bytes, bytes);
    EXPECT_LE(Stats().live_bytes, bytes + live_.size() * kPage) << "a checked object keeps some bytes to itself";
    FreeAll();
    at_mm_heap_trim(&heap_);
    EXPECT_EQ(Stats().pages, 0u);
  }
}

}  // namespace
