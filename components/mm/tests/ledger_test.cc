// SPDX-License-Identifier: ISC
// The contract of <atman/mm/ledger.h>.

#include <atman/mm/ledger.h>

#include <string>

#include "frames_fixture.h"
#include "gtest/gtest.h"

namespace {

class LedgerTest : public FramesTest {
 protected:
  LedgerTest() { at_mm_ledger_init(&ledger_); }
  std::string Print() {
    std::string text;
    at_mm_ledger_print(
        &ledger_,
        [](void *ctx, const char *line, size_t size) {
          EXPECT_LE(size, 80u);
          EXPECT_EQ(line[size - 1], '\n');
          static_cast<std::string *>(ctx)->append(line, size);
        },
        &text);
    return text;
  }

  at_mm_ledger ledger_;
};

TEST_F(LedgerTest, EachOwner_IsPrintedWithWhatItHeld) {
  at_mm_account net, idle;
  at_mm_account_open(&ledger_, &net, "net");
  at_mm_account_open(&ledger_, &idle, "idle");
  at_mm_account_charge(&net, AT_MM_LEDGER_PAGES, 20);
  at_mm_account_credit(&net, AT_MM_LEDGER_PAGES, 8);
  at_mm_account_charge(&net, AT_MM_LEDGER_GRANTS, 512);
  EXPECT_EQ(Print(), "ledger: net: pages 12 (peak 20), grants 512 (peak 512)\nledger: idle\n");
  EXPECT_EQ(at_mm_account_held(&net, AT_MM_LEDGER_PAGES), 12u);
  EXPECT_EQ(at_mm_account_close(&idle), AT_OK);
  EXPECT_EQ(at_mm_account_close(&net), AT_BUSY) << "it holds something";
  at_mm_account_credit(&net, AT_MM_LEDGER_PAGES, 12);
  EXPECT_EQ(at_mm_account_close(&net), AT_BUSY);
  at_mm_account_credit(&net, AT_MM_LEDGER_GRANTS, 512);
  EXPECT_EQ(at_mm_account_close(&net), AT_OK);
  EXPECT_EQ(Print(), "");
}

TEST_F(LedgerTest, LongestLine_IsCut) {
  at_mm_account account;
  at_mm_account_open(&ledger_, &account, "an owner whose name is longer than there is any need for");
  for (int kind = 0; kind < AT_MM_LEDGER_KINDS; ++kind)
    at_mm_account_charge(&account, static_cast<at_mm_ledger_kind>(kind), SIZE_MAX);
  EXPECT_EQ(Print().substr(0, 46), "ledger: an owner whose name is l: pages 184467");
  EXPECT_EQ(Print().size(), 80u);
}

TEST_F(LedgerTest, MoreBackThanHeld_Panics) {
  at_mm_account account;
  at_mm_account_open(&ledger_, &account, "x");
  at_mm_account_charge(&account, AT_MM_LEDGER_PORTS, 2);
  EXPECT_DEATH(at_mm_account_credit(&account, AT_MM_LEDGER_PORTS, 3), "more than it holds");
  EXPECT_DEATH(at_mm_account_credit(&account, AT_MM_LEDGER_GRANTS, 1), "more than it holds");
}

TEST_F(LedgerTest, PagesOfADriver_AreItsOwn) {
  Start(4);
  at_mm_account account;
  at_mm_frame_pages frames{&frames_, [](void *, const void *) { return uint64_t{7}; }, nullptr};
  at_mm_account_pages source{&account, at_mm_pages_from_frames(&frames)};
  at_mm_pages pages = at_mm_pages_from_account(&source);
  at_mm_account_open(&ledger_, &account, "driver");
  void *page[4];
  for (void *&p : page) ASSERT_NE(p = at_mm_pages_alloc(pages), nullptr);
  EXPECT_EQ(at_mm_pages_alloc(pages), nullptr) << "and what was not had is not charged";
  EXPECT_EQ(at_mm_pages_frame(pages, page[0]), 7u);
  EXPECT_EQ(at_mm_account_held(&account, AT_MM_LEDGER_PAGES), 4u);
  for (void *p : page) at_mm_pages_free(pages, p);
  EXPECT_EQ(at_mm_account_close(&account), AT_OK);
}

TEST_F(LedgerTest, ReadAccounts_AreUpToDate) {
  Start(64);
  at_mm_heap heap;
  at_mm_account all, objects;
  at_mm_heap_init(&heap, &frames_, 0);
  at_mm_account_open_read(&ledger_, &all, "frames", at_mm_account_read_frames, &frames_);
  at_mm_account_open_read(&ledger_, &objects, "heap", at_mm_account_read_heap, &heap);
  char *block = Alloc(2);
  void *object = at_mm_heap_alloc(&heap, 100);
  EXPECT_EQ(Print(), "ledger: frames: pages 5 (peak 5)\nledger: heap: pages 1 (peak 1)\n");
  at_mm_heap_free(&heap, object);
  at_mm_heap_trim(&heap);
  EXPECT_EQ(at_mm_account_close(&objects), AT_OK);
  EXPECT_EQ(at_mm_account_close(&all), AT_BUSY);
  Free(block, 2);
  EXPECT_EQ(Print(), "ledger: frames: pages 0 (peak 5)\n");
  EXPECT_EQ(at_mm_account_close(&all), AT_OK);
  at_mm_frames_on_shortage(&frames_, nullptr, nullptr);
}

}  // namespace
