// SPDX-License-Identifier: ISC
// What the tests of frames share: an allocator over memory that faults when it is touched too early.
#ifndef ATMAN_MM_TESTS_FRAMES_FIXTURE_H
#define ATMAN_MM_TESTS_FRAMES_FIXTURE_H

#include <atman/mm/frames.h>

#include <memory>

#include <atman/testing/fake_memory.h>

#include "gtest/gtest.h"

constexpr size_t kPage = 4096;
constexpr size_t kLargest = 1024;

inline struct at_mm_frames_stats Stats(const at_mm_frames &frames) {
  struct at_mm_frames_stats stats;
  at_mm_frames_stats(&frames, &stats);
  size_t free = 0;
  for (unsigned order = 0; order <= AT_MM_ORDER_MAX; ++order) free += stats.free_blocks[order] << order;
  EXPECT_EQ(stats.free, free);
  EXPECT_EQ(stats.total, stats.used + stats.free + stats.virgin);
  EXPECT_LE(stats.used, stats.peak);
  return stats;
}

class FramesTest : public ::testing::Test {
 protected:
  void Start(size_t pages, size_t ready = 0, size_t first = 0, size_t skew = 0) {
    memory_ = std::make_unique<AtFakeMemory>(pages, ready, skew);
    at_mm_frames_config config = memory_->Config(first);
    at_mm_frames_init(&frames_, &config);
  }

  void TearDown() override { EXPECT_EQ(Stats(frames_).used, 0u) << "a test left pages allocated"; }

  char *Alloc(unsigned order) {
    void *block = nullptr;
    EXPECT_EQ(at_mm_frames_alloc(&frames_, &block, order), AT_OK);
    return static_cast<char *>(block);
  }
  at_status Try(unsigned order) {
    void *block;
    at_status status = at_mm_frames_alloc(&frames_, &block, order);
    if (status == AT_OK) at_mm_frames_free(&frames_, block, order);
    return status;
  }
  void Free(void *block, unsigned order) { at_mm_frames_free(&frames_, block, order); }

  std::unique_ptr<AtFakeMemory> memory_;
  at_mm_frames frames_ = {};  // not every test starts one
};

#endif  // ATMAN_MM_TESTS_FRAMES_FIXTURE_H
