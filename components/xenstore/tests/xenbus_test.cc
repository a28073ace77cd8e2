// SPDX-License-Identifier: ISC
// The handshake of <atman/xenstore/xenbus.h> with a backend that walks its states as Linux's do, and with those that
// hang, close, vanish and lie.

#include <atman/xenstore/xenbus.h>

#include <map>
#include <vector>

#include "fixture.h"

namespace {

const char kFront[] = HOME "/device/vif/0";
const char kBack[] = "/local/domain/0/backend/vif/5/0";

class XenbusTest : public XenStoreTest {
 public:
  XenbusTest() {
    Dom0(std::string(kFront) + "/backend", kBack);
    Dom0(std::string(kFront) + "/backend-id", "0");
    Dom0(std::string(kFront) + "/mac", "00:16:3e:4d:4e:04");
    Dom0(std::string(kFront) + "/state", "1");
    at_fake_xenstored_permit(server_, kFront, "n5 r0");
    for (const char *key : {"/backend", "/backend-id", "/mac", "/state"}) {
      at_fake_xenstored_permit(server_, (std::string(kFront) + key).c_str(), "n5 r0");
    }
    Dom0(std::string(kBack) + "/feature-rx-copy", "1");
    Dom0(std::string(kBack) + "/state", "2");
    for (const char *key : {"", "/feature-rx-copy", "/state"}) {
      at_fake_xenstored_permit(server_, (std::string(kBack) + key).c_str(), "n0 r5");
    }
    at_fake_xenstored_on_change(
        server_, (std::string(kFront) + "/state").c_str(),
        [](void *self, const char *) { static_cast<XenbusTest *>(self)->FrontendChanged(); }, this);
    device_.own = own_;
    device_.own_count = 1;
    own_[0].name = "mac";
    own_[0].text = mac_;
    own_[0].capacity = sizeof(mac_);
    device_.backend = features_;
    device_.backend_count = 2;
    features_[0].name = "feature-rx-copy";
    features_[0].number = &rx_copy_;
    features_[1].name = "feature-sg";
    features_[1].number = &sg_;
    features_[1].optional = true;
    device_.publish = published_;
    device_.publish_count = 2;
    published_[0].name = "tx-ring-ref";
    published_[0].number = &tx_ref_;
    published_[1].name = "protocol";
    published_[1].text = protocol_;
    device_.prepare = [](void *self, uint16_t id) { return static_cast<XenbusTest *>(self)->Prepare(id); };
    device_.accept = [](void *self) { return static_cast<XenbusTest *>(self)->Accept(); };
    device_.ctx = this;
  }

  void Dom0(const std::string &path, const std::string &value) {
    ASSERT_EQ(at_fake_xenstored_write(server_, path.c_str(), value.c_str()), AT_OK);
  }
  void Drop(const std::string &path) { at_fake_xenstored_remove(server_, path.c_str()); }
  void BackendSays(const std::string &state) { Dom0(std::string(kBack) + "/state", state); }
  static std::string Front() { return kFront; }
  static std::string Back() { return kBack; }
  std::string FrontendState() { return Dom0Reads(std::string(kFront) + "/state"); }

  // Linux's netback in small. What it answers to each state of the frontend can be replaced.
  void FrontendChanged() {
    std::string state = FrontendState();
    seen_ += state;
    if (state == "4") ref_when_connected_ = Dom0Reads(std::string(kFront) + "/tx-ring-ref");
    auto it = answers_.find(state);
    if (it == answers_.end()) return;
    for (const std::string &answer : it->second) {
      if (answer == "gone") {
        at_fake_xenstored_remove(server_, "/local/domain/0/backend");
      } else {
        BackendSays(answer);
      }
    }
  }

  at_status Prepare(uint16_t id) {
    prepared_++;
    tx_ref_ = 1234;
    rx_copy_when_prepared_ = rx_copy_;
    backend_id_ = id;
    return prepare_status_;
  }

  at_status Accept() {
    accepted_++;
    return rx_copy_ ? accept_status_ : AT_UNSUPPORTED;
  }

  at_status ConnectDevice() { return at_xenbus_connect(&bus_, &xs_, "device/vif/0", &device_, Deadline()); }
  at_status Disconnect() { return at_xenbus_disconnect(&bus_, Deadline()); }

  at_xenbus bus_{};
  at_xenbus_device device_{};
  at_xenbus_key own_[1]{}, features_[2]{}, published_[2]{};
  char mac_[18] = "";
  char protocol_[16] = "x86_64-abi";
  uint32_t rx_copy_ = 0, sg_ = 7, tx_ref_ = 0, rx_copy_when_prepared_ = 0;
  int prepared_ = 0, accepted_ = 0, slept_ = 0;
  uint16_t backend_id_ = 999;
  at_status prepare_status_ = AT_OK, accept_status_ = AT_OK;
  std::map<std::string, std::vector<std::string>> answers_ = {{"1", {"2"}}, {"4", {"4"}}, {"5", {"5"}}, {"6", {"6"}}};
  std::string seen_, ref_when_connected_;
};

TEST_F(XenbusTest, Connect_TakesThreeRoundTrips_AndTellsBothSidesAll) {
  ASSERT_EQ(ConnectDevice(), AT_OK);
  EXPECT_EQ(Stats().round_trips, 3u);
  EXPECT_STREQ(mac_, "00:16:3e:4d:4e:04");
  EXPECT_EQ(backend_id_, 0);
  EXPECT_EQ(rx_copy_, 1u);
  EXPECT_EQ(sg_, 7u) << "an optional key that is missing keeps its value";
  EXPECT_EQ(features_[1].status, AT_NOT_FOUND);
  EXPECT_EQ(ref_when_connected_, "1234") << "published before the state";
  EXPECT_EQ(Dom0Reads(std::string(kFront) + "/protocol"), "x86_64-abi");
  EXPECT_EQ(prepared_, 1);
  EXPECT_EQ(accepted_, 1);
  EXPECT_EQ(at_xenbus_backend_state(&bus_), AT_XENBUS_CONNECTED);
  EXPECT_EQ(Disconnect(), AT_OK);
}

TEST_F(XenbusTest, Connect_TakesThreeRoundTrips_FromASlowBackendAsWell) {
  answers_["4"] = {};
  clock_.on_sleep = [](void *self) {
    auto *t = static_cast<XenbusTest *>(self);
    if (t->FrontendState() != "4" || ++t->slept_ != 5) return t->slept_ > 0 && t->slept_ < 5;
    t->BackendSays("4");
    return true;
  };
  ASSERT_EQ(ConnectDevice(), AT_OK);
  EXPECT_EQ(Stats().round_trips, 3u) << "looked when there was nothing to see";
  clock_.on_sleep = nullptr;
  EXPECT_EQ(Disconnect(), AT_OK);
}

TEST_F(XenbusTest, KeysFirst_PreparesNothingForABackendItCannotUnderstand) {
  device_.keys_first = true;
  Dom0(Back() + "/feature-rx-copy", "perhaps");
  EXPECT_EQ(ConnectDevice(), AT_PROTOCOL);
  EXPECT_EQ(prepared_, 0);
}

TEST_F(XenbusTest, BackendLeftConnectedThatDoesNotReact_IsToldOnce) {
  BackendSays("4");
  answers_.clear();
  EXPECT_EQ(ConnectDevice(), AT_TIMED_OUT);
  EXPECT_EQ(seen_, "416");
}

TEST_F(XenbusTest, TextWithANulInIt_IsNoText) {
  ASSERT_EQ(Write("device/vif/0/mac", std::string("00:16\0:3e", 9)), AT_OK);
  EXPECT_EQ(ConnectDevice(), AT_PROTOCOL);
}

TEST_F(XenbusTest, KeysFirst_KnowsTheBackendsKeysBeforeItPrepares_ForOneRoundTripMore) {
  device_.keys_first = true;
  ASSERT_EQ(ConnectDevice(), AT_OK);
  EXPECT_EQ(rx_copy_when_prepared_, 1u);
  EXPECT_EQ(Stats().round_trips, 4u);
  EXPECT_EQ(Disconnect(), AT_OK);
}

TEST_F(XenbusTest, KeysFirst_WaitsForABackendThatHasNotWrittenThemYet) {
  device_.keys_first = true;
  at_fake_xenstored_remove(server_, (std::string(kBack) + "/feature-rx-copy").c_str());
  BackendSays("1");
  meanwhile_ = [this] {
    meanwhile_ = [this] {
      Dom0(std::string(kBack) + "/feature-rx-copy", "1");
      BackendSays("2");
    };
  };
  ASSERT_EQ(ConnectDevice(), AT_OK);
  EXPECT_EQ(rx_copy_when_prepared_, 1u);
  EXPECT_EQ(prepared_, 1);
  EXPECT_EQ(Disconnect(), AT_OK);
}

TEST_F(XenbusTest, Disconnect_WalksClosingAndClosed) {
  ASSERT_EQ(ConnectDevice(), AT_OK);
  seen_.clear();
  EXPECT_EQ(Disconnect(), AT_OK);
  EXPECT_EQ(seen_, "56");
  EXPECT_EQ(at_xenbus_backend_state(&bus_), AT_XENBUS_CLOSED);
  EXPECT_EQ(Disconnect(), AT_OK) << "once more does nothing";
  EXPECT_EQ(seen_, "56");
}

TEST_F(XenbusTest, Disconnect_FromABackendThatDoesNotAnswer_EndsAllTheSame) {
  ASSERT_EQ(ConnectDevice(), AT_OK);
  answers_.clear();
  uint64_t deadline = Deadline();
  EXPECT_EQ(at_xenbus_disconnect(&bus_, deadline), AT_TIMED_OUT);
  EXPECT_LE(clock_.now_ns, deadline + 2 * AT_XENBUS_GRACE_NS);
  EXPECT_EQ(FrontendState(), "6");
}

TEST_F(XenbusTest, Disconnect_FromABackendThatVanishes_IsFine) {
  ASSERT_EQ(ConnectDevice(), AT_OK);
  answers_["5"] = {"gone"};
  EXPECT_EQ(Disconnect(), AT_OK);
}

TEST_F(XenbusTest, Reconnect_StartsAgain) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(ConnectDevice(), AT_OK);
    EXPECT_EQ(prepared_, i + 1);
    ASSERT_EQ(Disconnect(), AT_OK);
  }
}

TEST_F(XenbusTest, BackendLeftConnected_IsToldToStartAgain) {
  BackendSays("4");
  answers_["4"] = {};  // it is connected, to somebody else
  meanwhile_ = [this] { meanwhile_ = [this] { answers_["4"] = {"4"}; }; };
  ASSERT_EQ(ConnectDevice(), AT_OK);
  EXPECT_EQ(seen_, "414");
  EXPECT_EQ(prepared_, 1);
  EXPECT_EQ(Disconnect(), AT_OK);
}

// What can go wrong, each in a world of its own.
using T = XenbusTest;
const struct Trouble {
  const char *what;
  void (*arrange)(T &t);
  at_status status;
  const char *state;  // of the frontend afterwards
} kTroubles[] = {
    {"no device", [](T &t) { t.Drop(t.Front() + "/backend"); }, AT_NOT_FOUND, "1"},
    {"no device at all", [](T &t) { t.Drop(kFront); }, AT_NOT_FOUND, "(none)"},
    {"no backend id", [](T &t) { t.Drop(t.Front() + "/backend-id"); }, AT_PROTOCOL, "1"},
    {"a backend id that is none", [](T &t) { t.Dom0(t.Front() + "/backend-id", "zero"); }, AT_PROTOCOL, "1"},
    {"a backend id that is reserved", [](T &t) { t.Dom0(t.Front() + "/backend-id", "32752"); }, AT_PROTOCOL, "1"},
    {"a backend id too big", [](T &t) { t.Dom0(t.Front() + "/backend-id", "99999999999"); }, AT_PROTOCOL, "1"},
    {"a path that is none", [](T &t) { t.Dom0(t.Front() + "/backend", "over there"); }, AT_PROTOCOL, "1"},
    {"an empty path", [](T &t) { t.Dom0(t.Front() + "/backend", ""); }, AT_PROTOCOL, "1"},
    {"a path too long", [](T &t) { t.Dom0(t.Front() + "/backend", "/" + std::string(79, 'b')); }, AT_PROTOCOL, "1"},
    {"no MAC", [](T &t) { t.Drop(t.Front() + "/mac"); }, AT_PROTOCOL, "1"},
    {"a MAC too long", [](T &t) { t.Dom0(t.Front() + "/mac", "00:16:3e:4d:4e:04:05"); }, AT_PROTOCOL, "1"},
    {"a driver that cannot", [](T &t) { t.prepare_status_ = AT_NO_MEMORY; }, AT_NO_MEMORY, "1"},
    {"never connects", [](T &t) { t.answers_["4"] = {}; }, AT_TIMED_OUT, "6"},
    {"not there", [](T &t) { t.Drop(kBack), t.answers_.clear(); }, AT_TIMED_OUT, "6"},
    {"stays initialising", [](T &t) { t.BackendSays("1"), t.answers_["4"] = {"1"}; }, AT_TIMED_OUT, "6"},
    {"closing", [](T &t) { t.answers_["4"] = {"5"}; }, AT_CLOSED, "6"},
    {"closed", [](T &t) { t.answers_["4"] = {"6"}; }, AT_CLOSED, "6"},
    {"vanishes", [](T &t) { t.answers_["4"] = {"gone"}; }, AT_CLOSED, "6"},
    {"state 9", [](T &t) { t.answers_["4"] = {"9"}; }, AT_PROTOCOL, "6"},
    {"state -1", [](T &t) { t.answers_["4"] = {"-1"}; }, AT_PROTOCOL, "6"},
    {"no number", [](T &t) { t.answers_["4"] = {"Connected"}; }, AT_PROTOCOL, "6"},
    {"empty", [](T &t) { t.answers_["4"] = {""}; }, AT_PROTOCOL, "6"},
    {"state 2^32+4", [](T &t) { t.answers_["4"] = {"4294967300"}; }, AT_PROTOCOL, "6"},
    {"state with a tail", [](T &t) { t.answers_["4"] = {"4 "}; }, AT_PROTOCOL, "6"},
    {"huge state", [](T &t) { t.answers_["4"] = {std::string(1000, '4')}; }, AT_PROTOCOL, "6"},
    {"no key that must be", [](T &t) { t.Drop(t.Back() + "/feature-rx-copy"); }, AT_PROTOCOL, "6"},
    {"a key that is no number", [](T &t) { t.Dom0(t.Back() + "/feature-rx-copy", "yes"); }, AT_PROTOCOL, "6"},
    {"an optional one that is none", [](T &t) { t.Dom0(t.Back() + "/feature-sg", ""); }, AT_PROTOCOL, "6"},
    {"refused by the driver", [](T &t) { t.Dom0(t.Back() + "/feature-rx-copy", "0"); }, AT_UNSUPPORTED, "6"},
};

class XenbusTroubleTest : public XenbusTest, public ::testing::WithParamInterface<Trouble> {};

TEST_P(XenbusTroubleTest, Connect_FailsByName_AndLeavesNothing) {
  SCOPED_TRACE(GetParam().what);
  GetParam().arrange(*this);
  uint64_t deadline = Deadline();
  EXPECT_EQ(ConnectDevice(), GetParam().status);
  EXPECT_LE(clock_.now_ns, deadline + 2 * AT_XENBUS_GRACE_NS);
  EXPECT_EQ(FrontendState(), GetParam().state);
  EXPECT_EQ(Held().watches, 0u);
  EXPECT_EQ(Disconnect(), AT_OK) << "there is nothing to disconnect";
}

INSTANTIATE_TEST_SUITE_P(All, XenbusTroubleTest, ::testing::ValuesIn(kTroubles));

TEST_F(XenbusTest, FailingAtAnyRequest_OnceOrFromThenOn_LeavesNothing_UntilItSucceeds) {
  for (uint32_t round = 0;; ++round) {
    uint32_t nth = round / 2;
    ASSERT_LT(nth, 100u);
    BackendSays("2");
    (round % 2 == 0 ? at_fake_xenstored_fail : at_fake_xenstored_fail_from)(server_, nth, "EIO");
    uint32_t before = Held().requests;
    at_status status = ConnectDevice();
    bool failed = Held().requests - before > nth;
    at_fake_xenstored_fail(server_, 0, "");
    if (status == AT_OK) {
      EXPECT_EQ(Disconnect(), AT_OK);
      if (!failed) break;
    }
    EXPECT_EQ(Stats().watches, 0u) << nth;
  }
}

TEST_F(XenbusTest, SilentServerAtAnyMessage_EndsInTime) {
  for (uint32_t nth = 0; nth < 16; ++nth) {
    SCOPED_TRACE(nth);
    BackendSays("2");
    at_fake_xenstored_misbehave(server_, AT_FAKE_XENSTORED_LOST, nth);
    uint64_t deadline = Deadline();
    at_status status = ConnectDevice();
    at_fake_xenstored_misbehave(server_, AT_FAKE_XENSTORED_NONE, 0);
    EXPECT_TRUE(status == AT_OK || status == AT_TIMED_OUT) << status;
    EXPECT_LE(clock_.now_ns, deadline + 2 * AT_XENBUS_GRACE_NS);
    EXPECT_EQ(Disconnect(), AT_OK);
    EXPECT_EQ(Stats().watches, 0u);
  }
  at_xenstore_close(&xs_);  // the lost answers stay owed
}

TEST_F(XenbusTest, StateThatNeverRests_IsNoProgress) {
  answers_["4"] = {"2"};
  clock_.on_sleep = [](void *self) {
    auto *t = static_cast<XenbusTest *>(self);
    t->BackendSays(t->clock_.sleeps % 2 ? "2" : "3");
    return true;
  };
  uint64_t deadline = clock_.now_ns + 100000;
  EXPECT_EQ(at_xenbus_connect(&bus_, &xs_, "device/vif/0", &device_, deadline), AT_TIMED_OUT);
  EXPECT_LE(clock_.now_ns, deadline + 2 * AT_XENBUS_GRACE_NS);
}

TEST_F(XenbusTest, LostEvent_IsMadeUpForByLookingAgain) {
  answers_["4"] = {};
  meanwhile_ = [this] {
    meanwhile_ = [this] {
      meanwhile_ = [this] {
        at_fake_xenstored_misbehave(server_, AT_FAKE_XENSTORED_LOST, 0);
        BackendSays("4");
      };
    };
  };
  EXPECT_EQ(ConnectDevice(), AT_OK);
  EXPECT_EQ(Disconnect(), AT_OK);
}

TEST_F(XenbusTest, Poll_IsSilentWhileNothingHappens) {
  ASSERT_EQ(ConnectDevice(), AT_OK);
  uint32_t before = Held().requests;
  EXPECT_FALSE(at_xenbus_has_news(&bus_)) << "all that the handshake heard was looked at";
  EXPECT_EQ(at_xenbus_poll(&bus_, Deadline()), AT_OK);
  EXPECT_EQ(Held().requests, before);
  EXPECT_EQ(Disconnect(), AT_OK);
  EXPECT_EQ(at_xenbus_poll(&bus_, Deadline()), AT_CLOSED) << "not connected";
}

TEST_F(XenbusTest, Poll_TellsWhatBecameOfTheBackend) {
  const struct {
    const char *state;
    at_status status;
  } cases[] = {{"4", AT_OK},     {"7", AT_OK},     {"8", AT_OK},       {"5", AT_CLOSED},
               {"6", AT_CLOSED}, {"2", AT_CLOSED}, {"9", AT_PROTOCOL}, {"gone", AT_CLOSED}};
  int told = 0;
  bus_.changed = [](void *n) { ++*static_cast<int *>(n); };
  bus_.changed_ctx = &told;
  for (const auto &c : cases) {
    SCOPED_TRACE(c.state);
    BackendSays("2");
    ASSERT_EQ(ConnectDevice(), AT_OK);
    if (c.state == std::string("gone")) {
      at_fake_xenstored_remove(server_, "/local/domain/0/backend");
    } else {
      BackendSays(c.state);
    }
    told = 0;
    Settle();
    EXPECT_GT(told, 0) << "the driver was not told";
    EXPECT_TRUE(at_xenbus_has_news(&bus_));
    EXPECT_EQ(at_xenbus_poll(&bus_, Deadline()), c.status);
    EXPECT_EQ(Disconnect(), c.status == AT_PROTOCOL ? AT_PROTOCOL : AT_OK);
  }
}

TEST_F(XenbusTest, PollThatTimesOut_AsksAgainNextTime) {
  ASSERT_EQ(ConnectDevice(), AT_OK);
  BackendSays("5");
  Settle();
  clock_.server = nullptr;
  EXPECT_EQ(at_xenbus_poll(&bus_, Deadline()), AT_TIMED_OUT);
  EXPECT_TRUE(at_xenbus_has_news(&bus_));
  clock_.server = server_;
  EXPECT_EQ(at_xenbus_poll(&bus_, Deadline()), AT_CLOSED);
  EXPECT_EQ(Disconnect(), AT_OK);
}

TEST(XenbusStateName, IsXens) {
  EXPECT_STREQ(at_xenbus_state_name(AT_XENBUS_INIT_WAIT), "InitWait");
  EXPECT_STREQ(at_xenbus_state_name(AT_XENBUS_RECONFIGURED), "Reconfigured");
  EXPECT_STREQ(at_xenbus_state_name(static_cast<at_xenbus_state>(9)), "Unknown");
  EXPECT_STREQ(at_xenbus_state_name(static_cast<at_xenbus_state>(-1)), "Unknown");
}

}  // namespace
