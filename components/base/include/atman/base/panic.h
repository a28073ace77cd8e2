/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_BASE_PANIC_H
#define ATMAN_BASE_PANIC_H

/*
 * The end: what happens when an invariant of the program itself is broken.
 *
 * For bugs only. Whatever a peer, a file, a configuration or a full memory can bring about is an at_status, not a
 * panic.
 */

#ifdef __cplusplus
#define AT_NORETURN [[noreturn]]
extern "C" {
#else
#define AT_NORETURN _Noreturn
#endif

/*
 * at_panic ends the program and shows `reason`, one line without a newline, to whoever operates it. It does not return,
 * allocate or wait for another party, and may be called from anywhere.
 *
 * A seam: the platform defines it. platforms/xen_pv prints the reason and a backtrace and shuts the domain down with
 * reason "crash"; platforms/host prints the reason and aborts the process.
 */
AT_NORETURN void at_panic(const char *reason);

#ifdef __cplusplus
}
#endif

/*
 * AT_ASSERT panics unless `condition` holds; the reason names the file, the line and the expression. Always compiled
 * in: a check that is too dear to keep does not belong in the code. Costs a compare, a branch never taken, and the
 * text; where AT_ASSERT_PLACE_ONLY is defined, as for kernels, the reason is the place and no more, since it tells the
 * rest.
 */
#define AT_ASSERT(condition)                                                               \
    (__builtin_expect(!(condition), 0)                                                     \
         ? at_panic(__FILE__ ":" AT_PANIC_TEXT_(__LINE__) AT_PANIC_EXPRESSION_(condition)) \
         : (void)0)

#ifdef AT_ASSERT_PLACE_ONLY
#define AT_PANIC_EXPRESSION_(condition)
#else
#define AT_PANIC_EXPRESSION_(condition) ": assertion failed: " #condition
#endif
#define AT_PANIC_TEXT_(line) AT_PANIC_QUOTE_(line)
#define AT_PANIC_QUOTE_(text) #text

#endif /* ATMAN_BASE_PANIC_H */
