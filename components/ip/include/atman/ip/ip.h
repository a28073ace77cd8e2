/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_IP_H
#define ATMAN_IP_IP_H

/*
 * The TCP/IP stack: lwIP over any netdev.
 *
 * There is one in a process, because lwIP keeps its state in globals: at_ip_init() refuses a second one. Whoever calls
 * at_ip_run() is its engine: it takes frames from the devices, runs the timers, calls the callbacks of TCP, UDP and
 * DNS, and sleeps when there is nothing to do. A program of events needs no threads: its main() sets the stack up and
 * runs it.
 *
 * Callbacks are made from at_ip_run() and from the other functions of this component, must not block, and may call
 * everything here but at_ip_run() and at_ip_fini(). Threads are cooperative: any thread may call anything at any time.
 *
 * What is sent goes out at the end of the batch of work that sent it: when at_ip_run() has handled the frames that had
 * come, or, from outside of it, when the outermost call returns.
 *
 * Times are nanoseconds of the monotonic clock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/span.h>
#include <atman/base/status.h>
#include <atman/base/wait.h>
#include <atman/ip/address.h>
#include <atman/mm/heap.h>
#include <atman/netdev/netdev.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_ip;
struct at_ip_interface;

/* Most name servers that are asked. */
#define AT_IP_DNS_SERVERS_MAX 4

/* What the stack is made of. All of it must outlive the stack. */
struct at_ip_config {
    struct at_wait wait;     /* where at_ip_run() sleeps, and where every device wakes */
    struct at_mm_heap *heap; /* the stack's objects, taken as they are needed */
    /*
     * Whole pages for what is sent, which the devices were told of (netfront's `shared`), so that they need not copy
     * it. Size 0: frames to send lie in `heap` and the devices copy them.
     */
    struct at_span shared;
};

/*
 * at_ip_init makes the stack, with the loopback interface and no other. Touches little memory.
 *
 * Returns AT_OK; AT_EXISTS there is one; AT_UNSUPPORTED no source of entropy (sequence numbers and ports would be
 * guessable); AT_NO_MEMORY.
 */
at_status at_ip_init(struct at_ip **ip, const struct at_ip_config *config);

/*
 * at_ip_fini ends the stack: connections are reset, and their owners told AT_CANCELLED; questions about names end with
 * AT_NOT_FOUND; listeners, UDP sockets and interfaces are gone without a word. Frames that devices still read are
 * abandoned to them: close the devices before `shared` is used for something else. Names that were found stay known to
 * a later stack for their time.
 *
 * Returns AT_OK; AT_BUSY when somebody still holds received data: give it back (at_ip_data_free()) and call again, and
 * nothing else.
 */
at_status at_ip_fini(struct at_ip *ip);

/*
 * at_ip_run does the stack's work until `deadline_ns` (AT_NEVER: none) or at_ip_stop(). Blocks, in config.wait.
 *
 * Returns AT_OK it was stopped; AT_TIMED_OUT; AT_DEADLOCK nothing could ever happen again; AT_CLOSED or AT_PROTOCOL the
 * last device ended so (at_netdev_recv()).
 */
at_status at_ip_run(struct at_ip *ip, uint64_t deadline_ns);

/* at_ip_stop makes at_ip_run(), the present one or the next, return soon. Never blocks. */
void at_ip_stop(struct at_ip *ip);

/*
 * at_ip_waiter returns a waiting place for components that block in a program without threads: to sleep in it is
 * at_ip_run(), and to wake it at_ip_stop(), so the stack works on while they wait.
 */
struct at_wait at_ip_waiter(struct at_ip *ip);

/*
 * at_ip_reseed draws the key of initial sequence numbers (RFC 6528) and SYN cookies anew: for a domain that was
 * restored, since another may have been restored from the same image. Connections go on. Clients that have a SYN cookie
 * and no connection yet are reset, and have to begin again.
 *
 * Returns AT_OK, or AT_UNSUPPORTED: the source of entropy has gone, and nothing was changed. Never blocks.
 */
at_status at_ip_reseed(struct at_ip *ip);

/* How an interface gets its addresses. */
struct at_ip_settings {
    struct at_ip_address address;  /* IPv4; AT_IP_ANY: none of its own */
    struct at_ip_address gateway;  /* IPv4; AT_IP_ANY: none */
    uint8_t prefix;                /* bits of the network's part of `address`, 0 to 32 */
    bool dhcp;                     /* ask a DHCP server (RFC 2131) for the IPv4 address, gateway and name servers */
    bool ipv6;                     /* link-local address, router advertisements (RFC 4862), stateless DHCPv6 */
    struct at_ip_address address6; /* a further IPv6 address, fixed; AT_IP_ANY: none */
    struct at_ip_address dns[AT_IP_DNS_SERVERS_MAX]; /* up to the first AT_IP_ANY; they come before DHCP's */
};

/*
 * at_ip_interface_add makes `dev` an interface and starts what `settings` ask for. The first one added is where packets
 * go that fit no interface's network. The device must stay open until the interface is removed.
 *
 * Returns AT_OK; AT_INVALID the settings contradict themselves; AT_NO_MEMORY. Never blocks.
 */
at_status at_ip_interface_add(struct at_ip *ip, struct at_ip_interface **interface, struct at_netdev dev,
                              const struct at_ip_settings *settings);

/*
 * at_ip_interface_wait runs the stack (as at_ip_run()) until `interface` has an address of `family` that can be used
 * (AT_IP_ANY: of either family).
 *
 * Returns AT_OK; AT_TIMED_OUT; or as at_ip_run().
 */
at_status at_ip_interface_wait(struct at_ip_interface *interface, enum at_ip_family family, uint64_t deadline_ns);

/*
 * at_ip_interface_address stores an address of `interface` that can be used, and is not link-local if there is another.
 *
 * Returns AT_OK; AT_NOT_FOUND it has none of `family` (AT_IP_V4 or AT_IP_V6) now.
 */
at_status at_ip_interface_address(const struct at_ip_interface *interface, struct at_ip_address *address,
                                  enum at_ip_family family);

/* at_ip_interface_number returns the number of `interface`: the zone of its link-local addresses. */
uint8_t at_ip_interface_number(const struct at_ip_interface *interface);

/* at_ip_interface_first and at_ip_interface_next go through the interfaces, oldest first; NULL: there is no more. */
struct at_ip_interface *at_ip_interface_first(const struct at_ip *ip);
struct at_ip_interface *at_ip_interface_next(const struct at_ip_interface *interface);

/*
 * at_ip_interface_join makes `interface` a member of the multicast group `group` (IGMP or MLD), once more if it is one.
 * at_ip_interface_leave takes one membership back. A device that filters (at_netdev_group_join()) is told, as it is of
 * the groups that the stack joins by itself: all systems, all nodes, and those of IPv6's neighbour discovery.
 *
 * Return AT_OK; AT_INVALID no multicast address; AT_NO_MEMORY; AT_NO_SPACE (join) the device knows as many groups as it
 * can; AT_NOT_FOUND (leave) it is no member.
 */
at_status at_ip_interface_join(struct at_ip_interface *interface, const struct at_ip_address *group);
at_status at_ip_interface_leave(struct at_ip_interface *interface, const struct at_ip_address *group);

/* What an interface did. */
struct at_ip_stats {
    uint64_t rx_frames;
    uint64_t rx_malformed; /* dropped before lwIP saw them: see the table in DESIGN.md */
    uint64_t rx_no_memory; /* dropped for want of memory */
    uint64_t rx_copied;    /* parts of large frames that were copied because too many were held */
    uint64_t tx_frames;
    uint64_t tx_dropped; /* the device took no more, or no memory; TCP sends them again */
    uint32_t rx_held;    /* parts of the device's that the stack and its users hold now */
};

/* at_ip_interface_stats copies the counters to `stats`. */
void at_ip_interface_stats(const struct at_ip_interface *interface, struct at_ip_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_IP_IP_H */
