/* SPDX-License-Identifier: ISC */
#include <atman/testing/sched_contract.h>

#include <atman/base/bits.h>
#include <atman/base/clock.h>
#include <atman/sched/lock.h>

#define MICROSECOND ((uint64_t)1000)

static struct at_sched *sched_of(void *env)
{
    return ((struct at_sched_contract_env *)env)->sched;
}

/* What the threads of a case share. */
struct shared {
    struct at_contract *t;
    struct at_sched *sched;
    struct at_sched_wait_queue queue;
    struct at_sched_mutex mutex;
    struct at_sched_semaphore semaphore;
    uint64_t deadline_ns;
    int turns;
    int inside;
};

static void share(struct shared *shared, struct at_contract *t, void *env)
{
    *shared = (struct shared){.t = t, .sched = sched_of(env)};
    at_sched_wait_queue_init(&shared->queue, shared->sched, "contract");
    at_sched_mutex_init(&shared->mutex, shared->sched, "contract");
    at_sched_semaphore_init(&shared->semaphore, shared->sched, "contract", 0);
}

static struct at_sched_thread *spawn(struct shared *shared, at_sched_thread_fn function)
{
    struct at_sched_thread *thread = NULL;

    AT_CHECK_EQ(shared->t, at_sched_thread_create(shared->sched, &thread, "contract", function, shared, 0), AT_OK);
    return thread;
}

static void *return_argument(void *argument)
{
    return argument;
}

static void *exit_argument(void *argument)
{
    at_sched_thread_exit(((struct shared *)argument)->sched, argument);
}

static void join_gets_the_result(struct at_contract *t, void *env)
{
    static const at_sched_thread_fn functions[] = {return_argument, exit_argument};
    struct shared shared;

    share(&shared, t, env);
    for (size_t i = 0; i < AT_COUNT_OF(functions); i++) {
        struct at_sched_thread *thread = spawn(&shared, functions[i]);
        void *value = NULL;

        AT_REQUIRE(t, thread != NULL);
        AT_CHECK_EQ(t, at_sched_thread_join(thread, &value), AT_OK);
        AT_CHECK(t, value == &shared);
    }
}

static void *take_turns(void *argument)
{
    struct shared *shared = argument;

    for (int i = 0; i < 100; i++) {
        AT_CHECK_EQ(shared->t, shared->turns % 2, 1);
        shared->turns++;
        at_sched_thread_yield(shared->sched);
    }
    return NULL;
}

static void yield_alternates(struct at_contract *t, void *env)
{
    struct at_sched_thread *thread;
    struct shared shared;

    share(&shared, t, env);
    thread = spawn(&shared, take_turns);
    AT_REQUIRE(t, thread != NULL);
    for (int i = 0; i < 100; i++) {
        AT_CHECK_EQ(t, shared.turns % 2, 0);
        shared.turns++;
        at_sched_thread_yield(shared.sched);
    }
    AT_CHECK_EQ(t, at_sched_thread_join(thread, NULL), AT_OK);
    AT_CHECK_EQ(t, shared.turns, 200);
}

/* More stacks than would be there if ended threads kept theirs. */
static void ended_threads_give_their_stacks_back(struct at_contract *t, void *env)
{
    struct at_sched_thread *thread;
    struct shared shared;

    share(&shared, t, env);
    for (int i = 0; i < 1000; i++) {
        thread = spawn(&shared, return_argument);
        AT_REQUIRE(t, thread != NULL);
        if (i % 2) {
            AT_CHECK_EQ(t, at_sched_thread_join(thread, NULL), AT_OK);
        } else {
            AT_CHECK_EQ(t, at_sched_thread_detach(thread), AT_OK);
            at_sched_thread_yield(shared.sched);
        }
    }
}

static void stack_of_size_max_is_refused(struct at_contract *t, void *env)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 4094, SIZE_MAX - 8190, SIZE_MAX / 2 + 1};
    struct shared shared;

    share(&shared, t, env);
    for (size_t i = 0; i < AT_COUNT_OF(sizes); i++) {
        struct at_sched_thread *thread;

        AT_CHECK(t, at_sched_thread_create(shared.sched, &thread, "contract", return_argument, &shared, sizes[i]) !=
                        AT_OK);
    }
}

static void clock_does_not_run_backwards(struct at_contract *t, void *env)
{
    uint64_t before = at_sched_now_ns(sched_of(env));

    for (int i = 0; i < 1000; i++) {
        uint64_t now = at_sched_now_ns(sched_of(env));

        AT_REQUIRE(t, now >= before);
        before = now;
    }
}

static void sleep_is_never_too_short(struct at_contract *t, void *env)
{
    static const uint64_t times_ns[] = {0, 1, MICROSECOND, 100 * MICROSECOND, 1000 * MICROSECOND};
    struct at_sched *sched = sched_of(env);

    for (size_t i = 0; i < AT_COUNT_OF(times_ns); i++) {
        uint64_t deadline_ns = at_clock_after(at_sched_now_ns(sched), times_ns[i]);

        at_sched_thread_sleep(sched, deadline_ns);
        AT_CHECK(t, at_sched_now_ns(sched) >= deadline_ns);
    }
    at_sched_thread_sleep(sched, 0); /* the past: returns */
}

static void wait_times_out_at_its_deadline(struct at_contract *t, void *env)
{
    struct shared shared;
    uint64_t deadline_ns;

    share(&shared, t, env);
    deadline_ns = at_sched_now_ns(shared.sched) + 200 * MICROSECOND;
    AT_CHECK_EQ(t, at_sched_wait(&shared.queue, deadline_ns), AT_TIMED_OUT);
    AT_CHECK(t, at_sched_now_ns(shared.sched) >= deadline_ns);
    AT_CHECK_EQ(t, at_sched_semaphore_wait(&shared.semaphore, 0), AT_TIMED_OUT);
}

static void *sleep_then_wake(void *argument)
{
    struct shared *shared = argument;

    at_sched_thread_sleep(shared->sched, shared->deadline_ns);
    AT_CHECK(shared->t, at_sched_wake_one(&shared->queue) != NULL);
    return NULL;
}

static void thread_wakes_another_from_sleep(struct at_contract *t, void *env)
{
    struct at_sched_thread *thread;
    struct shared shared;

    share(&shared, t, env);
    shared.deadline_ns = at_sched_now_ns(shared.sched) + 200 * MICROSECOND;
    thread = spawn(&shared, sleep_then_wake);
    AT_REQUIRE(t, thread != NULL);
    AT_CHECK_EQ(t, at_sched_wait(&shared.queue, AT_NEVER), AT_OK);
    AT_CHECK_EQ(t, at_sched_thread_join(thread, NULL), AT_OK);
}

static void *lock_and_dawdle(void *argument)
{
    struct shared *shared = argument;

    for (int i = 0; i < 10; i++) {
        at_sched_mutex_lock(&shared->mutex);
        AT_CHECK_EQ(shared->t, ++shared->inside, 1);
        at_sched_thread_sleep(shared->sched, 0);
        AT_CHECK_EQ(shared->t, --shared->inside, 0);
        at_sched_mutex_unlock(&shared->mutex);
    }
    return NULL;
}

static void mutex_excludes(struct at_contract *t, void *env)
{
    struct at_sched_thread *threads[4];
    struct shared shared;

    share(&shared, t, env);
    for (size_t i = 0; i < AT_COUNT_OF(threads); i++)
        threads[i] = spawn(&shared, lock_and_dawdle);
    for (size_t i = 0; i < AT_COUNT_OF(threads); i++) {
        if (AT_CHECK(t, threads[i] != NULL))
            AT_CHECK_EQ(t, at_sched_thread_join(threads[i], NULL), AT_OK);
    }
}

/* A timer that posts a semaphore, as a driver's would. */
struct alarm {
    struct at_sched_timer timer;
    struct at_sched_semaphore *semaphore;
};

static void post(struct at_sched_timer *timer)
{
    at_sched_semaphore_post(AT_CONTAINER_OF(timer, struct alarm, timer)->semaphore);
}

static void timer_runs_while_threads_yield(struct at_contract *t, void *env)
{
    struct shared shared;
    struct alarm alarm = {.semaphore = &shared.semaphore};

    share(&shared, t, env);
    at_sched_timer_start(at_sched_timers(shared.sched), &alarm.timer, at_sched_now_ns(shared.sched), post);
    for (int i = 0; i < 2 * AT_SCHED_ROUND_MIN; i++)
        at_sched_thread_yield(shared.sched);
    AT_CHECK_EQ(t, at_sched_semaphore_try_wait(&shared.semaphore), AT_OK);
    AT_CHECK_EQ(t, at_sched_timer_stop(at_sched_timers(shared.sched), &alarm.timer), 0);
}

const struct at_contract_case *at_sched_contract(size_t *count)
{
    static const struct at_contract_case cases[] = {
        {"JoinGetsTheResult", join_gets_the_result},
        {"YieldAlternates", yield_alternates},
        {"EndedThreadsGiveTheirStacksBack", ended_threads_give_their_stacks_back},
        {"StackOfSizeMaxIsRefused", stack_of_size_max_is_refused},
        {"ClockDoesNotRunBackwards", clock_does_not_run_backwards},
        {"SleepIsNeverTooShort", sleep_is_never_too_short},
        {"WaitTimesOutAtItsDeadline", wait_times_out_at_its_deadline},
        {"ThreadWakesAnotherFromSleep", thread_wakes_another_from_sleep},
        {"MutexExcludes", mutex_excludes},
        {"TimerRunsWhileThreadsYield", timer_runs_while_threads_yield},
    };

    *count = AT_COUNT_OF(cases);
    return cases;
}
