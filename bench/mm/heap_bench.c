/* SPDX-License-Identifier: ISC */

/*
 * What the heap costs beside glibc, mimalloc, jemalloc and tcmalloc, in one run; and what page frames cost.
 *
 *     pair N      allocate and free one object of N bytes, the same every time
 *     batch N     allocate 1,000 objects of N bytes, then free them in the same order
 *     churn N     10,000 live objects of 16-1024 bytes, or of up to N: free a random one, allocate another
 *     realloc     grow a buffer from 64 bytes to 1 MiB by a half each time
 *     memory      held over live, at the peak of each: 10,000 objects of 16-1024 bytes, then 1,000,000 replacements
 *
 * Each allocator is a process of its own: this program again, with the library preloaded that shall serve malloc().
 * The processes measure in turns, one round each, so that other work on the machine meets all of them; what is printed
 * is each one's best round. The heap runs in one thread, without locks; the others have their fast paths for that.
 * What an allocator other than the heap holds is what its process got from Linux.
 *
 * `heap_bench --only ALLOCATOR CASE ROUNDS` runs one case by number in this process, for callgrind to count
 * instructions: `valgrind --tool=callgrind`, with LD_PRELOAD for an ALLOCATOR other than atman.
 */

#define _GNU_SOURCE /* pipe2 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atman/base/bits.h>
#include <atman/mm/heap.h>

#include "allocators.h"

#define PAGES ((size_t)65536)
#define ROUNDS 15

static struct at_mm_frames frames;
static _Alignas(64) struct at_mm_heap heap;
static uint8_t state[PAGES];

static void *heap_alloc(size_t size)
{
    return at_mm_heap_alloc(&heap, size);
}

static void *heap_realloc(void *object, size_t size)
{
    return at_mm_heap_realloc(&heap, object, size);
}

static void heap_free(void *object)
{
    at_mm_heap_free(&heap, object);
}

static size_t heap_held(void)
{
    struct at_mm_heap_stats stats;

    at_mm_heap_stats(&heap, &stats);
    return stats.pages << AT_MM_PAGE_SHIFT;
}

/* The process's resident memory. */
static size_t process_held(void)
{
    unsigned long total = 0, resident = 0;
    char text[128];
    FILE *f = fopen("/proc/self/statm", "r");

    if (!f || !fgets(text, sizeof(text), f) || sscanf(text, "%lu %lu", &total, &resident) != 2)
        exit(1);
    fclose(f);
    return resident * AT_MM_PAGE_SIZE;
}

static const struct allocator atman = {heap_alloc, heap_realloc, heap_free, heap_held};
static const struct allocator library = {malloc, realloc, free, process_held};

/* The columns of the table: what serves malloc() in each one's process, the heap's first: as it is, and unchecked. */
static const struct {
    const char *name, *preload, *package;
} columns[] = {
    {"atman", "", ""},
    {"unchecked", "", ""},
    {"glibc", "", ""},
    {"mimalloc", "libmimalloc.so.2", "libmimalloc2.0"},
    {"jemalloc", "libjemalloc.so.2", "libjemalloc2"},
    {"tcmalloc", "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4"},
};
#define COLUMNS AT_COUNT_OF(columns)
#define OTHERS 2 /* from here on they are not the heap */

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void start_heap(void)
{
    struct at_mm_frames_config config = {.pages = PAGES, .state = state, .ready_pages = PAGES};

    config.base = mmap(NULL, PAGES * AT_MM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (config.base == MAP_FAILED)
        exit(1);
    at_mm_frames_init(&frames, &config);
    at_mm_heap_init(&heap, &frames, 0);
}

/* One round of case `i`, or one of the two measurements of memory that follow the cases. */
static double measure(const struct allocator *a, size_t i)
{
    double start;
    size_t ops;

    if (i >= bench_case_count)
        return bench_overhead(a, i == bench_case_count ? 0 : 100);
    start = now_ns();
    ops = bench_cases[i].run(a, bench_cases[i].size);
    return (now_ns() - start) / (double)ops;
}

/* A child: answers each case number that it reads with what it measured. */
static int serve(const struct allocator *a)
{
    double result;
    size_t i;

    while (read(STDIN_FILENO, &i, sizeof(i)) == (ssize_t)sizeof(i)) {
        result = measure(a, i);
        if (write(STDOUT_FILENO, &result, sizeof(result)) != (ssize_t)sizeof(result))
            return 1;
    }
    return 0;
}

/* Whether what should serve malloc() here does: a library that the loader does not find it leaves out. */
static bool is_served_by(const char *name)
{
    for (size_t c = 0; c < COLUMNS; ++c)
        if (strcmp(columns[c].name, name) == 0 && columns[c].preload[0] != '\0')
            return dlopen(columns[c].preload, RTLD_LAZY | RTLD_NOLOAD) != NULL;
    return true;
}

struct child {
    int to, from;
};

/* Columns whose process ended by itself. */
static bool missing[COLUMNS];

static struct child start_child(size_t column, const char *unchecked)
{
    int to[2], from[2];

    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        exit(1);
    if (fork() == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        setenv("LD_PRELOAD", columns[column].preload, 1);
        execl(column == 1 ? unchecked : "/proc/self/exe", "heap_bench", "--serve", columns[column].name, NULL);
        _exit(1);
    }
    close(to[0]);
    close(from[1]);
    return (struct child){to[1], from[0]};
}

static bool ask(const struct child *child, size_t i, double *result)
{
    return write(child->to, &i, sizeof(i)) == (ssize_t)sizeof(i) &&
           read(child->from, result, sizeof(*result)) == (ssize_t)sizeof(*result);
}

/* Prints one row, measured in new processes: each column's best round, and the heap's two over the others' best. */
static void print_row(const char *name, size_t size, size_t i, int rounds, const char *unchecked)
{
    struct child children[COLUMNS];
    double best[COLUMNS], other = 1e18, result;

    for (size_t c = 0; c < COLUMNS; ++c) {
        best[c] = 1e18;
        if (!missing[c])
            children[c] = start_child(c, unchecked);
    }
    for (int round = 0; round < rounds; ++round)
        for (size_t c = 0; c < COLUMNS; ++c)
            if (!missing[c] && !ask(&children[c], i, &result))
                missing[c] = true;
            else if (!missing[c] && result < best[c])
                best[c] = result;
    printf("%-8s %7zu", name, size);
    for (size_t c = 0; c < COLUMNS; ++c) {
        if (missing[c]) {
            printf("          -");
            continue;
        }
        printf(" %10.1f", best[c]);
        if (c >= OTHERS && best[c] < other)
            other = best[c];
        close(children[c].to);
        close(children[c].from);
        wait(NULL);
    }
    printf(" %7.2f %7.2f\n", best[0] / other, best[1] / other);
}

static void compare(const char *unchecked)
{
    printf("%-16s", "ns an operation");
    for (size_t c = 0; c < COLUMNS; ++c)
        printf(" %10s", columns[c].name);
    printf("   over the best\n");
    for (size_t i = 0; i < bench_case_count; ++i)
        print_row(bench_cases[i].name, bench_cases[i].size, i, ROUNDS, unchecked);
    print_row("memory %", 10000, bench_case_count, 1, unchecked);
    print_row("memory %", 1000000, bench_case_count + 1, 1, unchecked);
    for (size_t c = 0; c < COLUMNS; ++c)
        if (missing[c])
            printf("%s: nothing was measured; its library is Debian's %s\n", columns[c].name, columns[c].package);
}

/* Pages in pairs and in batches, and the initialisation of a GiB. */
static void print_frames(void)
{
    enum { OPS = 200000, BATCH = 32 };
    static struct at_mm_frames large;
    const struct at_mm_frames_config config = {.base = (void *)(1ul << 30), .pages = 1ul << 18, .state = state};
    double pair = 1e18, batch = 1e18, init = 1e18;
    void *pages[BATCH];

    for (int round = 0; round < ROUNDS; ++round) {
        double t0 = now_ns(), t1, t2;

        for (size_t i = 0; i < OPS; ++i) {
            if (at_mm_frames_alloc(&frames, &pages[0], 0) != AT_OK)
                exit(1);
            at_mm_frames_free(&frames, pages[0], 0);
        }
        t1 = now_ns();
        for (size_t i = 0; i < OPS; i += BATCH) {
            for (size_t k = 0; k < BATCH; ++k)
                if (at_mm_frames_alloc(&frames, &pages[k], 0) != AT_OK)
                    exit(1);
            for (size_t k = 0; k < BATCH; ++k)
                at_mm_frames_free(&frames, pages[k], 0);
        }
        t2 = now_ns();
        for (size_t i = 0; i < 1000; ++i)
            at_mm_frames_init(&large, &config);
        init = (now_ns() - t2) / 1000 < init ? (now_ns() - t2) / 1000 : init;
        pair = (t1 - t0) / OPS < pair ? (t1 - t0) / OPS : pair;
        batch = (t2 - t1) / OPS < batch ? (t2 - t1) / OPS : batch;
    }
    printf("pages: %.1f ns to allocate and free one, %.1f each of %d; %.0f ns to initialise 1 GiB\n", pair, batch,
           BATCH, init);
}

int main(int argc, char **argv)
{
    const struct allocator *a = &library;

    if (argc > 2 && (strcmp(argv[2], "atman") == 0 || strcmp(argv[2], "unchecked") == 0))
        a = &atman;
    start_heap();
    if (argc == 3 && strcmp(argv[1], "--serve") == 0)
        return is_served_by(argv[2]) ? serve(a) : 1;
    if (argc == 5 && strcmp(argv[1], "--only") == 0) {
        for (int rounds = atoi(argv[4]); rounds > 0; --rounds)
            measure(a, (size_t)atoi(argv[3]));
        return 0;
    }
    signal(SIGPIPE, SIG_IGN); /* a child that has ended is told by write() */
    compare(argc == 2 ? argv[1] : "");
    print_frames();
    return 0;
}
