/* SPDX-License-Identifier: ISC */
/*
 * pthread_cancel(): a mark, and the end of the wait of whoever is marked. In the place of musl's pthread_cancel.c,
 * which sends a signal. A thread ends at its next cancellation point; PTHREAD_CANCEL_ASYNCHRONOUS ends it there too,
 * and at once only if it cancels itself, for nothing interrupts a thread here.
 */

#include "pthread_impl.h"

#include "park.h"
#include "serve.h"

static long cancel(struct pthread *self)
{
    if (self->canceldisable == PTHREAD_CANCEL_ENABLE || self->cancelasync) {
        pthread_exit(PTHREAD_CANCELED);
    }
    self->canceldisable = PTHREAD_CANCEL_DISABLE;
    return -ECANCELED;
}

long at_libc_cancellation(void)
{
    struct pthread *self = __pthread_self();
    return self->cancel && self->canceldisable != PTHREAD_CANCEL_DISABLE ? cancel(self) : 0;
}

void __testcancel(void)
{
    struct pthread *self = __pthread_self();
    if (self->cancel && !self->canceldisable) {
        cancel(self);
    }
}

int pthread_cancel(pthread_t thread)
{
    thread->cancel = 1;
    if (thread != __pthread_self()) {
        if (thread->canceldisable != PTHREAD_CANCEL_DISABLE) {
            at_libc_interrupt(thread);
        }
    } else if (thread->canceldisable == PTHREAD_CANCEL_ENABLE && thread->cancelasync) {
        pthread_exit(PTHREAD_CANCELED);
    }
    return 0;
}
