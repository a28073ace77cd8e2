/* SPDX-License-Identifier: ISC */
#include "elf_file.h"

#include <elf.h>
#include <string.h>

bool elf_range(struct elf_bytes bytes, uint64_t offset, uint64_t size, struct elf_bytes *range)
{
    if (offset > bytes.size || size > bytes.size - offset)
        return false;
    *range = (struct elf_bytes){.start = bytes.start + offset, .size = size};
    return true;
}

bool elf_is(struct elf_bytes bytes, const char *text)
{
    size_t size = strlen(text);

    if (bytes.size != 0 && bytes.start[bytes.size - 1] == '\0')
        bytes.size--;
    return bytes.size == size && memcmp(bytes.start, text, size) == 0;
}

/* Copies `size` bytes; false if they are not all there. */
static bool copy(struct elf_bytes bytes, uint64_t offset, void *to, size_t size)
{
    struct elf_bytes from;

    if (!elf_range(bytes, offset, size, &from))
        return false;
    memcpy(to, from.start, size);
    return true;
}

static bool read_header(struct elf_file *file, unsigned *names_index)
{
    if (file->wide) {
        Elf64_Ehdr header;

        if (!copy(file->all, 0, &header, sizeof(header)))
            return false;
        file->type = header.e_type;
        file->machine = header.e_machine;
        file->entry = header.e_entry;
        file->segments_at = header.e_phoff;
        file->segment_size = header.e_phentsize;
        file->segment_count = header.e_phnum;
        file->sections_at = header.e_shoff;
        file->section_size = header.e_shentsize;
        file->section_count = header.e_shnum;
        *names_index = header.e_shstrndx;
    } else {
        Elf32_Ehdr header;

        if (!copy(file->all, 0, &header, sizeof(header)))
            return false;
        file->type = header.e_type;
        file->machine = header.e_machine;
        file->entry = header.e_entry;
        file->segments_at = header.e_phoff;
        file->segment_size = header.e_phentsize;
        file->segment_count = header.e_phnum;
        file->sections_at = header.e_shoff;
        file->section_size = header.e_shentsize;
        file->section_count = header.e_shnum;
        *names_index = header.e_shstrndx;
    }
    return true;
}

const char *elf_open(struct elf_file *file, struct elf_bytes bytes)
{
    const size_t segment_size[] = {sizeof(Elf32_Phdr), sizeof(Elf64_Phdr)};
    const size_t section_size[] = {sizeof(Elf32_Shdr), sizeof(Elf64_Shdr)};
    struct elf_bytes table;
    unsigned names_index;

    *file = (struct elf_file){.all = bytes};
    if (bytes.size < EI_NIDENT || memcmp(bytes.start, ELFMAG, SELFMAG) != 0)
        return "it is no ELF file";
    if (bytes.start[EI_CLASS] != ELFCLASS32 && bytes.start[EI_CLASS] != ELFCLASS64)
        return "it is neither 32-bit nor 64-bit ELF";
    if (bytes.start[EI_DATA] != ELFDATA2LSB)
        return "it is not little-endian, and Xen runs x86 kernels";
    file->wide = bytes.start[EI_CLASS] == ELFCLASS64;
    if (!read_header(file, &names_index))
        return "it ends within the ELF header";
    if (file->segment_count != 0 && file->segment_size != segment_size[file->wide])
        return "its program headers are not of the size that its class has";
    if (!elf_range(bytes, file->segments_at, (uint64_t)file->segment_count * file->segment_size, &table))
        return "its program headers lie outside the file";
    if (file->section_count != 0 && file->section_size != section_size[file->wide])
        return "its section headers are not of the size that its class has";
    if (!elf_range(bytes, file->sections_at, (uint64_t)file->section_count * file->section_size, &table))
        return "its section headers lie outside the file";
    if (names_index < file->section_count) {
        struct elf_section names;

        elf_section(file, names_index, &names);
        file->names = names.content;
    }
    return NULL;
}

void elf_segment(const struct elf_file *file, unsigned index, struct elf_segment *segment)
{
    uint64_t at = file->segments_at + (uint64_t)index * file->segment_size;

    *segment = (struct elf_segment){.type = PT_NULL};
    if (file->wide) {
        Elf64_Phdr header;

        if (copy(file->all, at, &header, sizeof(header)))
            *segment = (struct elf_segment){header.p_type,  header.p_flags,  header.p_offset, header.p_vaddr,
                                            header.p_paddr, header.p_filesz, header.p_memsz};
    } else {
        Elf32_Phdr header;

        if (copy(file->all, at, &header, sizeof(header)))
            *segment = (struct elf_segment){header.p_type,  header.p_flags,  header.p_offset, header.p_vaddr,
                                            header.p_paddr, header.p_filesz, header.p_memsz};
    }
}

void elf_section(const struct elf_file *file, unsigned index, struct elf_section *section)
{
    uint64_t at = file->sections_at + (uint64_t)index * file->section_size;
    uint64_t name, offset, size;

    *section = (struct elf_section){.type = SHT_NULL};
    if (file->wide) {
        Elf64_Shdr header;

        if (!copy(file->all, at, &header, sizeof(header)))
            return;
        section->type = header.sh_type;
        name = header.sh_name, offset = header.sh_offset, size = header.sh_size;
    } else {
        Elf32_Shdr header;

        if (!copy(file->all, at, &header, sizeof(header)))
            return;
        section->type = header.sh_type;
        name = header.sh_name, offset = header.sh_offset, size = header.sh_size;
    }
    if (section->type != SHT_NOBITS)
        (void)elf_range(file->all, offset, size, &section->content);
    if (name < file->names.size) {
        section->name.start = file->names.start + name;
        section->name.size = strnlen((const char *)section->name.start, file->names.size - name);
    }
}

/* Name and content each begin at a multiple of four bytes, counted from the note's head. */
static bool take(struct elf_bytes *bytes, uint64_t size, struct elf_bytes *taken)
{
    uint64_t padded = (size + 3) & ~UINT64_C(3);

    if (!elf_range(*bytes, 0, size, taken))
        return false;
    if (padded > bytes->size)
        padded = bytes->size;
    bytes->start += padded;
    bytes->size -= padded;
    return true;
}

bool elf_next_note(const struct elf_file *file, struct elf_bytes *notes, struct elf_note *note)
{
    struct elf_bytes rest;
    Elf64_Nhdr header; /* the same in both classes */
    size_t size;

    if (notes->size == 0)
        return false;
    rest = (struct elf_bytes){notes->start, (size_t)(file->all.start + file->all.size - notes->start)};
    if (!copy(rest, 0, &header, sizeof(header)))
        return false;
    rest.start += sizeof(header);
    rest.size -= sizeof(header);
    note->type = header.n_type;
    if (!take(&rest, header.n_namesz, &note->name))
        return false;
    note->cut = !take(&rest, header.n_descsz, &note->content);
    if (note->cut) {
        note->content = rest;
        rest = (struct elf_bytes){rest.start + rest.size, 0};
    }
    size = (size_t)(rest.start - notes->start);
    note->spills = note->cut || (size_t)(note->content.start + note->content.size - notes->start) > notes->size;
    notes->size -= size < notes->size ? size : notes->size;
    notes->start = rest.start;
    return true;
}
