/* SPDX-License-Identifier: ISC */
#include "examples/http_request.h"

#include <string>

#include "gtest/gtest.h"

namespace {

struct Parsed {
  size_t size;
  http_request request;
  std::string error, target;
};

Parsed Parse(std::string text) {
  Parsed parsed = {};

  parsed.size = http_request_parse(&parsed.request, &text[0], text.size());
  if (parsed.size > 0 && parsed.request.error != nullptr)
    parsed.error = parsed.request.error;
  else if (parsed.size > 0)
    parsed.target = parsed.request.target;
  return parsed;
}

TEST(HttpRequest, Get_IsUnderstood) {
  Parsed parsed = Parse("GET /a/b?c=d HTTP/1.1\r\nHost: x\r\nUser-Agent: y\r\n\r\nGET");

  EXPECT_EQ("", parsed.error);
  EXPECT_EQ(49u, parsed.size);
  EXPECT_EQ(HTTP_GET, parsed.request.method);
  EXPECT_EQ("/a/b", parsed.target);
  EXPECT_TRUE(parsed.request.keep_alive);
}

TEST(HttpRequest, Connection_DecidesOnKeepAlive) {
  EXPECT_FALSE(Parse("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").request.keep_alive);
  EXPECT_FALSE(Parse("GET / HTTP/1.1\r\nHost: x\r\nconnection: upgrade , CLOSE\r\n\r\n").request.keep_alive);
  EXPECT_FALSE(Parse("GET / HTTP/1.0\r\n\r\n").request.keep_alive);
  EXPECT_TRUE(Parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").request.keep_alive);
  EXPECT_TRUE(Parse("GET / HTTP/1.0\r\nConnection:TE,\tkeep-alive\t, x\r\n\r\n").request.keep_alive);
  EXPECT_TRUE(Parse("GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n").request.keep_alive);
  EXPECT_FALSE(Parse("GET / HTTP/1.0\r\nConnection: keep alive, keep-aliv\r\n\r\n").request.keep_alive);
}

TEST(HttpRequest, Post_HasALength) {
  Parsed parsed = Parse("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 123\r\nExpect: 100-continue\r\n\r\n");

  EXPECT_EQ("", parsed.error);
  EXPECT_EQ(HTTP_POST, parsed.request.method);
  EXPECT_EQ(123u, parsed.request.content_length);
  EXPECT_TRUE(parsed.request.expects_continue);
}

/* Every beginning of a request is one that has to go on, and is not written to. */
TEST(HttpRequest, Beginnings_AreLeftAlone) {
  const std::string whole = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

  for (size_t size = 0; size < whole.size(); size++) {
    SCOPED_TRACE(size);
    std::string part = whole.substr(0, size);
    http_request request;

    EXPECT_EQ(0u, http_request_parse(&request, &part[0], part.size()));
    EXPECT_EQ(whole.substr(0, size), part);
  }
}

TEST(HttpRequest, Mistakes_GetTheirStatus) {
  const struct {
    std::string head;
    const char *status;
  } cases[] = {
      {"\r\n", "400"},
      {"hello\r\n\r\n", "400"},
      {"GET  HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
      {"GET x HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "400"},
      {"GET / HTTP/1.1\nHost: x\n\n", "400"},
      {"GET / HTTP/1.1\r\nHost: x\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\001bcdefghij\r\n\r\n", "400"},
      {std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 29), "400"},
      {"GET / HTTP/1.1\r\nHost: \x7f\xc3\xa4\r\nA: b\rc\r\n\r\n", "400"},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505"},
      {"GET / HTTP/1.11\r\nHost: x\r\n\r\n", "505"},
      {"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\nHost: x\r\n\r\n", "411"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1 2\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: cake\r\n\r\n", "417"},
  };

  for (const auto &c : cases) {
    SCOPED_TRACE(c.head);
    Parsed parsed = Parse(c.head);

    EXPECT_GT(parsed.size, 0u);
    EXPECT_EQ(c.status, parsed.error.substr(0, 3));
  }
}

TEST(HttpRequest, TooManyLines_Are431) {
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";

  for (int i = 0; i < 60; i++) head += "A: b\r\n";
  EXPECT_EQ("431", Parse(head + "\r\n").error.substr(0, 3));
}

}  // namespace
