/* SPDX-License-Identifier: ISC */
/* The fake hypervisor itself: domains, machine memory, time. */

#define _GNU_SOURCE

#include "fake_internal.h"

#include <atman/base/panic.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NS_PER_SECOND 1000000000u

struct fake_current at_fake_xen_current_;

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    FAKE_REQUIRE(memory != NULL, "out of host memory");
    return memory;
}

struct at_fake_xen *at_fake_xen_create(const struct at_fake_xen_config *config)
{
    struct at_fake_xen *xen = allocate(1, sizeof *xen);

    if (config != NULL)
        xen->config = *config;
    if (xen->config.pages == 0)
        xen->config.pages = 1024;
    if (xen->config.ports == 0)
        xen->config.ports = 256;
    if (xen->config.grant_frames == 0)
        xen->config.grant_frames = 4;
    xen->now_ns = xen->config.start_ns != 0 ? xen->config.start_ns : NS_PER_SECOND;
    FAKE_REQUIRE(xen->config.ports <= EVTCHN_FIFO_NR_CHANNELS, "too many ports");

    xen->memory_fd = memfd_create("fake-xen", MFD_CLOEXEC);
    FAKE_REQUIRE(xen->memory_fd >= 0 && ftruncate(xen->memory_fd, (off_t)(xen->config.pages * FAKE_PAGE)) == 0,
                 "no file for machine memory");
    xen->memory = mmap(NULL, xen->config.pages * FAKE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, xen->memory_fd, 0);
    FAKE_REQUIRE(xen->memory != MAP_FAILED, "cannot map machine memory");
    xen->owners = allocate(xen->config.pages, sizeof *xen->owners);
    for (uint32_t i = 0; i < xen->config.pages; i++)
        xen->owners[i] = FAKE_NOBODY;
    at_fake_xen_add_domain(xen, 0);
    return xen;
}

void at_fake_xen_destroy(struct at_fake_xen *xen)
{
    if (at_fake_xen_current_.xen == xen)
        at_fake_xen_leave();
    for (uint32_t i = 0; i < xen->mapping_count; i++) {
        const struct fake_mapping *mapping = &xen->mappings[i];

        if (mapping->used && mapping->va != 0)
            munmap((void *)(uintptr_t)mapping->va, FAKE_PAGE);
    }
    for (uint32_t i = 0; i < FAKE_DOMAINS; i++) {
        at_fake_xen_fifo_free_(&xen->domains[i]);
        free(xen->domains[i].ports);
        free(xen->domains[i].pins);
    }
    munmap(xen->memory, xen->config.pages * FAKE_PAGE);
    close(xen->memory_fd);
    free(xen->mappings);
    free(xen->owners);
    free(xen);
}

/* ---- domains ---- */

struct fake_domain *at_fake_xen_find_(struct at_fake_xen *xen, at_xen_domid domid, struct fake_domain *self)
{
    if (domid == DOMID_SELF)
        return self;
    for (uint32_t i = 0; i < FAKE_DOMAINS; i++) {
        if (xen->domains[i].exists && xen->domains[i].id == domid)
            return &xen->domains[i];
    }
    return NULL;
}

struct fake_domain *at_fake_xen_domain_(const struct at_fake_xen *xen, at_xen_domid domid)
{
    struct fake_domain *domain = at_fake_xen_find_((struct at_fake_xen *)xen, domid, NULL);

    FAKE_REQUIRE(domain != NULL, "no such domain");
    return domain;
}

/* Writes the system time into the domain's shared_info. The TSC does not count: its multiplier is 0. */
static void publish_time(const struct at_fake_xen *xen, struct fake_domain *domain)
{
    struct vcpu_time_info *time = &domain->shared->vcpu_info[0].time;

    time->version += 2;
    time->system_time = xen->now_ns;
}

/* And the wall clock: only when it was set. */
static void publish_wall(const struct at_fake_xen *xen, struct fake_domain *domain)
{
    domain->shared->wc_version += 2;
    domain->shared->wc_sec = (uint32_t)xen->wall_seconds;
    domain->shared->wc_sec_hi = (uint32_t)(xen->wall_seconds >> 32);
    domain->shared->wc_nsec = xen->wall_ns;
}

static void publish_to_all(struct at_fake_xen *xen, void (*publish)(const struct at_fake_xen *, struct fake_domain *))
{
    for (uint32_t i = 0; i < FAKE_DOMAINS; i++) {
        if (xen->domains[i].exists)
            publish(xen, &xen->domains[i]);
    }
}

void at_fake_xen_add_domain(struct at_fake_xen *xen, at_xen_domid domid)
{
    struct fake_domain *domain = xen->domains;
    uint32_t entries = xen->config.grant_frames * AT_XEN_GRANTS_PER_FRAME;

    FAKE_REQUIRE(domid < DOMID_FIRST_RESERVED && at_fake_xen_find_(xen, domid, NULL) == NULL, "domain id is taken");
    while (domain < xen->domains + FAKE_DOMAINS && domain->exists)
        domain++;
    FAKE_REQUIRE(domain < xen->domains + FAKE_DOMAINS, "too many domains");

    domain->exists = true;
    domain->id = domid;
    domain->shutdown_reason = -1;
    domain->shared = at_fake_xen_pages_(xen, FAKE_XEN, 1);
    domain->ports = allocate(xen->config.ports, sizeof *domain->ports);
    domain->grants = at_fake_xen_pages_(xen, FAKE_XEN, xen->config.grant_frames);
    domain->pins = allocate(entries, sizeof *domain->pins);
    domain->grant_frames = 1;
    domain->grant_version = 1;
    for (uint32_t i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        domain->shared->vcpu_info[i].evtchn_upcall_mask = 1;
    publish_time(xen, domain);
    publish_wall(xen, domain);
    domain->runstate = (struct vcpu_runstate_info){.state = RUNSTATE_running, .state_entry_time = xen->now_ns};
}

void at_fake_xen_enter(struct at_fake_xen *xen, at_xen_domid domid)
{
    at_fake_xen_current_ = (struct fake_current){.xen = xen, .domain = at_fake_xen_domain_(xen, domid)};
}

void at_fake_xen_leave(void)
{
    at_fake_xen_current_ = (struct fake_current){.xen = NULL};
}

shared_info_t *at_fake_xen_shared(struct at_fake_xen *xen, at_xen_domid domid)
{
    return at_fake_xen_domain_(xen, domid)->shared;
}

int at_fake_xen_shutdown_reason(const struct at_fake_xen *xen, at_xen_domid domid)
{
    return at_fake_xen_domain_(xen, domid)->shutdown_reason;
}

/* ---- machine memory ---- */

void *at_fake_xen_pages_(struct at_fake_xen *xen, at_xen_domid owner, uint32_t count)
{
    uint32_t run = 0;

    for (uint32_t i = 0; i < xen->config.pages; i++) {
        run = xen->owners[i] == FAKE_NOBODY ? run + 1 : 0;
        if (run == count) {
            uint32_t first = i + 1 - count;

            for (uint32_t j = first; j <= i; j++)
                xen->owners[j] = owner;
            return memset(xen->memory + first * FAKE_PAGE, 0, count * FAKE_PAGE);
        }
    }
    at_panic("fake Xen: machine memory is used up");
}

at_xen_domid at_fake_xen_owner_(const struct at_fake_xen *xen, uint64_t frame)
{
    if (frame < FAKE_FIRST_FRAME || frame - FAKE_FIRST_FRAME >= xen->config.pages)
        return FAKE_NOBODY;
    return xen->owners[frame - FAKE_FIRST_FRAME];
}

void *at_fake_xen_page_alloc(struct at_fake_xen *xen, at_xen_domid domid)
{
    struct fake_domain *domain = at_fake_xen_domain_(xen, domid);

    domain->pages++;
    return at_fake_xen_pages_(xen, domid, 1);
}

void at_fake_xen_page_free(struct at_fake_xen *xen, void *page)
{
    uint64_t frame = at_fake_xen_frame(xen, page);
    at_xen_domid owner = at_fake_xen_owner_(xen, frame);

    FAKE_REQUIRE((uintptr_t)page % FAKE_PAGE == 0 && owner < DOMID_FIRST_RESERVED, "freed what is no domain's page");
    for (uint32_t i = 0; i < xen->mapping_count; i++)
        FAKE_REQUIRE(!xen->mappings[i].used || xen->mappings[i].frame != frame, "freed a page that a peer maps");
    xen->owners[frame - FAKE_FIRST_FRAME] = FAKE_NOBODY;
    at_fake_xen_domain_(xen, owner)->pages--;
}

uint64_t at_fake_xen_frame(const struct at_fake_xen *xen, const void *address)
{
    size_t offset = (uintptr_t)address - (uintptr_t)xen->memory;

    FAKE_REQUIRE(offset < xen->config.pages * FAKE_PAGE, "an address outside machine memory");
    return FAKE_FIRST_FRAME + offset / FAKE_PAGE;
}

void *at_fake_xen_address(const struct at_fake_xen *xen, uint64_t frame)
{
    if (frame < FAKE_FIRST_FRAME || frame - FAKE_FIRST_FRAME >= xen->config.pages)
        return NULL;
    return xen->memory + (frame - FAKE_FIRST_FRAME) * FAKE_PAGE;
}

uint32_t at_fake_xen_pages_in_use(const struct at_fake_xen *xen, at_xen_domid domid)
{
    return at_fake_xen_domain_(xen, domid)->pages;
}

/* ---- time ---- */

uint64_t at_fake_xen_now(const struct at_fake_xen *xen)
{
    return xen->now_ns;
}

void at_fake_xen_advance(struct at_fake_xen *xen, uint64_t ns)
{
    xen->now_ns += ns;
    publish_to_all(xen, publish_time);
}

void at_fake_xen_set_wall(struct at_fake_xen *xen, uint64_t seconds, uint32_t nanoseconds)
{
    uint64_t since = xen->now_ns / NS_PER_SECOND;
    uint32_t rest = (uint32_t)(xen->now_ns % NS_PER_SECOND);

    FAKE_REQUIRE(seconds > since && nanoseconds < NS_PER_SECOND, "a wall clock before the hypervisor's epoch");
    if (rest > nanoseconds) {
        since++;
        nanoseconds += NS_PER_SECOND;
    }
    xen->wall_seconds = seconds - since;
    xen->wall_ns = nanoseconds - rest;
    publish_to_all(xen, publish_wall);
}
