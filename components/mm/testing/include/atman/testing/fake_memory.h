/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_FAKE_MEMORY_H
#define ATMAN_TESTING_FAKE_MEMORY_H

/*
 * Fake memory: a linear range of a Linux process for at_mm_frames. Virgin pages are inaccessible until the allocator
 * grows, so touching one too early faults. Pages come up full of garbage, and state bytes with what would be free
 * blocks of any order. Growing can be made to fail.
 */

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <atman/mm/frames.h>

class AtFakeMemory {
 public:
  /* `pages` pages of which `ready` are accessible, at an address that is 4 MiB aligned plus `skew` pages. */
  explicit AtFakeMemory(size_t pages, size_t ready = 0, size_t skew = 0)
      : pages_(pages), ready_(ready), state_(static_cast<uint8_t *>(malloc(pages + 1))) {
    const size_t align = AT_MM_PAGE_SIZE << AT_MM_ORDER_MAX;
    bytes_ = (pages + skew) * AT_MM_PAGE_SIZE + align;
    map_ = mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map_ == MAP_FAILED) abort();
    uintptr_t aligned = (reinterpret_cast<uintptr_t>(map_) + align - 1) & ~(align - 1);
    base_ = reinterpret_cast<char *>(aligned) + skew * AT_MM_PAGE_SIZE;
    for (size_t i = 0; i < pages; ++i) state_.get()[i] = static_cast<uint8_t>(0x10 + i % 11);
    if (ready) Open(0, ready);
  }
  ~AtFakeMemory() { munmap(map_, bytes_); }
  AtFakeMemory(const AtFakeMemory &) = delete;
  AtFakeMemory &operator=(const AtFakeMemory &) = delete;

  at_mm_frames_config Config(size_t first_page = 0) {
    at_mm_frames_config config{};
    config.base = base_;
    config.pages = pages_;
    config.first_page = first_page;
    config.state = state_.get();
    config.ready_pages = ready_;
    config.grow = Grow;
    config.ctx = this;
    return config;
  }

  char *base() const { return base_; }
  uint8_t *state() const { return state_.get(); }
  size_t ready() const { return ready_; }
  size_t grows() const { return grows_; }

  size_t fail_grow = 0;   /* the Nth call from now fails, 0: none */
  bool fail_on = false;   /* and so does every later one, until this is taken back */
  size_t fail_after = 0;  /* pages that a failing call still makes accessible */
  size_t extra_pages = 0; /* how many more than asked for a call makes accessible, if there are */

 private:
  struct Free {
    void operator()(uint8_t *p) const { free(p); }
  };

  void Open(size_t first, size_t count) {
    if (mprotect(base_ + first * AT_MM_PAGE_SIZE, count * AT_MM_PAGE_SIZE, PROT_READ | PROT_WRITE) != 0) abort();
    for (size_t i = first; i < first + count; ++i) memset(base_ + i * AT_MM_PAGE_SIZE, 0xDD, 64);
  }

  static at_status Grow(void *ctx, size_t first, size_t count, size_t *grown) {
    auto *self = static_cast<AtFakeMemory *>(ctx);
    self->grows_++;
    if (first != self->ready_ || count == 0 || count > self->pages_ - first) abort();
    bool fails = self->fail_grow == 1;
    if (self->fail_grow > 1 || (fails && !self->fail_on)) self->fail_grow--;
    *grown = fails ? self->fail_after : count + self->extra_pages;
    if (*grown > self->pages_ - first) *grown = self->pages_ - first;
    if (*grown) self->Open(first, *grown);
    self->ready_ += *grown;
    return fails ? AT_QUOTA : AT_OK;
  }

  size_t pages_;
  size_t ready_;
  size_t grows_ = 0;
  std::unique_ptr<uint8_t, Free> state_;
  void *map_;
  size_t bytes_;
  char *base_;
};

#endif /* ATMAN_TESTING_FAKE_MEMORY_H */
