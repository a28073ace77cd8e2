/* SPDX-License-Identifier: ISC */
#include "internal.h"

#include <string.h>

#include <atman/tls/credentials.h>

#define DAY_S 86400
#define DAYS_TO_1970 719528 /* from the year 0, by the Gregorian calendar */
#define MIN_RSA_BITS 2048
#define NAME_MAX 255

static void install_validator(struct client_memory *memory, const struct at_tls_peer *peer)
{
    br_x509_minimal_context *validator = &memory->validator;
    br_ssl_engine_context *engine = &memory->client.eng;

    br_x509_minimal_init(validator, &br_sha256_vtable, peer->trust->anchors, peer->trust->anchor_count);
    br_x509_minimal_set_hash(validator, br_sha256_ID, &br_sha256_vtable);
    br_x509_minimal_set_hash(validator, br_sha384_ID, &br_sha384_vtable);
    br_x509_minimal_set_hash(validator, br_sha512_ID, &br_sha512_vtable);
    br_x509_minimal_set_minrsa(validator, MIN_RSA_BITS / 8);
    br_x509_minimal_set_time(validator, (uint32_t)(peer->time_s / DAY_S) + DAYS_TO_1970,
                             (uint32_t)(peer->time_s % DAY_S));
    peer->trust->verify(&memory->client, validator);
    if (br_ssl_engine_get_rsavrfy(engine) == NULL)
        keep_suites(engine, true);
    br_ssl_engine_set_x509(engine, &validator->vtable);
}

at_status at_tls_client_open(struct at_tls_client *client, struct at_stream carrier, const struct at_tls_config *config,
                             const struct at_tls_peer *peer)
{
    struct client_memory *memory = (void *)client->memory;
    at_status status;

    _Static_assert(sizeof *memory <= sizeof client->memory, "BearSSL's client does not fit");
    br_ssl_client_zero(&memory->client);
    status = begin(&client->tls, carrier, config, memory, sizeof client->memory);
    if (status != AT_OK)
        return status;
    if (peer->name == NULL || peer->name[0] == '\0' || strlen(peer->name) > NAME_MAX)
        return give_up(&client->tls, AT_TLS_INTERNAL, AT_INVALID);
    install_validator(memory, peer);
    if (peer->session != NULL) /* copied from where it is: no other copy is left behind */
        br_ssl_engine_set_session_parameters(&memory->client.eng, (const void *)peer->session->memory);
    if (!br_ssl_client_reset(&memory->client, peer->name, peer->session != NULL))
        return give_up(&client->tls, AT_TLS_INTERNAL, AT_INVALID);
    return AT_OK;
}
