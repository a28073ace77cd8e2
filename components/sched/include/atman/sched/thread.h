/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_SCHED_THREAD_H
#define ATMAN_SCHED_THREAD_H

/*
 * Threads: cooperative, each on a stack of its own, run in turn.
 *
 * A thread runs until it waits, sleeps, yields or ends: no C code is ever interrupted, so data that is left
 * consistent whenever a thread gives way needs no lock. Threads that are ready run in FIFO order.
 *
 * Event handlers and timer callbacks run at scheduling points, on the stack of whichever thread gives way (leave room
 * for them); they may wake threads and start timers but must not give way, which panics. While threads stay ready,
 * events and timers are looked at once in each round of the run queue, or every AT_SCHED_ROUND_MIN switches when the
 * round is shorter; when none is ready, at_sched_ops.idle waits for them. A thread that never gives way stops
 * everything.
 *
 * When no thread is ready, no timer is pending and idle() knows of no event that could come, every thread's name and
 * what it waits for is written to the console and the guest ends by at_panic(). That is the deadlock report.
 *
 * The floating-point control (rounding, exception masks) is the program's, not the thread's: who changes it sets it
 * back before giving way.
 *
 * Not for: more than one CPU, priorities, or ending a thread from outside (<atman/sched/cancel.h> asks it to end).
 *
 * A scheduler and its threads are one world without globals: a process may hold several. Nothing is allocated but
 * stacks.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/list.h>
#include <atman/base/panic.h>
#include <atman/base/span.h>
#include <atman/base/status.h>
#include <atman/sched/timer.h>
#include <atman/sched/wait.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Smallest stack that at_sched_thread_create() takes, in bytes. At its top are the thread's control block and a gap
 * that differs from thread to thread, so that their tops do not compete for the same cache lines: 1,700 bytes at
 * most.
 */
#define AT_SCHED_STACK_MIN 4096

/* Switches between two looks at events and timers, when fewer threads than that are ready. */
#define AT_SCHED_ROUND_MIN 8

/* What the scheduler needs from its platform. No member may be NULL. None may give way to another thread. */
struct at_sched_ops {
    /* The monotonic clock. Read when timers may be due, never on a plain switch. */
    uint64_t (*now_ns)(void *ctx);

    /* Runs the handlers of the events that are pending. Never blocks. Called once a round, so it should be cheap. */
    void (*poll)(void *ctx);

    /*
     * Runs the handlers of the events that are pending; if there are none, blocks until one comes or the clock reaches
     * `deadline_ns` (AT_NEVER: no deadline), then runs them. Returning early is harmless.
     * Returns AT_OK or AT_TIMED_OUT; AT_DEADLOCK when there is no deadline and no event could ever come. Anything else
     * panics.
     */
    at_status (*idle)(void *ctx, uint64_t deadline_ns);

    /*
     * Gives a stack of at least `size` bytes in `*stack`, aligned to 16 bytes, with memory below it that faults.
     * Returns AT_OK, or any error, which at_sched_thread_create() passes on.
     */
    at_status (*stack_alloc)(void *ctx, struct at_span *stack, size_t size);

    /* Takes back a stack, as it was given. It is never the one in use. */
    void (*stack_free)(void *ctx, struct at_span stack);
};

/* How a scheduler is set up. Copied by at_sched_init(); what it points to must outlive it. */
struct at_sched_config {
    const struct at_sched_ops *ops;
    void *ctx;         /* handed to every op */
    size_t stack_size; /* bytes, of threads created with stack size 0; at least AT_SCHED_STACK_MIN */
    void *local;       /* at_sched_thread_local() of each thread at first; may be NULL */
    bool mark_stacks;  /* at_sched_thread_stack_used() is wanted: every new stack is filled, all its pages touched */
};

/* What a thread runs. Its result is what at_sched_thread_join() gets. */
typedef void *(*at_sched_thread_fn)(void *argument);

/* Where a thread continues; saved while it does not run. */
struct at_sched_context {
    uintptr_t stack_pointer;
    uintptr_t frame_pointer;
    uintptr_t program_counter;
};

/* A thread. Every member is the scheduler's. It lives at the top of its stack, and is gone once joined. */
struct at_sched_thread {
    void *local; /* first, see at_sched_current_local() */
    struct at_sched_context context;
    struct at_list_node link; /* in the run queue, a ring; or in the wait queue, or among the dead */
    struct at_sched_timer timeout;
    struct at_sched_wait_queue *waits_for; /* NULL when it sleeps or does not wait */
    struct at_list_node all;               /* in at_sched.threads */
    struct at_sched_wait_queue end;        /* woken by the end of the thread; knows its scheduler and its name */
    at_sched_thread_fn function;
    void *value; /* the argument before, the result after */
    struct at_span stack;
    at_status wake_status;
    uint8_t release; /* enum at_sched_release of internal.h */
    bool ended;
    bool cancelled, cancellable; /* it was asked to end; it may be cut short: <atman/sched/cancel.h> */
};

/* A scheduler, in the caller's memory. Every member is the scheduler's. Must not move. */
struct at_sched {
    struct at_sched_thread *current;
    struct at_list_node *place; /* in the run queue: before it goes whoever becomes ready; NULL: the queue is empty */
    uint32_t ready;             /* threads in the run queue */
    uint32_t round_left;        /* switches until events and timers are looked at */
    bool in_handler;            /* handlers or callbacks are running: nobody may give way */
    struct at_sched_timer_queue timers;
    struct at_sched_config config;
    struct at_list threads; /* all that exist, oldest first */
    uint32_t created;       /* how many ever were */
    struct at_list dead;    /* ended and detached: their stacks await release */
    struct at_sched_thread main;
};

/* at_sched_init makes the caller the thread "main", the first of `sched`. Calls no op. */
void at_sched_init(struct at_sched *sched, const struct at_sched_config *config);

/*
 * at_sched_fini ends `sched`; only "main" may call it. Releases the stacks of threads that ended detached.
 *
 * Returns AT_OK; the memory is the caller's again. AT_BUSY when another thread exists (running, or ended and not
 * joined) or a timer is pending; `sched` goes on as before.
 */
at_status at_sched_fini(struct at_sched *sched);

/*
 * at_sched_thread_create makes a thread that will run function(argument), last in the run queue; does not switch to
 * it.
 *
 * `name` (not NULL) is for reports; it is borrowed and must outlive the thread. `stack_size` is in bytes, 0 for the
 * scheduler's default. `*thread` is valid until it is joined, or once detached until it ends.
 *
 * Returns AT_OK; AT_INVALID when stack_size is neither 0 nor at least AT_SCHED_STACK_MIN; or what stack_alloc
 * returned. `*thread` is written only with AT_OK. Does not block. May be called from handlers. O(1).
 */
at_status at_sched_thread_create(struct at_sched *sched, struct at_sched_thread **thread, const char *name,
                                 at_sched_thread_fn function, void *argument, size_t stack_size);

/*
 * at_sched_thread_create_on is at_sched_thread_create() on a `stack` of the caller's, of at least AT_SCHED_STACK_MIN
 * bytes, and with at_sched_thread_local() being `local`. Such a thread belongs to nobody: joining and detaching it are
 * AT_INVALID. When it has ended and another thread runs, the stack is the caller's again; nothing tells so. Returns
 * AT_OK; AT_INVALID when the stack is too small. Does not block. May be called from handlers. O(1).
 */
at_status at_sched_thread_create_on(struct at_sched *sched, struct at_sched_thread **thread, const char *name,
                                    at_sched_thread_fn function, void *argument, struct at_span stack, void *local);

/* at_sched_thread_exit ends the current thread with `value`, as returning from its function does. Not for "main". */
AT_NORETURN void at_sched_thread_exit(struct at_sched *sched, void *value);

/*
 * at_sched_thread_join blocks until `thread` has ended, stores its result in `*value` (unless NULL) and releases it,
 * its stack included. May block; not from handlers.
 *
 * Returns AT_OK. At once and without effect: AT_INVALID when `thread` is the caller, "main" or detached; AT_BUSY when
 * another thread is joining it.
 */
at_status at_sched_thread_join(struct at_sched_thread *thread, void **value);

/*
 * at_sched_thread_detach lets `thread` be released as soon as it has ended, without a join; its result is lost. The
 * stack is given back at a later scheduling point. Never blocks.
 *
 * Returns AT_OK; AT_INVALID when it is "main" or detached already; AT_BUSY when a thread is joining it.
 */
at_status at_sched_thread_detach(struct at_sched_thread *thread);

/* at_sched_thread_yield lets every other thread that is ready run before the caller goes on. Not from handlers. */
void at_sched_thread_yield(struct at_sched *sched);

/*
 * at_sched_thread_sleep blocks the current thread until the monotonic clock reaches `deadline_ns`. With a deadline in
 * the past it yields until timers are next looked at; with AT_NEVER it never returns. Not from handlers.
 */
void at_sched_thread_sleep(struct at_sched *sched, uint64_t deadline_ns);

/* at_sched_thread_current returns the thread that runs, in handlers and callbacks the one that they interrupted. */
static inline struct at_sched_thread *at_sched_thread_current(const struct at_sched *sched)
{
    return sched->current;
}

/* at_sched_thread_name returns the name that `thread` was given. */
static inline const char *at_sched_thread_name(const struct at_sched_thread *thread)
{
    return thread->end.name;
}

/*
 * at_sched_thread_stack_used returns how many bytes of its stack `thread` has written at most, its control block
 * included; 0 for "main", and when the configuration does not mark stacks. Never blocks. O(what was not used).
 */
size_t at_sched_thread_stack_used(const struct at_sched_thread *thread);

/* at_sched_thread_local returns a pointer of the application's or its C library's that belongs to `thread`. */
static inline void *at_sched_thread_local(const struct at_sched_thread *thread)
{
    return thread->local;
}

/* at_sched_thread_set_local sets it. */
static inline void at_sched_thread_set_local(struct at_sched_thread *thread, void *local)
{
    thread->local = local;
}

/*
 * at_sched_current_local returns where at_sched_thread_local() of the thread that runs is as long as `sched` lasts, as
 * `**place`: for a C library's errno, at no cost for the switch. To the compiler it is no part of `sched`: read it in
 * objects that are not optimised together with this one.
 */
static inline void *const *const *at_sched_current_local(const struct at_sched *sched)
{
    return (void *const *const *)(const void *)&sched->current;
}

/* at_sched_now_ns reads the monotonic clock that deadlines are measured by. */
static inline uint64_t at_sched_now_ns(const struct at_sched *sched)
{
    return sched->config.ops->now_ns(sched->config.ctx);
}

/* at_sched_timers returns the timers that `sched` runs at its scheduling points: anybody may start theirs in it. */
static inline struct at_sched_timer_queue *at_sched_timers(struct at_sched *sched)
{
    return &sched->timers;
}

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_SCHED_THREAD_H */
