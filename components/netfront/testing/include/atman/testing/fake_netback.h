/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_FAKE_NETBACK_H
#define ATMAN_TESTING_FAKE_NETBACK_H

/*
 * A back-end for netfront on the fake Xen: it connects through the fake xenstored as Linux's netback does, maps the rings
 * by grant, copies frames through grants, and can be told to be slow, to die and to lie.
 *
 * It runs as a peer of the fake Xen: whenever the guest blocks, or when a test calls at_fake_netback_run(). It counts as
 * a fault of the front-end (at_fake_netback_faults()) what Linux's netback would refuse: a grant of the wrong domain or
 * right, a frame that leaves its page, a producer index that runs ahead, an identifier posted twice.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_fake_netback;

/* What it does with a frame that the guest sends, beside counting it. */
enum at_fake_netback_mode {
    AT_FAKE_NETBACK_CAPTURE, /* keep it for at_fake_netback_captured(), the last of them */
    AT_FAKE_NETBACK_ECHO     /* send it back */
};

/* Ways to misbehave: each is done once when set, unless the comment says otherwise. */
enum at_fake_netback_lie {
    AT_FAKE_NETBACK_HONEST,
    /* At the next frame received by the guest: */
    AT_FAKE_NETBACK_RX_ID_OUT_OF_RANGE, /* an id of 0xffff */
    AT_FAKE_NETBACK_RX_ID_JUST_PAST,    /* an id of the number of buffers */
    AT_FAKE_NETBACK_RX_ID_NOT_POSTED,   /* an id that the front-end does not wait for */
    AT_FAKE_NETBACK_RX_ID_TWICE,        /* the same response twice */
    AT_FAKE_NETBACK_RX_OFFSET,          /* starts past the page */
    AT_FAKE_NETBACK_RX_LENGTH,          /* ends one byte past the page */
    AT_FAKE_NETBACK_RX_EXTRA,           /* an extra-info slot follows */
    AT_FAKE_NETBACK_RX_PRODUCER_AHEAD,  /* more responses than requests: by one */
    AT_FAKE_NETBACK_RX_PRODUCER_FAR,    /* by 2^31 */
    AT_FAKE_NETBACK_RX_PRODUCER_BACK,   /* goes back by one */
    /* At the next frame sent by the guest: */
    AT_FAKE_NETBACK_TX_ID_OUT_OF_RANGE,
    AT_FAKE_NETBACK_TX_ID_JUST_PAST,
    AT_FAKE_NETBACK_TX_ID_NOT_SENT,
    AT_FAKE_NETBACK_TX_ID_TWICE,
    AT_FAKE_NETBACK_TX_STATUS, /* a status that the protocol does not know */
    AT_FAKE_NETBACK_TX_PRODUCER_AHEAD,
    AT_FAKE_NETBACK_TX_PRODUCER_FAR,
    AT_FAKE_NETBACK_TX_PRODUCER_BACK,
    AT_FAKE_NETBACK_LIES
};

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_FAKE_NETBACK_H */
