/* SPDX-License-Identifier: ISC */
/* What changes when the stack's secrets are drawn anew, as in a domain that was restored, and what does not. */
#include "clients.h"

namespace {

class Reseed : public ClientsTest {
 protected:
  /* The server's initial sequence number for the same client at the same time; nothing stays of the connection. */
  uint32_t InitialSequence() {
    Segment s = Connect(Segment());
    uint32_t sequence = s.ack - 1;

    s.flags = kRst | kAck;
    Answer(s);
    return sequence;
  }
};

TEST_F(Reseed, InitialSequenceNumbers_AreOthers) {
  uint32_t before = InitialSequence();

  EXPECT_EQ(before, InitialSequence());
  ASSERT_EQ(AT_OK, at_ip_reseed(us.ip));
  EXPECT_NE(before, InitialSequence());
}

TEST_F(Reseed, SynCookies_OfBefore_AreVoid) {
  Segment s, answer;

  s.flags = kSyn;
  for (s.port = 1; s.port <= 20; s.port++) answer = Answer(s);
  s.port = 20;
  s.flags = kAck;
  s.seq = 1;
  s.ack = answer.seq + 1;
  ASSERT_EQ(AT_OK, at_ip_reseed(us.ip));
  EXPECT_EQ(unsigned(kRst), Answer(s).flags & kRst);
  EXPECT_EQ(0u, accepted_);
  s.port = 21;
  Answer(Connect(s)); /* by a cookie as well, one of today's */
  EXPECT_EQ(1u, accepted_);
  Abort();
}

TEST_F(Reseed, Connections_GoOn) {
  Segment s = Connect(Segment());

  Answer(s);
  ASSERT_EQ(AT_OK, at_ip_reseed(us.ip));
  s.data = "hello";
  Answer(s);
  EXPECT_EQ("hello", received_);
  Abort();
}

/* They lie in a table by a hash, whose key was the same secret. */
TEST_F(Reseed, ConnectionsInTimeWait_AreFound) {
  Segment s = Quick(Segment());

  ASSERT_EQ(AT_OK, at_ip_reseed(us.ip));
  s.seq--;
  EXPECT_EQ(unsigned(kAck), Answer(s).flags) << "to the FIN again";
  Pass(121);
  EXPECT_EQ(unsigned(kRst), Answer(s).flags & kRst) << "it is forgotten in time";
}

}  // namespace
