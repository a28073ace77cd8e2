/* SPDX-License-Identifier: ISC */
/* What an operator says about an interface. */

#include <atman/ip/settings.h>

#include <string.h>

#define ITEM_MAX 64 /* bytes of one item of a list, with the final zero */

/* The value of NAME, or of NAME and the index if that is not 0, in `words`; NULL if there is none. The last one holds.
 */
static const char *find(char *const *words, const char *name, unsigned index)
{
    size_t size = strlen(name);
    const char *value = NULL;

    for (; words != NULL && *words != NULL; words++) {
        const char *word = *words;

        if (strncmp(word, name, size) != 0)
            continue;
        word += size;
        if (index > 0) {
            if (*word != '0' + (char)index)
                continue;
            word++;
        }
        if (*word == '=')
            value = word + 1;
    }
    return value;
}

/* Copies the next item of the list at `*list` to `item` and moves on. Returns 0 at the end, -1 if it is too long. */
static int next_item(char item[ITEM_MAX], const char **list)
{
    size_t size = strcspn(*list, ",");

    if (**list == '\0')
        return 0;
    if (size >= ITEM_MAX)
        return -1;
    memcpy(item, *list, size);
    item[size] = '\0';
    *list += size;
    if (**list == ',')
        (*list)++;
    return 1;
}

/* Takes a prefix of at most `max` off the end of `item`; without one it is `without`. Returns -1 if it is no number. */
static int take_prefix(char *item, int max, int without)
{
    char *slash = strchr(item, '/');
    int prefix = 0;

    if (slash == NULL)
        return without;
    *slash++ = '\0';
    if (*slash == '\0')
        return -1;
    for (; *slash != '\0'; slash++) {
        if (*slash < '0' || *slash > '9')
            return -1;
        prefix = prefix * 10 + (*slash - '0');
        if (prefix > max)
            return -1;
    }
    return prefix;
}

static const char *set_address(struct at_ip_settings *settings, char *item)
{
    bool is_v6 = strchr(item, ':') != NULL;
    int prefix = take_prefix(item, is_v6 ? 128 : 32, is_v6 ? 64 : 24);
    struct at_ip_address address;

    if (prefix < 0)
        return "the number after the slash in ip= is not the length of a network's prefix";
    if (at_ip_address_parse(&address, item) != AT_OK)
        return "ip= names neither an address nor dhcp nor none";
    if (address.family == AT_IP_V6) {
        if (prefix != 64)
            return "an IPv6 address in ip= has another prefix than /64, which is what networks have";
        settings->address6 = address;
    } else if (settings->address.family != AT_IP_ANY) {
        return "ip= names two IPv4 addresses, and an interface has one";
    } else {
        settings->address = address;
        settings->prefix = (uint8_t)prefix;
    }
    return NULL;
}

static const char *set_addresses(struct at_ip_settings *settings, const char *list)
{
    const char *error = NULL;
    char item[ITEM_MAX];
    int more;

    while (error == NULL && (more = next_item(item, &list)) != 0) {
        if (more < 0)
            error = "an item in ip= is too long for an address";
        else if (strcmp(item, "dhcp") == 0)
            settings->dhcp = true;
        else if (strcmp(item, "none") != 0)
            error = set_address(settings, item);
    }
    if (error == NULL && settings->dhcp && settings->address.family != AT_IP_ANY)
        error = "ip= names an IPv4 address and dhcp, which would bring another";
    return error;
}

static const char *set_gateway(struct at_ip_settings *settings, const char *text)
{
    if (at_ip_address_parse(&settings->gateway, text) != AT_OK || settings->gateway.family != AT_IP_V4)
        return "gw= does not name an IPv4 address";
    if (settings->address.family != AT_IP_V4)
        return "gw= needs an IPv4 address in ip=";
    return NULL;
}

static const char *set_servers(struct at_ip_settings *settings, const char *list)
{
    char item[ITEM_MAX];
    size_t count = 0;
    int more;

    while ((more = next_item(item, &list)) != 0) {
        if (count == AT_IP_DNS_SERVERS_MAX)
            return "dns= names more servers than are used";
        if (more < 0 || at_ip_address_parse(&settings->dns[count++], item) != AT_OK)
            return "dns= names something that is not an address";
    }
    return NULL;
}

at_status at_ip_settings_parse(struct at_ip_settings *settings, const char **error, char *const *words, unsigned index,
                               const char *address)
{
    const char *ip = find(words, "ip", index), *gateway = find(words, "gw", index),
               *servers = find(words, "dns", index);

    memset(settings, 0, sizeof(*settings));
    settings->ipv6 = true;
    if (ip == NULL)
        ip = address != NULL ? address : "dhcp";
    *error = set_addresses(settings, ip);
    if (*error == NULL && gateway != NULL)
        *error = set_gateway(settings, gateway);
    if (*error == NULL && servers != NULL)
        *error = set_servers(settings, servers);
    return *error == NULL ? AT_OK : AT_INVALID;
}
