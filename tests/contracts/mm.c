/* SPDX-License-Identifier: ISC */
/* The contracts of mm on the memory and the page tables that Xen gave: the fake MMU is a model of these. */

#include <atman/guest.h>
#include <atman/mm/pages.h>
#include <atman/testing/mm_contract.h>

#include "runner.h"

static uint64_t frame_of(void *ctx, const void *page)
{
    (void)ctx;
    return at_mm_pages_frame(at_guest_pages(), page);
}

int main(void)
{
    struct at_mm_contract_env env = {
        .frames = at_guest_frames(),
        .heap = at_guest_heap(),
        .space = at_guest_space(),
        .memory = at_guest_memory(),
        .frame_of = frame_of,
        .mapped_is_memory = true,
    };

    return (int)(run_contract(at_mm_frames_contract, at_mm_frames_contract_count, &env) +
                 run_contract(at_mm_heap_contract, at_mm_heap_contract_count, &env) +
                 run_contract(at_mm_space_contract, at_mm_space_contract_count, &env) +
                 run_contract(at_mm_memory_contract, at_mm_memory_contract_count, &env));
}
