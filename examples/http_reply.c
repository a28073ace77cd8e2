/* SPDX-License-Identifier: ISC */
#include "http_reply.h"

#include <string.h>

#define PATTERN 251 /* a prime, so that the pattern shifts against every buffer */

static void put(char **end, const char *text, size_t size)
{
    memcpy(*end, text, size);
    *end += size;
}

/* Appends to the reply at `*end`: a text; one whose length is known where it is written. */
static void put_text(char **end, const char *text)
{
    put(end, text, strlen(text));
}
#define PUT(end, text) put(end, text, sizeof(text) - 1)

static void put_number(char **end, uint64_t number)
{
    char digits[20], *last = digits + sizeof(digits), *first = last;

    do
        *--first = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put(end, first, (size_t)(last - first));
}

size_t http_reply_write(char reply[HTTP_REPLY_MAX], const char *status, bool keep_alive, uint64_t size,
                        const char *body)
{
    char *end = reply;

    PUT(&end, "HTTP/1.1 ");
    put_text(&end, status);
    PUT(&end, "\r\nContent-Type: text/plain\r\nContent-Length: ");
    put_number(&end, size);
    if (keep_alive)
        PUT(&end, "\r\nConnection: keep-alive\r\n\r\n");
    else
        PUT(&end, "\r\nConnection: close\r\n\r\n");
    if (body != NULL)
        put(&end, body, (size_t)size);
    return (size_t)(end - reply);
}

size_t http_numbers_write(char text[HTTP_REPLY_MAX / 2], uint64_t one, const char *what, uint64_t two,
                          const char *other)
{
    char *end = text;

    put_number(&end, one);
    put_text(&end, what);
    put_number(&end, two);
    put_text(&end, other);
    *end = '\0';
    return (size_t)(end - text);
}

int64_t http_bytes_asked(const char *target)
{
    int64_t number = 0;

    if (strncmp(target, "/bytes/", 7) != 0 || target[7] == '\0' || strlen(target) > 7 + 15)
        return -1;
    for (target += 7; *target != '\0'; target++) {
        if (*target < '0' || *target > '9')
            return -1;
        number = number * 10 + (*target - '0');
    }
    return number;
}

const void *http_bytes_at(uint64_t offset, size_t *size)
{
    static uint8_t pattern[PATTERN * 66];

    if (pattern[1] == 0) {
        for (size_t i = 0; i < sizeof(pattern); i++)
            pattern[i] = (uint8_t)(i % PATTERN);
    }
    if (*size > sizeof(pattern) - PATTERN)
        *size = sizeof(pattern) - PATTERN;
    return pattern + offset % PATTERN;
}
