/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE

#include <atman/base/console.h>
#include <atman/host/seams.h>

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define PATIENCE_MS 1000

static at_host_console_fn redirected_to;
static void *redirected_ctx;

void at_host_console_redirect(at_host_console_fn fn, void *ctx)
{
    redirected_to = fn;
    redirected_ctx = ctx;
}

void at_console_write(const char *text, size_t size)
{
    if (redirected_to != NULL) {
        redirected_to(redirected_ctx, text, size);
        return;
    }
    while (size > 0) {
        struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
        ssize_t written = write(STDOUT_FILENO, text, size);

        if (written > 0) {
            text += written;
            size -= (size_t)written;
        } else if (errno == EAGAIN) {
            if (poll(&room, 1, PATIENCE_MS) <= 0)
                return; /* nobody reads: what is left is dropped */
        } else if (errno != EINTR) {
            return;
        }
    }
}
