/* SPDX-License-Identifier: ISC */
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <xen/elfnote.h>

#include "lint.h"

/* bazel/composition.bzl writes it: a line "NAME VERSION" for each component. */
#define NOTE_ATMAN_COMPONENTS 1

struct inspection {
    void (*line)(void *ctx, const char *key, const char *value);
    void *ctx;
    unsigned lines;
};

static void tell(struct inspection *to, const char *key, struct elf_bytes value)
{
    to->line(to->ctx, key, lint_text(value).text);
    to->lines++;
}

static void tell_components(struct inspection *to, struct elf_bytes text)
{
    const unsigned char *end;

    while (text.size != 0 && (end = memchr(text.start, '\n', text.size)) != NULL) {
        size_t size = (size_t)(end - text.start);

        tell(to, "component", (struct elf_bytes){text.start, size});
        text.start += size + 1;
        text.size -= size + 1;
    }
}

static void tell_build_id(struct inspection *to, struct elf_bytes id)
{
    char text[2 * 20 + 1] = "";

    for (size_t i = 0; i < id.size && i < 20; i++)
        snprintf(text + 2 * i, sizeof(text) - 2 * i, "%02x", (unsigned)id.start[i]);
    tell(to, "build-id", (struct elf_bytes){(const unsigned char *)text, strlen(text)});
}

static void tell_notes(struct inspection *to, const struct elf_file *file, struct elf_bytes notes)
{
    struct elf_note note;

    while (elf_next_note(file, &notes, &note)) {
        if (elf_is(note.name, "Atman") && note.type == NOTE_ATMAN_COMPONENTS)
            tell_components(to, note.content);
        else if (elf_is(note.name, "GNU") && note.type == NT_GNU_BUILD_ID)
            tell_build_id(to, note.content);
        else if (elf_is(note.name, "Xen") && note.type == XEN_ELFNOTE_GUEST_OS)
            tell(to, "guest-os", note.content);
        else if (elf_is(note.name, "Xen") && note.type == XEN_ELFNOTE_GUEST_VERSION)
            tell(to, "guest-version", note.content);
    }
}

const char *lint_inspect(struct elf_bytes bytes, void (*line)(void *ctx, const char *key, const char *value), void *ctx)
{
    struct inspection to = {.line = line, .ctx = ctx};
    struct elf_segment segment;
    struct elf_bytes notes;
    struct elf_file file;
    const char *why = elf_open(&file, bytes);

    if (why != NULL)
        return why;
    for (unsigned i = 0; i < file.segment_count; i++) {
        elf_segment(&file, i, &segment);
        if (segment.type == PT_NOTE && elf_range(file.all, segment.offset, segment.file_size, &notes))
            tell_notes(&to, &file, notes);
    }
    return to.lines != 0 ? NULL : "it has no note that says what it is made of";
}
