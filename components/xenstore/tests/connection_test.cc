// SPDX-License-Identifier: ISC
// Beginning anew: with a server that remembers too much, and with one that remembers nothing.

#include <atman/xenstore/connection.h>

#include <atman/xenstore/transaction.h>
#include <atman/xenstore/watch.h>

#include "fixture.h"

namespace {

using ConnectionTest = XenStoreTest;

TEST_F(ConnectionTest, Reset_ForgetsWatchesAndTransactionsOfThisKernelAndAnEarlierOne) {
  at_xenstore_watch earlier{}, own{};
  uint32_t transaction;
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &earlier, "data", nullptr, Deadline()), AT_OK);
  ASSERT_EQ(at_xenstore_transaction_start(&xs_, &transaction, Deadline()), AT_OK);
  Settle();
  Connect();  // another kernel, on the ring as it is
  EXPECT_EQ(at_xenstore_watch_add(&xs_, &own, "data", nullptr, Deadline()), AT_EXISTS) << "with the same token";
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &own, "data", nullptr, Deadline()), AT_OK);
  EXPECT_EQ(Held().watches, 2u);
  EXPECT_EQ(Held().transactions, 1u);
  EXPECT_EQ(at_xenstore_reset_watches(&xs_, Deadline()), AT_OK);
  EXPECT_EQ(Held().watches, 0u);
  EXPECT_EQ(Held().transactions, 0u);
  EXPECT_EQ(Stats().watches, 0u);
  at_xenstore_watch_take(&own);
  EXPECT_EQ(Write("data/x", "1"), AT_OK);
  Settle();
  EXPECT_EQ(at_xenstore_watch_take(&own), 0u);
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &own, "data", nullptr, Deadline()), AT_OK) << "its memory is free again";
  EXPECT_EQ(at_xenstore_watch_remove(&xs_, &own, Deadline()), AT_OK);
}

TEST_F(ConnectionTest, ResetRefused_LeavesWatches) {
  at_xenstore_watch watch{};
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &watch, "data", nullptr, Deadline()), AT_OK);
  at_fake_xenstored_fail(server_, 0, "ENOSYS");
  EXPECT_EQ(at_xenstore_reset_watches(&xs_, Deadline()), AT_UNSUPPORTED);
  EXPECT_EQ(Stats().watches, 1u);
  EXPECT_EQ(at_xenstore_watch_remove(&xs_, &watch, Deadline()), AT_OK);
}

TEST_F(ConnectionTest, ServerWithoutTheFeature_ReconnectChangesNothing) {
  EXPECT_FALSE(at_xenstore_can_reconnect(&xs_));
  EXPECT_EQ(at_xenstore_reconnect(&xs_, Deadline()), AT_UNSUPPORTED);
  EXPECT_EQ(at_xenstore_status(&xs_), AT_OK);
  EXPECT_EQ(Write("data/x", "1"), AT_OK);
}

// It waited for its deadline, because a client that has ended woke nobody.
TEST_F(ConnectionTest, Reconnect_IsWokenByTheServersEvent) {
  at_fake_xenstored_offer_reconnection(server_);
  clock_.strict = true;
  const uint64_t deadline = Deadline();
  EXPECT_EQ(at_xenstore_reconnect(&xs_, deadline), AT_OK);
  EXPECT_LT(clock_.now_ns, deadline);
}

TEST_F(ConnectionTest, ServerStartedAgain_ReconnectWorksAndWatchesAreToldOnce) {
  at_xenstore_watch watch{};
  std::string value;
  at_fake_xenstored_offer_reconnection(server_);
  ASSERT_TRUE(at_xenstore_can_reconnect(&xs_));
  EXPECT_EQ(Write("data/x", "before"), AT_OK);
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &watch, "data", nullptr, Deadline()), AT_OK);
  at_xenstore_watch_wait(&xs_, &watch, Deadline());
  at_fake_xenstored_restart(server_);
  EXPECT_EQ(Read(&value, "data/x"), AT_TIMED_OUT);
  at_xenstore_watch_take(&watch);

  EXPECT_EQ(at_xenstore_reconnect(&xs_, Deadline()), AT_OK);
  EXPECT_EQ(at_xenstore_status(&xs_), AT_OK);
  EXPECT_EQ(at_xenstore_watch_take(&watch), 1u);
  EXPECT_EQ(Stats().watches, 0u);
  EXPECT_EQ(Stats().outstanding, 0u) << "the read that was never answered is forgotten";
  EXPECT_EQ(Read(&value, "data/x"), AT_OK);
  EXPECT_EQ(value, "before");
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &watch, "data", nullptr, Deadline()), AT_OK);
  EXPECT_EQ(Write("data/x", "after"), AT_OK);
  EXPECT_GE(at_xenstore_watch_take(&watch), 1u);
  EXPECT_EQ(at_xenstore_watch_remove(&xs_, &watch, Deadline()), AT_OK);
}

// The late answer of the first connection's last request must not be taken for one of the second's.
TEST_F(ConnectionTest, AfterAProtocolError_ReconnectBeginsOnACleanRing) {
  std::string value;
  at_fake_xenstored_offer_reconnection(server_);
  EXPECT_EQ(Write("data/x", "1"), AT_OK);
  at_fake_xenstored_misbehave(server_, AT_FAKE_XENSTORED_HUGE, 0);
  EXPECT_EQ(Read(&value, "data/x"), AT_PROTOCOL);
  EXPECT_EQ(at_xenstore_reconnect(&xs_, Deadline()), AT_OK);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Write("data/x", std::to_string(i)), AT_OK);
    EXPECT_EQ(Read(&value, "data/x"), AT_OK);
    EXPECT_EQ(value, std::to_string(i));
  }
}

TEST_F(ConnectionTest, ServerThatDoesNotAgree_TimesOutAndCanBeTriedAgain) {
  at_fake_xenstored_offer_reconnection(server_);
  // Nobody runs the server while this one sleeps.
  at_xenstore_config config{};
  at_fake_xenstored_clock alone{};
  alone.server = at_fake_xenstored_new(nullptr);
  alone.now_ns = clock_.now_ns;
  config.ring = &ring_;
  config.notify = [](void *) {};
  config.wait = at_fake_xenstored_wait(&alone);
  at_xenstore_init(&xs_, &config);
  EXPECT_EQ(at_xenstore_reconnect(&xs_, alone.now_ns + kSecond), AT_TIMED_OUT);
  EXPECT_EQ(at_xenstore_status(&xs_), AT_CLOSED);
  EXPECT_EQ(Write("data/x", "1"), AT_CLOSED);
  at_fake_xenstored_free(alone.server);

  xs_.config.wait = at_fake_xenstored_wait(&clock_);
  EXPECT_EQ(at_xenstore_reconnect(&xs_, Deadline()), AT_OK);
  EXPECT_EQ(Write("data/x", "1"), AT_OK);
}

}  // namespace
