/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_LWIP_HOOKS_H
#define ATMAN_IP_LWIP_HOOKS_H

/* Where lwIP calls the glue by name (lwip/opt.h, "Hooks"). */

#include <stdint.h>

#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/ip_addr.h"

uint32_t at_ip_initial_sequence(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote,
                                uint16_t remote_port);

#define LWIP_HOOK_TCP_ISN at_ip_initial_sequence

/* Every TCP segment that a connection or a listener was found for, before it acts on it. */
struct tcp_hdr;
struct tcp_pcb;
err_t at_ip_tcp_arrived(struct tcp_pcb *pcb, const struct tcp_hdr *header, unsigned options_size, unsigned options_here,
                        struct pbuf *p);

#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, options_size, options_here, options_rest, p) \
    at_ip_tcp_arrived(pcb, header, options_size, options_here, p)

/* What lwIP does with packets above the MTU: TCP's are cut by the device. */
err_t at_ip_fragment4(struct pbuf *p, struct netif *netif, const ip4_addr_t *to);
err_t at_ip_fragment6(struct pbuf *p, struct netif *netif, const ip6_addr_t *to);

#define ip4_frag at_ip_fragment4
#define ip6_frag at_ip_fragment6

#endif /* ATMAN_IP_LWIP_HOOKS_H */
