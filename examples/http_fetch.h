/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_EXAMPLES_HTTP_FETCH_H
#define ATMAN_EXAMPLES_HTTP_FETCH_H

/* What a client of HTTPS has to understand: where to go, and the head of the answer (RFC 9112). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HTTP_HOST_MAX 255

struct http_url {
    char host[HTTP_HOST_MAX + 1];
    uint16_t port;
    const char *path; /* with its query; "/" at least */
};

/*
 * http_url_parse splits `text`, https://HOST[:PORT][/PATH], which must outlive `url`. False: it is no such URL, or
 * names a user. What is behind a '#' is nobody's but the client's: the path must not have one.
 */
bool http_url_parse(struct http_url *url, const char *text);

struct http_answer {
    unsigned status; /* 100 to 999; 0: this is no HTTP, or contradicts itself */
    bool has_length;
    uint64_t length; /* of the body; else it goes on until the connection ends */
};

/*
 * http_answer_parse reads the head of an answer at the beginning of the `size` bytes of `head`. Returns how many bytes
 * it has; 0: its end has not come yet, and `answer` is not changed. O(size).
 */
size_t http_answer_parse(struct http_answer *answer, const char *head, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_EXAMPLES_HTTP_FETCH_H */
