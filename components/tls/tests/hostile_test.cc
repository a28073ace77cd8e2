// SPDX-License-Identifier: ISC
// Peers that speak TLS's records and mean no good: what is said before the handshake is through, byte by byte.

#include "fixture.h"

#include <functional>

namespace {

using Bytes = std::string;

Bytes Number(size_t value, int size) {
  Bytes bytes;
  for (int i = size - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

// A vector with its length in `size` bytes before it (RFC 5246, 4.3).
Bytes Vector(const Bytes &content, int size) { return Number(content.size(), size) + content; }

Bytes Record(int type, const Bytes &content, size_t length) {
  return Number(static_cast<size_t>(type), 1) + Number(0x0303, 2) + Number(length, 2) + content;
}

Bytes Record(int type, const Bytes &content) { return Record(type, content, content.size()); }

constexpr int kChangeCipherSpec = 20, kAlert = 21, kHandshake = 22, kApplicationData = 23, kHeartbeat = 24;

Bytes Extension(size_t type, const Bytes &content) { return Number(type, 2) + Vector(content, 2); }

const Bytes kSignatures = Extension(13, Vector("\x04\x03", 2));  // SHA-256 with ECDSA

struct Hello {
  size_t version = 0x0303;
  Bytes session, suites = Number(0xc02b, 2), compression = Number(0, 1), extensions = kSignatures;

  Bytes Body() const {
    return Number(version, 2) + Bytes(32, 'r') + Vector(session, 1) + Vector(suites, 2) + Vector(compression, 1) +
           (extensions.empty() ? "" : Vector(extensions, 2));
  }
  Bytes Message() const { return Number(1, 1) + Vector(Body(), 3); }
};

Hello With(const std::function<void(Hello &)> &change) {
  Hello hello;
  change(hello);
  return hello;
}

Bytes Repeated(const Bytes &bytes, int times) {
  Bytes all;
  for (int i = 0; i < times; ++i) all += bytes;
  return all;
}

struct Case {
  const char *what;
  Bytes bytes;
  const char *failure;  // AT_TLS_FINE: the server waits for more
};

// Gives the server the bytes piece by piece, and returns how it stands when all were offered.
at_status Offer(Pair *pair, const Bytes &bytes) {
  at_stream carrier = at_pipe_stream(&pair->pipe, 1);
  at_status status = AT_AGAIN;
  at_const_span answer;
  for (size_t at = 0; at < bytes.size() && status == AT_AGAIN;) {
    size_t written;
    if (at_stream_write(carrier, &written, at_const_span_of(bytes.data() + at, bytes.size() - at), 0) == AT_OK)
      at += written;
    status = at_tls_handshake(&pair->server.tls);
    while (at_stream_peek(carrier, &answer) == AT_OK) at_stream_consume(carrier, answer.size);
  }
  return status;
}

TEST(HostileTest, ServerNeverBelievesAnyOfIt) {
  const Case cases[] = {
      {"a hello alone", Record(kHandshake, Hello().Message()), "AT_TLS_FINE"},
      {"a record larger than any", Record(kHandshake, "", 0xffff), "AT_TLS_MALFORMED"},
      {"an empty record for ever", Repeated(Record(kHandshake, ""), 5000), "AT_TLS_FINE"},
      {"a message larger than any", Record(kHandshake, "\x01\xff\xff\xff"), "AT_TLS_FINE"},
      {"a message that never ends", Record(kHandshake, "\x01\xff\xff\xff" + Bytes(10000, 'x')), "AT_TLS_MALFORMED"},
      {"a hello within a byte a record",
       [] {
         Bytes all;
         for (char c : Hello().Message()) all += Record(kHandshake, Bytes(1, c));
         return all;
       }(),
       "AT_TLS_FINE"},
      {"keys first", Record(kChangeCipherSpec, "\x01"), "AT_TLS_MALFORMED"},
      {"data first", Record(kApplicationData, "data"), "AT_TLS_MALFORMED"},
      {"a heartbeat", Record(kHeartbeat, Bytes("\x01\x40\x00", 3)), "AT_TLS_MALFORMED"},
      {"a fatal alert", Record(kAlert, "\x02\x28"), "AT_TLS_REFUSED"},
      {"warnings for ever", Repeated(Record(kAlert, "\x01\x5a"), 5000), "AT_TLS_FINE"},
      {"an alert of no level", Record(kAlert, "\x07\x28"), "AT_TLS_REFUSED"},
      {"another message first", Record(kHandshake, Bytes("\x0b\x00\x00\x00", 4)), "AT_TLS_MALFORMED"},
      {"SSL 2", Bytes("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10", 11) + Bytes(40, 'x'), "AT_TLS_NO_COMMON_VERSION"},
      {"SSL 3", Record(kHandshake, With([](Hello &h) { h.version = 0x0300; }).Message()), "AT_TLS_NO_COMMON_VERSION"},
      {"a session of 33 bytes", Record(kHandshake, With([](Hello &h) { h.session = Bytes(33, 's'); }).Message()),
       "AT_TLS_MALFORMED"},
      {"half a suite", Record(kHandshake, With([](Hello &h) { h.suites = "\xc0\x2b\xc0"; }).Message()),
       "AT_TLS_MALFORMED"},
      {"no suite", Record(kHandshake, With([](Hello &h) { h.suites = ""; }).Message()), "AT_TLS_NO_COMMON_SUITE"},
      {"thousands of suites",
       Record(kHandshake, With([](Hello &h) { h.suites = Repeated("\xc0\x2b\xcc\xa9", 3000); }).Message()),
       "AT_TLS_FINE"},
      {"compression only", Record(kHandshake, With([](Hello &h) { h.compression = "\x01"; }).Message()),
       "AT_TLS_NO_COMMON_SUITE"},
      {"an extension longer than all",
       Record(kHandshake, With([](Hello &h) { h.extensions = Bytes("\x00\x00\xff\xff", 4); }).Message()),
       "AT_TLS_MALFORMED"},
      {"a name longer than its list",
       Record(kHandshake,
              With([](Hello &h) { h.extensions = Extension(0, Bytes("\x00\x03\x00\xff\xff", 5)); }).Message()),
       "AT_TLS_MALFORMED"},
      {"curves without P-256",
       Record(kHandshake, With([](Hello &h) { h.extensions = Extension(10, Vector(Number(29, 2), 2)); }).Message()),
       "AT_TLS_NO_COMMON_SUITE"},
      {"renegotiation of nothing", Record(kHandshake, With([](Hello &h) {
                                                        h.extensions = Extension(0xff01, Vector("twelve bytes", 1));
                                                      }).Message()),
       "AT_TLS_MALFORMED"},
      {"more behind the extensions",
       Record(kHandshake,
              Number(1, 1) + Vector(With([](Hello &h) { h.extensions = Extension(99, ""); }).Body() + "x", 3)),
       "AT_TLS_MALFORMED"},
      {"two hellos", Record(kHandshake, Hello().Message() + Hello().Message()), "AT_TLS_MALFORMED"},
  };
  for (const Case &c : cases) {
    SCOPED_TRACE(c.what);
    Pair pair;
    pair.Open();
    const at_status status = Offer(&pair, c.bytes);
    EXPECT_NE(status, AT_OK);
    EXPECT_STREQ(at_tls_failure_name(pair.ServerFailure()), c.failure);
    EXPECT_EQ(status == AT_AGAIN, pair.ServerFailure() == AT_TLS_FINE);
    EXPECT_EQ(ReadText(pair.Server()), at_status_name(status)) << "nothing to be read, and it stays so";
  }
}

}  // namespace
