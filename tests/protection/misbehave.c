/* SPDX-License-Identifier: ISC */
/*
 * Does the one forbidden thing that its argument names. Whoever sees the guest reach "survived" has found a hole: a
 * page that can be written and executed, a stack without an end, a right that was taken back and still holds.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <atman/base/panic.h>
#include <atman/guest.h>
#include <atman/mm/pages.h>
#include <atman/mm/space.h>
#include <atman/xen/abi.h>
#include <atman/xen/event.h>
#include <atman/xen/grant.h>

#define RET 0xc3 /* the instruction */
/* The map of platforms/xen_pv/DESIGN.md: every page of the image has its place in the direct map as well. */
#define IMAGE_BASE 0x40340000u
#define P2M 0x200000u

/* The platform's own: the image's level-1 tables, the page below the boot stack, and what Xen told at the start. */
extern char at_xen_pv_tables[], at_xen_pv_stack_guard[], at_xen_pv_spare_pages[];
extern const start_info_t *at_xen_pv_start_info;
extern uintptr_t at_xen_pv_direct_base;

static const char constant[] = "read-only"; /* not volatile: that would make it writable data */
static unsigned char data[] = {RET};

/* What makes an image large, for one that has several level-1 tables. */
#ifdef BULK
static volatile unsigned char bulk[BULK];
#endif

/* Calls what is at `code`, by way of an integer: C has no cast from data to functions. */
static void call(const void *code)
{
    ((void (*)(void))(uintptr_t)code)();
}

static void harmless(void) {}

/* Where the direct map has the page of the image around `address`; hidden from gcc, which knows its own functions. */
static void *alias(uintptr_t address)
{
    volatile uintptr_t place = address - IMAGE_BASE + at_xen_pv_direct_base;

    return (void *)place;
}

static void write_byte(void *place)
{
    *(volatile unsigned char *)place = RET;
}

static void write_text(void)
{
    volatile uintptr_t text = (uintptr_t)call; /* hidden: gcc drops a function that is written to */

    write_byte((void *)text);
}

static void write_text_alias(void)
{
    write_byte(alias((uintptr_t)call));
}

static void write_rodata(void)
{
    *(volatile char *)(uintptr_t)constant = 'R';
}

static void write_rodata_alias(void)
{
    write_byte(alias((uintptr_t)constant));
}

static void write_table(void)
{
    write_byte(at_xen_pv_tables);
}

static void write_table_alias(void)
{
    write_byte(alias((uintptr_t)at_xen_pv_tables));
}

static void write_builders_table(void)
{
    write_byte(alias(at_xen_pv_start_info->pt_base));
}

static void execute_text_alias(void)
{
    call(alias((uintptr_t)harmless));
}

static void execute_p2m(void)
{
    volatile uintptr_t p2m = P2M;

    write_byte((void *)p2m);
    call((void *)p2m);
}

static void execute_shared_info(void)
{
    call(at_guest_events()->shared);
}

static void execute_grant_table(void)
{
    call(at_guest_grants()->table);
}

static void execute_rodata(void)
{
    static const unsigned char code[] = {RET};

    call(code);
}

static void execute_data(void)
{
    call(data);
}

static void execute_stack(void)
{
    volatile unsigned char code[] = {RET};

    call((const void *)(uintptr_t)code);
}

static void execute_heap(void)
{
    unsigned char *page = at_mm_pages_alloc(at_guest_pages());

    AT_ASSERT(page != NULL);
    page[0] = RET;
    call(page);
}

/* Maps `count` fresh pages in the window and writes to each. */
static unsigned char *map_pages(size_t count)
{
    uint64_t frames[2];
    void *window;

    AT_ASSERT(count <= 2);
    for (size_t i = 0; i < count; i++)
        frames[i] = at_mm_pages_frame(at_guest_pages(), at_mm_pages_alloc(at_guest_pages()));
    AT_ASSERT(at_mm_space_map(at_guest_space(), &window, frames, count, AT_MM_READ | AT_MM_WRITE) == AT_OK);
    for (size_t i = 0; i < count; i++)
        write_byte((unsigned char *)window + i * AT_MM_PAGE_SIZE);
    return window;
}

static void execute_window(void)
{
    call(map_pages(1));
}

static void read_unmapped(size_t count)
{
    unsigned char *window = map_pages(count);

    AT_ASSERT(at_mm_space_unmap(at_guest_space(), window, count) == AT_OK);
    (void)*(volatile unsigned char *)window;
}

/* One page at a time and several go different ways to Xen. */
static void read_unmapped_page(void)
{
    read_unmapped(1);
}

static void read_unmapped_pages(void)
{
    read_unmapped(2);
}

static void write_protected(size_t count)
{
    unsigned char *window = map_pages(count);

    AT_ASSERT(at_mm_space_protect(at_guest_space(), window, count, AT_MM_READ) == AT_OK);
    AT_ASSERT(window[0] == RET);
    write_byte(window);
}

static void write_protected_page(void)
{
    write_protected(1);
}

static void write_protected_pages(void)
{
    write_protected(2);
}

/* A page of the window belongs to whoever's frame is mapped there: nothing that a driver may grant. */
static void grant_window(void)
{
    printf("%llx\n", (unsigned long long)at_mm_pages_frame(at_guest_pages(), map_pages(1)));
}

/* Behind the image come shared_info and the two pages of the grant table, and then nothing that the builder mapped. */
static void read_behind_image(void)
{
    (void)*(volatile char *)(at_xen_pv_spare_pages + 2 * AT_MM_PAGE_SIZE);
}

static void read_behind_tables(void)
{
    (void)*(volatile char *)(at_xen_pv_spare_pages + 512 * AT_MM_PAGE_SIZE);
}

static void read_guard(void)
{
    (void)*(volatile char *)(at_xen_pv_stack_guard + 8);
}

static void read_page_0(void)
{
    volatile uintptr_t nowhere = 8;

    (void)*(volatile char *)nowhere;
}

static void call_page_0(void)
{
    volatile uintptr_t nowhere = 0;

    call((const void *)nowhere);
}

/* One page a step, so that no frame steps over the guard page. */
static unsigned sink(unsigned depth)
{
    volatile unsigned char frame[2048];

    frame[0] = (unsigned char)depth;
    return depth == UINT32_MAX ? 0 : sink(depth + 1) + frame[0];
}

static void overflow_stack(void)
{
    printf("depth %u\n", sink(0));
}

static void divide(void)
{
    volatile int zero = 0;

    printf("%d\n", 7 / zero); /* gcc has a way to divide 1 that needs no division */
}

static void undefined(void)
{
    __builtin_trap();
}

static void privileged(void)
{
    __asm__ volatile("hlt");
}

/* An exception whose error code is not 0: the selector, which is beyond all that Xen gives a guest. */
static void load_segment(void)
{
    __asm__ volatile("mov %w0, %%es" : : "r"(0x1230));
}

static void breakpoint(void)
{
    __asm__ volatile("int3");
}

static void step(void)
{
    __asm__ volatile("pushf; orl $0x100, (%rsp); popf; nop");
}

/* 1 / 0 with the exception for it unmasked. (The same by SSE is no test: QEMU never raises #XM.) */
static void divide_x87(void)
{
    uint16_t control = 0x37f & ~0x4u;

    __asm__ volatile("fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(control));
}

/* Each register with a value that tells which it is. */
static void registers(void)
{
    __asm__ volatile(
        "mov $0xfa, %eax; mov $0xfb, %ebx; mov $0xfc, %ecx; mov $0xfd, %edx; mov $0xf1, %esi; mov $0xf2, %edi\n"
        "mov $0xf3, %ebp; mov $0xf8, %r8d; mov $0xf9, %r9d; mov $0xf10, %r10d; mov $0xf11, %r11d; mov $0xf12, %r12d\n"
        "mov $0xf13, %r13d; mov $0xf14, %r14d; mov $0xf15, %r15d; ud2");
}

/* Frame pointers that lead nowhere, each in another way: the report must come to its end. */
static void die_with_frame_pointer(uintptr_t frame)
{
    __asm__ volatile("mov %0, %%rbp; ud2" : : "r"(frame));
}

static void unaligned_frame(void)
{
    die_with_frame_pointer((uintptr_t)at_xen_pv_stack_guard + AT_MM_PAGE_SIZE + 4);
}

static void guard_frame(void)
{
    die_with_frame_pointer((uintptr_t)at_xen_pv_stack_guard);
}

/* A frame that is its own caller. */
static void endless_frame(void)
{
    uintptr_t record[2] = {(uintptr_t)record, (uintptr_t)harmless};

    __asm__ volatile("mov %0, %%rbp; ud2" : : "r"(record), "m"(record));
}

static void panic(void)
{
    at_panic("as the test wants it");
}

static void assertion(void)
{
    AT_ASSERT(data[0] != RET);
}

static const struct {
    const char *name;
    void (*act)(void);
} acts[] = {
    {"write-text", write_text},
    {"write-text-alias", write_text_alias},
    {"write-rodata", write_rodata},
    {"write-rodata-alias", write_rodata_alias},
    {"write-table", write_table},
    {"write-table-alias", write_table_alias},
    {"write-builders-table", write_builders_table},
    {"execute-rodata", execute_rodata},
    {"execute-data", execute_data},
    {"execute-stack", execute_stack},
    {"execute-heap", execute_heap},
    {"execute-text-alias", execute_text_alias},
    {"execute-p2m", execute_p2m},
    {"execute-shared-info", execute_shared_info},
    {"execute-grant-table", execute_grant_table},
    {"execute-window", execute_window},
    {"read-page-0", read_page_0},
    {"call-page-0", call_page_0},
    {"read-behind-image", read_behind_image},
    {"read-behind-tables", read_behind_tables},
    {"read-guard", read_guard},
    {"overflow-stack", overflow_stack},
    {"read-unmapped-page", read_unmapped_page},
    {"read-unmapped-pages", read_unmapped_pages},
    {"write-protected-page", write_protected_page},
    {"write-protected-pages", write_protected_pages},
    {"grant-window", grant_window},
    {"divide", divide},
    {"undefined", undefined},
    {"privileged", privileged},
    {"load-segment", load_segment},
    {"breakpoint", breakpoint},
    {"step", step},
    {"divide-x87", divide_x87},
    {"registers", registers},
    {"unaligned-frame", unaligned_frame},
    {"guard-frame", guard_frame},
    {"endless-frame", endless_frame},
    {"panic", panic},
    {"assertion", assertion},
};

int main(int argc, char **argv)
{
#ifdef BULK
    for (size_t i = 0; i < sizeof(bulk); i += AT_MM_PAGE_SIZE)
        bulk[i] = RET; /* all of it is there */
#endif
    for (size_t i = 0; argc == 2 && i < sizeof(acts) / sizeof(acts[0]); i++) {
        if (strcmp(argv[1], acts[i].name) == 0) {
            printf("about to %s\n", acts[i].name);
            acts[i].act();
            printf("survived\n");
            return 0;
        }
    }
    return 64; /* no such act: the test is wrong */
}
