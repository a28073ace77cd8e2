/* SPDX-License-Identifier: ISC */
#include "http_fetch.h"

#include <string.h>
#include <strings.h>

#define HTTPS_PORT 443
#define LENGTH_DIGITS 18 /* so that no number overflows */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool parse_port(uint16_t *port, const char **text)
{
    unsigned number = 0;

    for (; is_digit(**text) && number <= UINT16_MAX; (*text)++)
        number = number * 10 + (unsigned)(**text - '0');
    *port = (uint16_t)number;
    return number >= 1 && number <= UINT16_MAX;
}

bool http_url_parse(struct http_url *url, const char *text)
{
    static const char scheme[] = "https://";
    size_t size;

    if (strncmp(text, scheme, sizeof scheme - 1) != 0)
        return false;
    text += sizeof scheme - 1;
    size = strcspn(text, ":/?#@[]");
    if (size == 0 || size > HTTP_HOST_MAX)
        return false;
    memcpy(url->host, text, size);
    url->host[size] = '\0';
    text += size;
    url->port = HTTPS_PORT;
    if (*text == ':') {
        text++;
        if (!parse_port(&url->port, &text))
            return false;
    }
    url->path = *text == '\0' ? "/" : text;
    if (*url->path != '/')
        return false;
    for (const char *c = url->host; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~')
            return false;
    }
    for (const char *c = url->path; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || *c == '#')
            return false; /* a line that the server would take for two, or for something else */
    }
    return true;
}

/* "HTTP/1.1 200 OK" */
static unsigned parse_status(const char *line, size_t size)
{
    if (size < sizeof "HTTP/1.1 200" - 1 || memcmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7]) || line[8] != ' ')
        return 0;
    if (line[9] < '1' || line[9] > '9' || !is_digit(line[10]) || !is_digit(line[11]))
        return 0;
    if (size > 12 && line[12] != ' ')
        return 0;
    return (unsigned)((line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0');
}

/* False: the line gives another length than one before it, or no number. */
static bool parse_length(struct http_answer *answer, const char *line, size_t size)
{
    static const char name[] = "Content-Length:";
    uint64_t length = 0;
    size_t i = sizeof name - 1, first;

    if (size < i || strncasecmp(line, name, i) != 0)
        return true;
    while (i < size && (line[i] == ' ' || line[i] == '\t'))
        i++;
    for (first = i; i < size && is_digit(line[i]) && i - first < LENGTH_DIGITS; i++)
        length = length * 10 + (uint64_t)(line[i] - '0');
    if (i == first)
        return false;
    while (i < size && (line[i] == ' ' || line[i] == '\t'))
        i++;
    if (i < size || (answer->has_length && answer->length != length))
        return false;
    answer->has_length = true;
    answer->length = length;
    return true;
}

/* The bytes of the line at `text` without its end; `left` if no end is there. */
static size_t line_size(const char *text, size_t left)
{
    for (size_t i = 0; i + 1 < left; i++) {
        if (text[i] == '\r' && text[i + 1] == '\n')
            return i;
    }
    return left;
}

size_t http_answer_parse(struct http_answer *answer, const char *head, size_t size)
{
    struct http_answer parsed = {.status = 0};
    size_t at = 0, line = line_size(head, size);
    bool sound = true;

    if (line == size)
        return 0;
    parsed.status = parse_status(head, line);
    while (line > 0) {
        at += line + 2;
        line = line_size(head + at, size - at);
        if (line == size - at)
            return 0;
        sound = parse_length(&parsed, head + at, line) && sound;
    }
    if (!sound)
        parsed.status = 0;
    *answer = parsed;
    return at + 2;
}
