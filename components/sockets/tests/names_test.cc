// SPDX-License-Identifier: ISC
// getaddrinfo() with a name server, which is a socket of this stack and answers while the caller sleeps.

#include <netdb.h>

#include <map>

#include "network.h"

namespace {

class Names : public Addresses {
 protected:
  Names() {
    static const at_wait_ops ops = {
        [](void *) { return now_ns; },
        [](void *ctx, uint64_t) -> at_status { return static_cast<Names *>(ctx)->Serve(); },
        [](void *ctx) { at_ip_stop(static_cast<Names *>(ctx)->ip_); },
    };
    const at_sockets_config sockets = {ip_, &heap_, {&ops, this}};
    AddBare();
    at_sockets_start(&sockets);
    server_ = Make(SOCK_DGRAM);
    EXPECT_EQ(Bind(server_, V4(kLoopback, 53)), 0);
  }

  ~Names() override { Close(server_); }

  static constexpr uint32_t kLoopback = 0x7f000001;

  // A turn of the stack, and answers to what was asked: by type (1: A, 28: AAAA), or "no such name".
  at_status Serve() {
    uint8_t bytes[512];
    sockaddr_storage from{};
    iovec part = {bytes, sizeof bytes};
    msghdr message{};
    Run();
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    long size = server_->ops->socket->receive(server_, &message, 0);
    if (size <= 0) return AT_OK;
    std::vector<uint8_t> reply(bytes, bytes + size);
    uint8_t type = reply[reply.size() - 3];
    auto address = addresses_.find(type);
    ++questions_;
    reply[2] = 0x81;
    reply[3] = address == addresses_.end() ? 0x83 : 0x80;
    if (address != addresses_.end()) {
      reply[7] = 1;
      reply.insert(reply.end(), {0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, uint8_t(address->second.size())});
      reply.insert(reply.end(), address->second.begin(), address->second.end());
    }
    part = {reply.data(), reply.size()};
    EXPECT_EQ(server_->ops->socket->send(server_, &message, 0), long(reply.size()));
    return AT_OK;
  }

  at_libc_file *server_ = nullptr;
  std::map<uint8_t, std::vector<uint8_t>> addresses_;
  unsigned questions_ = 0;
};

TEST_F(Names, Getaddrinfo_HasWhatTheServerSays) {
  const std::vector<uint8_t> v4 = {192, 0, 2, 7}, v6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
  const struct {
    const char *name;
    bool has_v4, has_v6;
    int family, answer;
    std::vector<int> families;
  } cases[] = {
      {"both.example", true, true, AF_UNSPEC, 0, {AF_INET, AF_INET6}},
      {"four.example", true, false, AF_UNSPEC, 0, {AF_INET}},
      {"six.example", false, true, AF_UNSPEC, 0, {AF_INET6}},
      {"none.example", false, false, AF_UNSPEC, EAI_NONAME, {}},
      {"both.example.org", true, true, AF_INET, 0, {AF_INET}},
      {"both.example.com", true, true, AF_INET6, 0, {AF_INET6}},
      {"four.example.org", true, false, AF_INET6, EAI_NONAME, {}},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.name);
    addrinfo hints{}, *list = nullptr;
    std::vector<int> families;
    addresses_.clear();
    if (c.has_v4) addresses_[1] = v4;
    if (c.has_v6) addresses_[28] = v6;
    hints.ai_family = c.family;
    hints.ai_socktype = SOCK_STREAM;
    ASSERT_EQ(getaddrinfo(c.name, "http", &hints, &list), c.answer);
    for (const addrinfo *each = list; each != nullptr; each = each->ai_next) {
      families.push_back(each->ai_family);
      if (each->ai_family == AF_INET) {
        EXPECT_EQ(memcmp(&reinterpret_cast<sockaddr_in *>(each->ai_addr)->sin_addr, v4.data(), 4), 0);
      } else {
        EXPECT_EQ(memcmp(&reinterpret_cast<sockaddr_in6 *>(each->ai_addr)->sin6_addr, v6.data(), 16), 0);
      }
      EXPECT_EQ(ntohs(reinterpret_cast<sockaddr_in *>(each->ai_addr)->sin_port), 80);
    }
    EXPECT_EQ(families, c.families);
    if (list != nullptr) freeaddrinfo(list);
  }
}

TEST_F(Names, Getaddrinfo_OfANameThatIsKnown_AsksNobody) {
  addrinfo hints{}, *list = nullptr;
  hints.ai_family = AF_INET;
  addresses_[1] = {192, 0, 2, 7};
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(getaddrinfo("a.example", nullptr, &hints, &list), 0);
    EXPECT_EQ(memcmp(&reinterpret_cast<sockaddr_in *>(list->ai_addr)->sin_addr, addresses_[1].data(), 4), 0);
    freeaddrinfo(list);
    EXPECT_EQ(questions_, 1u);
  }
}

// A number may be as long as one likes, by what lwIP takes behind it or by zeros; a canonical name has room for 255.
TEST_F(Names, CanonicalNameOfALongNumber_IsRefused) {
  addrinfo hints{}, *list = nullptr;
  hints.ai_flags = AI_CANONNAME;
  for (const std::string &name : {"::1/" + std::string(400, 'x'), std::string(300, '0') + "1"}) {
    EXPECT_EQ(getaddrinfo(name.c_str(), nullptr, &hints, &list), EAI_NONAME) << name;
    EXPECT_EQ(list, nullptr);
  }
  const std::string longest = std::string(254, '0') + "1";
  ASSERT_EQ(getaddrinfo(longest.c_str(), nullptr, &hints, &list), 0);
  EXPECT_EQ(list->ai_canonname, longest);
  freeaddrinfo(list);
}

}  // namespace
