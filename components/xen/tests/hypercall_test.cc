// SPDX-License-Identifier: ISC
// The gate's vocabulary: which status an errno becomes, and which registers an argument goes to.

#include <atman/xen/hypercall.h>

#include <array>

#include <xen/errno.h>

#include "guest_fixture.h"

namespace {

TEST(XenStatus, Results_BecomeTheirStatus) {
  const struct {
    long result;
    at_status status;
  } cases[] = {
      {0, AT_OK},
      {1, AT_OK},
      {0x40011, AT_OK},
      {-XEN_EPERM, AT_DENIED},
      {-XEN_EACCES, AT_DENIED},
      {-XEN_ENOENT, AT_NOT_FOUND},
      {-XEN_ESRCH, AT_NOT_FOUND},
      {-XEN_ENXIO, AT_NOT_FOUND},
      {-XEN_ENODEV, AT_NOT_FOUND},
      {-XEN_E2BIG, AT_TOO_BIG},
      {-XEN_EMSGSIZE, AT_TOO_BIG},
      {-XEN_EAGAIN, AT_AGAIN},
      {-XEN_ENOMEM, AT_NO_MEMORY},
      {-XEN_EFAULT, AT_INVALID},
      {-XEN_EINVAL, AT_INVALID},
      {-XEN_EBADF, AT_INVALID},
      {-XEN_EBUSY, AT_BUSY},
      {-XEN_EEXIST, AT_EXISTS},
      {-XEN_ENOSPC, AT_NO_SPACE},
      {-XEN_ENOBUFS, AT_NO_SPACE},
      {-XEN_ERANGE, AT_RANGE},
      {-XEN_EOVERFLOW, AT_RANGE},
      {-XEN_EDEADLK, AT_DEADLOCK},
      {-XEN_ENOSYS, AT_UNSUPPORTED},
      {-XEN_EOPNOTSUPP, AT_UNSUPPORTED},
      {-XEN_ETIMEDOUT, AT_TIMED_OUT},
      {-XEN_ENOTCONN, AT_CLOSED},
      {-XEN_EIO, AT_IO},
      {-999, AT_IO},
      {-(256 + XEN_EPERM), AT_IO},
      {-0x7fffffffffffffff, AT_IO},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.result);
    EXPECT_EQ(at_xen_status(c.result), c.status);
  }
}

using Arguments = std::array<unsigned long, 5>;

class HypercallTest : public GuestTest {
 protected:
  // Performs `call` and expects hypercall `number` with `wanted`, and Xen's result passed on.
  template <typename Call>
  void Expect(const char *what, unsigned long number, const Arguments &wanted, Call call) {
    SCOPED_TRACE(what);
    Arguments got{};
    at_fake_xen_serve(
        xen_, number,
        [](void *ctx, const unsigned long *a) {
          std::copy(a, a + 5, static_cast<Arguments *>(ctx)->begin());
          return -77L;
        },
        &got);
    at_fake_xen_reset_calls(xen_);
    EXPECT_EQ(call(), -77);
    EXPECT_EQ(got, wanted);
    EXPECT_EQ(Calls(number), 1u);
    EXPECT_EQ(Calls(AT_FAKE_XEN_ANY), 1u);
    at_fake_xen_serve(xen_, number, nullptr, nullptr);
  }
};

TEST_F(HypercallTest, Wrappers_PutEachArgumentInItsPlace) {
  int x = 0;
  unsigned done = 0;
  const auto p = reinterpret_cast<unsigned long>(&x);
  const auto d = reinterpret_cast<unsigned long>(&done);
  const auto *updates = reinterpret_cast<const mmu_update *>(&x);
  const auto *operations = reinterpret_cast<const mmuext_op *>(&x);

  Expect("event_channel_op", 32, {4, p}, [&] { return at_xen_event_channel_op(4, &x); });
  Expect("sched_op", 29, {3, p}, [&] { return at_xen_sched_op(3, &x); });
  Expect("grant_table_op", 20, {2, p, 9}, [&] { return at_xen_grant_table_op(2, &x, 9); });
  Expect("console_io", 18, {0, 9, p}, [&] { return at_xen_console_io(0, 9, &x); });
  Expect("version_op", 17, {6, p}, [&] { return at_xen_version_op(6, &x); });
  Expect("memory_op", 12, {7, p}, [&] { return at_xen_memory_op(7, &x); });
  Expect("update_va_mapping", 14, {0x300000, 0x8000000000000063, 2},
         [&] { return at_xen_update_va_mapping(0x300000, 0x8000000000000063, 2); });
  Expect("mmu_update", 1, {p, 64, d, DOMID_SELF}, [&] { return at_xen_mmu_update(updates, 64, &done, DOMID_SELF); });
  Expect("mmuext_op", 26, {p, 2, d, 5}, [&] { return at_xen_mmuext_op(operations, 2, &done, 5); });
  Expect("multicall", 13, {p, 3}, [&] { return at_xen_multicall(reinterpret_cast<multicall_entry *>(&x), 3); });
  Expect("set_trap_table", 0, {p}, [&] { return at_xen_set_trap_table(reinterpret_cast<trap_info *>(&x)); });
  Expect("set_segment_base", 25, {1, 0x1234}, [&] { return at_xen_set_segment_base(1, 0x1234); });
  Expect("vcpu_op", 24, {5, 1, p}, [&] { return at_xen_vcpu_op(5, 1, &x); });
}

}  // namespace
