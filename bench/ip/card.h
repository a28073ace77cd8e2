/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_BENCH_IP_CARD_H
#define ATMAN_BENCH_IP_CARD_H

/*
 * One of two network devices that are joined, and as quick as one can be that copies each byte once, as Xen's back-end
 * does: what is sent is copied into pages of the other's and is there at once. It takes blank checksums and frames that
 * are to be cut, and hands both on as they are: no cable between needs them finished.
 */

#include <cstddef>
#include <cstdint>
#include <vector>

#include <atman/netdev/netdev.h>

class Card {
 public:
  /* `pages`: for what has arrived; a sender waits while there are too few. */
  Card(uint8_t number, size_t pages);

  void Join(Card *other) { other_ = other; }
  at_netdev netdev();

  uint64_t frames = 0; /* sent */

 private:
  struct Page {
    alignas(4096) uint8_t bytes[4096];
  };

  static const at_netdev_ops kOps;
  static Card *Of(void *ctx) { return static_cast<Card *>(ctx); }
  void Arrive(const at_netdev_frame &frame);
  size_t Receive(at_netdev_part *parts, size_t capacity);

  struct at_netdev_info info_ = {};
  Card *other_ = nullptr;
  std::vector<Page> pages_;
  std::vector<uint32_t> free_;          /* numbers of pages */
  std::vector<at_netdev_part> arrived_; /* from `next_` on */
  size_t next_ = 0;
  std::vector<void *> cookies_; /* to be given back */
  friend struct CardOps;
};

#endif
