/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* memmem() */
#include "http_request.h"

#include <string.h>
#include <strings.h>

static const char bad[] = "400 Bad Request";

/* Ends the line at `line` by a zero. Returns the next line; NULL if a byte is no text (RFC 9110, 5.5). */
static char *cut_line(char *line)
{
    for (;; line++) {
        unsigned char c = (unsigned char)*line;

        if (c == '\r' && line[1] == '\n') {
            *line = '\0';
            return line + 2;
        }
        if ((c < ' ' && c != '\t') || c == 127)
            return NULL;
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
static const char *parse_first_line(struct http_request *request, char *line, bool *is_old)
{
    char *target = strchr(line, ' '), *version = target == NULL ? NULL : strchr(target + 1, ' ');

    if (version == NULL || strncmp(version, " HTTP/", 6) != 0)
        return bad;
    *target++ = '\0';
    *version = '\0';
    version += 6;
    if (strncmp(version, "1.", 2) != 0 || version[2] < '0' || version[2] > '9' || version[3] != '\0')
        return "505 HTTP Version Not Supported";
    if (*target != '/')
        return bad;
    *is_old = version[2] == '0';
    request->keep_alive = !*is_old;
    request->target = target;
    target[strcspn(target, "?")] = '\0';
    return parse_method(request, line);
}

static const char *parse_length(struct http_request *request, const char *value, bool *has_length)
{
    uint64_t length = 0;
    size_t digits = strspn(value, "0123456789");

    if (digits == 0 || digits > 18 || value[digits] != '\0')
        return bad;
    for (; *value != '\0'; value++)
        length = length * 10 + (uint64_t)(*value - '0');
    if (*has_length && length != request->content_length)
        return bad;
    *has_length = true;
    request->content_length = length;
    return NULL;
}

/* Whether the comma-separated list `value` has `word`. */
static bool has_word(const char *value, const char *word)
{
    size_t size = strlen(word);

    while (*value != '\0') {
        value += strspn(value, ", \t");
        if (strncasecmp(value, word, size) == 0 && strchr(", \t", value[size]) != NULL)
            return true;
        value += strcspn(value, ",");
    }
    return false;
}

static const char *parse_field(struct http_request *request, char *line, bool *has_host, bool *has_length)
{
    char *value = strchr(line, ':'), *last;

    if (value == NULL || strcspn(line, " \t") < (size_t)(value - line) || value == line)
        return bad;
    *value++ = '\0';
    value += strspn(value, " \t");
    for (last = value + strlen(value); last > value && (last[-1] == ' ' || last[-1] == '\t'); last--)
        ;
    *last = '\0';
    if (strcasecmp(line, "Host") == 0) {
        if (*has_host)
            return bad;
        *has_host = true;
    } else if (strcasecmp(line, "Content-Length") == 0) {
        return parse_length(request, value, has_length);
    } else if (strcasecmp(line, "Transfer-Encoding") == 0) {
        return "501 Not Implemented";
    } else if (strcasecmp(line, "Connection") == 0) {
        if (has_word(value, "close"))
            request->keep_alive = false;
        else if (has_word(value, "keep-alive"))
            request->keep_alive = true;
    } else if (strcasecmp(line, "Expect") == 0) {
        if (strcasecmp(value, "100-continue") != 0)
            return "417 Expectation Failed";
        request->expects_continue = true;
    }
    return NULL;
}

static const char *parse(struct http_request *request, char *line)
{
    bool is_old = false, has_host = false, has_length = false;
    char *next = cut_line(line);
    const char *error = next == NULL ? bad : parse_first_line(request, line, &is_old);

    while (error == NULL) {
        line = next;
        next = cut_line(line);
        if (next == NULL)
            return bad;
        if (*line == '\0')
            break;
        error = parse_field(request, line, &has_host, &has_length);
    }
    if (error != NULL)
        return error;
    if (!has_host && !is_old)
        return bad;
    return request->method == HTTP_POST && !has_length ? "411 Length Required" : NULL;
}

size_t http_request_parse(struct http_request *request, char *head, size_t size)
{
    const char *end = memmem(head, size, "\r\n\r\n", 4);

    if (end == NULL)
        return 0;
    memset(request, 0, sizeof(*request));
    request->error = parse(request, head);
    return (size_t)(end + 4 - head);
}
