/* SPDX-License-Identifier: ISC */
/*
 * page_tables DOMID [ADDRESS]...: walks the page tables of a paused PV guest and judges them. Runs in dom0.
 *
 * Prints a line for each page that is writable and executable, each that is writable and executable somewhere else,
 * each entry that is absent but not 0 (a risk under L1TF, for which Xen ends domains), and each ADDRESS that is mapped;
 * then how many pages there are of each kind. Status 0 if there was nothing to complain about, 1 if there was, 2 if the
 * tables could not be read. Xen's own part of the address space (xen/arch-x86/xen-x86_64.h) is left out.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>

#define ENTRIES 512
#define PRESENT 0x1u
#define WRITE 0x2u
#define NX (UINT64_C(1) << 63)
#define FRAME(entry) (((entry)&UINT64_C(0x000ffffffffff000)) >> 12)

#define XEN_SLOT_FIRST 256
#define XEN_SLOT_LAST 271

#define EXECUTABLE_MAX 65536

static struct {
    xenforeignmemory_handle *memory;
    uint32_t domain;
    int second_pass;
    unsigned complaints;
    unsigned long writable, readonly, executable;
    uint64_t executable_frames[EXECUTABLE_MAX];
    char **absent;
    int absent_count;
} walk;

static void complain(uint64_t va, const char *what)
{
    printf("0x%016" PRIx64 " %s\n", va, what);
    walk.complaints++;
}

static int is_executable_frame(uint64_t frame)
{
    for (unsigned long i = 0; i < walk.executable; i++) {
        if (walk.executable_frames[i] == frame)
            return 1;
    }
    return 0;
}

/* The first pass learns what is executable, the second looks whether that is writable by another address. */
static void judge_page(uint64_t va, uint64_t entry, uint64_t allowed)
{
    int writable = (allowed & WRITE) != 0, executable = (allowed & NX) == 0;

    if (walk.second_pass) {
        if (writable && !executable && is_executable_frame(FRAME(entry)))
            complain(va, "can be written here and executed elsewhere");
        return;
    }
    if (writable && executable)
        complain(va, "is writable and executable");
    if (executable && walk.executable == EXECUTABLE_MAX) {
        complain(va, "is one executable page too many for this program");
        exit(2);
    }
    if (executable)
        walk.executable_frames[walk.executable++] = FRAME(entry);
    else if (writable)
        walk.writable++;
    else
        walk.readonly++;
    for (int i = 0; i < walk.absent_count; i++) {
        if (strtoull(walk.absent[i], NULL, 0) == va)
            complain(va, "should not be mapped");
    }
}

/* `allowed` is what the levels above allow: WRITE if all do, NX if any forbids execution. */
static void walk_table(uint64_t frame, int level, uint64_t base, uint64_t allowed)
{
    xen_pfn_t pfn = frame;
    uint64_t *table = xenforeignmemory_map(walk.memory, walk.domain, PROT_READ, 1, &pfn, NULL);

    if (table == NULL) {
        fprintf(stderr, "page_tables: the table in frame 0x%" PRIx64 " cannot be mapped\n", frame);
        exit(2);
    }
    for (unsigned slot = 0; slot < ENTRIES; slot++) {
        uint64_t entry = table[slot], va = base + ((uint64_t)slot << (12 + 9 * (level - 1)));
        uint64_t here = ((allowed & entry) & WRITE) | ((allowed | entry) & NX);

        if (level == 4 && slot >= XEN_SLOT_FIRST && slot <= XEN_SLOT_LAST)
            continue;
        if (level == 4 && slot > XEN_SLOT_LAST)
            va |= UINT64_C(0xffff000000000000);
        if (!(entry & PRESENT)) {
            if (entry != 0 && !walk.second_pass)
                complain(va, "is absent, but its entry is not 0");
        } else if (level == 1) {
            judge_page(va, entry, here);
        } else {
            walk_table(FRAME(entry), level - 1, va, here);
        }
    }
    xenforeignmemory_unmap(walk.memory, table, 1);
}

int main(int argc, char **argv)
{
    xc_interface *xen = xc_interface_open(NULL, NULL, 0);
    vcpu_guest_context_any_t context;
    uint64_t level4;

    walk.memory = xenforeignmemory_open(NULL, 0);
    if (argc < 2 || xen == NULL || walk.memory == NULL) {
        fprintf(stderr, "usage: page_tables DOMID [ADDRESS]... (in dom0, of a paused PV guest)\n");
        return 2;
    }
    walk.domain = (uint32_t)strtoul(argv[1], NULL, 10);
    walk.absent = argv + 2;
    walk.absent_count = argc - 2;
    if (xc_vcpu_getcontext(xen, walk.domain, 0, &context) != 0) {
        fprintf(stderr, "page_tables: there is no domain %" PRIu32 ", or it is not paused\n", walk.domain);
        return 2;
    }
    level4 = xen_cr3_to_pfn_x86_64(context.x64.ctrlreg[3]);
    walk_table(level4, 4, 0, WRITE);
    walk.second_pass = 1;
    walk_table(level4, 4, 0, WRITE);
    printf("%lu pages can be executed, %lu written, %lu only read\n", walk.executable, walk.writable, walk.readonly);
    xenforeignmemory_close(walk.memory);
    xc_interface_close(xen);
    return walk.complaints != 0;
}
