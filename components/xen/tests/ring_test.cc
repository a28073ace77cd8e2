// SPDX-License-Identifier: ISC
// The front ring against a peer that keeps to <xen/io/ring.h>, and against one that does not.

#include <atman/xen/ring.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <atman/xen/abi.h>

// <xen/io/ring.h> wants the barriers of whoever includes it.
#define xen_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#include <xen/io/ring.h>

#include "gtest/gtest.h"

namespace {

struct toy_request {
  uint64_t id;
  uint32_t sector;
};
struct toy_response {
  uint64_t id;
};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
DEFINE_RING_TYPES(toy, struct toy_request, struct toy_response);
#pragma GCC diagnostic pop

constexpr uint32_t kEntries = 8;

class RingTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  RingTest() {
    memory_.fill(0xee);
    EXPECT_EQ(at_xen_ring_init(&ring_, Config()), AT_OK);
    peer_.sring = Shared();
    peer_.nr_ents = kEntries;
    peer_.req_cons = peer_.rsp_prod_pvt = GetParam();
  }

  const at_xen_ring_config *Config() {
    config_ = {memory_.data(),       kEntries,  sizeof(union toy_sring_entry), sizeof(toy_request),
               sizeof(toy_response), GetParam()};
    return &config_;
  }

  toy_sring *Shared() { return reinterpret_cast<toy_sring *>(memory_.data()); }

  at_status Put(uint64_t id) {
    toy_request request = {id, 0};
    return at_xen_ring_put(&ring_, &request);
  }

  // The peer, with Xen's own macros: answers every request there is; returns how many, and whether it would notify.
  int Answer(bool *notify = nullptr) {
    int answered = 0, event;
    while (peer_.req_cons != peer_.sring->req_prod) {
      toy_request request = *RING_GET_REQUEST(&peer_, peer_.req_cons);
      peer_.req_cons++;
      RING_GET_RESPONSE(&peer_, peer_.rsp_prod_pvt)->id = request.id + 1000;
      peer_.rsp_prod_pvt++;
      answered++;
    }
    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&peer_, event);
    if (notify) *notify = event;
    return answered;
  }

  at_status Take(uint64_t *id) {
    toy_response response = {0};
    at_status status = at_xen_ring_take(&ring_, &response);
    *id = response.id;
    return status;
  }

  alignas(8) std::array<uint8_t, sizeof(toy_sring) + kEntries * sizeof(union toy_sring_entry)> memory_;
  at_xen_ring_config config_;
  at_xen_ring ring_;
  toy_back_ring peer_;
};

INSTANTIATE_TEST_SUITE_P(Starts, RingTest, ::testing::Values(0u, 1u, 0xfffffffbu, 0xffffffffu, 0x7ffffffcu));

TEST_P(RingTest, Layout_IsThatOfIoRing) {
  EXPECT_EQ(offsetof(toy_sring, ring), AT_XEN_RING_HEADER);
  EXPECT_EQ(Shared()->req_prod, GetParam());
  EXPECT_EQ(Shared()->rsp_prod, GetParam());
  EXPECT_EQ(Shared()->req_event, GetParam() + 1);
  EXPECT_EQ(Shared()->rsp_event, GetParam() + 1);
}

TEST_P(RingTest, Init_LeavesThePeerNothingToReadOfWhatWasThere) {
  const size_t used = AT_XEN_RING_HEADER + kEntries * sizeof(union toy_sring_entry);
  for (size_t i = 16; i < used; ++i) ASSERT_EQ(memory_[i], 0) << "at " << i;
  for (size_t i = used; i < memory_.size(); ++i) ASSERT_EQ(memory_[i], 0xee) << "wrote past the ring at " << i;
}

TEST_P(RingTest, ManyRounds_EveryRequestIsAnsweredOnceInOrder) {
  uint64_t next = 1, expected = 1, id;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i <= round % static_cast<int>(kEntries); ++i) ASSERT_EQ(Put(next++), AT_OK);
    at_xen_ring_push(&ring_);
    Answer();
    while (Take(&id) == AT_OK) ASSERT_EQ(id, 1000 + expected++);
    ASSERT_EQ(expected, next);
    ASSERT_EQ(at_xen_ring_room(&ring_), kEntries);
    ASSERT_EQ(at_xen_ring_outstanding(&ring_), 0u);
  }
}

TEST_P(RingTest, Full_RefusesUntilAResponseIsTaken) {
  uint64_t id;
  for (uint32_t i = 0; i < kEntries; ++i) {
    EXPECT_EQ(at_xen_ring_room(&ring_), kEntries - i);
    ASSERT_EQ(Put(i), AT_OK);
  }
  EXPECT_EQ(Put(99), AT_NO_SPACE);
  at_xen_ring_push(&ring_);
  EXPECT_EQ(Put(99), AT_NO_SPACE);
  Answer();
  EXPECT_EQ(Put(99), AT_NO_SPACE) << "an answered entry is not free before its answer is taken";
  ASSERT_EQ(Take(&id), AT_OK);
  EXPECT_EQ(id, 1000u);
  EXPECT_EQ(Put(99), AT_OK);
  EXPECT_EQ(Put(99), AT_NO_SPACE);
}

TEST_P(RingTest, Put_IsInvisibleUntilPushed) {
  ASSERT_EQ(Put(1), AT_OK);
  EXPECT_EQ(Shared()->req_prod, GetParam());
  EXPECT_EQ(at_xen_ring_outstanding(&ring_), 0u);
  EXPECT_EQ(Answer(), 0);
  at_xen_ring_push(&ring_);
  EXPECT_EQ(Shared()->req_prod, GetParam() + 1);
  EXPECT_EQ(at_xen_ring_outstanding(&ring_), 1u);
  EXPECT_EQ(Answer(), 1);
}

TEST_P(RingTest, Push_NotifiesOnlyIfThePeerAskedForOneOfThese) {
  const struct {
    const char *what;
    uint32_t event;  // after the start
    int notify;
  } cases[] = {
      {"the first of them", 1, 1},       {"the last of them", 3, 1}, {"one that was pushed before", 0, 0},
      {"one that is not yet put", 4, 0}, {"far ahead", 100, 0},      {"far behind", 0x80000000, 0},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    ASSERT_EQ(at_xen_ring_init(&ring_, Config()), AT_OK);
    Shared()->req_event = GetParam() + c.event;
    for (int i = 0; i < 3; ++i) ASSERT_EQ(Put(i), AT_OK);
    EXPECT_EQ(at_xen_ring_push(&ring_), c.notify);
    EXPECT_EQ(at_xen_ring_push(&ring_), 0) << "nothing new";
  }
}

TEST_P(RingTest, Arm_AsksForTheNextResponse) {
  uint64_t id;
  bool notify;
  ASSERT_EQ(Put(1), AT_OK);
  ASSERT_EQ(Put(2), AT_OK);
  at_xen_ring_push(&ring_);
  EXPECT_EQ(at_xen_ring_arm(&ring_), 0);
  Answer(&notify);
  EXPECT_TRUE(notify);
  EXPECT_EQ(at_xen_ring_arm(&ring_), 1) << "came before it was asked for: no event will follow";
  ASSERT_EQ(Take(&id), AT_OK);
  EXPECT_EQ(at_xen_ring_arm(&ring_), 1) << "one is left";
  ASSERT_EQ(Take(&id), AT_OK);
  EXPECT_EQ(at_xen_ring_arm(&ring_), 0);
  EXPECT_EQ(Shared()->rsp_event, GetParam() + 3);

  // Not asked for again, no event: the peer's macro agrees with ours about what was asked.
  ASSERT_EQ(Put(3), AT_OK);
  ASSERT_EQ(Put(4), AT_OK);
  at_xen_ring_push(&ring_);
  Answer(&notify);
  EXPECT_TRUE(notify);
  ASSERT_EQ(Take(&id), AT_OK);
  ASSERT_EQ(Take(&id), AT_OK);
  ASSERT_EQ(Put(5), AT_OK);
  at_xen_ring_push(&ring_);
  Answer(&notify);
  EXPECT_FALSE(notify);
  ASSERT_EQ(Take(&id), AT_OK);
}

TEST_P(RingTest, Take_WithNothingThere_IsAgain) {
  uint64_t id;
  EXPECT_EQ(Take(&id), AT_AGAIN);
  ASSERT_EQ(Put(1), AT_OK);
  EXPECT_EQ(Take(&id), AT_AGAIN);
  at_xen_ring_push(&ring_);
  EXPECT_EQ(Take(&id), AT_AGAIN);
}

TEST_P(RingTest, HostileProducer_BreaksTheRingForGood) {
  const struct {
    const char *what;
    uint32_t answers;  // the peer's claim, after the start, to the 3 requests pushed of 5 put
    at_status status;
  } cases[] = {
      {"all of them", 3, AT_OK},
      {"one too many", 4, AT_PROTOCOL},
      {"as many as were put", 5, AT_PROTOCOL},
      {"the whole ring", kEntries, AT_PROTOCOL},
      {"more than the ring", kEntries + 1, AT_PROTOCOL},
      {"a jump by half the numbers", 0x80000000, AT_PROTOCOL},
      {"backwards", 0xffffffff, AT_PROTOCOL},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    uint64_t id;
    ASSERT_EQ(at_xen_ring_init(&ring_, Config()), AT_OK);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(Put(i), AT_OK);
    at_xen_ring_push(&ring_);
    for (int i = 3; i < 5; ++i) ASSERT_EQ(Put(i), AT_OK);
    Shared()->rsp_prod = GetParam() + c.answers;
    EXPECT_EQ(Take(&id), c.status);
    if (c.status == AT_OK) continue;

    EXPECT_EQ(id, 0u) << "copied what was not answered";
    Shared()->rsp_prod = GetParam() + 1;  // repentance comes too late
    EXPECT_EQ(Take(&id), AT_PROTOCOL);
    EXPECT_EQ(Put(9), AT_PROTOCOL);
    Shared()->req_event = GetParam() + 4;
    EXPECT_EQ(at_xen_ring_push(&ring_), 0);
    EXPECT_EQ(Shared()->req_prod, GetParam() + 3);
    Shared()->rsp_prod = GetParam();
    EXPECT_EQ(at_xen_ring_arm(&ring_), 1) << "nobody may sleep on a broken ring";
  }
}

// The peer's producer is read once per batch: what it does to the index meanwhile counts for the next batch.
TEST_P(RingTest, ProducerChangedInMidBatch_CountsFromTheNextOn) {
  uint64_t id;
  for (int i = 0; i < 4; ++i) ASSERT_EQ(Put(i), AT_OK);
  at_xen_ring_push(&ring_);
  Shared()->rsp_prod = GetParam() + 2;
  ASSERT_EQ(Take(&id), AT_OK);
  Shared()->rsp_prod = GetParam() + 0x1000;
  EXPECT_EQ(Take(&id), AT_OK);
  EXPECT_EQ(Take(&id), AT_PROTOCOL);
}

// A peer that writes its indices over ours changes nothing but what it sees itself.
TEST_P(RingTest, OurIndicesOverwritten_AreNotBelieved) {
  uint64_t id;
  ASSERT_EQ(Put(1), AT_OK);
  at_xen_ring_push(&ring_);
  Shared()->req_prod = GetParam() + 77;
  Shared()->rsp_event = GetParam() + 77;
  EXPECT_EQ(at_xen_ring_outstanding(&ring_), 1u);
  EXPECT_EQ(at_xen_ring_room(&ring_), kEntries - 1);
  ASSERT_EQ(Put(2), AT_OK);
  at_xen_ring_push(&ring_);
  EXPECT_EQ(Shared()->req_prod, GetParam() + 2);
  EXPECT_EQ(Answer(), 2);
  EXPECT_EQ(Take(&id), AT_OK);
  EXPECT_EQ(id, 1001u);
}

TEST(XenRingConfig, BrokenRules_AreRefused) {
  alignas(8) static uint8_t memory[4096];
  const at_xen_ring_config good = {memory, 8, 16, 12, 8, 0};
  const struct {
    const char *what;
    at_xen_ring_config config;
  } cases[] = {
      {"no memory", {nullptr, 8, 16, 12, 8, 0}},        {"crooked memory", {memory + 4, 8, 16, 12, 8, 0}},
      {"no entries", {memory, 0, 16, 12, 8, 0}},        {"entries not a power of two", {memory, 6, 16, 12, 8, 0}},
      {"request too large", {memory, 8, 16, 17, 8, 0}}, {"response too large", {memory, 8, 16, 12, 17, 0}},
  };
  at_xen_ring ring;
  EXPECT_EQ(at_xen_ring_init(&ring, &good), AT_OK);
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    std::fill(std::begin(memory), std::end(memory), 0xee);
    EXPECT_EQ(at_xen_ring_init(&ring, &c.config), AT_INVALID);
    EXPECT_EQ(std::count(std::begin(memory), std::end(memory), 0xee), 4096) << "touched the memory";
  }
}

TEST(XenRingConfig, Entries_AreTheLargestPowerOfTwoThatFits) {
  const struct {
    size_t size;
    uint32_t entry_size, entries;
  } cases[] = {
      {4096, 12, 256},  // netif TX
      {4096, 8, 256},   // netif RX
      {4096, 112, 32},  // blkif
      {0, 8, 0},       {63, 1, 0},   {64, 1, 0},      {65, 1, 1},      {64 + 7, 8, 0},
      {64 + 8, 8, 1},  {4096, 0, 0}, {64 + 24, 8, 2}, {64 + 32, 8, 4}, {SIZE_MAX, 1, 0x80000000},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(::testing::Message() << c.size << " bytes, entries of " << c.entry_size);
    EXPECT_EQ(at_xen_ring_entries(c.size, c.entry_size), c.entries);
  }
}

}  // namespace
