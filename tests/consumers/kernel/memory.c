/* SPDX-License-Identifier: ISC */
/* What the components use of a C library, and this kernel's allocator of pages. */

#include "kernel.h"

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    while (size-- > 0)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    unsigned char *t = to;

    while (size-- > 0)
        *t++ = (unsigned char)byte;
    return to;
}

size_t strlen(const char *text)
{
    size_t size = 0;

    while (text[size])
        size++;
    return size;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

char *strchr(const char *text, int wanted)
{
    for (; *text != (char)wanted; text++) {
        if (!*text)
            return NULL;
    }
    return (char *)text;
}

/* The pages that can be had: a stack of those that are free, and empty. */
static unsigned char pool[POOL_PAGES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static void *free_pages[POOL_PAGES];
static size_t free_count;

static void *take_page(void *ctx)
{
    (void)ctx;
    return free_count ? free_pages[--free_count] : NULL;
}

static void give_page(void *ctx, void *page)
{
    (void)ctx;
    memset(page, 0, PAGE_SIZE);
    free_pages[free_count++] = page;
}

static uint64_t machine_frame(void *ctx, const void *page)
{
    const unsigned long *frames = ctx;

    return frames[(uintptr_t)page / PAGE_SIZE];
}

static const struct at_mm_pages_ops pool_ops = {take_page, give_page, machine_frame};

struct at_mm_pages pool_pages(const start_info_t *start)
{
    for (size_t i = 0; i < POOL_PAGES; i++)
        give_page(NULL, pool[i]);
    return (struct at_mm_pages){&pool_ops, (void *)start->mfn_list};
}

size_t pool_free(void)
{
    return free_count;
}
