/* SPDX-License-Identifier: ISC */
/*
 * lint FILE: what xl and Xen would say of a PV kernel, one sentence a line. The status is 0 if it would start, 1 if
 * there is an error, 2 if the file cannot be read. lint --inspect FILE: what the image says of itself. lint --packed
 * FILE: "OFFSET LENGTH COMMAND" if the kernel in it has to be unpacked first, with status 0.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint.h"

static void print_finding(void *ctx, enum lint_level level, const char *text)
{
    static const char *const names[] = {[LINT_NOTE] = "note", [LINT_WARNING] = "warning", [LINT_ERROR] = "error"};

    (void)ctx;
    printf("%s: %s\n", names[level], text);
}

static void print_line(void *ctx, const char *key, const char *value)
{
    (void)ctx;
    printf("%-14s %s\n", key, value);
}

/* All of a file in memory of its own, which the caller frees; false if it cannot be had. */
static bool read_file(const char *path, struct elf_bytes *bytes)
{
    FILE *file = fopen(path, "rb");
    unsigned char *memory = NULL, *more;
    size_t size = 0, capacity = 0, got;

    if (file == NULL)
        return false;
    do {
        if (size == capacity) {
            capacity = capacity ? 2 * capacity : 65536;
            more = realloc(memory, capacity);
            if (more == NULL)
                break;
            memory = more;
        }
        got = fread(memory + size, 1, capacity - size, file);
        size += got;
    } while (got != 0);
    if (ferror(file) || !feof(file)) {
        free(memory);
        fclose(file);
        return false;
    }
    fclose(file);
    *bytes = (struct elf_bytes){.start = memory, .size = size};
    return true;
}

static int report_on(struct elf_bytes bytes)
{
    struct lint_report report = {.say = print_finding};

    lint(bytes, &report);
    if (report.errors == 0)
        printf("ok: xl and Xen would start it (%u warnings).\n", report.warnings);
    return report.errors != 0;
}

static int inspect(struct elf_bytes bytes)
{
    const char *why = lint_inspect(bytes, print_line, NULL);

    if (why != NULL)
        printf("error: There is nothing to inspect: %s.\n", why);
    return why != NULL;
}

static int packed(struct elf_bytes bytes)
{
    uint64_t offset, length;
    const char *command = lint_packed(bytes, &offset, &length);

    if (command != NULL)
        printf("%" PRIu64 " %" PRIu64 " %s\n", offset, length, command);
    return command == NULL;
}

int main(int argc, char **argv)
{
    int (*job)(struct elf_bytes bytes) = argc == 2 ? report_on : NULL;
    struct elf_bytes bytes;
    int status;

    if (argc == 3 && strcmp(argv[1], "--inspect") == 0)
        job = inspect;
    if (argc == 3 && strcmp(argv[1], "--packed") == 0)
        job = packed;
    if (job == NULL) {
        fprintf(stderr, "usage: lint [--inspect | --packed] FILE\n");
        return 2;
    }
    if (!read_file(argv[argc - 1], &bytes)) {
        fprintf(stderr, "lint: %s: %s\n", argv[argc - 1], strerror(errno));
        return 2;
    }
    status = job(bytes);
    free((void *)bytes.start);
    return status;
}
