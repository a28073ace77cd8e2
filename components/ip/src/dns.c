/* SPDX-License-Identifier: ISC */
#include <atman/ip/dns.h>

#include "internal.h"

#include "lwip/dns.h"

struct question {
    at_ip_dns_found_fn found;
    void *user;
};

static void on_found(const char *name, const ip_addr_t *answer, void *arg)
{
    struct question question = *(struct question *)arg;
    struct at_ip_address address;

    (void)name;
    at_mm_heap_free(at_ip_the->config.heap, arg);
    if (answer == NULL) {
        question.found(question.user, AT_NOT_FOUND, NULL);
        return;
    }
    at_ip_from_lwip(&address, answer);
    question.found(question.user, AT_OK, &address);
}

static u8_t type_of(enum at_ip_family family)
{
    return family == AT_IP_V4   ? LWIP_DNS_ADDRTYPE_IPV4
           : family == AT_IP_V6 ? LWIP_DNS_ADDRTYPE_IPV6
                                : LWIP_DNS_ADDRTYPE_IPV4_IPV6;
}

at_status at_ip_dns_lookup(struct at_ip *ip, struct at_ip_address *address, const char *name, enum at_ip_family family,
                           at_ip_dns_found_fn found, void *user)
{
    struct question *question;
    ip_addr_t answer;
    err_t err;

    if (ipaddr_aton(name, &answer) && at_ip_address_parse(address, name) != AT_OK)
        return AT_INVALID; /* lwIP would take a part of it for an address */
    question = at_mm_heap_alloc(ip->config.heap, sizeof(*question));
    if (question == NULL)
        return AT_NO_MEMORY;
    question->found = found;
    question->user = user;
    at_ip_enter(ip);
    ip->dns_timer = dns_tmr;
    ip->timers_changed = true;
    err = dns_gethostbyname_addrtype(name, &answer, on_found, question, type_of(family));
    at_ip_leave(ip);
    if (err == ERR_INPROGRESS)
        return AT_AGAIN;
    at_mm_heap_free(ip->config.heap, question);
    if (err == ERR_OK)
        at_ip_from_lwip(address, &answer);
    return err == ERR_VAL ? AT_NOT_FOUND : at_ip_status(err);
}

void at_ip_dns_servers(const struct at_ip *ip, struct at_ip_address servers[AT_IP_DNS_SERVERS_MAX], size_t *count)
{
    (void)ip;
    *count = 0;
    for (u8_t i = 0; i < DNS_MAX_SERVERS; i++) {
        const ip_addr_t *server = dns_getserver(i);

        if (!ip_addr_isany(server))
            at_ip_from_lwip(&servers[(*count)++], server);
    }
}
