// SPDX-License-Identifier: ISC
// A server that breaks the protocol costs the connection, by name, and nothing else. ASan and UBSan watch.

#include <atman/xenstore/directory.h>
#include <atman/xenstore/permission.h>
#include <atman/testing/seed.h>
#include <atman/xenstore/transaction.h>
#include <atman/xenstore/watch.h>

#include <functional>
#include <random>

#include "fixture.h"

namespace {

constexpr int kDead = AT_PROTOCOL;
constexpr int kLives = AT_OK;

enum Call { kRead, kWriteCall, kDirectory, kPermissions, kStart };

struct Hostility {
  at_fake_xenstored_fault fault;
  Call call;
  at_status status;  // of the call
  at_status after;   // of the connection
};

class HostileTest : public XenStoreTest, public ::testing::WithParamInterface<Hostility> {
 public:
  at_status Do(Call call) {
    char text[64];
    size_t size;
    at_xenstore_permission entries[4];
    uint32_t transaction;
    switch (call) {
      case kRead: return at_xenstore_read(&xs_, text, sizeof(text), &size, 0, "name", Deadline());
      case kWriteCall: return Write("data/v", "1");
      case kDirectory: return at_xenstore_directory(&xs_, text, sizeof(text), &size, 0, "control", Deadline());
      case kPermissions: return at_xenstore_get_permissions(&xs_, entries, 4, &size, 0, "data", Deadline());
      case kStart:
        at_status status = at_xenstore_transaction_start(&xs_, &transaction, Deadline());
        if (status == AT_OK) at_xenstore_transaction_end(&xs_, transaction, false, Deadline());
        return status;
    }
    return AT_INVALID;
  }
};

TEST_P(HostileTest, Answer_IsNamedAndSurvived) {
  const Hostility &h = GetParam();
  SCOPED_TRACE(::testing::Message() << "fault " << h.fault << " call " << h.call);
  at_fake_xenstored_misbehave(server_, h.fault, 0);
  EXPECT_EQ(Do(h.call), h.status);
  Settle();
  EXPECT_EQ(at_xenstore_status(&xs_), h.after);
  if (h.after != AT_OK) {
    uint64_t before = clock_.now_ns;
    EXPECT_EQ(Do(kRead), h.after) << "every later call says so";
    EXPECT_EQ(clock_.now_ns, before) << "and at once";
  } else {
    EXPECT_EQ(Do(kRead), AT_OK);
  }
}

INSTANTIATE_TEST_SUITE_P(All, HostileTest,
                         ::testing::Values(Hostility{AT_FAKE_XENSTORED_WRONG_ID, kRead, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_WRONG_TRANSACTION, kRead, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_WRONG_TYPE, kRead, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_WRONG_TYPE, kWriteCall, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_UNKNOWN_TYPE, kRead, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_TOO_LONG, kRead, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_HUGE, kRead, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_HUGE, kWriteCall, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_UNTERMINATED, kWriteCall, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_UNTERMINATED, kDirectory, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_UNTERMINATED, kPermissions, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_UNTERMINATED, kStart, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_UNTERMINATED, kRead, kLives,
                                                     kLives},  // a value has no end but its length
                                           Hostility{AT_FAKE_XENSTORED_EMPTY, kWriteCall, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_EMPTY, kPermissions, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_EMPTY, kStart, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_EMPTY, kRead, kLives, kLives},
                                           Hostility{AT_FAKE_XENSTORED_EMPTY, kDirectory, kLives,
                                                     kLives},  // no children
                                           Hostility{AT_FAKE_XENSTORED_EXTRA_NUL, kWriteCall, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_EXTRA_NUL, kPermissions, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_EXTRA_NUL, kStart, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_GARBAGE, kWriteCall, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_GARBAGE, kDirectory, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_GARBAGE, kPermissions, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_GARBAGE, kStart, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_TWICE, kRead, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_PRODUCER_LIES, kRead, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_CONSUMER_LIES, kRead, kDead, kDead},
                                           Hostility{AT_FAKE_XENSTORED_ERROR_INDICATOR, kRead, AT_CLOSED, AT_CLOSED}));

// Answers byte by byte, where no fault of the fake's is fine enough.
class RawAnswerTest : public XenStoreTest {
 public:
  void Answer(uint32_t type, const std::string &payload, uint32_t later = 0) {
    xsd_sockmsg header{type, xs_.last_id + later, 0, static_cast<uint32_t>(payload.size())};
    std::string bytes(reinterpret_cast<const char *>(&header), sizeof(header));
    for (char c : bytes + payload) ring_.rsp[MASK_XENSTORE_IDX(ring_.rsp_prod++)] = c;
    at_xenstore_on_event(&xs_);
  }
};

TEST_F(RawAnswerTest, Strings_MustBeStrings) {
  const struct {
    Call call;
    uint32_t type;
    std::string payload;
    at_status status;
  } cases[] = {
      {kWriteCall, XS_WRITE, std::string("OK\0", 3), AT_OK},
      {kWriteCall, XS_WRITE, std::string("KO\0", 3), AT_PROTOCOL},
      {kWriteCall, XS_WRITE, std::string("OK", 2), AT_PROTOCOL},
      {kWriteCall, XS_WRITE, std::string("OK\0x", 4), AT_PROTOCOL},
      {kWriteCall, XS_WRITE, std::string("OK\0\0", 4), AT_PROTOCOL},
      {kWriteCall, XS_WRITE, std::string("OKOKOKOKOKOKOKOKOKOK\0", 21), AT_PROTOCOL},
      {kWriteCall, XS_ERROR, std::string("ENOENT\0", 7), AT_NOT_FOUND},
      {kWriteCall, XS_ERROR, std::string("ENOENT\0x", 8), AT_PROTOCOL},
      {kPermissions, XS_GET_PERMS, std::string("r65535\0", 7), AT_OK},
      {kPermissions, XS_GET_PERMS, std::string("r65536\0", 7), AT_PROTOCOL},
      {kPermissions, XS_GET_PERMS, std::string("r\0", 2), AT_PROTOCOL},
      {kPermissions, XS_GET_PERMS, std::string("\0", 1), AT_PROTOCOL},
      {kPermissions, XS_GET_PERMS, std::string("x1\0", 3), AT_PROTOCOL},
      {kPermissions, XS_GET_PERMS, std::string("r1\0r2", 5), AT_PROTOCOL},
      {kStart, XS_TRANSACTION_START, std::string("4294967296\0", 11), AT_PROTOCOL},
      {kStart, XS_TRANSACTION_START, std::string("\0", 1), AT_PROTOCOL},
      {kStart, XS_TRANSACTION_START, std::string("12345678901234567890\0", 21), AT_PROTOCOL},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.payload);
    at_xenstore_permission entries[4];
    uint32_t transaction;
    size_t size;
    std::memset(static_cast<void *>(&ring_), 0, sizeof(ring_));
    Connect();
    clock_.server = nullptr;
    meanwhile_ = [&] { Answer(c.type, c.payload); };
    at_status status = c.call == kWriteCall ? Write("data/v", "1")
                       : c.call == kPermissions
                           ? at_xenstore_get_permissions(&xs_, entries, 4, &size, 0, "data", Deadline())
                           : at_xenstore_transaction_start(&xs_, &transaction, Deadline());
    EXPECT_EQ(status, c.status);
    ring_.req_cons = ring_.req_prod;
    at_xenstore_close(&xs_);
  }
}

TEST_F(RawAnswerTest, PartsOfADirectory_MustBeLists) {
  const struct {
    const char *what;
    std::string payload;
    at_status status;
  } cases[] = {
      {"one name", std::string("1\0a\0\0", 5), AT_OK},
      {"none", std::string("1\0\0", 3), AT_OK},
      {"the longest generation", std::string(23, '7') + std::string("\0a\0\0", 4), AT_OK},
      {"a longer one", std::string(24, '7') + std::string("\0a\0\0", 4), AT_PROTOCOL},
      {"a generation that is all there is", std::string("1\0", 2), AT_PROTOCOL},
      {"no end of the generation", std::string("1", 1), AT_PROTOCOL},
      {"no end of the last name", std::string("1\0a", 3), AT_PROTOCOL},
      {"an empty name between others", std::string("1\0a\0\0b\0\0", 8), AT_PROTOCOL},
      {"an empty name first", std::string("1\0\0a\0\0", 6), AT_PROTOCOL},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    char names[100];
    size_t size = 99;
    std::memset(static_cast<void *>(&ring_), 0, sizeof(ring_));
    Connect();
    clock_.server = nullptr;
    meanwhile_ = [&] { Answer(XS_DIRECTORY_PART, c.payload); };
    EXPECT_EQ(at_xenstore_list(&xs_, names, sizeof(names), &size, 0, "data", Deadline()), c.status);
    ring_.req_cons = ring_.req_prod;
    at_xenstore_close(&xs_);
  }
}

// While the answer to a request that was abandoned is still to come, an id that nobody asks about is believed once, but
// not one that was never given.
TEST_F(RawAnswerTest, IdThatWasNeverGiven_IsALie) {
  for (uint32_t later : {0u, 1u}) {
    std::memset(static_cast<void *>(&ring_), 0, sizeof(ring_));
    Connect();
    clock_.server = nullptr;
    EXPECT_EQ(Write("data/v", "1"), AT_TIMED_OUT);
    Answer(XS_WRITE, std::string("OK\0", 3), later);
    EXPECT_EQ(at_xenstore_status(&xs_), later == 0 ? AT_OK : AT_PROTOCOL);
    EXPECT_EQ(Stats().stale, later == 0 ? 1u : 0u);
    ring_.req_cons = ring_.req_prod;
    at_xenstore_close(&xs_);
  }
}

TEST_F(RawAnswerTest, OneByteMoreThanTheRingHolds_IsALie) {
  char reply[1100];
  size_t size;
  clock_.server = nullptr;
  meanwhile_ = [&] {
    xsd_sockmsg header{XS_READ, xs_.last_id, 0, 1008};
    std::string bytes(reinterpret_cast<const char *>(&header), sizeof(header));
    bytes.resize(1024, 'v');
    for (char c : bytes) ring_.rsp[MASK_XENSTORE_IDX(ring_.rsp_prod++)] = c;
    ring_.rsp_prod++;  // the answer is whole, and one byte too many is announced
    at_xenstore_on_event(&xs_);
  };
  EXPECT_EQ(at_xenstore_read(&xs_, reply, sizeof(reply), &size, 0, "name", Deadline()), AT_PROTOCOL);
}

using HostileServerTest = XenStoreTest;

TEST_F(HostileServerTest, BrokenErrors_EndTheConnection) {
  const at_fake_xenstored_fault faults[] = {AT_FAKE_XENSTORED_UNTERMINATED, AT_FAKE_XENSTORED_EMPTY,
                                            AT_FAKE_XENSTORED_EXTRA_NUL, AT_FAKE_XENSTORED_GARBAGE};
  for (at_fake_xenstored_fault fault : faults) {
    SCOPED_TRACE(fault);
    std::string value;
    at_fake_xenstored_misbehave(server_, fault, 0);
    EXPECT_EQ(Read(&value, "data/none"), AT_PROTOCOL);
    Settle();
    Connect();  // a new client takes the ring over where the old one left it
    ring_.rsp_cons = ring_.rsp_prod;
    Connect();
    EXPECT_EQ(Read(&value, "name"), AT_OK);
  }
}

TEST_F(HostileServerTest, Silence_CostsEachCallerItsDeadline) {
  at_fake_xenstored_misbehave(server_, AT_FAKE_XENSTORED_SILENT, 0);
  for (int i = 0; i < 3; ++i) {
    uint64_t deadline = Deadline();
    EXPECT_EQ(Write("data/v", "1"), AT_TIMED_OUT);
    EXPECT_EQ(clock_.now_ns, deadline);
  }
  at_xenstore_close(&xs_);
}

TEST_F(HostileServerTest, EverybodyWhoWaits_IsToldOfTheEnd) {
  at_status inner = AT_OK;
  std::string value, other;
  at_xenstore_watch watch{};
  static int told;
  told = 0;
  ASSERT_EQ(at_xenstore_watch_add(
                &xs_, &watch, "data", [](at_xenstore_watch *) { told++; }, Deadline()),
            AT_OK);
  Settle();
  at_xenstore_watch_take(&watch);
  told = 0;
  at_fake_xenstored_misbehave(server_, AT_FAKE_XENSTORED_WRONG_ID, 0);
  meanwhile_ = [&] { inner = Read(&other, "domid"); };
  EXPECT_EQ(Read(&value, "name"), AT_PROTOCOL);
  EXPECT_EQ(inner, AT_PROTOCOL);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(at_xenstore_watch_wait(&xs_, &watch, AT_NEVER), AT_PROTOCOL);
  EXPECT_EQ(at_xenstore_watch_remove(&xs_, &watch, Deadline()), AT_PROTOCOL);
  EXPECT_EQ(told, 1);
}

TEST_F(HostileServerTest, BrokenEvents_EndTheConnection) {
  const std::string cases[] = {"",
                               "path",
                               std::string("path\0", 5),
                               std::string("path\0token", 10),
                               std::string("path\0token\0tail\0", 16),
                               std::string("path\0token\0x", 12),
                               std::string(4096, 'x'),
                               std::string(3, '\0')};
  for (const std::string &c : cases) {
    SCOPED_TRACE(c.size());
    at_fake_xenstored_event(server_, kGuest, c.data(), c.size());
    Settle();
    EXPECT_EQ(at_xenstore_status(&xs_), AT_PROTOCOL);
    ring_.rsp_cons = ring_.rsp_prod;
    Connect();
    Settle();
    ring_.rsp_cons = ring_.rsp_prod;
    Connect();
  }
}

TEST_F(HostileServerTest, EventsNobodyAskedFor_AreCountedAndDropped) {
  const std::string cases[] = {std::string("a\0b\0", 4), std::string("\0\0", 2), std::string("data\0deadbeef\0", 14),
                               std::string(3000, 'p') + '\0' + std::string(1000, 't') + '\0'};
  for (const std::string &c : cases) at_fake_xenstored_event(server_, kGuest, c.data(), c.size());
  Settle();
  EXPECT_EQ(at_xenstore_status(&xs_), AT_OK);
  EXPECT_EQ(Stats().stale, 4u);
  EXPECT_EQ(Stats().watch_events, 4u);
}

// A server that never stops: what comes while events are handled is left for the next look, so that it ends.
TEST_F(HostileServerTest, EventStorm_IsTakenAsFarAsItHadComeWhenWeLooked) {
  at_xenstore_watch watch{};
  static std::function<void()> another;
  static int told;
  told = 0;
  another = [&] {
    std::string event = std::string("data") + '\0' + watch.token + '\0';
    xsd_sockmsg header{};
    header.type = XS_WATCH_EVENT;
    header.len = static_cast<uint32_t>(event.size());
    event.insert(0, reinterpret_cast<const char *>(&header), sizeof(header));
    for (char byte : event) ring_.rsp[ring_.rsp_prod++ % XENSTORE_RING_SIZE] = byte;
  };
  const auto tell = [](at_xenstore_watch *) {
    if (++told < 20) another();
  };
  ASSERT_EQ(at_xenstore_watch_add(&xs_, &watch, "data", nullptr, Deadline()), AT_OK);
  Settle();
  watch.fn = tell;
  another();
  for (int look = 1; look <= 3; ++look) {
    at_xenstore_on_event(&xs_);
    EXPECT_EQ(told, look);
  }
  watch.fn = nullptr;
  EXPECT_EQ(at_xenstore_watch_remove(&xs_, &watch, Deadline()), AT_OK) << "and it goes on";
}

TEST_F(HostileServerTest, IndicesThatCannotBe_FromTheStart) {
  const struct {
    uint32_t req_cons, req_prod, rsp_cons, rsp_prod;
  } cases[] = {{0, 0, 0, 1025}, {0, 0, 1, 0}, {0, 1025, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 0x80000000u}};
  for (const auto &c : cases) {
    ring_.req_cons = c.req_cons;
    ring_.req_prod = c.req_prod;
    ring_.rsp_cons = c.rsp_cons;
    ring_.rsp_prod = c.rsp_prod;
    Connect();
    std::string value;
    EXPECT_EQ(Read(&value, "name"), AT_PROTOCOL);
  }
}

// Any bytes at all: the client ends or lives, and ASan has nothing to say.
TEST_F(HostileServerTest, RandomBytes_NeverHurt) {
  const AtSeed seed(20261122);
  std::mt19937 random(seed.value());
  clock_.server = nullptr;
  for (int round = 0; round < 3000; ++round) {
    std::memset(static_cast<void *>(&ring_), 0, sizeof(ring_));
    ring_.rsp_cons = ring_.rsp_prod = random();
    Connect();
    at_xenstore_watch watch{};
    char reply[40];
    at_xenstore_request r[2]{};
    r[0].op = AT_XENSTORE_READ;
    r[0].path = "a";
    r[0].reply = reply;
    r[0].capacity = random() % sizeof(reply) + 1;
    r[1].op = AT_XENSTORE_WATCH;
    r[1].path = "b";
    r[1].watch = &watch;
    ASSERT_EQ(at_xenstore_submit(&xs_, r, 2), AT_OK);
    at_xenstore_on_event(&xs_);
    for (int i = 0; i < 8; ++i) {
      // Headers that look almost right, so that what is behind them is reached.
      xsd_sockmsg header{random() % 3 ? (random() % 2 ? 2u : 4u) : static_cast<uint32_t>(random() % 20),
                         static_cast<uint32_t>(random() % 4), 0, static_cast<uint32_t>(random() % 60)};
      if (random() % 16 == 0) header.len = random();
      char bytes[sizeof(header) + 60];
      std::memcpy(bytes, &header, sizeof(header));
      for (size_t k = sizeof(header); k < sizeof(bytes); ++k) {
        bytes[k] = random() % 3 ? "OK\0E"[random() % 4] : static_cast<char>(random());
      }
      size_t size = sizeof(header) + std::min(header.len, 60u);
      for (size_t k = 0; k < size; ++k) ring_.rsp[MASK_XENSTORE_IDX(ring_.rsp_prod++)] = bytes[k];
      at_xenstore_on_event(&xs_);
      if (at_xenstore_status(&xs_) != AT_OK) break;
    }
    at_xenstore_wait(&xs_, r, 2, 0);
    at_xenstore_close(&xs_);
  }
}

}  // namespace
