/* SPDX-License-Identifier: ISC */
#include "card.h"

#include <algorithm>
#include <cstring>

struct CardOps {
  static const struct at_netdev_info *Info(void *ctx) { return &Card::Of(ctx)->info_; }

  static at_status Recv(void *ctx, at_netdev_part *parts, size_t capacity, size_t *count) {
    *count = Card::Of(ctx)->Receive(parts, capacity);
    return AT_OK;
  }

  static void Release(void *ctx, const at_netdev_part *parts, size_t count) {
    for (size_t i = 0; i < count; i++) Card::Of(ctx)->free_.push_back(parts[i].token);
  }

  static at_status Send(void *ctx, const at_netdev_frame *frame) {
    Card *card = Card::Of(ctx);

    if (card->other_->free_.size() < AT_NETDEV_PARTS_MAX) return AT_AGAIN;
    card->other_->Arrive(*frame);
    card->frames++;
    if (frame->cookie != nullptr) card->cookies_.push_back(frame->cookie);
    return AT_OK;
  }

  static void Flush(void *) {}

  static at_status TxDone(void *ctx, void **cookies, size_t capacity, size_t *count) {
    std::vector<void *> &done = Card::Of(ctx)->cookies_;

    *count = std::min(capacity, done.size());
    std::copy(done.end() - ptrdiff_t(*count), done.end(), cookies);
    done.resize(done.size() - *count);
    return AT_OK;
  }

  /* Nobody sleeps: the two stacks are run in turns. */
  static at_status Arm(void *, unsigned) { return AT_AGAIN; }
  static at_status Wait(void *, unsigned, uint64_t) { return AT_TIMED_OUT; }

  static void Stats(void *, struct at_netdev_stats *stats) { *stats = {}; }
};

const at_netdev_ops Card::kOps = {
    CardOps::Info,   CardOps::Recv, CardOps::Release, CardOps::Send,  CardOps::Flush,
    CardOps::TxDone, CardOps::Arm,  CardOps::Wait,    CardOps::Stats,
};

Card::Card(uint8_t number, size_t pages) : pages_(pages) {
  const uint8_t mac[] = {0x02, 0, 0, 0, 0, number};

  memcpy(info_.mac, mac, sizeof(mac));
  info_.mtu = 1500;
  info_.max_frame = 1518;
  info_.max_gso = 65535;
  info_.features = AT_NETDEV_TX_PARTS | AT_NETDEV_TX_CSUM4 | AT_NETDEV_TX_CSUM6 | AT_NETDEV_TX_GSO4 | AT_NETDEV_TX_GSO6;
  info_.rx_buffers = uint16_t(pages);
  info_.tx_slots = 256;
  for (size_t i = 0; i < pages; i++) free_.push_back(uint32_t(i));
}

at_netdev Card::netdev() { return {&kOps, this}; }

void Card::Arrive(const at_netdev_frame &frame) {
  size_t first = arrived_.size();

  for (size_t i = 0, used = sizeof(Page::bytes); i < frame.count; i++) {
    for (size_t at = 0, size; at < frame.pieces[i].size; at += size, used += size) {
      if (used == sizeof(Page::bytes)) {
        if (arrived_.size() > first) arrived_.back().flags |= AT_NETDEV_MORE;
        arrived_.push_back({pages_[free_.back()].bytes, 0, free_.back(), 0, 0});
        free_.pop_back();
        used = 0;
      }
      size = std::min(sizeof(Page::bytes) - used, frame.pieces[i].size - at);
      memcpy(arrived_.back().data + used, frame.pieces[i].data + at, size);
      arrived_.back().size += uint32_t(size);
    }
  }
  arrived_[first].gso_size = frame.gso_size;
  arrived_[first].flags |= frame.flags;
  if ((frame.flags & AT_NETDEV_CSUM_BLANK) != 0) arrived_[first].flags |= AT_NETDEV_CSUM_OK;
}

/* Whole frames, as many as there is room for. */
size_t Card::Receive(at_netdev_part *parts, size_t capacity) {
  size_t count = 0;

  for (size_t end = next_; end < arrived_.size();) {
    while ((arrived_[end].flags & AT_NETDEV_MORE) != 0) end++;
    end++;
    if (end - next_ > capacity - count) return count;
    while (next_ < end) parts[count++] = arrived_[next_++];
  }
  arrived_.clear();
  next_ = 0;
  return count;
}
