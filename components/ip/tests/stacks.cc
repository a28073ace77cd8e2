/* SPDX-License-Identifier: ISC */
#include "stacks.h"

const Functions kOurs = {
#define PEER(name) ::name,
#include "stack_functions.h"
#undef PEER
};

const Functions kPeers = {
#define PEER(name) ::peer_##name,
#include "stack_functions.h"
#undef PEER
};

Stack::Stack(const Functions &functions, Clock &clock, uint8_t number)
    : f(functions), device(number), clock_(clock), number_(number), memory_(kPages) {
  at_mm_frames_config config = memory_.Config();

  at_mm_frames_init(&frames, &config);
  at_mm_heap_init(&heap, &frames, 0x5deece66d);
  raw_.reset(new uint8_t[(kSharedPages + 1) * AT_MM_PAGE_SIZE]);
}

Stack::~Stack() {
  if (ip != nullptr) Stop();
}

at_status Stack::Start(const at_ip_settings *settings) {
  at_ip_config config = {};
  at_ip_settings fixed = {};
  at_status status;

  config.wait = clock_.wait();
  config.heap = &heap;
  if (shares) {
    uintptr_t start = reinterpret_cast<uintptr_t>(raw_.get());

    start = (start + AT_MM_PAGE_SIZE - 1) & ~(AT_MM_PAGE_SIZE - 1);
    config.shared = at_span_of(reinterpret_cast<void *>(start), kSharedPages * AT_MM_PAGE_SIZE);
  }
  status = f.at_ip_init(&ip, &config);
  if (status != AT_OK) return status;
  fixed.address = Address();
  fixed.prefix = 24;
  fixed.ipv6 = true;
  status = f.at_ip_interface_add(ip, &interface, device.netdev(), settings == nullptr ? &fixed : settings);
  if (status != AT_OK) {
    EXPECT_EQ(AT_OK, f.at_ip_fini(ip));
    ip = nullptr;
  }
  return status;
}

void Stack::Stop() {
  struct at_mm_heap_stats left;

  EXPECT_EQ(AT_OK, f.at_ip_fini(ip));
  ip = nullptr;
  EXPECT_EQ(0u, device.held) << "received parts are missing from the ring";
  for (const auto &fault : device.faults) ADD_FAILURE() << "device " << int(number_) << ": " << fault;
  at_mm_heap_trim(&heap);
  at_mm_heap_stats(&heap, &left);
  EXPECT_EQ(0u, left.live) << "the stack left objects";
}

at_ip_stats Stack::Stats() const {
  at_ip_stats stats;

  f.at_ip_interface_stats(interface, &stats);
  return stats;
}

void StacksTest::TearDown() {
  if (us.ip != nullptr) us.Stop();
  if (peer.ip != nullptr) peer.Stop();
  EXPECT_EQ(0u, wrong_checksums);
}

void StacksTest::StartBoth() {
  ASSERT_EQ(AT_OK, us.Start());
  ASSERT_EQ(AT_OK, peer.Start());
}

bool StacksTest::Carry(Device &from, Device &to, bool from_us) {
  bool any = !from.wire.empty();

  while (!from.wire.empty()) {
    Bytes frame = std::move(from.wire.front());

    from.wire.pop_front();
    if (!HasRightChecksums(frame)) wrong_checksums++;
    if (!carries || carries(frame, from_us)) to.Arrive(frame);
  }
  return any;
}

bool StacksTest::Run(const std::function<bool()> &done, uint64_t for_ns) {
  uint64_t end_ns = clock.now_ns + for_ns;

  for (;;) {
    bool any;

    if (us.ip != nullptr) us.f.at_ip_run(us.ip, 0);
    any = Carry(us.device, peer.device, true);
    if (peer.ip != nullptr) {
      peer.f.at_ip_run(peer.ip, 0);
      any = Carry(peer.device, us.device, false) || any;
    }
    if (done()) return true;
    if (any) continue;
    if (clock.now_ns >= end_ns) return false;
    clock.now_ns += 5000000;
  }
}

at_status Connection::Connect(Stack &stack, const at_ip_address &to, uint16_t port) {
  return f.at_ip_tcp_connect(stack.ip, &tcp, &to, port, &kEvents, this);
}

void Connection::Own(at_ip_tcp *connection) {
  tcp = connection;
  connected = true;
  f.at_ip_tcp_own(tcp, &kEvents, this);
}

void Connection::Send(const std::string &text) {
  unsent += text;
  Pump();
}

void Connection::Pump() {
  size_t taken;

  if (!connected || tcp == nullptr || unsent.empty()) return;
  f.at_ip_tcp_write(tcp, &taken, unsent.data(), unsent.size(), 0);
  unsent.erase(0, taken);
  if (unsent.empty() && finishes) f.at_ip_tcp_finish(tcp);
}

static Connection *Of(void *user) { return static_cast<Connection *>(user); }

const at_ip_tcp_events Connection::kEvents = {
    [](at_ip_tcp *, void *user) {
      Of(user)->connected = true;
      Of(user)->Pump();
    },
    [](at_ip_tcp *tcp, void *user, at_ip_data *data) {
      Connection *c = Of(user);
      size_t size = c->f.at_ip_data_size(data);
      size_t before = c->received.size();

      c->received.resize(before + size);
      EXPECT_EQ(size, c->f.at_ip_data_copy(data, 0, &c->received[before], size));
      if (c->keeps) {
        c->data.push_back(data);
      } else {
        c->f.at_ip_data_free(data);
        c->f.at_ip_tcp_consumed(tcp, size);
      }
      if (c->on_received) c->on_received();
    },
    [](at_ip_tcp *, void *user) { Of(user)->finished = true; },
    [](at_ip_tcp *, void *user, size_t size) {
      Of(user)->acknowledged += size;
      Of(user)->Pump();
    },
    nullptr,
    [](at_ip_tcp *, void *user, at_status why) {
      Of(user)->closed = true;
      Of(user)->why = why;
      Of(user)->tcp = nullptr;
    },
};
