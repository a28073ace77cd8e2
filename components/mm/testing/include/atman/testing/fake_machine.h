/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_FAKE_MACHINE_H
#define ATMAN_TESTING_FAKE_MACHINE_H

/*
 * Fake machine memory: the seam of <atman/mm/memory.h> under an AtFakeMemory, with the rules that Xen has. Pages that
 * were given back fault when they are touched, and come back full of garbage under another frame number. Giving a page
 * twice, or taking one that was not given, aborts. Whoever gets the memory next reads it: pages that are given up, in
 * an exchange too, with `secret` in them are counted. How many frames the host has left, and which call fails, are set.
 */

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <atman/mm/memory.h>
#include <atman/testing/fake_memory.h>

class AtFakeMachine {
 public:
  /* Frame numbers are small: for 1 MiB of memory, less than AT_FAKE_MMU_FRAMES. */
  AtFakeMachine(AtFakeMemory *memory, size_t pages)
      : base_(memory->base()), frames_(pages), next_frame_(2 * pages + 2000), next_low_(2 * pages + 2001) {
    for (size_t i = 0; i < pages; ++i) frames_[i] = next_frame_--;
  }

  at_mm_memory Seam() {
    static const at_mm_memory_ops ops = {Give, Take, Exchange};
    return {&ops, this};
  }
  /* The machine frame of a page, 0 if it has none now. */
  uint64_t Frame(const void *page) const { return frames_[Index(page)]; }
  size_t given() const { return given_; }
  size_t calls() const { return calls_; }

  /* Pages that were given up with a byte of `secret` in them. */
  size_t secrets() const { return secrets_; }

  char secret = 0x5a;
  size_t host_frames = SIZE_MAX; /* that the host has left */
  size_t fail_call = 0;          /* the Nth call from now fails, 0: none */
  size_t fail_after = 0;         /* pages that a failing call still does */

 private:
  static constexpr size_t kPage = AT_MM_PAGE_SIZE;

  size_t Index(const void *page) const {
    size_t index = static_cast<size_t>(static_cast<const char *>(page) - base_) / kPage;
    if (index >= frames_.size()) abort();
    return index;
  }

  void Read(const void *page) { secrets_ += memchr(page, secret, kPage) != nullptr; }

  at_status Do(size_t *done, void *const *pages, size_t count, bool give) {
    calls_++;
    if (count == 0 || count > AT_MM_MEMORY_BATCH) abort();
    bool fails = fail_call > 0 && --fail_call == 0;
    for (*done = 0; *done < count; ++*done) {
      size_t index = Index(pages[*done]);
      if ((fails && *done == fail_after) || (!give && host_frames == 0)) return fails ? AT_IO : AT_NO_MEMORY;
      if ((frames_[index] == 0) == give || reinterpret_cast<uintptr_t>(pages[*done]) % kPage != 0) abort();
      if (give) Read(pages[*done]);
      if (mprotect(pages[*done], kPage, give ? PROT_NONE : PROT_READ | PROT_WRITE) != 0) abort();
      if (!give) memset(pages[*done], 0xEE, kPage);
      frames_[index] = give ? 0 : next_frame_--;
      given_ += give ? 1 : -1;
      if (host_frames != SIZE_MAX) host_frames += give ? 1 : -1;
    }
    return AT_OK;
  }

  static at_status Give(void *ctx, size_t *done, void *const *pages, size_t count) {
    return static_cast<AtFakeMachine *>(ctx)->Do(done, pages, count, true);
  }
  static at_status Take(void *ctx, size_t *done, void *const *pages, size_t count) {
    return static_cast<AtFakeMachine *>(ctx)->Do(done, pages, count, false);
  }
  static at_status Exchange(void *ctx, uint64_t *frame, void *block, unsigned order, unsigned address_bits) {
    auto *self = static_cast<AtFakeMachine *>(ctx);
    uint64_t count = uint64_t{1} << order;
    self->calls_++;
    if (self->fail_call > 0 && --self->fail_call == 0) return AT_IO;
    if (order > 9) return AT_DENIED;
    if (address_bits != 0 && address_bits < 24) return AT_NO_MEMORY;
    self->next_low_ = (self->next_low_ + count - 1) / count * count;
    *frame = self->next_low_;
    for (uint64_t i = 0; i < count; ++i) self->frames_[self->Index(block) + i] = self->next_low_++;
    for (uint64_t i = 0; i < count; ++i) self->Read(static_cast<char *>(block) + i * kPage);
    memset(block, 0xEE, count * kPage);
    return AT_OK;
  }

  char *base_;
  std::vector<uint64_t> frames_;
  uint64_t next_frame_; /* going down: two neighbours are never adjacent in their order */
  uint64_t next_low_;
  size_t given_ = 0;
  size_t calls_ = 0;
  size_t secrets_ = 0;
};

#endif /* ATMAN_TESTING_FAKE_MACHINE_H */
