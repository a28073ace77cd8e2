/* SPDX-License-Identifier: ISC */
#include <atman/libc/thread.h>

#include "serve.h"

long at_libc_sys_sched_yield(void)
{
    at_libc_thread_yield();
    return 0;
}
