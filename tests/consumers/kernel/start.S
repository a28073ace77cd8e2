/* SPDX-License-Identifier: ISC */
/* Where Xen starts the kernel, and what the domain builder reads of it. */
#include <xen/elfnote.h>

    .section .text.start, "ax", @progbits
    .globl start
start: /* %rsi is the start info page */
    cld
    lea stack_top(%rip), %rsp
    xor %ebp, %ebp
    mov %rsi, %rdi
    call kernel
    ud2

    .bss
    .balign 4096
    .skip 16384
stack_top:

.macro NOTE type, value:vararg
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \value
2:  .balign 4
.endm

    .section .note.Xen, "a", @note
    NOTE XEN_ELFNOTE_GUEST_OS, .asciz "outside"
    NOTE XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
    NOTE XEN_ELFNOTE_LOADER, .asciz "generic"
    NOTE XEN_ELFNOTE_VIRT_BASE, .quad 0
    NOTE XEN_ELFNOTE_ENTRY, .quad start

    .section .note.GNU-stack, "", @progbits
