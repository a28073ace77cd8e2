// SPDX-License-Identifier: ISC
// The checked build of the heap: what a caller writes where it should not is found, and what it may write is not.

#include <atman/mm/heap.h>

#include <cstring>

#include "gtest/gtest.h"
#include "heap_fixture.h"

namespace {

using HeapCheckTest = HeapTest;
using HeapCheckDeathTest = HeapTest;

constexpr size_t kSizes[] = {0, 1, 15, 16, 17, 100, 1000, 8168, 8192, 8193, 20000};

TEST_F(HeapCheckTest, UsableSize_IsWhatWasAskedFor) {
  Start(512);
  for (size_t size : kSizes) {
    SCOPED_TRACE(size);
    char *object = Alloc(size);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(Usable(object), size);
    memset(object, 0x41, size);
    object = static_cast<char *>(at_mm_heap_realloc(&heap_, object, size + 5));
    EXPECT_EQ(Usable(object), size + 5);
    memset(object, 0x42, size + 5);
    Free(object);
  }
  for (size_t alignment = 16; alignment <= 16384; alignment *= 2) {
    void *object = at_mm_heap_alloc_aligned(&heap_, alignment, alignment);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % alignment, 0u);
    EXPECT_EQ(Usable(object), alignment);
    memset(object, 0x43, alignment);
    Free(object);
  }
  EXPECT_EQ(Alloc(SIZE_MAX), nullptr);
  EXPECT_EQ(at_mm_heap_alloc_aligned(&heap_, 64, SIZE_MAX), nullptr);
}

TEST_F(HeapCheckDeathTest, OneByteTooFar_IsFound) {
  Start(512);
  for (size_t size : kSizes) {
    SCOPED_TRACE(size);
    char *object = Alloc(size);
    for (size_t beyond : {0u, 1u, 7u, 15u}) {
      EXPECT_DEATH((object[size + beyond] = 0, Free(object)), "beyond its size");
    }
    EXPECT_DEATH((object[size] = 0, at_mm_heap_realloc(&heap_, object, size + 1)), "beyond its size");
    EXPECT_DEATH((memset(object + size, 0, 24), Usable(object)), "beyond its size");
    Free(object);
  }
}

TEST_F(HeapCheckDeathTest, AnyByteOfAFreeObject_IsWatched) {
  Start(64);
  char *object = Alloc(100);
  Free(object);
  for (size_t at : {8u, 15u, 16u, 50u, 99u}) { /* the first 8 are a link: following a wrong one ends in a fault */
    SCOPED_TRACE(at);
    EXPECT_DEATH((object[at] ^= 1, Alloc(100)), "written to after");
  }
  EXPECT_DEATH(Free(object), "twice");
}

}  // namespace
