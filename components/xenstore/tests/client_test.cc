// SPDX-License-Identifier: ISC
// The blocking calls of <atman/xenstore/xenstore.h>, one question at a time.

#include "fixture.h"

#include <vector>

namespace {

using ClientTest = XenStoreTest;

TEST_F(ClientTest, Write_IsReadBack_AndSeenByDom0) {
  std::string value;
  EXPECT_EQ(Write("data/colour", "blue"), AT_OK);
  EXPECT_EQ(Read(&value, "data/colour"), AT_OK);
  EXPECT_EQ(value, "blue");
  EXPECT_EQ(Read(&value, HOME "/data/colour"), AT_OK) << "the same by its absolute path";
  EXPECT_EQ(Dom0Reads(HOME "/data/colour"), "blue");
}

TEST_F(ClientTest, Values_AreBytes_OfAnyKindAndLength) {
  const std::string cases[] = {
      "", "x", std::string("a\0b", 3), std::string(1000, 'k'), std::string(1024, 'r'), std::string(2047, '\xff')};
  for (const std::string &c : cases) {
    SCOPED_TRACE(c.size());
    std::string value = "?";
    ASSERT_EQ(Write("data/v", c), AT_OK);
    EXPECT_EQ(Read(&value, "data/v"), AT_OK);
    EXPECT_EQ(value, c);
  }
}

TEST_F(ClientTest, Read_EndsTheValueWithNul_AndSaysWhenItDoesNotFit) {
  ASSERT_EQ(Write("data/v", "12345678"), AT_OK);
  const struct {
    size_t capacity;
    at_status status;
  } cases[] = {{1, AT_TOO_BIG}, {7, AT_TOO_BIG}, {8, AT_TOO_BIG}, {9, AT_OK}, {10, AT_OK}};
  for (const auto &c : cases) {
    SCOPED_TRACE(c.capacity);
    char room[12];
    size_t size = 99;
    std::memset(room, '#', sizeof(room));
    EXPECT_EQ(at_xenstore_read(&xs_, room, c.capacity, &size, 0, "data/v", Deadline()), c.status);
    EXPECT_EQ(size, 8u);
    EXPECT_EQ(room[c.capacity], '#') << "wrote beyond the buffer";
    if (c.status == AT_OK) {
      EXPECT_STREQ(room, "12345678");
    }
  }
  std::string value;
  EXPECT_EQ(Read(&value, "data/v"), AT_OK) << "what did not fit was drained";
}

TEST_F(ClientTest, Read_FailsByName) {
  at_fake_xenstored_write(server_, HOME "/secret", "x");
  at_fake_xenstored_permit(server_, HOME "/secret", "n0");
  std::string value;
  EXPECT_EQ(Read(&value, "data/none"), AT_NOT_FOUND);
  EXPECT_EQ(Read(&value, "secret"), AT_DENIED);
  EXPECT_EQ(Read(&value, "data//none"), AT_INVALID);
  EXPECT_EQ(Write("name", "mine"), AT_DENIED);
}

TEST_F(ClientTest, Paths_AreCheckedBeforeAnythingIsSent) {
  const struct {
    const char *what;
    std::string path;
    at_status status;
  } cases[] = {
      {"empty", "", AT_INVALID},
      {"longest relative", std::string(2048, 'a'), AT_NOT_FOUND},
      {"relative, one too long", std::string(2049, 'a'), AT_TOO_BIG},
      {"longest absolute", "/" + std::string(3071, 'a'), AT_DENIED},
      {"absolute, one too long", "/" + std::string(3072, 'a'), AT_TOO_BIG},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    uint32_t before = ring_.req_prod;
    std::string value;
    EXPECT_EQ(Read(&value, c.path), c.status);
    if (c.status == AT_INVALID || c.status == AT_TOO_BIG) {
      EXPECT_EQ(ring_.req_prod, before);
    }
  }
}

TEST_F(ClientTest, Messages_AreCheckedBeforeAnythingIsSent) {
  std::string value(4096, 'v');
  EXPECT_EQ(at_xenstore_write(&xs_, 0, "data/v", value.data(), 4096 - 7, Deadline()), AT_QUOTA) << "the server's word";
  uint32_t before = ring_.req_prod;
  EXPECT_EQ(at_xenstore_write(&xs_, 0, "data/v", value.data(), 4096 - 6, Deadline()), AT_TOO_BIG);
  EXPECT_EQ(at_xenstore_write(&xs_, 0, "data/v", value.data(), SIZE_MAX, Deadline()), AT_TOO_BIG);
  EXPECT_EQ(at_xenstore_write(&xs_, 0, "data/v", value.data(), SIZE_MAX - 6, Deadline()), AT_TOO_BIG);
  EXPECT_EQ(ring_.req_prod, before);
}

TEST_F(ClientTest, MkdirAndRm_SayTheSameTheSecondTime) {
  EXPECT_EQ(at_xenstore_mkdir(&xs_, 0, "data/a/b", Deadline()), AT_OK);
  ASSERT_EQ(Write("data/a/b", "kept"), AT_OK);
  EXPECT_EQ(at_xenstore_mkdir(&xs_, 0, "data/a/b", Deadline()), AT_OK);
  EXPECT_EQ(Dom0Reads(HOME "/data/a/b"), "kept");
  EXPECT_EQ(at_xenstore_rm(&xs_, 0, "data/a", Deadline()), AT_OK);
  EXPECT_EQ(Dom0Reads(HOME "/data/a/b"), "(none)");
  EXPECT_EQ(at_xenstore_rm(&xs_, 0, "data/a", Deadline()), AT_OK);
  EXPECT_EQ(at_xenstore_rm(&xs_, 0, "data/a/b", Deadline()), AT_NOT_FOUND) << "not even its parent is there";
}

TEST_F(ClientTest, Directory_ListsTheChildren) {
  char names[64];
  size_t size = 99;
  EXPECT_EQ(at_xenstore_directory(&xs_, names, sizeof(names), &size, 0, "data", Deadline()), AT_OK);
  EXPECT_EQ(size, 0u);
  EXPECT_EQ(at_xenstore_next_name(names, size, nullptr), nullptr);
  ASSERT_EQ(Write("data/b/deep", ""), AT_OK);
  ASSERT_EQ(Write("data/a", ""), AT_OK);
  EXPECT_EQ(at_xenstore_directory(&xs_, names, sizeof(names), &size, 0, "data", Deadline()), AT_OK);
  std::vector<std::string> found;
  for (const char *n = nullptr; (n = at_xenstore_next_name(names, size, n)) != nullptr;) found.push_back(n);
  EXPECT_EQ(found, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(at_xenstore_directory(&xs_, names, 4, &size, 0, "data", Deadline()), AT_TOO_BIG);
  EXPECT_EQ(at_xenstore_directory(&xs_, names, 5, &size, 0, "data", Deadline()), AT_OK);
}

TEST_F(ClientTest, DirectoryOverAMessage_IsTooBig_AndTheConnectionLives) {
  std::vector<char> names(8192);
  size_t size;
  for (int i = 0; i < 100; ++i) {
    at_fake_xenstored_write(server_, (HOME "/data/" + std::string(50, 'n') + std::to_string(i)).c_str(), "");
  }
  EXPECT_EQ(at_xenstore_directory(&xs_, names.data(), names.size(), &size, 0, "data", Deadline()), AT_TOO_BIG);
  EXPECT_EQ(Write("device/v", "1"), AT_OK);
}

TEST_F(ClientTest, SilentServer_TimesOut_AndTheLateAnswerIsDropped) {
  clock_.server = nullptr;
  std::string value;
  uint64_t deadline = Deadline();
  EXPECT_EQ(Write("data/v", "late"), AT_TIMED_OUT);
  EXPECT_EQ(clock_.now_ns, deadline);
  EXPECT_EQ(Stats().outstanding, 1u) << "an answer is still owed";
  clock_.server = server_;
  EXPECT_EQ(Read(&value, "data/v"), AT_OK);
  EXPECT_EQ(value, "late") << "the request was carried out all the same";
  EXPECT_EQ(Stats().stale, 1u);
}

TEST_F(ClientTest, NobodyCouldEverAnswer_IsADeadlock) {
  clock_.server = nullptr;
  size_t size;
  char value[8];
  EXPECT_EQ(at_xenstore_read(&xs_, value, sizeof(value), &size, 0, "data", AT_NEVER), AT_DEADLOCK);
  Settle();
}

TEST_F(ClientTest, DeadlineInThePast_NeitherBlocksNorBreaks) {
  size_t size;
  char value[8];
  clock_.now_ns = 10;
  EXPECT_EQ(at_xenstore_read(&xs_, value, sizeof(value), &size, 0, "name", 9), AT_TIMED_OUT);
  EXPECT_EQ(at_xenstore_read(&xs_, value, sizeof(value), &size, 0, "name", 0), AT_TIMED_OUT);
  EXPECT_EQ(at_xenstore_read(&xs_, value, sizeof(value), &size, 0, "name", Deadline()), AT_OK);
  EXPECT_STREQ(value, "guest");
}

TEST_F(ClientTest, WokenForNothing_ForEver_StillTimesOut) {
  clock_.server = nullptr;
  clock_.on_sleep = [](void *) { return true; };
  uint64_t deadline = clock_.now_ns + 50000;
  char value[8];
  size_t size;
  EXPECT_EQ(at_xenstore_read(&xs_, value, sizeof(value), &size, 0, "name", deadline), AT_TIMED_OUT);
  EXPECT_LE(clock_.now_ns, deadline + 1000);
  Settle();
}

TEST_F(ClientTest, GivingUpHalfWayThroughALongRequest_EndsTheConnection) {
  clock_.server = nullptr;
  EXPECT_EQ(Write("data/v", std::string(1500, 'x')), AT_TIMED_OUT);
  EXPECT_EQ(at_xenstore_status(&xs_), AT_CLOSED);
  EXPECT_EQ(Write("data/v", "1"), AT_CLOSED);
}

TEST_F(ClientTest, GivingUpBeforeARequestIsInTheRing_LeavesNoTrace) {
  clock_.server = nullptr;
  std::string big(900, 'x');
  EXPECT_EQ(Write("data/first", big), AT_TIMED_OUT);
  EXPECT_EQ(Write("data/second", big), AT_TIMED_OUT) << "no room: it never left";
  EXPECT_EQ(Stats().outstanding, 1u);
  clock_.server = server_;
  EXPECT_EQ(Write("data/third", "3"), AT_OK);
  EXPECT_EQ(Dom0Reads(HOME "/data/first"), big);
  EXPECT_EQ(Dom0Reads(HOME "/data/second"), "(none)");
}

TEST_F(ClientTest, GivingUpInTheMiddleOfAnAnswer_DropsTheRestOfIt) {
  ASSERT_EQ(Write("data/v", std::string(500, 'v')), AT_OK);
  at_fake_xenstored_dribble(server_, 100);
  char value[600];
  size_t size;
  EXPECT_EQ(at_xenstore_read(&xs_, value, sizeof(value), &size, 0, "data/v", clock_.now_ns + 3000), AT_TIMED_OUT);
  std::memset(value, '#', sizeof(value));
  std::string name;
  EXPECT_EQ(Read(&name, "name"), AT_OK);
  EXPECT_EQ(name, "guest");
  EXPECT_EQ(std::string(value, sizeof(value)), std::string(sizeof(value), '#')) << "wrote into memory given back";
}

TEST_F(ClientTest, Close_TurnsEverybodyAway) {
  std::string value;
  meanwhile_ = [this] { at_xenstore_close(&xs_); };
  EXPECT_EQ(Read(&value, "name"), AT_CLOSED);
  EXPECT_EQ(Read(&value, "name"), AT_CLOSED);
  EXPECT_EQ(at_xenstore_status(&xs_), AT_CLOSED);
  EXPECT_GT(clock_.wakes, 0u);
}

TEST_F(ClientTest, Error_HasTheServersName) {
  const struct {
    const char *name;
    at_status status;
  } cases[] = {
      {"EINVAL", AT_INVALID},
      {"EACCES", AT_DENIED},
      {"EEXIST", AT_EXISTS},
      {"EISDIR", AT_INVALID},
      {"ENOENT", AT_NOT_FOUND},
      {"ENOMEM", AT_NO_MEMORY},
      {"ENOSPC", AT_QUOTA},
      {"EIO", AT_IO},
      {"ENOTEMPTY", AT_BUSY},
      {"ENOSYS", AT_UNSUPPORTED},
      {"EROFS", AT_DENIED},
      {"EBUSY", AT_BUSY},
      {"EAGAIN", AT_AGAIN},
      {"EISCONN", AT_EXISTS},
      {"E2BIG", AT_TOO_BIG},
      {"EPERM", AT_DENIED},
      {"EWHATEVER", AT_IO},
      {"OK", AT_IO},
      {"", AT_IO},
      {"ETIMEDOUT", AT_IO},
      {"EAVERYLONGNAMEOFANERROR", AT_IO},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(at_xenstore_error_status(c.name), c.status);
    if (!*c.name) continue;
    at_fake_xenstored_fail(server_, 0, c.name);
    EXPECT_EQ(Write("data/v", "1"), c.status);
    if (c.status == AT_IO && c.name != std::string("EIO")) {
      EXPECT_EQ(at_xenstore_unknown_error(&xs_), std::string(c.name).substr(0, 15));
    }
  }
}

TEST_F(ClientTest, UnknownError_IsKeptUntilTheNext) {
  EXPECT_STREQ(at_xenstore_unknown_error(&xs_), "");
  for (const char *name : {"EODD", "EIO", "ENOENT"}) {
    at_fake_xenstored_fail(server_, 0, name);
    EXPECT_NE(Write("data/v", "1"), AT_OK);
    EXPECT_STREQ(at_xenstore_unknown_error(&xs_), "EODD");
  }
}

TEST(XenStoreErrorName, IsXenStoresOwnWhereItHasOne) {
  const struct {
    at_status status;
    const char *name;
  } cases[] = {
      {AT_OK, "OK"},
      {AT_INVALID, "EINVAL"},
      {AT_NO_MEMORY, "ENOMEM"},
      {AT_NO_SPACE, "ENOSPC"},
      {AT_NOT_FOUND, "ENOENT"},
      {AT_EXISTS, "EEXIST"},
      {AT_BUSY, "EBUSY"},
      {AT_AGAIN, "EAGAIN"},
      {AT_TIMED_OUT, "ETIMEDOUT"},
      {AT_CLOSED, "ECONNRESET"},
      {AT_DENIED, "EACCES"},
      {AT_PROTOCOL, "EPROTO"},
      {AT_UNSUPPORTED, "ENOSYS"},
      {AT_RANGE, "ERANGE"},
      {AT_IO, "EIO"},
      {AT_TOO_BIG, "E2BIG"},
      {AT_CANCELLED, "ECANCELED"},
      {AT_DEADLOCK, "EDEADLK"},
      {AT_QUOTA, "ENOSPC"},
      {-1000, "EIO"},
      {7, "EIO"},
  };
  for (const auto &c : cases) EXPECT_STREQ(at_xenstore_error_name(c.status), c.name) << c.status;
}

TEST(XenStoreU32, FormatsAndParses) {
  const struct {
    uint32_t value;
    const char *text;
  } cases[] = {{0, "0"}, {9, "9"}, {10, "10"}, {65535, "65535"}, {4294967295u, "4294967295"}};
  for (const auto &c : cases) {
    SCOPED_TRACE(c.text);
    char text[AT_XENSTORE_U32_SIZE];
    uint32_t value = 1;
    EXPECT_EQ(at_xenstore_format_u32(text, c.value), std::strlen(c.text));
    EXPECT_STREQ(text, c.text);
    EXPECT_EQ(at_xenstore_parse_u32(&value, c.text, std::strlen(c.text)), AT_OK);
    EXPECT_EQ(value, c.value);
  }
}

TEST(XenStoreU32, RefusesWhatIsNoNumber) {
  const struct {
    std::string text;
    at_status status;
  } cases[] = {
      {"", AT_INVALID},
      {"-1", AT_INVALID},
      {"+1", AT_INVALID},
      {" 1", AT_INVALID},
      {"1 ", AT_INVALID},
      {"0x1", AT_INVALID},
      {"1a", AT_INVALID},
      {std::string("1\0", 2), AT_INVALID},
      {"4294967296", AT_RANGE},
      {"99999999999", AT_RANGE},
      {"18446744073709551616", AT_RANGE},
      {"1844674407370955161700000000000000000000000", AT_RANGE},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.text);
    uint32_t value = 77;
    EXPECT_EQ(at_xenstore_parse_u32(&value, c.text.data(), c.text.size()), c.status);
    EXPECT_EQ(value, 77u);
  }
}

// The indices are wherever the last user of the ring left them.
class RingWrapTest : public XenStoreTest, public ::testing::WithParamInterface<uint32_t> {
 protected:
  RingWrapTest() : XenStoreTest(GetParam()) {}
};

TEST_P(RingWrapTest, MessagesCrossTheEdge) {
  for (int i = 0; i < 200; ++i) {
    std::string sent = std::string(static_cast<size_t>(i * 37 % 1900), static_cast<char>('a' + i % 26)), got;
    ASSERT_EQ(Write("data/v", sent), AT_OK);
    ASSERT_EQ(Read(&got, "data/v"), AT_OK);
    ASSERT_EQ(got, sent);
  }
}

INSTANTIATE_TEST_SUITE_P(Indices, RingWrapTest,
                         ::testing::Values(0u, 1u, 1023u, 0x7fffff00u, 0xffffff00u, 0xfffffff9u, 0xffffffffu));

}  // namespace
