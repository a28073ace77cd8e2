/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <sys/random.h>

#include <atman/base/entropy.h>

#include "serve.h"

long at_libc_sys_getrandom(void *out, size_t size, unsigned flags)
{
    if (flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM)) {
        return -EINVAL;
    }
    return at_entropy_fill(out, size) == AT_OK ? (long)size : -ENOSYS; /* ENOSYS: this machine has no source */
}
