/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_LWIPOPTS_H
#define ATMAN_IP_LWIPOPTS_H

/* How lwIP is configured (lwip/opt.h has every option). DESIGN.md says why. */

/* The system: threads may call, and none waits inside; the timers are the glue's. */
#define NO_SYS 0
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_TIMERS 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_TCPIP_CORE_LOCKING 1
#define LWIP_TCPIP_CORE_LOCKING_INPUT 1
void at_ip_assert_entered(void);
#define LWIP_ASSERT_CORE_LOCKED() at_ip_assert_entered()
#define LWIP_HOOK_FILENAME "lwip_hooks.h"
#define LWIP_STATS 0
#define LWIP_SKIP_PACKING_CHECK 1

/* Memory: objects come from the glue's pools, what is sent lies in the memory that devices share with their peers. */
#define MEM_ALIGNMENT 8
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define mem_clib_malloc at_ip_sent_alloc
#define mem_clib_calloc at_ip_sent_calloc
#define mem_clib_free at_ip_sent_free
#ifndef __ASSEMBLER__
#include <stddef.h>
void *at_ip_sent_alloc(size_t size);
void *at_ip_sent_calloc(size_t count, size_t size);
void at_ip_sent_free(void *object);
#endif
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define PBUF_POOL_FREE_OOSEQ 0
#define MEMP_NUM_PBUF 4096
#define MEMP_NUM_TCP_PCB 16384
#define MEMP_NUM_TCP_PCB_LISTEN 64
#define MEMP_NUM_TCP_SEG 16384
#define MEMP_NUM_UDP_PCB 256
#define MEMP_NUM_REASSDATA 8
#define MEMP_NUM_FRAG_PBUF 128
#define MEMP_NUM_ARP_QUEUE 32
#define MEMP_NUM_ND6_QUEUE 32
#define MEMP_NUM_IGMP_GROUP 16
#define MEMP_NUM_MLD6_GROUP 32

/* Interfaces. */
#define LWIP_NETIF_LOOPBACK 1
#define LWIP_NETIF_LOOPBACK_MULTITHREADING 0
#define LWIP_LOOPBACK_MAX_PBUFS 64
#define LWIP_HAVE_LOOPIF 1
#define LWIP_NETIF_HWADDRHINT 1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHKSUM at_ip_checksum
#define ARP_TABLE_SIZE 32
#define ARP_QUEUEING 1

/* IPv4. */
#define IP_FORWARD 0
#define IP_REASS_MAX_PBUFS 128
#define IP_DEFAULT_TTL 64
#define LWIP_DHCP 1
#define LWIP_IGMP 1
#define LWIP_RAW 0

/* IPv6. */
#define LWIP_IPV6 1
#define LWIP_IPV6_FORWARD 0
#define LWIP_IPV6_DHCP6 1
#define IPV6_FRAG_COPYHEADER 1 /* its own header is no room for pointers of 64 bits */
#define LWIP_ND6_NUM_NEIGHBORS 32
#define LWIP_ND6_NUM_DESTINATIONS 32
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 2
#define LWIP_ND6_TCP_REACHABILITY_HINTS 1

/* DNS. */
#define LWIP_DNS 1
#define DNS_MAX_SERVERS 4
#define LWIP_DNS_SECURE 7

/* TCP. */
#define TCP_MSS 1460
#define LWIP_WND_SCALE 1
/* A bench of larger windows says so on the compiler's command line. */
#ifndef AT_IP_WINDOW
#define AT_IP_WINDOW (256 * 1024)
#endif
#define TCP_RCV_SCALE (AT_IP_WINDOW > 8 * 65535 ? 8 : 3)
#define TCP_WND AT_IP_WINDOW
#define TCP_SND_BUF AT_IP_WINDOW
#define TCP_SND_QUEUELEN (AT_IP_WINDOW / 256)
#define TCP_SNDLOWAT (32 * 1024)
#define TCP_OVERSIZE TCP_MSS
#define TCP_OOSEQ_MAX_BYTES (64 * 1024)
#define TCP_OOSEQ_MAX_PBUFS 96
#define TCP_LISTEN_BACKLOG 1
#define LWIP_TCP_SACK_OUT 1
#define LWIP_TCP_TIMESTAMPS 1
#define LWIP_TCP_KEEPALIVE 1
#define SO_REUSE 1

#endif /* ATMAN_IP_LWIPOPTS_H */
