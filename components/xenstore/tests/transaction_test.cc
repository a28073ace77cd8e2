// SPDX-License-Identifier: ISC
// Transactions and permissions: what is committed, what loses, what is left behind by those who give up.

#include <atman/xenstore/transaction.h>

#include <vector>

#include <atman/xenstore/permission.h>

#include "fixture.h"

namespace {

class TransactionTest : public XenStoreTest {
 public:
  // Adds one to data/count, with somebody else in the way `losses_` times.
  static at_status Increment(at_xenstore *xs, uint32_t transaction, void *self) {
    auto *t = static_cast<TransactionTest *>(self);
    char text[16];
    size_t size;
    uint32_t count = 0;
    t->runs_++;
    at_status status = at_xenstore_read(xs, text, sizeof(text), &size, transaction, "data/count", t->Deadline());
    if (status != AT_OK) return status;
    EXPECT_EQ(at_xenstore_parse_u32(&count, text, size), AT_OK);
    if (t->losses_ != 0) {
      t->losses_--;
      at_fake_xenstored_write(t->server_, HOME "/data/count", std::to_string(count + 10).c_str());
    }
    size = at_xenstore_format_u32(text, count + 1);
    status = at_xenstore_write(xs, transaction, "data/count", text, size, t->Deadline());
    return status == AT_OK ? t->result_ : status;
  }

  at_status Transact() { return at_xenstore_transact(&xs_, Increment, this, Deadline()); }

  int runs_ = 0, losses_ = 0;
  at_status result_ = AT_OK;
};

TEST_F(TransactionTest, Transact_CommitsOnce) {
  ASSERT_EQ(Write("data/count", "1"), AT_OK);
  EXPECT_EQ(Transact(), AT_OK);
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(Dom0Reads(HOME "/data/count"), "2");
}

TEST_F(TransactionTest, Transact_TriesAgainWhenItLoses) {
  ASSERT_EQ(Write("data/count", "1"), AT_OK);
  losses_ = 3;
  EXPECT_EQ(Transact(), AT_OK);
  EXPECT_EQ(runs_, 4);
  EXPECT_EQ(Dom0Reads(HOME "/data/count"), "32");
}

TEST_F(TransactionTest, Transact_GivesUpAtLast) {
  ASSERT_EQ(Write("data/count", "1"), AT_OK);
  losses_ = 1000;
  EXPECT_EQ(Transact(), AT_AGAIN);
  EXPECT_EQ(runs_, AT_XENSTORE_TRANSACTION_TRIES);
}

TEST_F(TransactionTest, Transact_DropsEverythingWhenTheFunctionFails) {
  ASSERT_EQ(Write("data/count", "1"), AT_OK);
  result_ = AT_CANCELLED;
  EXPECT_EQ(Transact(), AT_CANCELLED);
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(Dom0Reads(HOME "/data/count"), "1");
}

TEST_F(TransactionTest, Transact_FailingAtAnyRequest_LeavesNoTransaction) {
  ASSERT_EQ(Write("data/count", "1"), AT_OK);
  for (uint32_t nth = 0; nth < 4; ++nth) {
    SCOPED_TRACE(nth);
    at_fake_xenstored_fail(server_, nth, "ENOSPC");
    EXPECT_EQ(Transact(), AT_QUOTA);
    if (nth == 3) {  // the fake refused the end without doing it: end it for the client
      EXPECT_EQ(Held().transactions, 1u);
      EXPECT_EQ(at_xenstore_transaction_end(&xs_, 3, false, Deadline()), AT_OK);
    }
    EXPECT_EQ(Held().transactions, 0u);
  }
}

TEST_F(TransactionTest, Transact_FailingFromAnyRequestOn_LeavesNoTransaction) {
  ASSERT_EQ(Write("data/count", "1"), AT_OK);
  for (uint32_t nth = 0; nth < 3; ++nth) {  // start, read and write
    SCOPED_TRACE(nth);
    at_fake_xenstored_fail_from(server_, nth, "ENOSPC");
    EXPECT_EQ(Transact(), AT_QUOTA);
    EXPECT_EQ(Held().transactions, 0u);
    EXPECT_EQ(Dom0Reads(HOME "/data/count"), "1");
  }
  at_fake_xenstored_fail(server_, 0, "");
  EXPECT_EQ(Transact(), AT_OK);
}

TEST_F(TransactionTest, TooMany_AreRefused) {
  std::vector<uint32_t> open;
  uint32_t number;
  at_status status;
  while ((status = at_xenstore_transaction_start(&xs_, &number, Deadline())) == AT_OK) open.push_back(number);
  EXPECT_EQ(status, AT_QUOTA);
  EXPECT_EQ(open.size(), 11u) << "4.17 counts them so";
  EXPECT_EQ(Stats().transactions, 11u);
  for (uint32_t n : open) EXPECT_EQ(at_xenstore_transaction_end(&xs_, n, true, Deadline()), AT_OK);
}

TEST_F(TransactionTest, StartThatNobodyWaitsFor_IsDroppedByTheClient) {
  uint32_t number;
  clock_.server = nullptr;
  for (int i = 0; i < 11; ++i) EXPECT_EQ(at_xenstore_transaction_start(&xs_, &number, Deadline()), AT_TIMED_OUT);
  clock_.server = server_;
  Settle();
  EXPECT_EQ(Held().transactions, 0u);
  EXPECT_EQ(Stats().transactions, 0u);
  EXPECT_EQ(at_xenstore_transaction_start(&xs_, &number, Deadline()), AT_OK);
  EXPECT_EQ(at_xenstore_transaction_end(&xs_, number, false, Deadline()), AT_OK);
}

TEST_F(TransactionTest, EndThatNeverLeft_IsMadeUpFor) {
  uint32_t number;
  ASSERT_EQ(at_xenstore_transaction_start(&xs_, &number, Deadline()), AT_OK);
  clock_.server = nullptr;
  EXPECT_EQ(Write("data/v", std::string(990, 'x')), AT_TIMED_OUT) << "fills the ring";
  EXPECT_EQ(at_xenstore_transaction_end(&xs_, number, true, Deadline()), AT_TIMED_OUT);
  clock_.server = server_;
  Settle();
  EXPECT_EQ(Held().transactions, 0u);
}

TEST_F(TransactionTest, CommitThatIsRefusedTooLate_IsCountedAsEnded) {
  uint32_t number;
  std::string value;
  ASSERT_EQ(Write("data/v", "1"), AT_OK);
  ASSERT_EQ(at_xenstore_transaction_start(&xs_, &number, Deadline()), AT_OK);
  EXPECT_EQ(at_xenstore_write(&xs_, number, "data/v", "2", 1, Deadline()), AT_OK);
  EXPECT_EQ(at_fake_xenstored_write(server_, HOME "/data/v", "3"), AT_OK);
  clock_.server = nullptr;
  EXPECT_EQ(at_xenstore_transaction_end(&xs_, number, true, Deadline()), AT_TIMED_OUT);
  clock_.server = server_;
  Settle();
  EXPECT_EQ(Dom0Reads(HOME "/data/v"), "3") << "EAGAIN, which nobody was there to hear";
  EXPECT_EQ(Stats().transactions, 0u);
}

TEST_F(TransactionTest, OrphansOfAClosedConnection_AreForgotten) {
  uint32_t number;
  ASSERT_EQ(at_xenstore_transaction_start(&xs_, &number, Deadline()), AT_OK);
  clock_.server = nullptr;
  EXPECT_EQ(Write("data/v", std::string(990, 'x')), AT_TIMED_OUT) << "fills the ring";
  EXPECT_EQ(at_xenstore_transaction_end(&xs_, number, true, Deadline()), AT_TIMED_OUT);
  EXPECT_EQ(Stats().outstanding, 2u);
  at_xenstore_close(&xs_);
  EXPECT_EQ(Stats().outstanding, 0u);
  EXPECT_EQ(Stats().transactions, 0u);
}

TEST_F(TransactionTest, UnknownNumber_IsNotFound) {
  EXPECT_EQ(at_xenstore_transaction_end(&xs_, 4711, true, Deadline()), AT_NOT_FOUND);
  EXPECT_EQ(at_xenstore_write(&xs_, 4711, "data/v", "1", 1, Deadline()), AT_NOT_FOUND);
}

using PermissionTest = XenStoreTest;

TEST_F(PermissionTest, SetAndGet_Agree) {
  const at_xenstore_permission sent[] = {{5, AT_XENSTORE_ACCESS_NONE},
                                         {0, AT_XENSTORE_ACCESS_READ},
                                         {65535, AT_XENSTORE_ACCESS_WRITE},
                                         {7, AT_XENSTORE_ACCESS_READ | AT_XENSTORE_ACCESS_WRITE}};
  at_xenstore_permission got[4]{};
  size_t count = 99;
  ASSERT_EQ(Write("data/v", "1"), AT_OK);
  EXPECT_EQ(at_xenstore_set_permissions(&xs_, 0, "data/v", sent, 4, Deadline()), AT_OK);
  EXPECT_EQ(at_xenstore_get_permissions(&xs_, got, 4, &count, 0, "data/v", Deadline()), AT_OK);
  ASSERT_EQ(count, 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(got[i].domid, sent[i].domid);
    EXPECT_EQ(got[i].access, sent[i].access);
  }
  EXPECT_EQ(at_xenstore_get_permissions(&xs_, got, 3, &count, 0, "data/v", Deadline()), AT_TOO_BIG);
  EXPECT_EQ(at_xenstore_get_permissions(&xs_, got, 4, &count, 0, "data/none", Deadline()), AT_NOT_FOUND);
  EXPECT_EQ(count, 0u);
}

TEST_F(PermissionTest, WhatCannotBe_IsRefusedHereOrThere) {
  at_xenstore_permission many[AT_XENSTORE_PERMISSIONS_MAX + 1]{};
  for (auto &p : many) p = {5, AT_XENSTORE_ACCESS_READ};
  uint32_t before = ring_.req_prod;
  auto set = [&](size_t n) { return at_xenstore_set_permissions(&xs_, 0, "data", many, n, Deadline()); };
  EXPECT_EQ(set(0), AT_INVALID);
  EXPECT_EQ(set(AT_XENSTORE_PERMISSIONS_MAX + 1), AT_INVALID);
  EXPECT_EQ(ring_.req_prod, before);
  EXPECT_EQ(set(AT_XENSTORE_PERMISSIONS_MAX), AT_QUOTA) << "the server's limit";
  many[0].domid = 6;
  EXPECT_EQ(set(1), AT_NOT_FOUND) << "no such domain";
  many[0].domid = 0;
  EXPECT_EQ(set(1), AT_DENIED);
  many[0] = {5, 4};
  EXPECT_EQ(set(1), AT_INVALID);
}

}  // namespace
