/* SPDX-License-Identifier: ISC */
/* getaddrinfo() on the stack's resolver: RFC 3493, 6.1. A list is one allocation. */

#define _GNU_SOURCE /* what musl has without asking */

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <atman/base/clock.h>
#include <atman/base/panic.h>
#include <atman/ip/dns.h>

#include "internal.h"

#define ANSWERS 4u     /* two families of two socket types */
#define NAME_ROOM 256u /* bytes of a name and its end */

struct answer {
    struct addrinfo info;
    struct sockaddr_storage address;
};

struct list {
    struct answer answers[ANSWERS];
    char name[NAME_ROOM];
};

/* Names of services, for there is no /etc/services: those of the protocols that guests speak (IANA). */
static const struct {
    char name[8];
    uint16_t port;
} services[] = {{"domain", 53}, {"http", 80}, {"https", 443}, {"ntp", 123}, {"ssh", 22}, {"syslog", 514}};

static int service_port(uint16_t *port, const char *service, int flags)
{
    char *end;
    unsigned long number;

    *port = 0;
    if (service == NULL)
        return 0;
    number = strtoul(service, &end, 10);
    if (end != service && *end == '\0' && number <= UINT16_MAX) {
        *port = (uint16_t)number;
        return 0;
    }
    for (size_t i = 0; (flags & AI_NUMERICSERV) == 0 && i < sizeof services / sizeof *services; i++) {
        if (strcmp(services[i].name, service) == 0) {
            *port = services[i].port;
            return 0;
        }
    }
    return (flags & AI_NUMERICSERV) != 0 ? EAI_NONAME : EAI_SERVICE;
}

/* A question that is under way. */
struct question {
    struct at_ip_address address;
    at_status status;
};

static void found(void *user, at_status status, const struct at_ip_address *address)
{
    struct question *question = user;

    question->status = status;
    if (status == AT_OK)
        question->address = *address;
    at_wait_wake(at_sockets_the.wait);
}

/* Asks for an address of one family. Blocks; the stack gives up by itself. */
static at_status ask(struct at_ip_address *address, const char *name, enum at_ip_family family)
{
    struct question question = {.status = AT_AGAIN};
    at_status status = at_ip_dns_lookup(at_sockets_the.ip, &question.address, name, family, found, &question);

    if (status == AT_OK)
        question.status = AT_OK;
    else if (status != AT_AGAIN)
        return status;
    while (question.status == AT_AGAIN) {
        status = at_wait_sleep(at_sockets_the.wait, AT_NEVER);
        AT_ASSERT(status == AT_OK); /* the stack's timers end every question, so there is no other end */
    }
    *address = question.address;
    return question.status;
}

/* Appends what `address` is to a program that asked with `hints`, for each type of socket that it may want. */
static void append(struct list *list, size_t *count, const struct at_ip_address *address, uint16_t port,
                   const struct addrinfo *hints, int family)
{
    static const int types[2][2] = {{SOCK_STREAM, IPPROTO_TCP}, {SOCK_DGRAM, IPPROTO_UDP}};
    const struct socket shape = {.family = family};
    const struct endpoint end = {*address, port};

    for (size_t i = 0; i < 2; i++) {
        struct answer *answer = &list->answers[*count];

        if ((hints->ai_socktype != 0 && hints->ai_socktype != types[i][0]) ||
            (hints->ai_protocol != 0 && hints->ai_protocol != types[i][1]))
            continue;
        at_sockets_to_sockaddr(&answer->address, &answer->info.ai_addrlen, &shape, &end);
        answer->info.ai_family = family;
        answer->info.ai_socktype = types[i][0];
        answer->info.ai_protocol = types[i][1];
        answer->info.ai_addr = (struct sockaddr *)&answer->address;
        if (*count > 0)
            list->answers[*count - 1].info.ai_next = &answer->info;
        ++*count;
    }
}

/* The addresses of no name at all: the wildcard to bind to, or this machine to connect to. */
static void local_addresses(struct at_ip_address addresses[2], int flags)
{
    addresses[0] = at_ip_address_v4(127, 0, 0, 1);
    addresses[1] = (struct at_ip_address){AT_IP_V6, 0, {[15] = 1}};
    if ((flags & AI_PASSIVE) != 0) {
        memset(addresses[0].bytes, 0, sizeof addresses[0].bytes);
        memset(addresses[1].bytes, 0, sizeof addresses[1].bytes);
    }
}

/* Finds the addresses of `name`, of both families if both are wanted; those not found have the family AT_IP_ANY. */
static int find(struct at_ip_address addresses[2], const char *name, const struct addrinfo *hints)
{
    static const enum at_ip_family families[2] = {AT_IP_V4, AT_IP_V6};
    static const int wanted[2] = {AF_INET, AF_INET6};
    struct at_ip_address numeric;
    at_status status = AT_NOT_FOUND, why = AT_NOT_FOUND;

    memset(addresses, 0, 2 * sizeof *addresses);
    if (strlen(name) >= NAME_ROOM)
        return EAI_NONAME; /* before a number is read, of which too the canonical name is all that was written */
    if (at_ip_address_parse(&numeric, name) == AT_OK) {
        size_t i = numeric.family == AT_IP_V6;

        if (hints->ai_family != AF_UNSPEC && hints->ai_family != wanted[i])
            return EAI_NONAME; /* there is an address, and it is of the other family */
        addresses[i] = numeric;
        return 0;
    }
    if ((hints->ai_flags & AI_NUMERICHOST) != 0)
        return EAI_NONAME;
    for (size_t i = 0; i < 2; i++) {
        if (hints->ai_family != AF_UNSPEC && hints->ai_family != wanted[i])
            continue;
        status = ask(&addresses[i], name, families[i]);
        if (status != AT_OK)
            addresses[i].family = AT_IP_ANY;
        if (status == AT_OK || why != AT_OK)
            why = status;
    }
    if (why == AT_NO_MEMORY)
        return EAI_AGAIN;
    return why == AT_OK ? 0 : EAI_NONAME;
}

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict wishes,
                struct addrinfo **restrict result)
{
    const struct addrinfo none = {.ai_family = AF_UNSPEC};
    const struct addrinfo *hints = wishes != NULL ? wishes : &none;
    struct at_ip_address addresses[2];
    struct list *list;
    uint16_t port;
    size_t count = 0;
    int error;

    if (name == NULL && service == NULL)
        return EAI_NONAME;
    if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET && hints->ai_family != AF_INET6)
        return EAI_FAMILY;
    if (hints->ai_socktype != 0 && hints->ai_socktype != SOCK_STREAM && hints->ai_socktype != SOCK_DGRAM)
        return EAI_SOCKTYPE;
    error = service_port(&port, service, hints->ai_flags);
    if (error == 0 && name != NULL)
        error = find(addresses, name, hints);
    else if (error == 0)
        local_addresses(addresses, hints->ai_flags);
    if (error != 0)
        return error;
    list = at_mm_heap_alloc(at_sockets_the.heap, sizeof *list);
    if (list == NULL)
        return EAI_MEMORY;
    memset(list, 0, sizeof *list);
    if (addresses[0].family != AT_IP_ANY && hints->ai_family != AF_INET6)
        append(list, &count, &addresses[0], port, hints, AF_INET);
    if (addresses[1].family != AT_IP_ANY && hints->ai_family != AF_INET)
        append(list, &count, &addresses[1], port, hints, AF_INET6);
    if (count == 0) { /* a type and a protocol that do not go together */
        at_mm_heap_free(at_sockets_the.heap, list);
        return EAI_SERVICE;
    }
    if ((hints->ai_flags & AI_CANONNAME) != 0 && name != NULL) {
        memcpy(list->name, name, strlen(name) + 1);
        list->answers[0].info.ai_canonname = list->name;
    }
    *result = &list->answers[0].info;
    return 0;
}

void freeaddrinfo(struct addrinfo *first)
{
    at_mm_heap_free(at_sockets_the.heap, first); /* the list begins with its first answer, which begins with this */
}
