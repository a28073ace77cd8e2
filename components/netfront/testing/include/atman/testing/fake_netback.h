/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_FAKE_NETBACK_H
#define ATMAN_TESTING_FAKE_NETBACK_H

/*
 * A network back-end in domain 0 of the fake Xen: it walks through the fake xenstored's states as Linux's netback does,
 * maps the rings by their grants, copies frames by grant, sleeps until it is told of requests, and can be told to be
 * slow, to die and to lie.
 *
 * It is a peer of the fake Xen (at_fake_xen_add_step()): it works whenever the guest blocks. It counts as faults what a
 * front-end must not do: a grant of the wrong kind, a frame that leaves its page, a producer index that runs ahead, an
 * identifier that is in the ring twice. A teardown that asserts at_fake_netback_faults() == 0 checks the front-end's
 * half of the protocol.
 *
 * Host only; allocates; not for concurrent use.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_fake_netback;
struct at_fake_xen;
struct at_fake_xenstored;

/* How it behaves until it is connected. Combine with |. */
#define AT_FAKE_NETBACK_ABSENT 1u        /* the back-end's directory does not exist */
#define AT_FAKE_NETBACK_SILENT 2u        /* stays at InitWait whatever the front-end does */
#define AT_FAKE_NETBACK_CLOSES 4u        /* answers Connected with Closing */
#define AT_FAKE_NETBACK_NO_RX_COPY 8u    /* says feature-rx-copy = 0, and connects all the same */
#define AT_FAKE_NETBACK_KEEPS_MAPS 16u   /* keeps what it maps when the front-end closes: at_fake_netback_let_go() */
#define AT_FAKE_NETBACK_WAS_IN_USE 32u   /* begins at Closed, as after another front-end (kexec, a boot loader) */
#define AT_FAKE_NETBACK_NEVER_CLOSES 64u /* stays at Connected, with its maps, when the front-end closes */
#define AT_FAKE_NETBACK_NO_SG 128u       /* takes whole frames only */
#define AT_FAKE_NETBACK_NO_CSUM 256u     /* takes no frame whose checksum is left open */
#define AT_FAKE_NETBACK_NO_GSO 512u      /* takes no large frames */
#define AT_FAKE_NETBACK_TRICKLES 1024u   /* shows the front-end each response by itself, a microsecond apart */

#define AT_FAKE_NETBACK_NO_SPLIT 2048u  /* one event channel for both directions */
#define AT_FAKE_NETBACK_NO_FILTER 4096u /* delivers every group's frames */
#define AT_FAKE_NETBACK_FORGETS 8192u   /* refuses all groups */

/* What it is. NULL texts: the key is not written. */
struct at_fake_netback_config {
    struct at_fake_xen *xen;
    struct at_fake_xenstored *store; /* the guest must have been connected to it */
    uint16_t domid;                  /* of the guest */
    uint16_t index;                  /* of its vif */
    unsigned behaviour;              /* AT_FAKE_NETBACK_... */
    const char *mac;
    const char *mtu;
    const char *ip;         /* among the back-end's keys, where xl writes it */
    const char *max_queues; /* multi-queue-max-queues; NULL: "1" */
    bool echo;              /* every frame comes back */
    uint64_t latency_ns;    /* between being told and working */
};

/* at_fake_netback_new makes the device as the toolstack does, and the back-end for it. Runs from now on. */
struct at_fake_netback *at_fake_netback_new(const struct at_fake_netback_config *config);

/* at_fake_netback_free ends it and unmaps everything; its nodes in the store stay. */
void at_fake_netback_free(struct at_fake_netback *nb);

/* at_fake_netback_is_connected returns whether it has both rings mapped and says Connected. */
bool at_fake_netback_is_connected(const struct at_fake_netback *nb);

/* A frame with what goes with it. */
struct at_fake_netback_frame {
    const void *data;
    uint32_t size;      /* bytes, at most 65535 */
    uint32_t part_size; /* injected: bytes of each part, 0 = whole pages; taken: how many parts it had */
    bool csum_blank;    /* the checksum is left open; delivered so only to a front-end that takes it */
    bool csum_ok;       /* the checksum was validated */
    uint8_t gso_type;   /* XEN_NETIF_GSO_TYPE_...; lost if the front-end does not take it */
    uint16_t gso_size;
    uint16_t
        queue; /* of the front-end's: injected: the one it is for, modulo how many there are; taken: it came from */
};

/* at_fake_netback_inject_frame is at_fake_netback_inject() for a frame with all of that. */
void at_fake_netback_inject_frame(struct at_fake_netback *nb, const struct at_fake_netback_frame *frame);

/*
 * at_fake_netback_inject queues a frame of up to 4096 bytes for the guest; it is delivered when the guest blocks next
 * and has offered buffers. At most 1024 are queued, the rest is lost and counted. May be called before it is
 * connected.
 */
void at_fake_netback_inject(struct at_fake_netback *nb, const void *data, uint32_t size);

/*
 * at_fake_netback_take copies the oldest frame that the guest has sent and that was not taken yet to `bytes` (room for
 * 65535) and returns its size; 0 when there is none. The last 64 are kept; none in echo mode. `frame`, unless NULL,
 * says what went with it.
 */
uint32_t at_fake_netback_take(struct at_fake_netback *nb, void *bytes, struct at_fake_netback_frame *frame);

/* at_fake_netback_groups returns how many groups the front-end has added, at_fake_netback_has_group whether this one.
 */
uint32_t at_fake_netback_groups(const struct at_fake_netback *nb);
bool at_fake_netback_has_group(const struct at_fake_netback *nb, const uint8_t mac[6]);

/* at_fake_netback_let_go unmaps what AT_FAKE_NETBACK_KEEPS_MAPS or _NEVER_CLOSES or a hold kept. */
void at_fake_netback_let_go(struct at_fake_netback *nb);

/* at_fake_netback_hold maps the page of the next frame that the guest sends or receives, and keeps it mapped. */
void at_fake_netback_hold(struct at_fake_netback *nb);

/* at_fake_netback_freeze(true) makes it deaf and still; (false) makes it catch up. */
void at_fake_netback_freeze(struct at_fake_netback *nb, bool frozen);

/* at_fake_netback_storm makes it raise the guest's event each time it runs, for nothing, `count` times. */
void at_fake_netback_storm(struct at_fake_netback *nb, uint32_t count);

/* at_fake_netback_close makes it say Closing, unmap, and say Closed, as when the toolstack detaches the device. */
void at_fake_netback_close(struct at_fake_netback *nb);

/* What it can do wrong, once, with the next response of that direction. `argument` is that of at_fake_netback_lie(). */
enum at_fake_netback_lie {
    AT_FAKE_NETBACK_HONEST,
    AT_FAKE_NETBACK_RX_ID,         /* the id is `argument` */
    AT_FAKE_NETBACK_RX_TWICE,      /* answers the same request twice, the second time in place of the next */
    AT_FAKE_NETBACK_RX_OFFSET,     /* the offset is `argument` */
    AT_FAKE_NETBACK_RX_STATUS,     /* the status (size or error) is `argument` */
    AT_FAKE_NETBACK_RX_FLAGS,      /* the flags are `argument` */
    AT_FAKE_NETBACK_RX_PRODUCER,   /* its index is off by `argument`, as a signed number */
    AT_FAKE_NETBACK_RX_EXTRA_TYPE, /* of the extra information: what it is, its flags, what is to be segmented how */
    AT_FAKE_NETBACK_RX_EXTRA_FLAGS,
    AT_FAKE_NETBACK_RX_GSO_TYPE,
    AT_FAKE_NETBACK_RX_GSO_SIZE,
    AT_FAKE_NETBACK_TX_ID,
    AT_FAKE_NETBACK_TX_TWICE,
    AT_FAKE_NETBACK_TX_STATUS,
    AT_FAKE_NETBACK_TX_PRODUCER
};

/* at_fake_netback_lie makes it do that. It always raises the guest's event afterwards. */
void at_fake_netback_lie(struct at_fake_netback *nb, enum at_fake_netback_lie lie, uint32_t argument);

/* What it has seen. */
struct at_fake_netback_stats {
    uint64_t to_guest;   /* frames delivered */
    uint64_t from_guest; /* frames taken */
    uint64_t lost;       /* frames for which the queue had no room */
    uint64_t filtered;   /* frames to groups that were not joined */
    uint64_t events;     /* from the guest; several in a row count once */
    uint64_t raised;     /* events for the guest */
    uint64_t rx_events;  /* of these: on an event channel for receiving only */
    uint64_t faults;     /* of the front-end */
};

/* at_fake_netback_stats copies the counters to `stats`. */
void at_fake_netback_stats(const struct at_fake_netback *nb, struct at_fake_netback_stats *stats);

/* at_fake_netback_faults returns how often the front-end broke the protocol. */
uint64_t at_fake_netback_faults(const struct at_fake_netback *nb);

/* at_fake_netback_last_fault returns what the last of them was; "" when there was none. */
const char *at_fake_netback_last_fault(const struct at_fake_netback *nb);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_FAKE_NETBACK_H */
