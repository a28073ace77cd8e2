/* SPDX-License-Identifier: ISC */
#include "http_request.h"

#include <string.h>
#include <strings.h>

#define LINES_MAX 48 /* of a head: more than any client has */

static const char bad[] = "400 Bad Request";

/* A line: from its first byte to its CR LF, which are not part of it. A zero is put in their place. */
struct line {
    char *text;
    size_t size;
};

/* The names of fields that mean something here, and what else was seen. */
struct seen {
    bool is_old; /* HTTP/1.0 */
    bool host;
    bool length;
};

/* Whether one of eight bytes is below a blank. */
static bool has_control(uint64_t bytes)
{
    return ((bytes - 0x2020202020202020u) & ~bytes & 0x8080808080808080u) != 0;
}

/* Whether the line is text (RFC 9110, 5.5), and ends with CR LF. */
static bool is_text(const struct line *line)
{
    size_t i = 0;
    uint64_t eight;

    if (line->size == (size_t)-1 || line->text[line->size] != '\r')
        return false;
    for (; i + 8 <= line->size; i += 8) {
        memcpy(&eight, line->text + i, 8);
        if (has_control(eight))
            break;
    }
    for (; i < line->size; i++) {
        if ((unsigned char)line->text[i] < ' ' && line->text[i] != '\t')
            return false;
    }
    return true;
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
    seen->is_old = version[2] == '0';
    request->keep_alive = !seen->is_old;
    request->target = target;
    target[strcspn(target, "?")] = '\0';
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

static const char *use_connection(struct http_request *request, const char *value)
{
    if (has_word(value, "close"))
        request->keep_alive = false;
    else if (has_word(value, "keep-alive"))
        request->keep_alive = true;
    return NULL;
}

/* The length of a name tells almost all of them apart. */
static const char *use_field(struct http_request *request, struct seen *seen, const char *name, size_t size,
                             const char *value)
{
    if (size == 4 && strncasecmp(name, "Host", 4) == 0) {
        if (seen->host)
            return bad;
        seen->host = true;
    } else if (size == 10 && strncasecmp(name, "Connection", 10) == 0) {
        return use_connection(request, value);
    } else if (size == 14 && strncasecmp(name, "Content-Length", 14) == 0) {
        return parse_length(request, seen, value);
    } else if (size == 17 && strncasecmp(name, "Transfer-Encoding", 17) == 0) {
        return "501 Not Implemented";
    } else if (size == 6 && strncasecmp(name, "Expect", 6) == 0) {
        if (strcasecmp(value, "100-continue") != 0)
            return "417 Expectation Failed";
        request->expects_continue = true;
    }
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *parse_field(struct http_request *request, struct seen *seen, const struct line *line)
{
    char *colon = memchr(line->text, ':', line->size), *value, *last = line->text + line->size;

    if (colon == NULL || colon == line->text || is_blank(line->text[0]) || is_blank(colon[-1]))
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
        if (!is_text(&lines[i]))
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
    char *next = head, *feed;
    size_t count = 0;

    /* The lines up to an empty one. */
    for (;; next = feed + 1) {
        feed = memchr(next, '\n', size - (size_t)(next - head));
        if (feed == NULL)
            return 0;
        if (feed - next <= 1 && (feed == next || *next == '\r'))
            break;
        if (count == LINES_MAX)
            break;
        lines[count++] = (struct line){.text = next, .size = (size_t)(feed - next) - 1};
    }
    memset(request, 0, sizeof(*request));
    if (count == LINES_MAX)
        request->error = "431 Request Header Fields Too Large";
    else
        request->error = count == 0 || *next != '\r' ? bad : parse(request, lines, count);
    return (size_t)(feed + 1 - head);
}
