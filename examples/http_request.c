/* SPDX-License-Identifier: ISC */
#include "http_request.h"

#include <string.h>

#define LINES_MAX 48 /* of a head: more than any client has */

static const char bad[] = "400 Bad Request";

/* A line: from its first byte to its CR LF, which are not part of it. A zero is put in their place. */
struct line {
    char *text;
    size_t size;
    bool is_text; /* RFC 9110, 5.5; and it ends with CR LF */
};

/* The names of fields that mean something here, and what else was seen. */
struct seen {
    bool is_old; /* HTTP/1.0 */
    bool host;
    bool length;
};

/* The first byte below a blank: a tab, a line's end, or what no text has. `end`: there is none. Eight bytes at a time.
 */
static char *next_control(char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t eight, below;

        memcpy(&eight, at, 8);
        below = (eight - 0x2020202020202020u) & ~eight & 0x8080808080808080u; /* the lowest bit is the first one's */
        if (below != 0)
            return at + __builtin_ctzll(below) / 8;
    }
    while (at < end && (unsigned char)*at >= ' ')
        at++;
    return at;
}

/* Reads the line at `text`. Returns where the next one begins; NULL: its end has not come yet. */
static char *read_line(struct line *line, char *text, char *end)
{
    line->text = text;
    line->is_text = true;
    for (char *at = text;; at++) {
        at = next_control(at, end);
        if (at == end || (*at == '\r' && at + 1 == end))
            return NULL;
        line->size = (size_t)(at - text);
        if (*at == '\r' && at[1] == '\n')
            return at + 2;
        line->is_text = line->is_text && *at == '\t';
        if (*at == '\n')
            return at + 1;
    }
}

/* The first `wanted` of a text that a zero ends, or the zero. */
static char *find(char *text, char wanted)
{
    while (*text != wanted && *text != '\0')
        text++;
    return text;
}

/* Whether `size` bytes of a text, at least four, are the word, which is in small letters, digits and hyphens. */
static bool is_word(const char *text, const char *word, size_t size)
{
    uint32_t four, wanted;

    for (;; text += 4, word += 4, size -= 4) {
        if (size < 4) { /* the last four, of which some were looked at */
            text -= 4 - size;
            word -= 4 - size;
            size = 4;
        }
        memcpy(&four, text, 4);
        memcpy(&wanted, word, 4);
        if ((four | 0x20202020u) != wanted)
            return false;
        if (size == 4)
            return true;
    }
}

static const char *parse_method(struct http_request *request, const char *name)
{
    if (strcmp(name, "GET") == 0)
        request->method = HTTP_GET;
    else if (strcmp(name, "HEAD") == 0)
        request->method = HTTP_HEAD;
    else if (strcmp(name, "POST") == 0 || strcmp(name, "PUT") == 0)
        request->method = HTTP_POST;
    else
        return "501 Not Implemented";
    return NULL;
}

/* METHOD SP TARGET SP HTTP/1.x */
static const char *parse_first_line(struct http_request *request, struct seen *seen, char *line)
{
    char *target = find(line, ' '), *version = *target == '\0' ? target : find(target + 1, ' ');

    if (version[0] != ' ' || version[1] != 'H' || version[2] != 'T' || version[3] != 'T' || version[4] != 'P' ||
        version[5] != '/')
        return bad;
    *target++ = '\0';
    *version = '\0';
    version += 6;
    if (version[0] != '1' || version[1] != '.' || version[2] < '0' || version[2] > '9' || version[3] != '\0')
        return "505 HTTP Version Not Supported";
    if (*target != '/')
        return bad;
    seen->is_old = version[2] == '0';
    request->keep_alive = !seen->is_old;
    request->target = target;
    *find(target, '?') = '\0';
    return parse_method(request, line);
}

static const char *parse_length(struct http_request *request, struct seen *seen, const char *value)
{
    uint64_t length = 0;
    size_t digits = strspn(value, "0123456789");

    if (digits == 0 || digits > 18 || value[digits] != '\0')
        return bad;
    for (; *value != '\0'; value++)
        length = length * 10 + (uint64_t)(*value - '0');
    if (seen->length && length != request->content_length)
        return bad;
    seen->length = true;
    request->content_length = length;
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A comma-separated list of words. */
static const char *use_connection(struct http_request *request, char *value)
{
    bool close = false, keep = false;

    while (*value != '\0') {
        char *end = find(value, ','), *last = end;

        for (; is_blank(*value); value++)
            ;
        for (; last > value && is_blank(last[-1]); last--)
            ;
        close = close || (last - value == 5 && is_word(value, "close", 5));
        keep = keep || (last - value == 10 && is_word(value, "keep-alive", 10));
        value = *end == ',' ? end + 1 : end;
    }
    if (close || keep)
        request->keep_alive = !close;
    return NULL;
}

/* The length of a name tells almost all of them apart. */
static const char *use_field(struct http_request *request, struct seen *seen, const char *name, size_t size,
                             char *value)
{
    if (size == 4 && is_word(name, "host", 4)) {
        if (seen->host)
            return bad;
        seen->host = true;
    } else if (size == 10 && is_word(name, "connection", 10)) {
        return use_connection(request, value);
    } else if (size == 14 && is_word(name, "content-length", 14)) {
        return parse_length(request, seen, value);
    } else if (size == 17 && is_word(name, "transfer-encoding", 17)) {
        return "501 Not Implemented";
    } else if (size == 6 && is_word(name, "expect", 6)) {
        if (strlen(value) != 12 || !is_word(value, "100-continue", 12))
            return "417 Expectation Failed";
        request->expects_continue = true;
    }
    return NULL;
}

static const char *parse_field(struct http_request *request, struct seen *seen, const struct line *line)
{
    char *colon = find(line->text, ':'), *value, *last = line->text + line->size;

    if (*colon == '\0' || colon == line->text || is_blank(line->text[0]) || is_blank(colon[-1]))
        return bad;
    for (value = colon + 1; is_blank(*value); value++)
        ;
    for (; last > value && is_blank(last[-1]); last--)
        ;
    *last = '\0';
    return use_field(request, seen, line->text, (size_t)(colon - line->text), value);
}

static const char *parse(struct http_request *request, const struct line *lines, size_t count)
{
    struct seen seen = {.is_old = false};
    const char *error = NULL;

    for (size_t i = 0; i < count && error == NULL; i++) {
        if (!lines[i].is_text)
            return bad;
        lines[i].text[lines[i].size] = '\0';
        error = i == 0 ? parse_first_line(request, &seen, lines[0].text) : parse_field(request, &seen, &lines[i]);
    }
    if (error != NULL)
        return error;
    if (!seen.host && !seen.is_old)
        return bad;
    return request->method == HTTP_POST && !seen.length ? "411 Length Required" : NULL;
}

size_t http_request_parse(struct http_request *request, char *head, size_t size)
{
    struct line lines[LINES_MAX];
    char *next = head;
    size_t count = 0;

    /* The lines up to an empty one. */
    for (;; count++) {
        next = read_line(&lines[count], next, head + size);
        if (next == NULL)
            return 0;
        if (lines[count].size == 0 || count == LINES_MAX - 1)
            break;
    }
    memset(request, 0, sizeof(*request));
    if (lines[count].size > 0)
        request->error = "431 Request Header Fields Too Large";
    else
        request->error = count == 0 || !lines[count].is_text ? bad : parse(request, lines, count);
    return (size_t)(next - head);
}
