/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_HOST_WIRE_H
#define ATMAN_HOST_WIRE_H

/*
 * What the guest's network interface leads to: where frames come from, and where they go. Two wires exist, a TAP device
 * (tap.c) and captures (capture.c). Functions that open one end the process with a sentence when they cannot.
 */

#include <stddef.h>

#define AT_HOST_FRAME_MAX 65550u /* bytes of a frame with the largest IP packet */

/* One end. The object is the wire's own, and lasts until the process ends. */
struct at_host_wire {
    /* Stores the next frame, of at most AT_HOST_FRAME_MAX bytes. Returns its size, 0 if none is there now. */
    size_t (*receive)(struct at_host_wire *wire, void *frame);
    /* Takes a frame, or drops it. */
    void (*send)(struct at_host_wire *wire, const void *frame, size_t size);
    int fd;    /* readable when there is something to receive; -1 if that needs no waiting */
    int ended; /* nothing will come any more */
};

/* at_host_wire_tap opens the TAP device `name`. */
struct at_host_wire *at_host_wire_tap(const char *name);

/* at_host_wire_capture reads the frames of file `in` and writes those sent to file `out`; either may be NULL. */
struct at_host_wire *at_host_wire_capture(const char *in, const char *out);

/* at_host_fail ends the process with "atman: WHAT NAME: WHY." on stderr; `why` NULL: what errno says. */
__attribute__((noreturn)) void at_host_fail(const char *what, const char *name, const char *why);

#endif /* ATMAN_HOST_WIRE_H */
