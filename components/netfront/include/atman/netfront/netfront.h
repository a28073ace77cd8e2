/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_NETFRONT_NETFRONT_H
#define ATMAN_NETFRONT_NETFRONT_H

/*
 * The Xen network driver: the front-end of device/vif/N, used through the netdev seam (at_netfront_netdev()).
 *
 * One queue, receive by copy. Every page keeps its grant from open to close (received pages read-write, sent pages
 * read-only), so a packet costs no grant operation; DESIGN.md lists what it does cost. Frames that are sent are copied
 * into pages of the device's own, but for those that lie in memory that the caller shares with the back-end
 * (config->shared). Frames in several parts, checksum and segmentation offload are for who asks (config->features).
 *
 * Trust: everything read from the rings and from XenStore is copied once and checked. The first thing that cannot be
 * ends the device, never the guest: from then on every call returns AT_PROTOCOL. What a bad back-end can do is:
 * withhold, invent and alter frames, read all of the shared memory, and keep pages that it mapped (they are
 * quarantined: see at_netfront_close()).
 *
 * Not for: several queues (queues.h opens those).
 *
 * Protocol: xen/io/netif.h and xen/io/ring.h. Calls come from one context, see netdev.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>
#include <atman/base/wait.h>
#include <atman/mm/pages.h>
#include <atman/netdev/netdev.h>
#include <atman/xen/ring.h>
#include <atman/xenstore/xenbus.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_xen_events;
struct at_xen_grants;
struct at_xenstore;

#define AT_NETFRONT_BUFFERS_MAX 256 /* of each kind, and slots: what a ring of one page holds */
#define AT_NETFRONT_SG_LEAST 19     /* rx_buffers and tx_slots with AT_NETFRONT_SG: a whole frame and its extra */

/* What a device is to do beyond whole frames with checksums, in config.features. */
#define AT_NETFRONT_SG 1u   /* frames in several parts, and an MTU above a page's */
#define AT_NETFRONT_CSUM 2u /* TCP and UDP checksums that whoever needs them fills in */
#define AT_NETFRONT_GSO4 4u /* large TCP frames over IPv4; needs the two above */
#define AT_NETFRONT_GSO6 8u /* ... over IPv6 */

/* What at_netfront_open() was doing when it failed, or that it did not. */
enum at_netfront_phase {
    AT_NETFRONT_DONE,
    AT_NETFRONT_DEVICE,  /* reading what the toolstack wrote: is there such a device, and is it whole */
    AT_NETFRONT_MEMORY,  /* taking pages, grants and a port */
    AT_NETFRONT_CONNECT, /* telling the back-end, and waiting for it */
    AT_NETFRONT_FEATURES /* looking whether the back-end can do what is needed */
};

/* A page with its grant. The caller gives the memory; every member is the driver's. */
struct at_netfront_buffer {
    uint8_t *page;
    uint32_t grant;
    uint16_t next;
    uint16_t owner;
};

/* A part of a sent frame in the ring. The caller gives the memory; every member is the driver's. */
struct at_netfront_slot {
    void *cookie;
    uint16_t first;   /* slot of the frame's first part, which stands for the frame */
    uint16_t pending; /* of the frame: parts that were not answered */
    uint16_t next;
    uint16_t buffer;
    uint8_t owner;
    uint8_t failed;
};

/*
 * Memory of the caller's that the back-end may read, so that frames are sent from where they lie. All of it is shown
 * from open to close: keep nothing else there. All zero: none.
 */
struct at_netfront_shared {
    uint8_t *base;    /* page-aligned; its frames are config.pages' to tell */
    uint32_t pages;   /* at least 1 when there is a base */
    uint32_t *grants; /* `pages` of them; the driver's while the device is not wholly closed */
};

/* What only those pay for that name it in their configuration: at_netfront_tx(), at_netfront_offload(). */
struct at_netfront_tx;
struct at_netfront_offload;

/* How to open a device. What is not said to be optional must be set; what is pointed at must outlive the device. */
struct at_netfront_config {
    struct at_xenstore *store;
    struct at_xen_events *events;
    struct at_xen_grants *grants;
    struct at_mm_pages pages;           /* rx_buffers + tx_buffers + 2 pages are taken */
    struct at_wait wait;                /* woken by events */
    struct at_netfront_buffer *buffers; /* rx_buffers + tx_buffers of them */
    const struct at_netfront_tx *tx;    /* at_netfront_tx(); NULL: a device that only receives, and the next 4 are 0 */
    struct at_netfront_slot *slots;     /* tx_slots of them */
    struct at_netfront_shared shared;   /* optional */
    const struct at_netfront_offload *offload; /* at_netfront_offload(); NULL: whole frames, and features is 0 */
    uint16_t tx_buffers;                       /* 1 to 256 pages, for what is copied */
    uint16_t tx_slots;                         /* 1 to 256: parts of frames in the ring */
    uint16_t rx_buffers;                       /* 1 to 256; below 19 old back-ends may not send full-size frames */
    uint16_t index;                            /* N of device/vif/N */
    uint16_t features;                         /* AT_NETFRONT_SG ...; each is used if the back-end can */
    uint32_t ring_start;                       /* first index of both rings: 0; tests start just below 2^32 */
    uint64_t timeout_ns;                       /* for the back-end to connect */
};

/* Beside at_netdev_stats. Since at_netfront_open() began. */
struct at_netfront_stats {
    uint64_t notifies;          /* event-channel hypercalls for rx and tx together */
    uint32_t protocol_errors;   /* 0 or 1: the first ends the device */
    uint32_t quarantined_pages; /* of at_netfront_close(): pages that the back-end still holds */
};

/* A device. Zero it once before at_netfront_open(); every member is the driver's. Must not move while it is open. */
struct at_netfront {
    struct at_netfront_config config;
    struct at_netdev_info info;
    struct at_netdev_stats stats;
    struct at_netfront_stats front_stats;
    struct at_xenbus bus;
    struct at_xen_ring rx;
    struct at_xen_ring tx;
    struct at_netfront_buffer ring_pages[2];              /* rx, tx */
    void (*tell)(struct at_netfront *nf, unsigned rings); /* how the back-end is told; NULL: by `port` */
    at_status ended;                                      /* AT_OK while it works */
    uint32_t port;                                        /* event channel; 0 = none */
    uint32_t rx_unpushed;                                 /* requests put and not shown to the back-end yet */
    uint16_t rx_begun;                                    /* parts of a frame whose end has not come */
    uint8_t rx_next;                                      /* what the next response is */
    uint8_t rx_drop;        /* why the frame that it belongs to is dropped, + 1; 0 = it is not */
    uint16_t tx_free_slots; /* how many, and the first of their chain */
    uint16_t tx_free_slot;
    uint16_t tx_free_buffers;
    uint16_t tx_free_buffer;
    uint16_t tx_done;       /* first of the chain of slots with a cookie to give back */
    uint16_t tx_extras;     /* answers awaited that are about no part */
    uint16_t tx_want_slots; /* what a frame that had no room needs */
    uint16_t tx_want_buffers;
    uint16_t peer;   /* domain of the back-end */
    uint8_t phase;   /* enum at_netfront_phase */
    bool taken;      /* opened, and not wholly closed */
    uint8_t offered; /* by the back-end, of config.features: enum at_netfront_offer of internal.h, as bits */
    char dir[sizeof "device/vif/" + AT_XENSTORE_U32_SIZE];
    uint8_t rx_ids[AT_NETFRONT_BUFFERS_MAX];             /* by place in the ring: which buffer was offered there */
    struct at_netdev_part rx_parts[AT_NETDEV_PARTS_MAX]; /* of the frame that has begun */
};

/* at_netfront_tx returns the transmit side, for config.tx. */
const struct at_netfront_tx *at_netfront_tx(void);

/* at_netfront_offload returns what knows of config.features. */
const struct at_netfront_offload *at_netfront_offload(void);

/*
 * at_netfront_open connects to the back-end of device/vif/<index>. Blocks in config->wait, at most config->timeout_ns.
 * Three XenStore round trips when the back-end waits for its front-end, as it does when a guest boots.
 *
 * Returns AT_OK, or, with nothing kept but quarantined pages (see at_netfront_close()) and at_netfront_phase() telling
 * what it was at:
 * AT_NOT_FOUND (phase DEVICE) there is no such device;
 * AT_TIMED_OUT (CONNECT) the back-end never connected; (DEVICE) XenStore never answered;
 * AT_CLOSED (CONNECT) the back-end closed instead of connecting;
 * AT_UNSUPPORTED (FEATURES) the back-end does not copy (feature-rx-copy);
 * AT_PROTOCOL (DEVICE) a key that the toolstack wrote is missing or malformed; (CONNECT) the back-end told nonsense;
 * AT_NO_MEMORY, AT_NO_SPACE (MEMORY) no page, or no grant or port is left;
 * AT_INVALID a member of `config` is out of range, or `nf` is not wholly closed (then nothing is changed);
 * AT_DEADLOCK nothing could ever wake config->wait; or what XenStore or Xen answered.
 */
at_status at_netfront_open(struct at_netfront *nf, const struct at_netfront_config *config);

/* at_netfront_netdev returns the open device as a netdev, valid until at_netfront_close(). */
struct at_netdev at_netfront_netdev(struct at_netfront *nf);

/*
 * at_netfront_backend returns the path of the back-end's directory in XenStore, for keys that the driver does not know
 * (xl writes `ip` there). It comes from the toolstack. Valid until the next at_netfront_open(), "" before the first.
 */
const char *at_netfront_backend(const struct at_netfront *nf);

/* at_netfront_phase returns what the last at_netfront_open() failed at, or AT_NETFRONT_DONE. */
enum at_netfront_phase at_netfront_phase(const struct at_netfront *nf);

/*
 * at_netfront_close disconnects: tells the back-end, waits until it let go or until `deadline_ns`, then ends every
 * grant, closes the port and frees the pages, those of frames that the user still holds as well. Also for a device that
 * AT_PROTOCOL or AT_CLOSED ended, and harmless on one that is not open. Blocks.
 *
 * Returns AT_OK, or AT_BUSY: the back-end still maps pages. These stay quarantined, with their grants: not freed,
 * counted in quarantined_pages, and `nf` and config->buffers must be kept. Calling it again tries those once more. Or
 * what Xen said when it did not close the port; then the pages are kept as well, until another call. Unless it returns
 * AT_OK, the memory of config->shared and its grants must be kept as they are, too: the back-end may read it.
 */
at_status at_netfront_close(struct at_netfront *nf, uint64_t deadline_ns);

/*
 * at_netfront_resume is for a domain that was saved and restored: the device has new grants for the same pages, and
 * empty rings; frames that were on their way are lost, and their cookies can be had back. It seems to be slow until
 * at_netfront_reconnect() has returned. The grant table and the ports must be those of the restored domain by now.
 * Never blocks. Harmless on a device that is not open.
 */
void at_netfront_resume(struct at_netfront *nf);

/*
 * at_netfront_reconnect connects to the back-end of the restored domain, after at_netfront_resume(). Blocks in
 * config->wait, at most config->timeout_ns. Returns what at_netfront_open() does, and AT_UNSUPPORTED as well when the
 * back-end can do less than the one before. Unless AT_OK the device has ended: close it.
 */
at_status at_netfront_reconnect(struct at_netfront *nf);

/*
 * at_netfront_has_carrier returns whether there is somebody at the other end: the device is open, the back-end is
 * Connected as far as the last call saw (wait, arm or recv notice when that ends), and a restored domain is connected
 * again. Xen's network interface knows no other carrier: see <xen/io/netif.h>. Never blocks. Of several queues, the
 * first.
 */
static inline bool at_netfront_has_carrier(const struct at_netfront *nf)
{
    return nf->taken && nf->ended == AT_OK && nf->phase == AT_NETFRONT_DONE;
}

/* at_netfront_stats copies the counters to `stats`. At any time after the first at_netfront_open(). */
void at_netfront_stats(const struct at_netfront *nf, struct at_netfront_stats *stats);

#define AT_NETFRONT_REPORT_SIZE 1280 /* what at_netfront_report() never needs more than */

/*
 * at_netfront_report writes to `text`, lines for a person who asks why there are no packets: how far opening came, what
 * the back-end's state is and which is expected next, which features it offers and which are in use, where the rings
 * stand, who has the buffers and why frames were dropped. Cut off if it
 * needs more than `capacity` bytes, which are at least 1; NUL-terminated. Returns its length. At any time; of an open
 * device and after it ended it reads the rings, of which the back-end may say anything. Linked only if it is used.
 */
size_t at_netfront_report(const struct at_netfront *nf, char *text, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_NETFRONT_NETFRONT_H */
