// SPDX-License-Identifier: ISC
// The handshake against every backend that there can be, up to a bound: a model checker that enumerates. An honest
// backend takes one step of Linux's set_backend_state() whenever the frontend sleeps. At each of these points it may do
// something else instead: hesitate, restart, close, vanish, lie, or have its device taken away. All runs with up to so
// many deviations at all points are played, each against the same claims: the handshake, a look at the backend and the
// leave-taking end by name and in time, nothing is left behind, and the next honest backend is connected to.
//
// A failure's trace names the deviations: point and move.

#include <atman/xenstore/xenbus.h>

#include <set>
#include <vector>

#include "fixture.h"

namespace {

const char kFront[] = HOME "/device/vif/0";
const char kBack[] = "/local/domain/0/backend/vif/5/0";

enum Kind {
  kHesitates,  // does nothing this time
  kRestarts,   // its directory goes, and is made anew from the next point on
  kCloses,     // the toolstack ends it: from now on it wants to be Closed
  kVanishes,   // its directory goes for good
  kUnplugged,  // and with it the frontend's
  kSays,       // writes a state that is not its own
  kGarbles,    // spoils a key that the driver has to have
};

struct Move {
  Kind kind;
  const char *text;
};

const Move kMoves[] = {
    {kHesitates, "hesitates"},
    {kRestarts, "restarts"},
    {kCloses, "closes"},
    {kVanishes, "vanishes"},
    {kUnplugged, "unplugged"},
    {kGarbles, "garbles"},
    {kSays, "0"},
    {kSays, "1"},
    {kSays, "2"},
    {kSays, "3"},
    {kSays, "4"},
    {kSays, "5"},
    {kSays, "6"},
    {kSays, "7"},
    {kSays, "8"},
    {kSays, "9"},
};

struct Deviation {
  unsigned point;
  const Move *move;
};

using Plan = std::vector<Deviation>;

struct Outcome {
  unsigned points = 0;  // how often the frontend slept
  bool idle = false;    // the last deviation changed nothing
  at_status connected = AT_OK, looked = AT_OK, left = AT_OK;
};

// One run. Not a test of its own, but what the fixture's tests start from.
class World : public XenStoreTest {
 public:
  explicit World(const Plan &plan, uint32_t dribble) : plan_(plan) {
    Plug();
    at_fake_xenstored_on_change(
        server_, kFront, [](void *self, const char *path) { static_cast<World *>(self)->FrontendWrote(path); }, this);
    clock_.on_sleep = [](void *self) { return static_cast<World *>(self)->Choose(); };
    at_fake_xenstored_dribble(server_, dribble);
    published_[0].name = "tx-ring-ref";
    published_[0].number = &ref_;
    wanted_[0].name = "feature-rx-copy";
    wanted_[0].number = &copy_;
    device_.publish = published_;
    device_.publish_count = 1;
    device_.backend = wanted_;
    device_.backend_count = 1;
    device_.prepare = [](void *self, uint16_t) { return static_cast<World *>(self)->Prepare(); };
    device_.accept = [](void *self) { return static_cast<World *>(self)->Accept(); };
    device_.ctx = this;
  }

  void TestBody() override {}

  // The frontend's part: connect, look at the backend a few times, leave.
  Outcome Play(bool keys_first) {
    Outcome outcome;
    device_.keys_first = keys_first;
    outcome.connected = Connect();
    if (outcome.connected == AT_OK) outcome.looked = Look();
    uint64_t end = clock_.now_ns + kPatience;
    outcome.left = at_xenbus_disconnect(&bus_, end);
    EXPECT_LE(clock_.now_ns, end + AT_XENBUS_GRACE_NS + kSlack) << "leaving takes longer than was said";
    const bool believes = outcome.connected == AT_OK && outcome.left == AT_OK && said_.count(kForeign) == 0;
    EXPECT_FALSE(believes && maps_) << "the backend had not closed";
    outcome.points = point_;
    outcome.idle = idle_;
    ExpectNothingLeft();
    return outcome;
  }

  // After whatever was before: a new device with an honest backend is connected to at the first try.
  void PlayAgainHonestly() {
    at_fake_xenstored_dribble(server_, 0);
    Settle();
    plan_.clear();
    Plug();
    EXPECT_EQ(Connect(), AT_OK) << "an honest backend afterwards";
    EXPECT_EQ(at_xenbus_disconnect(&bus_, Deadline()), AT_OK);
    clock_.on_sleep = nullptr;
    TearDown();
  }

  std::set<unsigned> states_;  // in which the backend was seen

 private:
  static constexpr uint64_t kPatience = 2 * kSecond;  // the engine looks again after half a second of silence
  static constexpr uint64_t kSlack = 1000000;         // what the steps of the last burst take: a microsecond each

  void Dom0(const std::string &path, const char *value, const char *rights) {
    ASSERT_EQ(at_fake_xenstored_write(server_, path.c_str(), value), AT_OK);
    at_fake_xenstored_permit(server_, path.c_str(), rights);
  }

  // What the toolstack makes for a device.
  void Plug() {
    const std::string front = kFront;
    Dom0(front, "", "n5 r0");
    Dom0(front + "/backend", kBack, "n5 r0");
    Dom0(front + "/backend-id", "0", "n5 r0");
    Dom0(front + "/state", "1", "n5 r0");
    for_good_ = closing_ = false;
    Probe();
  }

  void Probe() {
    const std::string back = kBack;
    Dom0(back, "", "n0 r5");
    Dom0(back + "/feature-rx-copy", "1", "n0 r5");
    there_ = look_ = true;
    Say(AT_XENBUS_INITIALISING);
  }

  void Say(int state) {
    maps_ = state == AT_XENBUS_CONNECTED || (maps_ && state != AT_XENBUS_CLOSED);
    state_ = state;
    said_.insert(state);
    Dom0(std::string(kBack) + "/state", std::to_string(state).c_str(), "n0 r5");
  }

  void Remove() {
    at_fake_xenstored_remove(server_, kBack);
    there_ = maps_ = false;
  }

  // One step of an honest backend. Returns whether it had one to take.
  bool Walk() {
    if (for_good_) return false;
    if (!there_) return Probe(), true;
    if (state_ == AT_XENBUS_INITIALISING) return Say(AT_XENBUS_INIT_WAIT), true;
    if (!look_) return false;
    int wanted = Wanted();
    if (wanted == state_) return look_ = false;
    switch (state_) {
      case AT_XENBUS_CLOSED: Say(wanted == AT_XENBUS_CLOSING ? AT_XENBUS_CLOSING : AT_XENBUS_INIT_WAIT); break;
      case AT_XENBUS_INIT_WAIT: Say(wanted == AT_XENBUS_CONNECTED ? AT_XENBUS_CONNECTED : AT_XENBUS_CLOSING); break;
      case AT_XENBUS_CONNECTED: Say(AT_XENBUS_CLOSING); break;
      default: Say(AT_XENBUS_CLOSED);
    }
    return true;
  }

  // What Linux's frontend_changed() wants to be for each state of the frontend.
  int Wanted() {
    if (closing_) return AT_XENBUS_CLOSED;
    const char *front = at_fake_xenstored_value(server_, (std::string(kFront) + "/state").c_str());
    if (front == nullptr) return AT_XENBUS_CLOSED;
    switch (*front) {
      case '1': return AT_XENBUS_INIT_WAIT;
      case '4': return AT_XENBUS_CONNECTED;
      case '5': return AT_XENBUS_CLOSING;
      case '6': return AT_XENBUS_CLOSED;
      default: return state_;
    }
  }

  void FrontendWrote(const char *path) {
    const std::string name = path;
    look_ = true;
    if (for_good_ || name != std::string(kFront) + "/state" || Dom0Reads(name) != "4") return;
    EXPECT_EQ(Dom0Reads(std::string(kFront) + "/tx-ring-ref"), "1234") << "said Connected before it published";
  }

  // The frontend sleeps: the backend's turn.
  bool Choose() {
    states_.insert(at_xenbus_backend_state(&bus_));
    for (const Deviation &deviation : plan_) {
      if (deviation.point == point_) return ++point_, Deviate(*deviation.move);
    }
    ++point_;
    return Walk();
  }

  bool Deviate(const Move &move) {
    const std::string state = std::string(kBack) + "/state", before = Dom0Reads(state);
    switch (move.kind) {
      case kHesitates: idle_ = for_good_ || (there_ && !look_ && state_ != AT_XENBUS_INITIALISING); return false;
      case kRestarts: idle_ = !there_; break;
      case kVanishes:
      case kUnplugged: idle_ = for_good_; break;
      case kCloses: idle_ = !there_ || closing_; break;
      case kSays: idle_ = !there_ || before == move.text; break;
      case kGarbles: idle_ = !there_ || Dom0Reads(std::string(kBack) + "/feature-rx-copy") == "x"; break;
    }
    if (idle_) return false;
    switch (move.kind) {
      case kUnplugged: at_fake_xenstored_remove(server_, kFront); [[fallthrough]];
      case kVanishes: for_good_ = true; [[fallthrough]];
      case kRestarts: Remove(); break;
      case kCloses: closing_ = look_ = true; break;
      case kSays:
        said_.insert({kForeign, *move.text - '0'});
        Dom0(state, move.text, "n0 r5");
        break;
      default: Dom0(std::string(kBack) + "/feature-rx-copy", "x", "n0 r5");
    }
    return true;
  }

  at_status Connect() {
    uint64_t end = clock_.now_ns + kPatience;
    prepared_ = accepted_ = 0;
    said_.clear();
    ref_ = 0;
    at_status status = at_xenbus_connect(&bus_, &xs_, "device/vif/0", &device_, end);
    EXPECT_LE(clock_.now_ns, end + AT_XENBUS_GRACE_NS + kSlack) << "connecting takes longer than was said";
    EXPECT_LE(prepared_, 1) << "the driver's rings were granted again";
    EXPECT_EQ(accepted_, status == AT_OK ? 1 : 0) << at_status_name(status);
    if (status != AT_OK) ExpectNothingLeft();
    EXPECT_TRUE(status != AT_OK || said_.count(AT_XENBUS_CONNECTED)) << "connected to one that never was";
    return status;
  }

  // Sleeps and looks, as a driver does, until there is nothing more to hear.
  at_status Look() {
    at_status status = AT_OK;
    for (int i = 0; status == AT_OK && i < kLooks; i++) {
      (void)at_wait_sleep(xs_.config.wait, clock_.now_ns + 1000);
      at_xenstore_on_event(&xs_);
      uint64_t end = Deadline();
      status = at_xenbus_poll(&bus_, end);
      states_.insert(at_xenbus_backend_state(&bus_));
      EXPECT_LE(clock_.now_ns, end + kSlack);
    }
    return status;
  }

  void ExpectNothingLeft() {
    const std::string front = Dom0Reads(std::string(kFront) + "/state");
    EXPECT_EQ(Stats().watches, 0u);
    EXPECT_EQ(Stats().outstanding, 0u);
    EXPECT_TRUE(front == "6" || front == "(none)" || (front == "1" && bus_.backend_state == 0)) << front;
  }

  at_status Prepare() {
    prepared_++;
    ref_ = 1234;
    return AT_OK;
  }

  at_status Accept() {
    accepted_++;
    EXPECT_EQ(copy_, 1u) << "accepted without the key that has to be there";
    return AT_OK;
  }

  static constexpr int kLooks = 3, kForeign = -1;  // said_: states of its own, and kForeign once it lied
  Plan plan_;
  at_xenbus bus_{};
  at_xenbus_device device_{};
  at_xenbus_key published_[1]{}, wanted_[1]{};
  uint32_t copy_ = 0, ref_ = 0;
  int state_ = 0, prepared_ = 0, accepted_ = 0;
  bool there_ = false, maps_ = false, look_ = false, for_good_ = false, closing_ = false, idle_ = false;
  unsigned point_ = 0;
  std::set<int> said_;
};

// All runs with up to `deviations` deviations.
class Checker {
 public:
  Checker(bool keys_first, uint32_t dribble) : keys_first_(keys_first), dribble_(dribble) {}

  void Explore(unsigned deviations) {
    if (::testing::Test::HasFailure()) return;  // one trace is enough to read
    const Outcome outcome = Run();
    if (deviations == 0 || outcome.idle) return;
    for (unsigned point = plan_.empty() ? 0 : plan_.back().point + 1; point < outcome.points; ++point) {
      for (const Move &move : kMoves) {
        plan_.push_back({point, &move});
        Explore(deviations - 1);
        plan_.pop_back();
      }
    }
  }

  std::set<at_status> connected_, looked_, left_;  // how these ended
  std::set<unsigned> states_;                      // in which the backend was seen

 private:
  bool Has(Kind kind) const {
    for (const Deviation &deviation : plan_) {
      if (deviation.move->kind == kind) return true;
    }
    return false;
  }

  Outcome Run() {
    std::string trace;
    for (const Deviation &deviation : plan_)
      trace += std::to_string(deviation.point) + " " + deviation.move->text + "; ";
    SCOPED_TRACE(trace);
    World world(plan_, dribble_);
    const Outcome outcome = world.Play(keys_first_);
    Judge(outcome);
    world.PlayAgainHonestly();
    states_.insert(world.states_.begin(), world.states_.end());
    connected_.insert(outcome.connected);
    looked_.insert(outcome.looked);
    left_.insert(outcome.left);
    return outcome;
  }

  // Each end has a name, and it is the right one for what the backend did.
  void Judge(const Outcome &o) const {
    const bool lied = Has(kSays) || Has(kGarbles);
    const bool left = Has(kCloses) || Has(kVanishes) || Has(kUnplugged);
    const char *name = at_status_name(o.connected);
    switch (o.connected) {
      case AT_OK: break;
      case AT_NOT_FOUND: EXPECT_TRUE(Has(kUnplugged)); break;
      case AT_PROTOCOL: EXPECT_TRUE(lied || (dribble_ != 0 && (left || Has(kRestarts)))); break;
      case AT_CLOSED: EXPECT_TRUE(lied || left || Has(kRestarts)); break;
      case AT_TIMED_OUT: EXPECT_TRUE(lied || left); break;
      default: ADD_FAILURE() << "connecting ended with " << name;
    }
    EXPECT_TRUE(o.looked == AT_OK || o.looked == AT_CLOSED || (lied && o.looked == AT_PROTOCOL))
        << at_status_name(o.looked);
    EXPECT_TRUE(o.left == AT_OK || (lied && (o.left == AT_PROTOCOL || o.left == AT_TIMED_OUT)))
        << at_status_name(o.left);
  }

  bool keys_first_;
  uint32_t dribble_;
  Plan plan_;
};

// The model would prove nothing if it met only some of the backends.
void ExpectAllWasMet(const Checker &checker) {
  for (at_status end : {AT_OK, AT_NOT_FOUND, AT_CLOSED, AT_TIMED_OUT, AT_PROTOCOL}) {
    EXPECT_TRUE(checker.connected_.count(end)) << "no run in which connecting ended with " << at_status_name(end);
  }
  for (at_status end : {AT_OK, AT_CLOSED}) EXPECT_TRUE(checker.looked_.count(end)) << at_status_name(end);
  for (unsigned state = 0; state <= AT_XENBUS_RECONFIGURED; ++state) {
    EXPECT_TRUE(checker.states_.count(state)) << "no run in which the backend was seen in state " << state;
  }
}

TEST(HandshakeModel, TwoDeviationsAtAnySleeps_EndByName) {
  Checker checker(false, 0);
  checker.Explore(2);
  ExpectAllWasMet(checker);
  EXPECT_TRUE(checker.looked_.count(AT_PROTOCOL));
  EXPECT_TRUE(checker.left_.count(AT_PROTOCOL) && checker.left_.count(AT_TIMED_OUT));
}

TEST(HandshakeModel, ADeviationAtAnySleep_EndsByName_WithKeysFirst) {
  Checker checker(true, 0);
  checker.Explore(1);
  ExpectAllWasMet(checker);
}

// In pieces of this size a burst's requests are answered one by one, and the backend moves in between.
TEST(HandshakeModel, ADeviationWithinABurst_EndsByName) {
  for (bool keys_first : {false, true}) {
    Checker checker(keys_first, 96);
    checker.Explore(1);
    ExpectAllWasMet(checker);
  }
}

}  // namespace
