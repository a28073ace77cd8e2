/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_SCHED_INTERNAL_H
#define ATMAN_SCHED_INTERNAL_H

/* What the files of this component share. */

#include <atman/sched/thread.h>

/* Who releases a thread once it has ended: at_sched_thread.release. */
enum at_sched_release {
    AT_SCHED_RELEASE_OPEN,      /* whoever comes to join it */
    AT_SCHED_RELEASE_BY_JOINER, /* the thread that is joining it */
    AT_SCHED_RELEASE_BY_ITSELF, /* nobody: it is detached */
    AT_SCHED_RELEASE_NEVER,     /* it is "main" */
    AT_SCHED_RELEASE_BY_OWNER,  /* whoever gave its stack */
};

/*
 * at_sched_self returns the current thread for a call that only threads may make, because it may give way or because
 * the thread will own something. Panics in handlers and callbacks.
 */
struct at_sched_thread *at_sched_self(struct at_sched *sched);

/* at_sched_make_ready puts `thread`, which is in no list, last in the run queue of its scheduler. */
void at_sched_make_ready(struct at_sched *sched, struct at_sched_thread *thread);

/* at_sched_stop_running takes `self`, the current thread, out of the run queue; at_sched_give_way() must follow. */
void at_sched_stop_running(struct at_sched_thread *self);

/*
 * at_sched_give_way runs the first thread of the run queue and returns when it is the current one's turn again. The
 * caller, who asked at_sched_self(), is last in the queue, or has left it for where somebody will make it ready, or has
 * ended.
 */
void at_sched_give_way(struct at_sched *sched);

/* at_sched_wake_up makes `thread`, which waits but is in no list, ready; its wait will return `status`. */
void at_sched_wake_up(struct at_sched_thread *thread, at_status status);

/* at_sched_stack_mark fills `stack`, which nobody uses yet, for at_sched_thread_stack_used(). */
void at_sched_stack_mark(struct at_span stack);

/* at_sched_release_thread gives back a thread that has ended, with its stack, which must not be in use. */
void at_sched_release_thread(struct at_sched_thread *thread);

/* at_sched_release_dead releases all threads that ended detached, except the current one. */
void at_sched_release_dead(struct at_sched *sched);

/* at_sched_report_deadlock writes every thread and what it waits for to the console, and panics. */
AT_NORETURN void at_sched_report_deadlock(const struct at_sched *sched);

#endif /* ATMAN_SCHED_INTERNAL_H */
