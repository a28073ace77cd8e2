/* SPDX-License-Identifier: ISC */
/*
 * Makes the mistake with a buffer that its argument names. Whoever sees the guest reach "survived" has found one that
 * goes unseen. Or tells where this boot has put things.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <atman/guest.h>
#include <atman/mm/heap.h>

#define SIZE 40 /* of an object: its class has more bytes than the checked heap's pattern hides */

/* What the compiler compares (gcc, -mstack-protector-guard=global). */
extern uintptr_t __stack_chk_guard;

/* Writes past a buffer, over the canary and what the caller needs. */
static __attribute__((noinline)) void fill(size_t size)
{
    volatile char buffer[16];

    for (size_t i = 0; i < size; i++)
        buffer[i] = 'A';
    (void)buffer[0];
}

static void overrun_buffer(void)
{
    fill(64);
}

static void free_twice(void)
{
    void *object = at_mm_heap_alloc(at_guest_heap(), SIZE);

    at_mm_heap_free(at_guest_heap(), object);
    at_mm_heap_free(at_guest_heap(), object);
}

static void free_middle(void)
{
    char *object = at_mm_heap_alloc(at_guest_heap(), SIZE);

    at_mm_heap_free(at_guest_heap(), object + SIZE / 2);
}

/* Writes `count` bytes at `offset` of an object that was freed, and takes it again. */
static void write_free_at(size_t offset, size_t count)
{
    volatile char *object = at_mm_heap_alloc(at_guest_heap(), SIZE);

    at_mm_heap_free(at_guest_heap(), (void *)(uintptr_t)object);
    for (size_t i = offset; i < offset + count; i++)
        object[i] = 'A';
    (void)at_mm_heap_alloc(at_guest_heap(), SIZE);
}

static void write_free(void)
{
    write_free_at(0, 16);
}

static void write_free_end(void)
{
    write_free_at(SIZE - 1, 1);
}

static void overrun_object(void)
{
    volatile char *object = at_mm_heap_alloc(at_guest_heap(), SIZE);

    object[SIZE] = 'A';
    at_mm_heap_free(at_guest_heap(), (void *)(uintptr_t)object);
}

static void tell_layout(void)
{
    printf("layout stack %p heap %p canary %lx\n", __builtin_frame_address(0), at_mm_heap_alloc(at_guest_heap(), SIZE),
           __stack_chk_guard);
}

static const struct {
    const char *name;
    void (*act)(void);
} acts[] = {
    {"overrun-buffer", overrun_buffer}, {"free-twice", free_twice},         {"free-middle", free_middle},
    {"write-free", write_free},         {"write-free-end", write_free_end}, {"overrun-object", overrun_object},
    {"tell-layout", tell_layout},
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
