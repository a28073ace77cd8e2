/* SPDX-License-Identifier: ISC */
/* What is asked less often: domains, long lists, values with types, forgetting everything. */

#include <atman/testing/xenstore_contract.h>

#include <string.h>

#include <atman/base/bits.h>
#include <atman/xenstore/connection.h>
#include <atman/xenstore/directory.h>
#include <atman/xenstore/domain.h>
#include <atman/xenstore/value.h>
#include <atman/xenstore/watch.h>
#include <atman/xenstore/xenstore.h>

#define NAME_SIZE 80

static uint64_t soon(const struct at_xenstore *xs)
{
    return at_wait_now(xs->config.wait) + 5000000000u;
}

/* The node that each case works in. */
static const char *own_node(char node[NAME_SIZE], const struct at_xenstore_contract_env *env)
{
    strcpy(node, env->prefix);
    strcat(node, "/contract");
    return node;
}

static at_status drop(const struct at_xenstore_contract_env *env, const char *node)
{
    return at_xenstore_rm(env->xs, AT_XENSTORE_NO_TRANSACTION, node, soon(env->xs));
}

static void domains_are_told_of(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    char path[AT_XENSTORE_DOMAIN_PATH_SIZE];
    uint16_t own = 0;
    struct at_xenstore_value domid = {.name = "domid", .kind = AT_XENSTORE_DOMID, .to = &own};

    AT_CHECK_EQ(t, at_xenstore_domain_path(env->xs, path, 12345, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, strcmp(path, "/local/domain/12345"), 0);
    /* Where a guest's relative paths are. */
    AT_REQUIRE(t, at_xenstore_values_read(env->xs, NULL, &domid, 1, soon(env->xs)) == AT_OK);
    AT_CHECK_EQ(t, at_xenstore_domain_path(env->xs, path, own, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_values_read(env->xs, path, &domid, 1, soon(env->xs)), AT_OK);
}

static void a_long_directory_is_listed_in_parts(struct at_contract *t, void *ctx)
{
    static char names[2 * AT_XENSTORE_PAYLOAD_MAX];
    const struct at_xenstore_contract_env *env = ctx;
    const char *name = NULL;
    size_t size, count = 0;

    AT_CHECK_EQ(t, at_xenstore_directory(env->xs, names, sizeof(names), &size, 0, env->long_directory, soon(env->xs)),
                AT_TOO_BIG);
    AT_CHECK_EQ(t, at_xenstore_list(env->xs, names, sizeof(names), &size, 0, env->long_directory, soon(env->xs)),
                AT_OK);
    AT_CHECK(t, size > AT_XENSTORE_PAYLOAD_MAX);
    for (; (name = at_xenstore_next_name(names, size, name)) != NULL; count++)
        AT_CHECK(t, strncmp(name, AT_XENSTORE_CONTRACT_NAME, sizeof(AT_XENSTORE_CONTRACT_NAME) - 1) == 0);
    AT_CHECK_EQ(t, count, AT_XENSTORE_CONTRACT_NAMES);
}

/* A guest cannot make such a directory itself: its node would be too large. */
static void a_node_holds_the_names_of_its_children(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    char node[NAME_SIZE], name[] = "a-name-of-sixty-letters-and-more-of-which-not-many-make-a-node-A";
    at_status status = AT_OK;
    unsigned made = 0;

    own_node(node, env);
    for (; status == AT_OK && made < 52; made += status == AT_OK) {
        struct at_xenstore_request make = {.op = AT_XENSTORE_MKDIR, .dir = node, .path = name};

        name[sizeof(name) - 2] = (char)(made < 26 ? 'A' + made : 'a' + made - 26);
        status = at_xenstore_call(env->xs, &make, 1, soon(env->xs));
        if (status == AT_OK)
            status = make.status;
    }
    AT_CHECK_EQ(t, status, AT_QUOTA);
    AT_CHECK_EQ(t, strcmp(at_xenstore_error_name(status), "ENOSPC"), 0);
    AT_CHECK(t, made > 25 && made < 32);
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
}

static void an_empty_directory_is_listed_and_a_missing_one_is_not(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    char node[NAME_SIZE], names[64];
    size_t size = 1;

    own_node(node, env);
    AT_CHECK_EQ(t, at_xenstore_mkdir(env->xs, 0, node, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_list(env->xs, names, sizeof(names), &size, 0, node, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, size, 0);
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_list(env->xs, names, sizeof(names), &size, 0, node, soon(env->xs)), AT_NOT_FOUND);
}

static void values_are_written_and_read_together(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    uint32_t count = 4000000000u, count_read = 0, missing = 7;
    uint64_t size = UINT64_MAX, size_read = 0;
    uint8_t mac[6] = {0, 0x16, 0x3e, 0xab, 0xcd, 0xef}, mac_read[6] = {0};
    bool on = true, on_read = false;
    char text[] = "some text", text_read[16] = "", node[NAME_SIZE];
    struct at_xenstore_value out[] = {
        {.name = "count", .kind = AT_XENSTORE_U32, .to = &count},
        {.name = "size", .kind = AT_XENSTORE_U64, .to = &size},
        {.name = "mac", .kind = AT_XENSTORE_MAC, .to = mac},
        {.name = "on", .kind = AT_XENSTORE_BOOL, .to = &on},
        {.name = "text", .kind = AT_XENSTORE_TEXT, .to = text, .capacity = sizeof(text)},
    };
    struct at_xenstore_value back[] = {
        {.name = "count", .kind = AT_XENSTORE_U32, .to = &count_read},
        {.name = "size", .kind = AT_XENSTORE_U64, .to = &size_read},
        {.name = "mac", .kind = AT_XENSTORE_MAC, .to = mac_read},
        {.name = "on", .kind = AT_XENSTORE_BOOL, .to = &on_read},
        {.name = "text", .kind = AT_XENSTORE_TEXT, .to = text_read, .capacity = sizeof(text_read)},
        {.name = "none", .kind = AT_XENSTORE_U32, .to = &missing, .optional = true},
    };

    own_node(node, env);
    AT_REQUIRE(t, at_xenstore_values_write_together(env->xs, node, out, AT_COUNT_OF(out), soon(env->xs)) == AT_OK);
    AT_CHECK_EQ(t, at_xenstore_values_read_together(env->xs, node, back, AT_COUNT_OF(back), soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, count_read, count);
    AT_CHECK(t, size_read == size);
    AT_CHECK_EQ(t, memcmp(mac_read, mac, sizeof(mac)), 0);
    AT_CHECK(t, on_read);
    AT_CHECK_EQ(t, strcmp(text_read, text), 0);
    AT_CHECK_EQ(t, missing, 7);
    AT_CHECK_EQ(t, back[5].status, AT_NOT_FOUND);
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
}

static void a_reset_forgets_watches_at_both_ends(struct at_contract *t, void *ctx)
{
    const struct at_xenstore_contract_env *env = ctx;
    struct at_xenstore_watch watch = {.fn = NULL};
    struct at_xenstore_stats stats;
    char node[NAME_SIZE];

    own_node(node, env);
    AT_REQUIRE(t, at_xenstore_watch_add(env->xs, &watch, node, NULL, soon(env->xs)) == AT_OK);
    AT_CHECK_EQ(t, at_xenstore_watch_wait(env->xs, &watch, soon(env->xs)), AT_OK); /* its first event */
    AT_CHECK_EQ(t, at_xenstore_reset_watches(env->xs, soon(env->xs)), AT_OK);
    at_xenstore_stats(env->xs, &stats);
    AT_CHECK_EQ(t, stats.watches, 0);
    AT_CHECK_EQ(t, at_xenstore_mkdir(env->xs, 0, node, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, drop(env, node), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_watch_take(&watch), 0);
    AT_CHECK_EQ(t, at_xenstore_watch_add(env->xs, &watch, node, NULL, soon(env->xs)), AT_OK);
    AT_CHECK_EQ(t, at_xenstore_watch_remove(env->xs, &watch, soon(env->xs)), AT_OK);
}

const struct at_contract_case at_xenstore_more_contract_cases[] = {
    {"DomainsAreToldOf", domains_are_told_of},
    {"ALongDirectoryIsListedInParts", a_long_directory_is_listed_in_parts},
    {"ANodeHoldsTheNamesOfItsChildren", a_node_holds_the_names_of_its_children},
    {"AnEmptyDirectoryIsListedAndAMissingOneIsNot", an_empty_directory_is_listed_and_a_missing_one_is_not},
    {"ValuesAreWrittenAndReadTogether", values_are_written_and_read_together},
    {"AResetForgetsWatchesAtBothEnds", a_reset_forgets_watches_at_both_ends},
};
const size_t at_xenstore_more_contract_count = AT_COUNT_OF(at_xenstore_more_contract_cases);
