/* SPDX-License-Identifier: ISC */
/*
 * Does the one forbidden thing that its argument names. Whoever sees the guest reach "survived" has found a hole: a
 * page that is writable and executable, a page 0 that is mapped, a stack without an end.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <atman/base/panic.h>
#include <atman/guest.h>
#include <atman/mm/pages.h>

#define RET 0xc3 /* the instruction */

static const char constant[] = "read-only"; /* not volatile: that would make it writable data */
static unsigned char data[] = {RET};

/* Calls what is at `code`, by way of an integer: C has no cast from data to functions. */
static void call(const void *code)
{
    ((void (*)(void))(uintptr_t)code)();
}

static void write_text(void)
{
    volatile uintptr_t text = (uintptr_t)call; /* hidden: gcc drops a function that is written to */

    *(volatile unsigned char *)text = RET;
}

static void write_rodata(void)
{
    *(volatile char *)(uintptr_t)constant = 'R';
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
    {"write-text", write_text},       {"write-rodata", write_rodata}, {"execute-data", execute_data},
    {"execute-stack", execute_stack}, {"execute-heap", execute_heap}, {"read-page-0", read_page_0},
    {"call-page-0", call_page_0},     {"divide", divide},             {"overflow-stack", overflow_stack},
    {"undefined", undefined},         {"privileged", privileged},     {"panic", panic},
    {"assertion", assertion},
};

int main(int argc, char **argv)
{
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
