/* SPDX-License-Identifier: ISC */
/* The contracts of xen against the hypervisor that the fake Xen is a model of. */

#include <atman/guest.h>
#include <atman/mm/pages.h>
#include <atman/mm/space.h>
#include <atman/testing/xen_contract.h>
#include <atman/xenstore/xenstore.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"

/* A domain learns its own number from XenStore, in a node relative to its own. */
static int read_domid(at_xen_domid *domid)
{
    char text[8];
    size_t size;
    at_status status =
        at_xenstore_read(at_guest_xenstore(), text, sizeof(text), &size, AT_XENSTORE_NO_TRANSACTION, "domid", AT_NEVER);

    *domid = (at_xen_domid)atoi(text);
    return status == AT_OK;
}

static void *map_frames(struct at_xen_contract_env *env, const uint64_t *frames, size_t count)
{
    void *va;

    (void)env;
    return at_mm_space_map(at_guest_space(), &va, frames, count, AT_MM_READ | AT_MM_WRITE) == AT_OK ? va : NULL;
}

static void unmap_frames(struct at_xen_contract_env *env, void *va, size_t count)
{
    (void)env;
    at_mm_space_unmap(at_guest_space(), va, count);
}

int main(void)
{
    struct at_xen_contract_env env = {
        .shared = at_guest_events()->shared,
        .grants = at_guest_grants(),
        .console = at_guest_console(),
        .page = at_mm_pages_alloc(at_guest_pages()),
        .map_frames = map_frames,
        .unmap_frames = unmap_frames,
        .fifo_control = at_mm_pages_alloc(at_guest_pages()),
        .fifo_words = at_mm_pages_alloc(at_guest_pages()),
    };
    void *window;
    unsigned failed;

    if (env.page == NULL || env.fifo_control == NULL || env.fifo_words == NULL ||
        at_mm_space_reserve(at_guest_space(), &window, 1) != AT_OK || !read_domid(&env.self)) {
        puts("FAIL Setup a page, a window and the domain's number could not be had");
        return 1;
    }
    env.frame = at_mm_pages_frame(at_guest_pages(), env.page);
    env.fifo_control_frame = at_mm_pages_frame(at_guest_pages(), env.fifo_control);
    env.fifo_words_frame = at_mm_pages_frame(at_guest_pages(), env.fifo_words);
    memset(env.fifo_control, 0, sizeof *env.fifo_control);
    memset(env.fifo_words, 0, AT_XEN_FIFO_PORTS_PER_PAGE * sizeof *env.fifo_words);
    env.window = (uintptr_t)window;

    failed = run_contract(at_xen_event_contract, at_xen_event_contract_count, &env) +
             run_contract(at_xen_clock_contract, at_xen_clock_contract_count, &env) +
             run_contract(at_xen_vcpu_contract, at_xen_vcpu_contract_count, &env) +
             run_contract(at_xen_grant_contract, at_xen_grant_contract_count, &env) +
             run_contract(at_xen_mapping_contract, at_xen_mapping_contract_count, &env) +
             run_contract(at_xen_grant_table_contract, at_xen_grant_table_contract_count, &env) +
             run_contract(at_xen_console_contract, at_xen_console_contract_count, &env);
    /* Last: XenStore's port is not waited for any more. */
    failed += run_contract(at_xen_fifo_contract, at_xen_fifo_contract_count, &env);
    at_mm_space_release(at_guest_space(), window, 1);
    at_mm_pages_free(at_guest_pages(), env.page);
    return (int)failed;
}
