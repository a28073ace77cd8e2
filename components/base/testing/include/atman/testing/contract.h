/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_CONTRACT_H
#define ATMAN_TESTING_CONTRACT_H

/*
 * Contract suites: what every implementation of a seam must do, written once in plain C.
 *
 * The same table of cases runs under GoogleTest against the fake (see contract_gtest.h) and, linked into a kernel,
 * against the real thing on real Xen (at_contract_run()), so that a fake that lies is caught.
 *
 *     static void wakes_at_the_deadline(struct at_contract *t, void *env)
 *     {
 *         const struct at_wait *wait = env;
 *         uint64_t deadline = at_wait_now(*wait) + 1000;
 *
 *         AT_CHECK_EQ(t, at_wait_sleep(*wait, deadline), AT_TIMED_OUT);
 *         AT_CHECK(t, at_wait_now(*wait) >= deadline);
 *     }
 *     const struct at_contract_case at_wait_contract[] = {{"WakesAtTheDeadline", wakes_at_the_deadline}};
 *
 * Nothing here allocates, keeps a global or needs a C library.
 */

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_contract;

/* One case: `name` in UpperCamelCase, unique in its suite; `run` checks one promise of the thing at `env`. */
struct at_contract_case {
    const char *name;
    void (*run)(struct at_contract *t, void *env);
};

/* A check that failed. The strings live as long as the program, `detail` only during the call; it may be "". */
struct at_contract_failure {
    const char *file;
    int line;
    const char *expression;
    const char *detail; /* the two values of AT_CHECK_EQ, as text */
};

/* A case being run. Its runner fills it; a case only hands it to the macros below. */
struct at_contract {
    const char *name;
    unsigned failures;
    void (*fail)(struct at_contract *t, const struct at_contract_failure *failure);
    const void *ctx; /* the runner's */
};

/* Where at_contract_run() writes its report: whole lines with their newline, `size` bytes without a final NUL. */
struct at_contract_sink {
    void (*write)(void *ctx, const char *text, size_t size);
    void *ctx;
};

/*
 * at_contract_run runs the `count` cases at `cases` in order, each on `env`, and reports each to `sink` in one line,
 * "PASS name" or "FAIL name file:line: expression"; a case's further failures follow as "  and file:line: expression".
 * Lines longer than 255 bytes are cut. Returns how many cases failed.
 */
unsigned at_contract_run(const struct at_contract_case *cases, size_t count, void *env,
                         const struct at_contract_sink *sink);

/* AT_CHECK fails the case unless `condition` holds, and goes on. An expression: true when it held. */
#define AT_CHECK(t, condition) at_contract_check((t), !!(condition), #condition, __FILE__, __LINE__)

/* AT_CHECK_EQ fails the case unless the integers or pointers `a` and `b` are equal, names both values, and goes on. */
#define AT_CHECK_EQ(t, a, b) \
    at_contract_check_equal((t), (long long)(a), (long long)(b), #a " == " #b, __FILE__, __LINE__)

/* AT_REQUIRE is AT_CHECK that returns from the case when it fails: what follows would make no sense. */
#define AT_REQUIRE(t, condition)       \
    do {                               \
        if (!AT_CHECK((t), condition)) \
            return;                    \
    } while (0)

/* at_contract_check and at_contract_check_equal are what the macros call. */
bool at_contract_check(struct at_contract *t, bool held, const char *expression, const char *file, int line);
bool at_contract_check_equal(struct at_contract *t, long long a, long long b, const char *expression, const char *file,
                             int line);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_CONTRACT_H */
