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
 * AT_ASSERT panics unless `condition` holds; the reason names the file and the line, where the expression can be read: its
 * text would be a twentieth of a small kernel. Always compiled in: a check that is too dear to keep does not belong in
 * the code. Costs a compare and a branch never taken.
 */
#define AT_ASSERT(condition)          \
    (__builtin_expect(!(condition), 0) \
         ? at_panic(__FILE__ ":" AT_PANIC_TEXT_(__LINE__) ": assertion failed") \
         : (void)0)

#define AT_PANIC_TEXT_(line) AT_PANIC_QUOTE_(line)
#define AT_PANIC_QUOTE_(text) #text

#endif /* ATMAN_BASE_PANIC_H */
