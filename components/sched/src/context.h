/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_SCHED_CONTEXT_H
#define ATMAN_SCHED_CONTEXT_H

/*
 * The context switch for x86-64, System V ABI. See DESIGN.md for what is saved, and what is not.
 *
 * It is inline assembly that declares every register as overwritten, so the compiler saves just those that are alive
 * around it. rsp and rbp cannot be declared, so they are saved here. A switch jumps and never returns through a
 * stack: the processor's prediction of returns stays right.
 */

#include <stddef.h>

#include <atman/sched/thread.h>

_Static_assert(offsetof(struct at_sched_thread, local) == 0 && offsetof(struct at_sched_thread, context) == 8 &&
                   offsetof(struct at_sched_context, stack_pointer) == 0 &&
                   offsetof(struct at_sched_context, frame_pointer) == 8 &&
                   offsetof(struct at_sched_context, program_counter) == 16,
               "the assembly below knows these");

/*
 * at_sched_context_switch continues `to` and returns when somebody switches back to `from`. Returns the thread that
 * did. A context that has not run yet starts at its program_counter like a function called with (from, to).
 */
static inline struct at_sched_thread *at_sched_context_switch(struct at_sched_thread *from, struct at_sched_thread *to)
{
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rsp, 8(%[from])\n\t"
                     "movq %%rbp, 16(%[from])\n\t"
                     "movq %%rax, 24(%[from])\n\t"
                     "movq 8(%[to]), %%rsp\n\t"
                     "movq 16(%[to]), %%rbp\n\t"
                     "jmpq *24(%[to])\n"
                     "1:"
                     : [from] "+D"(from), [to] "+S"(to)
                     :
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1",
                       "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
                       "xmm13", "xmm14", "xmm15", "memory", "cc");
    return from;
}

#endif /* ATMAN_SCHED_CONTEXT_H */
