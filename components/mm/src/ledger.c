/* SPDX-License-Identifier: ISC */
#include <atman/mm/ledger.h>

#include <string.h>

#include <atman/base/bits.h>
#include <atman/base/panic.h>

void at_mm_ledger_init(struct at_mm_ledger *ledger)
{
    at_list_init(&ledger->accounts);
}

void at_mm_account_open_read(struct at_mm_ledger *ledger, struct at_mm_account *account, const char *owner,
                             at_mm_account_read_fn read, void *ctx)
{
    *account = (struct at_mm_account){.owner = owner, .read = read, .ctx = ctx};
    at_list_push_back(&ledger->accounts, &account->node);
}

void at_mm_account_open(struct at_mm_ledger *ledger, struct at_mm_account *account, const char *owner)
{
    at_mm_account_open_read(ledger, account, owner, NULL, NULL);
}

/* Brings the holdings of an account that is read up to date. */
static void refresh(struct at_mm_account *account)
{
    if (!account->read)
        return;
    memset(account->held, 0, sizeof(account->held));
    account->read(account->ctx, account->held);
    for (unsigned kind = 0; kind < AT_MM_LEDGER_KINDS; ++kind)
        if (account->held[kind] > account->peak[kind])
            account->peak[kind] = account->held[kind];
}

at_status at_mm_account_close(struct at_mm_account *account)
{
    refresh(account);
    for (unsigned kind = 0; kind < AT_MM_LEDGER_KINDS; ++kind)
        if (account->held[kind] != 0)
            return AT_BUSY;
    at_list_remove(&account->node);
    return AT_OK;
}

void at_mm_account_charge(struct at_mm_account *account, enum at_mm_ledger_kind kind, size_t count)
{
    account->held[kind] += count;
    if (account->held[kind] > account->peak[kind])
        account->peak[kind] = account->held[kind];
}

void at_mm_account_credit(struct at_mm_account *account, enum at_mm_ledger_kind kind, size_t count)
{
    if (count > account->held[kind])
        at_panic("mm: an owner gave back more than it holds");
    account->held[kind] -= count;
}

size_t at_mm_account_held(struct at_mm_account *account, enum at_mm_ledger_kind kind)
{
    refresh(account);
    return account->held[kind];
}

void at_mm_account_read_frames(void *ctx, size_t held[AT_MM_LEDGER_KINDS])
{
    struct at_mm_frames_stats stats;

    at_mm_frames_stats(ctx, &stats);
    held[AT_MM_LEDGER_PAGES] = stats.used;
}

void at_mm_account_read_heap(void *ctx, size_t held[AT_MM_LEDGER_KINDS])
{
    struct at_mm_heap_stats stats;

    at_mm_heap_stats(ctx, &stats);
    held[AT_MM_LEDGER_PAGES] = stats.pages;
}

static void *pages_alloc(void *ctx)
{
    struct at_mm_account_pages *source = ctx;
    void *page = at_mm_pages_alloc(source->inner);

    if (page)
        at_mm_account_charge(source->account, AT_MM_LEDGER_PAGES, 1);
    return page;
}

static void pages_free(void *ctx, void *page)
{
    struct at_mm_account_pages *source = ctx;

    at_mm_pages_free(source->inner, page);
    at_mm_account_credit(source->account, AT_MM_LEDGER_PAGES, 1);
}

static uint64_t pages_frame(void *ctx, const void *page)
{
    struct at_mm_account_pages *source = ctx;

    return at_mm_pages_frame(source->inner, page);
}

struct at_mm_pages at_mm_pages_from_account(struct at_mm_account_pages *source)
{
    static const struct at_mm_pages_ops ops = {pages_alloc, pages_free, pages_frame};

    return (struct at_mm_pages){&ops, source};
}
