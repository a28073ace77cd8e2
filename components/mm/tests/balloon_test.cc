// SPDX-License-Identifier: ISC
// The contract of <atman/mm/balloon.h>, with a host that has too little and calls that fail.

#include <atman/mm/balloon.h>

#include <memory>
#include <vector>

#include <atman/mm/heap.h>
#include <atman/mm/run.h>
#include <atman/testing/fake_machine.h>

#include "frames_fixture.h"
#include "gtest/gtest.h"

namespace {

class BalloonTest : public FramesTest {
 protected:
  void Start(size_t pages, size_t reserve = 0) {
    FramesTest::Start(pages);
    machine_ = std::make_unique<AtFakeMachine>(memory_.get(), pages);
    at_mm_balloon_init(&balloon_, &frames_, machine_->Seam(), reserve);
  }
  void TearDown() override {
    machine_->fail_call = 0;
    machine_->host_frames = SIZE_MAX;
    EXPECT_EQ(Set(0), AT_OK);
    EXPECT_EQ(machine_->given(), 0u) << "memory was lost";
    FramesTest::TearDown();
  }
  at_status Set(size_t pages) {
    at_status status = at_mm_balloon_set(&balloon_, pages);
    EXPECT_EQ(at_mm_balloon_pages(&balloon_), machine_->given());
    Stats(frames_);
    return status;
  }

  std::unique_ptr<AtFakeMachine> machine_;
  at_mm_balloon balloon_;
};

TEST_F(BalloonTest, AnyTarget_IsReachedUpAndDown) {
  Start(500);
  for (size_t target : {1u, 31u, 33u, 499u, 500u, 64u, 65u, 0u, 200u}) {
    SCOPED_TRACE(target);
    EXPECT_EQ(Set(target), AT_OK);
    EXPECT_EQ(machine_->given(), target);
    EXPECT_EQ(Stats(frames_).total, 500 - target);
  }
  size_t calls = machine_->calls();
  EXPECT_EQ(Set(200), AT_OK);
  EXPECT_EQ(machine_->calls(), calls) << "nothing to do is nothing done";
}

TEST_F(BalloonTest, PagesInUse_AreNotGiven) {
  Start(100);
  std::vector<char *> mine;
  for (int i = 0; i < 30; ++i) mine.push_back(Alloc(0));
  void *run;
  ASSERT_EQ(at_mm_run_alloc(&frames_, &run, 20, 0), AT_OK);
  EXPECT_EQ(Set(60), AT_NO_MEMORY);
  EXPECT_EQ(machine_->given(), 50u);
  EXPECT_EQ(Try(0), AT_NO_MEMORY);
  for (char *page : mine) memset(page, 1, kPage);
  memset(run, 1, 20 * kPage);
  for (char *page : mine) Free(page, 0);
  EXPECT_EQ(Set(60), AT_OK);
  at_mm_run_free(&frames_, run);
}

TEST_F(BalloonTest, Caches_AreAskedFirst) {
  Start(100);
  at_mm_heap heap;
  at_mm_heap_init(&heap, &frames_, 0);
  at_mm_heap_free(&heap, at_mm_heap_alloc(&heap, 100));
  EXPECT_EQ(Stats(frames_).used, 1u);
  EXPECT_EQ(Set(100), AT_OK);
  at_mm_frames_on_shortage(&frames_, nullptr, nullptr);
}

TEST_F(BalloonTest, Reserve_StaysFree) {
  Start(100, 16);
  EXPECT_EQ(Set(100), AT_NO_MEMORY);
  EXPECT_EQ(machine_->given(), 84u);
  char *block = Alloc(0);
  EXPECT_EQ(Set(84), AT_OK) << "what is given is not taken because of the reserve";
  Free(block, 0);
}

TEST_F(BalloonTest, HostWithoutMemory_GivesWhatItHas) {
  Start(200);
  machine_->host_frames = 0;
  ASSERT_EQ(Set(150), AT_OK);
  machine_->host_frames = 40;
  EXPECT_EQ(Set(0), AT_NO_MEMORY);
  EXPECT_EQ(machine_->given(), 110u);
  machine_->host_frames = 500;
  EXPECT_EQ(Set(0), AT_OK);
}

TEST_F(BalloonTest, FailingCallFromAnyPage_LosesNothing) {
  for (size_t call = 1; call <= 8; ++call) {
    for (size_t after : {0u, 1u, 31u}) {
      SCOPED_TRACE(::testing::Message() << call << " after " << after);
      Start(128);
      machine_->fail_call = call;
      machine_->fail_after = after;
      at_status give = Set(128);
      EXPECT_EQ(give, call <= 4 ? AT_IO : AT_OK);
      at_status take = Set(0);
      EXPECT_EQ(take, give == AT_OK ? AT_IO : AT_OK);
      machine_->fail_call = 0;
      EXPECT_EQ(Set(0), AT_OK);
      EXPECT_EQ(machine_->given(), 0u);
      EXPECT_EQ(Try(6), AT_OK) << "pages merge again";
    }
  }
}

TEST_F(BalloonTest, GivenPages_HoldNothing) {
  Start(100);
  std::vector<char *> mine;
  for (int i = 0; i < 50; ++i) {
    mine.push_back(Alloc(0));
    memset(mine.back(), machine_->secret, kPage);
  }
  for (int i = 0; i < 20; ++i) Free(mine[i], 0);
  EXPECT_EQ(Set(70), AT_OK);
  EXPECT_EQ(Set(30), AT_OK);
  for (int i = 20; i < 50; ++i) Free(mine[i], 0);
  EXPECT_EQ(Set(100), AT_OK);
  EXPECT_EQ(machine_->secrets(), 0u);
}

// What nobody ever had needs no wiping, which would be a write to each page of a guest that starts smaller.
TEST_F(BalloonTest, VirginPages_AreGivenAsTheyCame) {
  Start(100);
  machine_->secret = char(0xDD);  // what pages come up with
  Free(Alloc(0), 0);
  EXPECT_EQ(Set(100), AT_OK);
  EXPECT_EQ(machine_->secrets(), 99u);
}

TEST_F(BalloonTest, Contiguous_GivesUpNothingThatWasInItsPages) {
  Start(64);
  char *page = Alloc(3);
  memset(page, machine_->secret, 8 * kPage);
  Free(page, 3);
  uint64_t frame;
  void *block;
  ASSERT_EQ(at_mm_contiguous_alloc(&frames_, machine_->Seam(), &block, &frame, 3, 0), AT_OK);
  EXPECT_EQ(machine_->secrets(), 0u);
  Free(block, 3);
}

TEST_F(BalloonTest, FailingGrow_IsReported) {
  Start(100);
  memory_->fail_grow = 3;
  EXPECT_EQ(Set(100), AT_QUOTA);
  EXPECT_EQ(Set(100), AT_OK);
}

TEST_F(BalloonTest, GivenPage_IsNobodysToFree) {
  Start(8);
  char *page = Alloc(0);
  Free(page, 0);
  EXPECT_EQ(Set(8), AT_OK);
  EXPECT_DEATH(Free(page, 0), "mm: freed");
}

TEST_F(BalloonTest, Contiguous_FailingAtEachStepHoldsNothing) {
  Start(64);
  uint64_t frame;
  void *block;
  machine_->fail_call = 1;
  EXPECT_EQ(at_mm_contiguous_alloc(&frames_, machine_->Seam(), &block, &frame, 3, 0), AT_IO);
  EXPECT_EQ(at_mm_contiguous_alloc(&frames_, machine_->Seam(), &block, &frame, 10, 0), AT_NO_MEMORY);
  at_mm_memory_ops none = *machine_->Seam().ops;
  none.exchange = nullptr;
  EXPECT_EQ(at_mm_contiguous_alloc(&frames_, {&none, nullptr}, &block, &frame, 3, 0), AT_UNSUPPORTED);
  EXPECT_EQ(Stats(frames_).used, 0u);
}

}  // namespace
