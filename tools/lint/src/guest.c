/* SPDX-License-Identifier: ISC */
#include "guest.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>
#include <xen/features.h>

/* What Xen gives up at. */
#define MAX_NOTES 65536u

uint64_t guest_address(const struct guest *guest, uint64_t physical)
{
    uint64_t base = guest->virt_base == GUEST_UNSET ? 0 : guest->virt_base;
    uint64_t offset = guest->paddr_offset;

    if (offset == GUEST_UNSET)
        offset = guest->old_string ? base : 0;
    return physical + base - offset;
}

bool guest_has_own_p2m(const struct guest *guest)
{
    uint64_t base = guest->virt_base == GUEST_UNSET ? 0 : guest->virt_base;

    return guest->p2m != GUEST_UNSET && guest->p2m < base && guest->p2m % 4096 == 0;
}

static uint64_t number(struct elf_bytes content)
{
    uint64_t value = 0;

    if (content.size == 1 || content.size == 2 || content.size == 4 || content.size == 8)
        memcpy(&value, content.start, content.size);
    return value;
}

/* A feature is "name" where it is understood and "!name" where it is demanded. */
static void read_feature(struct guest *guest, struct elf_bytes word, struct lint_report *report)
{
    static const struct {
        const char *name;
        unsigned bit;
    } known[] = {
        {"writable_page_tables", XENFEAT_writable_page_tables},
        {"writable_descriptor_tables", XENFEAT_writable_descriptor_tables},
        {"auto_translated_physmap", XENFEAT_auto_translated_physmap},
        {"supervisor_mode_kernel", XENFEAT_supervisor_mode_kernel},
        {"pae_pgdir_above_4gb", XENFEAT_pae_pgdir_above_4gb},
        {"hvm_callback_vector", XENFEAT_hvm_callback_vector},
        {"dom0", XENFEAT_dom0},
    };
    bool demanded = word.size != 0 && word.start[0] == '!';

    if (word.size == 0)
        return;
    if (demanded)
        word = (struct elf_bytes){word.start + 1, word.size - 1};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (elf_is(word, known[i].name)) {
            guest->features_required |= demanded ? UINT32_C(1) << known[i].bit : 0;
            return;
        }
    }
    if (demanded)
        lint_say(report, LINT_ERROR,
                 "It demands the feature '%s', which Xen does not know: xl says that the kernel image is invalid.",
                 lint_text(word).text);
    else
        lint_say(report, LINT_NOTE, "It names the feature '%s', which Xen does not know and passes over.",
                 lint_text(word).text);
}

static void read_features(struct guest *guest, struct elf_bytes list, struct lint_report *report)
{
    size_t end;

    for (; list.size != 0 && list.start[0] != '\0'; list.start += end, list.size -= end) {
        for (end = 0; end < list.size && list.start[end] != '|' && list.start[end] != '\0';)
            end++;
        read_feature(guest, (struct elf_bytes){list.start, end}, report);
        if (end < list.size && list.start[end] == '|')
            end++;
    }
}

static bool is_text(uint32_t type)
{
    switch (type) {
    case XEN_ELFNOTE_XEN_VERSION:
    case XEN_ELFNOTE_GUEST_OS:
    case XEN_ELFNOTE_GUEST_VERSION:
    case XEN_ELFNOTE_LOADER:
    case XEN_ELFNOTE_PAE_MODE:
    case XEN_ELFNOTE_FEATURES:
    case XEN_ELFNOTE_BSD_SYMTAB: return true;
    default: return false;
    }
}

/*
 * What Xen takes for the text at `content`: up to the next NUL, which may be padding or lie behind the note. False if
 * there is none in all of the file.
 */
static bool find_text(struct elf_bytes all, struct elf_bytes *content)
{
    size_t left = (size_t)(all.start + all.size - content->start);
    const unsigned char *end = left != 0 ? memchr(content->start, '\0', left) : NULL;

    if (end == NULL)
        return false;
    content->size = (size_t)(end - content->start) + 1;
    return true;
}

static void read_note(struct guest *guest, const struct elf_note *note, struct elf_bytes all,
                      struct lint_report *report)
{
    struct elf_bytes content = note->content;

    if (note->cut && !is_text(note->type) && note->type <= XEN_ELFNOTE_MAX) {
        lint_say(report, LINT_ERROR,
                 "Xen's note %" PRIu32 " goes on behind the file's end: xl takes the file for broken.", note->type);
        return;
    }
    if (is_text(note->type) && !find_text(all, &content)) {
        lint_say(report, LINT_ERROR,
                 "Xen's note %" PRIu32 " is a text that does not end: xl takes the file for broken.", note->type);
        return;
    }
    if (is_text(note->type) && content.size > ((note->content.size + 3) & ~(size_t)3))
        lint_say(report, LINT_WARNING, "Xen's note %" PRIu32 " is a text that goes on into what lies behind it.",
                 note->type);
    switch (note->type) {
    case XEN_ELFNOTE_LOADER: guest->loader = lint_text(content); break;
    case XEN_ELFNOTE_GUEST_OS: guest->guest_os = lint_text(content); break;
    case XEN_ELFNOTE_XEN_VERSION: guest->xen_version = lint_text(content); break;
    case XEN_ELFNOTE_PAE_MODE: guest->pae = lint_text(content); break;
    case XEN_ELFNOTE_VIRT_BASE: guest->virt_base = number(content); break;
    case XEN_ELFNOTE_ENTRY: guest->entry = number(content); break;
    case XEN_ELFNOTE_PADDR_OFFSET: guest->paddr_offset = number(content); break;
    case XEN_ELFNOTE_HYPERCALL_PAGE: guest->hypercall_page = number(content); break;
    case XEN_ELFNOTE_INIT_P2M: guest->p2m = number(content); break;
    case XEN_ELFNOTE_PHYS32_ENTRY: guest->phys32_entry = number(content); break;
    case XEN_ELFNOTE_FEATURES: read_features(guest, content, report); break;
    default:
        if (note->type > XEN_ELFNOTE_MAX)
            lint_say(report, LINT_NOTE, "Xen has no note of type %" PRIu32 " and passes over it.", note->type);
    }
}

static void read_notes(struct guest *guest, const struct elf_file *file, struct elf_bytes notes, unsigned *total,
                       struct lint_report *report)
{
    struct elf_note note;

    while (notes.size != 0) {
        if (++*total > MAX_NOTES) {
            lint_say(report, LINT_ERROR, "It has more than %u notes, where xl gives up.", MAX_NOTES);
            return;
        }
        if (!elf_next_note(file, &notes, &note)) {
            lint_say(report, LINT_ERROR, "A note's head goes on behind the file's end: xl takes the file for broken.");
            return;
        }
        if (note.spills)
            lint_say(report, LINT_WARNING, "A note is larger than what holds it; xl reads it all the same.");
        if (elf_is(note.name, "Xen")) {
            guest->notes++;
            read_note(guest, &note, file->all, report);
        }
    }
}

static uint64_t text_number(struct elf_bytes value)
{
    char *end;
    uint64_t number = strtoull(lint_text(value).text, &end, 0);

    return *end == '\0' ? number : GUEST_UNSET;
}

/* One NAME=VALUE of __xen_guest. */
static void read_old_word(struct guest *guest, struct elf_bytes word, struct lint_report *report)
{
    const unsigned char *equals = word.size != 0 ? memchr(word.start, '=', word.size) : NULL;
    struct elf_bytes name = word, value = {word.start + word.size, 0};

    if (equals != NULL) {
        name.size = (size_t)(equals - word.start);
        value = (struct elf_bytes){equals + 1, word.size - name.size - 1};
    }
    if (elf_is(name, "LOADER"))
        guest->loader = lint_text(value);
    else if (elf_is(name, "GUEST_OS"))
        guest->guest_os = lint_text(value);
    else if (elf_is(name, "XEN_VER"))
        guest->xen_version = lint_text(value);
    else if (elf_is(name, "PAE"))
        guest->pae = lint_text(value);
    else if (elf_is(name, "VIRT_BASE"))
        guest->virt_base = text_number(value);
    else if (elf_is(name, "VIRT_ENTRY"))
        guest->entry = text_number(value);
    else if (elf_is(name, "ELF_PADDR_OFFSET"))
        guest->paddr_offset = text_number(value);
    else if (elf_is(name, "HYPERCALL_PAGE"))
        guest->hypercall_page = text_number(value) << 12; /* from VIRT_BASE, which may come later */
    else if (elf_is(name, "FEATURES"))
        read_features(guest, value, report);
}

static void read_old_string(struct guest *guest, struct elf_bytes text, struct lint_report *report)
{
    size_t end;

    guest->old_string = true;
    for (; text.size != 0 && text.start[0] != '\0'; text.start += end, text.size -= end) {
        for (end = 0; end < text.size && text.start[end] != ',' && text.start[end] != '\0';)
            end++;
        read_old_word(guest, (struct elf_bytes){text.start, end}, report);
        if (end < text.size && text.start[end] == ',')
            end++;
    }
    if (guest->hypercall_page != GUEST_UNSET && guest->virt_base != GUEST_UNSET)
        guest->hypercall_page += guest->virt_base;
}

/* As Xen does: the sections' notes count only if no segment has any, and the old string only without notes. */
static void read_sections(struct guest *guest, const struct elf_file *file, struct lint_report *report)
{
    struct elf_section section;
    unsigned total = 0;

    for (unsigned i = 1; i < file->section_count; i++) {
        elf_section(file, i, &section);
        if (section.type == SHT_NOTE)
            read_notes(guest, file, section.content, &total, report);
    }
    if (guest->notes != 0) {
        lint_say(report, LINT_NOTE, "Its notes are in sections, not in a segment, and are gone if these are stripped.");
        return;
    }
    for (unsigned i = 1; i < file->section_count; i++) {
        elf_section(file, i, &section);
        if (elf_is(section.name, "__xen_guest")) {
            read_old_string(guest, section.content, report);
            lint_say(report, LINT_NOTE, "It has Xen's values in a section __xen_guest, the form before ELF notes.");
            return;
        }
    }
}

void guest_read(struct guest *guest, const struct elf_file *file, struct lint_report *report)
{
    struct elf_segment segment;
    struct elf_bytes notes;
    unsigned total = 0;

    *guest = (struct guest){
        .virt_base = GUEST_UNSET,
        .entry = GUEST_UNSET,
        .paddr_offset = GUEST_UNSET,
        .hypercall_page = GUEST_UNSET,
        .p2m = GUEST_UNSET,
        .phys32_entry = GUEST_UNSET,
        .start = UINT64_MAX,
    };
    for (unsigned i = 0; i < file->segment_count; i++) {
        elf_segment(file, i, &segment);
        if (segment.type == PT_NOTE && segment.offset != 0) {
            if (elf_range(file->all, segment.offset, segment.file_size, &notes))
                read_notes(guest, file, notes, &total, report);
            else
                lint_say(report, LINT_ERROR, "Its notes lie outside the file: xl takes it for broken.");
        }
        if (segment.type == PT_LOAD && (segment.flags & (PF_R | PF_W | PF_X)) != 0) {
            uint64_t end = segment.physical_address + segment.memory_size;

            guest->loaded_segments++;
            if (segment.physical_address < guest->start)
                guest->start = segment.physical_address;
            if (end > guest->end)
                guest->end = end;
        }
    }
    if (guest->notes == 0)
        read_sections(guest, file, report);
    if (guest->entry == GUEST_UNSET)
        guest->entry = file->entry;
}
