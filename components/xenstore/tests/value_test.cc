// SPDX-License-Identifier: ISC
// Values with types: what each kind takes, what a missing or wrong one leaves, and all or none.

#include <atman/xenstore/value.h>

#include <cstring>
#include <string>

#include "fixture.h"

namespace {

class ValueTest : public XenStoreTest {
 protected:
  static at_xenstore_value Key(const char *name, at_xenstore_kind kind, void *to, size_t capacity = 0,
                               bool optional = false) {
    at_xenstore_value v{};
    v.name = name;
    v.kind = kind;
    v.to = to;
    v.capacity = capacity;
    v.optional = optional;
    return v;
  }

  // Reads `text` as a value of `kind` into the 16 bytes at `to`.
  at_status Parse(at_xenstore_kind kind, void *to, const std::string &text, size_t capacity = 16) {
    EXPECT_EQ(Write("data/v", text), AT_OK);
    at_xenstore_value v = Key("v", kind, to, capacity);
    at_status status = at_xenstore_values_read(&xs_, "data", &v, 1, Deadline());
    EXPECT_EQ(status, v.status);
    return status;
  }
};

TEST_F(ValueTest, Numbers_AreTakenWholeOrNotAtAll) {
  const struct {
    at_xenstore_kind kind;
    std::string text;
    at_status status;
    uint64_t value;
  } cases[] = {
      {AT_XENSTORE_U32, "0", AT_OK, 0},
      {AT_XENSTORE_U32, "4294967295", AT_OK, 0xffffffff},
      {AT_XENSTORE_U32, "4294967296", AT_RANGE, 0},
      {AT_XENSTORE_U32, "", AT_INVALID, 0},
      {AT_XENSTORE_U32, "-1", AT_INVALID, 0},
      {AT_XENSTORE_U32, " 1", AT_INVALID, 0},
      {AT_XENSTORE_U32, "1\n", AT_INVALID, 0},
      {AT_XENSTORE_U32, "0x10", AT_INVALID, 0},
      {AT_XENSTORE_U32, std::string("1\0", 2), AT_INVALID, 0},
      {AT_XENSTORE_U32, "0000000000000000000007", AT_OK, 7},
      {AT_XENSTORE_U64, "18446744073709551615", AT_OK, UINT64_MAX},
      {AT_XENSTORE_U64, "18446744073709551616", AT_RANGE, 0},
      {AT_XENSTORE_U64, "99999999999999999999", AT_RANGE, 0},
      {AT_XENSTORE_U64, "9999999999999999999x", AT_INVALID, 0},
      {AT_XENSTORE_U64, "000000000000000000000000000001", AT_TOO_BIG, 0},
      {AT_XENSTORE_DOMID, "65535", AT_OK, 65535},
      {AT_XENSTORE_DOMID, "65536", AT_RANGE, 0},
      {AT_XENSTORE_BOOL, "0", AT_OK, 0},
      {AT_XENSTORE_BOOL, "1", AT_OK, 1},
      {AT_XENSTORE_BOOL, "2", AT_RANGE, 0},
      {AT_XENSTORE_BOOL, "true", AT_INVALID, 0},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.text);
    uint8_t room[16], expected[16];
    std::memset(room, 0x5a, sizeof(room));
    std::memset(expected, 0x5a, sizeof(expected));
    size_t size = c.kind == AT_XENSTORE_U32 ? 4 : c.kind == AT_XENSTORE_U64 ? 8 : c.kind == AT_XENSTORE_DOMID ? 2 : 1;
    if (c.status == AT_OK) std::memcpy(expected, &c.value, size);
    EXPECT_EQ(Parse(c.kind, room, c.text), c.status);
    EXPECT_EQ(std::memcmp(room, expected, sizeof(room)), 0) << "nothing else is written, and nothing on failure";
  }
}

TEST_F(ValueTest, Macs_AreSixPairs) {
  const uint8_t expected[6] = {0x00, 0x16, 0x3e, 0xab, 0xcd, 0xef};
  for (const char *text : {"00:16:3e:ab:cd:ef", "00:16:3E:AB:CD:EF"}) {
    uint8_t mac[6] = {};
    EXPECT_EQ(Parse(AT_XENSTORE_MAC, mac, text), AT_OK);
    EXPECT_EQ(std::memcmp(mac, expected, 6), 0);
  }
  for (const char *text : {"", "00:16:3e:ab:cd", "00:16:3e:ab:cd:e", "00:16:3e:ab:cd:eg", "00-16-3e-ab-cd-ef",
                           "00:16:3e:ab:cd:ef:", "0:16:3e:ab:cd:eff", "00:16:3e:ab:cd:\xff\xff"}) {
    SCOPED_TRACE(text);
    uint8_t mac[6] = {1, 2, 3, 4, 5, 6};
    EXPECT_EQ(Parse(AT_XENSTORE_MAC, mac, text), AT_INVALID);
    EXPECT_EQ(mac[0], 1);
  }
}

TEST_F(ValueTest, Texts_FitAndHaveNoNul) {
  char text[16];
  EXPECT_EQ(Parse(AT_XENSTORE_TEXT, text, "fifteen letters"), AT_OK);
  EXPECT_STREQ(text, "fifteen letters");
  EXPECT_EQ(Parse(AT_XENSTORE_TEXT, text, "sixteen letters!"), AT_TOO_BIG);
  EXPECT_EQ(Parse(AT_XENSTORE_TEXT, text, std::string("a\0b", 3)), AT_INVALID);
  EXPECT_EQ(Parse(AT_XENSTORE_TEXT, text, ""), AT_OK);
  EXPECT_STREQ(text, "");
  at_xenstore_value unterminated = Key("t", AT_XENSTORE_TEXT, const_cast<char *>("abcd"), 4);
  uint32_t requests = Held().requests;
  EXPECT_EQ(at_xenstore_values_write(&xs_, "data", &unterminated, 1, Deadline()), AT_INVALID);
  EXPECT_EQ(Held().requests, requests) << "nothing was sent";
}

TEST_F(ValueTest, Burst_CostsOneRoundTripAndNamesTheFirstFault) {
  uint32_t a = 1, b = 2, c = 3, d = 4;
  EXPECT_EQ(Write("data/a", "10"), AT_OK);
  EXPECT_EQ(Write("data/c", "wrong"), AT_OK);
  EXPECT_EQ(Write("data/d", "40"), AT_OK);
  at_xenstore_value values[] = {Key("a", AT_XENSTORE_U32, &a), Key("b", AT_XENSTORE_U32, &b, 0, true),
                                Key("c", AT_XENSTORE_U32, &c, 0, true), Key("d", AT_XENSTORE_U32, &d)};
  uint32_t trips = Stats().round_trips;
  EXPECT_EQ(at_xenstore_values_read(&xs_, "data", values, 4, Deadline()), AT_INVALID);
  EXPECT_EQ(Stats().round_trips, trips + 1);
  EXPECT_EQ(values[0].status, AT_OK);
  EXPECT_EQ(values[1].status, AT_NOT_FOUND);
  EXPECT_EQ(values[2].status, AT_INVALID) << "there, and wrong: optional is no excuse";
  EXPECT_EQ(values[3].status, AT_OK);
  EXPECT_EQ(a, 10u);
  EXPECT_EQ(b, 2u);
  EXPECT_EQ(c, 3u);
  EXPECT_EQ(d, 40u);
  values[1].optional = false;
  EXPECT_EQ(at_xenstore_values_read(&xs_, "data", values, 2, Deadline()), AT_NOT_FOUND);
  EXPECT_EQ(at_xenstore_values_read(&xs_, "data", values, 0, Deadline()), AT_OK);
}

TEST_F(ValueTest, Written_AsToolsWriteThem) {
  uint32_t small = 0;
  uint64_t large = UINT64_MAX;
  uint16_t domid = 65535;
  bool on = true;
  uint8_t mac[6] = {0x00, 0x16, 0x3e, 0xab, 0xcd, 0xef};
  char text[] = "hello";
  at_xenstore_value values[] = {
      Key("small", AT_XENSTORE_U32, &small),   Key("large", AT_XENSTORE_U64, &large),
      Key("domid", AT_XENSTORE_DOMID, &domid), Key("on", AT_XENSTORE_BOOL, &on),
      Key("mac", AT_XENSTORE_MAC, mac),        Key("text", AT_XENSTORE_TEXT, text, sizeof(text)),
  };
  uint32_t trips = Stats().round_trips;
  EXPECT_EQ(at_xenstore_values_write(&xs_, "data/out", values, 6, Deadline()), AT_OK);
  EXPECT_EQ(Stats().round_trips, trips + 1);
  EXPECT_EQ(Dom0Reads(HOME "/data/out/small"), "0");
  EXPECT_EQ(Dom0Reads(HOME "/data/out/large"), "18446744073709551615");
  EXPECT_EQ(Dom0Reads(HOME "/data/out/domid"), "65535");
  EXPECT_EQ(Dom0Reads(HOME "/data/out/on"), "1");
  EXPECT_EQ(Dom0Reads(HOME "/data/out/mac"), "00:16:3e:ab:cd:ef");
  EXPECT_EQ(Dom0Reads(HOME "/data/out/text"), "hello");
}

TEST_F(ValueTest, WrittenTogether_AllOrNone) {
  uint32_t a = 1, b = 2;
  at_xenstore_value values[] = {Key("a", AT_XENSTORE_U32, &a), Key("b", AT_XENSTORE_U32, &b)};
  for (uint32_t nth = 0; nth < 3; ++nth) {  // start and the two writes
    SCOPED_TRACE(nth);
    at_fake_xenstored_fail(server_, nth, "ENOSPC");
    EXPECT_EQ(at_xenstore_values_write_together(&xs_, "data/all", values, 2, Deadline()), AT_QUOTA);
    EXPECT_EQ(Dom0Reads(HOME "/data/all/a"), "(none)");
    EXPECT_EQ(Dom0Reads(HOME "/data/all/b"), "(none)");
  }
  EXPECT_EQ(at_xenstore_values_write_together(&xs_, "data/all", values, 2, Deadline()), AT_OK);
  EXPECT_EQ(Dom0Reads(HOME "/data/all/a"), "1");
  EXPECT_EQ(Dom0Reads(HOME "/data/all/b"), "2");
}

// Somebody writes both between our reads: what is read is the old pair or the new one.
TEST_F(ValueTest, ReadTogether_IsOfOneMoment) {
  uint32_t a = 0, b = 0;
  at_xenstore_value values[] = {Key("a", AT_XENSTORE_U32, &a), Key("b", AT_XENSTORE_U32, &b)};
  EXPECT_EQ(Write("data/a", "1"), AT_OK);
  EXPECT_EQ(Write("data/b", "1"), AT_OK);
  int sleeps = 0;
  std::function<void()> change = [&] {
    at_fake_xenstored_step(server_);
    if (++sleeps == 2) {  // the reads were answered, the end is not yet asked for
      at_fake_xenstored_write(server_, HOME "/data/a", "2");
      at_fake_xenstored_write(server_, HOME "/data/b", "2");
    } else {
      meanwhile_ = change;
    }
  };
  meanwhile_ = change;
  EXPECT_EQ(at_xenstore_values_read_together(&xs_, "data", values, 2, Deadline()), AT_OK);
  EXPECT_EQ(a, 2u) << "the first try lost";
  EXPECT_EQ(b, 2u);
}

TEST_F(ValueTest, ServerThatIsSilent_LeavesNoRequestInTheCallersMemory) {
  uint32_t a = 1, b = 2;
  {
    at_xenstore_value values[] = {Key("a", AT_XENSTORE_U32, &a), Key("b", AT_XENSTORE_U32, &b)};
    at_fake_xenstored_misbehave(server_, AT_FAKE_XENSTORED_LOST, 1);
    EXPECT_EQ(Write("data/a", "10"), AT_OK);
    EXPECT_EQ(at_xenstore_values_read(&xs_, "data", values, 2, Deadline()), AT_TIMED_OUT);
    EXPECT_FALSE(values[0].request.pending);
    EXPECT_FALSE(values[1].request.pending);
    EXPECT_EQ(a, 1u);
  }
  EXPECT_EQ(Stats().outstanding, 1u) << "an answer is owed to nobody";
  at_xenstore_close(&xs_);
}

}  // namespace
