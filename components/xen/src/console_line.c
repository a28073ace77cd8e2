/* SPDX-License-Identifier: ISC */
#include <atman/xen/console_line.h>

#include <string.h>

#define CONTROL(letter) ((letter) - 'A' + 1)
#define DELETE 127

static void show(struct at_xen_console_line *line, const char *text, size_t size)
{
    (void)at_xen_console_write(line->console, text, size); /* what is dropped was only for the eye */
}

static void erase(struct at_xen_console_line *line)
{
    if (line->size > 0) {
        line->size--;
        show(line, "\b \b", 3);
    }
}

static void add(struct at_xen_console_line *line, char byte)
{
    line->text[line->size++] = byte;
    if (byte == '\n')
        show(line, "\r\n", 2);
    else
        show(line, &byte, 1);
    line->complete = byte == '\n' || line->size == sizeof(line->text);
}

static void type(struct at_xen_console_line *line, char byte)
{
    switch (byte) {
    case '\r':
    case '\n': add(line, '\n'); break;
    case '\b':
    case DELETE: erase(line); break;
    case CONTROL('U'):
        while (line->size > 0)
            erase(line);
        break;
    case CONTROL('D'):
        line->complete = line->size > 0;
        line->ended = line->size == 0;
        break;
    default:
        if ((unsigned char)byte >= ' ' || byte == '\t')
            add(line, byte);
    }
}

/* Reads what is typed, until a line is complete. */
static at_status fill(struct at_xen_console_line *line)
{
    while (!line->complete && !line->ended) {
        char byte;
        size_t got;
        at_status status = at_xen_console_read(line->console, &byte, &got, 1);

        if (status != AT_OK)
            return status;
        if (got == 0)
            return AT_AGAIN;
        type(line, byte);
    }
    return line->complete ? AT_OK : AT_CLOSED;
}

at_status at_xen_console_line_read(struct at_xen_console_line *line, char *text, size_t *got, size_t size)
{
    at_status status = fill(line);

    *got = 0;
    if (status == AT_CLOSED && size > 0)
        line->ended = false;
    if (status != AT_OK || size == 0)
        return status;
    *got = line->size - line->taken < size ? line->size - line->taken : size;
    memcpy(text, line->text + line->taken, *got);
    line->taken += *got;
    if (line->taken == line->size) {
        line->size = line->taken = 0;
        line->complete = false;
    }
    return AT_OK;
}
