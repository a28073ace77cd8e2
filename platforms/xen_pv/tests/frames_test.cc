// SPDX-License-Identifier: ISC
// src/frames.c over an address space in which only what the builder or a linked page table maps can be touched, for
// domains of all sizes. Each domain is a process: it boots once, and one that faults is told from one that does not.

extern "C" {
#include "platforms/xen_pv/src/internal.h"
#include "platforms/xen_pv/src/mmu.h"
}

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <set>
#include <vector>

#include <atman/guest.h>
#include <atman/mm/frames.h>

#include "gtest/gtest.h"

namespace {

constexpr uint64_t kPage = 4096, kChunk = 0x200000, kGib = 1ull << 30;
constexpr uint64_t kSpace = 512 * kGib;  // what one level-4 entry maps, and the alignment of the direct map's own
constexpr uint64_t kPagesPerMib = 256;

// A domain as Xen 4.17's builder makes it.
struct Domain {
  uint64_t pages;
  unsigned choice;     // of the direct map's places
  bool large = false;  // the image, see layout.h
  uint64_t low = 60;   // pages that are taken of those that the builder maps
};

start_info_t info;
std::set<uint64_t> gibs, chunks;  // that are linked, by number
std::set<const void *> tables;    // that were linked

[[noreturn]] void Wrong(const char *what) {
  fprintf(stderr, "%s\n", what);
  _exit(2);
}

void Open(uint64_t address, uint64_t size) {
  if (mprotect(reinterpret_cast<void *>(address), size, PROT_READ | PROT_WRITE) != 0) Wrong("mprotect");
}

void *Reserve(uint64_t address, uint64_t size, int protection) {
  int fixed = address == 0 ? 0 : MAP_FIXED_NOREPLACE;
  void *at = mmap(reinterpret_cast<void *>(address), size, protection,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
  if (at == MAP_FAILED) Wrong("mmap");
  return at;
}

void Build(const Domain &domain) {
  uint64_t base = domain.large ? 0x60280000 : 0x60340000;
  uint64_t first = domain.large ? 384 : 192;
  uint64_t p2m = (domain.pages + 511) / 512;
  uint64_t space = reinterpret_cast<uint64_t>(Reserve(0, 3 * kSpace, PROT_NONE));
  Reserve(AT_XEN_PV_P2M_BASE, p2m * kPage, PROT_READ);
  at_xen_pv_direct_base = (space + kSpace - 1) / kSpace * kSpace + base + domain.choice * kChunk;
  info.pt_base = AT_XEN_PV_IMAGE_BASE + (domain.low - 7) * kPage;
  info.nr_pt_frames = 7;
  info.nr_pages = domain.pages;
  info.first_p2m_pfn = first;
  info.nr_p2m_frames = p2m + (p2m + 511) / 512 + 1;
  gibs.insert(at_xen_pv_direct_base / kGib);
  for (uint64_t page = 0; page < first; ++page) chunks.insert((at_xen_pv_direct_base + page * kPage) / kChunk);
  Open(at_xen_pv_direct_base, first * kPage);
}

void *Alloc(unsigned order) {
  void *block = nullptr;
  if (at_mm_frames_alloc(at_guest_frames(), &block, order) != AT_OK) return nullptr;
  memset(block, 0xa5, kPage);
  static_cast<char *>(block)[(kPage << order) - 1] = 1;
  return block;
}

// Takes all memory. No page of it may be a table, and little of it may be missing.
void TakeAll(const Domain &domain) {
  std::vector<std::pair<uintptr_t, uintptr_t>> mine;
  uint64_t pages = 0;
  for (unsigned order : {10u, 4u, 0u}) {
    while (void *block = Alloc(order)) {
      mine.emplace_back(reinterpret_cast<uintptr_t>(block), reinterpret_cast<uintptr_t>(block) + (kPage << order));
      pages += 1ull << order;
    }
  }
  for (auto &block : mine) {
    auto table = tables.lower_bound(reinterpret_cast<void *>(block.first));
    if (table != tables.end() && reinterpret_cast<uintptr_t>(*table) < block.second) Wrong("a table was given away");
  }
  if (pages + domain.pages / 512 * 3 + 300 < domain.pages) Wrong("memory is missing");
}

// How `domain` ends that takes a page and a large block, or all there is: 0 is well.
int Outcome(const Domain &domain, bool all) {
  pid_t child = fork();
  if (child == 0) {
    Build(domain);
    if (all) {
      TakeAll(domain);
    } else if (Alloc(0) == nullptr || (domain.pages > 8192 && Alloc(10) == nullptr)) {
      Wrong("nothing is given");
    }
    _exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

class FramesTest : public ::testing::Test {
 protected:
  void Expect(uint64_t mib, bool all = false) {
    for (unsigned choice : {0u, 64u, 127u}) {
      for (bool large : {false, true}) {
        SCOPED_TRACE(::testing::Message() << mib << " MiB, choice " << choice << (large ? ", large" : ""));
        EXPECT_EQ(Outcome({mib * kPagesPerMib, choice, large}, all), 0);
      }
    }
  }
};

TEST_F(FramesTest, AnySize_GivesMemory) {
  EXPECT_EQ(Outcome({kPagesPerMib, 64}, true), 0);
  for (uint64_t mib = 2; mib < 64; ++mib) Expect(mib);
  for (uint64_t mib = 1021; mib < 40000; mib += 509) Expect(mib);
}

TEST_F(FramesTest, AllMemory_CanBeTaken) {
  for (uint64_t mib : {2, 3, 32, 500, 513, 2047, 4086, 8192}) Expect(mib, true);
}

// Where the state of the first pages begins at the end of a chunk and ends in the next.
TEST_F(FramesTest, StateInTwoChunks_IsMapped) {
  for (uint64_t mib = 4080; mib < 4100; ++mib) Expect(mib);
  for (uint64_t mib : {4596, 5108, 5618, 16000, 32767}) Expect(mib);
}

// Where the second level-2 table would lie in the GiB that it is for.
TEST_F(FramesTest, LargeDomains_NeedNoTableForItself) {
  for (uint64_t gib : {48, 62, 63, 64, 65, 100, 126}) Expect(gib * 1024);
  for (unsigned choice = 0; choice < AT_XEN_PV_DIRECT_CHOICES; ++choice)
    EXPECT_EQ(Outcome({64 * 1024 * kPagesPerMib, choice}, false), 0) << choice;
  EXPECT_EQ(Outcome({126 * 1024 * kPagesPerMib, 127}, true), 0);
}

TEST_F(FramesTest, MoreThanThereAreTablesFor_IsRefused) {
  for (uint64_t gib : {200, 512, 513, 1000})
    EXPECT_DEATH(
        {
          Build({gib * 1024 * kPagesPerMib, 64});
          at_guest_frames();
        },
        "too small or large");
}

}  // namespace

extern "C" {

const start_info_t *at_xen_pv_start_info = &info;
uintptr_t at_xen_pv_direct_base;
char at_xen_pv_image_start[1];

uint64_t at_xen_pv_find_entry(uint64_t *address, uintptr_t va, unsigned level) {
  *address = gibs.count(va / kGib);
  return level == 3 ? gibs.count(va / kGib) : chunks.count(va / kChunk);
}

at_status at_xen_pv_link(void *table, uintptr_t va, unsigned level) {
  auto *entries = static_cast<const uint64_t *>(table);
  uintptr_t at = reinterpret_cast<uintptr_t>(table);
  if (!chunks.count(at / kChunk) || !tables.insert(table).second) Wrong("not a table");
  if (level == 3) {
    for (unsigned i = 0; i < 512; ++i)
      if (entries[i] != 0) Wrong("a level-2 table is not empty");
    if (!gibs.insert(va / kGib).second) Wrong("a GiB is linked twice");
    return AT_OK;
  }
  if (gibs.count(va / kGib) == 0) return AT_NOT_FOUND;
  if (!chunks.insert(va / kChunk).second) Wrong("a chunk is linked twice");
  Open(va, kChunk);
  return AT_OK;
}

}  // extern "C"
