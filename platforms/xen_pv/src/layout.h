/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_PV_LAYOUT_H
#define ATMAN_XEN_PV_LAYOUT_H

/*
 * The map of a guest's virtual memory. DESIGN.md draws it; these are the numbers.
 *
 * Everything but p2m lies in one GiB, below one level-3 entry, so that at boot no level-2 table has to be made.
 */

#ifdef __ASSEMBLER__
#define AT_XEN_PV_NUMBER(n) n
#else
#define AT_XEN_PV_NUMBER(n) n##ul
#endif

/*
 * Where the image is linked and the builder's mapping begins: the linker script's. Xen 4.17's builder maps from here to
 * the next 4 MiB boundary, with at least 512 KiB behind the image, and all of it must be memory the domain has. With
 * 0x40340000 these are 192 pages, which leave a domain of 1 MiB (256 pages) enough for p2m, and an image of up to 200
 * KiB fits before the builder takes 4 MiB more. With 0x40280000, of large kernels, they are 384 pages, 950 KiB of image
 * fit, and a domain needs 2 MiB.
 */
#ifdef __ASSEMBLER__
#define AT_XEN_PV_IMAGE_BASE at_xen_pv_image_start
#else
extern char at_xen_pv_image_start[];
#define AT_XEN_PV_IMAGE_BASE ((unsigned long)at_xen_pv_image_start)
#endif

/* Either base lies in the 2 MiB from here: for the slots of the tables that lead to it, as constants. */
#define AT_XEN_PV_IMAGE_SPAN AT_XEN_PV_NUMBER(0x40200000)

/*
 * Where the builder puts p2m (XEN_ELFNOTE_INIT_P2M): below the image, as it demands, and outside the image's mapping,
 * so that what boot has to protect does not grow with memory. Not at 0: page 0 stays absent. Room for more memory than
 * the direct map can have, which needs a level-2 table for each GiB, of what the builder has left over: 126 GiB at
 * least (frames.c).
 */
#define AT_XEN_PV_P2M_BASE AT_XEN_PV_NUMBER(0x200000)

/* The window for frames mapped one by one, such as other domains' grants. */
#define AT_XEN_PV_WINDOW_BASE AT_XEN_PV_NUMBER(0x5c200000)
#define AT_XEN_PV_WINDOW_END AT_XEN_PV_NUMBER(0x60200000)

/*
 * The direct map: page `pfn` of the domain's memory is at at_xen_pv_direct_base + pfn * 4096. Never executable. 512 MiB
 * above the image and a multiple of 2 MiB more, so that the builder's own level-1 tables serve it: the same slots,
 * under another level-2 entry. Which multiple is chosen at boot, of so many that the builder's mapping still fits.
 */
#define AT_XEN_PV_DIRECT_OFFSET AT_XEN_PV_NUMBER(0x20000000)
#define AT_XEN_PV_DIRECT_LOWEST (AT_XEN_PV_IMAGE_BASE + AT_XEN_PV_DIRECT_OFFSET)
#define AT_XEN_PV_DIRECT_SPAN (AT_XEN_PV_IMAGE_SPAN + AT_XEN_PV_DIRECT_OFFSET)
#define AT_XEN_PV_DIRECT_CHOICES 128
#define AT_XEN_PV_DIRECT_HIGHEST (AT_XEN_PV_DIRECT_SPAN + AT_XEN_PV_DIRECT_CHOICES * AT_XEN_PV_TABLE_SPAN)

#define AT_XEN_PV_PAGE_SHIFT 12
#define AT_XEN_PV_PAGE_SIZE AT_XEN_PV_NUMBER(4096)
#define AT_XEN_PV_TABLE_ENTRIES 512u
/* What one level-1 table maps. */
#define AT_XEN_PV_TABLE_SPAN AT_XEN_PV_NUMBER(0x200000)
#define AT_XEN_PV_TABLE_SHIFT 21

#endif /* ATMAN_XEN_PV_LAYOUT_H */
