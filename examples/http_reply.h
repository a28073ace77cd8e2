/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_EXAMPLES_HTTP_REPLY_H
#define ATMAN_EXAMPLES_HTTP_REPLY_H

/* What the example servers answer: HTTP/1.1 replies (RFC 9112) of plain text, and bytes by the number. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HTTP_REPLY_MAX 256 /* bytes of a reply's head and a short body */

/*
 * http_reply_write writes a reply with `status`, such as "404 Not Found", to `reply`: its head, in which the body has
 * `size` bytes, and then `body` unless that is NULL. Returns how many bytes that are; all of it must fit.
 */
size_t http_reply_write(char reply[HTTP_REPLY_MAX], const char *status, bool keep_alive, uint64_t size,
                        const char *body);

/*
 * http_numbers_write writes two numbers, each followed by what it is, to `text`, ended by a zero: a body for
 * http_reply_write(). Returns its size.
 */
size_t http_numbers_write(char text[HTTP_REPLY_MAX / 2], uint64_t one, const char *what, uint64_t two,
                          const char *other);

/* http_bytes_asked returns N if `target` is /bytes/N, and else -1. */
int64_t http_bytes_asked(const char *target);

/*
 * http_bytes_at returns where the bytes of /bytes/N from number `offset` on lie (0, 1, ... 250, 0, ...), and stores in
 * `*size` how many of them, at most `*size` and no more than 16 KB. They stay as they are.
 */
const void *http_bytes_at(uint64_t offset, size_t *size);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_EXAMPLES_HTTP_REPLY_H */
