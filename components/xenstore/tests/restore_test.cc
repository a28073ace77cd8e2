// SPDX-License-Identifier: ISC
// The contract of <atman/xenstore/restore.h>: a domain that is saved and finds another server at the other end.

#include <atman/xenstore/restore.h>

#include <atman/xenstore/transaction.h>
#include <atman/xenstore/watch.h>
#include <atman/xenstore/xenbus.h>

#include "fixture.h"

namespace {

class RestoreTest : public XenStoreTest {
 protected:
  // What the toolstack does to the ring meanwhile.
  void Restore(uint32_t requests, uint32_t replies) {
    ring_.req_cons = ring_.req_prod = requests;
    ring_.rsp_cons = ring_.rsp_prod = replies;
    at_fake_xenstored_connect(server_, kGuest, &ring_, nullptr, nullptr);
    at_xenstore_restored(&xs_);
  }
  at_status Rest() { return at_xenstore_rest(&xs_, Deadline()); }
  at_status Rewatch() { return at_xenstore_rewatch(&xs_, Deadline()); }
};

TEST_F(RestoreTest, WhereverTheNewServerBegins_RequestsAreAnswered) {
  const struct { uint32_t requests, replies; } cases[] = {{0, 0}, {17, 1000}, {UINT32_MAX - 3, UINT32_MAX - 5}};
  for (const auto &c : cases) {
    SCOPED_TRACE(c.requests);
    ASSERT_EQ(Write("data/a", "before"), AT_OK);
    ASSERT_EQ(Rest(), AT_OK);
    Restore(c.requests, c.replies);
    std::string value;
    EXPECT_EQ(Write("data/a", "after"), AT_OK);
    EXPECT_EQ(Read(&value, "data/a"), AT_OK);
    EXPECT_EQ(value, "after");
  }
}

// It took the whole time it was given, and said that there was no rest.
TEST_F(RestoreTest, Rest_IsWokenByTheLateAnswerToAnAbandonedRequest) {
  size_t size;
  char value[8];
  clock_.strict = true;
  ASSERT_EQ(at_xenstore_read(&xs_, value, sizeof value, &size, 0, "data/a", clock_.now_ns), AT_TIMED_OUT);
  const uint64_t deadline = Deadline();
  EXPECT_EQ(at_xenstore_rest(&xs_, deadline), AT_OK);
  EXPECT_LT(clock_.now_ns, deadline);
}

TEST_F(RestoreTest, EveryWatch_IsRegisteredAgain_AndFires) {
  at_xenstore_watch a{}, b{};
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &a, "data/a", nullptr, Deadline()), AT_OK);
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &b, "data/b", nullptr, Deadline()), AT_OK);
  Settle();
  at_xenstore_watch_take(&a);
  ASSERT_EQ(Rest(), AT_OK);
  Restore(0, 0);
  EXPECT_EQ(Held().watches, 0u) << "the server is a new one";
  EXPECT_EQ(Rewatch(), AT_OK);
  Settle();
  EXPECT_EQ(Held().watches, 2u);
  EXPECT_EQ(at_xenstore_watch_take(&a), 1u) << "the event that every watch begins with";
  EXPECT_EQ(at_xenstore_watch_take(&b), 1u);
  ASSERT_EQ(at_fake_xenstored_write(server_, HOME "/data/b", "x"), AT_OK);
  Settle();
  EXPECT_EQ(at_xenstore_watch_take(&a), 0u);
  EXPECT_EQ(at_xenstore_watch_take(&b), 1u);
  EXPECT_EQ(at_xenstore_watch_remove(&xs_, &a, Deadline()), AT_OK);
  EXPECT_EQ(at_xenstore_watch_remove(&xs_, &b, Deadline()), AT_OK);
}

TEST_F(RestoreTest, WatchThatIsRefused_IsTold_AndTheOthersAreRegistered) {
  at_xenstore_watch a{}, b{};
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &a, "data/a", nullptr, Deadline()), AT_OK);
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &b, "data/b", nullptr, Deadline()), AT_OK);
  ASSERT_EQ(Rest(), AT_OK);
  Restore(0, 0);
  at_fake_xenstored_fail(server_, 0, "E2BIG");
  EXPECT_EQ(Rewatch(), AT_TOO_BIG);
  EXPECT_EQ(Stats().watches, 1u);
  EXPECT_EQ(at_xenstore_watch_remove(&xs_, &b, Deadline()), AT_OK);
}

TEST_F(RestoreTest, WatchThatIsRemovedMeanwhile_IsNotRegisteredAgain) {
  at_xenstore_watch a{}, b{};
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &a, "data/a", nullptr, Deadline()), AT_OK);
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &b, "data/b", nullptr, Deadline()), AT_OK);
  ASSERT_EQ(Rest(), AT_OK);
  Restore(0, 0);
  at_status removed = AT_OK;
  meanwhile_ = [&] { removed = at_xenstore_watch_remove(&xs_, &b, Deadline()); };
  EXPECT_EQ(Rewatch(), AT_OK);
  EXPECT_EQ(removed, AT_NOT_FOUND) << "the new server never knew it";
  EXPECT_EQ(Stats().watches, 1u);
  EXPECT_EQ(at_xenstore_watch_remove(&xs_, &a, Deadline()), AT_OK);
}

TEST_F(RestoreTest, Rest_WaitsForWhatIsUnderWay) {
  at_xenstore_request request{};
  request.op = AT_XENSTORE_MKDIR;
  request.path = "data/dir";
  ASSERT_EQ(at_xenstore_submit(&xs_, &request, 1), AT_OK);
  EXPECT_EQ(Rest(), AT_OK);
  EXPECT_TRUE(at_xenstore_request_is_done(&request));
  EXPECT_EQ(request.status, AT_OK);
}

TEST_F(RestoreTest, OpenTransaction_KeepsItFromRest) {
  uint32_t transaction;
  ASSERT_EQ(at_xenstore_transaction_start(&xs_, &transaction, Deadline()), AT_OK);
  EXPECT_EQ(Rest(), AT_TIMED_OUT);
  EXPECT_EQ(at_xenstore_transaction_end(&xs_, transaction, false, Deadline()), AT_OK);
  EXPECT_EQ(Rest(), AT_OK);
}

TEST_F(RestoreTest, ConnectionThatHasEnded_IsTold) {
  at_xenstore_close(&xs_);
  EXPECT_EQ(Rest(), AT_CLOSED);
}

TEST_F(RestoreTest, BusThatIsForgotten_IsNotWatched_AndCanConnectAgain) {
  at_xenbus bus{};
  at_xenbus_forget(&bus);  // harmless on one that never was
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &bus.watch, "data/state", nullptr, Deadline()), AT_OK);
  ASSERT_EQ(Rest(), AT_OK);
  Restore(0, 0);
  at_xenbus_forget(&bus);
  EXPECT_FALSE(at_xenbus_has_news(&bus));
  EXPECT_EQ(Rewatch(), AT_OK);
  EXPECT_EQ(Held().watches, 0u);
  EXPECT_EQ(at_xenbus_poll(&bus, Deadline()), AT_CLOSED);
}

}  // namespace
