/* SPDX-License-Identifier: ISC */
#include "internal.h"

#include <atman/base/console.h>

/* A line of the report; what is longer is cut. */
struct line {
    size_t used;
    char text[160];
};

/* Appends `text`, leaving room for the newline. */
static void add(struct line *line, const char *text)
{
    while (*text && line->used < sizeof(line->text) - 1)
        line->text[line->used++] = *text++;
}

static void add_quoted(struct line *line, const char *before, const char *text)
{
    add(line, before);
    add(line, " \"");
    add(line, text);
    add(line, "\"");
}

/* Whether `thread` exists: who has locked a mutex may have ended, and may be gone, without unlocking it. */
static bool exists(const struct at_sched *sched, const struct at_sched_thread *thread)
{
    struct at_list_node *node = at_list_first(&sched->threads);

    while (node && node != &thread->all)
        node = at_list_next(&sched->threads, node);
    return node != NULL;
}

static void write_thread(const struct at_sched *sched, const struct at_sched_thread *thread)
{
    const struct at_sched_wait_queue *queue = thread->waits_for;
    struct line line = {0};

    add_quoted(&line, "  thread", at_sched_thread_name(thread));
    if (thread->ended) {
        add(&line, " has ended");
    } else if (!queue) {
        add(&line, " sleeps for ever");
    } else {
        add(&line, " waits for ");
        add_quoted(&line, queue->kind, queue->name);
        if (queue->owner && !exists(sched, queue->owner))
            add(&line, " of a thread that has ended");
        else if (queue->owner)
            add_quoted(&line, " of thread", at_sched_thread_name(queue->owner));
    }
    line.text[line.used++] = '\n';
    at_console_write(line.text, line.used);
}

AT_NORETURN void at_sched_report_deadlock(const struct at_sched *sched)
{
    static const char title[] = "sched: deadlock: no thread is ready, no timer pending, no event to come\n";

    at_console_write(title, sizeof(title) - 1);
    for (struct at_list_node *node = at_list_first(&sched->threads); node; node = at_list_next(&sched->threads, node))
        write_thread(sched, AT_CONTAINER_OF(node, struct at_sched_thread, all));
    at_panic("sched: deadlock");
}
