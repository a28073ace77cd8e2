/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_EXAMPLES_NET_LINE_H
#define ATMAN_EXAMPLES_NET_LINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NET_MAC_SIZE 18  /* bytes of "08:00:27:a2:0c:15" with its NUL */
#define NET_LINE_SIZE 96 /* of the longest line with its newline and NUL */

/* net_mac writes the address `mac` to `text`, NET_MAC_SIZE bytes, and returns where the text ends: at its NUL. */
char *net_mac(char *text, const uint8_t mac[6]);

/*
 * net_line writes to `line` what there is to say about a received frame, newline included. The header is copied out of
 * the frame once, which may change meanwhile.
 */
void net_line(char line[NET_LINE_SIZE], const uint8_t *frame, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_EXAMPLES_NET_LINE_H */
