/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE

#include <atman/base/entropy.h>
#include <atman/host/seams.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

static at_host_entropy_fn redirected_to;
static void *redirected_ctx;

void at_host_entropy_redirect(at_host_entropy_fn fn, void *ctx)
{
    redirected_to = fn;
    redirected_ctx = ctx;
}

at_status at_entropy_fill(void *out, size_t size)
{
    uint8_t *at = out;
    size_t left = size;

    if (redirected_to != NULL)
        return redirected_to(redirected_ctx, out, size);
    while (left > 0) {
        ssize_t got = getrandom(at, left, 0);

        if (got > 0) {
            at += got;
            left -= (size_t)got;
        } else if (errno != EINTR) {
            memset(out, 0, size);
            return AT_UNSUPPORTED;
        }
    }
    return AT_OK;
}
