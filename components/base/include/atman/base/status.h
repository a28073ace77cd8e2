/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_BASE_STATUS_H
#define ATMAN_BASE_STATUS_H

/*
 * Status codes: how every fallible function of the kit answers.
 *
 * AT_OK is 0 and every failure is negative. A status is never overloaded with a count or a length: those are outputs of
 * their own. The numbers belong to this version of the kit and never leave the process: print names, compare symbols.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef int at_status;

enum {
    AT_OK = 0,
    AT_INVALID = -1,      /* the caller broke the function's contract in a way that it checks */
    AT_NO_MEMORY = -2,    /* no page or heap memory is left */
    AT_NO_SPACE = -3,     /* a table, ring or buffer of fixed size is full */
    AT_NOT_FOUND = -4,    /* the thing named does not exist */
    AT_EXISTS = -5,       /* the thing to be made exists already */
    AT_BUSY = -6,         /* somebody still uses it; the same call may succeed later */
    AT_AGAIN = -7,        /* nothing is there now, or the attempt lost a race: try again */
    AT_TIMED_OUT = -8,    /* the deadline came first */
    AT_CLOSED = -9,       /* the other side has gone, or the object was shut down */
    AT_DENIED = -10,      /* whoever decides about it said no */
    AT_PROTOCOL = -11,    /* the peer sent what its protocol does not allow */
    AT_UNSUPPORTED = -12, /* this build, hypervisor or peer cannot do it */
    AT_RANGE = -13,       /* an index, offset, number or address is outside what it names */
    AT_IO = -14,          /* a device or hypervisor failed in a way that no other code names */
    AT_TOO_BIG = -15,     /* it is longer than the buffer or the limit it has to fit */
    AT_CANCELLED = -16,   /* somebody asked for the operation to end early */
    AT_DEADLOCK = -17,    /* waiting could never end: nothing is left that could wake the waiter */
    AT_QUOTA = -18,       /* a limit set by somebody else (XenStore, Xen) is used up */
};

/*
 * at_status_name returns the code's name as it is spelt above, such as "AT_NOT_FOUND"; "AT_UNKNOWN" for a number that
 * is no status. The string is constant and lasts for ever. May be called from anywhere.
 */
const char *at_status_name(at_status status);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_BASE_STATUS_H */
