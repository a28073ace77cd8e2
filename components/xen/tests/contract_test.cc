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
    map_frames = Map;
    unmap_frames = [](at_xen_contract_env *, void *, size_t) {};

    void *control = at_fake_xen_page_alloc(xen, kGuest), *words = at_fake_xen_page_alloc(xen, kGuest);
    fifo_control = static_cast<evtchn_fifo_control_block *>(control);
    fifo_control_frame = at_fake_xen_frame(xen, control);
    fifo_words = static_cast<event_word_t *>(words);
    fifo_words_frame = at_fake_xen_frame(xen, words);
  }

  ~Env() {
    at_fake_console_destroy(reader);
    at_fake_xen_page_free(xen, page);
    at_fake_xen_page_free(xen, fifo_control);
    at_fake_xen_page_free(xen, fifo_words);
    EXPECT_EQ(at_fake_xen_ports_in_use(xen, kGuest), 0u);
    EXPECT_EQ(at_fake_xen_grants_in_use(xen, kGuest), 0u);
    EXPECT_EQ(at_fake_xen_maps_in_use(xen, kGuest), 0u);
    EXPECT_EQ(at_fake_xen_pages_in_use(xen, kGuest), 0u);
    munmap(reinterpret_cast<void *>(window), 4096);
    at_fake_xen_destroy(xen);
  }

  // Machine memory is mapped already: only frames that are adjacent can be shown so.
  static void *Map(at_xen_contract_env *env, const uint64_t *frames, size_t count) {
    for (size_t i = 1; i < count; ++i)
      if (frames[i] != frames[0] + i) return nullptr;
    return at_fake_xen_address(static_cast<Env *>(env)->xen, frames[0]);
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
    AtRegisterContract("XenFifoContract", at_xen_fifo_contract, at_xen_fifo_contract_count, Make, Drop) &&
    AtRegisterContract("XenClockContract", at_xen_clock_contract, at_xen_clock_contract_count, Make, Drop) &&
    AtRegisterContract("XenVcpuContract", at_xen_vcpu_contract, at_xen_vcpu_contract_count, Make, Drop) &&
    AtRegisterContract("XenGrantContract", at_xen_grant_contract, at_xen_grant_contract_count, Make, Drop) &&
    AtRegisterContract("XenGrantTableContract", at_xen_grant_table_contract, at_xen_grant_table_contract_count, Make,
                       Drop) &&
    AtRegisterContract("XenMappingContract", at_xen_mapping_contract, at_xen_mapping_contract_count, Make, Drop) &&
    AtRegisterContract("XenConsoleContract", at_xen_console_contract, at_xen_console_contract_count, Make, Drop);

TEST(XenContract, Suites_AreThere) { EXPECT_TRUE(registered); }

}  // namespace
