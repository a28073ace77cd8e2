/* SPDX-License-Identifier: ISC */
/*
 * How threads begin and end, and their memory: what musl's pthread_create.c asks of a kernel. In the place of musl's
 * src/thread/x86_64/clone.s and __unmapself.s.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "lock.h"
#include "pthread_impl.h"
#include "stdio_impl.h"

#include <atman/libc/thread.h>

#define PAGE ((size_t)4096)

unsigned __default_stacksize = 32768; /* not upstream's 128 KiB: a stack's memory is there from the beginning */
unsigned __default_guardsize = PAGE;

/* Upstream's, which stand under these names in an object of their own: see BUILD and alone.c. */
hidden void at_libc_lock(volatile int *);
hidden void at_libc_unlock(volatile int *);
hidden int at_libc_lockfile(FILE *);
hidden void at_libc_unlockfile(FILE *);

void __lock(volatile int *lock)
{
    at_libc_lock(lock);
}

void __unlock(volatile int *lock)
{
    at_libc_unlock(lock);
}

int __lockfile(FILE *file)
{
    return at_libc_lockfile(file);
}

void __unlockfile(FILE *file)
{
    at_libc_unlockfile(file);
}

/* The stack of a thread that ended detached. It may be the one in use until another thread runs. */
static struct at_span left;

static void free_left(void)
{
    if (left.data != NULL) {
        at_libc_stack_free(left);
        left.data = NULL;
    }
}

static struct at_span stack_of(void *map, size_t size)
{
    return at_span_of((unsigned char *)map + PAGE, size - PAGE);
}

/* Only pthread_create() asks, for a stack with a guard below it: that is absent whatever is protected afterwards. */
void *__mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    struct at_span stack;
    (void)address, (void)flags, (void)fd, (void)offset;
    free_left();
    if (protection != PROT_NONE || size <= PAGE || at_libc_stack_alloc(&stack, size - PAGE) != AT_OK) {
        return MAP_FAILED;
    }
    /* At its top come the thread's state and its keys, which upstream takes for zeroes, as from a kernel. */
    size_t state = libc.tls_size + __pthread_tsd_size;
    memset(stack.data + stack.size - state, 0, state);
    return stack.data - PAGE;
}

int __mprotect(void *address, size_t size, int protection)
{
    (void)address, (void)size, (void)protection;
    return 0;
}

int __munmap(void *map, size_t size)
{
    at_libc_stack_free(stack_of(map, size));
    return 0;
}

_Noreturn void at_libc_sys_exit(void)
{
    /* Held by who ends, and let go by the kernel when he has: see musl's __pthread_exit(). */
    a_store(&__thread_list_lock, 0);
    __wake(&__thread_list_lock, 1, 0);
    at_libc_thread_end();
}

void __unmapself(void *map, size_t size)
{
    free_left();
    left = stack_of(map, size);
    at_libc_sys_exit();
}

/* What a new thread runs, at the top of its stack. */
struct beginning {
    struct at_libc_start start;
    int (*function)(void *);
    void *argument;
};

static void begin(void *argument)
{
    struct beginning *beginning = argument;
    beginning->function(beginning->argument);
}

int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    static int last = 1;
    va_list more;
    (void)flags;
    va_start(more, argument);
    int *id = va_arg(more, int *);
    struct pthread *thread = va_arg(more, void *);
    va_end(more);

    struct beginning *top = (struct beginning *)((uintptr_t)stack & -16ul) - 1;
    unsigned char *bottom = (unsigned char *)thread->stack - thread->stack_size;
    *top = (struct beginning){{begin, top}, function, argument};
    struct at_span rest = at_span_of(bottom, (size_t)((unsigned char *)top - bottom));
    if (at_libc_thread_start(&top->start, thread, rest) != AT_OK) {
        return -EAGAIN;
    }
    *id = last = last % 0x3fffffff + 1; /* what a mutex has bits for */
    return *id;
}
