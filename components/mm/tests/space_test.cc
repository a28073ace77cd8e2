// SPDX-License-Identifier: ISC
// The contract of <atman/mm/space.h>: ranges never overlap, come back whole, and nothing stays behind a failure.

#include <atman/mm/space.h>
#include <atman/testing/seed.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

#include <atman/testing/fake_mmu.h>

#include "gtest/gtest.h"

namespace {

constexpr uintptr_t kBase = 0x7000000000;
constexpr size_t kPage = 4096;

class SpaceTest : public ::testing::Test {
 protected:
  SpaceTest() : fake_(new at_fake_mmu), frames_(AT_FAKE_MMU_PAGES, 77) { Start(200); }
  void Start(size_t pages) {
    pages_ = pages;
    at_fake_mmu_init(fake_.get(), kBase);
    map_.assign(AT_MM_SPACE_WORDS(pages), UINT64_MAX);  // content does not matter
    at_mm_space_config config{kBase, pages, map_.data(), at_fake_mmu_seam(fake_.get())};
    at_mm_space_init(&space_, &config);
  }
  void TearDown() override {
    EXPECT_EQ(at_mm_space_free_pages(&space_), pages_) << "a test left addresses taken";
    EXPECT_EQ(at_fake_mmu_mapped(fake_.get()), 0u) << "a test left pages mapped";
  }

  char *Reserve(size_t count) {
    void *va = nullptr;
    EXPECT_EQ(at_mm_space_reserve(&space_, &va, count), AT_OK);
    return static_cast<char *>(va);
  }
  void Release(void *va, size_t count) { at_mm_space_release(&space_, va, count); }
  at_status Map(void **va, size_t count, uint32_t prot = AT_MM_READ) {
    return at_mm_space_map(&space_, va, frames_.data(), count, prot);
  }

  std::unique_ptr<at_fake_mmu> fake_;
  std::vector<uint64_t> frames_, map_;
  size_t pages_;
  at_mm_space space_;
};
using SpaceDeathTest = SpaceTest;

TEST_F(SpaceTest, Window_IsHandedOutToTheLastPage) {
  for (size_t pages : {1u, 63u, 64u, 65u, 127u, 128u, 200u, 1024u}) {
    SCOPED_TRACE(pages);
    Start(pages);
    std::vector<char *> all;
    for (size_t i = 0; i < pages; ++i) {
      all.push_back(Reserve(1));
      ASSERT_EQ(all.back(), reinterpret_cast<char *>(kBase + i * kPage));
    }
    void *va;
    EXPECT_EQ(at_mm_space_reserve(&space_, &va, 1), AT_NO_SPACE);
    for (char *page : all) Release(page, 1);
    Release(Reserve(pages), pages);
  }
}

TEST_F(SpaceTest, Reserve_MakesTablesAndMapsNothing) {
  Start(1024);
  char *a = Reserve(500);
  EXPECT_EQ(fake_->tables_made, 1u);
  char *b = Reserve(100);
  EXPECT_EQ(fake_->tables_made, 2u) << "the range crosses into a second table";
  Release(a, 500);
  Release(b, 100);
  Release(Reserve(600), 600);
  EXPECT_EQ(fake_->tables_made, 2u) << "tables stay";
  EXPECT_EQ(fake_->calls, 0u);
}

TEST_F(SpaceTest, FailingTables_ForEveryCallTakesNothing) {
  void *va = nullptr;
  fake_->fail_tables = 1;
  EXPECT_EQ(at_mm_space_reserve(&space_, &va, 3), AT_NO_MEMORY);
  fake_->fail_tables = 1;
  EXPECT_EQ(Map(&va, 3), AT_NO_MEMORY);
  EXPECT_EQ(va, nullptr);
}

TEST_F(SpaceTest, FailingMap_ForEveryNTakesNothing) {
  void *va = nullptr;
  for (size_t n = 1; n <= 80; ++n) {
    fake_->fail_update = n;
    EXPECT_EQ(Map(&va, 80), AT_IO);
    EXPECT_EQ(va, nullptr);
    EXPECT_EQ(at_mm_space_free_pages(&space_), pages_);
    EXPECT_EQ(at_fake_mmu_mapped(fake_.get()), 0u);
  }
  EXPECT_EQ(Map(&va, 80), AT_OK);
  EXPECT_EQ(at_mm_space_unmap(&space_, va, 80), AT_OK);
}

TEST_F(SpaceTest, FailingUnmap_KeepsTheRangeUntilItSucceeds) {
  void *va;
  ASSERT_EQ(Map(&va, 80), AT_OK);
  for (size_t n = 1; n <= 80; n += 13) {
    fake_->fail_update = n;
    EXPECT_EQ(at_mm_space_unmap(&space_, va, 80), AT_IO);
    EXPECT_EQ(at_mm_space_free_pages(&space_), pages_ - 80);
  }
  EXPECT_EQ(at_mm_space_unmap(&space_, va, 80), AT_OK);
}

TEST_F(SpaceTest, Protect_ChangesAllOrPartOfARange) {
  void *va;
  ASSERT_EQ(Map(&va, 5), AT_OK);
  char *page = static_cast<char *>(va);
  EXPECT_EQ(at_mm_space_protect(&space_, page + kPage, 2, AT_MM_READ | AT_MM_EXEC), AT_OK);
  EXPECT_EQ(at_fake_mmu_prot(fake_.get(), page), AT_MM_READ);
  EXPECT_EQ(at_fake_mmu_prot(fake_.get(), page + 2 * kPage), AT_MM_READ | AT_MM_EXEC);
  EXPECT_EQ(at_fake_mmu_prot(fake_.get(), page + 3 * kPage), AT_MM_READ);
  const struct {
    const char *what;
    char *va;
    size_t count;
  } cases[] = {
      {"one beyond the range", page, 6},      {"not taken", page + 5 * kPage, 1},
      {"before the window", page - kPage, 1}, {"past the window", page + 200 * kPage, 1},
      {"longer than the window", page, 201},  {"wrapping round", page + kPage, SIZE_MAX},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(at_mm_space_protect(&space_, c.va, c.count, AT_MM_READ), AT_RANGE);
  }
  EXPECT_EQ(at_mm_space_unmap(&space_, va, 5), AT_OK);
}

TEST_F(SpaceTest, RandomUse_AgreesWithAModel) {
  Start(1000);
  const AtSeed seed(5);
  std::mt19937 random(seed.value());
  std::map<size_t, size_t> live;  // first page -> pages
  size_t taken = 0;
  for (int step = 0; step < 20000; ++step) {
    if (live.empty() || random() % 9 < 5) {
      size_t count = 1 + random() % (random() % 10 ? 8 : 150);
      size_t expected = pages_, end = 0;
      for (auto &range : live) {
        if (range.first - end >= count && expected == pages_) expected = end;
        end = range.first + range.second;
      }
      if (expected == pages_ && pages_ - end >= count) expected = end;
      void *va;
      at_status status = at_mm_space_reserve(&space_, &va, count);
      if (expected == pages_) {
        ASSERT_EQ(status, AT_NO_SPACE);
        continue;
      }
      ASSERT_EQ(status, AT_OK);
      ASSERT_EQ((reinterpret_cast<uintptr_t>(va) - kBase) / kPage, expected) << "the first gap that fits";
      live[expected] = count;
      taken += count;
    } else {
      auto victim = std::next(live.begin(), random() % live.size());
      Release(reinterpret_cast<void *>(kBase + victim->first * kPage), victim->second);
      taken -= victim->second;
      live.erase(victim);
    }
    ASSERT_EQ(at_mm_space_free_pages(&space_), pages_ - taken);
  }
  for (auto &range : live) Release(reinterpret_cast<void *>(kBase + range.first * kPage), range.second);
}

TEST_F(SpaceDeathTest, ReleasingWhatIsNoRange_Panics) {
  char *a = Reserve(4), *b = Reserve(2), *c = Reserve(3);
  Release(b, 2);
  const struct {
    const char *what;
    char *va;
    size_t count;
  } cases[] = {
      {"twice", b, 2},
      {"too short", a, 3},
      {"too long", a, 5},
      {"nothing", a, 0},
      {"the end of a range", a + kPage, 3},
      {"not aligned", a + 8, 4},
      {"two ranges", a, 9},
      {"never taken", c + 50 * kPage, 1},
      {"before the window", a - kPage, 1},
      {"past the window", a + 200 * kPage, 1},
      {"up to the window's end and beyond", c, 195},
      {"wrapping round", c, SIZE_MAX},
      {"wrapping round to another's end", c, SIZE_MAX - 1},
      {"a gap and a range", b, 5},
      {"NULL", nullptr, 1},
  };
  for (const auto &w : cases) {
    SCOPED_TRACE(w.what);
    EXPECT_DEATH(Release(w.va, w.count), "none");
    EXPECT_DEATH(at_mm_space_unmap(&space_, w.va, w.count), "none");
  }
  Release(a, 4);
  Release(c, 3);
}

TEST_F(SpaceDeathTest, NeighbouringRanges_AreToldApart) {
  char *a = Reserve(2), *b = Reserve(2);
  ASSERT_EQ(b, a + 2 * kPage);
  EXPECT_DEATH(Release(a, 4), "none");
  EXPECT_DEATH(Release(a + kPage, 1), "none");
  EXPECT_DEATH(Release(a + kPage, 3), "none");
  Release(b, 2);
  Release(a, 2);
}

TEST_F(SpaceDeathTest, ContradictoryConfig_Panics) {
  const struct {
    const char *what;
    uintptr_t base;
    size_t pages;
  } cases[] = {
      {"base 0", 0, 10},
      {"base not aligned", kBase + 8, 10},
      {"no pages", kBase, 0},
      {"past the end of the address space", ~uintptr_t{0xFFFF}, 17},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    at_mm_space_config config{c.base, c.pages, map_.data(), at_fake_mmu_seam(fake_.get())};
    at_mm_space space;
    EXPECT_DEATH(at_mm_space_init(&space, &config), "assert");
  }
}

}  // namespace
