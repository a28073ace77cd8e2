/* SPDX-License-Identifier: ISC */
/* The ledger as text, by itself: who only counts does not link it. */

#include <string.h>

#include <atman/base/bits.h>
#include <atman/mm/ledger.h>

#define LINE 80
#define OWNER_MAX 24

struct line {
    size_t size;
    char text[LINE];
};

/* Adds at most `most` bytes of `text`, and no more than fit before the newline. */
static void add(struct line *line, const char *text, size_t most)
{
    while (most-- > 0 && *text && line->size < LINE - 1)
        line->text[line->size++] = *text++;
}

static void add_number(struct line *line, size_t value)
{
    char digits[21];
    char *first = digits + sizeof(digits) - 1;

    *first = '\0';
    do
        *--first = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    add(line, first, SIZE_MAX);
}

static void print_account(struct at_mm_account *account, at_mm_ledger_write_fn write, void *ctx)
{
    static const char names[AT_MM_LEDGER_KINDS][8] = {"pages ", "ports ", "grants "};
    struct line line = {.size = 0};
    const char *separator = ": ";

    (void)at_mm_account_held(account, AT_MM_LEDGER_PAGES); /* brings the account up to date */
    add(&line, "ledger: ", SIZE_MAX);
    add(&line, account->owner, OWNER_MAX);
    for (unsigned kind = 0; kind < AT_MM_LEDGER_KINDS; ++kind) {
        if (account->peak[kind] == 0)
            continue;
        add(&line, separator, SIZE_MAX);
        add(&line, names[kind], sizeof(names[kind]));
        add_number(&line, account->held[kind]);
        add(&line, " (peak ", SIZE_MAX);
        add_number(&line, account->peak[kind]);
        add(&line, ")", SIZE_MAX);
        separator = ", ";
    }
    line.text[line.size++] = '\n';
    write(ctx, line.text, line.size);
}

void at_mm_ledger_print(struct at_mm_ledger *ledger, at_mm_ledger_write_fn write, void *ctx)
{
    struct at_list_node *node;

    for (node = at_list_first(&ledger->accounts); node; node = at_list_next(&ledger->accounts, node))
        print_account(AT_CONTAINER_OF(node, struct at_mm_account, node), write, ctx);
}
