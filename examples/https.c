/* SPDX-License-Identifier: ISC */
/*
 * An HTTPS server: TLS 1.2 over TCP, one program of events, with keep-alive: a greeting at /, N bytes at /bytes/N. The
 * addresses come as in netstack.c; the certificate is a test's (testdata/README.md). Ends when it is asked to shut
 * down.
 */
#include <string.h>

#include <atman/base/console.h>
#include <atman/guest.h>
#include <atman/guest_ip.h>
#include <atman/ip/ip.h>
#include <atman/lifecycle/lifecycle.h>
#include <atman/mm/heap.h>
#include <atman/tcp_stream/tcp_stream.h>
#include <atman/tls/cache.h>
#include <atman/tls/profile.h>
#include <atman/tls/tls.h>

#include "http_reply.h"
#include "http_request.h"
#include "https_identity.h"

#define SECOND 1000000000ull
#define PORT 443
#define BACKLOG 64
#define CLIENTS 40         /* at most, so that their memory is bounded; further ones are refused */
#define HEAD_MAX 1024      /* bytes of a request's head */
#define INPUT (2048 + 325) /* a client's records hold requests: 2 KB and what TLS adds */
#define OUTPUT (8192 + 85) /* ours hold replies */
#define IDLE_S 30          /* then a client that does nothing has to go */
#define SESSIONS 64        /* that are remembered for clients which come back */

/* What a client is at. */
enum stage {
    FREE,
    SERVED,    /* requests and replies */
    FINISHING, /* the end of TLS has to be said */
    LEAVING,   /* the end of TCP was said: what still comes is dropped, for closing with bytes unread resets */
};

struct client {
    enum stage stage;
    bool ready; /* something has happened to its connection */
    bool close; /* after what is being sent */
    uint64_t deadline_ns;
    struct at_tcp_stream tcp;
    struct at_tls_server server;
    size_t have; /* bytes in `head` */
    size_t reply_size, reply_sent;
    uint64_t source_left, source_sent; /* of /bytes/N */
    char head[HEAD_MAX];
    char reply[HTTP_REPLY_MAX];
    uint8_t input[INPUT], output[OUTPUT];
};

static const char greeting[] = "A very HTTP-hello from Atman\n";

static struct at_ip *ip;
static struct client *clients[CLIENTS]; /* made when they are first needed, and kept */
static struct at_tls_cache cache;

static uint64_t now_ns(void *ctx)
{
    (void)ctx;
    return at_wait_now(at_guest_wait());
}

/* No stream of ours waits: see main(). */
static at_status sleep_until(void *ctx, uint64_t deadline_ns)
{
    (void)ctx;
    (void)deadline_ns;
    return AT_OK;
}

static void wake(void *ctx)
{
    struct client *client = ctx;

    client->ready = true;
    at_ip_stop(ip);
}

static void begin(struct client *client, struct at_ip_tcp *tcp)
{
    static const struct at_wait_ops wait = {now_ns, sleep_until, wake};
    static const char *const protocols[] = {"http/1.1"};
    const struct at_tls_config config = {
        .profile = at_tls_modern(),
        .input = at_span_of(client->input, sizeof(client->input)),
        .output = at_span_of(client->output, sizeof(client->output)),
        .protocols = protocols,
        .protocol_count = 1,
    };

    at_tcp_stream_own(&client->tcp, tcp, (struct at_wait){&wait, client});
    client->have = client->reply_size = client->reply_sent = 0;
    client->source_left = 0;
    client->close = false;
    client->deadline_ns = now_ns(NULL) + IDLE_S * SECOND;
    client->stage = SERVED;
    if (at_tls_server_open(&client->server, at_tcp_stream_stream(&client->tcp), &config, &https_identity, &cache) !=
        AT_OK)
        client->stage = LEAVING;
}

static void accepted(struct at_ip_tcp *tcp, void *user)
{
    (void)user;
    for (size_t i = 0; i < CLIENTS; i++) {
        if (clients[i] == NULL) {
            clients[i] = at_mm_heap_alloc(at_guest_heap(), sizeof(*clients[i]));
            if (clients[i] == NULL)
                break;
            clients[i]->stage = FREE;
        }
        if (clients[i]->stage == FREE) {
            begin(clients[i], tcp);
            return;
        }
    }
    at_ip_tcp_abort(tcp);
}

/* Something has come of it: it may stay for a while. Bytes that make no request are no reason to. */
static void extend(struct client *client)
{
    client->deadline_ns = now_ns(NULL) + IDLE_S * SECOND;
}

static void answer(struct client *client, const struct http_request *request)
{
    const char *status = "200 OK", *body = NULL;
    int64_t size = 0;

    extend(client);
    client->close = !request->keep_alive;
    if (request->error != NULL || request->content_length > 0) {
        client->close = true; /* where the next request begins is not known, or not worth looking for */
        status = request->error != NULL ? request->error : "413 Content Too Large";
    } else if (strcmp(request->target, "/") == 0) {
        body = request->method == HTTP_HEAD ? NULL : greeting;
        size = sizeof(greeting) - 1;
    } else if ((size = http_bytes_asked(request->target)) >= 0) {
        client->source_left = request->method == HTTP_HEAD ? 0 : (uint64_t)size;
        client->source_sent = 0;
    } else {
        status = "404 Not Found";
        size = 0;
    }
    client->reply_size = http_reply_write(client->reply, status, !client->close, (uint64_t)size, body);
    client->reply_sent = 0;
}

/* Sends what there is room for. AT_OK: nothing is left to be sent. */
static at_status send(struct client *client, struct at_stream stream)
{
    uint64_t before = client->source_sent;
    at_status status = AT_OK;
    size_t written;

    while (status == AT_OK && client->reply_sent < client->reply_size) {
        status = at_stream_write(
            stream, &written,
            at_const_span_of(client->reply + client->reply_sent, client->reply_size - client->reply_sent),
            client->source_left > 0 ? AT_STREAM_MORE : 0);
        client->reply_sent += written;
    }
    while (status == AT_OK && client->source_left > 0) {
        size_t size = client->source_left < SIZE_MAX ? (size_t)client->source_left : SIZE_MAX;
        const void *bytes = http_bytes_at(client->source_sent, &size);

        status = at_stream_write(stream, &written, at_const_span_of(bytes, size),
                                 size < client->source_left ? AT_STREAM_MORE : 0);
        client->source_left -= written;
        client->source_sent += written;
    }
    if (client->source_sent != before)
        extend(client);
    return status;
}

/* Takes what has come, and the request that is whole with it. AT_OK: there is something to send, or the end to say. */
static at_status receive(struct client *client, struct at_stream stream)
{
    for (;;) {
        struct http_request request = {.error = "431 Request Header Fields Too Large"};
        struct at_const_span bytes;
        size_t size = http_request_parse(&request, client->head, client->have);
        at_status status;

        if (size > 0 || client->have == HEAD_MAX) {
            client->have -= size;
            answer(client, &request);
            memmove(client->head, client->head + size, client->have);
            return AT_OK;
        }
        status = at_stream_peek(stream, &bytes);
        if (status != AT_OK)
            return status;
        size = bytes.size < HEAD_MAX - client->have ? bytes.size : HEAD_MAX - client->have;
        memcpy(client->head + client->have, bytes.data, size);
        client->have += size;
        at_stream_consume(stream, size);
    }
}

/* Requests and replies, as far as they go now. AT_OK: the end may be said. AT_AGAIN: later. Else it is broken. */
static at_status serve(struct client *client)
{
    struct at_stream stream = at_tls_stream(&client->server.tls);
    at_status status = AT_OK;

    while (status == AT_OK) {
        status = send(client, stream);
        if (status == AT_OK && client->close)
            return AT_OK;
        if (status == AT_OK)
            status = receive(client, stream);
    }
    return status == AT_CLOSED ? AT_OK : status;
}

/* Drops what comes until the peer's end. AT_AGAIN: later. */
static at_status leave(struct client *client)
{
    struct at_stream carrier = at_tcp_stream_stream(&client->tcp);
    at_status status = at_stream_finish(carrier);
    struct at_const_span bytes;

    while (status == AT_OK) {
        status = at_stream_peek(carrier, &bytes);
        if (status == AT_OK)
            at_stream_consume(carrier, bytes.size);
    }
    return status;
}

static void end(struct client *client)
{
    at_tls_close(&client->server.tls);
    at_tcp_stream_close(&client->tcp);
    client->stage = FREE;
}

static void step(struct client *client)
{
    at_status status = AT_OK;

    enum stage before = client->stage;

    client->ready = false;
    if (client->stage == SERVED) {
        status = serve(client);
        if (status == AT_OK)
            client->stage = FINISHING;
        else if (status != AT_AGAIN)
            client->stage = LEAVING; /* the alert that says why has been sent */
    }
    if (client->stage == FINISHING && at_stream_finish(at_tls_stream(&client->server.tls)) != AT_AGAIN &&
        at_stream_wait(at_tls_stream(&client->server.tls), AT_STREAM_DRAINED, 0) != AT_TIMED_OUT)
        client->stage = LEAVING;
    if (client->stage != before)
        extend(client);
    if (client->stage == LEAVING && leave(client) != AT_AGAIN)
        end(client);
}

/* Gives their turn to the clients that something has happened to, and sends those away of which nothing comes. */
static void turn(uint64_t now)
{
    for (size_t i = 0; i < CLIENTS && clients[i] != NULL; i++) {
        if (clients[i]->stage == FREE)
            continue;
        if (clients[i]->ready)
            step(clients[i]);
        if (clients[i]->stage != FREE && now >= clients[i]->deadline_ns)
            end(clients[i]);
    }
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
    static uint8_t sessions[SESSIONS * AT_TLS_CACHE_SESSION];
    struct at_ip_tcp_listener *listener;
    at_status status;

    (void)argc;
    ip = at_guest_ip(argv);
    at_tls_cache_init(&cache, at_span_of(sessions, sizeof(sessions)));
    status = at_ip_tcp_listen(ip, &listener, &any, PORT, BACKLOG, accepted, NULL);
    if (status != AT_OK)
        return complain("Cannot listen: ", status);
    status = at_lifecycle_start(&lifecycle, at_guest_xenstore(), at_ip_waiter(ip), now_ns(NULL) + SECOND);
    while (status == AT_OK && at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_NONE) {
        status = at_ip_run(ip, now_ns(NULL) + IDLE_S * SECOND);
        if (status == AT_TIMED_OUT)
            status = AT_OK;
        turn(now_ns(NULL));
    }
    if (status != AT_OK)
        return complain("The network has ended: ", status);
    if (at_lifecycle_requested(&lifecycle) == AT_LIFECYCLE_REBOOT)
        at_guest_reboot();
    return 0;
}
