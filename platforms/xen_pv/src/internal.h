/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_PV_INTERNAL_H
#define ATMAN_XEN_PV_INTERNAL_H

/* What the parts of this platform know of each other. Nothing here is for components or applications. */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/panic.h>
#include <atman/base/status.h>
#include <atman/xen/abi.h>

#include "layout.h"

/* Page-table entry bits, Intel SDM volume 3, section 4.5. Xen adds the user bit itself. */
#define AT_XEN_PV_PTE_PRESENT 0x1ul
#define AT_XEN_PV_PTE_WRITE 0x2ul
#define AT_XEN_PV_PTE_ACCESSED 0x20ul
#define AT_XEN_PV_PTE_DIRTY 0x40ul
#define AT_XEN_PV_PTE_NX (1ul << 63)
#define AT_XEN_PV_PTE_FRAME 0x000ffffffffff000ul

#define AT_XEN_PV_PTE_RX (AT_XEN_PV_PTE_PRESENT | AT_XEN_PV_PTE_ACCESSED)
#define AT_XEN_PV_PTE_R (AT_XEN_PV_PTE_RX | AT_XEN_PV_PTE_NX)
#define AT_XEN_PV_PTE_RW (AT_XEN_PV_PTE_R | AT_XEN_PV_PTE_WRITE | AT_XEN_PV_PTE_DIRTY)
/* A table's entry in the level above; without NX only for the image's own tables. */
#define AT_XEN_PV_PTE_TABLE (AT_XEN_PV_PTE_RX | AT_XEN_PV_PTE_WRITE | AT_XEN_PV_PTE_DIRTY)

/* Made by xen_pv.lds. Addresses only. */
extern char at_xen_pv_text_end[], at_xen_pv_rodata_end[], at_xen_pv_image_end[];
extern uint64_t at_xen_pv_tables[][AT_XEN_PV_TABLE_ENTRIES], at_xen_pv_tables_end[][AT_XEN_PV_TABLE_ENTRIES];
extern char at_xen_pv_stack_guard[], at_xen_pv_stack[], at_xen_pv_stack_top[];
extern shared_info_t at_xen_pv_shared_info;
extern const uint32_t at_xen_pv_build_id[]; /* a note: sizes of name and id, type, name, id */
extern char at_xen_pv_spare_pages[];

/* The start info page, at its address in the direct map; from the first line of at_xen_pv_start() on. */
extern const start_info_t *at_xen_pv_start_info;

/*
 * at_xen_pv_protect_image gives the image its final page tables: text R-X, constants R--, data RW-, a guard page under
 * the boot stack, shared_info, and nothing else; the builder's mapping moves to the direct map, where nothing can be
 * executed. Takes the start info page at its boot address and sets at_xen_pv_start_info. Two hypercalls. Panics
 * (quietly: there is no console yet) if Xen refuses.
 */
void at_xen_pv_protect_image(const start_info_t *boot_info);

/* at_xen_pv_install_traps makes every exception end in at_xen_pv_trap(). One hypercall. */
void at_xen_pv_install_traps(void);

/* at_xen_pv_console_start makes at_console_write() work. No hypercall. */
void at_xen_pv_console_start(void);

/* at_xen_pv_console_drain waits, a bounded time, until all that was written has been read. */
void at_xen_pv_console_drain(void);

/*
 * What a crash report ends with, if a part that only some kernels link has set it. The function sets this to NULL
 * before it does anything that can fail, so that its own crash does not begin it anew.
 */
extern void (*at_xen_pv_last_words)(void);

/* at_xen_pv_crash speaks the last words, drains the console and ends the domain with reason crash. */
AT_NORETURN void at_xen_pv_crash(void);

/* at_xen_pv_backtrace writes the return addresses from frame pointer `rbp` up to the console, at most 32. */
void at_xen_pv_backtrace(uint64_t rbp);

/*
 * at_xen_pv_write_hex writes `value` as 0x and 16 digits, at_xen_pv_write a string, and at_xen_pv_write_bytes `size`
 * bytes, to the console; in a kernel with a capsule to that as well. For reports, and nothing else.
 */
void at_xen_pv_write_hex(uint64_t value);
void at_xen_pv_write(const char *text);
void at_xen_pv_write_bytes(const char *text, size_t size);

/* Where the direct map begins in this boot: entry.S has chosen. */
extern uintptr_t at_xen_pv_direct_base;

/* at_xen_pv_direct returns where the direct map has page `pfn` of the domain. */
static inline void *at_xen_pv_direct(uint64_t pfn)
{
    return (void *)(at_xen_pv_direct_base + (pfn << AT_XEN_PV_PAGE_SHIFT));
}

/* at_xen_pv_pfn_of_frame returns the pfn of one of the domain's own machine frames, by Xen's read-only table. */
static inline uint64_t at_xen_pv_pfn_of_frame(uint64_t frame)
{
    return machine_to_phys_mapping[frame];
}

/* at_xen_pv_frame_of_pfn returns the machine frame of page `pfn`, from the list the builder left. */
static inline uint64_t at_xen_pv_frame_of_pfn(uint64_t pfn)
{
    return ((const uint64_t *)AT_XEN_PV_P2M_BASE)[pfn];
}

/*
 * at_xen_pv_frame_of returns the machine frame of the page around `address`, which lies in the direct map or the image;
 * panics for any other, since a wrong frame in a grant or a page table would hand out somebody else's page.
 */
uint64_t at_xen_pv_frame_of(const void *address);

/* at_xen_pv_table returns the page table that `entry` of a higher one points at, in the direct map. */
static inline uint64_t *at_xen_pv_table(uint64_t entry)
{
    uint64_t frame = (entry & AT_XEN_PV_PTE_FRAME) >> AT_XEN_PV_PAGE_SHIFT;

    return (uint64_t *)at_xen_pv_direct(at_xen_pv_pfn_of_frame(frame));
}

/* at_xen_pv_slot returns the index of `va` in its table of `level` (1 the lowest). */
static inline unsigned at_xen_pv_slot(uintptr_t va, unsigned level)
{
    return (va >> (AT_XEN_PV_PAGE_SHIFT + 9 * (level - 1))) % AT_XEN_PV_TABLE_ENTRIES;
}

#endif /* ATMAN_XEN_PV_INTERNAL_H */
