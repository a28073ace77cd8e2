/* SPDX-License-Identifier: ISC */
/*
 * A guest with threads that ask XenStore all the time, one of them in transactions, and a hook that says when one
 * of these ran between its suspend() and its resume(). Prints `restored` or `cancelled` each time, and ends when it is
 * asked to.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include <atman/base/clock.h>
#include <atman/base/wait.h>
#include <atman/guest.h>
#include <atman/guest_suspend.h>
#include <atman/lifecycle/lifecycle.h>
#include <atman/xenstore/transaction.h>
#include <atman/xenstore/xenstore.h>

#define SECOND 1000000000u

static bool resting;
static unsigned strays;

static void ask(uint32_t transaction)
{
    char domid[16];
    size_t size;

    (void)at_xenstore_read(at_guest_xenstore(), domid, sizeof(domid), &size, transaction, "domid", AT_NEVER);
    strays += resting;
}

static void *ask_for_ever(void *unused)
{
    for (;;)
        ask(AT_XENSTORE_NO_TRANSACTION);
    return unused;
}

static void *transact_for_ever(void *unused)
{
    for (;;) {
        uint32_t transaction;

        if (at_xenstore_transaction_start(at_guest_xenstore(), &transaction, AT_NEVER) != AT_OK)
            continue;
        strays += resting;
        ask(transaction);
        (void)at_xenstore_transaction_end(at_guest_xenstore(), transaction, true, AT_NEVER);
        strays += resting;
        (void)at_wait_sleep(at_guest_wait(), at_wait_now(at_guest_wait()) + SECOND / 50);
    }
    return unused;
}

static at_status rest(void *ctx, uint64_t deadline_ns)
{
    (void)ctx;
    (void)deadline_ns;
    resting = true;
    return AT_OK;
}

static void resume(void *ctx, enum at_lifecycle_resumption how)
{
    (void)ctx;
    resting = false;
    puts(how == AT_LIFECYCLE_RESTORED ? "restored" : "cancelled");
    if (strays > 0)
        puts("a thread ran");
}

int main(void)
{
    static struct at_lifecycle_hook hook = {.name = "strays", .suspend = rest, .resume = resume};
    static struct at_lifecycle lifecycle;
    struct at_wait wait;
    pthread_t thread;

    at_lifecycle_hook_add(at_guest_hooks(), &hook);
    (void)at_guest_sched();
    wait = at_guest_wait();
    if (pthread_create(&thread, NULL, ask_for_ever, NULL) != 0 ||
        pthread_create(&thread, NULL, transact_for_ever, NULL) != 0 ||
        at_lifecycle_start(&lifecycle, at_guest_xenstore(), wait, at_wait_now(wait) + SECOND) != AT_OK)
        return 1;
    puts("ready");
    for (;;) {
        enum at_lifecycle_request request = at_lifecycle_requested(&lifecycle);
        enum at_lifecycle_resumption how;
        at_status status;

        if (request == AT_LIFECYCLE_SUSPEND) {
            at_lifecycle_clear(&lifecycle);
            status = at_guest_suspend(&how, 10ull * SECOND);
            printf("suspended: %s\n", at_status_name(status));
        } else if (request != AT_LIFECYCLE_NONE) {
            return 0;
        } else {
            (void)at_wait_sleep(wait, at_wait_now(wait) + SECOND / 10);
        }
    }
}
