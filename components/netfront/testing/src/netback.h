// SPDX-License-Identifier: ISC
#ifndef ATMAN_NETFRONT_TESTING_NETBACK_H
#define ATMAN_NETFRONT_TESTING_NETBACK_H

// The inside of the fake back-end: connect.cc walks the states, frames.cc moves frames, fake_netback.cc is the public
// face.

#include <atman/testing/fake_netback.h>

#include <cstring>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include <atman/testing/fake_xen.h>
#include <atman/xen/abi.h>

#include <xen/event_channel.h>
#include <xen/io/netif.h>

namespace fake_netback {

constexpr uint32_t kEntries = 256;
enum State { kInitialising = 1, kInitWait = 2, kInitialised = 3, kConnected = 4, kClosing = 5, kClosed = 6 };

struct Frame {
  struct at_fake_netback_frame about;  // its data and size are not used: `bytes` are
  std::vector<uint8_t> bytes;
};

// A response to be made: to which request, and what. Extra information lies where a response would.
struct Answer {
  uint16_t id;
  bool is_extra;
  netif_rx_response response;
};

// What the front-end takes.
struct Wishes {
  bool sg, csum4, csum6, gso4, gso6, filter;
};

struct Mapping {
  void *page = nullptr;
  grant_handle_t handle = 0;
};

// One direction's ring as the back-end sees it. Shared indices are read and written through volatile: the guest's side
// of them lives in another "domain".
template <typename Sring, typename Request, typename Response>
struct BackRing {
  Sring *shared = nullptr;
  uint32_t consumed = 0;   // requests taken
  uint32_t responded = 0;  // responses made
  uint32_t scanned = 0;    // requests whose ids were checked
  std::set<uint16_t> ids;  // in the ring, not answered

  void Attach(void *page) {
    shared = static_cast<Sring *>(page);
    // Like Linux since 5.12: an index that is not 0 is taken over.
    consumed = responded = scanned = Read(&shared->rsp_prod);
    ids.clear();
  }
  static uint32_t Read(const RING_IDX *index) { return *const_cast<const volatile RING_IDX *>(index); }
  static void Write(RING_IDX *index, uint32_t value) { *const_cast<volatile RING_IDX *>(index) = value; }
  uint32_t Produced() const { return Read(&shared->req_prod); }
  bool Overrun() const { return Produced() - responded > kEntries; }
  Request At(uint32_t index) const {
    Request request;
    memcpy(&request, Entry(index), sizeof request);
    return request;
  }
  void *Entry(uint32_t index) const {
    return reinterpret_cast<uint8_t *>(&shared->ring[0]) + (index % kEntries) * sizeof shared->ring[0];
  }
  // Makes one more response; returns whether the guest wants an event for it.
  bool Respond(const Response &response, uint32_t producer_error = 0) {
    memcpy(Entry(responded), &response, sizeof response);
    uint32_t old = responded++;
    Write(&shared->rsp_prod, responded + producer_error);
    return responded - Read(&shared->rsp_event) < responded - old;
  }
};

// A pair of rings with what it takes to work on them. With split channels the two ports differ.
struct Queue {
  BackRing<netif_rx_sring, netif_rx_request, netif_rx_response> rx;
  BackRing<netif_tx_sring, netif_tx_request, netif_tx_response> tx;
  Mapping tx_map, rx_map;
  evtchn_port_t tx_port = 0, rx_port = 0;
  std::deque<Answer> answers;  // made, not shown
  bool woken = false;
  bool looks_for_frames = false;  // when it works: it was told on the channel for sending
  bool out_of_slots = false;
  uint64_t work_at = 0;
};

}  // namespace fake_netback

struct at_fake_netback {
  at_fake_netback_config config{};
  std::string front, back;
  std::deque<fake_netback::Queue> queues;
  fake_netback::Queue *q = nullptr;  // the one that it works on
  std::vector<fake_netback::Mapping> held;
  std::set<uint32_t> checked_tx_grants;
  std::set<std::string> groups;  // addresses that the front-end has added
  std::deque<fake_netback::Frame> to_guest, from_guest;
  fake_netback::Wishes wishes{};
  int state = 0;
  int64_t front_state = 0;  // as last seen
  bool connected = false;
  bool frozen = false;
  bool hold_next = false;
  bool closing = false;
  uint32_t storm = 0;
  enum at_fake_netback_lie lie = AT_FAKE_NETBACK_HONEST;
  uint32_t lie_argument = 0;
  struct at_fake_netback_stats stats {};
  std::string last_fault;

  // connect.cc
  void Put(const std::string &path, const std::string &value, const std::string &permissions);
  void SetState(int to);
  int64_t Number(const std::string &key) const;
  bool Map(fake_netback::Mapping *mapping, uint32_t ref, bool readonly);
  void Unmap(fake_netback::Mapping *mapping);
  void UnmapAll();
  bool Refuse(const char *why);
  bool Bind(const std::string &key, evtchn_port_t *port);
  bool ConnectQueue(const std::string &dir);
  bool Connect();
  void ClosePort(evtchn_port_t port);
  void Disconnect();
  bool StepTowards(int64_t wanted);
  void FollowFrontend();

  // frames.cc
  bool Overran(bool overrun, uint32_t by, const char *what);
  void KeepPage(uint32_t ref, bool readonly);
  void CheckReadonly(uint32_t ref);
  void ScanTx();
  bool Take(uint32_t *at, netif_tx_request *request);
  bool Allowed(const netif_tx_request &request);
  bool TakeExtra(uint32_t *at, struct at_fake_netback_frame *about);
  bool IsGroupRequest() const;
  void TakeGroup();
  bool ReadPart(fake_netback::Frame *frame, const netif_tx_request &request, uint32_t size);
  bool TakeFrame(uint32_t *at, fake_netback::Frame *frame, std::vector<uint16_t> *ids, bool *extra);
  bool AnswerTx(uint16_t id, int16_t status);
  bool Receive();

  // to_guest.cc
  void QueueFrame(fake_netback::Frame frame);
  uint32_t Slots(const fake_netback::Frame &frame) const;
  bool IsWanted(const fake_netback::Frame &frame) const;
  bool IsFiltered(const fake_netback::Frame &frame) const;
  void ScanRx();
  void AnswerRx(const fake_netback::Frame &frame);
  bool Show();
  bool Send();
  bool TakeEvents(uint64_t now);
  uint64_t Work(uint64_t now);
  uint64_t Step(uint64_t now);

  void Fault(const char *what, uint32_t value) {
    stats.faults++;
    last_fault = std::string(what) + " (" + std::to_string(value) + ")";
  }

  void Raise(evtchn_port_t port) {
    stats.raised++;
    at_fake_xen_notify(config.xen, 0, port);
  }

  bool IsLie(enum at_fake_netback_lie which) {
    if (lie != which) return false;
    lie = AT_FAKE_NETBACK_HONEST;
    return true;
  }
};

#endif  // ATMAN_NETFRONT_TESTING_NETBACK_H
