// SPDX-License-Identifier: ISC
// The contract suite, which kernels run on real Xen, on the fake platform.

#include <atman/testing/contract_gtest.h>
#include <atman/testing/fake_sched_platform.h>
#include <atman/testing/sched_contract.h>

namespace {

struct World {
  at_sched_contract_env env{&sched};  // first: a case gets a pointer to it
  at_sched sched;
  at_fake_sched_platform platform;
};

void *Begin() {
  auto *world = new World;
  at_fake_sched_platform_init(&world->platform);
  at_sched_init(&world->sched, &world->platform.config);
  return world;
}

void End(void *env) {
  auto *world = static_cast<World *>(env);
  EXPECT_EQ(at_sched_fini(&world->sched), AT_OK) << "a case left a thread or a timer";
  EXPECT_EQ(world->platform.stacks, 0u);
  delete world;
}

const bool registered = [] {
  size_t count;
  const at_contract_case *cases = at_sched_contract(&count);
  return AtRegisterContract("SchedContract", cases, count, Begin, End);
}();

}  // namespace
