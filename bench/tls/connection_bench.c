/* SPDX-License-Identifier: ISC */
/*
 * What a TLS connection costs its server: so many connections over a pipe, each with one small request and response,
 * whole or resumed. The server's part is in serve(), so that a profiler can tell it from the client's:
 *
 *     valgrind --tool=callgrind --toggle-collect=serve bazel-bin/bench/tls/connection_bench whole 100
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atman/base/panic.h>
#include <atman/testing/pipe_stream.h>
#include <atman/tls/cache.h>
#include <atman/tls/credentials.h>
#include <atman/tls/profile.h>
#include <atman/tls/tls.h>

#include "bench_identity.h"
#include "bench_trust.h"

#define NOW_S 1830000000 /* in 2027, within the certificate's time */
#define REQUEST "GET / HTTP/1.1\r\nHost: server.test\r\n\r\n"
#define RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 18\r\nConnection: close\r\n\r\na very short reply"

static uint8_t memory[80000], server_input[AT_TLS_INPUT_FULL], server_output[4096];
static uint8_t client_input[AT_TLS_INPUT_FULL], client_output[4096], store[100 * AT_TLS_CACHE_SESSION];
static struct at_pipe pipe_ends;
static struct at_tls_server server;
static struct at_tls_client client;
static struct at_tls_cache cache;

/* What the server does with what has come: opens the connection the first time, answers a request. */
__attribute__((noinline)) void serve(bool first)
{
    const struct at_tls_config config = {
        .profile = at_tls_modern(),
        .input = at_span_of(server_input, sizeof server_input),
        .output = at_span_of(server_output, sizeof server_output),
    };
    struct at_stream stream = at_tls_stream(&server.tls);
    struct at_const_span request;
    size_t written;

    if (first && at_tls_server_open(&server, at_pipe_stream(&pipe_ends, 0), &config, &bench_identity, &cache) != AT_OK)
        at_panic("the server does not open");
    if (at_stream_peek(stream, &request) != AT_OK)
        return;
    at_stream_consume(stream, request.size);
    if (at_stream_write(stream, &written, at_const_span_of(RESPONSE, strlen(RESPONSE)), 0) != AT_OK)
        at_panic("the response does not fit");
    at_stream_finish(stream);
    at_tls_close(&server.tls);
}

static void connect(struct at_tls_session *session, bool resume)
{
    const struct at_tls_config config = {
        .profile = at_tls_modern(),
        .input = at_span_of(client_input, sizeof client_input),
        .output = at_span_of(client_output, sizeof client_output),
    };
    const struct at_tls_peer peer = {"server.test", &bench_trust, NOW_S, resume ? session : NULL};
    struct at_stream stream = at_tls_stream(&client.tls);
    struct at_const_span response;
    size_t written;

    at_pipe_init(&pipe_ends, memory, sizeof memory, (struct at_wait){NULL, NULL});
    if (at_tls_client_open(&client, at_pipe_stream(&pipe_ends, 1), &config, &peer) != AT_OK)
        at_panic("the client does not open");
    for (bool first = true; at_tls_handshake(&client.tls) == AT_AGAIN; first = false)
        serve(first);
    at_tls_session_save(&client.tls, session);
    if (at_stream_write(stream, &written, at_const_span_of(REQUEST, strlen(REQUEST)), 0) != AT_OK)
        at_panic(at_tls_failure_text(at_tls_failure_of(&client.tls)));
    serve(false);
    if (at_stream_peek(stream, &response) != AT_OK || response.size != strlen(RESPONSE))
        at_panic("the response did not come");
    at_tls_close(&client.tls);
}

int main(int argc, char **argv)
{
    bool resume = argc == 3 && strcmp(argv[1], "resumed") == 0;
    int count = argc == 3 ? atoi(argv[2]) : 0;
    struct at_tls_session session;

    if (count < 1) {
        fprintf(stderr, "usage: connection_bench whole|resumed COUNT\n");
        return 2;
    }
    at_tls_cache_init(&cache, at_span_of(store, sizeof store));
    for (int i = 0; i < count; i++)
        connect(&session, resume && i > 0);
    printf("%d connections\n", count);
    return 0;
}
