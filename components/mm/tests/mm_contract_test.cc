// SPDX-License-Identifier: ISC
// The contract suites on the host: the same cases that a kernel runs on real Xen, here on fake memory and a fake MMU.

#include <atman/testing/mm_contract.h>

#include <cstring>
#include <vector>

#include <atman/mm/pages.h>
#include <atman/mm/run.h>
#include <atman/testing/contract_gtest.h>
#include <atman/testing/fake_machine.h>
#include <atman/testing/fake_memory.h>
#include <atman/testing/fake_mmu.h>

#include "gtest/gtest.h"

namespace {

constexpr size_t kWindow = 100;

struct Env {
  explicit Env(size_t pages) : memory(pages), machine(&memory, pages), map(AT_MM_SPACE_WORDS(kWindow)) {
    at_mm_frames_config config = memory.Config();
    at_mm_frames_init(&frames, &config);
    at_mm_heap_init(&heap, &frames, 0x1234567);
    at_fake_mmu_init(&mmu, 0x7000000000);
    at_mm_space_config window{mmu.base, kWindow, map.data(), at_fake_mmu_seam(&mmu)};
    at_mm_space_init(&space, &window);
    env = {&frames, &heap, &space, machine.Seam(), FrameOf, this, false};
  }

  static uint64_t FrameOf(void *ctx, const void *page) { return static_cast<Env *>(ctx)->machine.Frame(page); }

  at_mm_contract_env env;  // first: the suites get back to the Env from it
  AtFakeMemory memory;
  AtFakeMachine machine;
  at_mm_frames frames;
  at_mm_heap heap;
  std::vector<uint64_t> map;
  at_fake_mmu mmu;
  at_mm_space space;
};

void Drop(void *ctx) {
  auto *env = static_cast<Env *>(ctx);
  struct at_mm_frames_stats stats;
  at_mm_heap_trim(&env->heap);
  at_mm_frames_stats(&env->frames, &stats);
  EXPECT_EQ(stats.used, 0u);
  EXPECT_EQ(env->machine.given(), 0u);
  EXPECT_EQ(at_fake_mmu_mapped(&env->mmu), 0u);
  EXPECT_EQ(at_mm_space_free_pages(&env->space), kWindow);
  delete env;
}

bool Register(const char *suite, const at_contract_case *cases, size_t count, size_t pages) {
  return AtRegisterContract(
      suite, cases, count, [pages]() -> void * { return new Env(pages); }, Drop);
}

// In the memory of a guest of 1 MiB, and in a larger one.
const bool registered = Register("FramesContract1MiB", at_mm_frames_contract, at_mm_frames_contract_count, 160) &&
                        Register("FramesContract32MiB", at_mm_frames_contract, at_mm_frames_contract_count, 8192) &&
                        Register("HeapContract1MiB", at_mm_heap_contract, at_mm_heap_contract_count, 160) &&
                        Register("HeapContract32MiB", at_mm_heap_contract, at_mm_heap_contract_count, 8192) &&
                        Register("SpaceContract", at_mm_space_contract, at_mm_space_contract_count, 160) &&
                        Register("MemoryContract1MiB", at_mm_memory_contract, at_mm_memory_contract_count, 160) &&
                        Register("MemoryContract32MiB", at_mm_memory_contract, at_mm_memory_contract_count, 8192);

TEST(PagesTest, FromFrames_GivesPagesAndTheirFrames) {
  ASSERT_TRUE(registered);
  Env env(2);
  at_mm_frame_pages source{&env.frames, Env::FrameOf, &env};
  at_mm_pages pages = at_mm_pages_from_frames(&source);
  void *a = at_mm_pages_alloc(pages), *b = at_mm_pages_alloc(pages);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a) % 4096, 0u);
  EXPECT_EQ(at_mm_pages_alloc(pages), nullptr);
  EXPECT_EQ(at_mm_pages_frame(pages, a), Env::FrameOf(&env, a));
  EXPECT_NE(at_mm_pages_frame(pages, a), at_mm_pages_frame(pages, b));
  at_mm_pages_free(pages, a);
  EXPECT_EQ(at_mm_pages_alloc(pages), a);
  at_mm_pages_free(pages, a);
  at_mm_pages_free(pages, b);
  EXPECT_DEATH(at_mm_pages_free(pages, b), "free already");
}

// Emptied, or as AtFakeMemory fills what was never used.
void ExpectEmpty(const void *page) {
  for (int i = 0; i < 4096; ++i) {
    const unsigned byte = static_cast<const uint8_t *>(page)[i];
    ASSERT_TRUE(byte == 0 || byte == 0xdd) << byte << " at " << i;
  }
}

// Another domain may read them: neither where the guest's memory lies nor what was once in it.
TEST(PagesTest, FromFrames_ShowNothingOfTheGuest) {
  Env env(8);
  at_mm_frame_pages source{&env.frames, Env::FrameOf, &env};
  at_mm_pages pages = at_mm_pages_from_frames(&source);
  void *run[2];
  for (void *&r : run) ASSERT_EQ(at_mm_run_alloc(&env.frames, &r, 3, 0), AT_OK);
  std::vector<void *> page;
  for (int i = 0; i < 5; ++i) {
    SCOPED_TRACE(i);
    page.push_back(at_mm_pages_alloc(pages));  // two that were left over behind the runs, and listed as free
    ASSERT_NE(page.back(), nullptr);
    ExpectEmpty(page.back());
    if (i != 1) continue;
    memset(run[0], 0x5a, 3 * 4096);
    at_mm_run_free(&env.frames, run[0]);
  }
  memset(page[0], 0x5a, 4096);
  at_mm_pages_free(pages, page[0]);
  page[0] = at_mm_pages_alloc(pages);
  ExpectEmpty(page[0]);
  for (void *p : page) at_mm_pages_free(pages, p);
  at_mm_run_free(&env.frames, run[1]);
}

}  // namespace
