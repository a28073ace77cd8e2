/* SPDX-License-Identifier: ISC */
#include <elf.h>
#include <inttypes.h>

#include "checks.h"

/* More are not compared with each other: that would take time for nothing, since no kernel has as many. */
#define MAX_COMPARED 64u

static bool is_loaded(const struct elf_segment *segment)
{
    return segment->type == PT_LOAD && (segment->flags & (PF_R | PF_W | PF_X)) != 0;
}

static uint64_t end_of(const struct elf_segment *segment)
{
    return segment->physical_address + segment->memory_size;
}

static void check_content(unsigned index, const struct elf_segment *segment, const struct elf_file *file,
                          struct lint_report *report)
{
    struct elf_bytes content;

    if (!elf_range(file->all, segment->offset, segment->file_size, &content))
        lint_say(report, LINT_ERROR,
                 "Segment %u lies outside the file, which may have been cut off: xl fails to load it.", index);
    if (segment->file_size > segment->memory_size)
        lint_say(report, LINT_ERROR, "Segment %u has more bytes in the file than it gets in memory.", index);
    if (end_of(segment) < segment->physical_address)
        lint_say(report, LINT_ERROR, "Segment %u goes on beyond the last address there is.", index);
    if ((segment->flags & PF_W) && (segment->flags & PF_X))
        lint_say(report, LINT_WARNING, "Segment %u is writable and executable.", index);
}

/* Where it is linked and where the builder puts it. */
static void check_place(unsigned index, const struct elf_segment *segment, const struct guest *guest,
                        struct lint_report *report)
{
    uint64_t start = guest_address(guest, segment->physical_address);
    bool has_entry = guest->entry >= start && guest->entry - start < segment->memory_size;

    if (start != segment->virtual_address)
        lint_say(report, has_entry ? LINT_ERROR : LINT_NOTE,
                 "Segment %u is linked at 0x%" PRIx64 ", but is loaded at 0x%" PRIx64
                 " (p_paddr + VIRT_BASE - PADDR_OFFSET)%s.",
                 index, segment->virtual_address, start, has_entry ? ": its code runs where it was not linked" : "");
    if (has_entry && !(segment->flags & PF_X))
        lint_say(report, LINT_ERROR, "The entry 0x%" PRIx64 " is in segment %u, which is not executable.", guest->entry,
                 index);
    if (has_entry && guest->entry - start >= segment->file_size)
        lint_say(report, LINT_ERROR, "The entry 0x%" PRIx64 " is in a part of segment %u that is all zeros.",
                 guest->entry, index);
}

static void check_pair(unsigned a, unsigned b, const struct elf_file *file, struct lint_report *report)
{
    const uint64_t page = ~UINT64_C(0xfff);
    struct elf_segment first, second;

    elf_segment(file, a, &first);
    elf_segment(file, b, &second);
    if (!is_loaded(&first) || !is_loaded(&second) || first.memory_size == 0 || second.memory_size == 0)
        return;
    if (first.physical_address < end_of(&second) && second.physical_address < end_of(&first))
        lint_say(report, LINT_ERROR, "Segments %u and %u overlap where they are loaded.", a, b);
    else if (first.flags != second.flags && (first.physical_address & page) <= ((end_of(&second) - 1) & page) &&
             (second.physical_address & page) <= ((end_of(&first) - 1) & page))
        lint_say(report, LINT_WARNING,
                 "Segments %u and %u have different permissions and share a page, which can have only one of them.", a,
                 b);
}

static bool check_entry(const struct elf_file *file, const struct guest *guest)
{
    struct elf_segment segment;

    for (unsigned i = 0; i < file->segment_count; i++) {
        elf_segment(file, i, &segment);
        if (is_loaded(&segment) && guest->entry - guest_address(guest, segment.physical_address) < segment.memory_size)
            return true;
    }
    return false;
}

void lint_segments(const struct elf_file *file, const struct guest *guest, struct lint_report *report)
{
    unsigned compared = file->segment_count < MAX_COMPARED ? file->segment_count : MAX_COMPARED;
    struct elf_segment segment;

    for (unsigned i = 0; i < file->segment_count; i++) {
        elf_segment(file, i, &segment);
        if (segment.type == PT_INTERP)
            lint_say(report, LINT_ERROR, "It wants a dynamic linker (PT_INTERP), which a guest does not have.");
        if (segment.type == PT_GNU_STACK && (segment.flags & PF_X))
            lint_say(report, LINT_NOTE, "It asks for an executable stack, which Xen does not look at.");
        if (!is_loaded(&segment))
            continue;
        check_content(i, &segment, file, report);
        check_place(i, &segment, guest, report);
    }
    for (unsigned i = 0; i < compared; i++)
        for (unsigned j = i + 1; j < compared; j++)
            check_pair(i, j, file, report);
    if (!check_entry(file, guest))
        lint_say(report, LINT_ERROR,
                 "The entry 0x%" PRIx64 " is in no segment: the guest dies of its first instruction.", guest->entry);
}
