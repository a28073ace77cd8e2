/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_ARCH_CC_H
#define ATMAN_IP_ARCH_CC_H

/* What lwIP needs to know of the compiler and the platform (lwip/arch.h says what may be defined here). */

#include <stdint.h>
#include <sys/time.h>

#define BYTE_ORDER LITTLE_ENDIAN

/* Numbers that nobody can guess, each from the entropy seam: ports, DNS and DHCP transaction ids, MLD delays. */
uint32_t at_ip_random(void);
#define LWIP_RAND() at_ip_random()

/* Small blocks of known size, in place: freestanding code would call memcpy() for four bytes. */
#define SMEMCPY(to, from, size) __builtin_memcpy(to, from, size)

/* Bytes in the wire's order, in place: lwIP's own are calls, forty for each connection. */
#define lwip_htons(x) __builtin_bswap16(x)
#define lwip_htonl(x) __builtin_bswap32(x)

/* The sum of RFC 1071, folded, in the order of the wire. */
uint16_t at_ip_checksum(const void *bytes, int size);

/* A broken invariant ends the program. In a kernel it traps: the report's address says which, for no bytes of text. */
#ifdef AT_ASSERT_PLACE_ONLY
#define LWIP_PLATFORM_ASSERT(message) __builtin_trap()
#else
_Noreturn void at_panic(const char *reason);
#define LWIP_PLATFORM_ASSERT(message) at_panic("lwIP: " message)
#endif
#define LWIP_PLATFORM_DIAG(message)
#define LWIP_PLATFORM_ERROR(message)

#endif /* ATMAN_IP_ARCH_CC_H */
