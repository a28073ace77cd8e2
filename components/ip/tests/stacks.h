/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_TESTS_STACKS_H
#define ATMAN_IP_TESTS_STACKS_H

/* Two stacks in one process, on a wire: the component, and its copy under names that begin with "peer_". */

#include <functional>
#include <memory>

#include <atman/ip/ip.h>
#include <atman/ip/tcp.h>
#include <atman/ip/udp.h>
#include <atman/mm/heap.h>
#include <atman/testing/fake_memory.h>

#include "gtest/gtest.h"
#include "wire.h"

extern "C" {
#define PEER(name) extern decltype(name) peer_##name;
#include "stack_functions.h"
#undef PEER
}

/* The functions of one stack. */
struct Functions {
#define PEER(name) decltype(&::name) name;
#include "stack_functions.h"
#undef PEER
};

extern const Functions kOurs, kPeers;

const size_t kPages = 4096;       /* of each stack's memory */
const size_t kSharedPages = 1024; /* of them for what is sent */

/* A stack on a device, with 10.0.0.NUMBER/24. */
class Stack {
 public:
  Stack(const Functions &functions, Clock &clock, uint8_t number);
  ~Stack();

  at_status Start(const at_ip_settings *settings = nullptr);
  void Stop(); /* and sees that nothing is left */
  at_ip_address Address() const { return at_ip_address_v4(10, 0, 0, number_); }
  at_ip_stats Stats() const;

  const Functions &f;
  Device device;
  at_mm_frames frames = {};
  at_mm_heap heap = {};
  at_ip *ip = nullptr;
  at_ip_interface *interface = nullptr;
  bool shares = true; /* memory for what is sent */

 private:
  Clock &clock_;
  uint8_t number_;
  AtFakeMemory memory_;
  std::unique_ptr<uint8_t[]> raw_;
};

/* Two of them and the cable. */
class StacksTest : public ::testing::Test {
 protected:
  StacksTest() : us(kOurs, clock, 1), peer(kPeers, clock, 2) {}
  void TearDown() override;

  void StartBoth();

  /* Runs both and carries frames until `done` or `for_ns` have passed; time moves when nothing else does. */
  bool Run(const std::function<bool()> &done, uint64_t for_ns = 10000000000);

  Clock clock;
  Stack us, peer;
  std::function<bool(Bytes &frame, bool from_us)> carries; /* may lose or change a frame; unset: carries all */
  size_t wrong_checksums = 0;

 private:
  bool Carry(Device &from, Device &to, bool from_us);
};

/* One end of a connection as an object. */
class Connection {
 public:
  explicit Connection(const Functions &functions) : f(functions) {}

  at_status Connect(Stack &stack, const at_ip_address &to, uint16_t port);
  void Own(at_ip_tcp *connection);
  void Send(const std::string &text); /* as room comes */
  void Pump();

  const Functions &f;
  at_ip_tcp *tcp = nullptr;
  std::string received;
  std::string unsent;
  bool connected = false, finished = false, closed = false;
  bool finishes = false; /* after what is unsent */
  bool keeps = false;    /* received data, in `data`, unconsumed */
  std::vector<at_ip_data *> data;
  size_t acknowledged = 0;
  at_status why = AT_OK;
  std::function<void()> on_received;

  static const at_ip_tcp_events kEvents;
};

#endif
