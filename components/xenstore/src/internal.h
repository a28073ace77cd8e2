/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_SRC_INTERNAL_H
#define ATMAN_XENSTORE_SRC_INTERNAL_H

/*
 * What the parts of the client share. send.c and receive.c move bytes, client.c decides what becomes of requests, and
 * everything else is built on at_xenstore_call().
 */

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#include <atman/xenstore/request.h>
#include <atman/xenstore/watch.h>
#include <atman/xenstore/xenstore.h>

/* Bytes of struct xsd_sockmsg on the wire. */
#define HEADER_SIZE 16u

/* Puts as much of the queue into the ring as there is room for, and notifies the server if that was anything. */
void at_xenstore_internal_send(struct at_xenstore *xs);

/* Takes what is in the ring: answers to their requests, events to their watches. */
void at_xenstore_internal_receive(struct at_xenstore *xs);

/* The bytes of `request` on the wire behind its header. */
size_t at_xenstore_internal_payload_size(const struct at_xenstore_request *request);

/* Makes `request`, which is in a list of the client's, done. */
void at_xenstore_internal_finish(struct at_xenstore *xs, struct at_xenstore_request *request, at_status status);

/* Takes the connection up with a server that has set the ring's indices, and has answered nothing yet. */
void at_xenstore_internal_begin(struct at_xenstore *xs);

/* Ends the connection for good: everybody is told. */
void at_xenstore_internal_end(struct at_xenstore *xs, at_status status);

/* Whether requests of kind `op` have an answer to be stored, and not just "OK". */
static inline bool at_xenstore_internal_has_reply(enum at_xenstore_op op)
{
    const uint32_t replies = 1u << AT_XENSTORE_DIRECTORY | 1u << AT_XENSTORE_READ | 1u << AT_XENSTORE_GET_PERMISSIONS |
                             1u << AT_XENSTORE_TRANSACTION_START | 1u << AT_XENSTORE_GET_DOMAIN_PATH |
                             1u << AT_XENSTORE_DIRECTORY_PART;

    return (replies >> op & 1) != 0;
}

/* Gives `watch` a token of its own and makes it one that events can find. */
void at_xenstore_internal_link(struct at_xenstore *xs, struct at_xenstore_watch *watch, const char *dir,
                               const char *path);

/* Counts an event of `watch` and tells its owner. */
void at_xenstore_internal_event(struct at_xenstore_watch *watch);

/* Remembers that nobody wants `transaction`: the server is told when there is room. */
void at_xenstore_internal_orphan(struct at_xenstore *xs, uint32_t transaction);

/* The status for the error that the server named `name`; one that is unknown is kept. */
at_status at_xenstore_internal_error(struct at_xenstore *xs, const char *name);

#endif /* ATMAN_XENSTORE_SRC_INTERNAL_H */
