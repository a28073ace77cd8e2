/* SPDX-License-Identifier: ISC */
/*
 * Signals do not exist here: nobody sends one. What programs do about them for good measure, such as ignoring SIGPIPE,
 * succeeds, and no handler is ever called. In the place of musl's src/signal and pthread_sigmask.c, which ask a kernel.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

/* Whether a handler for `number` could be set on Linux. */
static int can_handle(int number)
{
    return number > 0 && number < _NSIG && number != SIGKILL && number != SIGSTOP;
}

int sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    static struct sigaction actions[_NSIG];
    if (!can_handle(number)) {
        errno = EINVAL;
        return -1;
    }
    struct sigaction old = actions[number];
    if (action != NULL) {
        actions[number] = *action;
    }
    if (before != NULL) {
        *before = old;
    }
    return 0;
}

void (*signal(int number, void (*handler)(int)))(int)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
    return sigaction(number, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

int pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
    if (set != NULL && how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK) {
        return EINVAL;
    }
    if (before != NULL) {
        memset(before, 0, sizeof *before);
    }
    return 0;
}

int sigprocmask(int how, const sigset_t *set, sigset_t *before)
{
    int error = pthread_sigmask(how, set, before);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return 0;
}
