/* SPDX-License-Identifier: ISC */
#ifndef KERNEL_H
#define KERNEL_H

#include <atman/mm/pages.h>
#include <atman/xen/abi.h>

#define PAGE_SIZE 4096
#define POOL_PAGES 64

/* The kernel's own allocator as a source of pages. It is mapped one to one: a page's address tells its number. */
struct at_mm_pages pool_pages(const start_info_t *start);

/* How many pages it has left. */
size_t pool_free(void);

#endif /* KERNEL_H */
