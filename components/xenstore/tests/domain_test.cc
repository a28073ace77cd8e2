// SPDX-License-Identifier: ISC
// Where a domain's directory is, and answers that are none.

#include <atman/xenstore/domain.h>

#include "fixture.h"

namespace {

using DomainTest = XenStoreTest;

TEST_F(DomainTest, Path_IsTheServers) {
  char path[AT_XENSTORE_DOMAIN_PATH_SIZE];
  for (uint16_t domid : {0, 5, 65535}) {
    EXPECT_EQ(at_xenstore_domain_path(&xs_, path, domid, Deadline()), AT_OK);
    EXPECT_EQ(path, "/local/domain/" + std::to_string(domid));
  }
  at_fake_xenstored_fail(server_, 0, "EACCES");
  EXPECT_EQ(at_xenstore_domain_path(&xs_, path, 1, Deadline()), AT_DENIED);
}

TEST_F(DomainTest, AnswersThatAreNone_EndTheConnection) {
  for (auto fault : {AT_FAKE_XENSTORED_GARBAGE, AT_FAKE_XENSTORED_EMPTY, AT_FAKE_XENSTORED_UNTERMINATED,
                     AT_FAKE_XENSTORED_EXTRA_NUL}) {
    SCOPED_TRACE(fault);
    char path[AT_XENSTORE_DOMAIN_PATH_SIZE];
    Connect();
    at_fake_xenstored_misbehave(server_, fault, 0);
    EXPECT_EQ(at_xenstore_domain_path(&xs_, path, 1, Deadline()), AT_PROTOCOL);
    EXPECT_EQ(at_xenstore_status(&xs_), AT_PROTOCOL);
    at_fake_xenstored_step(server_);
    ring_.rsp_cons = ring_.rsp_prod;
  }
}

}  // namespace
