/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_EXAMPLES_HTTP_REQUEST_H
#define ATMAN_EXAMPLES_HTTP_REQUEST_H

/* The head of an HTTP/1 request (RFC 9112), as much of it as a small server needs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST, /* or PUT */
};

struct http_request {
    const char *error; /* a status such as "400 Bad Request" that has to be answered; NULL: all is well */
    enum http_method method;
    char *target; /* without its query, ended by a zero */
    uint64_t content_length;
    bool keep_alive;
    bool expects_continue;
};

/*
 * http_request_parse reads the request at the beginning of the `size` bytes of `head`, which it writes to. Returns how
 * many bytes the request's head has; 0: its end has not come yet, and nothing was changed. O(size).
 */
size_t http_request_parse(struct http_request *request, char *head, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_EXAMPLES_HTTP_REQUEST_H */
