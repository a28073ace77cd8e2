// SPDX-License-Identifier: ISC
#include "examples/http_fetch.h"

#include <string>

#include "gtest/gtest.h"

namespace {

TEST(HttpUrl, Parts_AreTold) {
  http_url url;
  ASSERT_TRUE(http_url_parse(&url, "https://www.example.org"));
  EXPECT_STREQ("www.example.org", url.host);
  EXPECT_EQ(443, url.port);
  EXPECT_STREQ("/", url.path);
  ASSERT_TRUE(http_url_parse(&url, "https://a.test:8443/b/c?d=e://f"));
  EXPECT_STREQ("a.test", url.host);
  EXPECT_EQ(8443, url.port);
  EXPECT_STREQ("/b/c?d=e://f", url.path);
}

TEST(HttpUrl, WhatIsNone_IsRefused) {
  for (const std::string &text : {
           std::string("http://a.test/"),
           std::string("https://"),
           std::string("https:///path"),
           std::string("https://user@a.test/"),
           std::string("https://[::1]/"),
           std::string("https://a.test:/"),
           std::string("https://a.test:0/"),
           std::string("https://a.test:65536/"),
           std::string("https://a.test:99999999999/"),
           std::string("https://a.test:80x/"),
           std::string("https://a.test?query"),
           std::string("https://a.test/#part"),
           std::string("https://a.test/ HTTP/1.1"),
           std::string("https://a.test/\r\nX: y"),
           std::string("https://a\r\n.test/"),
           "https://" + std::string(256, 'a') + "/",
       }) {
    http_url url;
    EXPECT_FALSE(http_url_parse(&url, text.c_str())) << text;
  }
}

TEST(HttpUrl, LongestHost_IsTaken) {
  http_url url;
  EXPECT_TRUE(http_url_parse(&url, ("https://" + std::string(255, 'a')).c_str()));
}

http_answer Parse(const std::string &head) {
  http_answer answer{};
  EXPECT_EQ(head.size(), http_answer_parse(&answer, head.data(), head.size())) << head;
  return answer;
}

TEST(HttpAnswer, StatusAndLength_AreTold) {
  http_answer answer = Parse("HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length:  12 \r\n\r\n");
  EXPECT_EQ(200u, answer.status);
  EXPECT_TRUE(answer.has_length);
  EXPECT_EQ(12u, answer.length);
  answer = Parse("HTTP/1.0 404\r\n\r\n");
  EXPECT_EQ(404u, answer.status);
  EXPECT_FALSE(answer.has_length);
}

TEST(HttpAnswer, WithoutItsEnd_IsNotThereYet) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  for (size_t size = 0; size < head.size(); ++size) {
    http_answer answer{};
    EXPECT_EQ(0u, http_answer_parse(&answer, head.data(), size)) << size;
    EXPECT_EQ(0u, answer.status);
  }
}

TEST(HttpAnswer, Body_IsNotPartOfIt) {
  http_answer answer{};
  const std::string head = "HTTP/1.1 200 OK\r\n\r\n";
  EXPECT_EQ(head.size(), http_answer_parse(&answer, (head + "body\r\n\r\n").data(), head.size() + 8));
}

TEST(HttpAnswer, WhatIsNone_HasNoStatus) {
  for (const char *line : {"HTTP/2.0 200 OK", "HTTP/1.x 200 OK", "HTTP/1.1 20", "HTTP/1.1 2000 OK", "HTTP/1.1 020 OK",
                           "HTTP/1.1  200", "SSH-2.0-OpenSSH", "x"}) {
    EXPECT_EQ(0u, Parse(std::string(line) + "\r\n\r\n").status) << line;
  }
}

TEST(HttpAnswer, LengthsThatContradict_MakeItNone) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(0u, Parse(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n").status);
  EXPECT_EQ(200u, Parse(ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n").status);
  for (const char *length : {"", "-1", "1x", "0x10", "1 2", "1,2", "9999999999999999999999"})
    EXPECT_EQ(0u, Parse(ok + "Content-Length: " + length + "\r\n\r\n").status) << length;
}

}  // namespace
