/* SPDX-License-Identifier: ISC */
/*
 * An HTTP/1.1 server on the stack's events, with keep-alive and pipelining: a greeting at /, N bytes at /bytes/N, what
 * it holds at /stats, and a sink for whatever is posted, which is compared when it is posted to /bytes. The addresses
 * come from the command line (ip=10.0.0.2/24 gw=10.0.0.1), the toolstack or DHCP. Ends when it is asked to shut down.
 */
#include <string.h>

#include <atman/base/console.h>
#include <atman/guest.h>
#include <atman/guest_ip.h>
#include <atman/ip/ip.h>
#include <atman/ip/tcp.h>
#include <atman/lifecycle/lifecycle.h>
#include <atman/mm/heap.h>

#include "http_reply.h"
#include "http_request.h"

#define SECOND 1000000000ull
#define PORT 80
#define BACKLOG 128
#define HEAD_MAX 1024 /* bytes of a request's head */
#define IDLE_TICKS 6  /* of 10 seconds: then a client that asks nothing has to go */
#define WAITING_MAX 8 /* pieces of requests that wait for room to answer */

/* A connection. What has come of a request that is not whole yet is in `head`, a copy that nobody can change. */
struct client {
    struct at_ip_tcp *tcp;
    struct at_ip_data *data[WAITING_MAX]; /* received and not looked at yet, for there was no room to answer */
    size_t waiting;                       /* how many */
    size_t offset;                        /* of what is next in the first one */
    size_t have;                          /* bytes in `head` */
    uint64_t body_size;                   /* of what is posted */
    uint64_t body_left;                   /* of that: to be taken and dropped */
    uint64_t body_wrong;                  /* bytes of it that are not what /bytes/N sends */
    uint64_t source_left;                 /* of /bytes/N: to be sent */
    uint64_t source_sent;
    unsigned idle;
    bool compare;  /* the body with what /bytes/N sends */
    bool close;    /* after what is being sent */
    bool finished; /* the client: after what it has asked */
    char head[HEAD_MAX];
};

static const char greeting[] = "A very HTTP-hello from Atman\n";
static size_t clients;

static void drop_first(struct client *client)
{
    at_ip_data_free(client->data[0]);
    client->offset = 0;
    client->waiting--;
    memmove(client->data, client->data + 1, client->waiting * sizeof(struct at_ip_data *));
}

static void closed(struct at_ip_tcp *tcp, void *user, at_status why)
{
    struct client *client = user;

    (void)tcp;
    (void)why;
    while (client->waiting > 0)
        drop_first(client);
    at_mm_heap_free(at_guest_heap(), client);
    clients--;
}

static void write_all(struct client *client, const char *bytes, size_t size)
{
    size_t taken;

    /* There is room, as answer_more() has seen; only memory may be short, and then the connection cannot go on. */
    if (at_ip_tcp_write(client->tcp, &taken, bytes, size, 0) != AT_OK)
        client->close = true;
}

static void reply(struct client *client, const struct http_request *request, const char *status, const char *body,
                  uint64_t size)
{
    char text[HTTP_REPLY_MAX];

    write_all(client, text,
              http_reply_write(text, status, !client->close, size, request->method == HTTP_HEAD ? NULL : body));
}

static void fail(struct client *client, const struct http_request *request, const char *status)
{
    reply(client, request, status, NULL, 0);
}

static void reply_stats(struct client *client, const struct http_request *request)
{
    struct at_mm_heap_stats stats;
    char text[HTTP_REPLY_MAX / 2];

    at_mm_heap_stats(at_guest_heap(), &stats);
    reply(client, request, "200 OK", text,
          http_numbers_write(text, clients, " clients\n", stats.live_bytes, " bytes\n"));
}

/* The first `size` bytes in `head` are the body's. */
static void take_body(struct client *client, size_t size)
{
    static const struct http_request post = {.method = HTTP_POST};
    size_t bytes = size;
    const uint8_t *wanted = http_bytes_at(client->body_size - client->body_left, &bytes);
    char text[HTTP_REPLY_MAX / 2];

    client->idle = 0;
    client->body_left -= size;
    if (!client->compare)
        return;
    for (size_t i = 0; i < size; i++)
        client->body_wrong += (uint8_t)client->head[i] != wanted[i];
    if (client->body_left == 0)
        reply(client, &post, "200 OK", text,
              http_numbers_write(text, client->body_size, " bytes, ", client->body_wrong, " of them wrong\n"));
}

static void answer(struct client *client, const struct http_request *request)
{
    int64_t bytes;

    client->close = client->close || !request->keep_alive;
    if (request->error != NULL) {
        client->close = true; /* where the next request begins cannot be known */
        fail(client, request, request->error);
    } else if (request->method == HTTP_POST) {
        if (request->expects_continue)
            write_all(client, "HTTP/1.1 100 Continue\r\n\r\n", 25);
        client->body_left = client->body_size = request->content_length;
        client->body_wrong = 0;
        client->compare = strcmp(request->target, "/bytes") == 0 && request->content_length > 0;
        if (!client->compare)
            reply(client, request, "200 OK", NULL, 0);
    } else if (strcmp(request->target, "/") == 0) {
        reply(client, request, "200 OK", greeting, sizeof(greeting) - 1);
    } else if (strcmp(request->target, "/stats") == 0) {
        reply_stats(client, request);
    } else if ((bytes = http_bytes_asked(request->target)) >= 0) {
        reply(client, request, "200 OK", NULL, (uint64_t)bytes);
        client->source_left = request->method == HTTP_HEAD ? 0 : (uint64_t)bytes;
        client->source_sent = 0;
    } else {
        fail(client, request, "404 Not Found");
    }
}

/* Sends as much of /bytes/N as there is room for. */
static void send_source(struct client *client)
{
    while (client->source_left > 0) {
        size_t size = client->source_left < SIZE_MAX ? (size_t)client->source_left : SIZE_MAX, taken;
        const void *bytes = http_bytes_at(client->source_sent, &size);

        at_ip_tcp_write(client->tcp, &taken, bytes, size, size < client->source_left ? AT_IP_TCP_MORE : 0);
        client->source_left -= taken;
        client->source_sent += taken;
        if (taken < size)
            break;
    }
}

/* Takes what it can of `head`: a request, part of a body, or nothing (then more has to come). Returns whether it did.
 */
static bool take(struct client *client)
{
    struct http_request request;
    size_t size;

    if (client->have == 0)
        return false;
    if (client->body_left > 0) {
        size = client->body_left < client->have ? (size_t)client->body_left : client->have;
        take_body(client, size);
    } else {
        size = http_request_parse(&request, client->head, client->have);
        if (size == 0 && client->have < HEAD_MAX)
            return false;
        if (size == 0)
            request = (struct http_request){.error = "431 Request Header Fields Too Large"};
        client->idle = 0;
        answer(client, &request);
    }
    client->have -= size;
    memmove(client->head, client->head + size, client->have);
    return true;
}

static void end(struct client *client)
{
    at_ip_tcp_close(client->tcp);
    while (client->waiting > 0)
        drop_first(client);
    at_mm_heap_free(at_guest_heap(), client);
    clients--;
}

/* Moves received bytes to `head`, or drops them if they are a body's. Returns how many: 0 when there are none. */
static size_t fetch(struct client *client)
{
    size_t left, size;

    if (client->waiting == 0)
        return 0;
    left = at_ip_data_size(client->data[0]) - client->offset;
    if (client->have == 0 && client->body_left > 0 && !client->compare) {
        size = client->body_left < left ? (size_t)client->body_left : left;
        client->body_left -= size;
        client->idle = 0;
    } else {
        size = at_ip_data_copy(client->data[0], client->offset, client->head + client->have, HEAD_MAX - client->have);
        client->have += size;
    }
    client->offset += size;
    if (size == left)
        drop_first(client);
    at_ip_tcp_consumed(client->tcp, size);
    return size;
}

/* Answers what has been asked, in order, as long as there is room to send. May end the client. */
static void answer_more(struct client *client)
{
    for (;;) {
        send_source(client);
        if (client->source_left > 0)
            return;
        if (client->close && client->body_left == 0) {
            while (fetch(client) > 0) /* what is not consumed would turn the end into a reset */
                client->have = 0;
            end(client);
            return;
        }
        if (at_ip_tcp_room(client->tcp) < 2 * HTTP_REPLY_MAX)
            return;
        if (take(client) || fetch(client) > 0)
            continue;
        if (client->finished)
            end(client);
        return;
    }
}

static void received(struct at_ip_tcp *tcp, void *user, struct at_ip_data *data)
{
    struct client *client = user;

    (void)tcp;
    if (client->waiting == WAITING_MAX) { /* it asks and asks, and takes no answer */
        at_ip_data_free(data);
        at_ip_tcp_abort(client->tcp);
        closed(client->tcp, client, AT_CANCELLED);
        return;
    }
    client->data[client->waiting++] = data;
    answer_more(client);
}

static void finished(struct at_ip_tcp *tcp, void *user)
{
    struct client *client = user;

    (void)tcp;
    client->finished = true;
    answer_more(client);
}

static void sent(struct at_ip_tcp *tcp, void *user, size_t size)
{
    struct client *client = user;

    (void)tcp;
    (void)size;
    client->idle = 0;
    if (client->source_left > 0 || client->waiting > 0)
        answer_more(client);
}

static void tick(struct at_ip_tcp *tcp, void *user)
{
    struct client *client = user;

    (void)tcp;
    if (++client->idle == IDLE_TICKS)
        end(client);
}

static void accepted(struct at_ip_tcp *tcp, void *user)
{
    static const struct at_ip_tcp_events events = {
        .received = received, .finished = finished, .sent = sent, .tick = tick, .closed = closed};
    struct client *client = at_mm_heap_alloc(at_guest_heap(), sizeof(*client));

    (void)user;
    if (client == NULL) {
        at_ip_tcp_abort(tcp);
        return;
    }
    memset(client, 0, offsetof(struct client, head));
    clients++;
    client->tcp = tcp;
    at_ip_tcp_own(tcp, &events, client);
    at_ip_tcp_set_delay(tcp, false);
    at_ip_tcp_set_tick(tcp, 10);
}

static int complain(const char *what, at_status status)
{
    const char *name = at_status_name(status);

    at_console_write(what, strlen(what));
    at_console_write(name, strlen(name));
    at_console_write("\n", 1);
    return 1;
}

int main(int argc, char **argv)
{
    static struct at_lifecycle lifecycle;
    static const struct at_ip_address any;
    struct at_ip *ip = at_guest_ip(argv);
    struct at_ip_tcp_listener *listener;
    at_status status;

    (void)argc;
    status = at_ip_tcp_listen(ip, &listener, &any, PORT, BACKLOG, accepted, NULL);
    if (status != AT_OK)
        return complain("Cannot listen: ", status);
    status =
        at_lifecycle_start(&lifecycle, at_guest_xenstore(), at_ip_waiter(ip), at_wait_now(at_guest_wait()) + SECOND);
    while (status == AT_OK && at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_NONE)
        status = at_ip_run(ip, AT_NEVER);
    if (status != AT_OK)
        return complain("The network has ended: ", status);
    if (at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_REBOOT)
        at_guest_reboot();
    return 0;
}
