/* SPDX-License-Identifier: ISC */
/* Sockets, the stack below them and the thread that runs it. Nothing here is of this platform only. */

#include <atman/guest_sockets.h>

#include <stdlib.h>

#include <atman/base/clock.h>
#include <atman/base/panic.h>
#include <atman/guest.h>
#include <atman/guest_ip.h>
#include <atman/ip/ip.h>
#include <atman/sched/thread.h>
#include <atman/sockets/sockets.h>

#define STACK_SIZE 32768u /* lwIP's deepest way is 2 KiB; what the application's callbacks need comes on top */

static void *run(void *ip)
{
    at_status status = at_ip_run(ip, AT_NEVER);

    at_panic(status == AT_CLOSED ? "the last network device has gone" : "the network has ended");
    return NULL;
}

/* At exit(): what was written last goes when the network's thread has its turn. */
static void give_way(void)
{
    at_sched_thread_yield(at_guest_sched());
}

void at_guest_sockets(char *const *words)
{
    struct at_sched *sched = at_guest_sched();
    struct at_ip *ip = at_guest_ip(words);
    const struct at_sockets_config config = {.ip = ip, .heap = at_guest_heap(), .wait = at_guest_wait()};
    struct at_sched_thread *thread;

    if (at_sched_thread_create(sched, &thread, "network", run, ip, STACK_SIZE) != AT_OK)
        at_panic("no memory for the network's thread");
    at_sched_thread_detach(thread);
    if (atexit(give_way) != 0)
        at_panic("no memory for the network's end");
    at_sockets_start(&config);
}
