/* SPDX-License-Identifier: ISC */
/*
 * A client of HTTPS: finds the server's address by DNS, connects, checks the certificate, and prints what it gets.
 *
 *     ./atman run -a 'https://www.example.org/' //examples:fetch
 *
 * Whose certificates it believes is said in BUILD, by atman_tls_trust(). Here that is a test's authority
 * (testdata/README.md); name your own.
 */
#include <stdio.h>
#include <string.h>

#include <atman/base/clock.h>
#include <atman/base/wait.h>
#include <atman/guest_ip.h>
#include <atman/ip/dns.h>
#include <atman/ip/ip.h>
#include <atman/stream/stream.h>
#include <atman/tcp_stream/tcp_stream.h>
#include <atman/tls/profile.h>
#include <atman/tls/tls.h>

#include "fetch_trust.h"
#include "http_fetch.h"

#define SECOND 1000000000ull
#define PATIENCE (20 * SECOND) /* for each thing that somebody else has to do */
#define HEAD_MAX 8192          /* bytes of an answer's head */

/* An answer of the name server's, which comes while the stack runs. */
struct found {
    bool done;
    at_status status;
    struct at_ip_address address;
};

static struct at_ip *ip;

static uint64_t deadline(void)
{
    return at_clock_after(at_wait_now(at_ip_waiter(ip)), PATIENCE);
}

static int complain(const char *whom, const char *why)
{
    printf("fetch: %s: %s.\n", whom, why);
    return 1;
}

static void found(void *user, at_status status, const struct at_ip_address *address)
{
    struct found *answer = user;

    answer->done = true;
    answer->status = status;
    if (address != NULL)
        answer->address = *address;
    at_ip_stop(ip);
}

static at_status resolve(struct at_ip_address *address, const char *name, enum at_ip_family family)
{
    static struct found answer; /* of the stack's as long as it has not come */
    at_status status = at_ip_dns_lookup(ip, address, name, family, found, &answer);
    uint64_t until = deadline();

    if (status != AT_AGAIN)
        return status;
    do
        status = at_ip_run(ip, until);
    while (status == AT_OK && !answer.done);
    if (status != AT_OK)
        return status;
    *address = answer.address;
    return answer.status;
}

/*
 * Is there an address that reaches further than this cable? What can be reached from it, in `family`: names have
 * addresses of both.
 */
static bool has_address(enum at_ip_family *family)
{
    const struct at_ip_interface *interface = at_ip_interface_first(ip);
    struct at_ip_address address;

    *family = AT_IP_ANY;
    if (at_ip_interface_address(interface, &address, AT_IP_V4) == AT_OK)
        return true;
    *family = AT_IP_V6;
    return at_ip_interface_address(interface, &address, AT_IP_V6) == AT_OK &&
           !(address.bytes[0] == 0xfe && address.bytes[1] >> 6 == 2);
}

static bool has_name_server(void)
{
    struct at_ip_address servers[AT_IP_DNS_SERVERS_MAX];
    size_t count;

    at_ip_dns_servers(ip, servers, &count);
    return count > 0;
}

/* Waits for what this network's servers say, one after the other: an address, and who knows names. */
static const char *join_network(enum at_ip_family *family)
{
    uint64_t until = deadline(), now;

    while (!has_address(family) || !has_name_server()) {
        now = at_wait_now(at_ip_waiter(ip));
        if (now >= until || at_ip_run(ip, at_clock_after(now, SECOND / 10)) != AT_TIMED_OUT)
            return has_address(family) ? "it knows no name server" : "it has got no address";
    }
    return NULL;
}

/* Why a connection that broke with `status` did. */
static const char *reason(const struct at_tls *tls, at_status status)
{
    enum at_tls_failure failure = at_tls_failure_of(tls);

    if (failure != AT_TLS_FINE && failure != AT_TLS_CARRIER)
        return at_tls_failure_text(failure);
    switch (status) {
    case AT_DENIED: return "nobody listens there";
    case AT_TIMED_OUT: return "it does not answer";
    case AT_TOO_BIG: return "the head of its answer is too long";
    case AT_PROTOCOL: return "what it answers is not HTTP";
    case AT_CLOSED: return "its answer is not complete";
    default: return at_status_name(status);
    }
}

static at_status ask(struct at_stream stream, const struct http_url *url)
{
    const char *const parts[] = {"GET ", url->path, " HTTP/1.0\r\nHost: ", url->host, "\r\n\r\n"};
    at_status status = AT_OK;

    for (size_t i = 0; i < sizeof parts / sizeof *parts && status == AT_OK; i++)
        status = at_stream_send(stream, at_const_span_of(parts[i], strlen(parts[i])), AT_STREAM_MORE, deadline());
    return status == AT_OK ? at_stream_wait(stream, AT_STREAM_DRAINED, deadline()) : status;
}

/* Reads the head into `answer`, and prints what came of the body with it. `left` is what is then missing. */
static at_status read_head(struct at_stream stream, struct http_answer *answer, uint64_t *left)
{
    static char head[HEAD_MAX];
    size_t have = 0, got, size = 0;
    at_status status = AT_OK;

    while (status == AT_OK && size == 0) {
        if (have == sizeof head)
            return AT_TOO_BIG;
        status = at_stream_read(stream, &got, head + have, sizeof head - have, deadline());
        have += got;
        size = http_answer_parse(answer, head, have);
    }
    if (status != AT_OK)
        return status;
    if (answer->status == 0)
        return AT_PROTOCOL;
    have -= size;
    if (answer->has_length && have > answer->length)
        have = (size_t)answer->length;
    *left = answer->has_length ? answer->length - have : UINT64_MAX;
    fwrite(head + size, 1, have, stdout);
    return AT_OK;
}

/* AT_OK: all of the answer was printed. */
static at_status print_answer(struct at_stream stream, struct http_answer *answer)
{
    char bytes[4096];
    uint64_t left = 0;
    size_t got;
    at_status status = read_head(stream, answer, &left);

    while (status == AT_OK && left > 0) {
        status = at_stream_read(stream, &got, bytes, left < sizeof bytes ? (size_t)left : sizeof bytes, deadline());
        fwrite(bytes, 1, got, stdout);
        left -= got;
    }
    /* Without a length the body ends with the connection, if that ends as TLS says. */
    return status == AT_CLOSED && answer->status != 0 && !answer->has_length ? AT_OK : status;
}

/* Says the end, or why there is none, and lets the server take note: a guest that has ended sends nothing more. */
static void leave(struct at_stream stream, struct at_stream carrier)
{
    uint64_t until = deadline();
    char rest[512];
    size_t got;

    at_stream_finish(stream);
    at_stream_wait(stream, AT_STREAM_DRAINED, until);
    at_stream_finish(carrier);
    while (at_stream_read(carrier, &got, rest, sizeof rest, until) == AT_OK)
        continue;
}

static int fetch(const struct http_url *url, const struct at_ip_address *address)
{
    static uint8_t input[AT_TLS_INPUT_FULL], output[4096];
    static const char *const protocols[] = {"http/1.1"};
    static struct at_tcp_stream tcp;
    static struct at_tls_client client;
    const struct at_tls_config config = {
        .profile = at_tls_modern(),
        .input = at_span_of(input, sizeof input),
        .output = at_span_of(output, sizeof output),
        .protocols = protocols,
        .protocol_count = 1,
    };
    const struct at_tls_peer peer = {url->host, &fetch_trust, at_clock_wall_ns() / SECOND, NULL};
    struct at_stream stream = at_tls_stream(&client.tls);
    struct http_answer answer = {.status = 0};
    at_status status = at_tcp_stream_connect(&tcp, ip, address, url->port, at_ip_waiter(ip));

    if (status == AT_OK)
        status = at_tls_client_open(&client, at_tcp_stream_stream(&tcp), &config, &peer);
    if (status != AT_OK)
        return complain(url->host, reason(&client.tls, status));
    status = ask(stream, url); /* connects and shakes hands first */
    if (status == AT_OK)
        status = print_answer(stream, &answer);
    leave(stream, at_tcp_stream_stream(&tcp));
    if (status != AT_OK)
        return complain(url->host, reason(&client.tls, status));
    if (answer.status / 100 == 2)
        return 0;
    printf("fetch: %s: the answer's status is %u.\n", url->host, answer.status);
    return 1;
}

int main(int argc, char **argv)
{
    struct at_ip_address address;
    struct http_url url;
    const char *text = NULL, *trouble;
    enum at_ip_family family;
    at_status status;

    for (int i = 1; i < argc; i++) {
        if (strstr(argv[i], "://") != NULL)
            text = argv[i];
    }
    if (text == NULL)
        return complain("nothing to do", "the command line has to name a https://HOST[:PORT][/PATH]");
    if (!http_url_parse(&url, text))
        return complain(text, "that is no https://HOST[:PORT][/PATH]");
    ip = at_guest_ip(argv);
    trouble = join_network(&family);
    if (trouble != NULL)
        return complain("this guest", trouble);
    status = resolve(&address, url.host, family);
    if (status != AT_OK)
        return complain(url.host, status == AT_NOT_FOUND ? "no name server knows it" : at_status_name(status));
    return fetch(&url, &address);
}
