/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <string.h>

#include "checks.h"

/* Where a bzImage says what it is: Linux, Documentation/x86/boot.rst. */
#define BZIMAGE_SETUP_SECTORS 0x1f1
#define BZIMAGE_MAGIC 0x202
#define BZIMAGE_VERSION 0x206
#define BZIMAGE_PAYLOAD_OFFSET 0x248
#define BZIMAGE_PAYLOAD_LENGTH 0x24c

static const struct {
    const char *magic;
    size_t size;
    const char *command; /* that unpacks it to its standard output */
} formats[] = {
    {"\x1f\x8b", 2, "gzip -dc"},
    {"BZh", 3, "bzip2 -dc"},
    {"\xfd"
     "7zXZ",
     5, "xz --single-stream -dc"},
    {"\x28\xb5\x2f\xfd", 4, "zstd -dc"},
    {"\x02\x21\x4c\x18", 4, "lz4 -dc"},
    {"\x5d\x00\x00", 3, "xz --format=lzma -dc"},
};

static const char *unpacker(struct elf_bytes bytes)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (bytes.size >= formats[i].size && memcmp(bytes.start, formats[i].magic, formats[i].size) == 0)
            return formats[i].command;
    return NULL;
}

static uint32_t field(struct elf_bytes bytes, size_t offset, size_t size)
{
    uint32_t value = 0;

    memcpy(&value, bytes.start + offset, size);
    return value;
}

/* A Linux kernel for PCs: its ELF is the compressed payload. */
static bool is_bzimage(struct elf_bytes bytes, uint64_t *offset, uint64_t *length)
{
    if (bytes.size < BZIMAGE_PAYLOAD_LENGTH + 4 || memcmp(bytes.start + BZIMAGE_MAGIC, "HdrS", 4) != 0 ||
        field(bytes, BZIMAGE_VERSION, 2) < 0x208)
        return false;
    *offset = (field(bytes, BZIMAGE_SETUP_SECTORS, 1) + UINT64_C(1)) * 512 + field(bytes, BZIMAGE_PAYLOAD_OFFSET, 4);
    *length = field(bytes, BZIMAGE_PAYLOAD_LENGTH, 4);
    return true;
}

const char *lint_packed(struct elf_bytes bytes, uint64_t *offset, uint64_t *length)
{
    struct elf_bytes payload;

    if (is_bzimage(bytes, offset, length))
        return elf_range(bytes, *offset, *length, &payload) ? unpacker(payload) : NULL;
    *offset = 0;
    *length = bytes.size;
    return unpacker(bytes);
}

void lint_container(struct elf_bytes bytes, const char *why, struct lint_report *report)
{
    uint64_t offset, length;
    const char *command = lint_packed(bytes, &offset, &length);

    if (command != NULL)
        lint_say(report, LINT_ERROR,
                 "It is compressed; xl unpacks some formats by itself. To look at the ELF inside: tail -c +%" PRIu64
                 " FILE | head -c %" PRIu64 " | %s >kernel, then lint kernel.",
                 offset + 1, length, command);
    else if (is_bzimage(bytes, &offset, &length))
        lint_say(report, LINT_ERROR,
                 "It is a Linux bzImage whose payload is cut off or compressed in a way that is not known here: xl "
                 "would not unpack it either.");
    else
        lint_say(report, LINT_ERROR, "It cannot be a kernel: %s.", why);
}
