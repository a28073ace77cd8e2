/* SPDX-License-Identifier: ISC */
/*
 * One acknowledgement at a time, each step begun by the answer to the one before:
 *
 *     IDLE -> LOOKING -> STARTING -> TAKING -> ENDING -> IDLE
 *
 * LOOKING, a plain read, is there because most events say nothing: the first one that every watch begins with, and the
 * one that our own emptying of the node causes.
 */

#include <atman/lifecycle/lifecycle.h>

#include <stdbool.h>
#include <string.h>

#include <atman/base/bits.h>
#include <atman/xenstore/xenstore.h>

#define TRIES 16

static const char path[] = "control/shutdown";

enum step { IDLE, LOOKING, STARTING, TAKING, ENDING };

static const char words[][9] = {"", "poweroff", "reboot", "suspend", "halt", "crash"};

const char *at_lifecycle_request_name(enum at_lifecycle_request request)
{
    return (unsigned)request < AT_COUNT_OF(words) ? words[request] : words[0];
}

static void advance(struct at_xenstore_request *request);

/* Begins `step`, which asks `count` things. */
static void ask(struct at_lifecycle *l, enum step step, size_t count)
{
    l->step = (uint8_t)step;
    for (size_t i = 0; i < count; i++) {
        l->request[i].done = advance;
        l->request[i].ctx = l;
    }
    if (at_xenstore_submit(l->xs, l->request, count) != AT_OK)
        l->step = IDLE; /* the connection has ended */
}

static struct at_xenstore_request read_word(struct at_lifecycle *l)
{
    return (struct at_xenstore_request){.op = AT_XENSTORE_READ,
                                        .transaction = l->transaction,
                                        .path = path,
                                        .reply = l->word,
                                        .capacity = sizeof(l->word)};
}

static void look(struct at_lifecycle *l)
{
    (void)at_xenstore_watch_take(&l->watch);
    l->tries = 0;
    l->transaction = AT_XENSTORE_NO_TRANSACTION;
    l->request[0] = read_word(l);
    ask(l, LOOKING, 1);
}

static void start(struct at_lifecycle *l)
{
    l->request[0] = (struct at_xenstore_request){
        .op = AT_XENSTORE_TRANSACTION_START, .path = "", .reply = l->number, .capacity = sizeof(l->number)};
    ask(l, STARTING, 1);
}

/* After a transaction that lost, or that was one too many: the guest's others end. */
static void start_again(struct at_lifecycle *l)
{
    if (++l->tries < TRIES)
        start(l);
}

static void take(struct at_lifecycle *l)
{
    l->request[0] = read_word(l);
    l->request[1] = (struct at_xenstore_request){.op = AT_XENSTORE_WRITE, .transaction = l->transaction, .path = path};
    ask(l, TAKING, 2);
}

static void end(struct at_lifecycle *l, bool commit)
{
    l->request[0] = (struct at_xenstore_request){
        .op = AT_XENSTORE_TRANSACTION_END, .transaction = l->transaction, .path = commit ? "T" : "F"};
    ask(l, ENDING, 1);
}

/* Whether there is a word, be it one that does not fit because it is none of ours. */
static bool found_word(const struct at_xenstore_request *read)
{
    return read->status == AT_TOO_BIG || (read->status == AT_OK && read->size != 0);
}

static void obey(struct at_lifecycle *l)
{
    for (unsigned i = AT_LIFECYCLE_POWEROFF; i <= AT_LIFECYCLE_CRASH; i++) {
        if (strcmp(l->word, words[i]) == 0) {
            l->requested = (enum at_lifecycle_request)i;
            if (l->wake.ops != NULL)
                at_wait_wake(l->wake);
        }
    }
}

/* Called when what the step asked is answered; for TAKING twice. */
static void advance(struct at_xenstore_request *request)
{
    struct at_lifecycle *l = (struct at_lifecycle *)request->ctx;
    enum step step = (enum step)l->step;

    if (!at_xenstore_request_is_done(&l->request[0]) || !at_xenstore_request_is_done(&l->request[1]))
        return;
    l->step = IDLE;
    switch (step) {
    case IDLE: return;
    case LOOKING:
        if (found_word(&l->request[0]))
            start(l);
        break;
    case STARTING:
        if (l->request[0].status == AT_OK) {
            /* The client has checked that it is a number with a NUL. */
            (void)at_xenstore_parse_u32(&l->transaction, l->number, l->request[0].size - 1);
            take(l);
        } else {
            start_again(l);
        }
        break;
    case TAKING:
        if (l->request[0].status == AT_TOO_BIG || strlen(l->word) != l->request[0].size)
            l->word[0] = '\0';
        end(l, found_word(&l->request[0]) && l->request[1].status == AT_OK);
        break;
    case ENDING:
        if (l->request[0].status == AT_OK && l->request[0].path[0] == 'T')
            obey(l);
        else if (l->request[0].status == AT_AGAIN)
            start_again(l);
        break;
    }
    if (l->step == IDLE && l->watch.pending != 0)
        look(l);
}

static void changed(struct at_xenstore_watch *watch)
{
    struct at_lifecycle *l = AT_CONTAINER_OF(watch, struct at_lifecycle, watch);

    if (l->step == IDLE)
        look(l);
}

at_status at_lifecycle_start(struct at_lifecycle *l, struct at_xenstore *xs, struct at_wait wake, uint64_t deadline_ns)
{
    at_status status;

    memset(l, 0, sizeof(*l));
    l->xs = xs;
    l->wake = wake;
    status = at_xenstore_watch_add(xs, &l->watch, path, changed, deadline_ns);
    if (status != AT_OK) /* an event that came before the answer has begun something in this memory */
        (void)at_lifecycle_stop(l, 0);
    return status;
}

void at_lifecycle_clear(struct at_lifecycle *l)
{
    l->requested = AT_LIFECYCLE_NONE;
}

at_status at_lifecycle_stop(struct at_lifecycle *l, uint64_t deadline_ns)
{
    at_status status = at_xenstore_watch_remove(l->xs, &l->watch, deadline_ns);

    /* What was begun is brought to its end where the server answers in time. */
    while (l->step != IDLE && at_xenstore_wait(l->xs, l->request, 2, deadline_ns) == AT_OK)
        ;
    if (l->step == TAKING) {
        end(l, false);
        (void)at_xenstore_wait(l->xs, l->request, 2, 0);
    }
    l->step = IDLE;
    return status;
}
