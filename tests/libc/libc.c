/* SPDX-License-Identifier: ISC */
/*
 * The C library on real Xen, as a program meets it: threads that share and that do not, time, memory, descriptors, the
 * environment, chance, and what is typed. Each check that holds is a line "ok NAME".
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int failed;

static void check(const char *name, int holds)
{
    printf("%s %s\n", holds ? "ok" : "FAILED", name);
    failed |= !holds;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn, turns;

/* Adds to `turns` when it is its turn, 100 times, and gives way inside the lock. */
static void *take_turns(void *argument)
{
    int mine = (int)(long)argument;

    for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % 4 != mine)
            pthread_cond_wait(&changed, &mutex);
        int before = turns;
        usleep(1);
        turns = before + 1;
        turn++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return argument;
}

static void check_threads(void)
{
    pthread_t threads[4];
    int right = 1;

    for (long i = 0; i < 4; i++)
        right &= pthread_create(&threads[i], NULL, take_turns, (void *)i) == 0;
    for (long i = 0; i < 4; i++) {
        void *result = NULL;

        right &= pthread_join(threads[i], &result) == 0 && result == (void *)i;
    }
    check("mutex and condition", right && turns == 400);
}

static void *set_errno(void *argument)
{
    int *seen = argument;

    errno = *seen;
    usleep(1000);
    *seen = errno;
    return NULL;
}

static void check_errno(void)
{
    pthread_t threads[2];
    int values[2] = {EDOM, ERANGE};

    errno = ENOENT;
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, set_errno, &values[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    check("errno of each thread", errno == ENOENT && values[0] == EDOM && values[1] == ERANGE);
}

static void *wait_for_ever(void *argument)
{
    sem_wait(argument);
    return NULL;
}

static void check_cancel(void)
{
    pthread_t thread;
    void *result = NULL;
    sem_t never;

    sem_init(&never, 0, 0);
    pthread_create(&thread, NULL, wait_for_ever, &never);
    usleep(1000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    check("cancellation of a wait", result == PTHREAD_CANCELED);
}

static void *end_at_once(void *argument)
{
    return argument;
}

static void check_many(void)
{
    pthread_attr_t attr;
    pthread_t thread;
    int made = 0;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 5000; i++) {
        made += pthread_create(&thread, &attr, end_at_once, NULL) == 0;
        usleep(0);
    }
    check("5000 detached threads", made == 5000);
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void check_time(void)
{
    uint64_t wall = now_ns(CLOCK_REALTIME), before = now_ns(CLOCK_MONOTONIC);
    const time_t now = time(NULL);
    struct tm parts;
    char text[32];

    usleep(20000);
    check("sleep", now_ns(CLOCK_MONOTONIC) - before >= 20000000);
    check("wall clock goes on", now_ns(CLOCK_REALTIME) - wall >= 20000000);
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H", &parts);
    printf("time %s\n", text);
    check("calendar", timegm(&parts) == now);
}

static void check_memory(void)
{
    static unsigned char *objects[500];
    static size_t sizes[500];
    unsigned seed = 1;
    int right = 1;

    for (int round = 0; round < 20000; round++) {
        int i = rand_r(&seed) % 500;

        for (size_t k = 0; k < sizes[i]; k += 97)
            right &= objects[i][k] == (unsigned char)i;
        free(objects[i]);
        sizes[i] = (size_t)rand_r(&seed) % (round % 50 == 0 ? 40000 : 900);
        objects[i] = malloc(sizes[i]);
        right &= objects[i] != NULL;
        memset(objects[i], i, sizes[i]);
    }
    for (int i = 0; i < 500; i++)
        free(objects[i]);
    check("20000 objects of the heap", right);
    errno = 0;
    check("too much memory", malloc((size_t)1 << 40) == NULL && errno == ENOMEM);
}

static void *write_later(void *argument)
{
    const int *fds = argument;

    usleep(2000);
    write(fds[1], "through the pipe", 16);
    close(fds[1]);
    return NULL;
}

static void check_descriptors(void)
{
    struct pollfd waiting = {.events = POLLIN};
    char text[32] = "";
    pthread_t thread;
    int fds[2];

    check("pipe", pipe(fds) == 0 && fds[0] == 3 && fds[1] == 4);
    waiting.fd = fds[0];
    pthread_create(&thread, NULL, write_later, fds);
    check("poll", poll(&waiting, 1, 0) == 0 && poll(&waiting, 1, -1) == 1 && waiting.revents & POLLIN);
    check("read", read(fds[0], text, sizeof text) == 16 && strcmp(text, "through the pipe") == 0);
    pthread_join(thread, NULL);
    check("end of file", read(fds[0], text, sizeof text) == 0 && close(fds[0]) == 0 && close(fds[0]) < 0);
}

static void check_chance(void)
{
    unsigned char bytes[32] = {0};
    int zero = 0;

    check("getrandom", getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes);
    for (size_t i = 0; i < COUNT_OF(bytes); i++)
        zero += bytes[i] == 0;
    check("getrandom is not zero", zero < 16);
}

static void check_input(void)
{
    char word[32];
    int number;

    puts("listening");
    check("scanf", scanf("%31s %d", word, &number) == 2 && strcmp(word, "answer") == 0 && number == 42);
    check("the rest of the line", getchar() == '\n');
    check("fgets", fgets(word, sizeof word, stdin) != NULL && strcmp(word, "edited\n") == 0);
}

static void at_end(void)
{
    puts("atexit was here");
}

int main(int argc, char **argv)
{
    const char *colour = getenv("COLOUR");

    check("environment", argc == 3 && strcmp(argv[2], "word") == 0 && colour && strcmp(colour, "deep blue") == 0);
    check("setenv", setenv("COLOUR", "red", 1) == 0 && strcmp(getenv("COLOUR"), "red") == 0);
    check_threads();
    check_errno();
    check_cancel();
    check_many();
    check_time();
    check_memory();
    check_descriptors();
    check_chance();
    check_input();
    atexit(at_end);
    return failed;
}
