// SPDX-License-Identifier: ISC
// Misuse of <atman/mm/frames.h>: each ends the program, with a reason, before it can do harm.

#include <atman/mm/frames.h>

#include <cstring>

#include "frames_fixture.h"

namespace {

using FramesDeathTest = FramesTest;

TEST_F(FramesDeathTest, HostileFrees_Panic) {
  Start(64, 0, 0);
  char *page = Alloc(0), *freed = Alloc(0), *pair = Alloc(1), *gone = Alloc(1);
  Free(freed, 0);
  Free(gone, 1);
  const struct {
    const char *what;
    void *block;
    unsigned order;
    const char *reason;
  } cases[] = {
      {"twice", freed, 0, "free already"},
      {"twice, not a quick one", gone, 1, "free already"},
      {"order too large", page, 1, "wrong order"},
      {"order too small", pair, 0, "wrong order"},
      {"order that does not exist", page, 11, "wrong order"},
      {"order that looks like another kind of page", page, 16, "wrong order"},
      {"huge order", page, ~0u, "wrong order"},
      {"the middle of a block", pair + kPage, 0, "from the middle"},
      {"the middle of a page", page + 8, 0, "from the middle"},
      {"NULL", nullptr, 0, "never allocated"},
      {"before the range", memory_->base() - kPage, 0, "never allocated"},
      {"a virgin page", memory_->base() + 63 * kPage, 0, "never allocated"},
      {"past the end", memory_->base() + 64 * kPage, 0, "never allocated"},
      {"the last address there is", reinterpret_cast<void *>(~uintptr_t{4095}), 0, "never allocated"},
      {"the stack", &page, 0, "never allocated|from the middle"},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_DEATH(Free(c.block, c.order), c.reason);
  }
  Free(page, 0);
  Free(pair, 1);
}

TEST_F(FramesDeathTest, FreePageWrittenTo_PanicsWhenItIsUsed) {
  Start(64);
  char *pages[3] = {Alloc(0), Alloc(0), Alloc(0)};
  for (char *page : pages) Free(page, 0);
  memset(pages[2], 0x41, 8);  // the quick list's link
  EXPECT_DEATH((Alloc(0), Alloc(0)), "written to after it was freed");
}

TEST_F(FramesDeathTest, FreeBlockWrittenTo_PanicsWhenItIsUsed) {
  Start(64);
  char *block = Alloc(3);
  Free(block, 3);
  at_list_node elsewhere{&elsewhere, &elsewhere};
  const at_list_node links = {&elsewhere, &elsewhere};
  EXPECT_DEATH((memcpy(block, &links, sizeof(links)), Alloc(3)), "assert");
}

TEST_F(FramesDeathTest, AddingWhatIsNotBoots_Panics) {
  Start(64, 32, 16);
  char *page = Alloc(0);
  at_mm_frames_add(&frames_, 4, 4);
  memset(memory_->state() + 17, memory_->state()[10], 47);  // virgin bytes that look as if they could be added
  const struct {
    const char *what;
    size_t first, count;
  } cases[] = {
      {"added twice", 4, 4},         {"overlapping", 2, 4},     {"the allocator's own", 16, 1},       {"virgin", 20, 1},
      {"up to the frontier", 12, 5}, {"beyond the end", 64, 1}, {"wrapping round", 12, SIZE_MAX - 4},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_DEATH(at_mm_frames_add(&frames_, c.first, c.count), "assert");
  }
  Free(page, 0);
}

TEST_F(FramesDeathTest, ContradictoryConfig_Panics) {
  Start(64, 32);
  const struct {
    const char *what;
    void (*spoil)(at_mm_frames_config *);
  } cases[] = {
      {"base not aligned", [](at_mm_frames_config *c) { c->base = static_cast<char *>(c->base) + 8; }},
      {"ready beyond the end", [](at_mm_frames_config *c) { c->ready_pages = 65; }},
      {"first not ready", [](at_mm_frames_config *c) { c->first_page = 33; }},
      {"past the end of the address space", [](at_mm_frames_config *c) { c->pages = size_t{1} << 52; }},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    at_mm_frames_config config = memory_->Config();
    c.spoil(&config);
    at_mm_frames frames;
    EXPECT_DEATH(at_mm_frames_init(&frames, &config), "assert");
  }
}

TEST_F(FramesDeathTest, GrowThatClaimsTooMuch_Panics) {
  Start(64);
  at_mm_frames_config config = memory_->Config();
  config.grow = [](void *, size_t, size_t, size_t *grown) -> at_status { return *grown = 65, AT_OK; };
  at_mm_frames_init(&frames_, &config);
  EXPECT_DEATH(Alloc(0), "assert");
}

}  // namespace
