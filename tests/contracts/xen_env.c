/* SPDX-License-Identifier: ISC */
#include "xen_env.h"

#include <atman/guest.h>
#include <atman/mm/pages.h>
#include <atman/mm/space.h>
#include <atman/xenstore/xenstore.h>

#include <stdlib.h>
#include <string.h>

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

int xen_env_make(struct at_xen_contract_env *env)
{
    void *window;

    *env = (struct at_xen_contract_env){
        .shared = at_guest_events()->shared,
        .grants = at_guest_grants(),
        .console = at_guest_console(),
        .page = at_mm_pages_alloc(at_guest_pages()),
        .map_frames = map_frames,
        .unmap_frames = unmap_frames,
        .fifo_control = at_mm_pages_alloc(at_guest_pages()),
        .fifo_words = at_mm_pages_alloc(at_guest_pages()),
    };
    if (env->page == NULL || env->fifo_control == NULL || env->fifo_words == NULL ||
        at_mm_space_reserve(at_guest_space(), &window, 1) != AT_OK)
        return 0;
    env->window = (uintptr_t)window;
    return xen_env_renew(env);
}

int xen_env_renew(struct at_xen_contract_env *env)
{
    env->frame = at_mm_pages_frame(at_guest_pages(), env->page);
    env->fifo_control_frame = at_mm_pages_frame(at_guest_pages(), env->fifo_control);
    env->fifo_words_frame = at_mm_pages_frame(at_guest_pages(), env->fifo_words);
    env->fifo = (struct at_xen_fifo){0}; /* the next switch is the domain's first */
    memset(env->fifo_control, 0, sizeof *env->fifo_control);
    memset(env->fifo_words, 0, AT_XEN_FIFO_PORTS_PER_PAGE * sizeof *env->fifo_words);
    return read_domid(&env->self);
}
