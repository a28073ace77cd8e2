// SPDX-License-Identifier: ISC
#ifndef ATMAN_MM_TESTS_HEAP_FIXTURE_H
#define ATMAN_MM_TESTS_HEAP_FIXTURE_H

// A heap over fake memory, and a teardown that proves that it holds nothing any more.

#include <memory>

#include <atman/mm/heap.h>
#include <atman/testing/fake_memory.h>

#include "gtest/gtest.h"

constexpr size_t kPage = 4096;

class HeapTest : public ::testing::Test {
 protected:
  void Start(size_t pages, size_t skew = 0) {
    memory_ = std::make_unique<AtFakeMemory>(pages, 0, skew);
    at_mm_frames_config config = memory_->Config();
    at_mm_frames_init(&frames_, &config);
    at_mm_heap_init(&heap_, &frames_, 0x5DEECE66D);
  }
  void TearDown() override {
    at_mm_heap_trim(&heap_);
    auto heap = Stats();
    EXPECT_EQ(heap.live, 0u) << "a test left objects";
    EXPECT_EQ(heap.live_bytes, 0u);
    EXPECT_EQ(heap.cached, 0u);
    EXPECT_EQ(heap.pages, 0u) << "an empty heap holds nothing";
    struct at_mm_frames_stats frames;
    at_mm_frames_stats(&frames_, &frames);
    EXPECT_EQ(frames.used, 0u);
  }

  struct at_mm_heap_stats Stats() {
    struct at_mm_heap_stats stats;
    at_mm_heap_stats(&heap_, &stats);
    return stats;
  }
  char *Alloc(size_t size) { return static_cast<char *>(at_mm_heap_alloc(&heap_, size)); }
  void Free(void *object) { at_mm_heap_free(&heap_, object); }
  size_t Usable(void *object) { return at_mm_heap_usable_size(&heap_, object); }

  std::unique_ptr<AtFakeMemory> memory_;
  at_mm_frames frames_;
  at_mm_heap heap_;
};

#endif  // ATMAN_MM_TESTS_HEAP_FIXTURE_H
