/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_HOST_MACHINE_H
#define ATMAN_HOST_MACHINE_H

/*
 * The machine that an application finds itself in: a domain of a fake Xen with XenStore, a console and a network
 * interface, in real time. There is one in a process; it lasts as long.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/xen/abi.h>

#include "options.h"

struct at_fake_xen;
struct xencons_interface;
struct xenstore_domain_interface;

#define AT_HOST_DOMAIN 1 /* the application's */

/* What a domain builder would tell the guest, and the memory that it left. */
struct at_host_machine {
    struct at_fake_xen *xen;
    struct xenstore_domain_interface *store_ring;
    struct xencons_interface *console_ring;
    at_xen_port store_port;
    at_xen_port console_port;
    uint8_t *memory; /* `pages` pages, adjacent, also in machine memory */
    size_t pages;
};

/* at_host_machine_start makes the machine; ends the process with a sentence when it cannot. Once. */
void at_host_machine_start(const struct at_host_options *options);

/* at_host_machine returns it. */
const struct at_host_machine *at_host_machine(void);

#endif /* ATMAN_HOST_MACHINE_H */
