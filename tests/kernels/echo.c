/* SPDX-License-Identifier: ISC */
/* Says again every line that is typed at its console, behind its length, until one is "end". */

#include <stdio.h>
#include <string.h>

#include <atman/guest.h>
#include <atman/xen/console.h>

static char line[8192];

/* Reads up to a newline, which becomes the line's NUL; what follows it on the ring stays for the next call. */
static int read_line(void)
{
    struct at_wait wait = at_guest_wait();
    size_t size = 0;

    while (size < sizeof(line)) {
        size_t got;

        if (at_xen_console_read(at_guest_console(), line + size, &got, 1) != AT_OK)
            return 0;
        if (got == 0) {
            at_wait_sleep(wait, AT_NEVER);
        } else if (line[size++] == '\n') {
            line[size - 1] = '\0';
            return 1;
        }
    }
    return 0;
}

static void typed(void *wait)
{
    at_wait_wake(*(struct at_wait *)wait);
}

int main(void)
{
    struct at_wait wait = at_guest_wait();

    if (at_xen_console_listen(at_guest_console(), at_guest_events(), typed, &wait) != AT_OK)
        return 1;
    puts("listening");
    do {
        if (!read_line())
            return 1;
        printf("%zu: %s\n", strlen(line), line);
    } while (strcmp(line, "end") != 0);
    return 0;
}
