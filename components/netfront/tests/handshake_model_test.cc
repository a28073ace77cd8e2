// SPDX-License-Identifier: ISC
// The driver's part of the handshake against every back-end with one deviation. xenstore's model has the states and
// interleavings; here it is what they mean for pages, grants, ports and mappings. At any turn of the peers the back-end
// may hang for a while or for good, close, vanish, lose its device, or say a state that is not its
// own. Opening, a frame each way and closing end by name and in time, the fixture's teardown finds nothing left, and
// the same device object can be opened again.

#include <functional>
#include <set>

#include "components/netfront/tests/guest.h"

namespace {

enum Move { kHesitates, kHangs, kCloses, kVanishes, kUnplugged, kSays, kMoves = kSays + 10 };

constexpr char kFront[] = "/local/domain/5/device/vif/0", kBack[] = "/local/domain/0/backend/vif/5/0";
constexpr uint64_t kTime = 2 * kSecond;

// A peer that runs before the others, and at turn `point` makes `move`.
class Trouble {
 public:
  Trouble(Guest *g, unsigned point, int move) : g_(g), point_(point), move_(move) {
    at_fake_xen_add_step(g_->xen, 0, Step, this);
  }
  ~Trouble() { at_fake_xen_remove_step(g_->xen, Step, this); }
  Trouble(const Trouble &) = delete;

  unsigned turns_ = 0;

 private:
  static uint64_t Step(void *ctx, uint64_t now) {
    auto *t = static_cast<Trouble *>(ctx);
    if (t->turns_ == t->point_ + 1 && t->move_ == kHesitates) at_fake_netback_freeze(t->g_->back, false);
    if (t->turns_++ != t->point_) return UINT64_MAX;
    t->Act();
    return now;
  }

  void Act() {
    at_fake_netback *back = g_->back;
    switch (move_) {
      case kHesitates:
      case kHangs: at_fake_netback_freeze(back, true); break;
      case kCloses: at_fake_netback_close(back); break;
      case kVanishes: Die(); break;
      case kUnplugged:
        Die();
        at_fake_xenstored_remove(g_->server, kFront);
        break;
      default:
        at_fake_xenstored_write(g_->server, (std::string(kBack) + "/state").c_str(),
                                std::to_string(move_ - kSays).c_str());
    }
  }

  // A driver domain that dies is unmapped by Xen, and the toolstack removes its directory.
  void Die() {
    at_fake_netback_freeze(g_->back, true);
    at_fake_netback_let_go(g_->back);
    at_fake_xenstored_remove(g_->server, kBack);
  }

  Guest *g_;
  unsigned point_;
  int move_;
};

// How a device is opened and closed: one with a pair of rings, and one with two and split channels.
struct Kind {
  std::function<at_status(Guest *)> open, close;
};

const Kind kPlain = {[](Guest *g) { return at_netfront_open(&g->front, &g->config); },
                     [](Guest *g) { return at_netfront_close(&g->front, g->Now() + kTime); }};
const Kind kWide = {[](Guest *g) {
                      at_netfront_queues_config wide = g->QueuesConfig(2, true);
                      return at_netfront_queues_open(&g->device, &wide);
                    },
                    [](Guest *g) { return at_netfront_queues_close(&g->device, g->Now() + kTime); }};

void Close(Guest *g, const Kind &kind) {
  uint64_t end = g->Now() + kTime;
  at_status status = kind.close(g);
  EXPECT_LE(g->Now(), end + kSecond);
  if (status == AT_BUSY) {  // it hangs with our pages mapped; then it dies
    at_fake_netback_let_go(g->back);
    status = kind.close(g);
  }
  EXPECT_EQ(status, AT_OK) << at_status_name(status);
  g->ExpectNothingLeft();
}

// Returns how many turns there were.
unsigned Play(const Kind &kind, unsigned point, int move, std::set<at_status> *opened, std::set<at_status> *worked) {
  SCOPED_TRACE("turn " + std::to_string(point) + " move " + std::to_string(move));
  Guest g(4, 4);
  g.front_may_be_wrong = true;  // it answers to what the back-end only says to be
  g.config.timeout_ns = kTime;
  g.back_config.max_queues = "2";
  g.MakeBackend();
  Trouble trouble(&g, point, move);
  uint64_t end = g.Now() + kTime;
  at_status status = kind.open(&g);
  EXPECT_LE(g.Now(), end + kSecond) << "opening takes longer than was said";
  opened->insert(status);
  if (status == AT_OK) {
    g.dev = &kind == &kPlain ? at_netfront_netdev(&g.front) : at_netfront_queues_netdev(&g.device);
    g.Inject("fourteen bytes and more");
    g.Send("fourteen bytes and more");
    g.Receive(&status);
    worked->insert(status);
  } else if (at_fake_xen_maps_in_use(g.xen, 0) == 0) {
    g.ExpectNothingLeft();
  }
  Close(&g, kind);
  unsigned turns = trouble.turns_;
  at_fake_netback_free(g.back);
  g.MakeBackend();
  EXPECT_EQ(kind.open(&g), AT_OK) << "an honest back-end afterwards";
  Close(&g, kind);
  return turns;
}

void Explore(const Kind &kind) {
  std::set<at_status> opened, worked;
  unsigned turns = Play(kind, UINT32_MAX, kHesitates, &opened, &worked);
  for (unsigned point = 0; point < turns && !testing::Test::HasFailure(); ++point) {
    for (int move = 0; move < kMoves; ++move) Play(kind, point, move, &opened, &worked);
  }
  EXPECT_EQ(opened, (std::set<at_status>{AT_OK, AT_CLOSED, AT_TIMED_OUT, AT_PROTOCOL}));
  EXPECT_EQ(worked, (std::set<at_status>{AT_OK, AT_CLOSED, AT_TIMED_OUT, AT_PROTOCOL}));
}

TEST(NetfrontHandshakeModel, ADeviationAtAnyTurn_EndsByName_AndLeavesNothing) { Explore(kPlain); }

TEST(NetfrontHandshakeModel, SeveralQueues_ADeviationAtAnyTurn_EndsByName_AndLeavesNothing) { Explore(kWide); }

}  // namespace
