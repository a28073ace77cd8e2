/* SPDX-License-Identifier: ISC */
/* A TAP device: Linux's documentation, networking/tuntap.rst. */

#define _GNU_SOURCE

#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static size_t receive(struct at_host_wire *wire, void *frame)
{
    ssize_t size = read(wire->fd, frame, AT_HOST_FRAME_MAX);

    return size > 0 ? (size_t)size : 0;
}

static void transmit(struct at_host_wire *wire, const void *frame, size_t size)
{
    ssize_t written = write(wire->fd, frame, size);

    (void)written; /* a device that is down loses frames, as a cable does */
}

struct at_host_wire *at_host_wire_tap(const char *name)
{
    static struct at_host_wire wire = {.receive = receive, .send = transmit};
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};

    if (strlen(name) >= IFNAMSIZ)
        at_host_fail("TAP device", name, "the name is too long");
    strcpy(request.ifr_name, name);
    wire.fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (wire.fd < 0)
        at_host_fail("TAP device", name, NULL);
    if (ioctl(wire.fd, TUNSETIFF, &request) != 0)
        at_host_fail("TAP device", name,
                     errno == EPERM ? "not permitted; make it yours with `ip tuntap add NAME mode tap user USER`"
                                    : NULL);
    return &wire;
}
