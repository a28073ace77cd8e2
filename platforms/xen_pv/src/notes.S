/* SPDX-License-Identifier: ISC */
/*
 * What the domain builder reads before it makes the domain: xen/elfnote.h,
 * In the three sections that old tools look for by name.
 */
#include <xen/elfnote.h>

#include "layout.h"

.macro NOTE section, type, value:vararg
    .section .note.Xen.\section, "a", @note
    .balign 4
    .long 2f - 1f, 4f - 3f, \type
1:  .asciz "Xen"
2:  .balign 4
3:  \value
4:  .balign 4
.endm

.section .note.Xen.loader, "a", @note
.globl at_xen_pv_notes
at_xen_pv_notes:

NOTE loader, XEN_ELFNOTE_LOADER, .asciz "generic"
NOTE loader, XEN_ELFNOTE_GUEST_OS, .asciz "Atman"
NOTE version, XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
NOTE hypercall, XEN_ELFNOTE_HYPERCALL_PAGE, .quad at_xen_pv_stack_guard
NOTE loader, XEN_ELFNOTE_VIRT_BASE, .quad AT_XEN_PV_IMAGE_BASE
NOTE loader, XEN_ELFNOTE_PADDR_OFFSET, .quad AT_XEN_PV_IMAGE_BASE
NOTE loader, XEN_ELFNOTE_ENTRY, .quad at_xen_pv_entry
NOTE loader, XEN_ELFNOTE_INIT_P2M, .quad AT_XEN_PV_P2M_BASE

.section .note.GNU-stack, "", @progbits
