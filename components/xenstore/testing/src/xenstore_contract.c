/* SPDX-License-Identifier: ISC */

#include <atman/testing/xenstore_contract.h>

#include <string.h>

#include <atman/base/bits.h>
#include <atman/xenstore/permission.h>
#include <atman/xenstore/request.h>
#include <atman/xenstore/transaction.h>
#include <atman/xenstore/watch.h>
#include <atman/xenstore/xenstore.h>

#define NAME_SIZE 64

static uint64_t soon(const struct at_xenstore *xs)
{
    return at_wait_now(xs->config.wait) + 5000000000u;
}

/* The path of a node of ours; a case removes it when it begins and when it ends. */
static const char *in(char name[NAME_SIZE], const struct at_xenstore_contract_env *env, const char *leaf)
{
    size_t prefix = strlen(env->prefix);

    memcpy(name, env->prefix, prefix);
    name[prefix] = '/';
    memcpy(name + prefix + 1, leaf, strlen(leaf) + 1);
    return name;
}

static at_status put(const struct at_xenstore_contract_env *env, const char *path, const char *value)
{
    return at_xenstore_write(env->xs, 0, path, value, strlen(value), soon(env->xs));
}

static at_status drop(const struct at_xenstore_contract_env *env, const char *path)
{
    return at_xenstore_rm(env->xs, 0, path, soon(env->xs));
}

static bool holds(const struct at_xenstore_contract_env *env, const char *path, const char *expected)
{
    char value[64];
    size_t size;

    return at_xenstore_read(env->xs, value, sizeof(value), &size, 0, path, soon(env->xs)) == AT_OK &&
           strcmp(value, expected) == 0;
}

static void value_is_read_back(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    char node[NAME_SIZE], value[8];
    size_t size;

    in(node, env, "contract");
    AT_CHECK_EQ(t, put(env, node, "first"), AT_OK);
    AT_CHECK(t, holds(env, node, "first"));
    AT_CHECK_EQ(t, put(env, node, ""), AT_OK);
    AT_CHECK(t, holds(env, node, ""));
    AT_CHECK_EQ(t, at_xenstore_write(env->xs, 0, node, "a\0b", 3, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_read(env->xs, value, sizeof(value), &size, 0, node, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, size, 3);
    AT_CHECK_EQ(t, memcmp(value, "a\0b", 4), 0);
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
}

static void long_value_crosses_the_ring(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    static char sent[1900], got[1901];
    char node[NAME_SIZE];
    size_t size;

    in(node, env, "contract");
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (char)('a' + i % 26);
    for (int i = 0; i < 3; i++) {
        AT_CHECK_EQ(t, at_xenstore_write(env->xs, 0, node, sent, sizeof(sent), soon(env->xs)), AT_OK);
        AT_CHECK_EQ(t, at_xenstore_read(env->xs, got, sizeof(got), &size, 0, node, soon(env->xs)), AT_OK);
        AT_CHECK_EQ(t, size, sizeof(sent));
        AT_CHECK_EQ(t, memcmp(got, sent, sizeof(sent)), 0);
    }
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
}

static void missing_and_bad_paths_are_named(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    char node[NAME_SIZE], value[8];
    size_t size;

    AT_CHECK_EQ(t, at_xenstore_read(env->xs, value, sizeof(value), &size, 0, in(node, env, "none"), soon(env->xs)),
                AT_NOT_FOUND);
    AT_CHECK_EQ(t, at_xenstore_read(env->xs, value, sizeof(value), &size, 0, in(node, env, "a//b"), soon(env->xs)),
                AT_INVALID);
    AT_CHECK_EQ(t, at_xenstore_read(env->xs, value, sizeof(value), &size, 0, in(node, env, "a.b"), soon(env->xs)),
                AT_INVALID);
    AT_CHECK_EQ(t, put(env, "/tool/contract", "x"), AT_DENIED);
    AT_CHECK_EQ(t, drop(env, in(node, env, "none")), AT_OK);
    AT_CHECK_EQ(t, drop(env, in(node, env, "none/deeper")), AT_NOT_FOUND);
}

static void directory_lists_what_was_made(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    char node[NAME_SIZE], names[64];
    const char *name = NULL;
    unsigned count = 0;
    size_t size;

    AT_CHECK_EQ(t, at_xenstore_mkdir(env->xs, 0, in(node, env, "contract/a/deep"), soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_mkdir(env->xs, 0, in(node, env, "contract/b"), soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, put(env, node, "kept"), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_mkdir(env->xs, 0, node, soon(env->xs)), AT_OK);
    AT_CHECK(t, holds(env, node, "kept"));
    AT_CHECK_EQ(
        t, at_xenstore_directory(env->xs, names, sizeof(names), &size, 0, in(node, env, "contract"), soon(env->xs)),
        AT_OK);
    while ((name = at_xenstore_next_name(names, size, name)) != NULL) {
        count++;
        AT_CHECK(t, strcmp(name, "a") == 0 || strcmp(name, "b") == 0);
    }
    AT_CHECK_EQ(t, count, 2);
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
}

static void permissions_are_read_back(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    struct at_xenstore_permission entries[4], more[2];
    char node[NAME_SIZE];
    size_t count;

    in(node, env, "contract");
    AT_CHECK_EQ(t, put(env, node, ""), AT_OK);
    AT_REQUIRE(t, at_xenstore_get_permissions(env->xs, entries, 4, &count, 0, node, soon(env->xs)) == AT_OK);
    AT_REQUIRE(t, count >= 1);
    more[0] = (struct at_xenstore_permission){entries[0].domid, AT_XENSTORE_ACCESS_NONE};
    more[1] = (struct at_xenstore_permission){0, AT_XENSTORE_ACCESS_READ | AT_XENSTORE_ACCESS_WRITE};
    AT_CHECK_EQ(t, at_xenstore_set_permissions(env->xs, 0, node, more, 2, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_get_permissions(env->xs, entries, 4, &count, 0, node, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, count, 2);
    AT_CHECK_EQ(t, entries[0].domid, more[0].domid);
    AT_CHECK_EQ(t, entries[0].access, AT_XENSTORE_ACCESS_NONE);
    AT_CHECK_EQ(t, entries[1].domid, 0);
    AT_CHECK_EQ(t, entries[1].access, AT_XENSTORE_ACCESS_READ | AT_XENSTORE_ACCESS_WRITE);
    more[0].domid = 0; /* giving it away is dom0's right */
    AT_CHECK_EQ(t, at_xenstore_set_permissions(env->xs, 0, node, more, 2, soon(env->xs)), AT_DENIED);
    more[0].domid = 32000; /* and there is nobody of that name */
    AT_CHECK_EQ(t, at_xenstore_set_permissions(env->xs, 0, node, more, 2, soon(env->xs)), AT_NOT_FOUND);
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
}

static void transaction_is_seen_when_committed(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    char node[NAME_SIZE];
    uint32_t number;

    in(node, env, "contract");
    AT_CHECK_EQ(t, put(env, node, "old"), AT_OK);
    AT_REQUIRE(t, at_xenstore_transaction_start(env->xs, &number, soon(env->xs)) == AT_OK);
    AT_CHECK_EQ(t, at_xenstore_write(env->xs, number, node, "new", 3, soon(env->xs)), AT_OK);
    AT_CHECK(t, holds(env, node, "old"));
    AT_CHECK_EQ(t, at_xenstore_transaction_end(env->xs, number, true, soon(env->xs)), AT_OK);
    AT_CHECK(t, holds(env, node, "new"));
    AT_CHECK_EQ(t, at_xenstore_transaction_end(env->xs, number, true, soon(env->xs)), AT_NOT_FOUND);

    AT_REQUIRE(t, at_xenstore_transaction_start(env->xs, &number, soon(env->xs)) == AT_OK);
    AT_CHECK_EQ(t, at_xenstore_write(env->xs, number, node, "never", 5, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_transaction_end(env->xs, number, false, soon(env->xs)), AT_OK);
    AT_CHECK(t, holds(env, node, "new"));
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
}

static void transaction_that_saw_a_change_loses(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    char node[NAME_SIZE], value[8];
    uint32_t number;
    size_t size;

    in(node, env, "contract");
    AT_CHECK_EQ(t, put(env, node, "1"), AT_OK);
    AT_REQUIRE(t, at_xenstore_transaction_start(env->xs, &number, soon(env->xs)) == AT_OK);
    AT_CHECK_EQ(t, at_xenstore_read(env->xs, value, sizeof(value), &size, number, node, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_write(env->xs, number, node, "3", 1, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, put(env, node, "2"), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_transaction_end(env->xs, number, true, soon(env->xs)), AT_AGAIN);
    AT_CHECK(t, holds(env, node, "2"));
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
}

static void watch_fires_at_once_and_for_changes_below(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    struct at_xenstore_watch watch = {.fn = NULL};
    char node[NAME_SIZE], below[NAME_SIZE], beside[NAME_SIZE];
    uint64_t now;

    in(node, env, "contract");
    AT_CHECK_EQ(t, put(env, node, ""), AT_OK);
    AT_REQUIRE(t, at_xenstore_watch_add(env->xs, &watch, node, NULL, soon(env->xs)) == AT_OK);
    AT_CHECK_EQ(t, at_xenstore_watch_wait(env->xs, &watch, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, put(env, in(below, env, "contract/below"), "1"), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_watch_wait(env->xs, &watch, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, put(env, in(beside, env, "contracts"), "1"), AT_OK);
    now = at_wait_now(env->xs->config.wait);
    AT_CHECK_EQ(t, at_xenstore_watch_wait(env->xs, &watch, now + 10000000), AT_TIMED_OUT);
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_watch_wait(env->xs, &watch, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_watch_remove(env->xs, &watch, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_watch_remove(env->xs, &watch, soon(env->xs)), AT_NOT_FOUND);
    AT_CHECK_EQ(t, drop(env, beside), AT_OK);
}

static void burst_is_answered_in_one_round_trip(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    struct at_xenstore_request r[24];
    struct at_xenstore_stats before, after;
    static const char letters[] = "abcdefghijklmnopqrstuvwx";
    char node[NAME_SIZE], values[24][8];

    in(node, env, "contract");
    memset(r, 0, sizeof(r));
    for (int i = 0; i < 24; i += 2) {
        r[i].op = AT_XENSTORE_WRITE;
        r[i].data = &letters[i];
        r[i].data_size = 1;
        r[i + 1].op = AT_XENSTORE_READ;
        r[i + 1].reply = values[i];
        r[i + 1].capacity = sizeof(values[i]);
        r[i].path = r[i + 1].path = node;
    }
    at_xenstore_stats(env->xs, &before);
    AT_CHECK_EQ(t, at_xenstore_call(env->xs, r, 24, soon(env->xs)), AT_OK);
    at_xenstore_stats(env->xs, &after);
    AT_CHECK_EQ(t, after.round_trips - before.round_trips, 1);
    for (int i = 0; i < 24; i += 2) {
        AT_CHECK_EQ(t, r[i].status, AT_OK);
        AT_CHECK_EQ(t, r[i + 1].status, AT_OK);
        AT_CHECK_EQ(t, values[i][0], 'a' + i); /* carried out in order */
    }
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
}

static void nothing_is_left(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    struct at_xenstore_stats stats;

    at_xenstore_stats(env->xs, &stats);
    AT_CHECK_EQ(t, at_xenstore_status(env->xs), AT_OK);
    AT_CHECK_EQ(t, stats.outstanding, 0);
    AT_CHECK_EQ(t, stats.watches, 0);
    AT_CHECK_EQ(t, stats.transactions, 0);
}

const struct at_contract_case at_xenstore_contract_cases[] = {
    {"ValueIsReadBack", value_is_read_back},
    {"LongValueCrossesTheRing", long_value_crosses_the_ring},
    {"MissingAndBadPathsAreNamed", missing_and_bad_paths_are_named},
    {"DirectoryListsWhatWasMade", directory_lists_what_was_made},
    {"PermissionsAreReadBack", permissions_are_read_back},
    {"TransactionIsSeenWhenCommitted", transaction_is_seen_when_committed},
    {"TransactionThatSawAChangeLoses", transaction_that_saw_a_change_loses},
    {"WatchFiresAtOnceAndForChangesBelow", watch_fires_at_once_and_for_changes_below},
    {"BurstIsAnsweredInOneRoundTrip", burst_is_answered_in_one_round_trip},
    {"NothingIsLeft", nothing_is_left},
};

const size_t at_xenstore_contract_count = AT_COUNT_OF(at_xenstore_contract_cases);
