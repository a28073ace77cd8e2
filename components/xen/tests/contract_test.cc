// SPDX-License-Identifier: ISC
// The contract suites over the fake Xen. The same ones run in a kernel on the real one.

#include <atman/testing/xen_contract.h>

#include <sys/mman.h>

#include <atman/testing/contract_gtest.h>
#include <atman/testing/fake_console.h>
#include <atman/testing/fake_xen.h>

namespace {

constexpr at_xen_domid kGuest = 3;

struct Env : at_xen_contract_env {  // first: what the cases get is a pointer to it
  Env() : at_xen_contract_env{}, xen(at_fake_xen_create(nullptr)) {
    at_fake_xen_add_domain(xen, kGuest);
    at_fake_xen_enter(xen, kGuest);
    at_fake_xen_set_wall(xen, 1750000000, 0);
    shared = at_fake_xen_shared(xen, kGuest);

    at_xen_grants_init(&grants_memory, at_fake_xen_grant_table(xen, kGuest, 2), 2 * AT_XEN_GRANTS_PER_FRAME);
    grants = &grants_memory;

    xencons_interface *ring;
    at_xen_port port;
    reader = at_fake_console_create(xen, &ring, &port, kGuest);
    at_xen_console_init(&console_memory, ring, shared, port);
    console = &console_memory;

    page = at_fake_xen_page_alloc(xen, kGuest);
    frame = at_fake_xen_frame(xen, page);
    window = reinterpret_cast<uintptr_t>(mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    self = kGuest;
  }

  ~Env() {
    at_fake_console_destroy(reader);
    at_fake_xen_page_free(xen, page);
    EXPECT_EQ(at_fake_xen_ports_in_use(xen, kGuest), 0u);
    EXPECT_EQ(at_fake_xen_grants_in_use(xen, kGuest), 0u);
    EXPECT_EQ(at_fake_xen_maps_in_use(xen, kGuest), 0u);
    EXPECT_EQ(at_fake_xen_pages_in_use(xen, kGuest), 0u);
    munmap(reinterpret_cast<void *>(window), 4096);
    at_fake_xen_destroy(xen);
  }

  at_fake_xen *xen;
  at_fake_console *reader;
  at_xen_grants grants_memory;
  at_xen_console console_memory;
};

void *Make() { return static_cast<at_xen_contract_env *>(new Env); }
void Drop(void *env) { delete static_cast<Env *>(static_cast<at_xen_contract_env *>(env)); }

const bool registered =
    AtRegisterContract("XenEventContract", at_xen_event_contract, at_xen_event_contract_count, Make, Drop) &&
    AtRegisterContract("XenClockContract", at_xen_clock_contract, at_xen_clock_contract_count, Make, Drop) &&
    AtRegisterContract("XenGrantContract", at_xen_grant_contract, at_xen_grant_contract_count, Make, Drop) &&
    AtRegisterContract("XenMappingContract", at_xen_mapping_contract, at_xen_mapping_contract_count, Make, Drop) &&
    AtRegisterContract("XenConsoleContract", at_xen_console_contract, at_xen_console_contract_count, Make, Drop);

TEST(XenContract, Suites_AreThere) { EXPECT_TRUE(registered); }

}  // namespace
