// SPDX-License-Identifier: ISC
// The Nth allocation fails, for every N, once and from then on: whoever asked is told by an error that says so, nothing
// breaks and nothing is left, and it works afterwards.

#include <netdb.h>

#include <functional>

#include "network.h"

namespace {

struct {
  bool is_on, goes_on;
  size_t nth, count;
} failure;

}  // namespace

// The linker's --wrap (BUILD) leads the components' calls here.
extern "C" void *__real_at_mm_heap_alloc(at_mm_heap *heap, size_t size);
extern "C" void *__wrap_at_mm_heap_alloc(at_mm_heap *heap, size_t size) {
  if (failure.is_on && (++failure.count == failure.nth || (failure.goes_on && failure.count > failure.nth)))
    return nullptr;
  return __real_at_mm_heap_alloc(heap, size);
}

namespace {

class Memory : public Addresses {
 protected:
  // Calls `act`, in which Fails() and FailsNoMore() are around what fails, for every N until nothing did.
  void ForEveryN(const std::function<void()> &act) {
    for (bool goes_on : {false, true}) {
      for (size_t n = 1; n < 1000; ++n) {
        SCOPED_TRACE((goes_on ? "from allocation " : "allocation ") + std::to_string(n));
        failure.nth = n;
        failure.goes_on = goes_on;
        act();
        if (HasFatalFailure()) return;
        ASSERT_TRUE(struck_ || n > 1) << "it allocates nothing";
        if (!struck_) break;
      }
    }
  }

  static void Fails() {
    failure.is_on = true;
    failure.count = 0;
  }

  void FailsNoMore() {
    failure.is_on = false;
    struck_ = failure.count >= failure.nth;
  }

  size_t Live() {
    struct at_mm_heap_stats stats;
    ::at_mm_heap_stats(&heap_, &stats);
    return stats.live;
  }

  bool struck_ = false;
};

TEST_F(Memory, AnOperation_IsDoneOrSaysThatThereIsNone) {
  sockaddr_in nobody = Local(81), own = Local(53), receivers = Local(54);
  at_libc_file *receiver = Make(SOCK_DGRAM);
  ASSERT_EQ(receiver->ops->socket->bind(receiver, reinterpret_cast<sockaddr *>(&receivers), sizeof receivers), 0);
  at_libc_file *stream = nullptr, *datagram = nullptr, *made = nullptr;
  addrinfo *list = nullptr;
  iovec parts[2] = {{const_cast<char *>("ab"), 2}, {const_cast<char *>("cd"), 2}};
  msghdr message{};
  message.msg_name = &receivers;
  message.msg_namelen = sizeof receivers;
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  ip_mreq group{};
  group.imr_multiaddr.s_addr = htonl(0xef010203);
  const struct {
    const char *what;
    std::function<long()> act;
    long success, failure;
  } operations[] = {
      {"socket", [&] { return make_socket(&made, AF_INET, SOCK_STREAM, 0); }, 0, -ENOMEM},
      {"connect",
       [&] { return stream->ops->socket->connect(stream, reinterpret_cast<sockaddr *>(&nobody), sizeof nobody); },
       -EINPROGRESS, -ENOMEM},
      {"listen", [&] { return stream->ops->socket->listen(stream, 1); }, 0, -ENOMEM},
      {"bind a datagram socket",
       [&] { return datagram->ops->socket->bind(datagram, reinterpret_cast<sockaddr *>(&own), sizeof own); }, 0,
       -ENOMEM},
      {"send in parts", [&] { return datagram->ops->socket->send(datagram, &message, 0); }, 4, -ENOMEM},
      {"join a group",
       [&] { return datagram->ops->socket->setsockopt(datagram, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group); },
       0, -ENOMEM},
      {"getaddrinfo", [&]() -> long { return getaddrinfo("127.0.0.1", "http", nullptr, &list); }, 0, EAI_MEMORY},
  };
  for (const auto &operation : operations) {
    SCOPED_TRACE(operation.what);
    ForEveryN([&] {
      made = nullptr;
      list = nullptr;
      stream = Make(SOCK_STREAM);
      datagram = Make(SOCK_DGRAM);
      size_t before = Live();
      Fails();
      long result = operation.act();
      FailsNoMore();
      if (result != operation.success) {
        EXPECT_TRUE(struck_);
        EXPECT_EQ(result, operation.failure);
        EXPECT_LE(Live(), before + 2) << "a bound port at most is left of it";
        EXPECT_EQ(operation.act(), operation.success) << "and it works afterwards";
      }
      if (made != nullptr) Close(made);
      if (list != nullptr) freeaddrinfo(list);
      Close(stream);
      Close(datagram);
      Run(1000000000);
      EXPECT_EQ(Read(receiver, 9), operation.success == 4 ? "abcd" : "") << "sent, and once";
    });
  }
  Close(receiver);
}

// A stream that could not keep what came is broken, and says so: bytes are never missing from its middle.
TEST_F(Memory, Stream_IsWholeOrBroken) {
  const std::string text(5000, 'x');
  at_libc_file *listener = Listen(80, 4);
  ForEveryN([&] {
    at_libc_file *client = Connect(80), *server = Accept(listener);
    std::string received;
    long result = 0;
    Fails();
    long written = Write(client, text);
    Run(1000000000);
    FailsNoMore();
    for (int i = 0; i < 200 && received.size() < text.size(); ++i) {
      if (written <= 0) written = Write(client, text);
      std::string more = Read(server, 2000, &result);
      received += more;
      if (more.empty() && result != -EAGAIN) break;
      if (more.empty()) Run(1000000000);
    }
    EXPECT_TRUE(received.size() == text.size() || result == -ENOMEM || result == -ECONNRESET) << result;
    Close(client);
    Close(server);
    Run(10000000000);
  });
  Close(listener);
  Run(200000000000);
}

// A datagram that could not be kept is lost, as datagrams may be; the next one comes.
TEST_F(Memory, Datagrams_AreLostWholeAndNoOthers) {
  at_libc_file *server = Make(SOCK_DGRAM), *client = Make(SOCK_DGRAM);
  sockaddr_in address = Local(53);
  ASSERT_EQ(server->ops->socket->bind(server, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
  ASSERT_EQ(SendTo(client, 53, "first"), 5);
  Run();
  ASSERT_EQ(Read(server, 100), "first");
  ForEveryN([&] {
    Fails();
    long result = SendTo(client, 53, "second");
    Run();
    FailsNoMore();
    EXPECT_TRUE(result == 6 || (result == -ENOMEM && struck_)) << result;
    std::string got = Read(server, 100);
    EXPECT_TRUE(got == "second" || (got.empty() && struck_)) << got;
    EXPECT_EQ(SendTo(client, 53, "third"), 5);
    Run();
    EXPECT_EQ(Read(server, 100), "third");
  });
  Close(client);
  Close(server);
}

}  // namespace
